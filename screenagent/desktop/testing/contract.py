"""What every desktop has to do, checked with a window of ours that says what it received.

Derive a test class from `DesktopContract` and give it a fixture `rig`, a `Rig` per desktop.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from screenagent.actions import Click, Drag, HoldKeys, Input, Move, PressKeys, Scroll, TypeText
from screenagent.control import Control, Stopped
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.probe import NOTHING_ELSE, Probe, Receipt, Shows
from screenagent.desktop.testing.probe_window import ANSWERS, POPUP
from screenagent.events import Approve
from screenagent.geometry import Box, Location, Point
from screenagent.protocols import Approved, Retry
from screenagent.screenshot import Screenshot, Window

BUTTONS: Final = ("left", "middle", "right")
WHEEL: Final = {"up": 4, "down": 5, "left": 6, "right": 7}
TEXTS: Final = (
    "plain words, 42 of them: ~!@#$%^&*()_+{}|:\"<>?`-=[]\\;',./",
    "under forty < and > with 'quotes'",
    "café naïve ñ ß €",
    "你好，世界",
    "😀 👩‍👩‍👧 🇪🇺",
    " leading and trailing ",
    "two\nlines\n",
    "a\ttab",
    "long " * 60,
    "עברית العربية हिन्दी",
)
NAMES: Final = {"ctrl": "Control_L", "shift": "Shift_L"}
POPUP_TITLE: Final = "Popup"
INSIDE: Final = 0.8
BUSY: Final = Shows(caret=True, clock=True)


@dataclass(frozen=True)
class Rig:
    """A desktop to check: the one that is open, the X display that probes are put on, and how to open the desktop for
    another control."""

    desktop: LocalDesktop
    display: str
    open: Callable[[Control], LocalDesktop]
    as_window: Callable[[Probe], Window] = lambda probe: Window(id=probe.window, title="Probe")
    """Returns a probe's window as the desktop knows it."""

    @contextmanager
    def probe(self, shows: Shows = NOTHING_ELSE) -> Iterator[Probe]:
        """A probe in front of everything on the desktop's monitor."""
        origin = self.desktop.display.origin
        with Probe(self.display, at=(origin.x + 60, origin.y + 60), shows=shows) as probe:
            self.desktop.activate(self.as_window(probe))
            yield probe


def perform_input(desktop: LocalDesktop, action: Input, *locations: Location, on: Screenshot | None = None) -> None:
    desktop.perform(Approved(action=action, locations=locations, on=on or desktop.screenshot(), verdict=Approve()))


def shows_answer(probe: Probe, screenshot: Screenshot, number: int) -> bool:
    pixel = probe.answer_point(screenshot.display).pixel(screenshot.size)
    return screenshot.pixels.getpixel((pixel.x, pixel.y)) == ANSWERS[number % len(ANSWERS)]


def shows_popup(probe: Probe, screenshot: Screenshot) -> bool:
    """Return whether the popup is there, at the place that it asked for or at that which it was given."""
    asked_for = probe.popup_point(screenshot.display).pixel(screenshot.size)
    given = screenshot.window.box if screenshot.window and screenshot.window.title == POPUP_TITLE else None
    pixel = _inside(given).pixel(screenshot.size) if given else asked_for
    return screenshot.pixels.getpixel((pixel.x, pixel.y)) == POPUP


def _inside(box: Box) -> Point:
    """Return a place in a popup that no letter of it reaches."""
    return Point(x=box.left + (box.right - box.left) * INSIDE, y=box.top + (box.bottom - box.top) * INSIDE)


def strokes(probe: Probe) -> list[str]:
    """The keys as the probe received them, "+" for down and "-" for up."""
    signs = {"key_down": "+", "key_up": "-"}
    return [signs[receipt["event"]] + receipt["key"] for receipt in probe.of(*signs)]


class StopsAt(Control):
    """Is stopped at the n-th look that a part takes at it; unlike any other control it can be used again."""

    def arm(self, looks: int) -> None:
        super().__init__()
        self._looks = looks

    def check(self) -> None:
        self._looks -= 1
        if self._looks == 0:
            self.stop()
        super().check()


