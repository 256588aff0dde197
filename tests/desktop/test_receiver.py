"""Keys go to the window that they were approved for, or the input ends and says how far it came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from screenagent.actions import KeyboardInput, PressKeys, TypeText
from screenagent.control import Control, Interrupted
from screenagent.desktop.busy import InputAnswers
from screenagent.desktop.receiver import Receiver
from screenagent.desktop.typing_watch import TypingWatch
from screenagent.events import Approve
from screenagent.protocols import Approved, Retry
from screenagent.screenshot import Screenshot, Window

ALPHA, THIEF = Window(id=1, title="Alpha"), Window(id=2, title="Thief")
ON = Screenshot.of(Image.new("RGB", (8, 8)), window=ALPHA)


class Focus:
    """A window system that is told who has the focus."""

    def __init__(self) -> None:
        self.front, self.top, self.held = ALPHA, 1, list[str]()
        self.focus: Window | None = None
        self.grabbed, self.popup, self.group = False, False, 0

    def foreground(self) -> Window:
        return self.front

    worked_in = foreground

    def own_terminal(self) -> None:
        return None

    def has_grabbed_keys(self) -> bool:
        return self.grabbed

    def edges(self, _window: Window) -> None:
        return None

    def activate(self, window: Window) -> None: ...

    def all(self) -> tuple[Window, ...]:
        return (self.front,)

    def ask_to_close(self, window: Window) -> None: ...

    under_pointer = foreground

    def focused(self) -> Window:
        return self.focus or self.front

    def caps_lock(self) -> bool:
        return False

    def other_script(self) -> bool:
        return False

    def focus_mark(self) -> object:
        return self.front.id, self.top

    def focus_top(self) -> int:
        return self.top

    def follow_focus(self) -> None: ...

    def focus_stirred(self) -> bool:
        return False

    def has_popup(self, _window: Window) -> bool:
        return self.popup

    def switched(self) -> object:
        return self.group

    def held_down(self) -> tuple[str, ...]:
        return tuple(self.held)


class Keys:
    """A keyboard whose every key is a piece of its own."""

    def __init__(self) -> None:
        self.sent = 0
        self.after: Callable[[], None] = lambda: None
        self._look: Callable[[], None] = lambda: None

    @contextmanager
    def watched(
        self, look: Callable[[], None], *, stirred: Callable[[], bool], pause: Callable[[], None]
    ) -> Iterator[None]:
        self._look, self.stirred, self.pause, self.sent = look, stirred, pause, 0
        yield

    def press(self) -> None:
        self._look()
        self.sent += 1
        self.after()


def receiver(focus: Focus, screen: Callable[[], None] = lambda: None) -> Receiver:
    control = Control()
    typing = TypingWatch(grab=lambda: np.zeros((8, 8), dtype=np.uint32), moving=list, control=control)
    return Receiver(
        focus,
        control=control,
        foreground=focus.foreground,
        screen=screen,
        answers=InputAnswers(control=control),
        typing=typing,
    )


def approved(action: KeyboardInput, on: Screenshot = ON) -> Approved[KeyboardInput]:
    return Approved(action=action, locations=(), on=on, verdict=Approve())


def pressed(watching: Receiver, keys: Keys, action: KeyboardInput, *between: Callable[[], object]) -> None:
    """Press a key, and one more after each of `between`."""
    with watching.watched(keys, action, approved(action)):
        keys.press()
        for happens in between:
            happens()
            keys.press()


def window_opens(focus: Focus) -> None:
    focus.front = THIEF


def bare_window_takes_the_focus(focus: Focus) -> None:
    focus.top = 3


@pytest.mark.parametrize("change", [window_opens, bare_window_takes_the_focus])
@pytest.mark.parametrize("action", [TypeText(text="xx"), PressKeys(keys=("x",), times=100)])
def test_keys_end_when_another_window_takes_them(change: Callable[[Focus], None], action: KeyboardInput) -> None:
    focus, keys = Focus(), Keys()
    with pytest.raises(Retry, match="of 2 keys sent, 1 went to 'Alpha'; the last 1 may have gone elsewhere") as told:
        pressed(receiver(focus), keys, action, lambda: None, lambda: change(focus))
    assert (told.value.code, keys.sent) == ("interrupted", 2)


def test_the_last_piece_is_looked_at_too() -> None:
    focus, keys = Focus(), Keys()
    keys.after = lambda: window_opens(focus)
    with pytest.raises(Retry, match="the last 1 may have"):
        pressed(receiver(focus), keys, TypeText(text="x"))


@pytest.mark.parametrize("action", [PressKeys(keys=("enter",)), PressKeys(keys=("ctrl", "o")), TypeText(text="x\n")])
def test_a_window_that_the_last_key_opens_is_no_thief(action: KeyboardInput) -> None:
    focus, keys = Focus(), Keys()
    with receiver(focus).watched(keys, action, approved(action)):
        keys.press()
        window_opens(focus)
    assert keys.sent == 1


def test_a_modifier_that_a_hand_takes_ends_a_text() -> None:
    focus, keys = Focus(), Keys()
    with pytest.raises(Retry, match="Ctrl is held down"):
        pressed(receiver(focus), keys, TypeText(text="xx"), lambda: focus.held.append("Ctrl"))


def test_nothing_is_sent_while_a_modifier_stays_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screenagent.desktop.receiver.RELEASE_SECONDS", 0.0)
    focus = Focus()
    focus.held += ["AltGr", "Ctrl"]
    with pytest.raises(Retry, match="AltGr and Ctrl are held down") as refused:
        receiver(focus).refuse_held()
    assert refused.value.code == "held_keys"


def test_a_screen_that_goes_blank_ends_a_text_between_two_pieces() -> None:
    focus, keys, blank = Focus(), Keys(), list[str]()

    def screen() -> None:
        if blank:
            raise Interrupted(blank[0])

    watching = receiver(focus, screen)
    with pytest.raises(Interrupted, match="saver"):
        pressed(watching, keys, TypeText(text="xx"), lambda: blank.append("the screen saver is on"))
    assert keys.sent == 1


def test_the_first_key_goes_where_the_focus_was_on_the_reviewed_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screenagent.desktop.receiver.FOCUS_SECONDS", 0.0)
    focus, keys = Focus(), Keys()
    focus.focus = THIEF  # a bare window of the same program, which no window manager calls active
    with pytest.raises(Retry, match="meant for 'Alpha', but 'Thief' has the focus") as refused:
        pressed(receiver(focus), keys, TypeText(text="x"))
    assert (refused.value.code, keys.sent) == ("window_changed", 0)


def test_a_popup_that_had_the_focus_as_the_keys_were_approved_gets_them() -> None:
    focus, keys = Focus(), Keys()
    focus.focus = THIEF
    with receiver(focus).watched(
        keys, TypeText(text="x"), approved(TypeText(text="x"), ON.model_copy(update={"focus": THIEF}))
    ):
        keys.press()
    assert keys.sent == 1


def test_nothing_is_sent_while_another_program_gets_all_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screenagent.desktop.receiver.FOCUS_SECONDS", 0.0)
    focus, keys = Focus(), Keys()
    focus.grabbed = True
    with pytest.raises(Retry, match="another program gets all keys") as refused:
        pressed(receiver(focus), keys, TypeText(text="x"))
    assert (refused.value.code, keys.sent) == ("window_changed", 0)


@pytest.mark.parametrize("popup", [False, True])
def test_a_grab_in_the_middle_of_a_text_ends_it_unless_a_list_of_the_program_has_opened(*, popup: bool) -> None:
    focus, keys = Focus(), Keys()

    def grab() -> None:
        focus.grabbed, focus.popup = True, popup

    if popup:
        pressed(receiver(focus), keys, TypeText(text="xx"), grab)
    else:
        with pytest.raises(Retry, match="has taken all keys; of 1 key sent, 0 went to 'Alpha'; the last 1 may"):
            pressed(receiver(focus), keys, TypeText(text="xx"), grab)
    assert keys.sent == (2 if popup else 1)


def test_a_keyboard_that_is_switched_in_the_middle_of_a_text_ends_it() -> None:
    focus, keys = Focus(), Keys()

    def switch() -> None:
        focus.group = 1

    with pytest.raises(Retry, match="switched to other characters"):
        pressed(receiver(focus), keys, TypeText(text="xx"), switch)
    pressed(receiver(focus), keys, PressKeys(keys=("x",), times=2), switch)


def test_a_program_that_takes_no_more_input_ends_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    focus, keys, keeps_up = Focus(), Keys(), [True, False]
    monkeypatch.setattr(InputAnswers, "keep_up", lambda _: keeps_up.pop(0))
    with pytest.raises(Retry, match="'Alpha' does not take its input any more; of 1 key sent, 0 went to 'Alpha'"):
        pressed(receiver(focus), keys, TypeText(text="xx"), lambda: None)
