"""What a face that is attached to a run knows of it: the messages of the run, folded. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import assert_never

from screenagent.approval import ApprovalQuestion
from screenagent.episode import Episode
from screenagent.events import Acted, Decided, Event, Paused, Resumed, Retried
from screenagent.runs.telling import State
from screenagent.sessions.messages import (
    EventTold,
    HolderTold,
    KeyTold,
    Message,
    OverTold,
    QuestionClosed,
    QuestionTold,
    SteeringTold,
    WantedTold,
)
from screenagent.sessions.question import OpenQuestion


@dataclass(frozen=True)
class Asked:
    """A question that is open, and when it is answered with no if nobody answers. Seconds of the face's own clock."""

    id: str
    question: ApprovalQuestion
    until: float | None

    @property
    def open(self) -> OpenQuestion:
        return OpenQuestion.of(self.question)


@dataclass(frozen=True)
class Following:
    """A run as its messages tell it so far; `heard_at` is when the last event came, of the face's own clock."""

    episode: Episode = field(default_factory=Episode)
    last: Event | None = None
    heard_at: float = 0.0
    note: str = ""
    asked: Asked | None = None
    holder: HolderTold | None = None
    wanted: WantedTold | None = None
    wanted_until: float = 0.0
    paused: bool = False
    taken_over: bool = False
    closed: QuestionClosed | None = None
    key: KeyTold | None = None
    over: OverTold | None = None

    def after(self, message: Message, now: float) -> Following:
        """Return what is known after `message`, which came `now`."""
        match message:
            case EventTold(event=event):
                return self._after_event(event, now)
            case QuestionTold(id=id, seconds=seconds):
                until = None if seconds is None else now + seconds
                return replace(self, asked=Asked(id, message.on(self.episode), until), key=None)
            case QuestionClosed():
                return replace(self, asked=None, key=None, closed=message)
            case HolderTold():
                return replace(self, holder=message if message.id else None, wanted=None)
            case WantedTold():
                return replace(self, wanted=message, wanted_until=now + message.seconds)
            case SteeringTold():
                return replace(self, paused=message.paused, taken_over=message.taken_over)
            case KeyTold():
                return replace(self, key=message)
            case OverTold():
                return replace(self, over=message, asked=None, key=None, wanted=None)
            case _:
                assert_never(message)

    def _after_event(self, event: Event, now: float) -> Following:
        note = event.why if isinstance(event, Retried) else "" if isinstance(event, Decided | Acted) else self.note
        paused = isinstance(event, Paused) or (self.paused and not isinstance(event, Resumed))
        episode = self.episode.after(event)
        return replace(self, episode=episode, last=event, heard_at=now, note=note, paused=paused)

    @property
    def is_over(self) -> bool:
        return self.over is not None or self.episode.ended is not None

    @property
    def how(self) -> State:
        if self.over is not None and self.episode.ended is None:
            return "broken"
        if self.taken_over:
            return "taken over"
        if self.asked is not None:
            return "asked"
        return "paused" if self.paused else "at work"

    @property
    def plight(self) -> str:
        """Why it came to no good end; empty while it goes on, and if it did."""
        if (ended := self.episode.ended) is not None:
            return ended.message if ended.result != "done" else ""
        return (self.over.error or "the run ended without saying how") if self.over else ""

    def seconds(self, now: float) -> float:
        """Return how long the run has taken."""
        since = 0.0 if self.is_over or self.last is None else now - self.heard_at
        return (self.last.at if self.last else 0.0) + since
