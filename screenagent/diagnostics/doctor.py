"""Captures, clicks and types on each monitor, in a window of ours, and says what fails and what to do about it."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Final, Literal

import numpy as np

from screenagent.actions import Click, Input, TypeText
from screenagent.control import Control
from screenagent.desktop import BY_THE_DESKTOP, NoDesktop, WaylandWay
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.lock import driving
from screenagent.desktop.platform import DisplayName, gnome_extension, wayland_session, why_no_session_bus
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.testing.probe_window import ANSWERS
from screenagent.desktop.virtual_session import missing_programs
from screenagent.events import Approve
from screenagent.geometry import Display, Location, Value
from screenagent.perception.rendered_text import TYPEFACE_TOOL, can_find_typefaces
from screenagent.protocols import Approved, Retry
from screenagent.screenshot import Screenshot, Window

WORD: Final = "Grüße, 你好"  # a word that keys alone cannot type
TITLE: Final = "screenagent doctor"
SHOWN_SECONDS: Final = 5.0
PROVEN: Final = "linux"
UNREACHED: Final = "another program may hold mouse or keyboard: end screen lockers, remote sessions and menus"
BLIND: Final = "the picture does not show what is on the screen: use an X11 session without a nested server"

DoctorCode = Literal[
    "works", "unproven", "no_display", "black_picture", "misplaced_click", "unseen_answer", "garbled_text", "unreached",
    "untried", "missing_programs", "needs_linux", "no_session_bus", "no_extension",
]  # fmt: skip


class DoctorFinding(Value):
    """The result of one check; `detail` is what was seen, `remedy` what to do if it failed."""

    what: str
    ok: bool
    code: DoctorCode = "works"
    detail: str
    remedy: str = ""


def _works(what: str, detail: str) -> DoctorFinding:
    return DoctorFinding(what=what, ok=True, detail=detail)


def _fails(what: str, code: DoctorCode, detail: str, remedy: str = "") -> DoctorFinding:
    return DoctorFinding(what=what, ok=False, code=code, detail=detail, remedy=remedy)


def examine(
    control: Control, *, display: DisplayName = None, x_display: str | None = None, wayland: WaylandWay = BY_THE_DESKTOP
) -> Iterator[DoctorFinding]:
    """Check the system, each monitor of `display` and the programs of a virtual desktop, one finding at a time.

    The window that is clicked and typed in is one of X11, which a Wayland session shows by `x_display`.
    """
    yield _system()
    try:
        if (session := wayland_session(display)) is not None:
            yield _works("session", session)
        with LocalDesktop(control=control, display=display, wayland=wayland) as desktop:
            monitors = desktop.displays()
        yield _works("display", ", ".join(_described(monitor) for monitor in monitors))
        for monitor in monitors:
            yield from _examine_monitor(control, monitor, display=display, x_display=x_display, wayland=wayland)
    except NoDesktop as reason:
        yield _fails("display", "no_display", str(reason), "or work on a virtual desktop: --virtual")
    yield from _gnome_extension(display)
    yield _session_bus()
    yield _virtual()
    yield _virtual_on_wayland()
    yield _typefaces()


def _examine_monitor(
    control: Control, monitor: Display, *, display: DisplayName, x_display: str | None, wayland: WaylandWay
) -> Iterator[DoctorFinding]:
    what = f"{monitor.name}: input"
    with (
        LocalDesktop(control=control, display=display, monitor=monitor.name, wayland=wayland) as desktop,
        driving(desktop.display_name, "screenagent doctor", control),
    ):
        server = x_display or desktop.x_display or os.environ.get("DISPLAY")
        if sys.platform != PROVEN or server is None:
            yield _capture(desktop)
            yield _fails(what, "untried", "not tried: its test window needs X11")
            return
        place = (monitor.origin.x + 60, monitor.origin.y + 60)
        with Probe(server, at=place, title=TITLE) as probe:
            try:
                desktop.activate(_window_of(probe, desktop, control))
                shot = desktop.settled()
                yield _capture(desktop)
                yield _click(desktop, probe, shot)
                yield _type(desktop, probe)
            except (Retry, TimeoutError) as reason:
                yield _fails(what, "unreached", str(reason), UNREACHED)


def _window_of(probe: Probe, desktop: LocalDesktop, control: Control) -> Window:
    """Return the window of a probe, as the desktop knows it."""
    if desktop.x_display:
        return Window(id=probe.window, title=TITLE)
    found: list[Window] = []

    def is_there() -> bool:
        found[:] = [window for window in desktop.screenshot().managed if window.title == TITLE]
        return bool(found)

    if not control.until(is_there, seconds=SHOWN_SECONDS):
        raise TimeoutError("the window of the check did not come")
    return found[0]


def _gnome_extension(display: DisplayName) -> Iterator[DoctorFinding]:
    """Check what tells of windows in a GNOME session on Wayland; elsewhere there is nothing to check."""
    if (state := gnome_extension(display)) is None:
        return
    if state.ok:
        yield _works("GNOME extension", state.detail)
    else:
        remedy = f"{state.remedy}; without it windows are known by their titles only, and no stop keys are heard"
        yield _fails("GNOME extension", "no_extension", state.detail, remedy)


def _capture(desktop: LocalDesktop) -> DoctorFinding:
    desktop.screenshot()
    begin = time.perf_counter()
    shot = desktop.screenshot()
    spent = time.perf_counter() - begin
    what = f"{desktop.display.name}: capture"
    if not np.asarray(shot.pixels).any():
        remedy = "wake the monitor; on Wayland log in to an X11 session; on macOS allow Screen Recording"
        return _fails(what, "black_picture", "the picture is black all over", remedy)
    return _works(what, f"{shot.size.width}×{shot.size.height} in {spent * 1000:.1f} ms")


def _click(desktop: LocalDesktop, probe: Probe, before: Screenshot) -> DoctorFinding:
    what = f"{desktop.display.name}: click"
    perform_check(desktop, Click(target="one"), probe.location("one", desktop.display), on=before)
    press = probe.wait_for("press")
    meant = probe.pixel("one")
    if (press["x"], press["y"]) != (meant.x, meant.y):
        detail = f"sent to {meant.x},{meant.y} it arrived at {press['x']},{press['y']}"
        return _fails(what, "misplaced_click", detail, "set the monitors' scaling to 100 %")
    settled = desktop.settled(lambda shot: _answered(probe, shot))
    if not _answered(probe, settled):
        return _fails(what, "unseen_answer", "it arrived, but its answer is not in the picture", BLIND)
    painted = probe.wait_for("painted")["at"]
    return _works(what, f"arrived; its answer was seen {(time.monotonic() - painted) * 1000:.0f} ms later")


def _type(desktop: LocalDesktop, probe: Probe) -> DoctorFinding:
    what = f"{desktop.display.name}: type"
    perform_check(desktop, TypeText(text=WORD), on=desktop.screenshot())
    try:
        probe.wait_for("text", text=WORD)
    except TimeoutError:
        received = "".join(said["text"] for said in probe.of("text")[-1:])
        detail = f"typed {WORD!r}, received {received!r}"
        return _fails(what, "garbled_text", detail, "end clipboard managers that change what is copied")
    return _works(what, f"{WORD!r} arrived unchanged")


def _answered(probe: Probe, shot: Screenshot) -> bool:
    pixel = probe.answer_point(shot.display).pixel(shot.size)
    return shot.pixels.getpixel((pixel.x, pixel.y)) == ANSWERS[1]


def perform_check(desktop: LocalDesktop, action: Input, *locations: Location, on: Screenshot) -> None:
    """Perform `action` in our own window, which needs no approval."""
    desktop.perform(Approved(action=action, locations=locations, on=on, verdict=Approve()))


def _system() -> DoctorFinding:
    name = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    if sys.platform == PROVEN:
        return _works("system", name)
    detail = f"{name}: coded, but unproven; X11 is proven"
    return DoctorFinding(what="system", ok=True, code="unproven", detail=detail)


def _session_bus() -> DoctorFinding:
    """Say whether programs can be asked for their controls; without it, targets are found by sight."""
    what = "session bus"
    if sys.platform != PROVEN:
        return DoctorFinding(what=what, ok=True, code="untried", detail="not tried: it belongs to Linux")
    if why := why_no_session_bus():
        remedy = "set DBUS_SESSION_BUS_ADDRESS as your desktop session has it, or start under dbus-run-session"
        detail = f"{why}; programs are not asked for their controls, and targets are found by sight"
        return DoctorFinding(what=what, ok=True, code="no_session_bus", detail=detail, remedy=remedy)
    return _works(what, "it answers: programs can be asked for their controls")


def _virtual() -> DoctorFinding:
    what = "virtual desktop"
    if sys.platform != PROVEN:
        return _fails(what, "needs_linux", "needs Linux")
    if packages := missing_programs():
        detail = f"{len(packages)} of its programs are not installed"
        return _fails(what, "missing_programs", detail, f"apt-get install {' '.join(packages)}")
    return _works(what, "its programs are installed")


def _virtual_on_wayland() -> DoctorFinding:
    """Say whether `--virtual=wayland` can be used, which is another way and no failure where it is missing."""
    what = "virtual desktop on Wayland"
    if sys.platform != PROVEN:
        return DoctorFinding(what=what, ok=True, code="untried", detail="not tried: it belongs to Linux")
    remedies = []
    if packages := missing_programs("wayland"):
        remedies.append(f"apt-get install {' '.join(packages)}")
    if find_spec("pywayland") is None:
        remedies.append("pip install 'screenagent[wayland]'")
    if remedies:
        detail = "not all that it needs is installed; --virtual works on X"
        return DoctorFinding(what=what, ok=True, code="missing_programs", detail=detail, remedy="; ".join(remedies))
    return _works(what, "its programs are installed: --virtual=wayland")


def _typefaces() -> DoctorFinding:
    what = "typefaces"
    if can_find_typefaces():
        return _works(what, "text that OCR cannot read is found by rendering it")
    detail = f"{TYPEFACE_TOOL} is not installed: text in scripts that OCR cannot read is not found"
    return _fails(what, "missing_programs", detail, "apt-get install fontconfig")


def _described(monitor: Display) -> str:
    scale = f" at scale {monitor.scale:g}" if monitor.scale != 1 else ""
    return f"{monitor.name} {monitor.size.width}×{monitor.size.height} at {monitor.origin.x},{monitor.origin.y}{scale}"
