"""A screen that is locked or has become another: nothing is sent to it, and the agent waits."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from jeepney import MessageType, new_error, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from jeepney.low_level import HeaderFields
from Xlib import X

from screenagent.actions import Click, Finish
from screenagent.agent import Agent, drive
from screenagent.agent.checker import ScreenChecker
from screenagent.approval import AllowAll
from screenagent.control import Control, Interrupted
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.session_lock import LOCKED
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.testing.event_monitor import EventMonitor
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.x11.connection import connect_display, disconnect_display
from screenagent.desktop.x11.screen_lock import BLANK, ScreenLock
from screenagent.events import Decision, Event, Observed, Paused, Plan, PlannedStep
from screenagent.fakes import FakeGrounder, FakeReader, ScriptedPlanner
from screenagent.geometry import Location, Point, Size

pytestmark = pytest.mark.display

HERE = Point(x=0.5, y=0.5)
CLICK = Click(target="here")


@pytest.fixture(scope="module")
def opened() -> Iterator[VirtualDesktop]:
    with VirtualDesktop(control=Control(), size=Size(width=1600, height=600)) as opened:
        yield opened


@pytest.fixture
def wide(opened: VirtualDesktop) -> Iterator[VirtualDesktop]:
    set_monitors(opened, "left 800/200x600/150+0+0 screen", "right 800/200x600/150+800+0 none")
    yield opened
    for monitor in ("left", "right"):
        xrandr(opened, "--delmonitor", monitor)


def set_monitors(virtual: VirtualDesktop, *monitors: str) -> None:
    for monitor in monitors:
        xrandr(virtual, "--setmonitor", *monitor.split())


def xrandr(virtual: VirtualDesktop, *words: str) -> None:
    subprocess.run(["xrandr", *words], env=virtual.environment, check=True, stdout=subprocess.DEVNULL)


def clicks(desktop: LocalDesktop, control: Control, count: int) -> Agent:
    grounder = FakeGrounder({"here": HERE})
    plan = Plan(steps=(*(PlannedStep(action=CLICK) for _ in range(count)), PlannedStep(action=Finish(success=True))))
    return Agent(
        planner=ScriptedPlanner([Decision(plan=plan, at=at) for at in range(count + 1)]),
        grounder=grounder,
        approver=AllowAll(),
        desktop=desktop,
        checker=ScreenChecker(FakeReader([]), grounder),
        control=control,
    )


@dataclass
class Doing:
    """A sink: does one thing at the first event of a kind, and resumes when the agent waits."""

    at: str
    do: object
    control: Control
    seen: list[Event] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        if event.event == self.at and callable(self.do):
            do, self.do = self.do, None
            do()
        self.seen.append(event)
        if isinstance(event, Paused):
            assert self.control.paused
            self.control.resume()


def test_a_monitor_that_becomes_another_pauses_the_agent_which_then_looks_afresh(wide: VirtualDesktop) -> None:
    control = Control()

    def smaller() -> None:
        xrandr(wide, "--delmonitor", "right")
        set_monitors(wide, "right 700/200x500/150+900+100 none")

    with LocalDesktop(control=control, display=wide.display, monitor="right") as desktop:
        doing = Doing("reviewed", smaller, control)
        with EventMonitor(wide.display) as witness:
            ended = drive(clicks(desktop, control, 1), "t", doing)
            motions = [raw.place for raw in witness.heard() if raw.kind == "motion"]
        assert [event.why for event in doing.seen if isinstance(event, Paused)] == [
            "the monitor 'right' is now 700x500 at (900, 100), so the agent waits"
        ]
        assert motions == [(1250, 350)]
        assert [step.acted for step in ended.steps[:1]] == [True]
        sizes = [event.screenshot.size.width for event in doing.seen if isinstance(event, Observed)]
        assert (sizes[0], sizes[-1]) == (800, 700)


def test_a_monitor_that_is_gone_pauses_the_agent(wide: VirtualDesktop) -> None:
    with LocalDesktop(control=Control(), display=wide.display, monitor="right") as desktop:
        reviewed = desktop.settled()
        xrandr(wide, "--delmonitor", "right")
        there = Location(point=HERE, confidence=1.0, by="test")
        with pytest.raises(Interrupted, match="it was on 'right' and would go on on 'left'"):
            perform_input(desktop, CLICK, there, on=reviewed)
        set_monitors(wide, "right 800/200x600/150+800+0 none")
        with pytest.raises(Interrupted, match="it was on 'left' and would go on on 'right'"):
            perform_input(desktop, CLICK, there, on=reviewed)
        perform_input(desktop, CLICK, there)
        assert desktop.pointer().x == 1200


def test_a_locked_screen_pauses_the_agent_until_it_is_unlocked_and_resumed(virtual: VirtualDesktop) -> None:
    control = Control()
    locked = [None, LOCKED, LOCKED]
    with LocalDesktop(
        control=control, display=virtual.display, away=lambda: locked.pop() if locked else None
    ) as desktop:
        doing = Doing("", None, control)
        ended = drive(clicks(desktop, control, 1), "t", doing)
    assert [event.why for event in doing.seen if isinstance(event, Paused)] == [LOCKED, LOCKED]
    assert [step.acted for step in ended.steps[:1]] == [True]


def test_the_screen_saver_of_the_display_counts(virtual: VirtualDesktop) -> None:
    server = connect_display(virtual.display)
    with closing(ScreenLock(virtual.display, session_bus="unix:path=/nowhere")) as lock:
        assert lock() is None
        server.force_screen_saver(X.ScreenSaverActive)
        server.sync()
        assert lock() == BLANK
        server.force_screen_saver(X.ScreenSaverReset)
        server.sync()
        assert lock() is None
    disconnect_display(server)


def test_a_screen_saver_that_the_next_key_turned_off_counts_once(virtual: VirtualDesktop) -> None:
    server = connect_display(virtual.display)
    with closing(ScreenLock(virtual.display, session_bus="unix:path=/nowhere")) as lock:
        assert lock() is None
        for mode in (X.ScreenSaverActive, X.ScreenSaverReset):
            server.force_screen_saver(mode)
            server.sync()
        assert [lock(), lock()] == [BLANK, None]
    disconnect_display(server)


@pytest.mark.parametrize("name", ["org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver"])
def test_who_locks_the_session_is_asked(virtual: VirtualDesktop, name: str) -> None:
    with Saver(virtual.environment["DBUS_SESSION_BUS_ADDRESS"], name) as saver:
        bus = virtual.environment["DBUS_SESSION_BUS_ADDRESS"]
        with closing(ScreenLock(virtual.display, session_bus=bus)) as lock:
            assert lock() is None
            saver.answer = True
            assert lock() == LOCKED
            saver.answer = None  # an error
            assert lock() is None


def test_one_that_hangs_is_asked_once(virtual: VirtualDesktop) -> None:
    bus = virtual.environment["DBUS_SESSION_BUS_ADDRESS"]
    with Saver(bus, "org.gnome.ScreenSaver") as saver, closing(ScreenLock(virtual.display, session_bus=bus)) as lock:
        saver.hangs = True
        assert lock() is None
        assert lock() is None
        assert saver.asked == 1


class Saver:
    """A screen saver on a session bus."""

    def __init__(self, bus: str, name: str) -> None:
        self.answer: bool | None = False
        self.hangs = False
        self.asked = 0
        self._bus, self._name = bus, name
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._there, self._leaving = threading.Event(), threading.Event()

    def __enter__(self) -> Saver:
        self._thread.start()
        assert self._there.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._thread.join()

    def _serve(self) -> None:
        with closing(open_dbus_connection(self._bus)) as connection:
            connection.send_and_get_reply(message_bus.RequestName(self._name))
            self._there.set()
            while not self._leaving.is_set():
                try:
                    asked = connection.receive(timeout=0.05)
                except TimeoutError:
                    continue
                if asked.header.message_type is MessageType.method_call:
                    self._answer(connection, asked)

    def _answer(self, connection: object, asked: object) -> None:
        assert hasattr(connection, "send")
        assert hasattr(asked, "header")
        assert asked.header.fields[HeaderFields.member] == "GetActive"
        self.asked += 1
        if self.hangs:
            return
        if self.answer is None:
            connection.send(new_error(asked, "org.freedesktop.DBus.Error.NotSupported"))
        else:
            connection.send(new_method_return(asked, "b", (self.answer,)))
