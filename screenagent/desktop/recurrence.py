"""Whether what changed after an input comes again by itself, so that it was there at that moment by chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from typing import Final

from screenagent.desktop.ambient_changes import APART_SECONDS, ENOUGH_SECONDS, NEXT_PIXELS, AmbientChanges, is_next_to
from screenagent.desktop.frames import Patch

AGAIN_SECONDS: Final = 3.2  # a message that is shown every 3 s has come again by then
PROMPT_SECONDS: Final = 0.2  # what an input brings about without waiting for anything is there by then
REGULAR_SECONDS: Final = 0.2  # by no more than this do the intervals of a clock differ
AS_BEFORE: Final = 0.8  # what comes at a shorter interval than was watched before the input would have been seen then


@dataclass
class ChangingPlace:
    """A place, and when it was seen to change since the input."""

    patch: Patch
    seen: list[float]

    @property
    def came(self) -> list[float]:
        """Return when a change began: what is painted in steps begins once."""
        pairs = zip(self.seen, self.seen[1:], strict=False)
        return [self.seen[0], *(later for earlier, later in pairs if later - earlier >= APART_SECONDS)]


@dataclass(kw_only=True)
class Recurrence:
    """Watches the places that change after an input sent `at`, before which `watched` seconds had been watched.

    During `idle` of them nothing was done, so that what changed then is known to change by itself.
    """

    ambient: AmbientChanges
    at: float
    watched: float
    idle: float = float("inf")
    _places: list[ChangingPlace] = field(default_factory=list)

    def see(self, patches: Iterable[Patch], *, now: float) -> None:
        """Take note of what has just changed; tell the ambient changes of what comes again by itself."""
        for patch in patches:
            near = [place for place in self._places if is_next_to(place.patch, patch)]
            joined = reduce(Patch.joined, (place.patch for place in near), patch)
            seen = sorted([now, *(moment for place in near for moment in place.seen)])
            self._places = [place for place in self._places if place not in near]
            self._places.append(ChangingPlace(joined, seen))
        for place in self._places:
            if self._comes_by_itself(place):
                self.ambient.add(place.patch, at=now)

    def is_doubtful(self, patch: Patch, *, now: float) -> bool:
        """Return whether it is too early to say that the input brought this change about."""
        return any(
            place.patch.grown(NEXT_PIXELS, NEXT_PIXELS).holds(patch) and self._may_come_again(place, now=now)
            for place in self._places
        )

    def _may_come_again(self, place: ChangingPlace, *, now: float) -> bool:
        if self._may_have_ticked(place):
            intervals = _intervals(place)
            due = place.came[-1] + (intervals[0] + REGULAR_SECONDS if intervals else ENOUGH_SECONDS)
            return len(intervals) < 2 and now < due
        if len(place.came) > 1 or now >= place.came[0] + AGAIN_SECONDS:
            return False
        return place.came[0] > self.at + PROMPT_SECONDS or bool(self.ambient.came(place.patch))

    def _comes_by_itself(self, place: ChangingPlace) -> bool:
        """Return whether the interval is not so short that more of it would have been seen before the input."""
        before = [moment for moment in self.ambient.came(place.patch) if moment <= self.at]
        if self._never_rests(place, before):
            return True
        if len(place.came) < 2:
            return False
        if self._may_have_ticked(place):
            intervals = _intervals(place)
            return len(intervals) > 1 and abs(intervals[1] - intervals[0]) <= REGULAR_SECONDS
        seen_before = len(self.ambient.came(place.patch))
        return place.came[1] - place.came[0] >= AS_BEFORE * self.watched / (seen_before + 1)

    def _may_have_ticked(self, place: ChangingPlace) -> bool:
        """Return whether it changed at once, but may be a clock that was not watched for long enough to be known.

        An answer in two steps comes twice; a clock goes on.
        """
        since = place.came[0] - self.at
        return since <= PROMPT_SECONDS and self.idle + since < ENOUGH_SECONDS and not self.ambient.came(place.patch)

    def _never_rests(self, place: ChangingPlace, before: Sequence[float]) -> bool:
        """Return whether it was moving when the input was sent, and moves on as if there had been none."""
        moves = [*before, *place.seen]
        rests = [later - earlier for earlier, later in pairwise(moves)]
        lasts = place.seen[-1] - place.seen[0] >= APART_SECONDS
        return len(before) > 1 and lasts and max(rests[len(before) - 2 :]) < APART_SECONDS


def _intervals(place: ChangingPlace) -> list[float]:
    return [later - earlier for earlier, later in pairwise(place.came)]
