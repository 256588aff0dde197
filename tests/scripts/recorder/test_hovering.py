"""A menu that opens where the mouse rests is recorded as that move and a click, and what a press opens is not."""

from __future__ import annotations

import pytest

from screenagent.geometry import Point
from screenagent.screenshot import Screenshot
from screenagent.scripts.recorder.hovering import ScreenSample, opened_by_hovering
from screenagent.scripts.recorder.watcher import Watcher
from screenagent.scripts.recorder.writer import ScriptWriter
from screenagent.scripts.schema import ClickStep, MoveStep
from tests.builders import Drawing
from tests.scripts.recorder.test_watcher import NAMER, READER, click


def place(x: float, y: float) -> Point:
    return Point(x=x / 640, y=y / 400)


def page(*entries: str, lit: bool = False, heading: str = "Customers") -> Screenshot:
    drawing = Drawing().text("Tools", 60, 40).text(heading, 60, 100)
    if entries:
        drawing.cell(50, 56, width=160, height=40 * len(entries))
    for number, entry in enumerate(entries):
        drawing.text(entry, 60, 76 + 36 * number)
    return (drawing.cell(300, 300, width=60, height=20) if lit else drawing).screenshot


TITLE, ENTRY, AWAY = place(80, 40), place(90, 76), place(400, 300)
CLOSED, OPENED = page(), page("Archive", "Print")


def samples(*looks: tuple[float, Point, Screenshot]) -> list[ScreenSample]:
    return [ScreenSample(*look) for look in looks]


def opened(*looks: tuple[float, Point, Screenshot], since: float = 0.0) -> list[Point]:
    seen = samples(*looks)
    moves = [(sample.at, sample.mouse) for sample in seen]
    return [rest.mouse for rest in opened_by_hovering(seen, moves, ENTRY, since=since)]


def test_the_mouse_rested_on_what_opened() -> None:
    hovered = ((1.0, AWAY, CLOSED), (1.4, TITLE, CLOSED), (1.5, TITLE, OPENED), (2.0, ENTRY, OPENED))
    assert opened(*hovered) == [TITLE]
    assert opened(*hovered, since=1.3) == []  # it came with a press right before


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param([(1.0, AWAY, OPENED), (1.5, TITLE, OPENED), (2.0, ENTRY, OPENED)], id="it was there before"),
        pytest.param([(1.0, AWAY, CLOSED), (1.5, AWAY, OPENED), (2.0, ENTRY, OPENED)], id="the mouse was elsewhere"),
        pytest.param([(1.0, TITLE, CLOSED), (3.0, TITLE, CLOSED), (3.1, TITLE, OPENED)], id="it has not moved there"),
        pytest.param([(1.0, AWAY, CLOSED), (1.5, ENTRY, OPENED)], id="it came under the mouse itself"),
    ],
)
def test_what_opens_otherwise_is_no_menu_of_the_mouse(looks: list[tuple[float, Point, Screenshot]]) -> None:
    assert opened(*looks) == []


def test_a_menu_within_a_menu_has_two_moves() -> None:
    deeper = Drawing().text("Tools", 60, 40).text("Customers", 60, 100)
    deeper.cell(50, 56, width=160, height=80).text("Archive", 60, 76).text("Print", 60, 112)
    both = deeper.cell(210, 56, width=160, height=80).text("Preview", 220, 76).text("Paper", 220, 112).screenshot
    inner, seen = place(120, 112), place(250, 76)
    looks = samples(
        *((1.0, AWAY, CLOSED), (1.4, TITLE, CLOSED), (1.5, TITLE, OPENED), (1.9, ENTRY, OPENED)),
        *((2.2, inner, OPENED), (2.3, inner, both), (2.9, seen, both)),
    )
    moves = [(look.at, look.mouse) for look in looks]
    assert [rest.mouse for rest in opened_by_hovering(looks, moves, seen, since=0.0)] == [TITLE, inner]


def test_a_menu_of_the_mouse_is_a_move_and_a_click_in_the_script() -> None:
    (rest,) = samples((1.0, TITLE, CLOSED))
    watching = Watcher(namer=NAMER, reader=READER, hovered=lambda _at: (rest,))
    heard = click(90, 76, OPENED, at=2.0)
    events = list(watching.events(heard, task="x", last=lambda: page(heading="The archive is open")))
    assert ScriptWriter.of_run(events, READER).script("x").steps == (MoveStep(move="Tools"), ClickStep(click="Archive"))
