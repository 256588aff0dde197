"""The events of a run as a report tells them: one page a step, with what happened on it, when and in which words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

from screenagent.actions import Change, Expectation, Finish, Gone, Seen, describe
from screenagent.episode import Episode, Step
from screenagent.events import (
    Abort,
    Answer,
    Approve,
    Effect,
    Ended,
    Event,
    LookAgain,
    Plan,
    Reject,
    Retried,
    Revise,
    Skip,
    Told,
    Usage,
    Verdict,
)

Status = Literal["confirmed", "performed", "unconfirmed", "refused", "failed", "finished", "not done"]


@dataclass(frozen=True, kw_only=True)
class Page:
    """A step and the events that belong to it; `began` and `ended` are seconds since the start of the run."""

    number: int
    step: Step
    events: tuple[Event, ...]
    began: float
    ended: float
    new_plan: Plan | None = None

    @property
    def title(self) -> str:
        return describe(self.step.action) if self.step.action else "no decision"

    @property
    def thought(self) -> str:
        return (self.step.thought or (self.step.decision.thought if self.step.decision else "")).strip()

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    @property
    def retries(self) -> tuple[Retried, ...]:
        return tuple(event for event in self.events if isinstance(event, Retried))

    @property
    def told(self) -> tuple[str, ...]:
        return told(self.events)

    @property
    def status(self) -> Status:
        return status_of(self.step)


@dataclass(frozen=True, kw_only=True)
class Story:
    """`opening` is what happened before the first step."""

    episode: Episode
    opening: tuple[Event, ...]
    pages: tuple[Page, ...]
    seconds: float
    usage: Usage

    @classmethod
    def of(cls, events: Iterable[Event]) -> Story:
        episode, usage, seconds = Episode(), Usage(), 0.0
        chapters: list[list[Event]] = [[]]
        for event in events:
            episode = episode.after(event)
            if len(episode.steps) == len(chapters):
                chapters.append([])
            chapters[len(episode.steps)].append(event)
            usage += event.usage
            seconds = event.at
        return cls(
            episode=episode,
            opening=tuple(chapters[0]),
            pages=_pages(episode.steps, chapters),
            seconds=seconds,
            usage=usage,
        )

    @property
    def told(self) -> tuple[str, ...]:
        """What the user said before the first step."""
        return told(self.opening)

    def count(self, *statuses: Status) -> int:
        return sum(page.status in statuses for page in self.pages)


def status_of(step: Step) -> Status:
    """What became of a step."""
    if step.acted and step.effect and step.effect.confirmed:
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


def told(events: Iterable[Event]) -> tuple[str, ...]:
    return tuple(event.text for event in events if isinstance(event, Told))


def outcome_words(ended: Ended | None) -> str:
    if ended is None:
        return "cut off"
    return {
        "done": "done",
        "gave_up": "gave up",
        "out_of_steps": "out of steps",
        "stopped": "stopped",
        "crashed": "crashed",
    }[ended.outcome]


def expectation_words(expectation: Expectation) -> str:
    match expectation:
        case Seen(words=words):
            return f"“{words}” is to be seen"
        case Gone(words=words):
            return f"“{words}” is to be gone"
        case Change():
            return "something is to change"
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
        case Answer(text=text):
            return f"answered: “{text}”"
        case _:
            assert_never(verdict)


def effect_words(effect: Effect) -> str:
    return {
        "met": "as expected",
        "changed": "the screen changed",
        "unchanged": "nothing changed",
        "unmet": "not as expected",
        "unknown": "could not be told",
    }[effect.outcome]


def _pages(steps: Sequence[Step], chapters: Sequence[Sequence[Event]]) -> tuple[Page, ...]:
    plans = (None, *(step.decision.plan if step.decision else None for step in steps))
    return tuple(
        Page(
            number=number,
            step=step,
            events=tuple(chapters[number]),
            began=chapters[number - 1][-1].at,
            ended=chapters[number][-1].at,
            new_plan=plan if plan != plans[number - 1] else None,
        )
        for number, (step, plan) in enumerate(zip(steps, plans[1:], strict=True), start=1)
    )
