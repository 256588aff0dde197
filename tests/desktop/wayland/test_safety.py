"""On Sway nothing is sent that was not approved, or to whom it was not approved; docs/wayland.md lists all of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from screenagent.actions import Click, Drag, HoldKeys, Input, PressKeys, TypeText
from screenagent.approval import Policy
from screenagent.approval.vault import Environment, Vault
from screenagent.control import Control, Interrupted, Stopped
from screenagent.desktop import NoDesktop, front
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.user_input import UserInputMonitor
from screenagent.desktop.wayland.session import WaylandSession
from screenagent.geometry import Location, Point
from screenagent.perception.reader import ScreenReader
from screenagent.protocols import Outdated, Retry
from screenagent.screenshot import Screenshot
from tests.builders import becomes, eventually
from tests.desktop.wayland.headless import HeadlessRig, headless_sway

pytest.importorskip("pywayland")

from screenagent.desktop.testing.wayland_person import WaylandPerson
from screenagent.desktop.testing.wayland_witness import WaylandWitness
from screenagent.desktop.wayland.screen_lock import open_wayland_lock
from screenagent.desktop.wayland.sway_ipc import SwayIpc
from screenagent.desktop.wayland.wlroots_hand import WlrootsKeys, WlrootsPointer
from screenagent.desktop.wayland.wlroots_screen import WlrootsPictures
from tests.desktop.wayland.receiving import SYSTEM_PYTHON

pytestmark = pytest.mark.display

CLICK: Final = Click(target="it")
MIDDLE: Final = Location(point=Point(x=0.5, y=0.5), confidence=1.0, by="test")
SAID: Final = ("key", "button", "wheel")
POPS_UP: Final = """
import gi, signal, sys
gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk
window, button = Gtk.Window(title="Owner", default_width=500, default_height=300), Gtk.Button(label="Pay")
button.connect("clicked", lambda _: print("clicked", flush=True))
window.add(button)
popover = Gtk.Popover(relative_to=button, modal=False)
popover.add(Gtk.Label(label="Something else", width_request=400, height_request=100))
popover.get_child().show()
GLib.unix_signal_add(GLib.PRIORITY_HIGH, signal.SIGUSR1, lambda: popover.popup() or True)
window.show_all()
Gtk.main()
"""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeadlessRig]:
    with headless_sway(tmp_path_factory.mktemp("sway")) as running, WaylandPerson(running.session):
        yield running


@pytest.fixture(autouse=True)
def closed(rig: HeadlessRig) -> Iterator[None]:
    yield
    rig.close_programs()


@pytest.fixture
def sway(rig: HeadlessRig) -> Iterator[SwayIpc]:
    with closing(SwayIpc(rig.session.leads["SWAYSOCK"])) as sway:
        yield sway


@pytest.fixture
def witness(rig: HeadlessRig) -> Iterator[WaylandWitness]:
    with WaylandWitness(rig.session, size=(600, 400)) as witness:
        yield witness


@contextmanager
def opened(rig: HeadlessRig, **options: Any) -> Iterator[LocalDesktop]:
    with LocalDesktop(control=Control(), display=rig.session, **options) as desktop:
        yield desktop


def showing(desktop: LocalDesktop, title: str) -> Screenshot:
    """Return the settled screen once a window is in front."""
    assert becomes(lambda: (front := desktop.foreground()) is not None and front.title == title), desktop.foreground()
    return desktop.settled()


def got(witness: WaylandWitness) -> list[dict[str, Any]]:
    return [said for said in witness.heard(seconds=0.2) if said["event"] in SAID]


@pytest.mark.parametrize("action", [CLICK, Drag(path=("it", "it"))], ids=["click", "drag"])
def test_nothing_reaches_a_window_that_has_come_over_the_target_since(
    rig: HeadlessRig, witness: WaylandWitness, action: Input
) -> None:
    with opened(rig) as desktop:
        approved = showing(desktop, "Witness")
        with WaylandWitness(rig.session, size=(300, 200), title="Came in between") as other:
            showing(desktop, "Came in between")
            with pytest.raises(Outdated):
                perform_input(desktop, action, MIDDLE, *([MIDDLE] if isinstance(action, Drag) else []), on=approved)
            assert (got(witness), got(other)) == ([], [])


def test_keys_go_only_to_the_window_that_they_were_approved_for(rig: HeadlessRig, witness: WaylandWitness) -> None:
    with opened(rig) as desktop:
        approved = showing(desktop, "Witness")
        with WaylandWitness(rig.session, size=(300, 200), title="Came in between") as other:
            showing(desktop, "Came in between")
            for action in (TypeText(text="secret plans"), PressKeys(keys=("enter",)), HoldKeys(keys=("a",), seconds=1)):
                with pytest.raises(Retry):
                    perform_input(desktop, action, on=approved)
            assert (got(witness), got(other)) == ([], [])


def test_a_window_that_is_called_otherwise_by_now_is_another_one_to_the_policy(rig: HeadlessRig) -> None:
    rig.foot("Draft", command=("sh", "-c", r"printf '\033]2;Draft\007'; read line; printf '\033]2;Bank\007'; sleep 60"))
    with opened(rig) as desktop:
        approved = showing(desktop, "Draft")
        perform_input(desktop, PressKeys(keys=("enter",)))
        showing(desktop, "Bank")
        with pytest.raises(Outdated):
            perform_input(desktop, CLICK, MIDDLE, on=approved)


def test_nothing_is_pressed_where_a_popup_has_opened_that_sway_does_not_tell_of(rig: HeadlessRig) -> None:
    if subprocess.run([SYSTEM_PYTHON, "-c", "import gi"], capture_output=True, check=False).returncode:
        pytest.skip("needs the system's Python with GTK")
    program = rig.start(SYSTEM_PYTHON, "-c", POPS_UP)
    with opened(rig) as desktop:
        approved = showing(desktop, "Owner")
        program.send_signal(signal.SIGUSR1)
        eventually(lambda: desktop.screenshot().digest != approved.digest)
        desktop.settled()
        changed = next(place for place in places() if stands_otherwise(approved, desktop.screenshot(), place))
        with pytest.raises(Outdated, match="something else stands there by now"):
            perform_input(desktop, CLICK, changed, on=approved)


HAND_SECONDS = 0.1
"""A hand does not press one key right after the other as a process does: Sway tells of a touch after 10 ms of rest."""


def places() -> Iterator[Location]:
    for row in range(20, 80, 3):
        yield Location(point=Point(x=0.5, y=row / 100), confidence=1.0, by="test")


def stands_otherwise(before: Screenshot, now: Screenshot, place: Location) -> bool:
    """Return whether all that is round a place has changed."""
    pixel = place.point.pixel(now.size)
    box = (pixel.x - 12, pixel.y - 12, pixel.x + 12, pixel.y + 12)
    return before.pixels.crop(box).tobytes() != now.pixels.crop(box).tobytes()


def test_the_terminal_that_we_run_in_is_neither_clicked_nor_typed_into_and_no_touch(
    rig: HeadlessRig, witness: WaylandWitness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sway: SwayIpc
) -> None:
    told, typed = tmp_path / "pid", tmp_path / "typed"
    rig.foot("ours", command=("sh", "-c", f"echo $$ > {told}.new; mv {told}.new {told}; cat > {typed}"))
    eventually(told.exists)
    monkeypatch.setattr(front._Front, "client", int(told.read_text()))
    monkeypatch.setattr(front._Front, "changes", front._Front.changes + 1)
    with opened(rig) as desktop, WaylandPerson(rig.session) as person:
        shot = showing(desktop, "ours")
        assert shot.window is not None
        assert shot.window.title == "Witness"
        assert not any(own.title == "ours" and not own.own for own in shot.managed)
        with pytest.raises(Retry) as refused:
            perform_input(desktop, CLICK, MIDDLE)
        assert refused.value.code == "own_terminal"
        with UserInputMonitor(desktop, control=desktop.control):
            time.sleep(HAND_SECONDS)
            person.does("tap", "b")
            person.does("tap", "enter")
            assert becomes(lambda: typed.exists() and typed.read_text() == "b\n")
            assert not desktop.control.paused
            sway.command('[title="Witness"] focus')
            assert becomes(lambda: (there := desktop.foreground()) is not None and not there.own)
            time.sleep(HAND_SECONDS)
            person.does("tap", "b")
            assert becomes(lambda: desktop.control.paused)
        desktop.control.resume()
        sway.command('[title="ours"] focus')
        witness.heard()
        perform_input(desktop, TypeText(text="hello"))
        assert typed.read_text() == "b\n"
        assert [said["code"] for said in got(witness) if said.get("pressed")] == [35, 18, 38, 38, 24]


POLICY: Final = Policy.model_validate({"secrets": [{"name": "BANK", "apps": ["foot"]}]})
VALUE: Final = "Hunter2-Xyzzy"
VAULT: Final = Vault(POLICY.why_not, (Environment({"SCREENAGENT_SECRET_BANK": VALUE}),))


def test_a_secret_is_blank_in_pictures_and_in_titles(rig: HeadlessRig) -> None:
    shows = r"printf '\033]2;Log in\007'; read line; printf \"\033]2;%s\007\" \"$line\"; sleep 60"
    rig.foot("Log in", colour="ffffff", command=("sh", "-c", shows.replace('\\"', '"')))
    with opened(rig, secrets=VAULT, reader=ScreenReader()) as desktop:
        showing(desktop, "Log in")
        perform_input(desktop, TypeText(text="{{secret:BANK}}"))
        read_off = " ".join(word.text for word in ScreenReader().read(desktop.settled()))
        assert not [part for part in ("unter", "Xyz") if part in read_off]
        perform_input(desktop, PressKeys(keys=("enter",)))
        assert becomes(lambda: (there := desktop.foreground()) is not None and there.title != "Log in")
        shot = desktop.settled()
        told = [shot.window, *shot.managed, *(window for window in [desktop.foreground()] if window)]
        assert not [window for window in told if window and VALUE in window.title]
        assert [window.title for window in told if window and "BANK" in window.title]


@pytest.mark.skipif(shutil.which("swaylock") is None, reason="swaylock is not installed")
def test_nothing_is_sent_while_the_session_is_locked(rig: HeadlessRig, witness: WaylandWitness, sway: SwayIpc) -> None:
    with ExitStack() as stack:
        desktop = stack.enter_context(opened(rig, away=open_wayland_lock(stack, rig.session)))
        person = stack.enter_context(WaylandPerson(rig.session))
        shot = showing(desktop, "Witness")
        locker = rig.start("swaylock", "--color", "ff0000", "--ignore-empty-password")
        eventually(lambda: desktop.foreground() is None)
        for action in (CLICK, TypeText(text="abc")):
            at = [MIDDLE] if isinstance(action, Click) else []
            with pytest.raises(Interrupted, match="locked by swaylock"):
                perform_input(desktop, action, *at, on=shot)
        with UserInputMonitor(desktop, control=desktop.control):
            person.does("tap", "ctrl", "shift", "escape")
            assert becomes(lambda: desktop.control.stopped, seconds=2)
        locker.send_signal(signal.SIGUSR1)
        locker.wait(5)
        assert got(witness) == []
    with opened(rig) as desktop:
        showing(desktop, "Witness")
        perform_input(desktop, PressKeys(keys=("b",)))
        assert len(got(witness)) == 2


def test_a_monitor_that_is_scaled_in_mid_run_makes_the_agent_wait(tmp_path: Path) -> None:
    with (
        headless_sway(tmp_path) as rig,
        closing(SwayIpc(rig.session.leads["SWAYSOCK"])) as sway,
        opened(rig, monitor="HEADLESS-2") as desktop,
    ):
        shot = desktop.settled()
        sway.command("output HEADLESS-2 mode 1600x800 scale 2")
        with pytest.raises(Interrupted, match=r"the monitor 'HEADLESS-2' is now .*, so the agent waits"):
            perform_input(desktop, CLICK, MIDDLE, on=shot)


def test_a_compositor_that_ends_in_mid_run_ends_it_in_a_sentence(tmp_path: Path) -> None:
    with headless_sway(tmp_path) as rig, WaylandPerson(rig.session), WaylandWitness(rig.session):
        control = Control()
        with LocalDesktop(control=control, display=rig.session) as desktop, UserInputMonitor(desktop, control=control):
            rig.compositor.kill()
            rig.compositor.wait()
            assert becomes(lambda: control.stopped)  # though the agent waits for something else
            with pytest.raises(NoDesktop, match="the Wayland session has ended"):
                control.check_lost()
            with pytest.raises((NoDesktop, Stopped)):
                perform_input(desktop, PressKeys(keys=("b",)))


@pytest.mark.skipif(shutil.which("weston") is None, reason="weston is not installed")
def test_a_compositor_that_lacks_what_is_needed_is_refused_in_a_sentence_with_the_cure(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    session = WaylandSession({"WAYLAND_DISPLAY": "wayland-7", "XDG_RUNTIME_DIR": str(tmp_path)})
    command = ["weston", "--backend=headless-backend.so", "--socket=wayland-7", "--idle-time=0"]
    env = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=env, stdout=quiet, stderr=quiet) as weston:
        try:
            eventually(Path(session.socket).exists)
            for opens in (WlrootsPointer, WlrootsKeys, WlrootsPictures):
                with pytest.raises(NoDesktop, match=r"does not offer z\w+, .* Sway 1.7 or newer"):
                    opens(session)
            with pytest.raises(NoDesktop, match=r"neither Sway nor GNOME, and .* --virtual"):
                LocalDesktop(control=Control(), display=session)
        finally:
            weston.kill()
