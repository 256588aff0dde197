"""What a policy would have decided on the inputs of past runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import Field

from screenagent.actions import Action, Input, describe
from screenagent.approval.context import last_clicked
from screenagent.approval.policy import Policy, Ruling
from screenagent.episode import Episode
from screenagent.events import Event, Grounded, Reviewed, Verdict
from screenagent.geometry import Display, Size, Value
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot, Window


class AuditFinding(Value):
    """An input of a run that is over: what a policy says of it, and what was said when it happened."""

    action: Action
    ruling: Ruling
    verdict: Verdict
    unseen: bool = Field(False, description="the picture was not kept, so nothing could be read off it")

    def __str__(self) -> str:
        said = f"{self.ruling.then:<5} {describe(self.action)}"
        notes = [note for note in (self.ruling.why, "without its picture" if self.unseen else "") if note]
        return f"{said}  ({'; '.join(notes)})" if notes else said


def audit(policy: Policy, events: Iterable[Event], *, reader: TextReader | None = None) -> Iterator[AuditFinding]:
    """What `policy` would have said to each input that was reviewed in a run."""
    episode = Episode()
    asked: Grounded | None = None
    for event in events:
        match event:
            case Grounded():
                asked = event
            case Reviewed(verdict=verdict) if asked is not None and isinstance(asked.action, Input):
                screen = episode.screenshot
                ruling = policy.ruling(
                    asked.action, asked.locations, screen=screen, reader=reader, focus=last_clicked(episode)
                )
                unseen = reader is not None and screen is not None and screen.image is None
                yield AuditFinding(action=asked.action, ruling=ruling, verdict=verdict, unseen=unseen)
                asked = None
            case _:
                pass
        episode = episode.after(event)


def ruling_before(policy: Policy, action: Input, window: Window) -> Ruling:
    """Return what `policy` says of an input to that window, of whose contents nothing is known."""
    size = Size(width=1, height=1)
    screen = Screenshot(digest="", size=size, display=Display(name="none", size=size), window=window)
    return policy.ruling(action, screen=screen)
