"""What is said of a target that something lies over."""

from __future__ import annotations

from pathlib import Path

from PIL import ImageDraw

from screenagent.approval import AllowAll
from screenagent.fakes import FakeDesktop, FakeGrounder, ScriptedPlanner
from screenagent.geometry import WHOLE, Box, Point
from screenagent.screenshot import Screenshot, Window
from screenagent.scripts.file import parsed
from screenagent.scripts.replay import Replay
from screenagent.scripts.replay.in_the_way import in_the_way
from tests.builders import Drawing, DrawnReader, fake_agent

FORM = Window(id=1, app="form", title="Customers", box=WHOLE)


def form() -> Drawing:
    return Drawing(640, 400).centred("Company", 80, 60).centred("Country", 80, 120).button("Save", 40, 340)


def boxed(*lines: str) -> Drawing:
    """The form with a box in front of it."""
    drawing = form()
    ImageDraw.Draw(drawing.image).rectangle((200, 100, 480, 260), fill=(255, 255, 255), outline=(90, 90, 90))
    for number, line in enumerate(lines):
        drawing.text(line, 220, 130 + 40 * number)
    return drawing


def said(now: Drawing, *, window: Window = FORM, popups: tuple[Box, ...] = (), before: bool = True) -> str:
    reader = DrawnReader()
    earlier = reader.screen(form()).model_copy(update={"window": FORM})
    later = reader.screen(now).model_copy(update={"window": window, "popups": popups})
    return in_the_way(later, earlier if before else None, reader)


def test_a_dialog_that_came_in_front_is_named() -> None:
    dialog = Window(id=2, app="form", title="Question", is_dialog=True, box=WHOLE)
    assert said(boxed("Really?", "OK"), window=dialog) == "a dialog “Question” lies over it"


def test_a_dialog_that_the_last_input_went_to_is_not_in_the_way() -> None:
    dialog = FORM.model_copy(update={"is_dialog": True})
    assert said(form(), window=dialog) == ""


def test_the_message_of_a_page_is_named_even_if_it_was_there_all_the_time() -> None:
    page = boxed("localhost:8377 says", "Please rate us", "OK")
    assert said(page) == "a dialog “localhost:8377 says” lies over it"
    assert said(page, before=False) == "a dialog “localhost:8377 says” lies over it"


def test_a_box_that_came_since_the_last_input_is_named() -> None:
    assert said(boxed("Cookies", "We use them", "Accept")) == "a box “Cookies” that came since lies over it"


def test_an_open_menu_is_named() -> None:
    popup = Box.of_pixels((200, 100, 480, 260), form().screenshot.size)
    assert said(boxed("Copy", "Paste"), popups=(popup,)) == "an open menu or list with “Copy” lies over it"


def test_a_message_on_the_page_is_not_in_the_way() -> None:
    assert said(form().text("Saved number 12", 300, 340)) == ""
    assert said(form()) == ""
    assert said(form().text("Saved number 12", 300, 340).text("Thank you", 40, 200)) == ""


def test_a_replay_that_misses_its_target_names_what_lies_over_it(tmp_path: Path) -> None:
    reader = DrawnReader()

    def screen(performed: int) -> Screenshot:
        drawing = boxed("localhost says", "Please rate us") if performed else form()
        return reader.screen(drawing).model_copy(update={"window": FORM})

    script = parsed(b"name: x\ntimeout: 0.01\nsteps:\n  - click: Save\n  - click: Next\n", tmp_path / "x.yaml")[0]
    grounder = FakeGrounder({"Save": Point(x=0.1, y=0.85)})
    agent = fake_agent(ScriptedPlanner([]), grounder=grounder, approver=AllowAll(), desktop=FakeDesktop(screen))
    last = list(Replay(script).playing(agent, reader).run("x"))[-1]
    assert last.event == "ended"
    assert "; a dialog “localhost says” lies over it; " in last.message
