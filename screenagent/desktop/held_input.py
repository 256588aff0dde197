"""What the agent holds down: it comes up again, whatever ends the holding."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Literal

from screenagent.desktop.sent_input import SentInput

HeldKind = Literal["key", "button"]
Lift = Callable[[], None]


class HeldInput:
    """The keys and buttons that are down, each with how to lift it; on X, a watchdog process keeps the same list."""

    def __init__(self, display: str | None, *, ledger: SentInput) -> None:
        self._ledger = ledger
        self._down: dict[tuple[HeldKind, int], Lift] = {}
        self._watchdog = _watchdog(display) if display else None

    def close(self) -> None:
        self.lift_all()
        if self._watchdog:
            self._watchdog.communicate()

    def down(self, kind: HeldKind, code: int, lift: Lift) -> None:
        """Said before a press is sent, so that no press goes unrecorded."""
        self._down[kind, code] = lift
        self._ledger.stroke(kind, code, pressed=True)
        self._tell(f"down {kind} {code}")

    def up(self, kind: HeldKind, code: int) -> None:
        self._ledger.stroke(kind, code, pressed=False)
        self._down.pop((kind, code))()
        self._tell(f"up {kind} {code}")

    def lift_all(self) -> None:
        for kind, code in reversed(tuple(self._down)):
            self.up(kind, code)

    def _tell(self, line: str) -> None:
        if self._watchdog and self._watchdog.stdin:
            self._watchdog.stdin.write(f"{line}\n")
            self._watchdog.stdin.flush()


def _watchdog(display: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "screenagent.desktop.x11.release_watchdog", display],
        stdin=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a Ctrl-C in the terminal is not for it
    )
