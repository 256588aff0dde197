"""Which button a target means, by the names that tooltips and programs tell of the pictures on buttons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from screenagent.geometry import Absent, Box, Location, PixelBox, Size
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.icon_match import are_labelled, icons_matching
from screenagent.grounding.name_fit import NamedIcon, chosen_name, written_name
from screenagent.grounding.phrase import Phrase
from screenagent.grounding.surroundings import window_buttons, within_page
from screenagent.perception.icon_names import IconNames, ToldName, picture_key
from screenagent.perception.screen import ScreenContents
from screenagent.perception.tooltips import read_tooltip
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot

WRITTEN: Final = 0.98  # how likely a name is meant that was said to the letter
SURE: Final = 0.95  # a name that is this likely meant leaves nothing to ask
MOST_ASKED: Final = 10  # the eleventh is rarely meant
LEAST: Final = 0.6  # of what is likelier, in applications that were not fitted to, six in seven were right
UNLIKELY: Final = (
    0.5  # an answer other than an icon that is less sure than this does not keep the screen from being asked
)
BUTTON_SIDES: Final = (10.0, 36.0)  # pixels, of the pictures on a tool bar's buttons
STEP: Final = (14.0, 90.0)  # pixels from one button of a bar to the next
SAME_LINE: Final = 4.0
ROW_HEIGHT: Final = 16
GRIP: Final = 6.0  # pixels; what is thinner and upright is no button
ONE_BUTTON: Final = 3.0  # pixels; what lies so near to a picture is on the same button


class ButtonPicture(NamedTuple):
    """A picture that may be a button: how well it shows what was said, what it is called, whether it tells no name."""

    rect: PixelBox
    score: float
    names: tuple[str, ...] = ()
    silent: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether the button has one name, or is known to tell none: it need not be asked."""
        return self.silent or len(self.names) == 1

    def shares_button(self, other: ButtonPicture) -> bool:
        centers = (self.rect.grown(ONE_BUTTON).holds(*other.rect.center), other.rect.holds(*self.rect.center))
        return any(centers)

    def location(self, size: Size) -> Location:
        return _location(self.rect, self.score, size)


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
    _fresh: dict[tuple[str, Box], str] = field(default_factory=dict, init=False)
    """What was told on the last screen, by its digest and the place: which of several names of a picture is meant."""

    def unnamed(self, target: str, screenshot: Screenshot, found: Location | Absent) -> tuple[Location, ...] | None:
        """Return the buttons that may be meant and have no name yet, the likeliest first; None if the answer that was
        `found` by sight leaves nothing to ask."""
        if isinstance(found, Location) and found.by != "icon" and found.confidence >= UNLIKELY:
            return None
        phrase = self.grounder.meant(target, screenshot)
        if phrase.nameless or phrase.relations:
            return None
        likely = _one_per_button(self._pictures(screenshot, phrase))[:MOST_ASKED]
        size = self.grounder.screen(screenshot).size
        return tuple(picture.location(size) for picture in likely if not picture.is_settled)

    def buttons(self, screenshot: Screenshot) -> tuple[Location, ...]:
        """Return the pictures on the buttons of all tool bars that have no name yet, row by row. What a text names, and
        the numbers of rows, are left out."""
        screen = self.grounder.screen(screenshot)
        pictures = self._pictures(screenshot)
        labelled = are_labelled([picture.rect for picture in pictures], screen.labels) if pictures else ()
        bare = [picture for picture, named in zip(pictures, labelled, strict=True) if not named]
        numbers = [place for label in screen.labels for text, place in label.words if text.isdigit()]
        bars = [one for one in _in_bars(bare) if not _is_row_number(one.rect, numbers)]
        rows = sorted(bars, key=lambda one: (round(one.rect.center_y / ROW_HEIGHT), one.rect.left))
        return tuple(one.location(screen.size) for one in _one_per_button(rows) if not one.is_settled)

    def keep(self, screenshot: Screenshot, place: Location, tooltip: Screenshot | None) -> str:
        """Read a tooltip, keep it as a name of the picture at `place`, and return it; empty if nothing is read."""
        name = read_tooltip(tooltip, self.reader) if tooltip else ""
        window = screenshot.window
        if window and place.box:
            key = picture_key(screenshot, place.box)
            if name:
                self.names.keep(window.app, [ToldName(key, name, "tooltip")])
                self._keep_fresh(screenshot, place.box, name)
            else:
                self.names.keep_silent(window.app, key)
        return name

    def _keep_fresh(self, screenshot: Screenshot, box: Box, name: str) -> None:
        if any(digest != screenshot.digest for digest, _ in self._fresh):
            self._fresh.clear()
        self._fresh[screenshot.digest, box] = name

    def keep_told(self, screenshot: Screenshot) -> None:
        """Keep the names that the program itself tells of pictures without words."""
        screen = self.grounder.screen(screenshot)
        told = [(rect, name) for rect in self._reachable(screen) if (name := _told(rect, screen))]
        keys = ((picture_key(screenshot, rect.box(screen.size)), name) for rect, name in told)
        self.names.keep(screen.application, [ToldName(key, name, "accessibility") for key, name in keys])

    def named(self, target: str, screenshot: Screenshot) -> Location | None:
        """Return the button whose name means `target`; None if none does surely, or two may."""
        phrase = self.grounder.meant(target, screenshot)
        pictures = [one for one in self._pictures(screenshot, phrase) if len(one.names) == 1]
        icons = [NamedIcon(picture.rect, picture.names[0], picture.score) for picture in pictures]
        size = self.grounder.screen(screenshot).size
        if written := written_name(target, icons):
            return _location(written.rect, WRITTEN, size)
        if phrase.nameless or phrase.relations or phrase.ordinal:
            return None
        best = chosen_name(phrase, icons, self.grounder.sentences, self.grounder.words)
        return _location(best.icon.rect, best.likely, size) if best and best.likely >= self.least else None

    def known(self, target: str, screenshot: Screenshot, found: Location | Absent) -> Location | None:
        """Return the button whose name means `target`, if it does so surely or there is no other left to ask."""
        named = self.named(target, screenshot)
        if named is None or named.confidence >= WRITTEN:
            return named
        unnamed = self.unnamed(target, screenshot, found)
        return named if unnamed == () or (unnamed and named.confidence >= SURE) else None

    def _pictures(self, screenshot: Screenshot, phrase: Phrase | None = None) -> list[ButtonPicture]:
        """Return the pictures that may be rested on; with a phrase those first that show best what it says, whatever
        role it names."""
        screen = self.grounder.screen(screenshot)
        shown = phrase and phrase.model_copy(update={"role": None, "container": None, "quoted": False})
        matches = icons_matching(shown, screen, self.grounder.words) if shown else ()
        scores = {match.rect: match.score for match in matches}
        pictures = []
        for rect in self._reachable(screen):
            key = picture_key(screenshot, rect.box(screen.size))
            told = self._fresh.get((screenshot.digest, rect.box(screen.size))) or _told(rect, screen)
            names = (told,) if told else self.names.of(screen.application, key)
            silent = self.names.is_silent(screen.application, key)
            pictures.append(ButtonPicture(rect, scores.get(rect, 0.0), names, silent))
        return sorted(pictures, key=lambda picture: -picture.score)

    def _reachable(self, screen: ScreenContents) -> list[PixelBox]:
        """Return the pictures inside the window in front: none of its own buttons, and none in a web page."""
        if screen.front is None:
            return []
        front, taken = screen.front, set(window_buttons(screen.front, screen, self.grounder.words))
        rects = [icon.rect for icon in screen.icons if icon.rect not in taken and not _is_grip(icon.rect)]
        inside = [rect for rect in rects if front.holds(*rect.center)]
        return inside if self.in_pages else [rect for rect in inside if not within_page(rect, screen)]


