"""What is typed shows in the field that it is for, or the text ends; fields that pass the focus on are waited for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from screenagent.actions import PressKeys, TypeText
from screenagent.control import Control
from screenagent.desktop.frames import Patch, ScreenFrame
from screenagent.desktop.typing_watch import FIRST_SECONDS, HAND_SECONDS, PASS_SECONDS, SILENT_KEYS, TypingWatch
from screenagent.events import Approve
from screenagent.geometry import Box, Size
from screenagent.protocols import Approved, Retry
from screenagent.screenshot import Screenshot, Window

SIZE = Size(width=400, height=200)
BARE = Screenshot.of(Image.new("RGB", (SIZE.width, SIZE.height)))
ON = BARE.model_copy(update={"window": Window(id=1, title="Letter")})
NAME, CHAT, CODE = Patch(100, 20, 300, 44), Patch(100, 80, 300, 104), Patch(100, 20, 130, 48)


class Screen(Control):
    """A screen that is drawn on, and a clock that goes on by waits alone."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = np.zeros((SIZE.height, SIZE.width), dtype=np.uint32)
        self.time = 0.0
        self.late: Callable[[], None] = lambda: None
        self.watch = TypingWatch(grab=self.grab, moving=list, control=self, now=lambda: self.time)

    def grab(self) -> ScreenFrame:
        return self.frame.copy()

    def wait(self, seconds: float) -> None:
        self.time += seconds
        if self.time > 0.1:
            self.late()

    def until(
        self,
        predicate: Callable[[], object],
        *,
        seconds: float,
        poll: float = 0.02,
        wait: Callable[[float], object] | None = None,
    ) -> bool:
        end = self.time + seconds
        while not predicate():
            if self.time >= end:
                return False
            (wait or self.wait)(poll)
        return True

    def draw(self, left: int, top: int, *, width: int = 9) -> None:
        self.frame[top : top + 14, left : left + width] += 1

    def begin(self, action: TypeText | PressKeys, field: Patch | None, *, on: Screenshot = ON) -> None:
        box = Box.of_pixels((field.left, field.top, field.right, field.bottom), SIZE) if field else None
        self.watch.begin(Approved(action=action, locations=(), on=on, verdict=Approve(), field=box))


@pytest.fixture
def screen() -> Screen:
    return Screen()


def test_a_character_that_shows_in_another_field_ends_the_text(screen: Screen) -> None:
    screen.begin(TypeText(text="my plan"), NAME)
    screen.draw(CHAT.left + 4, CHAT.top + 4)
    with pytest.raises(Retry, match=r"does not come into the field that was clicked: something changed at \(104, 84\)"):
        screen.watch.look(1)


def test_a_character_that_shows_late_in_its_field_is_waited_for(screen: Screen) -> None:
    screen.begin(TypeText(text="my plan"), NAME)
    screen.draw(20, 150)  # a program that says that the form was changed
    screen.late = lambda: screen.draw(NAME.left + 4, NAME.top + 4)
    screen.watch.look(1)
    assert screen.time < 0.2


def test_a_program_that_echoes_nothing_gets_its_text(screen: Screen) -> None:
    screen.begin(TypeText(text="my plan"), NAME)
    screen.watch.look(1)
    assert screen.time < 0.4


def test_a_long_text_ends_when_another_field_gets_it(screen: Screen) -> None:
    screen.begin(TypeText(text="a long text"), NAME)
    screen.draw(NAME.left + 4, NAME.top + 4)
    screen.watch.look(1)
    screen.time += 1
    screen.draw(CHAT.left + 4, CHAT.top + 4, width=60)
    with pytest.raises(Retry, match="does not come into the field"):
        screen.watch.look(40)


def test_a_text_of_which_nothing_shows_ends(screen: Screen) -> None:
    screen.begin(TypeText(text="a long text"), None)
    screen.watch.look(1)
    screen.time += 1
    screen.draw(50, 50)
    screen.watch.look(1 + SILENT_KEYS)
    screen.time += 1
    with pytest.raises(Retry, match="nothing of what is typed shows") as refused:
        screen.watch.look(1 + 2 * SILENT_KEYS)
    assert refused.value.code == "busy"


def test_keys_without_a_window_show_nowhere(screen: Screen) -> None:
    screen.begin(TypeText(text="a long text"), None, on=BARE)
    for looks in range(3):
        screen.watch.look(1 + looks * SILENT_KEYS)
        screen.time += 1


def paused(screen: Screen) -> float:
    """Return how long it waits after a character."""
    began = screen.time
    screen.watch.pause()
    return screen.time - began


def test_fields_for_one_character_are_waited_for_until_the_next_has_the_focus(screen: Screen) -> None:
    screen.begin(TypeText(text="492817"), CODE)
    for left in (104, 150, 196):
        screen.draw(left, 24)
        passes_at = screen.time + 0.2

        def passes(*, left: int = left, at: float = passes_at) -> None:
            if screen.time >= at:
                screen.frame[24:38, left + 46 : left + 48] = 9

        screen.late = passes
        assert 0.2 <= paused(screen) < PASS_SECONDS
        screen.watch.look(1)
    screen.late = lambda: None
    screen.draw(242, 24)
    assert paused(screen) >= PASS_SECONDS  # the last one has none to pass it to
    assert paused(screen) == pytest.approx(HAND_SECONDS)


def test_a_code_in_one_field_is_waited_for_once(screen: Screen) -> None:
    screen.begin(TypeText(text="492817"), None)
    screen.draw(104, 24)
    assert paused(screen) >= FIRST_SECONDS
    assert paused(screen) == 0.0


def test_a_code_that_several_fields_hold_gets_a_hands_pace(screen: Screen) -> None:
    screen.begin(TypeText(text="ABCDE-FGHIJ-KLMNO-PQ"), Patch(100, 20, 170, 44))
    assert paused(screen) == HAND_SECONDS


def test_words_and_keys_are_sent_as_fast_as_ever(screen: Screen) -> None:
    for action in (
        TypeText(text="two words"),
        TypeText(text="Ada"),
        TypeText(text="492817"),
        TypeText(text="492817", afresh=True),
        PressKeys(keys=("x",), times=9),
    ):
        screen.begin(action, NAME)
        assert paused(screen) == 0.0
