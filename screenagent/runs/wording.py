"""A run's status and effects in words."""

from __future__ import annotations

from collections import Counter
from typing import Final, Literal, assert_never

from screenagent.actions import Action, Change, Expectation, Finish, Gone, Holds, TypeText, Visible, describe
from screenagent.episode import Episode, Step
from screenagent.events import Abort, AnswerAsk, Approve, Effect, Ended, LookAgain, Reject, Revise, Skip, Verdict
from screenagent.screenshot import Window
from screenagent.showing import LONGEST_NAME, LONGEST_TYPED, abridged, visible

Status = Literal[
    "confirmed", "changed", "performed", "unchanged", "unmet", "unknown", "contradicted", "refused", "failed",
    "finished", "not done",
]  # fmt: skip


def status_of(step: Step) -> Status:
    """What became of a step."""
    if step.acted:
        return _effect_status(step)
    if isinstance(step.verdict, Reject | Abort):
        return "refused"
    if isinstance(step.verdict, Skip):
        return "not done"
    if step.feedback:
        return "failed"
    return "finished" if isinstance(step.action, Finish) and step.action.success else "not done"


def _effect_status(step: Step) -> Status:
    """The outcome of what was done; where nothing was expected and nothing is known, it was performed, no more."""
    outcome = step.effect.outcome if step.effect else "unknown"
    match outcome:
        case "refused" | "stopped":
            return "performed"
        case "unknown" if not step.unconfirmed:
            return "performed"
        case _:
            return outcome


def counts_words(episode: Episode) -> str:
    """How many steps were performed, how many of those that name what should come are confirmed, and what is only
    known to have changed something."""
    found = Counter(map(status_of, episode.performed))
    named = sum(step.is_named or status_of(step) == "confirmed" for step in episode.performed)
    parts = [_steps(len(episode.performed)) + " performed"]
    if named:
        parts.append(f"{found['confirmed']} of {named} confirmed")
    if found["changed"]:
        parts.append(f"{found['changed']} only changed something")
    parts += [f"{found[status]} {status}" for status in DOUBTFUL if found[status]]
    return ", ".join(parts)


DOUBTFUL: Final[tuple[Status, ...]] = ("unchanged", "contradicted", "unmet", "unknown")


def _steps(number: int) -> str:
    return f"{number} step" if number == 1 else f"{number} steps"


def thought_of(step: Step) -> str:
    return (step.thought or (step.decision.thought if step.decision else "")).strip()


def outcome_words(ended: Ended | None) -> str:
    return ended.result.replace("_", " ") if ended else "cut off"


def question_words(action: Action) -> str:
    """The action as it is asked about: however long its words are, the question stays in view."""
    return abridged(describe(action), LONGEST_TYPED if isinstance(action, TypeText) else LONGEST_NAME)


def window_words(window: Window) -> str:
    """The title of the window in a question; without one, its application."""
    return abridged(window.title or window.app or "a window without a name", LONGEST_NAME)


def expectation_words(expectation: Expectation) -> str:
    """What is expected, in one line."""
    return visible(_expectation_words(expectation))


def _expectation_words(expectation: Expectation) -> str:
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
    """What was answered, in one line."""
    return visible(_verdict_words(verdict))


def _verdict_words(verdict: Verdict) -> str:
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
        "contradicted": "it failed",
        "unmet": "not as expected",
        "unknown": "could not be told",
        "refused": "was not let through",
        "stopped": "was stopped",
    }[effect.outcome]