def _location(rect: PixelBox, confidence: float, size: Size) -> Location:
    box = rect.box(size)
    return Location(point=box.center, box=box, confidence=confidence, by="tooltip")


def _told(rect: PixelBox, screen: ScreenContents) -> str:
    """Return the name that the program tells of a control that shows nothing but this picture."""
    here = [one for one in screen.told if one.rect.holds(*rect.center) and not one.read and one.label.text]
    smallest = min(here, key=lambda one: one.rect.area, default=None)
    return smallest.label.text if smallest and smallest.role == "button" else ""


def _is_grip(rect: PixelBox) -> bool:
    """Return whether a picture is the line between two parts of a bar, or what the bar is moved by."""
    return rect.width < GRIP and rect.height > 2 * rect.width


def _is_row_number(rect: PixelBox, numbers: Sequence[PixelBox]) -> bool:
    """Return whether a picture is one of the numbers that stand at the rows of a table."""
    if not any(number.holds(*rect.center) for number in numbers):
        return False
    return _in_step(rect.center_y, ((one.center_y, one.center_x - rect.center_x) for one in numbers)) >= 2


def _one_per_button(pictures: Sequence[ButtonPicture]) -> list[ButtonPicture]:
    """Return the first picture of each button, with the names of all pictures on it."""
    kept: list[ButtonPicture] = []
    for picture in pictures:
        at = next((number for number, other in enumerate(kept) if other.shares_button(picture)), None)
        if at is None:
            kept.append(picture)
        else:
            names = tuple(dict.fromkeys((*kept[at].names, *picture.names)))
            kept[at] = kept[at]._replace(names=names, silent=kept[at].silent or picture.silent)
    return kept


def _in_bars(pictures: Sequence[ButtonPicture]) -> list[ButtonPicture]:
    """Return the pictures of the size of a button of which at least three stand in a row or in a column."""
    sized = [one for one in pictures if BUTTON_SIDES[0] <= max(one.rect.width, one.rect.height) <= BUTTON_SIDES[1]]
    middles = [one for one in sized if _most_in_step(one, sized) >= 2]
    return [one for one in sized if one in middles or _most_in_step(one, middles) >= 1]


def _most_in_step(picture: ButtonPicture, others: Sequence[ButtonPicture]) -> int:
    """Return how many pictures stand a step beside one, or above and below it."""
    x, y = picture.rect.center
    beside = _in_step(x, ((one.rect.center_x, one.rect.center_y - y) for one in others))
    return max(beside, _in_step(y, ((one.rect.center_y, one.rect.center_x - x) for one in others)))


def _in_step(at: float, others: Iterable[tuple[float, float]]) -> int:
    return sum(STEP[0] < abs(along - at) < STEP[1] and abs(across) < SAME_LINE for along, across in others)
