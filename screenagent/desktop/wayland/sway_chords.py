"""The keys by which the user steers the agent, heard by Sway wherever they are pressed; no program sees them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from screenagent.desktop import NoDesktop
from screenagent.desktop.wayland.connection import CompositorGone
from screenagent.desktop.wayland.sway_ipc import SwayEvents, SwayIpc
from screenagent.keys import MODIFIERS
from screenagent.protocols import Retry

Chord = tuple[tuple[str, ...], Callable[[], None]]

NAMES: Final = {
    "ctrl": "Ctrl",
    "shift": "Shift",
    "alt": "Mod1",
    "super": "Mod4",
    "enter": "Return",
    "space": "space",
    "backspace": "BackSpace",
    "page_up": "Prior",
    "page_down": "Next",
    "print_screen": "Print",
    "caps_lock": "Caps_Lock",
    "num_lock": "Num_Lock",
    "scroll_lock": "Scroll_Lock",
    **{name: name.title() for name in ("tab", "delete", "insert", "escape", "up", "down", "left", "right")},
    **{name: name.title() for name in ("home", "end", "pause", "menu")},
}
"""What Sway calls the keys that it does not call by the character that they make."""
CALLED_ALIKE: Final = {"control": "ctrl", "mod1": "alt", "mod4": "super", "prior": "page_up", "next": "page_down"}
BOUND: Final = re.compile(r"^\s*bindsym\s+((?:--\S+\s+)*)(\S+)", re.MULTILINE)
NAME: Final = "screenagent"
"""What the bindings do, so that they can be told from the user's: nothing, under this name."""


class SwayChords:
    """Binds the keys until this is closed. `NoDesktop` for keys that Sway or the user's own bindings will not give."""

    def __init__(self, path: str, chords: Sequence[Chord]) -> None:
        self._ipc = SwayIpc(path)
        self._bound: dict[str, Callable[[], None]] = {}
        try:
            self._events = SwayEvents(path, "binding", "shutdown")
            taken = bound_in(self._ipc.config())
            for keys, does in chords:
                if keys:
                    self._bind(keys, does, taken)
        except BaseException:
            self.close()
            raise

    def _bind(self, keys: tuple[str, ...], does: Callable[[], None], taken: frozenset[frozenset[str]]) -> None:
        called = "+".join(keys)
        if all(key in MODIFIERS for key in keys):
            raise NoDesktop(f"Sway hears no {called!r} without another key; choose others with the setting stop_keys")
        if frozenset(keys) in taken:
            raise NoDesktop(f"{called!r} does something else in your Sway; choose others with the setting stop_keys")
        spelled = sway_keys(keys)
        try:
            self._ipc.command(f"bindsym --no-warn {spelled} nop {NAME} {called}")
        except Retry as refused:
            raise NoDesktop(f"Sway does not take the keys {called!r} ({refused}); choose others") from refused
        self._bound[spelled] = does

    def close(self) -> None:
        with suppress(CompositorGone, Retry):
            for spelled in self._bound:
                self._ipc.command(f"unbindsym {spelled}")
        self._bound.clear()
        self._ipc.close()
        if events := getattr(self, "_events", None):
            events.close()

    def heed(self, seconds: float) -> None:
        """Do what the keys say that are pressed within `seconds`."""
        for event in self._events.came(seconds):
            command = str(event.about.get("binding", {}).get("command", ""))
            for spelled, does in tuple(self._bound.items()):
                if command == f"nop {NAME} {ours_for(spelled)}":
                    does()


def sway_keys(keys: Sequence[str]) -> str:
    """Return keys as Sway spells them."""
    return "+".join(NAMES.get(key) or (key.upper() if re.fullmatch(r"f\d+", key) else key) for key in keys)


def ours_for(spelled: str) -> str:
    """Return keys that Sway spells as we do."""
    ours = {theirs.casefold(): key for key, theirs in NAMES.items()} | CALLED_ALIKE
    return "+".join(ours.get(key.casefold(), key.casefold()) for key in re.split(r"\+(?!$)", spelled))


def bound_in(config: str) -> frozenset[frozenset[str]]:
    """Return the keys that a configuration binds, as far as it names them without variables of its own."""
    found = (match[2] for match in BOUND.finditer(config))
    return frozenset(frozenset(ours_for(spelled).split("+")) for spelled in found)
