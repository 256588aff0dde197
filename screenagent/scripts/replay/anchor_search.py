"""The search for a recorded target on one screenshot, and the methods that find it, the cheapest and surest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Final, NamedTuple

from screenagent.geometry import Absent, Guess, Location, Pixel, PixelBox, Point
from screenagent.grounding.phrase import Phrase
from screenagent.grounding.text_match import matches
from screenagent.perception.labels import Label, labels
from screenagent.perception.similarity import likeness
from screenagent.protocols import Grounder, TextReader
from screenagent.screenshot import Screenshot
from screenagent.scripts import Anchor
from screenagent.scripts.replay.appearance import EDGE, READ_ALIKE, Appearance, Surroundings, labels_in_reach
from screenagent.scripts.replay.template_match import SAME, TemplateMatcher

STRANGE: Final = 0.5
"""The share of the nearby texts that has to be there again if another window is in front than there was."""
FAMILIAR: Final = 0.3
"""The share if only the name or the outlines are the same: “Search...” in a field is not the Search menu."""
PIXEL_PERFECT: Final = 0.985
"""The score from which on a match need not be read."""
MARGIN: Final = 0.2
"""How much more of what was near the target one of two lookalikes needs to be the one that is meant."""
MOVED: Final = 4
"""A patch found within so many pixels of where it was has not moved."""
UNSURE: Final = 0.6
"""An answer of the configured grounder below this confidence is not believed if the target looked otherwise."""


class AnchorMatch(NamedTuple):
    """A place that may be the target: its box, its score, the method that found it, how much larger it is there."""

    rect: PixelBox
    score: float
    by: str
    scale: float = 1.0


@dataclass(frozen=True)
class AnchorSearch:
    """A target, its recorded appearance, and the screenshot that it is searched for on."""

    target: str
    appearance: Appearance
    screenshot: Screenshot
    matcher: TemplateMatcher
    reader: TextReader

    @property
    def anchor(self) -> Anchor:
        return self.appearance.anchor

    @cached_property
    def found(self) -> Location | Absent | None:
        """The target by its appearance; `Absent` if it cannot be told from others, None if nothing looks like it."""
        answers = (method(self) for method in BY_APPEARANCE)
        return next((answer for answer in answers if answer is not None), None)

    @cached_property
    def labels(self) -> Sequence[Label]:
        """The labels on the screenshot; reading them takes longer than comparing pictures."""
        return labels(self.reader.read(self.screenshot), self.screenshot.size)

    @cached_property
    def has_more_lookalikes(self) -> bool:
        """Whether the letters of the target are on the screenshot more often than on the recorded screen."""
        return bool(self.anchor.text) and len(self.matcher.same(self.appearance.core)) > self.anchor.repeats

    @cached_property
    def is_same_window(self) -> bool:
        """Whether the application's window is in front, with the same title or the same size."""
        window, anchor = self.screenshot.window, self.anchor
        if window is None or not anchor.app:
            return True
        if window.app != anchor.app:
            return False
        if window.title == anchor.title or window.box is None or anchor.window is None:
            return True
        return _extent(window.box.pixels(self.screenshot.size)) == _extent(anchor.window.pixels(anchor.screen))

    @property
    def may_be_at_its_pixel(self) -> bool:
        """Whether a target that does not look as it did may yet be where it was: it shows no text, and its window has
        not moved."""
        window, anchor = self.screenshot.window, self.anchor
        if anchor.text or window is None or window.box is None or anchor.window is None:
            return not anchor.text
        was, now = anchor.window.pixels(anchor.screen), window.box.pixels(self.screenshot.size)
        return all(abs(new - old) <= MOVED for old, new in zip(was, now, strict=True))

    @cached_property
    def expected_corners(self) -> list[tuple[int, int]]:
        """Where the target's box begins if nothing moved, or if it moved with a side of its window."""
        anchor, window = self.anchor, self.screenshot.window
        x, y = anchor.corner.x + anchor.box[0], anchor.corner.y + anchor.box[1]
        corners = [(x, y)]
        if window is not None and window.box is not None and anchor.window is not None:
            was, now = anchor.window.pixels(anchor.screen), window.box.pixels(self.screenshot.size)
            left, top, right, bottom = (new - old for old, new in zip(was, now, strict=True))
            corners += [(x + across, y + down) for across in (left, right) for down in (top, bottom)]
        return list(dict.fromkeys(corners))

    def surroundings(self, match: AnchorMatch) -> Surroundings:
        """Compare what is near `match` with what was near the target."""
        near = labels_in_reach(match.rect.center_x, match.rect.center_y, self.labels, self.screenshot)
        return self.appearance.surroundings(match.rect, near, scale=match.scale)

    def is_possible(self, match: AnchorMatch, surroundings: Surroundings) -> bool:
        """Whether `match` can be the target, with these texts near it."""
        return (
            not surroundings.contradicted
            and surroundings.share >= self._least_share(match)
            and self._has_its_text(match)
        )

    def _least_share(self, match: AnchorMatch) -> float:
        """How much of what was near the target has to be there again."""
        if not self.is_same_window or (not self.anchor.text and match.score < SAME):
            return STRANGE
        return FAMILIAR if match.score < SAME or match.by == "text" else 0.0

    def _has_its_text(self, match: AnchorMatch) -> bool:
        """Whether the target's own text can be read there; what is the same to the pixel need not be read."""
        if not self.anchor.text or match.score >= PIXEL_PERFECT:
            return True
        read = self.text_in(match)
        return any(likeness(name, read) >= READ_ALIKE for name in self.appearance.names)

    def text_in(self, match: AnchorMatch) -> str:
        """Return what can be read at the place of `match`."""
        inside = [label.text for label in self.labels if any(match.rect.holds(*rect.center) for _, rect in label.words)]
        return " ".join(inside)

    def location(self, match: AnchorMatch) -> Location:
        """Return the point that is to the box of `match` as the recorded point was to the target's."""
        anchor, size = self.anchor, self.screenshot.size
        left, top, right, bottom = anchor.box
        across, down = (anchor.at.x - left) / (right - left), (anchor.at.y - top) / (bottom - top)
        x = round(match.rect.left + across * match.rect.width)
        y = round(match.rect.top + down * match.rect.height)
        inside = Pixel(x=min(max(x, 0), size.width - 1), y=min(max(y, 0), size.height - 1))
        return Location(
            point=Point.of_pixel(inside, size),
            box=match.rect.box(size),
            confidence=round(min(1.0, max(0.0, match.score)), 3),
            by=match.by,
        )


