"""The grounder of a replay: a target's recorded looks first, its text next, then whoever else finds it; no guess.

`Location.by` says which rung answered: "patch" where it was, "patch elsewhere", "text", or what the configured
grounder says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from screenagent.geometry import Absent, Location, Pixel, Point
from screenagent.grounding.expression import Phrase
from screenagent.grounding.text_match import matches
from screenagent.perception.labels import Label, labels
from screenagent.perception.reader import LRU
from screenagent.perception.rect import Rect
from screenagent.perception.similarity import likeness
from screenagent.protocols import Grounder, TextReader
from screenagent.screenshot import Screenshot
from screenagent.scripts import Anchor, Anchors
from screenagent.scripts.replay.appearance import (
    EDGE,
    READ_ALIKE,
    Surroundings,
    around,
    core_of,
    is_shown,
    patch_of,
    surroundings,
    telling_texts,
    trimmed,
    with_edge,
)
from screenagent.scripts.replay.template_match import SAME, TemplateMatch, TemplateMatcher

MARGIN: Final = 0.2
"""By so much more of what stands beside it, one of two that look alike is the one that is meant."""
STRANGE: Final = 0.5
"""So much of what stood beside it has to be there again, where another window is in front than there was."""
FAMILIAR: Final = 0.3
"""So much, where only its name or its outlines are the same: “Search...” in a field is not the Search menu."""
MOVED: Final = 4
"""A patch found within so many pixels of where it was has not moved."""
UNSURE: Final = 0.6
"""An answer of the configured grounder below this is asked about, where what it was asked for looked otherwise."""
GUESSED: Final = 0.5
"""The same for a target of which nothing is known but its words."""
PIXEL_PERFECT: Final = 0.985


class AnchorMatch(NamedTuple):
    """A place that may be the target: its box, how alike it is, and how much larger than it was."""

    rect: Rect
    score: float
    by: str
    scale: float = 1.0


class JudgedMatch(NamedTuple):
    found: AnchorMatch
    setting: Surroundings


@dataclass(frozen=True)
class MethodResult:
    """An anchor, and its pictures as they are compared."""

    anchor: Anchor
    picture: NDArray[np.uint8]

    @cached_property
    def patch(self) -> NDArray[np.uint8]:
        return patch_of(self._grey, self.anchor.box, text=self.anchor.text)

    @cached_property
    def core(self) -> NDArray[np.uint8]:
        return core_of(self._grey, self.anchor.box, text=self.anchor.text)

    @cached_property
    def _grey(self) -> NDArray[np.uint8]:
        return np.asarray(cv2.cvtColor(self.picture, cv2.COLOR_RGB2GRAY), np.uint8)

    def whole(self, match: TemplateMatch) -> Rect:
        """The target's box, of which the patch that matched is a part."""
        trim = trimmed(self.anchor.box, text=self.anchor.text) * match.scale
        left, top, right, bottom = match.rect
        return Rect(left, top - trim, right, bottom + trim)

    def is_whole_at(self, match: TemplateMatch, sight: TemplateMatcher) -> bool:
        """Whether what was round the target is round the match, too: its window has moved, and all of it along."""
        left, top, _, _ = self.whole(match)
        return sight.is_at(self.picture, round(left) - self.anchor.box[0], round(top) - self.anchor.box[1])


