"""What a person did is written down so that it can be done again, and a password is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PIL import ImageDraw

from screenagent.actions import Click, Input, PressKeys, TypeText, WaitFor, describe
from screenagent.desktop.input_listener import ButtonDown, ButtonUp, KeyDown, KeyUp, TimedTouch, WheelTurned
from screenagent.events import Acted, Checked, Ended, Event, Started, Thought
from screenagent.fakes import plain_screen
from screenagent.geometry import Box, Pixel, Point
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.naming import Namer
from screenagent.perception.reader import ScreenReader
from screenagent.screenshot import Screenshot
from screenagent.scripts.recorder.hovering import ScreenSample
from screenagent.scripts.recorder.watcher import Watcher, before_touch, with_tips
from screenagent.scripts.recorder.writer import ScriptWriter
from screenagent.scripts.schema import ExpectStep, FillStep, Parameter
from tests.builders import Drawing

READER = ScreenReader()
NAMER = Namer(EmbeddedGrounder(READER))


def form(user: str = "", *, dots: int = 0) -> Screenshot:
    drawing = Drawing().text("User name:", 40, 60).entry(user, 160, 60).text("Password:", 40, 120).entry("", 160, 120)
    drawing.button("Sign in", 160, 180).button("Help", 300, 180)
    for dot in range(dots):
        ImageDraw.Draw(drawing.image).ellipse((170 + 9 * dot, 117, 176 + 9 * dot, 123), fill=(30, 30, 30))
    return drawing.screenshot


def click(x: int, y: int, screen: Screenshot, *, at: float) -> list[TimedTouch]:
    place = Pixel(x=x, y=y)
    return [
        TimedTouch(at, ButtonDown(button="left", pixel=place), screen),
        TimedTouch(at + 0.1, ButtonUp(button="left", pixel=place), screen),
    ]


def typed(text: str, screen: Screenshot, *, at: float) -> list[TimedTouch]:
    return [TimedTouch(at + number / 100, KeyDown(key=key), screen) for number, key in enumerate(text)]


def watched(*heard: list[TimedTouch], last: Screenshot) -> list[Event]:
    watching = Watcher(namer=NAMER, reader=READER)
    return list(watching.events((one for part in heard for one in part), task="sign in", last=lambda: last))


def done(events: list[Event]) -> list[Input]:
    return [event.action for event in events if isinstance(event, Acted)]  # type: ignore[misc]


@pytest.mark.slow
def test_a_form_that_was_filled_in_becomes_steps_in_words_and_its_password_a_secret() -> None:
    empty, named, filled = form(), form("Ada Lovelace"), form("Ada Lovelace", dots=8)
    events = watched(
        click(250, 60, empty, at=1.0),
        typed("Ada Lovelace", empty, at=2.0),
        click(250, 120, named, at=3.0),
        typed("hunter2!", named, at=4.0),
        click(205, 180, filled, at=5.0),
        last=plain_screen(1),
    )
    assert done(events) == [
        Click(target="the User name field"),
        TypeText(text="Ada Lovelace"),
        Click(target="the Password field"),
        TypeText(text="{{secret:password}}"),
        Click(target="Sign in"),
    ]
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Ended)
    assert events[-1].result == "done"
    assert not any("hunter2" in event.model_dump_json() for event in events)


def test_the_same_password_has_one_name_and_another_has_another() -> None:
    screen, dots = form(), form(dots=8)
    events = watched(
        click(250, 120, screen, at=1.0),
        typed("hunter2!", screen, at=2.0),
        click(250, 120, dots, at=3.0),
        typed("hunter2!", screen, at=4.0),
        click(250, 120, dots, at=5.0),
        typed("swordfish", screen, at=6.0),
        last=dots,
    )
    texts = [action.text for action in done(events) if isinstance(action, TypeText)]
    assert texts == ["{{secret:password}}", "{{secret:password}}", "{{secret:password_2}}"]


def test_a_pause_in_which_the_target_came_is_waited_for_by_sight_and_any_other_is_dropped() -> None:
    empty, there = Drawing().text("Loading", 40, 60).screenshot, form()
    enter = [TimedTouch(1.0, KeyDown(key="enter"), empty)]
    late = watched(enter, click(205, 180, there, at=9.0), last=there)
    assert [describe(action) for action in done(late)] == [
        "press enter",
        "wait until “Sign in” is seen",
        "click “Sign in”",
    ]
    waited = next(event.action for event in late if isinstance(event, Acted) and isinstance(event.action, WaitFor))
    assert waited.seconds == 24
    slow = watched([TimedTouch(1.0, KeyDown(key="enter"), there)], click(205, 180, there, at=9.0), last=there)
    assert [describe(action) for action in done(slow)] == ["press enter", "click “Sign in”"]


def test_nothing_watched_is_no_good_end() -> None:
    *_, ended = watched(last=plain_screen(1))
    assert isinstance(ended, Ended)
    assert ended.result == "gave_up"


def test_keys_are_steps_too() -> None:
    screen = form()
    heard = [TimedTouch(1.0, KeyDown(key="ctrl"), screen), TimedTouch(1.1, KeyDown(key="s"), screen)]
    assert done(watched(heard, last=screen)) == [PressKeys(keys=("ctrl", "s"))]


def test_the_text_under_the_mouse_is_expected_when_the_person_presses_the_keys_for_it() -> None:
    def pressed(x: float, y: float, *, at: float) -> list[TimedTouch]:
        seen = form("Ada").model_copy(update={"pointer": Point(x=x / 640, y=y / 400)})
        return [TimedTouch(at, KeyDown(key=key), seen) for key in ("ctrl", "f10")]

    watching = Watcher(namer=NAMER, reader=READER, expect_keys=("f10", "ctrl"))
    up = [TimedTouch(2.5, KeyUp(key="ctrl"), form("Ada"))]
    heard = [*click(345, 180, form(), at=1.0), *pressed(70, 60, at=2.0), *up, *pressed(600, 380, at=5.0), *up]
    events = list(watching.events(heard, task="x", last=lambda: form("Ada")))
    assert done(events) == [Click(target="Help"), WaitFor(words="User name:", seconds=0)]
    assert [event.text for event in events if isinstance(event, Thought)] == [
        "no text is read under the mouse, so nothing is expected of it"
    ]
    assert ScriptWriter.of_run(events, READER).script("x").steps[-1] == ExpectStep(expect="User name:")


def test_the_last_value_becomes_a_parameter_when_the_person_presses_the_keys_for_it() -> None:
    def pressed(screen: Screenshot, *, at: float) -> list[TimedTouch]:
        down = [TimedTouch(at, KeyDown(key=key), screen) for key in ("ctrl", "f8")]
        return [*down, TimedTouch(at + 0.1, KeyUp(key="ctrl"), screen)]

    empty, named, full = form(), form("Ada Lovelace"), form("Ada Lovelace", dots=8)
    watching = Watcher(namer=NAMER, reader=READER, parameter_keys=("f8", "ctrl"))
    heard = [
        *pressed(empty, at=0.5),
        *click(250, 60, empty, at=1.0),
        *typed("Ada Lovelace", empty, at=2.0),
        *pressed(named, at=4.0),
        *click(250, 120, named, at=5.0),
        *typed("hunter2!", named, at=6.0),
        *pressed(full, at=8.0),
    ]
    events = list(watching.events(heard, task="x", last=lambda: full))
    assert not any(isinstance(action, PressKeys) for action in done(events))
    assert [event.text for event in events if isinstance(event, Thought)] == [
        "no value becomes a parameter: nothing was typed or chosen yet",
        "no value becomes a parameter: it is a secret",
    ]
    script = ScriptWriter.of_run(events, READER).script("x")
    assert script.parameters == {"user_name": Parameter(default="Ada Lovelace")}
    assert script.steps[0] == FillStep.model_validate({"fill": "the User name field", "with": "{{user_name}}"})


def test_what_a_replay_cannot_do_again_is_said_at_once() -> None:
    screen, place = form(), Pixel(x=205, y=180)
    ctrl = TimedTouch(1.0, KeyDown(key="ctrl"), screen)
    zoomed = [ctrl, *(TimedTouch(1 + turn / 10, WheelTurned(direction="up", pixel=place), screen) for turn in (1, 2))]
    held = [
        TimedTouch(3.0, ButtonDown(button="left", pixel=place), screen),
        TimedTouch(4.5, ButtonUp(button="left", pixel=place), screen),
    ]
    events = watched(zoomed, [TimedTouch(2.0, KeyUp(key="ctrl"), screen)], held, last=screen)
    assert [event.text for event in events if isinstance(event, Thought)] == [
        "the wheel was turned with ctrl: a replay cannot do that, so it is not in the script",
        "the button was held down for a while: a replay only clicks there",
    ]
    assert done(events) == [Click(target="Sign in")]


def looks(*shots: tuple[float, float, Screenshot]) -> Iterator[ScreenSample]:
    for at, x, screen in shots:
        yield ScreenSample(at, Point(x=x, y=0.45), screen)


def test_the_picture_of_a_target_is_from_before_the_mouse_lit_it_up() -> None:
    plain = form()
    lit = Drawing().text("User name:", 40, 60).entry("", 160, 60).text("Password:", 40, 120).entry("", 160, 120)
    lit.button("Sign in", 160, 180).button("Help", 300, 180).cell(170, 170, width=60, height=20)
    touch = ButtonDown(button="left", pixel=Pixel(x=205, y=180))
    seen = before_touch(list(looks((1.0, 0.9, plain), (1.1, 0.32, lit.screenshot), (1.3, 0.32, plain))), 1.2, touch)
    assert seen == plain


def test_a_menu_that_came_under_the_mouse_is_in_the_picture() -> None:
    closed, opened = form(), Drawing().text("Open", 300, 180).cell(20, 20, width=500, height=300).screenshot
    touch = ButtonDown(button="left", pixel=Pixel(x=205, y=180))
    seen = before_touch(list(looks((1.0, 0.9, closed), (1.1, 0.32, opened))), 1.2, touch)
    assert seen == opened


def test_what_the_press_before_has_changed_near_the_mouse_is_in_the_picture() -> None:
    opened, closed = Drawing().cell(160, 100, width=120, height=120).screenshot, Drawing().screenshot
    touch = ButtonDown(button="left", pixel=Pixel(x=205, y=180))
    samples = list(looks((1.0, 0.9, opened), (1.1, 0.32, opened), (1.3, 0.32, closed)))
    assert before_touch(samples, 1.4, touch) == opened
    assert before_touch(samples, 1.4, touch, since=1.2) == closed


def test_a_tip_that_is_still_drawn_as_the_mouse_leaves_is_known_as_one() -> None:
    tip, elsewhere = (Box.of_pixels(edges, form().size) for edges in ((290, 60, 400, 80), (20, 20, 60, 40)))
    drawn = Drawing().text("Save to memory", 300, 70)
    shown = drawn.screenshot.model_copy(update={"moving": (tip,)})
    leaving = drawn.button("Sign in", 160, 180).screenshot.model_copy(update={"moving": (elsewhere,)})
    gone = form().model_copy(update={"moving": (elsewhere,)})
    samples = list(looks((1.0, 0.9, shown), (1.1, 0.9, leaving)))
    place = leaving.display.point(Pixel(x=205, y=180))
    assert with_tips(leaving, samples, place).moving == (elsewhere, tip)
    assert with_tips(gone, samples, place) == gone
    assert with_tips(leaving, samples, tip.center) == leaving


@pytest.mark.parametrize(
    ("x", "y", "name"),
    [(205, 180, "Sign in"), (345, 180, "Help"), (60, 60, "User name:"), (250, 120, "the Password field")],
)
def test_a_place_is_called_what_a_person_would_call_it(x: int, y: int, name: str) -> None:
    screen = form()
    assert NAMER.name(Point.of_pixel(Pixel(x=x, y=y), screen.size), screen) == name


def test_an_empty_field_has_the_bounds_of_its_frame_and_a_text_those_that_are_read() -> None:
    screen = form()
    box = NAMER.bounds(Point.of_pixel(Pixel(x=250, y=60), screen.size), screen)
    assert box is not None
    left, top, right, bottom = box.pixels(screen.size)
    assert left == pytest.approx(160, abs=3)
    assert right > 250
    assert bottom - top < 50
    assert NAMER.bounds(Point.of_pixel(Pixel(x=60, y=60), screen.size), screen) is None


def test_of_two_that_are_called_alike_each_is_called_by_its_row() -> None:
    drawing = Drawing().text("Ada", 40, 60).button("Delete", 300, 60).text("Grace", 40, 120).button("Delete", 300, 120)
    screen = drawing.screenshot
    assert NAMER.name(Point.of_pixel(Pixel(x=345, y=120), screen.size), screen) == "Delete in the row of “Grace”"


def test_where_nothing_is_written_a_place_is_a_place() -> None:
    screen = plain_screen(3)
    assert NAMER.name(Point(x=0.25, y=0.5), screen) == "the place at 25% from the left and 50% from the top"


def test_a_click_that_only_lit_up_its_target_changed_nothing() -> None:
    def button(fill: tuple[int, int, int], *, caret: int) -> Screenshot:
        drawing = Drawing().entry("Ada", 160, 60)
        ImageDraw.Draw(drawing.image).rectangle((160, 164, 250, 196), fill=fill)
        ImageDraw.Draw(drawing.image).rectangle((200, 52, 201, 68), fill=(caret,) * 3)
        return drawing.centred("Save", 205, 180).screenshot

    plain, lit = button((232, 230, 228), caret=30), button((250, 250, 250), caret=255)
    for after, outcome in ((lit, "unchanged"), (form(), "changed")):
        checked = [event for event in watched(click(205, 180, plain, at=1.0), last=after) if isinstance(event, Checked)]
        assert [event.effect.outcome for event in checked] == [outcome]
