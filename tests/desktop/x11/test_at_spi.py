from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial

import pytest

from screenagent.actions import Click
from screenagent.control import Control
from screenagent.desktop.accessibility.at_spi import LATE_AT_MOST, AtSpi
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.x11.window_places import XWindowPlaces
from screenagent.events import Approve
from screenagent.fakes import FakeAccessibility
from screenagent.geometry import Absent, Box, Location
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.reader import ScreenReader
from screenagent.protocols import Approved
from screenagent.screenshot import Element, Screenshot
from tests.builders import Drawing, eventually, pixel
from tests.desktop.accessibility.accessible_program import WINDOW


@pytest.fixture(scope="module")
def reader() -> ScreenReader:
    return ScreenReader(threads=2)


MENU = (("Save", 100), ("Save As...", 130), ("Save All", 160))


def screen() -> Drawing:
    return Drawing().button("Save", 100, 100).button("☺", 300, 100).entry("", 100, 200).text("Help", 500, 20)


def element(role: str, name: str, *edges: int) -> Element:
    left, top, right, bottom = edges
    shot = screen().screenshot
    return Element(role=role, name=name, box=Box.of_pixels((left, top, right, bottom), shot.size))


def located(reader: ScreenReader, target: str, *told: Element) -> Location | Absent:
    return EmbeddedGrounder(reader, accessibility=FakeAccessibility(told)).locate(target, screen().screenshot)


@pytest.mark.slow
def test_a_program_names_what_cannot_be_read(reader: ScreenReader) -> None:
    smile = element("button", "Insert emoji", 300, 84, 390, 116)
    answer = located(reader, "the Insert emoji button", smile)
    assert isinstance(answer, Location)
    assert (answer.by, pixel(answer, screen().screenshot)) == ("accessibility", (345, 100))
    assert isinstance(located(reader, "the Insert emoji button"), Absent)
    city = element("field", "City", 100, 185, 300, 215)
    field = located(reader, "type into the City field", city)
    assert isinstance(field, Location)
    assert pixel(field, screen().screenshot) == (200, 200)


def test_where_sight_and_the_program_agree_it_is_no_less_sure(reader: ScreenReader) -> None:
    seen = located(reader, "click the 'save' button")
    both = located(reader, "click the 'save' button", element("button", "Save", 100, 84, 190, 116))
    assert isinstance(seen, Location)
    assert isinstance(both, Location)
    assert both.confidence >= seen.confidence
    assert (seen.by, both.by) == ("text", "accessibility")


def test_a_name_is_not_taken_for_a_longer_one_because_both_say_so(reader: ScreenReader) -> None:
    menu = Drawing().text("Save", 60, 100).text("Save As...", 60, 130).text("Save All", 60, 160)
    shot = menu.screenshot
    rows = [(name, Box.of_pixels((30, y - 15, 300, y + 15), shot.size)) for name, y in MENU]
    told = FakeAccessibility([Element(role="item", name=name, box=box) for name, box in rows])
    answer = EmbeddedGrounder(reader, accessibility=told).strict().locate("Save As", shot)
    assert isinstance(answer, Location)
    assert pixel(answer, shot)[1] == pytest.approx(130, abs=6)


@pytest.mark.parametrize(
    "stale",
    [
        element("button", "Print", 400, 300, 490, 340),  # nothing is drawn there
        element("menu", "Print", 490, 10, 540, 30),  # something else is written there
        element("button", "Print", 0, 0, 640, 400),  # holds all that there is
        element("item", "Print", 100, 84, 190, 116),
    ],
)
def test_what_the_picture_gainsays_is_not_believed(reader: ScreenReader, stale: Element) -> None:
    assert isinstance(located(reader, "the Print button", stale), Absent)
    assert isinstance(located(reader, "“Print”", stale), Absent)


def test_by_sight_no_program_is_asked(reader: ScreenReader) -> None:
    grounder = EmbeddedGrounder(
        reader, accessibility=FakeAccessibility([element("button", "Emoji", 300, 84, 390, 116)])
    )
    shot = screen().screenshot
    assert isinstance(grounder.locate("the Emoji button", shot), Location)
    assert isinstance(grounder.by_sight().locate("the Emoji button", shot), Absent)


def test_a_picture_from_a_file_is_asked_of_nobody() -> None:
    with closing(AtSpi(partial(XWindowPlaces, ":4711"))) as program:
        assert program.elements(screen().screenshot) == ()
        assert not program.is_current(screen().screenshot, 0)


