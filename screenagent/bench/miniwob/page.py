"""Chromium on a virtual desktop; the harness, not the agent, loads tasks and reads rewards by its debugging port."""

from __future__ import annotations

import importlib.util
import itertools
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.request import urlopen

import websocket

from screenagent.control import Control, until
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.errors import WrongUsage
from screenagent.geometry import Size, Value

SCREEN: Final = Size(width=640, height=480)
"""A task is a page of 160 × 210 CSS pixels; the rest of a larger screen would be empty."""
SCALE: Final = 2

FLAGS: Final = (
    *("--kiosk", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--password-store=basic"),
    *("--disable-features=Translate,PasswordManagerOnboarding", "--allow-file-access-from-files"),
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--window-position=0,0", f"--force-device-scale-factor={SCALE}"),
    *("--remote-debugging-port=0", "--remote-allow-origins=*"),
)
READY_SECONDS: Final = 20.0
EPISODE_MS: Final = 600_000

PAINTED: Final = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30))))"
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
    """The one page of the browser, spoken to by the DevTools protocol."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    def start(self, task: str, *, seed: int) -> str:
        """Load `task` afresh and begin it; what it asks for."""
        self._call("Page.navigate", url=(pages() / f"{task}.html").as_uri())
        self._until('typeof core != "undefined" && document.readyState == "complete" && core.cover_div != null')
        start = resources.files("screenagent.bench.miniwob").joinpath("start.js").read_text("utf-8")
        self._evaluate(f"({start.strip()})({seed}, {EPISODE_MS})")
        self._until("WOB_TASK_READY")
        self._evaluate(PAINTED)
        return " ".join(str(self._evaluate(UTTERANCE)).split())

    def reward(self) -> Reward:
        done, raw, reason = self._evaluate("[WOB_DONE_GLOBAL, WOB_RAW_REWARD_GLOBAL, WOB_REWARD_REASON]")
        return Reward(done=done, raw=raw, reason=str(reason or ""))

    def _evaluate(self, expression: str) -> Any:
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", expression))
        return answer["result"].get("value")

    def _until(self, condition: str) -> None:
        if not until(lambda: self._evaluate(condition), seconds=READY_SECONDS):
            raise TimeoutError(f"the page never came to {condition}")

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])


@contextmanager
def browser(control: Control) -> Iterator[tuple[VirtualDesktop, TaskPage]]:
    """A virtual desktop with nothing but the page on it."""
    pages()
    with TemporaryDirectory(prefix="screenagent-miniwob-", ignore_cleanup_errors=True) as profile:
        size = f"--window-size={SCREEN.width},{SCREEN.height}"
        command = ("chromium", *FLAGS, size, f"--user-data-dir={profile}", "about:blank")
        with (
            VirtualDesktop(command, control=control, size=SCREEN) as virtual,
            closing(_socket(Path(profile))) as socket,
        ):
            yield virtual, TaskPage(socket)


def _socket(profile: Path) -> websocket.WebSocket:
    told = profile / "DevToolsActivePort"
    if not until(lambda: told.exists() and told.read_text().strip(), seconds=READY_SECONDS):
        raise TimeoutError(f"Chromium has not said its port within {READY_SECONDS:g} s")
    port = told.read_text().split()[0]
    with urlopen(f"http://127.0.0.1:{port}/json", timeout=READY_SECONDS) as answer:
        page = next(target for target in json.load(answer) if target["type"] == "page")
    return websocket.create_connection(page["webSocketDebuggerUrl"], timeout=READY_SECONDS)


def pages() -> Path:
    package = importlib.util.find_spec("miniwob")
    if package is None or package.origin is None:
        raise MissingTasks('the pages of MiniWoB++ are not installed: pip install "screenagent[bench]"')
    return Path(package.origin).parent / "html" / "miniwob"
