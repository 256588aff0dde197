"""`bench desktop`: what a virtual desktop itself takes, on X or on Wayland: a picture, a click, a text.

The window is the probe, which says what it received; on Wayland it is a program of X11, by Xwayland.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from screenagent.actions import Click, PressKeys, TypeText
from screenagent.bench.results import percentile_ms
from screenagent.control import Control
from screenagent.desktop import VirtualKind
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.geometry import Value

TIMES: Final = 40
TEXTS: Final = 5
MIXED: Final = "grüße, 你好 ñ €; "
"""What the text is made of: letters of several scripts, which no keyboard has together."""
CHARACTERS: Final = 300


class DesktopSummary(Value):
    """Milliseconds. `look` is a picture with what is known of the windows; `press` is from the call of the mouse to
    what the window received, `text` from the approval of 300 mixed characters to the last of them in the field."""

    kind: VirtualKind
    ready_ms: float
    capture_ms_p50: float | None
    look_ms_p50: float | None
    press_ms_p50: float | None
    press_ms_p95: float | None
    text_ms_p50: float | None
    texts_whole: int
    n: int


def measure_desktop(kind: VirtualKind, *, times: int = TIMES) -> DesktopSummary:
    """Start a virtual desktop of this kind, and measure it with a window of ours on it."""
    began = time.monotonic()
    with VirtualDesktop(kind=kind, control=Control()) as virtual:
        ready = time.monotonic() - began
        with Probe(virtual.environment["DISPLAY"]) as probe:
            desktop = virtual.desktop
            desktop.settled()
            captures = [_timed(desktop._screen.grab) for _ in range(times)]
            looks = [_timed(desktop.screenshot) for _ in range(times)]
            presses = [_press_seconds(desktop, probe) for _ in range(times)]
            texts = [_text_seconds(desktop, probe) for _ in range(TEXTS)]
    whole = [seconds for seconds in texts if seconds is not None]
    return DesktopSummary(
        kind=kind,
        ready_ms=round(1000 * ready),
        capture_ms_p50=percentile_ms(captures, 50),
        look_ms_p50=percentile_ms(looks, 50),
        press_ms_p50=percentile_ms(presses, 50),
        press_ms_p95=percentile_ms(presses, 95),
        text_ms_p50=percentile_ms(whole, 50),
        texts_whole=len(whole),
        n=times,
    )


def _timed(do: Callable[[], object]) -> float:
    began = time.monotonic()
    do()
    return time.monotonic() - began


def _press_seconds(desktop: LocalDesktop, probe: Probe) -> float:
    """Return the seconds from a press of the button to its receipt; the mouse is there already."""
    place = probe.pixel("two")
    desktop._mouse.move(place)
    probe.drain()
    began = time.monotonic()
    with desktop._mouse.pressed("left"):
        pass
    return float(probe.wait_for("press")["at"]) - began


def _text_seconds(desktop: LocalDesktop, probe: Probe) -> float | None:
    """Return the seconds until 300 mixed characters are in the field; None if they are not whole."""
    text = (MIXED * CHARACTERS)[:CHARACTERS]
    perform_input(desktop, Click(target="field"), probe.location("field", desktop.display))
    before = probe.text
    reviewed, began = desktop.screenshot(), time.monotonic()
    perform_input(desktop, TypeText(text=text), on=reviewed)
    try:
        return float(probe.wait_for("text", text=before + text)["at"]) - began
    except TimeoutError:
        perform_input(desktop, PressKeys(keys=("escape",)))
        return None
