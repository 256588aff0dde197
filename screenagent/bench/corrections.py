"""What people corrected in recorded runs: an approval in which someone moved, reworded or rejected is a labelled item."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from screenagent.actions import Action, targets
from screenagent.approval.approvers import UNSAID
from screenagent.errors import BadFile
from screenagent.events import Approve, Event, Failed, Grounded, Observed, Reject, Reviewed, Revise
from screenagent.geometry import Box, Location, Value
from screenagent.runs.store import has_picture, read_events
from screenagent.screenshot import Screenshot

CorrectionKind = Literal["moved", "reworded", "rejected"]

REACH: Final = 12
"""Pixels around the point that a person chose where no box is known: half the height of a usual control."""


class Correction(Value):
    """A question about a screen, and what a person answered.

    `moved`: the `instruction` means `place`, not where it was found. `reworded`: a person's own words, approved at
    `place`. `rejected`: a person refused the input at `place`, so nothing should be pointed at there.
    """

    id: str
    kind: CorrectionKind
    run: Path
    digest: str
    app: str = ""
    instruction: str
    place: Location
    proposed: Location | None = None

    def box(self, screenshot: Screenshot) -> Box:
        """Return the box of the place; around a point that a person chose, one as large as a small control."""
        if self.place.box is not None and self.place.point in self.place.box:
            return self.place.box
        x, y = self.place.point.x * screenshot.size.width, self.place.point.y * screenshot.size.height
        return Box.of_pixels((x - REACH, y - REACH, x + REACH, y + REACH), screenshot.size)


class Mined(Value):
    """The corrections of the runs in some folders. `unseen` are those whose picture was not kept."""

    runs: int
    unreadable: tuple[str, ...] = ()
    unseen: int = 0
    found: tuple[Correction, ...] = ()


def mine_corrections(runs: Iterable[Path]) -> Mined:
    """Return what people corrected in these runs. A run that cannot be read is named, and stops nothing."""
    found: list[Correction] = []
    unreadable: list[str] = []
    count = unseen = 0
    for run in runs:
        count += 1
        try:
            for correction in corrections(run):
                if has_picture(run, correction.digest):
                    found.append(correction)
                else:
                    unseen += 1
        except (BadFile, OSError) as error:
            unreadable.append(f"{run.name}: {error}")
    once = {correction.id: correction for correction in found}  # a place may be asked about twice on one screen
    return Mined(runs=count, unreadable=tuple(unreadable), unseen=unseen, found=tuple(once.values()))


def corrections(run: Path) -> Iterator[Correction]:
    """Yield what a person corrected in one run, in its order."""
    reading = _Reading(run)
    for event in read_events(run, pictures=False):
        yield from reading.after(event)


@dataclass
class _Reading:
    """What was last seen, asked and answered; `reworded` while a person's own words are asked about again."""

    run: Path
    screen: Screenshot | None = None
    asked: Grounded | None = None
    reworded: Action | None = None
    rejected: Grounded | None = None

    def after(self, event: Event) -> Iterator[Correction]:
        match event:
            case Observed(screenshot=screenshot):
                self.screen = screenshot
            case Grounded():
                self.asked = event
            case Reviewed(verdict=verdict) if self.asked is not None:
                yield from self._reviewed(self.asked, verdict)
            case Failed(code="refused_by_person") if self.rejected is not None:
                yield from self._each("rejected", self.rejected)
                self.rejected = None
            case Failed():
                self.rejected = self.reworded = None

    def _reviewed(self, asked: Grounded, verdict: object) -> Iterator[Correction]:
        self.rejected = None
        match verdict:
            case Approve(locations=moved) if moved:
                yield from self._moved(asked, moved)
                self.reworded = None
            case Approve():
                if self.reworded == asked.action:
                    yield from self._each("reworded", asked)
                self.reworded = None
            case Revise(action=action) if _words(action) != _words(asked.action):
                self.reworded = action
            case Reject(by="person", reason=reason) if reason not in UNSAID:
                self.rejected, self.reworded = asked, None
            case _:
                pass

    def _moved(self, asked: Grounded, moved: tuple[Location, ...]) -> Iterator[Correction]:
        kind: CorrectionKind = "reworded" if self.reworded == asked.action else "moved"
        for index, (target, place) in enumerate(zip(targets(asked.action), moved, strict=False)):
            before = asked.locations[index] if index < len(asked.locations) else None
            if before is None or before.point != place.point:
                yield self._item(kind, target.words, place, proposed=before)

    def _each(self, kind: CorrectionKind, asked: Grounded) -> Iterator[Correction]:
        for target, place in zip(targets(asked.action), asked.locations, strict=False):
            yield self._item(kind, target.words, place, proposed=place if kind == "rejected" else None)

    def _item(self, kind: CorrectionKind, words: str, place: Location, *, proposed: Location | None) -> Correction:
        screen = self.screen
        assert screen is not None  # the store refuses a log in which something is asked before a look
        named = f"{self.run.name}\0{screen.digest}\0{kind}\0{words}\0{place.point}"
        return Correction(
            id=hashlib.sha256(named.encode()).hexdigest()[:10],
            kind=kind,
            run=self.run,
            digest=screen.digest,
            app=screen.window.app if screen.window else "",
            instruction=words,
            place=place,
            proposed=proposed,
        )


def _words(action: Action) -> tuple[str, ...]:
    return tuple(target.words for target in targets(action))
