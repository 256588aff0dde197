"""Which button a target means, by the names that tooltips and programs tell of the pictures on buttons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from screenagent.geometry import Absent, Box, Location, PixelBox
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.expression import Phrase
from screenagent.grounding.icon_match import are_labelled, icons_matching
from screenagent.grounding.name_fit import NamedIcon, chosen_name, written_name
from screenagent.grounding.surroundings import window_buttons, within_page
from screenagent.perception.icon_names import IconNames, ToldName, picture_key
from screenagent.perception.screen import ScreenContents
from screenagent.perception.tooltips import read_tooltip
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot

WRITTEN: Final = 0.98  # how likely a name is meant that was said to the letter
SURE: Final = 0.9  # a name that is this likely meant leaves nothing to ask
MOST_ASKED: Final = 10  # the eleventh is rarely meant
LEAST: Final = 0.45  # of what is likelier, in applications that were not fitted to, five in six were right
UNLIKELY: Final = (
    0.5  # an answer other than an icon that is less sure than this does not keep the screen from being asked
)
BUTTON_SIDES: Final = (10.0, 36.0)  # pixels, of the pictures on a tool bar's buttons
STEP: Final = (14.0, 90.0)  # pixels from one button of a bar to the next
SAME_LINE: Final = 4.0
ROW_HEIGHT: Final = 16
GRIP: Final = 6.0  # pixels; what is thinner and upright is no button
ONE_BUTTON: Final = 3.0  # pixels; what lies so near to a picture is on the same button


@dataclass(frozen=True)
class TooltipNaming:
    """Names the buttons of a screen. With `in_pages`, also those of web pages, which see the mouse that rests there.

    What fits with a likelihood below `least` is not named.
    """

    grounder: EmbeddedGrounder
    names: IconNames
    reader: TextReader
    in_pages: bool = False
    least: float = LEAST

    def unnamed(self, target: str, screenshot: Screenshot, found: Location | Absent) -> tuple[Location, ...] | None:
        """Return the buttons that may be meant and have no name yet, the likeliest first; None if the answer that was
        `found` by sight leaves nothing to ask."""
        if isinstance(found, Location) and found.by != "icon" and found.confidence >= UNLIKELY:
            return None
        phrase, screen = self.grounder.meant(target, screenshot), self.grounder.screen(screenshot)
        if phrase.nameless or phrase.relations:
            return None
        likely = self._likeliest(phrase, screen)[:MOST_ASKED]
        places = [_location(icon.rect, icon.score, screen) for icon in likely]
        return tuple(place for place in places if not self._known(screenshot, screen, place))

    def buttons(self, screenshot: Screenshot) -> tuple[Location, ...]:
        """Return the pictures on the buttons of all tool bars that have no name yet, row by row."""
        screen = self.grounder.screen(screenshot)
        pictures = self._reachable(screen)
        bars = [rect for rect in pictures if _stands_in_bar(rect, pictures)]
        rows = sorted(bars, key=lambda rect: (round(rect.center_y / ROW_HEIGHT), rect.left))
        places = [_location(rect, 0.0, screen) for rect in _one_per_button(rows)]
        return tuple(place for place in places if not self._known(screenshot, screen, place))

    def keep(self, screenshot: Screenshot, place: Location, tooltip: Screenshot | None) -> str:
        """Read a tooltip, keep it as a name of the picture at `place`, and return it; empty if nothing is read."""
        name = read_tooltip(tooltip, self.reader) if tooltip else ""
        window = screenshot.window
        if window and place.box:
            key = picture_key(screenshot, place.box)
            if name:
                self.names.keep(window.app, [ToldName(key, name, "tooltip")])
            else:
                self.names.keep_silent(window.app, key)
        return name

    def keep_told(self, screenshot: Screenshot) -> None:
        """Keep the names that the program itself tells of pictures without words."""
        screen = self.grounder.screen(screenshot)
        told = [(rect, names) for rect in self._reachable(screen) if (names := _told(rect, screen))]
        keys = ((picture_key(screenshot, rect.box(screen.size)), name) for rect, (name, *_) in told)
        self.names.keep(screen.application, [ToldName(key, name, "accessibility") for key, name in keys])

    def named(self, target: str, screenshot: Screenshot) -> Location | None:
        """Return the button whose name means `target`; None if none does surely, or two may."""
        phrase, screen = self.grounder.meant(target, screenshot), self.grounder.screen(screenshot)
        icons = []
        for rect, score in self._scored(phrase, screen):
            names = self._names(screenshot, screen, rect.box(screen.size))
            if len(names) == 1:
                icons.append(NamedIcon(rect, names[0], score))
        if written := written_name(target, icons):
            return _location(written.rect, WRITTEN, screen)
        if phrase.nameless or phrase.relations or phrase.ordinal:
            return None
        best = chosen_name(phrase, icons, self.grounder.sentences, self.grounder.words)
        return _location(best.icon.rect, best.likely, screen) if best and best.likely >= self.least else None

    def known(self, target: str, screenshot: Screenshot, found: Location | Absent) -> Location | None:
        """Return the button whose name means `target`, if it does so surely or there is no other left to ask."""
        if self.unnamed(target, screenshot, found) is None:
            return None
        named = self.named(target, screenshot)
        settled = named is not None and (named.confidence >= SURE or not self.unnamed(target, screenshot, found))
        return named if settled else None

    def _likeliest(self, phrase: Phrase, screen: ScreenContents) -> list[NamedIcon]:
        scored = sorted(self._scored(phrase, screen), key=lambda one: -one[1])
        kept = set(_one_per_button([rect for rect, _ in scored]))
        return [NamedIcon(rect, "", score) for rect, score in scored if rect in kept]

    def _scored(self, phrase: Phrase, screen: ScreenContents) -> Iterator[tuple[PixelBox, float]]:
        """Yield all pictures that may be rested on, by how well they show what was said, whatever role was said."""
        shown = phrase.model_copy(update={"role": None, "container": None, "quoted": False})
        scores = {match.rect: match.score for match in icons_matching(shown, screen, self.grounder.words)}
        for rect in self._reachable(screen):
            yield rect, scores.get(rect, 0.0)

    def _reachable(self, screen: ScreenContents) -> list[PixelBox]:
        """Return the pictures inside the window in front that no text names: none of its own buttons, and none in a web
        page."""
        if screen.front is None or not screen.icons:
            return []
        front, taken = screen.front, set(window_buttons(screen.front, screen, self.grounder.words))
        labelled = are_labelled([icon.rect for icon in screen.icons], screen.labels)
        bare = [icon.rect for icon, named in zip(screen.icons, labelled, strict=True) if not named]
        inside = [rect for rect in bare if front.holds(*rect.center) and rect not in taken and not _is_grip(rect)]
        inside = [rect for rect in inside if not _is_number(rect, screen)]
        return inside if self.in_pages else [rect for rect in inside if not within_page(rect, screen)]

    def _known(self, screenshot: Screenshot, screen: ScreenContents, place: Location) -> bool:
        """Return whether the button has one name, or is known to tell none."""
        assert place.box is not None
        if self.names.is_silent(screen.application, picture_key(screenshot, place.box)):
            return True
        return len(self._names(screenshot, screen, place.box)) == 1

    def _names(self, screenshot: Screenshot, screen: ScreenContents, box: Box) -> tuple[str, ...]:
        """Return what the program calls a picture, or else what was kept of it."""
        return _told(box.exact_pixels(screen.size), screen) or self.names.of(
            screen.application, picture_key(screenshot, box)
        )


def _location(rect: PixelBox, confidence: float, screen: ScreenContents) -> Location:
    box = rect.box(screen.size)
    return Location(point=box.center, box=box, confidence=confidence, by="tooltip")


def _told(rect: PixelBox, screen: ScreenContents) -> tuple[str, ...]:
    """Return the name that the program tells of a control that shows nothing but this picture."""
    here = [one for one in screen.told if one.rect.holds(*rect.center) and not one.read and one.label.text]
    smallest = min(here, key=lambda one: one.rect.area, default=None)
    return (smallest.label.text,) if smallest and smallest.role == "button" else ()


def _is_grip(rect: PixelBox) -> bool:
    """Return whether a picture is the line between two parts of a bar, or what the bar is moved by."""
    return rect.width < GRIP and rect.height > 2 * rect.width


def _is_number(rect: PixelBox, screen: ScreenContents) -> bool:
    """Return whether a picture is a number that was read, as at the rows of a spreadsheet."""
    return any(text.isdigit() and place.holds(*rect.center) for label in screen.labels for text, place in label.words)


def _one_per_button(rects: Sequence[PixelBox]) -> list[PixelBox]:
    """Return the rectangles without those that lie on the button of an earlier one."""
    kept: list[PixelBox] = []
    for rect in rects:
        if not any(other.grown(ONE_BUTTON).holds(*rect.center) for other in kept):
            kept.append(rect)
    return kept


def _stands_in_bar(rect: PixelBox, pictures: Sequence[PixelBox]) -> bool:
    """Return whether at least two pictures of the size of a button stand beside it, or above and below it."""
    if not BUTTON_SIDES[0] <= max(rect.width, rect.height) <= BUTTON_SIDES[1]:
        return False
    others = [other for other in pictures if max(other.width, other.height) >= BUTTON_SIDES[0]]
    beside = _in_step(rect.center_x, ((one.center_x, one.center_y - rect.center_y) for one in others))
    below = _in_step(rect.center_y, ((one.center_y, one.center_x - rect.center_x) for one in others))
    return max(beside, below) >= 2


def _in_step(at: float, others: Iterator[tuple[float, float]]) -> int:
    return sum(STEP[0] < abs(along - at) < STEP[1] and abs(across) < SAME_LINE for along, across in others)
