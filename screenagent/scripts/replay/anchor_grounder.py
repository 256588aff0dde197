"""The grounder of a replay: by a target's recorded appearance first, by its words last. It does not guess.

`Location.by` says what found the target: "patch" where it was, "patch elsewhere", "text", or what the configured
grounder says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from screenagent.geometry import Absent, Doubt, Guess, Location, Point
from screenagent.perception.cache import SharedLRU
from screenagent.protocols import Grounder, Guesser, TextReader
from screenagent.screenshot import Screenshot, Window
from screenagent.scripts import Anchors
from screenagent.scripts.replay.anchor_search import UNSURE, AnchorSearch, by_words, replacement, unless_doubtful
from screenagent.scripts.replay.appearance import Appearance
from screenagent.scripts.replay.template_match import TemplateMatcher

GUESSED: Final = 0.5
"""An answer of the configured grounder below this confidence is not believed if the target has no anchor."""

_SearchKey = tuple[str, str, str, Window | None]
"""A target, its anchor's name, and what tells the screenshot from others: its digest, and the window in front."""


@dataclass
class AnchorGrounder:
    """Tries each method in turn to find a target that was recorded.

    `names` gives the anchor's name for each target of the current step, by the target's words. `configured` finds a
    target without an anchor, and is the last resort for one with an anchor; `pointed` likewise, for one that may have a
    pixel.
    """

    anchors: Anchors
    names: Callable[[], Mapping[str, str]]
    reader: TextReader
    configured: Grounder
    pointed: Grounder
    _appearances: dict[str, Appearance] = field(default_factory=dict)
    _matchers: SharedLRU[str, TemplateMatcher] = field(default_factory=lambda: SharedLRU(3))
    _searches: SharedLRU[_SearchKey, AnchorSearch] = field(default_factory=lambda: SharedLRU(4))

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        name = self._anchor_name(target)
        if name is None:
            answer = self.pointed.locate(target, screenshot, near=near)
            return unless_doubtful(answer, target, least=GUESSED)
        if near is not None:
            return near  # acting on it did not help; another place would be another target
        search = self._search(target, name, screenshot)
        last = self.pointed if search.may_be_at_its_pixel else self.configured
        return by_words(last)(search) if search.found is None else search.found

    def seen(self, names: Mapping[str, str], screenshot: Screenshot) -> tuple[Location, ...]:
        """Return where these targets are by the appearance of their anchors, of the names given; empty if one is not
        found by that."""
        found = [self._search(*named, screenshot).found for named in names.items() if named[1] in self.anchors]
        places = tuple(place for place in found if isinstance(place, Location))
        return places if len(places) == len(names) else ()

    def instead(self, target: str, name: str, screenshot: Screenshot) -> Guess | None:
        """Return what stands in the place of a target that is absent; None if nothing is seen to."""
        return replacement(self._search(target, name, screenshot)) if name in self.anchors else None

    def _search(self, target: str, name: str, screenshot: Screenshot) -> AnchorSearch:
        key = target, name, screenshot.digest, screenshot.window
        search = self._searches.get(key)
        if search is None:
            search = AnchorSearch(target, self._appearance(name), screenshot, self._matcher(screenshot), self.reader)
            self._searches.keep(key, search)
        return search

    def has_anchor(self, target: str) -> bool:
        return self._anchor_name(target) is not None

    def shows_its_name(self, target: str) -> bool:
        """Whether the target was recorded with a text of its own."""
        name = self._anchor_name(target)
        return name is not None and self._appearance(name).anchor.text != ""

    def _anchor_name(self, target: str) -> str | None:
        name = self.names().get(target)
        return name if name is not None and name in self.anchors else None

    def _appearance(self, name: str) -> Appearance:
        if name not in self._appearances:
            self._appearances[name] = Appearance(*self.anchors.read(name))
        return self._appearances[name]

    def _matcher(self, screenshot: Screenshot) -> TemplateMatcher:
        matcher = self._matchers.get(screenshot.digest)
        if matcher is None:
            matcher = TemplateMatcher(screenshot.pixels)
            self._matchers.keep(screenshot.digest, matcher)
        return matcher


@dataclass(frozen=True)
class AnchorGuesser:
    """Doubts no target that has an anchor: its looks and what is beside it have decided already."""

    grounder: AnchorGrounder
    configured: Guesser

    def look_closer(self, target: str, screenshot: Screenshot, found: Location) -> Location:
        return found if self.grounder.has_anchor(target) else self.configured.look_closer(target, screenshot, found)

    def doubt(self, target: str, screenshot: Screenshot, *, found: Location | None = None) -> Doubt | None:
        return None if self.grounder.has_anchor(target) else self.configured.doubt(target, screenshot, found=found)


@dataclass(frozen=True)
class CloserGrounder:
    """Finds a target as `configured` does, and where that is too unsure for a replay, as `guesser` does that looks
    closer. A run looks closer, too, before it gives a target up."""

    configured: Grounder
    guesser: Guesser | None

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        found = self.configured.locate(target, screenshot, near=near)
        if self.guesser is None or near is not None or isinstance(found, Absent) or found.confidence >= UNSURE:
            return found
        return self.guesser.look_closer(target, screenshot, found)


@dataclass(frozen=True)
class PointedGrounder:
    """Finds a target whose pixel the script knows at that pixel; `configured` finds any other."""

    points: Callable[[], Mapping[str, Point]]
    configured: Grounder

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        point = self.points().get(target)
        if point is None:
            return self.configured.locate(target, screenshot, near=near)
        return Location(point=point, confidence=1.0, by="pointed")
