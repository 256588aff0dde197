"""What a person does in the session of a wlroots compositor: touches mouse or keyboard, or presses the user's keys.

No compositor shows one program what another is sent. It tells when nobody has touched anything for a while, and when
somebody does again; that is heard here for a span of 10 ms. Our own inputs count, too, and are told apart by when they
were sent. While we send in quick succession, and for 10 ms after that, a touch is not told; a hand that goes on after
that keeps the seat busy longer than we do, which gives it away. Therefore a long input has breaks (`SendClock`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any, Final

from screenagent.desktop import NoDesktop
from screenagent.desktop.user_input import UserInputMonitor
from screenagent.desktop.wayland.connection import CompositorConnection, CompositorGone
from screenagent.desktop.wayland.send_clock import SendClock
from screenagent.desktop.wayland.session import WaylandSession
from screenagent.desktop.wayland.sway_chords import SwayChords
from screenagent.desktop.wayland.sway_ipc import SwayIpc
from screenagent.desktop.wayland.sway_nodes import kept_awake_by

IDLE_MS: Final = 10
LATE_SECONDS: Final = 0.002
"""By so much a compositor that is awake may tell later than that that the seat is idle."""
LOOK_SECONDS: Final = 0.05  # how soon leaving is noticed; what is told is heeded as it comes
NEITHER: Final = "mouse or the keyboard"
ENDED: Final = "the Wayland session has ended while it was worked on"
AWAKE: Final = (
    "{by} keeps the screen awake, and meanwhile Sway does not tell when you touch the mouse or the keyboard; pause its "
    "video or close it, or let the agent go on without that"
)
SOMETHING: Final = "something, such as a panel,"
AWAKE_LOOK_SECONDS: Final = 0.5
NEVER_STILL_SECONDS: Final = 3.0
"""For so long no hand moves without a gap of 10 ms."""
BLIND: Final = "this compositor does not tell when somebody touches the mouse or the keyboard"


@dataclass
class TouchWatch:
    """Tells a person's touch from our own inputs, by what a compositor says of the seat's idleness."""

    connection: CompositorConnection
    sent: SendClock
    is_idle: bool = False
    is_silenced_by_inhibitors: bool = True
    idle_at: float = field(default_factory=time.monotonic)
    """When the seat was last known to be idle."""
    _has_woken: bool = False
    _known_until: float = field(default=float("-inf"))
    """All of our own inputs before this moment have been told of, and taken in."""

    def begin(self) -> None:
        """Ask to be told. Raise `NoDesktop` if this compositor does not tell."""
        notice: Any
        if self.connection.offers("ext_idle_notifier_v1"):
            notifier = self.connection.bind("ext_idle_notifier_v1")
            ask = notifier.get_idle_notification
            if self.connection.version("ext_idle_notifier_v1") >= 2:  # which does not sleep while a video plays
                ask, self.is_silenced_by_inhibitors = notifier.get_input_idle_notification, False
            notice, idled = ask(IDLE_MS, self.connection.seat), "idled"
        elif self.connection.offers("org_kde_kwin_idle"):
            notifier = self.connection.bind("org_kde_kwin_idle")
            notice, idled = notifier.get_idle_timeout(self.connection.seat, IDLE_MS), "idle"
        else:
            raise NoDesktop(BLIND)
        self._notice = notice  # kept, or it would no longer be told of
        notice.dispatcher[idled] = self._slept
        notice.dispatcher["resumed"] = self._woke
        self.connection.roundtrip()

    def _slept(self, _: object) -> None:
        self.is_idle, self.idle_at = True, time.monotonic()

    def _woke(self, _: object) -> None:
        self.is_idle, self._has_woken = False, True

    def touched(self, seconds: float) -> bool:
        """Take in what is told within `seconds`; return whether a person has touched the mouse or the keyboard."""
        self.connection.take_in(self._patience(seconds))
        if self.sent.has_sent_since(self._known_until):
            self._take_in_ours()
            return False
        if self._has_woken:
            self._has_woken = False
            return True
        return not self.is_idle and self._is_kept_busy()

    def _patience(self, seconds: float) -> float:
        """Return how long to wait for word: where the seat is busy, until it would be idle if only we were there."""
        if self.is_idle:
            return seconds
        due = self.sent.done_at + IDLE_MS / 1000 + LATE_SECONDS - time.monotonic()
        return min(seconds, max(IDLE_MS / 1000, due))

    def _take_in_ours(self) -> None:
        """Take in what our own inputs have caused: all of it was said before the compositor answers this."""
        at = time.monotonic()
        self.connection.roundtrip()
        self._has_woken = False
        self._known_until = at

    def _is_kept_busy(self) -> bool:
        """Return whether the seat stays busy though we have sent nothing for so long that it would be idle."""
        if time.monotonic() < max(self.sent.done_at, self._known_until) + IDLE_MS / 1000 + LATE_SECONDS:
            return False
        for _ in range(2):  # a compositor that was behind has by then looked at its clocks
            self.connection.roundtrip()
        return not self.is_idle and not self.sent.has_sent_since(self._known_until)


def listen_on_wlroots(
    session: WaylandSession,
    sway: str,
    stack: ExitStack,
    monitor: UserInputMonitor,
    *,
    sent: SendClock,
    own_has_keys: Callable[[], bool],
) -> None:
    """Tell `monitor` what a person does until the stack is closed; Sway is asked at the socket `sway`.

    What goes into the terminal that we run in is no touch: there the agent is supervised. Where the mouse is, is not
    told, so that no corner stops the agent.
    """
    if any(keys for keys, _ in monitor.chords()):
        chords = stack.enter_context(closing(SwayChords(sway, monitor.chords())))
        _listen(stack, monitor, "keys", lambda: chords.heed(LOOK_SECONDS))
    if monitor.heeds.touch:
        listen_for_touches(session, stack, monitor, sent=sent, own_has_keys=own_has_keys, sway=sway)


def listen_for_touches(
    session: WaylandSession,
    stack: ExitStack,
    monitor: UserInputMonitor,
    *,
    sent: SendClock,
    own_has_keys: Callable[[], bool] = lambda: False,
    sway: str | None = None,
) -> None:
    """Tell `monitor` when a person touches mouse or keyboard. Raise `NoDesktop` if the compositor does not tell.

    `sway` is the socket by which Sway is asked what keeps the screen awake.
    """
    watch = TouchWatch(stack.enter_context(closing(CompositorConnection(session))), sent)
    watch.begin()
    ipc = stack.enter_context(closing(SwayIpc(sway))) if sway and watch.is_silenced_by_inhibitors else None
    look = TouchLook(watch, monitor, own_has_keys, kept_awake=lambda: kept_awake_by(ipc.tree()) if ipc else None)
    sent.looked()
    stack.callback(sent.nobody_listens)
    _listen(stack, monitor, "touches", look)


@dataclass
class TouchLook:
    """One look after the other at who touches the mouse or the keyboard.

    While a program keeps the screen awake, that is not told. The agent waits once, and says so.
    """

    watch: TouchWatch
    monitor: UserInputMonitor
    own_has_keys: Callable[[], bool]
    kept_awake: Callable[[], str | None]
    _awake_by: str | None = None
    _looked_at: float = float("-inf")

    def __call__(self) -> None:
        touched = self.watch.touched(LOOK_SECONDS)
        if self._is_kept_awake(touched=touched):
            self.watch.sent.looked()
            return
        if touched and not self.own_has_keys():
            self.monitor.touched(NEITHER)
        if touched or self.watch.is_idle:
            self.watch.sent.looked()

    def _is_kept_awake(self, *, touched: bool) -> bool:
        """Return whether touches are not told now; make the agent wait when that begins."""
        if not self.watch.is_silenced_by_inhibitors:
            return False
        if touched or time.monotonic() >= self._looked_at + AWAKE_LOOK_SECONDS:
            by, self._looked_at = self._kept_awake_by(), time.monotonic()
            if by and not self._awake_by:
                self.monitor.control.interrupt(AWAKE.format(by=by))
            self._awake_by = by
        return bool(self._awake_by)

    def _kept_awake_by(self) -> str | None:
        if by := self.kept_awake():
            return repr(by)
        busy_since = max(self.watch.idle_at, self.watch.sent.done_at)
        return SOMETHING if not self.watch.is_idle and time.monotonic() > busy_since + NEVER_STILL_SECONDS else None


def _listen(stack: ExitStack, monitor: UserInputMonitor, what: str, look: Callable[[], None]) -> None:
    """Look again and again in a thread, until the stack is closed."""
    leaving = threading.Event()

    def listen() -> None:
        while not leaving.is_set():
            try:
                look()
            except CompositorGone:
                monitor.control.end(NoDesktop(ENDED))  # whoever waits for something else would not notice
                return
            except BaseException:
                monitor.control.stop()  # nobody would hear the user any more
                raise

    thread = threading.Thread(target=listen, name=f"oversight of {what}", daemon=True)
    thread.start()
    stack.callback(thread.join)
    stack.callback(leaving.set)