@dataclass
class AnchorGrounder:
    """`looks` says which anchor the current step has for a target, by its words; `configured` finds what has none."""

    anchors: Anchors
    looks: Callable[[], Mapping[str, str]]
    reader: TextReader
    configured: Grounder
    _kept: dict[str, MethodResult] = field(default_factory=dict)
    _sights: LRU[str, TemplateMatcher] = field(default_factory=lambda: LRU(3))

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        name = self.looks().get(target)
        if name is None or name not in self.anchors:
            answer = self.configured.locate(target, screenshot, near=near)
            return _unless_doubtful(answer, target, least=GUESSED)
        if near is not None:
            return near  # acting on it did not help; another place would be another target
        return self._climb(target, self._looked(name), screenshot)

    def _looked(self, name: str) -> MethodResult:
        if name not in self._kept:
            anchor, image = self.anchors.read(name)
            self._kept[name] = MethodResult(anchor, np.asarray(image))
        return self._kept[name]

    def _climb(self, target: str, looked: MethodResult, screenshot: Screenshot) -> Location | Absent:
        sight = self._sight(screenshot)
        more = bool(looked.anchor.text) and len(sight.same(looked.core)) > looked.anchor.repeats
        if not more and (location := self._at_once(looked, sight, screenshot)):
            return location
        named = list(self._text(looked, sight, screenshot))
        for patches in (self._elsewhere(looked, sight, screenshot), _otherwise(looked, sight)):
            answer = self._chosen(target, looked, _together([*patches], named), screenshot)
            if answer is not None:
                return answer
        return self._configured(target, looked, screenshot)

    def _at_once(self, looked: MethodResult, sight: TemplateMatcher, screenshot: Screenshot) -> Location | None:
        """Without reading the screen: all that tells it from others is in its picture, or there is no other."""
        anchor = looked.anchor
        if all(is_shown(beside, anchor) for beside in telling_texts(anchor)):
            if place := _where_it_was(looked, sight, screenshot):
                return _location(anchor, AnchorMatch(place, 1.0, "patch"), screenshot)
            moved = [match for match in sight.same(looked.patch) if looked.is_whole_at(match, sight)]
            if len(moved) == 1:
                return _location(anchor, AnchorMatch(looked.whole(moved[0]), 1.0, "patch elsewhere"), screenshot)
        if not (anchor.text and anchor.alike == 1 and _same_window(anchor, screenshot)):
            return None
        found = list(self._elsewhere(looked, sight, screenshot))
        if len(found) == 1 and found[0].score >= PIXEL_PERFECT:
            return _location(anchor, found[0], screenshot)
        return None

    def _elsewhere(self, looked: MethodResult, sight: TemplateMatcher, screenshot: Screenshot) -> Iterator[AnchorMatch]:
        was = _was(looked.anchor, screenshot)
        for match in sight.same(looked.patch):
            place = looked.whole(match)
            here = any(abs(place.left - x) <= MOVED and abs(place.top - y) <= MOVED for x, y in was)
            yield AnchorMatch(place, match.score, "patch" if here else "patch elsewhere")

    def _text(self, looked: MethodResult, sight: TemplateMatcher, screenshot: Screenshot) -> Iterator[AnchorMatch]:
        """Where its text stands; or, for one without, where it must be by what stands beside it."""
        known = labels(self.reader.read(screenshot), screenshot.size)
        if looked.anchor.text:
            for match in matches(Phrase(name=looked.anchor.text, quoted=True), known):
                if match.score >= READ_ALIKE:
                    scale = match.rect.height / _text_height(looked.anchor)
                    yield AnchorMatch(with_edge(match.rect), match.score, "text", scale)
        else:
            found = _by_landmarks(looked.anchor, known)
            if found is not None and sight.resembles(looked.patch, found.rect):
                yield found

    def _chosen(
        self, target: str, looked: MethodResult, found: Sequence[AnchorMatch], screenshot: Screenshot
    ) -> Location | Absent | None:
        """The only one of `found` that can be meant; `Absent` where several can, None where none can."""
        anchor = looked.anchor
        same_window = _same_window(anchor, screenshot)
        known = labels(self.reader.read(screenshot), screenshot.size) if found else ()
        judged = [JudgedMatch(each, _setting(anchor, each, known, screenshot)) for each in found]
        possible = [
            each
            for each in judged
            if not each.setting.contradicted
            and each.setting.share >= _least_share(anchor, each.found, same_window)
            and _says_so(anchor, each.found, known)
        ]
        possible.sort(key=lambda each: (each.setting.row, each.setting.share), reverse=True)
        match possible:
            case []:
                return None
            case [only]:
                return _location(anchor, only.found, screenshot)
            case [best, second, *_] if _is_clearer(best.setting, second.setting):
                return _location(anchor, best.found, screenshot)
        return Absent(why=f"“{target}” is there {len(possible)} times, and nothing beside it tells which is meant")

    def _configured(self, target: str, looked: MethodResult, screenshot: Screenshot) -> Location | Absent:
        """By its words alone, but not against what stood beside it."""
        answer = self.configured.locate(target, screenshot)
        if isinstance(answer, Absent):
            return Absent(why=f"“{target}” does not look as it did, and {answer.why}")
        known = labels(self.reader.read(screenshot), screenshot.size)
        pixel = answer.point.pixel(screenshot.size)
        place = (
            Rect.of(answer.box, screenshot.size)
            if answer.box
            else Rect(pixel.x, pixel.y, pixel.x, pixel.y).grown(looked.anchor.size.height / 2)
        )
        found = AnchorMatch(place, answer.confidence, answer.by)
        judged = _setting(looked.anchor, found, known, screenshot)
        if judged.contradicted:
            return Absent(why=f"one “{target}” is there, but “{judged.contradicted}” is not beside it as it was")
        if not _same_window(looked.anchor, screenshot) and judged.share < STRANGE:
            return Absent(why=f"“{target}” may be there, but in another window than it was in")
        return _unless_doubtful(answer, target, least=UNSURE)

    def _sight(self, screenshot: Screenshot) -> TemplateMatcher:
        if (known := self._sights.get(screenshot.digest)) is None:
            known = TemplateMatcher(screenshot.pixels)
            self._sights.keep(screenshot.digest, known)
        return known


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


def _unless_doubtful(answer: Location | Absent, target: str, *, least: float) -> Location | Absent:
    if isinstance(answer, Location) and answer.confidence < least:
        return Absent(why=f"what may be “{target}” is only {answer.confidence:.0%} like it")
    return answer


def _where_it_was(looked: MethodResult, sight: TemplateMatcher, screenshot: Screenshot) -> Rect | None:
    """The box of the target where it, and all that was round it, is as it was on the display or in the window."""
    left, top, right, bottom = looked.anchor.box
    for x, y in _was(looked.anchor, screenshot):
        if sight.is_at(looked.picture, x - left, y - top):
            return Rect(x, y, x + right - left, y + bottom - top)
    return None


