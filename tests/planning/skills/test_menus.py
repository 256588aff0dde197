"""Menus are followed by what they bring up, not by what stood on the screen before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PIL import ImageDraw

from screenagent.actions import Action, Click, Move
from screenagent.agent import drive
from screenagent.fakes import FakeDesktop
from screenagent.geometry import Box, Location, Point
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.states import ControlStateReader
from screenagent.planning import InstructionPlanner
from screenagent.screenshot import ControlState, ElementState, Screenshot
from tests.builders import INK, Drawing, DrawnReader, fake_agent

ENTRY = 24
BAR = {"File": 20, "View": 90, "Tools": 160}


class Ticked(ControlStateReader):
    """Says of every label that its box is ticked, or that it is not."""

    def __init__(self, reader: DrawnReader, *, ticked: bool) -> None:
        super().__init__(reader)
        self._states: frozenset[ElementState] = frozenset(("checked" if ticked else "unchecked",))

    def ticked(self, screenshot: Screenshot, label: Location) -> ControlState | None:
        return ControlState(box=label.box or Box.around(label.point, width=0.1, height=0.1), states=self._states)


@dataclass
class MenuBar:
    """A program with menus that open by a click, and whose submenus open under the mouse if `hovers`."""

    menus: Mapping[str, tuple[str, ...]]
    hovers: bool = True
    reader: DrawnReader = field(default_factory=DrawnReader)
    chosen: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    places: dict[str, Box] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.desktop = FakeDesktop(screen=self._screen)
        self._done = 0

    def _screen(self, _: int) -> Screenshot:
        while self._done < len(self.desktop.performed):
            for point in self.desktop.places[self._done]:
                self._hear(self.desktop.performed[self._done], point)
            self._done += 1
        return self._drawn()

    def _hear(self, action: Action, point: Point) -> None:
        under = next((name for name, box in reversed(self.places.items()) if point in box), "")
        clicked = isinstance(action, Click)
        opens = clicked or (isinstance(action, Move) and self.hovers and self.open)
        if opens and under in self.menus:
            self.open = [*self.open[: under.count("/")], under]
        elif clicked:
            self.chosen.append(under)
            self.open = []

    def _drawn(self) -> Screenshot:
        drawing = Drawing()
        self.places = {}
        for name, left in BAR.items():
            drawing.text(name, left, 15)
            self.places[name] = Box.of_pixels((left - 8, 4, left + 50, 26), drawing.screenshot.size)
        popups = []
        for depth, path in enumerate(self.open):
            entries = self.menus[path]
            left, top = 90 + 150 * depth, 30 + 30 * depth
            edges = (left, top, left + 140, top + ENTRY * len(entries) + 8)
            ImageDraw.Draw(drawing.image).rectangle(edges, fill="white", outline=INK)
            popups.append(Box.of_pixels(edges, drawing.screenshot.size))
            for number, entry in enumerate(entries):
                y = top + 16 + ENTRY * number
                drawing.text(entry, left + 16, y)
                self.places[f"{path}/{entry}"] = Box.of_pixels(
                    (left, y - 11, left + 140, y + 11), drawing.screenshot.size
                )
        shown = self.reader.screen(drawing)
        return shown.model_copy(update={"popups": tuple(popups)})

    def follow(self, task: str, *, ticked: bool | None = None) -> list[str]:
        grounder = EmbeddedGrounder(self.reader)
        states = None if ticked is None else Ticked(self.reader, ticked=ticked)
        planner = InstructionPlanner(reader=self.reader, grounder=grounder, states=states)
        drive(fake_agent(planner, grounder=grounder, desktop=self.desktop), task)
        return self.chosen


def test_an_entry_that_is_called_as_a_menu_of_the_bar_is_looked_for_in_the_menu_that_opened() -> None:
    menus = {"View": ("Tools", "Zoom In"), "View/Tools": ("Rulers", "Brushes"), "Tools": ("Options", "Macros")}
    for hovers in (True, False):
        assert MenuBar(menus, hovers=hovers).follow("choose View > Tools > Brushes") == ["View/Tools/Brushes"]


def test_an_entry_of_a_menu_is_ticked_only_if_it_is_not_yet() -> None:
    menus = {"View": ("Toolbar", "Status Bar"), "File": ("New", "Quit")}
    assert MenuBar(menus).follow("tick View > Status Bar") == ["View/Status Bar"]
    assert MenuBar(menus).follow("tick View > Status Bar", ticked=False) == ["View/Status Bar"]
    assert MenuBar(menus).follow("tick View > Status Bar", ticked=True) == []
    assert MenuBar(menus).follow("untick View > Status Bar", ticked=True) == ["View/Status Bar"]
