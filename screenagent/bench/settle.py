"""`bench settle`: how often a screen is called settled too early, where a window pops up 50 to 800 ms after a click."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

import numpy as np

from screenagent.actions import Click
from screenagent.bench.results import percentile, wilson
from screenagent.control import Control
from screenagent.desktop.testing.probe import Probe, Shows
from screenagent.desktop.testing.probe_window import POPUP
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.events import Approve
from screenagent.geometry import Value
from screenagent.protocols import Approved
from screenagent.screenshot import Screenshot

POPUPS: Final = 100
EARLIEST, LATEST = 0.05, 0.8


class SettleSummary(Value):
    """`late_ms`: from the popup's paint to the screen that was given back."""

    n: int
    too_early: float
    interval: tuple[float, float] | None
    late_ms_p50: float | None
    late_ms_p95: float | None


def run_settle(
    *, popups: int = POPUPS, seed: int = 0, progress: Callable[[int], None] = lambda _: None
) -> SettleSummary:
    """Each popup comes after another random time, in a window of its own; the expectation is to see it."""
    chance = random.Random(seed)
    control = Control()
    late: list[float] = []
    with VirtualDesktop(control=control) as virtual:
        for number in range(popups):
            lateness = _late_ms(virtual, chance.uniform(EARLIEST, LATEST))
            late += [] if lateness is None else [lateness]
            progress(number + 1)
    early = popups - len(late)
    return SettleSummary(
        n=popups,
        too_early=early / popups,
        interval=wilson(early, popups),
        late_ms_p50=percentile(late, 50),
        late_ms_p95=percentile(late, 95),
    )


def _late_ms(virtual: VirtualDesktop, after: float) -> float | None:
    """Return the milliseconds from the popup's paint to the settled screen; None if that does not show the popup."""
    desktop = virtual.desktop
    with Probe(virtual.display, shows=Shows(popup=after, caret=True)) as probe:
        before = desktop.settled()
        location = probe.location("one", desktop.display)
        desktop.perform(Approved(action=Click(target="One"), locations=(location,), on=before, verdict=Approve()))
        settled = desktop.settled(_shows_popup)
        moment = time.monotonic()
        if not _shows_popup(settled):
            return None
        painted = next(receipt for receipt in probe.drain() if receipt.get("what") == "popup")
        return float(moment - painted["at"]) * 1000


def _shows_popup(screen: Screenshot) -> bool:
    return bool((np.asarray(screen.pixels) == POPUP).all(axis=2).any())