class Asked(AtSpi):
    """Counts its questions, and asks none."""

    questions = 0

    def _elements(self, *_: object) -> Iterator[Element]:
        self.questions += 1
        yield from ()


def test_a_program_that_is_late_again_and_again_is_not_asked_any_longer() -> None:
    late = screen().screenshot.model_copy(update={"window": WINDOW})
    other = late.model_copy(update={"window": WINDOW.model_copy(update={"pid": 8})})
    program = Asked(XWindowPlaces)
    for _ in range(LATE_AT_MOST - 1):
        program.note_pace(late, late=True)
    program.note_pace(late, late=False)
    for _ in range(LATE_AT_MOST):
        program.elements(late)
        program.note_pace(late, late=True)
    program.elements(late)
    assert program.questions == LATE_AT_MOST
    program.elements(other)
    assert program.questions == LATE_AT_MOST + 1


@pytest.mark.display
def test_a_tree_is_kept_and_true_while_a_real_program_changes(virtual: VirtualDesktop) -> None:
    if shutil.which("galculator") is None:
        pytest.skip("galculator is not installed")
    window = virtual.launch("galculator")
    with closing(AtSpi(partial(XWindowPlaces, virtual.display), seconds=10)) as program:
        shot = virtual.desktop.settled()

        def told() -> dict[str, Element]:
            return {element.name: element for element in program.elements(shot)}

        eventually(lambda: "7" in told(), seconds=20, seen=told)
        before, seven = time.monotonic(), told()["7"]
        location = Location(point=seven.box.center, confidence=1.0, box=seven.box, by="accessibility")
        click = Approved(action=Click(target="7"), locations=(location,), on=shot, verdict=Approve())
        virtual.desktop.perform(click)
        eventually(lambda: not program.is_current(shot, before), seconds=10)
        eventually(
            lambda: [one.value for one in told().values() if one.role == "field"] == ["7"], seconds=10, seen=told
        )
        assert program.is_current(shot, time.monotonic())
    os.kill(window.pid or 0, signal.SIGTERM)


@pytest.mark.display
@pytest.mark.parametrize("scale", [1, 2])
def test_real_controls_are_where_they_are_said_to_be(reader: ScreenReader, scale: int) -> None:
    with (
        VirtualDesktop("galculator", control=Control(), environment={"GDK_SCALE": str(scale)}) as virtual,
        closing(AtSpi(partial(XWindowPlaces, virtual.display), seconds=10)) as program,
    ):
        told: Sequence[Element] = ()
        read: set[str] = set()

        def is_told_and_read() -> bool:
            """It registers, and paints, a little after its window is up."""
            nonlocal told, read
            shot = virtual.desktop.settled()
            told = program.elements(shot)
            grounder = EmbeddedGrounder(reader, accessibility=FakeAccessibility(told))
            read = {one.label.text for one in grounder.screen(shot).told if one.read}
            return {"7", "View", "Help"} <= read

        eventually(is_told_and_read, seconds=20, seen=lambda: (told, read))
        assert {"=", "7", "File"} <= {one.name for one in told}


@pytest.mark.display
def test_what_is_covered_or_hangs_is_left_out(virtual: VirtualDesktop) -> None:
    if shutil.which("galculator") is None:
        pytest.skip("galculator is not installed")
    below = virtual.launch("galculator")
    shot = virtual.desktop.settled()
    assert below.pid
    with closing(AtSpi(partial(XWindowPlaces, virtual.display), seconds=10)) as program:
        deadline = time.monotonic() + 20
        while not _names(program, shot) and time.monotonic() < deadline:
            shot = virtual.desktop.settled()
        above = virtual.launch("xterm -geometry 200x60+0+0")
        assert above.id != below.id
        assert _names(program, shot) == set()
    os.kill(below.pid, signal.SIGSTOP)
    try:
        with closing(AtSpi(partial(XWindowPlaces, virtual.display), seconds=0.3)) as program:
            began = time.monotonic()
            assert program.elements(shot) == ()
            assert time.monotonic() - began < 5  # it is asked for 0.3 s; the rest is the machine's
    finally:
        os.kill(below.pid, signal.SIGCONT)
    for window in (above, below):
        assert window.pid
        os.kill(window.pid, signal.SIGTERM)


def _names(program: AtSpi, shot: Screenshot) -> set[str]:
    return {element.name for element in program.elements(shot)}
