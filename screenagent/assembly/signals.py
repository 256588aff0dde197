"""What Ctrl-C, SIGTERM and SIGUSR1 do while the agent works."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from screenagent.control import Control


@contextmanager
def stoppable_control() -> Iterator[Control]:
    """A control that Ctrl-C and SIGTERM stop; a second Ctrl-C interrupts whatever hangs."""
    control = Control()

    def stop() -> None:
        control.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    with on_signals(stop=stop, resume=control.resume):
        yield control


@contextmanager
def on_signals(*, stop: Callable[[], None], resume: Callable[[], None]) -> Iterator[None]:
    """Meanwhile Ctrl-C and SIGTERM do the one, and SIGUSR1, where there is one, the other."""
    heeded = {signal.SIGINT: stop, signal.SIGTERM: stop}
    if hasattr(signal, "SIGUSR1"):
        heeded[signal.SIGUSR1] = resume

    def heed(number: int, _frame: FrameType | None) -> None:
        heeded[signal.Signals(number)]()

    before = {number: signal.signal(number, heed) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
