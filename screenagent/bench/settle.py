"""`bench settle`: how often a screen is called settled too early, where a window pops up 50 to 800 ms after a click."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

import numpy as np

from screenagent.actions import Click
from screenagent.bench.statistics import percentile, wilson
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
    early = 0
    late: list[float] = []
    with VirtualDesktop(control=control) as virtual:
        for number in range(popups):
            after = chance.uniform(EARLIEST, LATEST)
            seen, lateness = _popup(virtual, after)
            early += not seen
            late += [lateness] if lateness is not None else []
            progress(number + 1)
    return SettleSummary(
        n=popups,
        too_early=early / popups,
        interval=wilson(early, popups),
        late_ms_p50=percentile(late, 50),
        late_ms_p95=percentile(late, 95),
    )


def _popup(virtual: VirtualDesktop, after: float) -> tuple[bool, float | None]:
    """Whether the settled screen showed the popup, and how many milliseconds after it was painted."""
    desktop = virtual.desktop
    with Probe(virtual.display, shows=Shows(popup=after, caret=True)) as probe:
        before = desktop.settled()
        location = probe.location("one", desktop.display)
        desktop.perform(Approved(action=Click(target="One"), locations=(location,), on=before, verdict=Approve()))
        settled = desktop.settled(_shows_popup)
        moment = time.monotonic()
        if not _shows_popup(settled):
            return False, None
        painted = next(receipt for receipt in probe.drain() if receipt.get("what") == "popup")
        return True, (moment - painted["at"]) * 1000


def _shows_popup(screen: Screenshot) -> bool:
    return bool((np.asarray(screen.pixels) == POPUP).all(axis=2).any())
