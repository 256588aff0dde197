"""What changes by itself is learned by one thread while another asks and forgets."""

from __future__ import annotations

import threading

import numpy as np

from screenagent.desktop.ambient_changes import AmbientChanges
from screenagent.desktop.frames import Patch

CLOCK = Patch(8, 8, 16, 16)
BEFORE = np.zeros((160, 160), dtype=np.uint32)
AFTER = BEFORE.copy()
AFTER[8:16, 8:16] = 1


class InTheMiddle(float):
    """A moment that starts another thread as soon as the learning counts with it, and lets that thread run."""

    other: threading.Thread

    def __sub__(self, seconds: float) -> float:
        if self.other.ident is None:
            self.other.start()
            self.other.join(timeout=0.2)
        return float(self) - seconds


def test_what_is_forgotten_in_the_middle_of_learning_stays_forgotten() -> None:
    ambient = AmbientChanges()
    ambient.learn(BEFORE, AFTER, at=1.0)
    assert ambient.holds(CLOCK, at=1.0)
    moment = InTheMiddle(2.0)
    moment.other = threading.Thread(target=ambient.forget)
    ambient.learn(BEFORE, BEFORE, at=moment)
    moment.other.join()
    assert not ambient.holds(CLOCK, at=2.0)
