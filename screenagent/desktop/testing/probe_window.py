"""A window that reports what it received and when it painted.

Run it with `python -m screenagent.desktop.testing.probe_window --help`.

It shows targets to click, a panel that answers each click after a delay, and a field that takes typed and pasted
text. What it says is a JSON line each: `at` is the monotonic time at which it is said, `sent` the one at which the X
server had the input.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import os
import select
import time
from collections.abc import Callable
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont
from Xlib import XK, X, Xatom, Xutil, display

from screenagent.desktop.x11.keysyms import character_of

ProbeColour = tuple[int, int, int]
ProbeArea = tuple[int, int, int, int]  # left, top, width, height, in the window's pixels

SIZE: Final = (640, 400)
POPUP_PLACE: Final = (160, 180)
POPUP_SIZE: Final = (280, 160)
PAPER: Final[ProbeColour] = (244, 244, 240)
INK: Final[ProbeColour] = (20, 20, 30)
BUTTON: Final[ProbeColour] = (200, 212, 230)
ANSWERS: Final[tuple[ProbeColour, ...]] = ((196, 236, 200), (250, 222, 170))  # the panel's colours, by turns
POPUP: Final[ProbeColour] = (192, 32, 128)  # a colour that nothing else has
TARGETS: Final[dict[str, ProbeArea]] = {
    name: (left, 60, 120, 44) for name, left in (("one", 30), ("two", 170), ("three", 310))
}
PANEL: Final[ProbeArea] = (30, 130, 580, 110)
FIELD: Final[ProbeArea] = (30, 270, 580, 60)
CLOCK: Final[ProbeArea] = (530, 10, 90, 24)
CARET_SECONDS: Final = 0.53  # half a blink, as in GTK
CLOCK_SECONDS: Final = 1.0
DOUBLE_CLICK_SECONDS: Final = 0.4
DOUBLE_CLICK_PIXELS: Final = 5
MODIFIERS: Final = {"shift": X.ShiftMask, "ctrl": X.ControlMask, "alt": X.Mod1Mask, "super": X.Mod4Mask}
BUTTON_EVENTS: Final = X.ButtonPressMask | X.ButtonReleaseMask | X.PointerMotionMask
EVENTS: Final = BUTTON_EVENTS | X.KeyPressMask | X.KeyReleaseMask | X.ExposureMask | X.StructureNotifyMask


def report_line(happened: str, **facts: object) -> None:
    print(json.dumps({"event": happened, "at": time.monotonic(), **facts}), flush=True)


class ProbeWindow:
    """The window, its timers, and what it answers to each event."""

    lag = 0.0
    """Seconds from a key to its letter, as in an application that is slow to draw."""

    def __init__(self, server: Any, *, delay: float, popup: float | None, place: tuple[int, int], title: str) -> None:
        self._server = server
        self._delay = delay
        self._popup_after = popup
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._clicks = 0
        self._last_press: tuple[float, int, int, int] | None = None
        self._run = 0
        self._text = ""
        self._text_is_new = False
        self._caret_shown = False
        self._seconds = 0
        self._ready = False
        self._canvas = Image.new("RGB", SIZE, PAPER)
        self._window = self._open(SIZE, place=place, title=title)
        self._gc = self._window.create_gc()
        for name, area in TARGETS.items():
            self._draw(area, BUTTON, name.capitalize(), size=20)
        self._draw_panel()
        self._draw_field()
        self._window.map()

    def run(self) -> None:
        while True:
            while self._server.pending_events():
                self._answer(self._server.next_event())
            now = time.monotonic()
            while self._timers and self._timers[0][0] <= now:
                heapq.heappop(self._timers)[2]()
            if self._text_is_new:
                self._text_is_new = False
                self.after(self.lag, self._draw_field)
            if not self._server.pending_events():
                pause = max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else None
                select.select([self._server.fileno()], [], [], pause)

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._numbers), do))

    def blink(self) -> None:
        self._caret_shown = not self._caret_shown
        self._draw_field()
        self.after(CARET_SECONDS, self.blink)

    def tick(self) -> None:
        self._draw(CLOCK, PAPER, f"12:00:{self._seconds % 60:02}", size=18)
        self._seconds += 1
        self.after(CLOCK_SECONDS, self.tick)

    def _open(self, size: tuple[int, int], *, place: tuple[int, int], title: str, above: Any = None) -> Any:
        screen = self._server.screen()
        window = screen.root.create_window(
            *place, *size, 0, screen.root_depth, background_pixel=screen.white_pixel, event_mask=EVENTS
        )
        window.set_wm_name(title)
        window.set_wm_class("probe", "Probe")
        window.change_property(self._server.get_atom("_NET_WM_PID"), Xatom.CARDINAL, 32, [os.getpid()])
        window.set_wm_normal_hints(flags=Xutil.USPosition | Xutil.PPosition)
        if above is not None:
            window.set_wm_transient_for(above)
        return window

    def _answer(self, happened: Any) -> None:
        if happened.type == X.Expose and happened.count == 0:
            self._exposed(happened.window)
        elif happened.type == X.ButtonPress:
            self._pressed(happened)
        elif happened.type in (X.ButtonRelease, X.MotionNotify):
            self._say_mouse("release" if happened.type == X.ButtonRelease else "motion", happened)
        elif happened.type in (X.KeyPress, X.KeyRelease):
            self._key(happened)
        elif happened.type == X.SelectionNotify:
            self._pasted(happened)
        elif happened.type == X.MappingNotify:
            self._server.refresh_keyboard_mapping(happened)

    def _exposed(self, window: Any) -> None:
        if window.id != self._window.id:
            self._paint_popup(window)
            return
        window.put_pil_image(self._gc, 0, 0, self._canvas)
        self._server.sync()
        if not self._ready:
            self._ready = True
            corner = self._server.screen().root.translate_coords(window, 0, 0)
            report_line("ready", window=window.id, x=corner.x, y=corner.y)

    def _pressed(self, press: Any) -> None:
        self._say_mouse("press", press, count=self._count(press))
        if press.detail > 3:
            return
        if press.window.id != self._window.id:
            press.window.destroy()
            return
        self.after(self._delay, self._paint_answer)
        if self._popup_after is not None:
            self.after(self._popup_after, self._open_popup)

    def _count(self, press: Any) -> int:
        """How many presses in one, as toolkits count them."""
        at, last = time.monotonic(), self._last_press
        again = (
            last is not None
            and last[3] == press.detail
            and at - last[0] <= DOUBLE_CLICK_SECONDS
            and max(abs(last[1] - press.root_x), abs(last[2] - press.root_y)) <= DOUBLE_CLICK_PIXELS
        )
        self._run = self._run + 1 if again else 1
        self._last_press = at, press.root_x, press.root_y, press.detail
        return self._run

    def _say_mouse(self, happened: str, mouse: Any, **more: int) -> None:
        button = {} if happened == "motion" else {"button": mouse.detail}
        buttons = [number for number in range(1, 6) if mouse.state & (X.Button1Mask << (number - 1))]
        place = {"x": mouse.root_x, "y": mouse.root_y}
        modifiers = _modifiers(mouse.state)
        report_line(happened, sent=mouse.time / 1000, **place, held=buttons, modifiers=modifiers, **button, **more)

    def _key(self, key: Any) -> None:
        level = (1 if key.state & X.ShiftMask else 0) + (4 if key.state & X.Mod5Mask else 0)
        keysym = self._server.keycode_to_keysym(key.detail, level) or self._server.keycode_to_keysym(key.detail, 0)
        character = character_of(keysym)
        if key.state & X.LockMask and character.isalpha():
            character = character.swapcase()
        name = character or XK.keysym_to_string(keysym) or KEY_NAMES.get(keysym, hex(keysym))
        down = key.type == X.KeyPress
        what = "key_down" if down else "key_up"
        report_line(what, sent=key.time / 1000, key=name, code=key.detail, modifiers=_modifiers(key.state))
        if down:
            self._edit(keysym, character, ctrl=bool(key.state & X.ControlMask), shift=bool(key.state & X.ShiftMask))

    def _edit(self, keysym: int, character: str, *, ctrl: bool, shift: bool) -> None:
        if (ctrl and character in ("v", "V")) or (shift and keysym == XK.XK_Insert):
            clipboard, utf8 = self._server.get_atom("CLIPBOARD"), self._server.get_atom("UTF8_STRING")
            self._window.convert_selection(clipboard, utf8, self._server.get_atom("PROBE"), X.CurrentTime)
        elif keysym in (XK.XK_Return, XK.XK_Tab):
            self._set_text(self._text + ("\n" if keysym == XK.XK_Return else "\t"))
        elif keysym == XK.XK_BackSpace:
            self._set_text(self._text[:-1])
        elif character and not ctrl:
            self._set_text(self._text + character)

    def _pasted(self, notice: Any) -> None:
        if notice.property == X.NONE:
            report_line("paste_refused")
            return
        found = self._window.get_full_property(notice.property, X.AnyPropertyType)
        self._window.delete_property(notice.property)
        self._set_text(self._text + bytes(found.value).decode())

    def _set_text(self, text: str) -> None:
        self._text, self._text_is_new = text, True
        report_line("text", text=text)

    def _paint_answer(self) -> None:
        self._clicks += 1
        self._draw_panel()
        self._server.sync()
        report_line("painted", what="answer", number=self._clicks)

    def _open_popup(self) -> None:
        corner = self._server.screen().root.translate_coords(self._window, 0, 0)
        place = corner.x + POPUP_PLACE[0], corner.y + POPUP_PLACE[1]
        popup = self._open(POPUP_SIZE, place=place, title="Popup", above=self._window)
        popup.map()

    def _paint_popup(self, popup: Any) -> None:
        popup.put_pil_image(self._gc, 0, 0, labelled(POPUP_SIZE, POPUP, "Popup", size_of_type=24))
        self._server.sync()
        report_line("painted", what="popup", window=popup.id)

    def _draw_panel(self) -> None:
        self._draw(PANEL, ANSWERS[self._clicks % len(ANSWERS)], f"Answer {self._clicks}", size=30)

    def _draw_field(self) -> None:
        left, top, width, height = FIELD
        shown = self._text.replace("\n", "⏎").replace("\t", "⇥")[-50:]
        field = labelled((width, height), (255, 255, 255), shown, size_of_type=20)
        if self._caret_shown:
            ImageDraw.Draw(field).line((4, 16, 4, 44), fill=INK)
        self._put(field, left, top)

    def _draw(self, area: ProbeArea, paper: ProbeColour, text: str, *, size: int) -> None:
        left, top, width, height = area
        self._put(labelled((width, height), paper, text, size_of_type=size), left, top)

    def _put(self, picture: Image.Image, left: int, top: int) -> None:
        self._canvas.paste(picture, (left, top))
        if self._ready:  # before, there is nothing to paint on
            self._window.put_pil_image(self._gc, left, top, picture)
            self._server.flush()


KEY_NAMES: Final = {
    getattr(XK, f"XK_{name}"): name
    for name in (
        *("Shift_L", "Control_L", "Alt_L", "Super_L", "Return", "Tab", "BackSpace", "Escape", "Delete", "Insert"),
        *("Up", "Down", "Left", "Right", "Home", "End", "Page_Up", "Page_Down", "Menu", "Caps_Lock"),
        *(f"F{n}" for n in range(1, 13)),
    )
}


def _modifiers(state: int) -> list[str]:
    return [name for name, mask in MODIFIERS.items() if state & mask]


def labelled(size: tuple[int, int], paper: ProbeColour, text: str, *, size_of_type: int) -> Image.Image:
    picture = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, size[0] - 1, size[1] - 1), outline=INK)
    draw.text((12, size[1] / 2), text, fill=INK, font=ImageFont.load_default(size_of_type), anchor="lm")
    return picture


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--delay", type=float, default=0.0, help="seconds from a click to its answer")
    options.add_argument("--lag", type=float, default=ProbeWindow.lag, help="seconds from a key to its letter")
    options.add_argument("--popup", type=float, help="seconds from a click to a window that pops up")
    options.add_argument("--caret", action="store_true", help="let a caret blink in the field")
    options.add_argument("--clock", action="store_true", help="show a clock that ticks")
    options.add_argument("--at", type=int, nargs=2, default=(60, 60), metavar=("X", "Y"), help="where it opens")
    options.add_argument("--title", default="Probe")
    asked = options.parse_args()
    place = tuple(asked.at)
    window = ProbeWindow(display.Display(), delay=asked.delay, popup=asked.popup, place=place, title=asked.title)
    window.lag = asked.lag
    if asked.caret:
        window.blink()
    if asked.clock:
        window.tick()
    window.run()


if __name__ == "__main__":
    main()
