"""The events of a run as a report tells them: one page a step, with what happened on it, when and in which words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from screenagent.actions import Unsent, describe
from screenagent.episode import Episode, Step
from screenagent.events import Event, Plan, Retried, UserMessage
from screenagent.runs.wording import Status, status_of, thought_of
from screenagent.usage import Usage


@dataclass(frozen=True, kw_only=True)
class StoryPage:
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
        return thought_of(self.step)

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    @property
    def usage(self) -> Usage:
        """What the events of the step cost."""
        return summed_usage(self.events)

    @property
    def retries(self) -> tuple[Retried, ...]:
        return tuple(event for event in self.events if isinstance(event, Retried))

    @property
    def told(self) -> tuple[str, ...]:
        return tell_story(self.events)

    @property
    def was_asked(self) -> bool:
        """Whether its verdict is somebody's, which that on what sends nothing is not."""
        return not isinstance(self.step.action, Unsent)

    @property
    def status(self) -> Status:
        return status_of(self.step)


@dataclass(frozen=True, kw_only=True)
class Story:
    """`opening` is what happened before the first step."""

    episode: Episode
    opening: tuple[Event, ...]
    pages: tuple[StoryPage, ...]
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
        return tell_story(self.opening)

    @property
    def usages(self) -> tuple[Usage, ...]:
        """What came before the first step cost, and then each step."""
        return (summed_usage(self.opening), *(page.usage for page in self.pages))

    def count(self, *statuses: Status) -> int:
        return sum(page.status in statuses for page in self.pages)


def tell_story(events: Iterable[Event]) -> tuple[str, ...]:
    return tuple(event.text for event in events if isinstance(event, UserMessage))


def summed_usage(events: Iterable[Event]) -> Usage:
    return sum((event.usage for event in events), Usage())


def _pages(steps: Sequence[Step], chapters: Sequence[Sequence[Event]]) -> tuple[StoryPage, ...]:
    plans = (None, *(step.decision.plan if step.decision else None for step in steps))
    return tuple(
        StoryPage(
            number=number,
            step=step,
            events=tuple(chapters[number]),
            began=chapters[number - 1][-1].at,
            ended=chapters[number][-1].at,
            new_plan=plan if plan != plans[number - 1] else None,
        )
        for number, (step, plan) in enumerate(zip(steps, plans[1:], strict=True), start=1)
    )
