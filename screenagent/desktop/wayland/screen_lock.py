"""Whether the screen of a Wayland session is locked or off, by its buses and by Sway.

Where a locker is at work, Sway gives the keys and the mouse to it alone; no bus has to be told of that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from screenagent.desktop.session_lock import OFF, SessionLock

if TYPE_CHECKING:
    from screenagent.desktop.wayland.session import WaylandSession

LOCKERS: Final = ("swaylock", "gtklock", "waylock", "hyprlock", "schlock")
PROCESSES: Final = Path("/proc")
UNFOCUSED: Final = (
    "no window has the focus, as something that is no window takes all input, such as a lock screen or a panel, "
    "so the agent waits"
)


class SwayAnswers(Protocol):
    """What Sway tells of its windows and monitors."""

    def tree(self) -> Any: ...
    def outputs(self) -> Any: ...


class WaylandLock:
    """Of a session; `sway` is its compositor if that is Sway."""

    def __init__(self, session: WaylandSession, sway: SwayAnswers | None = None) -> None:
        self.sway = sway
        with ExitStack() as stack:
            self._session = stack.enter_context(closing(SessionLock(session.session_bus)))
            self._stack = stack.pop_all()

    def close(self) -> None:
        self._stack.close()

    def __call__(self) -> str | None:
        """Why nothing can be done on the screen now; None where it can."""
        return self._session() or (why_no_input(self.sway) if self.sway else None)


def open_wayland_lock(stack: ExitStack, session: WaylandSession) -> WaylandLock:
    """Open what says whether the screen of a session is locked, for as long as `stack` is."""
    from screenagent.desktop.wayland.sway_ipc import SwayIpc, sway_socket

    path = sway_socket(session)
    sway = stack.enter_context(closing(SwayIpc(path))) if path else None
    return stack.enter_context(closing(WaylandLock(session, sway)))


def why_no_input(sway: SwayAnswers) -> str | None:
    """Return why no window of Sway would get an input; None if one would.

    A window or, if there are none, the workspace has the focus, unless something takes all input that is no window.
    """
    if _are_off(sway.outputs()):
        return OFF
    if _has_focus(sway.tree()):
        return None
    locker = next(running(LOCKERS), None)
    return f"the screen is locked by {locker}, so the agent waits" if locker else UNFOCUSED


def _are_off(outputs: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether all monitors are switched off to save power, but not unplugged or switched off for good."""
    active = [output for output in outputs if output.get("active")]
    return bool(active) and not any(output.get("power", output.get("dpms", True)) for output in active)


def _has_focus(node: Mapping[str, Any]) -> bool:
    below = (*node.get("nodes", ()), *node.get("floating_nodes", ()))
    return bool(node.get("focused")) or any(map(_has_focus, below))


def running(names: Sequence[str]) -> Iterator[str]:
    """Yield which of these programs are running."""
    for process in PROCESSES.glob("[0-9]*/comm"):
        try:
            name = process.read_text().strip()
        except OSError:  # it ended meanwhile
            continue
        if name in names:
            yield name