def _extent(edges: tuple[int, int, int, int]) -> tuple[int, int]:
    left, top, right, bottom = edges
    return right - left, bottom - top


AnchorMethod = Callable[[AnchorSearch], Location | Absent | None]
"""Finds the target, says that it cannot be told from others, or leaves it to the next method."""


def unmoved(search: AnchorSearch) -> Location | None:
    """Find the target where it was, on the display or in its window, with the same surroundings."""
    if search.has_more_lookalikes or not _is_told_apart_by_its_picture(search):
        return None
    appearance = search.appearance
    left, top, right, bottom = search.anchor.box
    for x, y in search.expected_corners:
        if search.matcher.is_at(appearance.pixels, x - left, y - top, hidden=appearance.anchor.hidden):
            return search.location(AnchorMatch(PixelBox(x, y, x + right - left, y + bottom - top), 1.0, "patch"))
    return None


def moved_with_its_surroundings(search: AnchorSearch) -> Location | None:
    """Find the only place where the target and its surroundings are the same."""
    if search.has_more_lookalikes or not _is_told_apart_by_its_picture(search):
        return None
    appearance, matcher = search.appearance, search.matcher
    moved = [match for match in matcher.same(appearance.patch) if appearance.is_whole_at(match, matcher)]
    if len(moved) != 1:
        return None
    return search.location(AnchorMatch(appearance.bounds_of(moved[0]), 1.0, "patch elsewhere"))


def only_one_alike(search: AnchorSearch) -> Location | None:
    """Find the only place that is the same to the pixel, if the target was the only one of its kind."""
    anchor = search.anchor
    if search.has_more_lookalikes or not (anchor.text and anchor.alike == 1 and search.is_same_window):
        return None
    found = list(_same_patches(search))
    return search.location(found[0]) if len(found) == 1 and found[0].score >= PIXEL_PERFECT else None


def alike_or_of_its_name(search: AnchorSearch) -> Location | Absent | None:
    """Find the one place that looks like the target, or has its name, and has the same texts near it."""
    return _meant(search, _together(list(_same_patches(search)), _of_its_name(search)))


def of_its_outlines_or_name(search: AnchorSearch) -> Location | Absent | None:
    """Find it by its outlines, as in another theme or at another size, or by its name."""
    found = [
        AnchorMatch(search.appearance.bounds_of(match), match.score, "patch elsewhere", match.scale)
        for match in search.matcher.like(search.appearance.patch)
    ]
    return _meant(search, _together(found, _of_its_name(search)))


BY_APPEARANCE: Final[tuple[AnchorMethod, ...]] = (
    unmoved,
    moved_with_its_surroundings,
    only_one_alike,
    alike_or_of_its_name,
    of_its_outlines_or_name,
)


def by_words(grounder: Grounder) -> Callable[[AnchorSearch], Location | Absent]:
    """Return the method that asks `grounder` for the words, and does not believe it against the surroundings."""

    def find(search: AnchorSearch) -> Location | Absent:
        target = search.target
        answer = grounder.locate(target, search.screenshot)
        if isinstance(answer, Absent):
            return Absent(why=f"“{target}” does not look as it did, and {answer.why}")
        surroundings = search.surroundings(_as_match(answer, search))
        if surroundings.contradicted:
            return Absent(why=f"one “{target}” is there, but “{surroundings.contradicted}” is not beside it as it was")
        if not search.is_same_window and surroundings.share < STRANGE:
            return Absent(why=f"“{target}” may be there, but in another window than it was in")
        return unless_doubtful(answer, target, least=UNSURE)

    return find


