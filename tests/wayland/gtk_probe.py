"""The probe as a program of Wayland: a GTK window that reports what it received; the same lines as `probe_window`.

Where it is on the screen no program of Wayland knows, so places are those in the window.
"""

from __future__ import annotations

import argparse
from typing import Any, Final

import gi
from PIL import Image, ImageDraw

from screenagent.desktop.testing import probe_window as plain

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, GdkPixbuf, GLib, Gtk  # noqa: E402 # the versions have to be said first

MODIFIERS: Final = {
    "shift": Gdk.ModifierType.SHIFT_MASK,
    "ctrl": Gdk.ModifierType.CONTROL_MASK,
    "alt": Gdk.ModifierType.MOD1_MASK,
    "super": Gdk.ModifierType.SUPER_MASK,
}
SCROLLS: Final = {(0, -1): 4, (0, 1): 5, (-1, 0): 6, (1, 0): 7}  # by the notches to the right and down
EVENTS: Final = (
    Gdk.EventMask.BUTTON_PRESS_MASK
    | Gdk.EventMask.BUTTON_RELEASE_MASK
    | Gdk.EventMask.POINTER_MOTION_MASK
    | Gdk.EventMask.SCROLL_MASK
    | Gdk.EventMask.SMOOTH_SCROLL_MASK
)
BUTTONS: Final = (Gdk.ModifierType.BUTTON1_MASK, Gdk.ModifierType.BUTTON2_MASK, Gdk.ModifierType.BUTTON3_MASK)


