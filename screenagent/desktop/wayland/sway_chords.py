"""The keys by which the user steers the agent, heard by Sway wherever they are pressed; no program sees them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
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
VARIABLE: Final = re.compile(r"^\s*set\s+(\$\S+)\s+(.+?)\s*$", re.MULTILINE)
NAME: Final = "screenagent"
"""What the bindings do, so that they can be told from the user's: nothing, under this name."""
ALWAYS: Final = "--locked --inhibited"
"""The keys are heard while the screen is locked, and while a program, such as a remote desktop, gets all others."""
RELOADED: Final = ("workspace", "reload")


class SwayChords:
    """Binds the keys until this is closed. `NoDesktop` for keys that Sway or the user's own bindings will not give.

    A binding holds for one mode of bindings, and until the configuration is read again. So the keys are bound anew when
    either changes.
    """

    def __init__(self, path: str, chords: Sequence[Chord]) -> None:
        self._ipc = SwayIpc(path)
        self._bound: dict[str, Callable[[], None]] = {}
        self._modes: set[str] = set()
        try:
            self._events = SwayEvents(path, "binding", "shutdown", "mode", "workspace")
            taken = bound_in(self._ipc.config())
            for keys, does in chords:
                if keys:
                    self._bind(keys, does, taken)
            self._modes.add(self._ipc.binding_mode())
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
            self._ipc.command(binding_of(spelled))
        except Retry as refused:
            raise NoDesktop(f"Sway does not take the keys {called!r} ({refused}); choose others") from refused
        self._bound[spelled] = does

    def close(self) -> None:
        with suppress(CompositorGone, Retry):
            self._unbind()
        self._bound.clear()
        self._ipc.close()
        if events := getattr(self, "_events", None):
            events.close()

    def _unbind(self) -> None:
        unbound = [f"unbindsym {ALWAYS} {spelled}" for spelled in self._bound]
        now = self._ipc.binding_mode()
        for mode in self._modes - {now}:  # in one command, so that no key is pressed meanwhile
            with suppress(Retry):  # the user has bound them anew there
                self._ipc.command("; ".join((f'mode "{mode}"', *unbound, f'mode "{now}"')))
        for command in unbound:
            self._ipc.command(command)

    def heed(self, seconds: float) -> None:
        """Do what the keys say that are pressed within `seconds`."""
        for event in self._events.came(seconds):
            command = str(event.about.get("binding", {}).get("command", ""))
            for spelled, does in tuple(self._bound.items()):
                if command == f"nop {NAME} {ours_for(spelled)}":
                    does()
            if event.kind == "mode" or (event.kind, event.change) == RELOADED:
                self._bind_anew(is_reloaded=event.kind != "mode")

    def _bind_anew(self, *, is_reloaded: bool) -> None:
        if is_reloaded:
            self._modes.clear()
        if (mode := self._ipc.binding_mode()) in self._modes or '"' in mode:
            return
        for spelled in self._bound:
            self._ipc.command(binding_of(spelled))
        self._modes.add(mode)


def binding_of(spelled: str) -> str:
    """Return the command that binds keys; what was bound to them before gives way."""
    return f"bindsym --no-warn {ALWAYS} {spelled} nop {NAME} {ours_for(spelled)}"


def sway_keys(keys: Sequence[str]) -> str:
    """Return keys as Sway spells them."""
    return "+".join(NAMES.get(key) or (key.upper() if re.fullmatch(r"f\d+", key) else key) for key in keys)


def ours_for(spelled: str) -> str:
    """Return keys that Sway spells as we do."""
    ours = {theirs.casefold(): key for key, theirs in NAMES.items()} | CALLED_ALIKE
    return "+".join(ours.get(key.casefold(), key.casefold()) for key in re.split(r"\+(?!$)", spelled))


def bound_in(config: str) -> frozenset[frozenset[str]]:
    """Return the keys that a configuration binds, with its own variables replaced, but without what it includes."""
    variables = dict(VARIABLE.findall(config))
    found = (_replaced(match[2], variables) for match in BOUND.finditer(config))
    return frozenset(frozenset(ours_for(spelled).split("+")) for spelled in found)


def _replaced(spelled: str, variables: Mapping[str, str]) -> str:
    for name in sorted(variables, key=len, reverse=True):  # of two that begin alike, the longer one is meant
        spelled = spelled.replace(name, variables[name])
    return spelled
