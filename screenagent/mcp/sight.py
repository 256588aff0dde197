"""What a client is shown of the screen: a picture that is small enough, and what stands where, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import Final, Protocol

from PIL import Image

from screenagent.geometry import WHOLE, Box, Location, Pixel, PixelBox
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.mcp.arguments import WrongArguments
from screenagent.mcp.outcomes import ClientTexts
from screenagent.perception.text_test import Answer, TextQuery, TextTest
from screenagent.protocols import Accessibility, TextReader
from screenagent.screenshot import Element, Screenshot
from screenagent.showing import LONGEST_NAME, abridged

MOST_BYTES: Final = 700_000
"""Of a JPEG: in base64 it stays under the 1 MB that some hosts take."""
MOST_LISTED: Final = 200
LADDER: Final = ((85, 1.0), (70, 1.0), (60, 0.75), (60, 0.5), (40, 1 / 3), (30, 0.25), (20, 0.125))
"""Quality and scale, the best first."""


class Looking(Protocol):
    def screenshot(self) -> Screenshot: ...


class Viewed(Protocol):
    """A desktop that is only looked at, and what reads it."""

    @property
    def desktop(self) -> Looking: ...

    @property
    def grounder(self) -> EmbeddedGrounder: ...

    @property
    def accessibility(self) -> Accessibility | None: ...

    @property
    def reader(self) -> TextReader: ...


@dataclass(frozen=True)
class Sight:
    """Looks at a desktop for a client, and reads what it sees as the agent does."""

    viewed: Viewed
    texts: ClientTexts = field(default_factory=ClientTexts)

    @property
    def grounder(self) -> EmbeddedGrounder:
        return self.viewed.grounder

    def look(self) -> Screenshot:
        return self.viewed.desktop.screenshot()

    def listed(self, screen: Screenshot, region: Box) -> tuple[str, ...]:
        """Return what stands in the region, a numbered line each, with the pixel of its middle."""
        things = [thing for thing in self._things(screen) if thing.at.center in region]
        more = len(things) - MOST_LISTED
        lines = [f"{number} {thing.shown(screen)}" for number, thing in enumerate(things[:MOST_LISTED], start=1)]
        return (*lines, *([f"and {more} more; look at a region, or use find"] if more > 0 else []))

    def _things(self, screen: Screenshot) -> Iterator[SeenThing]:
        accessibility = self.viewed.accessibility
        told = accessibility.elements(screen) if accessibility else ()
        elements = [element for element in told if element.name]
        yield from (SeenThing(element.role, self._named(element), element.box) for element in elements)
        contents = self.grounder.screen(screen)
        for label in contents.labels:
            box = label.rect.box(contents.size)
            if not any(box.center in element.box and label.text in element.name for element in elements):
                yield SeenThing("text", f"“{self.texts(label.text, LONGEST_NAME)}”", box)

    def _named(self, element: Element) -> str:
        """Return the name and the states. Values are read off the picture, where secrets are blank, and not told."""
        states = f" ({', '.join(sorted(element.states))})" if element.states else ""
        return f"“{self.texts(element.name, LONGEST_NAME)}”{states}"

    def windows(self, screen: Screenshot) -> Sequence[str]:
        """Return the window in front and the others, a line each."""
        front, named = screen.window, partial(self.texts, most=LONGEST_NAME)
        lines = [f"window in front: “{named(front.title)}” of {self.texts(front.app, 40)}"] if front else []
        others = [window for window in screen.managed if front is None or window.id != front.id]
        return [*lines, *(f"other window: “{named(window.title)}”" for window in others[:20])]

    def shows(self, words: str, screen: Screenshot) -> Answer:
        """Say whether the words are on the screen, read as a check of the agent's reads them."""
        return TextTest(self.viewed.reader).look(TextQuery(words=words), screen).answer

    def find(self, target: str, screen: Screenshot) -> FoundTarget:
        found = self.grounder.strict().locate(target, screen)
        if isinstance(found, Location):
            return FoundTarget("found", (_place(found, screen),))
        if (doubt := self.grounder.doubt(target, screen)) is not None:
            places = tuple(
                f"“{self.texts(guess.words, LONGEST_NAME)}” {_place(guess.location, screen)}" for guess in doubt.guesses
            )
            return FoundTarget("ambiguous", places, doubt.why)
        return FoundTarget("absent", (), found.why)


@dataclass(frozen=True)
class SeenThing:
    kind: str
    words: str
    at: Box

    def shown(self, screen: Screenshot) -> str:
        return f"{self.kind} {self.words} {_pixel(self.at.center.pixel(screen.size))}"


@dataclass(frozen=True)
class FoundTarget:
    outcome: str
    places: tuple[str, ...] = ()
    why: str = ""


def _place(found: Location, screen: Screenshot) -> str:
    return f"{_pixel(found.point.pixel(screen.size))}, sure to {found.confidence:.0%}"


def _pixel(pixel: Pixel) -> str:
    return f"({pixel.x},{pixel.y})"


def region_of(words: str, screen: Screenshot) -> Box:
    """Return the part of the screen that a client asks for; raise `WrongArguments` if it is none."""
    if not words.strip():
        return WHOLE
    numbers = re.fullmatch(r"\s*" + r"\s*[,\s]\s*".join([r"(\d{1,5})"] * 4) + r"\s*", words, re.ASCII)
    edges = [float(number) for number in numbers.groups()] if numbers else []
    if len(edges) == 4:
        rect = PixelBox(*edges).clipped(screen.size.width, screen.size.height)
        if rect.width >= 1 and rect.height >= 1:
            return rect.box(screen.size)
    size = f"{screen.size.width}x{screen.size.height}"
    raise WrongArguments(
        f"region: {abridged(words, 80)!r} is no part of this screen of {size}; write left,top,right,bottom"
    )


def jpeg(image: Image.Image, *, most: int = MOST_BYTES) -> bytes:
    """Return the picture as the best JPEG of at most so many bytes."""
    for quality, scale in LADDER:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        sized = image if scale == 1 else image.resize(size, Image.Resampling.LANCZOS)
        sized.save(written := BytesIO(), "JPEG", quality=quality)
        if written.tell() <= most:
            return written.getvalue()
    raise WrongArguments("the picture is too large to be sent; look at a region of it")
