"""Drawn panels whose controls have states, and a reader that reads parts of them, too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from screenagent.actions import Action
from screenagent.agent import drive
from screenagent.agent.checker import ScreenChecker
from screenagent.episode import Episode
from screenagent.fakes import FakeAccessibility, FakeDesktop
from screenagent.geometry import Box, PixelBox
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.ocr import PictureArray
from screenagent.perception.states import MARGIN, ControlStateReader
from screenagent.planning import InstructionPlanner
from screenagent.screenshot import Element, Screenshot, Word
from tests.builders import INK, LINE, WHITE, Drawing, fake_agent

BLUE, GREY, CHOSEN = (30, 110, 230), (187, 187, 187), (60, 120, 216)


class Panel(Drawing):
    """A drawing with controls that have a state; `x` and `y` are the left and the middle."""

    def text(self, words: str, x: float, y: float) -> Panel:
        super().text(words, x, y)
        return self

    def tick_box(self, words: str, x: float, y: float, *, on: bool = False) -> Panel:
        self._draw.rectangle(self._scaled((x, y - 7, x + 14, y + 7)), fill=BLUE if on else WHITE, outline=LINE)
        if on:
            corners = ((x + 3, y), (x + 6, y + 3), (x + 11, y - 3))
            self._draw.line(
                [(a * self.zoom, b * self.zoom) for a, b in corners], fill=WHITE, width=round(2 * self.zoom)
            )
        self.text(words, x + 22, y)
        return self

    def radio(self, words: str, x: float, y: float, *, on: bool = False) -> Panel:
        self._draw.ellipse(self._scaled((x, y - 8, x + 16, y + 8)), fill=WHITE, outline=INK)
        if on:
            self._draw.ellipse(self._scaled((x + 4, y - 4, x + 12, y + 4)), fill=BLUE)
        self.text(words, x + 24, y)
        return self

    def switch(self, words: str, x: float, y: float, *, at: float, on: bool = False) -> Panel:
        """Its label, and the switch at the end of the row."""
        edges = self._scaled((at, y - 11, at + 40, y + 11))
        self._draw.rounded_rectangle(edges, 11 * self.zoom, fill=(34, 170, 119) if on else GREY)
        knob = at + (20 if on else 2)
        self._draw.ellipse(self._scaled((knob, y - 9, knob + 18, y + 9)), fill=WHITE)
        self.text(words, x, y)
        return self

    def row(self, words: str, x: float, y: float, *, selected: bool = False, width: float = 120) -> Panel:
        fill = CHOSEN if selected else WHITE
        self._draw.rectangle(self._scaled((x, y - 9, x + width, y + 9)), fill=fill)
        self.text(words, x + 4, y)
        return self

    def slider(self, x: float, y: float, *, at: float, width: float = 130) -> Panel:
        self._draw.rounded_rectangle(self._scaled((x, y - 4, x + width, y + 4)), 4 * self.zoom, fill=GREY)
        self._draw.ellipse(self._scaled((x + at - 8, y - 8, x + at + 8, y + 8)), fill=BLUE)
        return self


@dataclass
class PanelReader:
    """Reads what is written on panels, and on parts that were cut out of them."""

    panels: dict[str, Panel] = field(default_factory=dict)

    def screen(self, panel: Panel) -> Screenshot:
        shot = panel.screenshot
        self.panels[shot.digest] = panel
        return shot

    def read(self, screenshot: Screenshot) -> list[Word]:
        if screenshot.digest in self.panels:
            return self.panels[screenshot.digest].words
        part = np.asarray(screenshot.pixels)[MARGIN:-MARGIN, MARGIN:-MARGIN]
        for panel in reversed(self.panels.values()):
            picture = np.asarray(panel.screenshot.pixels)
            if place := _place(part, picture):
                return [word for word in map(self._moved(panel, *place, screenshot), panel.words) if word]
        raise KeyError("this was cut out of no panel")

    @staticmethod
    def _moved(panel: Panel, x: int, y: int, part: Screenshot) -> Callable[[Word], Word | None]:
        def moved(word: Word) -> Word | None:
            rect = word.box.exact_pixels(panel.screenshot.size).moved(MARGIN - x, MARGIN - y)
            inside = PixelBox(0, 0, part.size.width, part.size.height).grown(-MARGIN).holds(*rect.center)
            return word.model_copy(update={"box": Box.of_pixels(rect, part.size)}) if inside else None

        return moved


def _place(part: PictureArray, picture: PictureArray) -> tuple[int, int] | None:
    """Return the left and the top edge of `part` in `picture`, by the row of the part in which most is drawn."""
    height, width = part.shape[:2]
    row, pixels = int(part.std(axis=(1, 2)).argmax()), picture.tobytes()
    at = pixels.find(part[row].tobytes())
    while at >= 0:
        top, left = divmod(at // 3, picture.shape[1])
        top -= row
        if top >= 0 and np.array_equal(picture[top : top + height, left : left + width], part):
            return left, top
        at = pixels.find(part[row].tobytes(), at + 1)
    return None


def work(
    shows: Callable[[Sequence[Action]], Panel],
    task: str,
    *,
    told: Callable[[Sequence[Action]], Sequence[Element]] | None = None,
) -> tuple[Episode, list[Action]]:
    """Carry out a task on panels that answer what is done; return what came of it, and the inputs."""
    reader, desktop = PanelReader(), FakeDesktop()
    desktop.screen = lambda _: reader.screen(shows(desktop.performed))
    accessibility = _Telling(tells=lambda: told(desktop.performed) if told else ())
    grounder = EmbeddedGrounder(reader)
    states = ControlStateReader(reader, accessibility)
    planner = InstructionPlanner(reader=reader, grounder=grounder, strict=grounder.strict(), states=states)
    checker = ScreenChecker(reader, grounder, states=states)
    episode = drive(fake_agent(planner, grounder=grounder, desktop=desktop, checker=checker), task)
    return episode, list(desktop.performed)


@dataclass
class _Telling(FakeAccessibility):
    tells: Callable[[], Sequence[Element]] = tuple

    def elements(self, _screenshot: Screenshot) -> Sequence[Element]:
        return self.tells()