def stop_at_receipt(probe: Probe, control: Control, happened: str, **facts: str) -> None:
    """Stop as soon as the probe says this, while the desktop is at work."""

    def watch() -> None:
        probe.wait_for(happened, seconds=10.0, **facts)
        control.stop()

    threading.Thread(target=watch, daemon=True).start()


def stopped(desktop: LocalDesktop, action: Input, *locations: Location, on: Screenshot | None = None) -> bool:
    try:
        perform_input(desktop, action, *locations, on=on)
    except Stopped:
        return True
    return False


def refusal_of(desktop: LocalDesktop, action: Input, *, on: Screenshot) -> str:
    """Why the desktop would not do it."""
    try:
        perform_input(desktop, action, on=on)
    except Retry as refusal:
        return str(refusal)
    raise AssertionError(f"{action} was performed")


def assert_at_rest(probe: Probe, *, seconds: float = 0.3) -> None:
    """Nothing is held down, and nothing comes any more."""
    at_stop = time.monotonic()
    receipts = probe.drain(seconds=seconds)
    assert not [receipt for receipt in receipts if receipt.get("sent", 0) > at_stop + 0.02]
    assert not keys_still_down(receipts)


def keys_still_down(receipts: list[Receipt]) -> set[tuple[str, int]]:
    down: set[tuple[str, int]] = set()
    for receipt in receipts:
        match receipt["event"]:
            case "press":
                down.add(("button", receipt["button"]))
            case "release":
                down.discard(("button", receipt["button"]))
            case "key_down":
                down.add(("key", receipt["code"]))
            case "key_up":
                down.discard(("key", receipt["code"]))
    return down


@contextmanager
def copied(display: str, text: str) -> Iterator[Callable[[], str]]:
    """Somebody has copied `text`; what is yielded says what a paste would bring now."""
    environment = os.environ | {"DISPLAY": display}
    copy = ["xclip", "-selection", "clipboard"]
    # It stays in the background with whatever output it was given, so a pipe would never end.
    subprocess.run(copy, input=text.encode(), env=environment, check=True, stdout=subprocess.DEVNULL)
    yield lambda: subprocess.check_output([*copy, "-o"], env=environment).decode()


