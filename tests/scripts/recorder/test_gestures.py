"""What a hand did is read as what was meant by it."""

from __future__ import annotations

from collections.abc import Sequence

from screenagent.desktop.input_listener import ButtonDown, ButtonUp, KeyDown, KeyUp, TimedTouch, Touch, WheelTurned
from screenagent.fakes import plain_screen
from screenagent.geometry import Pixel
from screenagent.scripts.recorder.gestures import Clicked, Dragged, Gesture, Pressed, Scrolled, Typed, gestures

HERE, THERE = Pixel(x=10, y=20), Pixel(x=50, y=22)
LAST = plain_screen(255)


def keys(*names: str) -> list[Touch]:
    return [touch for name in names for touch in (KeyDown(key=name), KeyUp(key=name))]


def held(*names: str, inside: Sequence[Touch]) -> list[Touch]:
    return [*(KeyDown(key=name) for name in names), *inside, *(KeyUp(key=name) for name in reversed(names))]


def click(at: Pixel = HERE, *, to: Pixel | None = None, button: str = "left") -> list[Touch]:
    return [
        ButtonDown.model_validate({"button": button, "pixel": at}),
        ButtonUp.model_validate({"button": button, "pixel": to or at}),
    ]


def read(touches: Sequence[Touch], *, apart: float = 0.1) -> list[Gesture]:
    heard = [TimedTouch(number * apart, touch, plain_screen(number)) for number, touch in enumerate(touches)]
    return list(gestures(heard, lambda: LAST))


def test_a_press_and_a_release_are_a_click_on_the_screen_before_it() -> None:
    assert read(click()) == [Clicked(0.0, plain_screen(0), HERE, "left")]


def test_two_quick_clicks_are_a_double_click_and_slow_ones_are_two() -> None:
    assert [one.count for one in read(click() + click()) if isinstance(one, Clicked)] == [2]
    assert len(read(click() + click(), apart=0.4)) == 2
    assert len(read(click() + click(THERE))) == 2
    assert [one.count for one in read(click() * 4) if isinstance(one, Clicked)] == [3, 1]


def test_a_press_that_is_released_elsewhere_is_a_drag_and_a_trembling_hand_still_clicks() -> None:
    assert read(click(to=THERE)) == [Dragged(0.0, plain_screen(0), HERE, THERE, "left")]
    assert isinstance(read(click(to=Pixel(x=12, y=25)))[0], Clicked)


def test_letters_are_one_text_and_a_slip_of_the_finger_is_not_in_it() -> None:
    touches = [*keys("D", "e", "s"), *keys("backspace"), *keys("a", "r"), *keys("space"), *keys("A")]
    assert [one.text for one in read(touches) if isinstance(one, Typed)] == ["Dear A"]
    assert read([*keys("x"), *keys("backspace")]) == []


def test_text_ends_with_what_is_pressed_after_it_and_was_shown_by_then() -> None:
    typed, pressed = read([*keys("h", "i"), *keys("enter")])
    assert typed == Typed(0.0, plain_screen(0), "hi", plain_screen(4))
    assert pressed == Pressed(0.4, plain_screen(4), ("enter",))
    assert read(keys("h")) == [Typed(0.0, plain_screen(0), "h", LAST)]


def test_a_click_ends_the_text_before_it() -> None:
    typed, clicked = read([*keys("h"), *click()])
    assert isinstance(typed, Typed)
    assert typed.shown == plain_screen(2)
    assert isinstance(clicked, Clicked)


def test_keys_held_together_are_one_combination() -> None:
    assert [one.keys for one in read(held("ctrl", inside=keys("s"))) if isinstance(one, Pressed)] == [("ctrl", "s")]
    saved_as = read(held("ctrl", "shift", inside=keys("S")))
    assert [one.keys for one in saved_as if isinstance(one, Pressed)] == [("ctrl", "shift", "s")]
    assert isinstance(read(held("shift", inside=keys("A")))[0], Typed)
    assert read(held("ctrl", inside=[])) == []


def test_the_same_key_again_and_again_is_counted() -> None:
    down = read(keys("down", "down", "down"))
    assert [(one.keys, one.times) for one in down if isinstance(one, Pressed)] == [(("down",), 3)]


def test_a_click_knows_what_is_held_with_it() -> None:
    (clicked,) = read(held("ctrl", inside=click()))
    assert isinstance(clicked, Clicked)
    assert clicked.modifiers == ("ctrl",)


def test_turns_of_the_wheel_are_one_scroll_until_it_turns_back() -> None:
    def turn(direction: str) -> Touch:
        return WheelTurned.model_validate({"direction": direction, "pixel": HERE})

    scrolled = read([turn("down"), turn("down"), turn("down"), turn("up")])
    assert [(one.direction, one.notches) for one in scrolled if isinstance(one, Scrolled)] == [("down", 3), ("up", 1)]


def test_a_release_without_its_press_is_nothing() -> None:
    assert read([ButtonUp(button="left", pixel=HERE), KeyUp(key="ctrl")]) == []
    assert read([ButtonDown(button="left", pixel=HERE), ButtonUp(button="right", pixel=HERE)]) == []
