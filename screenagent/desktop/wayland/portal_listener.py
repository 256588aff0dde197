"""What the user does where the agent works by portals: keys that stop and answer, and touches of mouse and keyboard."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Final

from screenagent.desktop import NoDesktop
from screenagent.desktop.user_input import UserInputMonitor
from screenagent.desktop.wayland.gnome_bus import CallRefused, ShellLost
from screenagent.desktop.wayland.gnome_listener import IDLE, listen_to_idle_time
from screenagent.desktop.wayland.portal_requests import CONSENT_SECONDS, Portals, new_token
from screenagent.desktop.wayland.portal_session import PortalLink
from screenagent.desktop.wayland.send_clock import SendClock
from screenagent.desktop.wayland.session import WaylandSession

SHORTCUTS: Final = "GlobalShortcuts"
STOP: Final = "stop"
WHAT: Final = "the keys that stop the agent and answer it"
ENDED: Final = "the desktop has ended the keys by which you could stop the agent"
NO_KEYS: Final = (
    "this desktop gives no keys by which you could stop the agent ({reason}); see docs/wayland.md, or stop it by "
    'Ctrl-C and `screenagent stop` only, and say so with the setting stop_keys = "off"'
)
BLIND: Final = (
    "this desktop does not tell when somebody touches the mouse or the keyboard ({reason}); or do without, and say so "
    'with the setting pause_on_user_input = "off"'
)
IDS: Final = {STOP: "Stop the agent", "yes": "Answer the agent yes", "no": "Answer the agent no"}
MODIFIERS: Final = {"ctrl": "CTRL", "alt": "ALT", "shift": "SHIFT", "super": "LOGO"}
NAMES: Final = {
    "escape": "Escape", "enter": "Return", "backspace": "BackSpace", "page_up": "Page_Up", "page_down": "Page_Down",
    "print_screen": "Print",
}  # fmt: skip
"""What XKB calls the keys; the others have our names with a capital."""


def trigger(keys: Sequence[str]) -> str:
    """Return a chord as the portal takes it: "CTRL+SHIFT+Escape"."""
    modifiers = [name for key, name in MODIFIERS.items() if key in keys]
    others = (NAMES.get(key) or (key if len(key) == 1 else key.title()) for key in keys if key not in MODIFIERS)
    return "+".join((*modifiers, *others))


def listen_by_portal(
    link: PortalLink, session: WaylandSession, clock: SendClock, stack: ExitStack, monitor: UserInputMonitor
) -> None:
    """Tell `monitor` what the user does until the stack is closed. Raise `NoDesktop` if that cannot be heard."""
    chords = dict(zip(IDS, monitor.chords(), strict=True))
    if wanted := {id: chord for id, chord in chords.items() if chord[0]}:
        try:
            _bind(link.portals, wanted, stack, monitor)
        except (NoDesktop, CallRefused) as reason:
            if STOP in wanted:
                raise NoDesktop(NO_KEYS.format(reason=reason)) from reason
            # without keys that answer, questions are answered in the terminal
    if monitor.heeds.touch:
        _listen_for_touches(link, session, clock, stack, monitor)


Chord = tuple[tuple[str, ...], Callable[[], None]]


def _bind(portals: Portals, wanted: Mapping[str, Chord], stack: ExitStack, monitor: UserInputMonitor) -> None:
    """Have the desktop give us the keys; which they are in the end, the user decides in the desktop's dialog."""
    if not portals.version(SHORTCUTS):
        raise NoDesktop(f"it does not offer the portal {SHORTCUTS}")
    options = {"session_handle_token": ("s", new_token())}
    handle = str(portals.ask(SHORTCUTS, "CreateSession", "", options=options, what=WHAT)["session_handle"])
    stack.callback(portals.close_session, handle)
    told: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    def hear(body: tuple[Any, ...]) -> None:
        if body[0] == handle and body[1] in wanted:
            told.put(wanted[body[1]][1])

    portals.heed(SHORTCUTS, "Activated", hear)
    portals.heed("Session", "Closed", lambda _: monitor.control.end(NoDesktop(ENDED)), path=handle)
    shortcuts = [
        (id, {"description": ("s", IDS[id]), "preferred_trigger": ("s", trigger(keys))})
        for id, (keys, _) in wanted.items()
    ]
    asked = ("oa(sa{sv})s", handle, shortcuts, "")
    bound = portals.ask(SHORTCUTS, "BindShortcuts", *asked, options={}, what=WHAT, seconds=CONSENT_SECONDS)
    _check_bound(wanted, bound.get("shortcuts", ()))
    _carry_out(told, stack, monitor)


def _check_bound(wanted: Mapping[str, Chord], bound: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Raise `NoDesktop` if the keys that stop were not given: a shortcut may be there without keys."""
    given = dict(bound)
    if STOP in wanted and (STOP not in given or given[STOP].get("trigger_description", ("s", "?"))[1] == ""):
        raise NoDesktop(f"it gave no keys for {IDS[STOP]!r}: another program may have them")


def _carry_out(told: queue.SimpleQueue[Callable[[], None] | None], stack: ExitStack, monitor: UserInputMonitor) -> None:
    def listen() -> None:
        while (does := told.get()) is not None:
            try:
                does()
            except BaseException:
                monitor.control.stop()  # nobody would hear the stop keys any more
                raise

    thread = threading.Thread(target=listen, name="oversight of keys", daemon=True)
    thread.start()
    stack.callback(thread.join)
    stack.callback(told.put, None)


def _listen_for_touches(
    link: PortalLink, session: WaylandSession, clock: SendClock, stack: ExitStack, monitor: UserInputMonitor
) -> None:
    """By mutter's idle time or the compositor's idle notice; both are told to every program of a session."""
    if _tells_idle_time(link):
        listen_to_idle_time(link.address, stack, monitor)
        return
    try:
        from screenagent.desktop.wayland.wlroots_listening import listen_for_touches
    except ImportError as reason:
        raise NoDesktop(BLIND.format(reason="or `pip install 'screenagent[wayland]'` is needed for it")) from reason
    try:
        listen_for_touches(session, stack, monitor, sent=clock)
    except NoDesktop as reason:
        raise NoDesktop(BLIND.format(reason=reason)) from reason


def _tells_idle_time(link: PortalLink) -> bool:
    try:
        link.bus.call(IDLE, "GetIdletime")
    except (CallRefused, ShellLost):
        return False
    return True
