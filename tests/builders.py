"""What many tests are built from: drawn screens, texts, a grounder and an agent that do as they are told, a command.

Fakes that users' tests need, too, are shipped in `screenagent.fakes`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from subprocess import CompletedProcess
from typing import Any

from click.testing import CliRunner
from PIL import Image, ImageDraw, ImageFont, ImageOps

from screenagent.agent import Agent
from screenagent.agent.checker import ScreenChecker
from screenagent.approval import AllowAll
from screenagent.cli import main
from screenagent.control import Control
from screenagent.fakes import FakeDesktop, FakeGrounder, FakeReader, InstantControl
from screenagent.geometry import Absent, Box, Location, Size
from screenagent.protocols import Grounder, Planner
from screenagent.screenshot import Screenshot, Window, Word

INK, PAPER, LINE, BUTTON, WHITE = (30, 30, 30), (246, 245, 244), (190, 185, 180), (232, 230, 228), (255, 255, 255)

PAGE = Size(width=1000, height=500)

Text = tuple[str, int, int]
"""Words, and the pixel at which they begin: its left top."""


def becomes(holds: Callable[[], object], *, seconds: float = 10) -> bool:
    """Return whether `holds` comes true within `seconds`. It is asked of things that cannot say when they change."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def eventually(
    holds: Callable[[], object], *, seconds: float = 10, seen: Callable[[], object] = lambda: "it did not come true"
) -> None:
    """Wait until `holds`; fail after `seconds` with what is `seen` then."""
    assert becomes(holds, seconds=seconds), seen()


def in_process(*words: str, typed: str = "", **environment: str) -> CompletedProcess[str]:
    """Run `screenagent` with these words as its command line does, without the time that a process of its own takes."""
    arguments, sys.argv = sys.argv, ["screenagent", *words]
    with CliRunner().isolation(input=typed, env=environment) as (stdout, stderr, _):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            sys.argv = arguments
        return CompletedProcess(words, code, stdout.getvalue().decode(), stderr.getvalue().decode())


def fake_agent(
    planner: Planner, *, grounder: Grounder | None = None, control: Control | None = None, **parts: Any
) -> Agent:
    """Return an agent of fakes, but for the parts that are given: all is approved, and nothing is found."""
    grounder, control = grounder or FakeGrounder({}), control or InstantControl()
    usual: dict[str, Any] = {
        "approver": AllowAll(),
        "desktop": FakeDesktop(control=control),
        "checker": ScreenChecker(FakeReader([]), grounder),
    }
    return Agent(planner=planner, grounder=grounder, control=control, **(usual | parts))


class ScriptedGrounder:
    """Gives its answers in turn, the last one for ever; remembers near what it was to look."""

    def __init__(self, *answers: Location | Absent) -> None:
        self.answers = answers
        self.asked: list[Location | None] = []

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        self.asked.append(near)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def words(texts: Iterable[Text], *, size: Size = PAGE) -> list[Word]:
    """Return lines of text as a reader gives them: letters are 8 pixels wide and 20 high."""
    found = []
    for line, (text, left, top) in enumerate(texts):
        x = left
        for word in text.split():
            box = Box.of_pixels((x, top, x + 8 * len(word), top + 20), size)
            found.append(Word(text=word, box=box, line=line))
            x += 8 * (len(word) + 1)
    return found


def pixel(location: Location, screenshot: Screenshot) -> tuple[int, int]:
    """Return the pixel of the screenshot that a location points to."""
    found = location.point.pixel(screenshot.size)
    return found.x, found.y


class Drawing:
    """A screen on which controls are drawn as common themes draw them, and which knows what is written on it.

    `zoom` makes all of it larger, `dark` negates its colours. Places are given as without zoom.
    """

    def __init__(
        self, width: int = 640, height: int = 400, *, zoom: float = 1, dark: bool = False, window: Window | None = None
    ) -> None:
        self.image = Image.new("RGB", (width, height), PAPER)
        self.zoom = zoom
        self.words: list[Word] = []
        self._dark = dark
        self._window = window
        self._draw = ImageDraw.Draw(self.image)
        self._font = ImageFont.load_default(round(14 * zoom))
        self._lines = 0

    def text(self, words: str, x: float, y: float) -> Drawing:
        """`x`, `y` are the left and the middle of the line."""
        x, y = x * self.zoom, y * self.zoom
        self._draw.text((x, y), words, fill=INK, font=self._font, anchor="lm")
        self._lines += 1
        for word in words.split():
            width = self._font.getlength(word)
            edges = (x, y - 9 * self.zoom, x + width, y + 9 * self.zoom)
            self.words.append(Word(text=word, box=Box.of_pixels(edges, self._size), line=self._lines))
            x += width + self._font.getlength(" ")
        return self

    def centred(self, words: str, x: float, y: float) -> Drawing:
        """`x`, `y` are the middle of the text."""
        return self.text(words, x - self._font.getlength(words) / self.zoom / 2, y)

    def button(self, words: str, x: float, y: float, *, width: float = 90) -> Drawing:
        """`x`, `y` are the left and the middle; so they are of all controls."""
        self._rounded((x, y - 16, x + width, y + 16), 4, BUTTON)
        return self.centred(words, x + width / 2, y)

    def entry(self, words: str, x: float, y: float, *, width: float = 200) -> Drawing:
        self._rounded((x, y - 15, x + width, y + 15), 3, WHITE)
        return self.text(words, x + 8, y)

    def dropdown(self, words: str, x: float, y: float, *, width: float = 160) -> Drawing:
        self._rounded((x, y - 15, x + width, y + 15), 3, BUTTON)
        tip = x + width - 16
        corners = ((tip - 5, y - 2), (tip + 5, y - 2), (tip, y + 3))
        self._draw.polygon([(left * self.zoom, top * self.zoom) for left, top in corners], fill=INK)
        return self.text(words, x + 8, y)

    def box(self, words: str, x: float, y: float) -> Drawing:
        """A box to tick, and its label."""
        self._draw.rectangle(self._scaled((x, y - 7, x + 14, y + 7)), fill=WHITE, outline=LINE)
        return self.text(words, x + 22, y)

    def cell(self, x: float, y: float, *, width: float, height: float) -> Drawing:
        self._draw.rectangle(self._scaled((x, y, x + width, y + height)), fill=WHITE, outline=LINE)
        return self

    @property
    def screenshot(self) -> Screenshot:
        image = ImageOps.invert(self.image) if self._dark else self.image
        return Screenshot.of(image, window=self._window)

    @property
    def _size(self) -> Size:
        return Size(width=self.image.width, height=self.image.height)

    def _rounded(self, edges: tuple[float, ...], radius: float, fill: tuple[int, int, int]) -> None:
        self._draw.rounded_rectangle(self._scaled(edges), radius * self.zoom, fill=fill, outline=LINE)

    def _scaled(self, edges: tuple[float, ...]) -> list[float]:
        return [edge * self.zoom for edge in edges]


@dataclass
class DrawnReader:
    """Reads what was drawn, and counts how often it was asked to."""

    drawings: dict[str, list[Word]] = field(default_factory=dict)
    reads: int = 0

    def screen(self, drawing: Drawing) -> Screenshot:
        screenshot = drawing.screenshot
        self.drawings[screenshot.digest] = drawing.words
        return screenshot

    def read(self, screenshot: Screenshot) -> list[Word]:
        self.reads += 1
        return self.drawings.get(screenshot.digest, [])
