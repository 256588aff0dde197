"""The pages of MiniWoB++: the harness, not the agent, begins tasks and reads rewards."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Final

from screenagent.bench.devtools import BrowserPage, browser
from screenagent.control import Control
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.errors import WrongUsage
from screenagent.geometry import Size, Value

SCREEN: Final = Size(width=640, height=480)
"""A task is a page of 160 × 210 CSS pixels; the rest of a larger screen would be empty."""
SCALE: Final = 2

EPISODE_MS: Final = 600_000

LOADED: Final = 'typeof core != "undefined" && document.readyState == "complete" && core.cover_div != null'
UTTERANCE: Final = '(said => typeof said == "string" ? said : said.utterance)(core.getUtterance())'


class MissingTasks(WrongUsage):
    """The pages of MiniWoB++ are not installed; the text says how to get them."""

    code = "missing_tasks"


class Reward(Value):
    """What the page says of the episode so far."""

    done: bool
    raw: float
    reason: str = ""


class TaskPage:
    """The page of a task."""

    def __init__(self, page: BrowserPage) -> None:
        self._page = page

    def start(self, task: str, *, seed: int) -> str:
        """Load `task` afresh and begin it; what it asks for."""
        self._page.load((pages() / f"{task}.html").as_uri(), ready=LOADED)
        start = resources.files("screenagent.bench.miniwob").joinpath("start.js").read_text("utf-8")
        self._page.evaluate(f"({start.strip()})({seed}, {EPISODE_MS})")
        self._page.until("WOB_TASK_READY")
        self._page.painted()
        return " ".join(str(self._page.evaluate(UTTERANCE)).split())

    def reward(self) -> Reward:
        done, raw, reason = self._page.evaluate("[WOB_DONE_GLOBAL, WOB_RAW_REWARD_GLOBAL, WOB_REWARD_REASON]")
        return Reward(done=done, raw=raw, reason=str(reason or ""))


@contextmanager
def task_browser(control: Control) -> Iterator[tuple[VirtualDesktop, TaskPage]]:
    """A virtual desktop with nothing but the page on it."""
    pages()
    shown = ("--kiosk", "--allow-file-access-from-files", f"--force-device-scale-factor={SCALE}", "about:blank")
    with browser(control, *shown, size=SCREEN) as (virtual, page):
        yield virtual, TaskPage(page)


def pages() -> Path:
    package = importlib.util.find_spec("miniwob")
    if package is None or package.origin is None:
        raise MissingTasks('the pages of MiniWoB++ are not installed: pip install "screenagent[bench]"')
    return Path(package.origin).parent / "html" / "miniwob"
