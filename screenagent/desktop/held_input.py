"""What the agent holds down: it comes up again, whatever ends the holding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from screenagent.desktop.json_lines import Child, module_command
from screenagent.desktop.sent_input import SentInput

WATCHDOG: Final = "screenagent.desktop.x11.release_watchdog"

HeldKind = Literal["key", "button"]
Lift = Callable[[], None]


class HeldInput:
    """The keys and buttons that are down, each with how to lift it; on X, a watchdog process keeps the same list."""

    def __init__(self, display: str | None, *, ledger: SentInput) -> None:
        self._ledger = ledger
        self._down: dict[tuple[HeldKind, int], Lift] = {}
        self._watchdog = Child(module_command(WATCHDOG, display), detached=True) if display else None

    def close(self) -> None:
        self.lift_all()
        if self._watchdog:
            self._watchdog.end()

    def down(self, kind: HeldKind, code: int, lift: Lift) -> None:
        """Said before a press is sent, so that no press goes unrecorded."""
        self._down[kind, code] = lift
        self._ledger.stroke(kind, code, pressed=True)
        self._tell("down", kind, code)

    def up(self, kind: HeldKind, code: int) -> None:
        self._ledger.stroke(kind, code, pressed=False)
        self._down.pop((kind, code))()
        self._tell("up", kind, code)

    def lift_all(self) -> None:
        for kind, code in reversed(tuple(self._down)):
            self.up(kind, code)

    def _tell(self, direction: Literal["down", "up"], kind: HeldKind, code: int) -> None:
        if self._watchdog:
            self._watchdog.say(direction=direction, kind=kind, code=code)
