"""The ways to find a recorded target, the cheapest and surest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from screenagent.geometry import Absent, Location, PixelBox
from screenagent.grounding.expression import Phrase
from screenagent.grounding.text_match import matches
from screenagent.perception.similarity import likeness
from screenagent.protocols import Grounder
from screenagent.scripts.replay.anchor_search import PIXEL_PERFECT, STRANGE, AnchorMatch, AnchorSearch
from screenagent.scripts.replay.appearance import READ_ALIKE, Surroundings, with_edge

MARGIN: Final = 0.2
"""How much more of what was near the target one of two lookalikes needs to be the one that is meant."""
MOVED: Final = 4
"""A patch found within so many pixels of where it was has not moved."""
UNSURE: Final = 0.6
"""An answer of the configured grounder below this confidence is not believed if the target looked otherwise."""

AnchorMethod = Callable[[AnchorSearch], Location | Absent | None]
"""Finds the target, says that it cannot be told from others, or leaves it to the next method."""


def unmoved(search: AnchorSearch) -> Location | None:
    """Find the target where it was, on the display or in its window, with the same surroundings."""
    if search.has_more_lookalikes or not _is_told_apart_by_its_picture(search):
        return None
    appearance = search.appearance
    left, top, right, bottom = search.anchor.box
    for x, y in search.expected_corners:
        if search.matcher.is_at(appearance.pixels, x - left, y - top):
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


def by_words(grounder: Grounder) -> AnchorMethod:
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
        return [
            AnchorMatch(with_edge(match.rect), match.score, "text", match.rect.height / search.appearance.text_height)
            for match in matches(Phrase(name=search.anchor.text, quoted=True), search.labels)
            if match.score >= READ_ALIKE
        ]
    found = _by_landmarks(search)
    return [found] if found and search.matcher.resembles(search.appearance.patch, found.rect) else []


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
