"""`bench page`: how heavy the page of a live run is, how soon it shows it, and how long a key in it takes to the click.

The run and its desktop are in this process, the page's server and Chromium, without a window, in two of their own.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from screenagent.agent import drive
from screenagent.approval import Policy, PolicyApprover
from screenagent.bench.devtools import FLAGS, BrowserPage, connected
from screenagent.bench.results import percentile_ms
from screenagent.bench.steps import clicker, probed
from screenagent.desktop.testing.probe import Probe
from screenagent.errors import UserError
from screenagent.events import Event, Reviewed
from screenagent.geometry import Value
from screenagent.sessions.messages import About
from screenagent.sessions.server import served
from screenagent.sessions.session import Session

CLICKS: Final = 30
OPENINGS: Final = 5
TASK: Final = "click the targets in turn"
SHOWS: Final = "document.getElementById('screen')?.style.visibility == 'visible'"
LISTENS: Final = "document.querySelector('[data-what=approve][aria-disabled=false]') != null"
PAINT: Final = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
WEIGHT: Final = "performance.getEntriesByType('navigation')[0].transferSize"


class PageSummary(Value):
    """The page without its pictures, in kilobytes. Milliseconds from the start of loading it to the first paint and to
    the picture of the screen, and from a key in it to the verdict in the run and to the click in the window."""

    page_kb: float
    first_paint_ms_p50: float | None
    picture_ms_p50: float | None
    answered_ms_p50: float | None
    answered_ms_p95: float | None
    clicked_ms_p50: float | None
    clicked_ms_p95: float | None
    n: int


class NoPage(UserError):
    """The page's server did not start."""

    code = "no_page"


def run_page(*, clicks: int = CLICKS) -> PageSummary:
    """Open the page of a run some times, then approve its clicks by a key, each a moment after it began to listen."""
    with probed() as (desktop, probe, control), headless() as page:
        session = Session(About(run=f"bench-page-{os.getpid()}", task=TASK, pid=os.getpid()), control)
        reviewed = _Reviewed()
        approver = PolicyApprover(session.ask, policy=Policy())
        agent = clicker(desktop, probe, control, clicks, approver=approver)
        with served(session), page_served(session.about.run) as links:
            working = threading.Thread(target=drive, args=(agent, TASK, session, reviewed), daemon=True)
            working.start()
            opened = [_open(page, next(links)) for _ in range(OPENINGS)]
            weight = page.evaluate(WEIGHT)
            pressed = [_press(page, probe, reviewed) for _ in range(clicks)]
            control.stop()
            working.join()
    return _page_summary(weight, opened, pressed)


class _Reviewed:
    """Hears when the run had its verdict."""

    def __init__(self) -> None:
        self.came = threading.Event()
        self.at = 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, Reviewed):
            self.at = time.monotonic()
            self.came.set()


def _open(page: BrowserPage, link: str) -> tuple[float, float]:
    """Return the seconds to the first paint, as the browser has it, and to the picture."""
    page.load("about:blank")
    began = time.monotonic()
    page.load(link, ready=SHOWS)
    return page.evaluate(PAINT) / 1000, time.monotonic() - began


def _press(page: BrowserPage, probe: Probe, reviewed: _Reviewed) -> tuple[float, float]:
    page.until(LISTENS)
    time.sleep(random.uniform(0.2, 0.5))  # a person reads before they answer
    reviewed.came.clear()
    began = time.monotonic()
    page.call("Input.dispatchKeyEvent", type="keyDown", key="y", code="KeyY", text="y")
    page.call("Input.dispatchKeyEvent", type="keyUp", key="y", code="KeyY")
    clicked = probe.wait_for("press")["at"] - began
    reviewed.came.wait(1)
    return reviewed.at - began, clicked


@contextmanager
def headless() -> Iterator[BrowserPage]:
    with TemporaryDirectory(prefix="screenagent-bench-", ignore_cleanup_errors=True) as profile:
        command = ("chromium", "--headless", *FLAGS, f"--user-data-dir={profile}", "about:blank")
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with connected(Path(profile)) as page:
                page.call("Emulation.setFocusEmulationEnabled", enabled=True)
                yield page
        finally:
            browser.kill()
            browser.wait()


@contextmanager
def page_served(run: str) -> Iterator[Iterator[str]]:
    """Serve the page of a run in a process of its own; yields its links, each of which works once."""
    command = (sys.executable, "-m", "screenagent", "web", run, "--allow-answers")
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None  # it was opened with a pipe
    try:
        yield map(_link_in, server.stderr)
    finally:
        server.terminate()
        server.communicate()


def _link_in(line: str) -> str:
    found = re.search(r"http://\S+", line)
    if found is None:
        raise NoPage(f"the page's server said: {line.strip()}")
    return found[0]


def _page_summary(weight: float, opened: list[tuple[float, float]], pressed: list[tuple[float, float]]) -> PageSummary:
    paints, pictures = ([one[which] for one in opened] for which in (0, 1))
    answered, clicked = ([one[which] for one in pressed] for which in (0, 1))
    return PageSummary(
        page_kb=round(weight / 1000, 1),
        first_paint_ms_p50=percentile_ms(paints, 50),
        picture_ms_p50=percentile_ms(pictures, 50),
        answered_ms_p50=percentile_ms(answered, 50),
        answered_ms_p95=percentile_ms(answered, 95),
        clicked_ms_p50=percentile_ms(clicked, 50),
        clicked_ms_p95=percentile_ms(clicked, 95),
        n=len(pressed),
    )