def replacement(search: AnchorSearch) -> Guess | None:
    """Return what stands in the target's place, among what was near it, if that has another text than the target."""
    anchor, size = search.anchor, search.anchor.size
    if not (anchor.text and anchor.beside and search.is_same_window):
        return None
    places = [PixelBox.at(x, y, width=size.width, height=size.height) for x, y in search.expected_corners]
    by_landmarks = _by_landmarks(search)
    matches = [*(AnchorMatch(place, 1.0, "patch") for place in places), *filter(None, (by_landmarks,))]
    for match in matches:
        text, near = search.text_in(match), search.surroundings(match)
        is_its_place = not near.contradicted and near.share >= STRANGE
        if text and is_its_place and likeness(anchor.text, text) < READ_ALIKE:
            return Guess(words=text, location=search.location(match))
    return None


def unless_doubtful(answer: Location | Absent, target: str, *, least: float) -> Location | Absent:
    """Return `answer` if it has this confidence."""
    if isinstance(answer, Location) and answer.confidence < least:
        return Absent(why=f"what may be “{target}” is only {answer.confidence:.0%} like it")
    return answer


def _is_told_apart_by_its_picture(search: AnchorSearch) -> bool:
    """Whether the picture has every text that tells the target from others: then the screen need not be read."""
    return all(search.appearance.shows(text) for text in search.appearance.telling_texts)


def _same_patches(search: AnchorSearch) -> Iterator[AnchorMatch]:
    for match in search.matcher.same(search.appearance.patch):
        rect = search.appearance.bounds_of(match)
        is_here = any(abs(rect.left - x) <= MOVED and abs(rect.top - y) <= MOVED for x, y in search.expected_corners)
        yield AnchorMatch(rect, match.score, "patch" if is_here else "patch elsewhere")


def _of_its_name(search: AnchorSearch) -> list[AnchorMatch]:
    """The places with the target's text; or, for one without, where it must be by the texts near it."""
    if search.anchor.text:
        return reduce(_together, (_named(name, search) for name in search.appearance.names))
    found = _by_landmarks(search)
    return [found] if found and search.matcher.resembles(search.appearance.patch, found.rect) else []


def _named(name: str, search: AnchorSearch) -> list[AnchorMatch]:
    return [
        AnchorMatch(match.rect.grown(*EDGE), match.score, "text", match.rect.height / search.appearance.text_height)
        for match in matches(Phrase(name=name, quoted=True), search.labels)
        if match.score >= READ_ALIKE
    ]


def _by_landmarks(search: AnchorSearch) -> AnchorMatch | None:
    """The place on which two texts that were near the target, each there once, agree."""
    size = search.anchor.size
    places: list[PixelBox] = []
    for text in search.anchor.beside:
        there = [label.rect for label in search.labels if likeness(text.text, label.text) >= READ_ALIKE]
        if len(there) == 1:
            scale = there[0].height / text.height
            x, y = there[0].center_x - text.dx * scale, there[0].center_y - text.dy * scale
            width, height = size.width * scale / 2, size.height * scale / 2
            places.append(PixelBox(x - width, y - height, x + width, y + height))
    for place in places:
        agreeing = sum(
            abs(place.center_x - other.center_x) <= 8 and abs(place.center_y - other.center_y) <= 5 for other in places
        )
        if agreeing >= 2 and agreeing * 2 > len(places):
            return AnchorMatch(place, 0.9, "text")
    return None


def _together(patches: list[AnchorMatch], named: Sequence[AnchorMatch]) -> list[AnchorMatch]:
    """Every place that looks like the target, and every other that has its name: any of them may be meant."""
    return patches + [
        each for each in named if not any(patch.rect.holds(each.rect.center_x, each.rect.center_y) for patch in patches)
    ]


def _meant(search: AnchorSearch, found: Sequence[AnchorMatch]) -> Location | Absent | None:
    """The only one of `found` that can be meant; `Absent` if several can, None if none can."""
    judged = [(match, search.surroundings(match)) for match in found]
    possible = [(match, near) for match, near in judged if search.is_possible(match, near)]
    possible.sort(key=lambda each: (each[1].row, each[1].share), reverse=True)
    match possible:
        case []:
            return None
        case [(only, _)]:
            return search.location(only)
        case [(best, near), (_, near_second), *_] if _is_clearer(near, near_second):
            return search.location(best)
    return Absent(why=f"“{search.target}” is there {len(possible)} times, and nothing beside it tells which is meant")


def _is_clearer(best: Surroundings, second: Surroundings) -> bool:
    """Whether the row tells which is meant; above and below there may be other rows than there were."""
    return best.row >= second.row + MARGIN or (best.row == 1.0 and best.share >= second.share + MARGIN)


def _as_match(answer: Location, search: AnchorSearch) -> AnchorMatch:
    size = search.screenshot.size
    if answer.box:
        return AnchorMatch(answer.box.exact_pixels(size), answer.confidence, answer.by)
    pixel = answer.point.pixel(size)
    place = PixelBox(pixel.x, pixel.y, pixel.x, pixel.y).grown(search.anchor.size.height / 2)
    return AnchorMatch(place, answer.confidence, answer.by)