def _was(anchor: Anchor, screenshot: Screenshot) -> list[tuple[int, int]]:
    """Where the target's box begins if nothing moved, or if it moved with a side of its window."""
    x, y = anchor.corner.x + anchor.box[0], anchor.corner.y + anchor.box[1]
    places = [(x, y)]
    window = screenshot.window.box if screenshot.window else None
    if window is not None and anchor.window is not None:
        was, now = anchor.window.pixels(anchor.screen), window.pixels(screenshot.size)
        left, top, right, bottom = (new - old for old, new in zip(was, now, strict=True))
        places += [(x + across, y + down) for across in (left, right) for down in (top, bottom)]
    return list(dict.fromkeys(places))


def _same_window(anchor: Anchor, screenshot: Screenshot) -> bool:
    """The application's is in front, and its title is the same, or it is as large as it was."""
    window = screenshot.window
    if window is None or not anchor.app:
        return True
    if window.app != anchor.app:
        return False
    if window.title == anchor.title or window.box is None or anchor.window is None:
        return True
    return _extent(window.box.pixels(screenshot.size)) == _extent(anchor.window.pixels(anchor.screen))


def _extent(edges: tuple[int, int, int, int]) -> tuple[int, int]:
    left, top, right, bottom = edges
    return right - left, bottom - top


def _setting(anchor: Anchor, found: AnchorMatch, known: Sequence[Label], screenshot: Screenshot) -> Surroundings:
    return surroundings(anchor, found.rect, around(found.rect.x, found.rect.y, known, screenshot), scale=found.scale)


def _is_clearer(best: Surroundings, second: Surroundings) -> bool:
    """What stands in its row tells which is meant; above and below there may be other rows than there were."""
    return best.row >= second.row + MARGIN or (best.row == 1.0 and best.share >= second.share + MARGIN)


def _together(patches: list[AnchorMatch], named: Sequence[AnchorMatch]) -> list[AnchorMatch]:
    """Every place that looks like the target, and every place that bears its name: all of them may be meant."""
    return patches + [
        each for each in named if not any(patch.rect.holds(each.rect.x, each.rect.y) for patch in patches)
    ]


def _least_share(anchor: Anchor, found: AnchorMatch, same_window: bool) -> float:
    """How much of what stood beside it has to be there for its looks to be believed."""
    if not same_window or (not anchor.text and found.score < SAME):
        return STRANGE
    return FAMILIAR if found.score < SAME or found.by == "text" else 0.0


def _says_so(anchor: Anchor, found: AnchorMatch, known: Sequence[Label]) -> bool:
    """Whether the target's own text can be read there; what is the same to the pixel need not be read."""
    if not anchor.text or found.score >= PIXEL_PERFECT:
        return True
    inside = [label.text for label in known if any(found.rect.holds(rect.x, rect.y) for _, rect in label.words)]
    return likeness(anchor.text, " ".join(inside)) >= READ_ALIKE


def _otherwise(looked: MethodResult, sight: TemplateMatcher) -> Iterator[AnchorMatch]:
    """By its outlines: in another theme, at another size."""
    for match in sight.like(looked.patch):
        yield AnchorMatch(looked.whole(match), match.score, "patch elsewhere", match.scale)


def _by_landmarks(anchor: Anchor, known: Sequence[Label]) -> AnchorMatch | None:
    """Where two texts that stood beside it, each there once, agree that it is."""
    places: list[Rect] = []
    for beside in anchor.beside:
        there = [label.rect for label in known if likeness(beside.text, label.text) >= READ_ALIKE]
        if len(there) == 1:
            scale = there[0].height / beside.height
            x, y = there[0].x - beside.dx * scale, there[0].y - beside.dy * scale
            width, height = anchor.size.width * scale / 2, anchor.size.height * scale / 2
            places.append(Rect(x - width, y - height, x + width, y + height))
    for place in places:
        agreeing = sum(abs(place.x - other.x) <= 8 and abs(place.y - other.y) <= 5 for other in places)
        if agreeing >= 2 and agreeing * 2 > len(places):
            return AnchorMatch(place, 0.9, "text")
    return None


def _text_height(anchor: Anchor) -> float:
    return max(6.0, anchor.size.height - 2 * EDGE[1])


def _location(anchor: Anchor, found: AnchorMatch, screenshot: Screenshot) -> Location:
    """The point that stands to the target's box as the recorded one did."""
    left, top, right, bottom = anchor.box
    across, down = (anchor.at.x - left) / (right - left), (anchor.at.y - top) / (bottom - top)
    pixel = Pixel(
        x=round(found.rect.left + across * found.rect.width), y=round(found.rect.top + down * found.rect.height)
    )
    inside = Pixel(
        x=min(max(pixel.x, 0), screenshot.size.width - 1), y=min(max(pixel.y, 0), screenshot.size.height - 1)
    )
    return Location(
        point=Point.of_pixel(inside, screenshot.size),
        box=found.rect.box(screenshot.size),
        confidence=round(min(1.0, max(0.0, found.score)), 3),
        by=found.by,
    )