class GtkProbe:
    """The window, its timers, and what it answers to each event."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self._delay, self._popup, self._lag = asked.delay, asked.popup, asked.lag
        self._clicks = self._seconds = self._run = 0
        self._text, self._caret = "", False
        self._over: Image.Image | None = None
        self._last: tuple[float, int, int, int] | None = None
        self._canvas = Image.new("RGB", plain.SIZE, plain.PAPER)
        self._picture = Gtk.Image()
        window = Gtk.Window(title=asked.title, decorated=False, resizable=False)
        window.add(self._picture)
        window.add_events(EVENTS)
        for signal, answer in (
            ("button-press-event", self._pressed),
            ("button-release-event", self._released),
            ("motion-notify-event", self._moved),
            ("scroll-event", self._scrolled),
            ("key-press-event", self._key),
            ("key-release-event", self._key),
            ("destroy", Gtk.main_quit),
        ):
            window.connect(signal, answer)
        for name, area in plain.TARGETS.items():
            self._draw(area, plain.BUTTON, name.capitalize(), size=20)
        self._draw_panel()
        self._draw_field()
        window.connect("map-event", lambda *_: plain.report_line("ready", window=0, x=0, y=0))
        window.show_all()
        if asked.caret:
            GLib.timeout_add(round(plain.CARET_SECONDS * 1000), self._blink)
        if asked.clock:
            GLib.timeout_add(round(plain.CLOCK_SECONDS * 1000), self._tick)

    def _pressed(self, _: object, event: Any) -> bool:
        if event.type != Gdk.EventType.BUTTON_PRESS:  # GTK tells of a double click once more
            return True
        self._say_mouse("press", event, button=event.button, count=self._count(event))
        GLib.timeout_add(round(self._delay * 1000), self._paint_answer)
        if self._popup is not None:
            GLib.timeout_add(round(self._popup * 1000), self._paint_popup)
        return True

    def _released(self, _: object, event: Any) -> bool:
        self._say_mouse("release", event, button=event.button)
        return True

    def _moved(self, _: object, event: Any) -> bool:
        self._say_mouse("motion", event)
        return True

    def _scrolled(self, _: object, event: Any) -> bool:
        _, across, down = event.get_scroll_deltas()
        if not (across or down):  # which ends a turn
            return True
        for happened in ("press", "release"):
            self._say_mouse(happened, event, button=SCROLLS[across, down], count=1)
        return True

    def _count(self, event: Any) -> int:
        at, last = event.time / 1000, self._last
        near = last is not None and max(abs(last[1] - event.x), abs(last[2] - event.y)) <= plain.DOUBLE_CLICK_PIXELS
        again = last is not None and near and last[3] == event.button and at - last[0] <= plain.DOUBLE_CLICK_SECONDS
        self._run = self._run + 1 if again else 1
        self._last = at, event.x, event.y, event.button
        return self._run

    def _say_mouse(self, happened: str, event: Any, **more: int) -> None:
        held = [number for number, mask in enumerate(BUTTONS, start=1) if event.state & mask]
        place = {"x": round(event.x), "y": round(event.y)}
        modifiers = [name for name, mask in MODIFIERS.items() if event.state & mask]
        plain.report_line(happened, sent=event.time / 1000, **place, held=held, modifiers=modifiers, **more)

    def _key(self, _: object, event: Any) -> bool:
        point = Gdk.keyval_to_unicode(event.keyval)
        character = chr(point) if point >= 0x20 and point != 0x7F else ""
        name = character or Gdk.keyval_name(event.keyval)
        down = event.type == Gdk.EventType.KEY_PRESS
        modifiers = [name for name, mask in MODIFIERS.items() if event.state & mask]
        happened = "key_down" if down else "key_up"
        plain.report_line(happened, sent=event.time / 1000, key=name, code=event.hardware_keycode, modifiers=modifiers)
        if down:
            self._edit(Gdk.keyval_name(event.keyval), character, modifiers)
        return True

    def _edit(self, name: str, character: str, modifiers: list[str]) -> None:
        if ("ctrl" in modifiers and name in ("v", "V")) or ("shift" in modifiers and name == "Insert"):
            Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD).request_text(lambda _, text: self._set_text(self._text + text))
        elif name in ("Return", "Tab"):
            self._set_text(self._text + ("\n" if name == "Return" else "\t"))
        elif name == "BackSpace":
            self._set_text(self._text[:-1])
        elif character and "ctrl" not in modifiers:
            self._set_text(self._text + character)

    def _set_text(self, text: str) -> None:
        self._text = text
        plain.report_line("text", text=text)
        GLib.timeout_add(round(self._lag * 1000), self._draw_field)

    def _paint_answer(self) -> None:
        self._clicks += 1
        self._draw_panel()
        plain.report_line("painted", what="answer", number=self._clicks)

    def _paint_popup(self) -> None:
        self._over = plain.labelled(plain.POPUP_SIZE, plain.POPUP, "Popup", size_of_type=24)
        self._show(self._over, *plain.POPUP_PLACE)
        plain.report_line("painted", what="popup")

    def _blink(self) -> bool:
        self._caret = not self._caret
        self._draw_field()
        return True

    def _tick(self) -> bool:
        self._draw(plain.CLOCK, plain.PAPER, f"12:00:{self._seconds % 60:02}", size=18)
        self._seconds += 1
        return True

    def _draw_panel(self) -> None:
        self._draw(plain.PANEL, plain.ANSWERS[self._clicks % len(plain.ANSWERS)], f"Answer {self._clicks}", size=30)

    def _draw_field(self) -> None:
        left, top, width, height = plain.FIELD
        shown = self._text.replace("\n", "⏎").replace("\t", "⇥")[-50:]
        field = plain.labelled((width, height), (255, 255, 255), shown, size_of_type=20)
        if self._caret:
            ImageDraw.Draw(field).line((4, 16, 4, 44), fill=plain.INK)
        self._show(field, left, top)

    def _draw(self, area: plain.ProbeArea, paper: plain.ProbeColour, text: str, *, size: int) -> None:
        left, top, width, height = area
        self._show(plain.labelled((width, height), paper, text, size_of_type=size), left, top)

    def _show(self, part: Image.Image, left: int, top: int) -> None:
        self._canvas.paste(part, (left, top))
        if self._over:
            self._canvas.paste(self._over, plain.POPUP_PLACE)
        width, height = self._canvas.size
        pixels = GLib.Bytes.new(self._canvas.tobytes())
        rgb = GdkPixbuf.Colorspace.RGB
        self._picture.set_from_pixbuf(GdkPixbuf.Pixbuf.new_from_bytes(pixels, rgb, False, 8, width, height, 3 * width))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--delay", type=float, default=0.0)
    options.add_argument("--lag", type=float, default=0.0)
    options.add_argument("--popup", type=float)
    options.add_argument("--caret", action="store_true")
    options.add_argument("--clock", action="store_true")
    options.add_argument("--title", default="Probe")
    options.add_argument("--at", type=int, nargs=2, help="where the tests have the shell put it")
    GtkProbe(options.parse_args())
    Gtk.main()


if __name__ == "__main__":
    main()