class DesktopContract:
    def test_clicks_arrive_where_they_were_meant_with_their_button_and_count(self, rig: Rig) -> None:
        with rig.probe() as probe:
            target = rig.desktop.display
            for number, (button, count) in enumerate(itertools.product(BUTTONS, (1, 2, 3))):
                part = ("one", "two", "three")[number % 3]
                click = Click(target=part, button=button, count=count)
                perform_input(rig.desktop, click, probe.location(part, target))
                probe.wait_for("release", button=BUTTONS.index(button) + 1)
                for _ in range(count - 1):
                    probe.wait_for("release", button=BUTTONS.index(button) + 1)
                presses, probe.receipts = probe.of("press"), []
                pixel = probe.pixel(part)
                assert [press["count"] for press in presses] == list(range(1, count + 1))
                there = {(BUTTONS.index(button) + 1, pixel.x, pixel.y)}
                assert {(press["button"], press["x"], press["y"]) for press in presses} == there

    def test_modifiers_are_held_for_a_click_and_no_longer(self, rig: Rig) -> None:
        with rig.probe() as probe:
            for modifiers in (("ctrl",), ("shift",), ("ctrl", "shift")):
                click = Click(target="one", modifiers=modifiers)
                perform_input(rig.desktop, click, probe.location("one", rig.desktop.display))
                assert sorted(probe.wait_for("press")["modifiers"]) == sorted(modifiers)
                probe.wait_for("key_up", key=NAMES[modifiers[0]])
            perform_input(rig.desktop, Click(target="two"), probe.location("two", rig.desktop.display))
            assert probe.wait_for("press")["modifiers"] == []

    def test_two_clicks_of_the_agent_are_no_double_click(self, rig: Rig) -> None:
        with rig.probe() as probe:
            for _ in range(2):
                perform_input(rig.desktop, Click(target="one"), probe.location("one", rig.desktop.display))
                assert probe.wait_for("press")["count"] == 1

    def test_the_mouse_moves_without_a_button(self, rig: Rig) -> None:
        with rig.probe() as probe:
            perform_input(rig.desktop, Move(target="panel"), probe.location("panel", rig.desktop.display))
            pixel = probe.pixel("panel")
            assert probe.wait_for("motion", x=pixel.x, y=pixel.y)["held"] == []

    def test_the_mouse_reaches_every_corner_of_the_display(self, rig: Rig) -> None:
        display = rig.desktop.display
        for x, y in itertools.product((0.0, 1.0), repeat=2):
            point = Point(x=x, y=y)
            perform_input(rig.desktop, Move(target="corner"), Location(point=point, confidence=1.0, by="test"))
            assert rig.desktop.pointer() == display.pixel(point)

    def test_a_drag_holds_the_button_along_the_whole_path(self, rig: Rig) -> None:
        with rig.probe() as probe:
            path = ("one", "panel", "field")
            drag = Drag(path=path, modifiers=("shift",))
            perform_input(rig.desktop, drag, *(probe.location(part, rig.desktop.display) for part in path))
            release = probe.wait_for("release", button=1)
            press = probe.of("press")[0]
            assert (press["x"], press["y"]) == (probe.pixel("one").x, probe.pixel("one").y)
            assert (release["x"], release["y"]) == (probe.pixel("field").x, probe.pixel("field").y)
            dragged = [(motion["x"], motion["y"]) for motion in probe.of("motion") if motion["held"] == [1]]
            assert (probe.pixel("panel").x, probe.pixel("panel").y) in dragged
            assert len(set(dragged)) > 6

    def test_the_wheel_turns_in_four_directions(self, rig: Rig) -> None:
        with rig.probe() as probe:
            for direction, button in WHEEL.items():
                scroll = Scroll(direction=direction, target="panel", notches=3)
                perform_input(rig.desktop, scroll, probe.location("panel", rig.desktop.display))
                for _ in range(3):
                    probe.wait_for("press", button=button)
            assert [press["button"] for press in probe.of("press")] == [4] * 3 + [5] * 3 + [6] * 3 + [7] * 3

    def test_keys_are_pressed_together_in_order_and_as_often_as_asked(self, rig: Rig) -> None:
        with rig.probe() as probe:
            perform_input(rig.desktop, PressKeys(keys=("ctrl", "shift", "s"), times=2))
            for _ in range(2):
                probe.wait_for("key_up", key="Control_L")
            assert strokes(probe) == ["+Control_L", "+Shift_L", "+S", "-S", "-Shift_L", "-Control_L"] * 2

    def test_a_key_is_held_for_as_long_as_asked(self, rig: Rig) -> None:
        with rig.probe() as probe:
            perform_input(rig.desktop, HoldKeys(keys=("right",), seconds=0.3))
            up = probe.wait_for("key_up", key="Right")
            assert 0.25 < up["at"] - probe.of("key_down")[0]["at"] < 1.0

    def test_text_of_every_script_arrives_unchanged(self, rig: Rig) -> None:
        with rig.probe() as probe:
            so_far = ""
            for text in TEXTS:
                so_far += text
                perform_input(rig.desktop, TypeText(text=text))
                assert probe.wait_for("text", text=so_far)["text"] == so_far

    def test_text_arrives_unchanged_under_caps_lock(self, rig: Rig) -> None:
        with rig.probe() as probe:
            perform_input(rig.desktop, PressKeys(keys=("caps_lock",)))
            try:
                perform_input(rig.desktop, TypeText(text="Some Words, 2"))
                probe.wait_for("text", text="Some Words, 2")
            finally:
                perform_input(rig.desktop, PressKeys(keys=("caps_lock",)))

    def test_keys_meant_for_another_window_are_not_sent(self, rig: Rig) -> None:
        with rig.probe() as meant:
            reviewed = rig.desktop.screenshot()
            with rig.probe() as other:
                assert "in front" in refusal_of(rig.desktop, TypeText(text="secret"), on=reviewed)
                assert not other.of("text", "key_down")
            assert not meant.of("text", "key_down")

    def test_the_settled_screen_shows_an_answer_however_late_beside_a_caret_and_a_clock(self, rig: Rig) -> None:
        for delay in (0.0, 0.15, 0.6):
            with rig.probe(BUSY.model_copy(update={"delay": delay})) as probe:
                rig.desktop.settled()
                for number in range(1, 5):
                    part = ("one", "three")[number % 2]
                    perform_input(rig.desktop, Click(target=part), probe.location(part, rig.desktop.display))
                    assert shows_answer(probe, rig.desktop.settled(), number), f"answer {number} after {delay} s"

    def test_neither_caret_nor_clock_hold_up_the_settled_screen(self, rig: Rig) -> None:
        with rig.probe(BUSY) as probe:
            rig.desktop.settled()
            for number in range(1, 9):
                part = ("one", "three")[number % 2]
                perform_input(rig.desktop, Click(target=part), probe.location(part, rig.desktop.display))
                rig.desktop.settled()
                settled_at = time.monotonic()
                assert settled_at - probe.wait_for("painted", number=number)["at"] < 0.5

    def test_what_is_expected_is_waited_for(self, rig: Rig) -> None:
        for delay in (0.05, 0.4, 0.8):
            with rig.probe(BUSY.model_copy(update={"popup": delay})) as probe:
                rig.desktop.settled()
                perform_input(rig.desktop, Click(target="one"), probe.location("one", rig.desktop.display))
                assert shows_popup(probe, rig.desktop.settled(partial(shows_popup, probe)))

    def test_what_never_comes_is_waited_for_no_longer_than_asked(self, rig: Rig) -> None:
        with rig.probe(BUSY):
            start = time.monotonic()
            rig.desktop.settled(lambda _: False, seconds=0.4)
            assert 0.4 <= time.monotonic() - start < 1.5

    def test_an_unchanged_screen_is_the_same_screenshot(self, rig: Rig) -> None:
        with rig.probe():
            settled = rig.desktop.settled()
            assert rig.desktop.screenshot() == settled

    def test_nothing_arrives_after_a_stop_in_the_middle_of_typing(self, rig: Rig) -> None:
        control = Control()
        with rig.probe() as probe, rig.open(control) as desktop:
            reviewed = desktop.screenshot()
            stop_at_receipt(probe, control, "text", text="ab\n" * 4)
            assert stopped(desktop, TypeText(text="ab\n" * 4000), on=reviewed)
            assert_at_rest(probe)

    def test_nothing_arrives_after_a_stop_in_the_middle_of_a_drag(self, rig: Rig) -> None:
        control = Control()
        with rig.probe() as probe, rig.open(control) as desktop:
            path = ("one", "field") * 20
            drag = Drag(path=path, modifiers=("ctrl",))
            locations = [probe.location(part, desktop.display) for part in path]
            stop_at_receipt(probe, control, "press")
            assert stopped(desktop, drag, *locations)
            assert_at_rest(probe)

    def test_stopped_between_any_two_events_nothing_more_is_sent_and_nothing_stays_held(self, rig: Rig) -> None:
        control = StopsAt()
        with rig.probe() as probe, rig.open(control) as desktop:
            here = [probe.location(part, desktop.display) for part in ("one", "two")]
            inputs: list[tuple[Input, list[Location]]] = [
                (Click(target="one", count=2, modifiers=("ctrl", "shift")), here[:1]),
                (Drag(path=("one", "two"), modifiers=("ctrl",)), here),
                (Scroll(direction="down", target="one", notches=2), here[:1]),
                (TypeText(text="Ab"), []),
                (PressKeys(keys=("ctrl", "x"), times=2), []),
            ]
            for action, locations in inputs:
                for position in itertools.count(1):
                    control.arm(position)
                    ended = stopped(desktop, action, *locations)
                    assert_at_rest(probe, seconds=0.05)
                    if not ended:
                        break
                assert position > 4, f"{action.kind} was never stopped in the middle"

    def test_a_stop_ends_a_held_key(self, rig: Rig) -> None:
        control = Control()
        with rig.probe() as probe, rig.open(control) as desktop:
            stop_at_receipt(probe, control, "key_down", key="a")
            assert stopped(desktop, HoldKeys(keys=("a",), seconds=30))
            assert_at_rest(probe)

    def test_the_users_clipboard_is_put_back(self, rig: Rig) -> None:
        with copied(rig.display, "what the user had copied") as still_there, rig.probe() as probe:
            for _ in range(3):
                perform_input(rig.desktop, TypeText(text="żółw"))
            probe.wait_for("text", text="żółw" * 3)
            assert still_there() == "what the user had copied"
