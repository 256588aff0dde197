"""A run's status and effects in words."""

from __future__ import annotations

from typing import Literal, assert_never

from screenagent.actions import Change, Expectation, Finish, Gone, Holds, Visible, describe
from screenagent.episode import Step
from screenagent.events import Abort, AnswerAsk, Approve, Effect, Ended, LookAgain, Reject, Revise, Skip, Verdict

Status = Literal["confirmed", "performed", "unconfirmed", "refused", "failed", "finished", "not done"]


def status_of(step: Step) -> Status:
    """What became of a step."""
    if step.acted and step.effect and step.effect.as_expected:
        return "confirmed"
    if step.acted:
        return "unconfirmed" if step.unconfirmed else "performed"
    if isinstance(step.verdict, Reject | Abort):
        return "refused"
    if isinstance(step.verdict, Skip):
        return "not done"
    if step.feedback:
        return "failed"
    return "finished" if isinstance(step.action, Finish) and step.action.success else "not done"


def thought_of(step: Step) -> str:
    return (step.thought or (step.decision.thought if step.decision else "")).strip()


def outcome_words(ended: Ended | None) -> str:
    return ended.result.replace("_", " ") if ended else "cut off"


def expectation_words(expectation: Expectation) -> str:
    match expectation:
        case Visible(words=words):
            return f"“{words}” is to be seen"
        case Gone(words=words):
            return f"“{words}” is to be gone"
        case Change():
            return "something is to change"
        case Holds() as wanted:
            return f"it is to be so that {wanted}"
        case _:
            assert_never(expectation)


def verdict_words(verdict: Verdict) -> str:
    match verdict:
        case Approve(locations=moved):
            return "approved, at the place that the user chose" if moved else "approved"
        case Revise(action=action):
            return f"to do instead: {describe(action)}"
        case Reject(reason=reason):
            return f"refused: {reason}" if reason else "refused"
        case LookAgain():
            return "looked at again, after the user had the desktop"
        case Skip():
            return "skipped"
        case Abort():
            return "refused, and the run stopped"
        case AnswerAsk(text=text):
            return f"answered: “{text}”"
        case _:
            assert_never(verdict)


def effect_words(effect: Effect) -> str:
    return {
        "confirmed": "as expected",
        "changed": "the screen changed",
        "unchanged": "nothing changed",
        "unmet": "not as expected",
        "unknown": "could not be told",
    }[effect.outcome]
