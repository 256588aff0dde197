"""Chromium on a virtual desktop. The bench, not the agent, loads pages and asks them by the debugging port."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.request import ProxyHandler, build_opener

import websocket

from screenagent.control import Control, until
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.geometry import Size

FLAGS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--password-store=basic"),
    *("--disable-features=Translate,PasswordManagerOnboarding", "--window-position=0,0"),
    *("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-port=0"),
    "--remote-allow-origins=*",
)
READY_SECONDS: Final = 20.0

PAINTED: Final = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30))))"


class BrowserPage:
    """The one page of the browser, spoken to by the DevTools protocol."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.call("Page.enable")  # or the page's dialogs would not be known

    def load(self, url: str, *, ready: str = 'document.readyState == "complete"') -> None:
        """Load the page at `url` in the place of another and its open dialog, and wait until `ready` holds on it."""
        self.dismiss_dialog()
        self.call("Page.navigate", url=url)
        self.until(ready)

    def dismiss_dialog(self) -> None:
        """Close the dialog that the page waits for, if there is one: meanwhile it answers nothing."""
        with suppress(RuntimeError):  # there is mostly no dialog
            self.call("Page.handleJavaScriptDialog", accept=False)

    def painted(self) -> None:
        """Wait until what the page shows is on the screen."""
        self.evaluate(PAINTED)

    def evaluate(self, expression: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", expression))
        return answer["result"].get("value")

    def until(self, condition: str) -> None:
        if not until(lambda: self.evaluate(condition), seconds=READY_SECONDS):
            raise TimeoutError(f"the page never came to {condition}")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])


@contextmanager
def browser(control: Control, *arguments: str, size: Size) -> Iterator[tuple[VirtualDesktop, BrowserPage]]:
    """A virtual desktop of that size with nothing but a browser on it; `arguments` say what it opens, and how."""
    with TemporaryDirectory(prefix="screenagent-browser-", ignore_cleanup_errors=True) as profile:
        own = (f"--window-size={size.width},{size.height}", f"--user-data-dir={profile}")
        command = ("chromium", *FLAGS, *own, *arguments)
        with VirtualDesktop(command, control=control, size=size) as virtual, connected(Path(profile)) as page:
            yield virtual, page


@contextmanager
def connected(profile: Path) -> Iterator[BrowserPage]:
    """Speak to the one page of the browser that was started with this folder as its profile."""
    with closing(_socket(profile)) as socket:
        yield BrowserPage(socket)


def _socket(profile: Path) -> websocket.WebSocket:
    told = profile / "DevToolsActivePort"
    if not until(lambda: told.exists() and told.read_text().strip(), seconds=READY_SECONDS):
        raise TimeoutError(f"Chromium has not said its port within {READY_SECONDS:g} s")
    port = told.read_text().split()[0]
    direct = build_opener(ProxyHandler({}))  # no proxy has to do with a page on this machine
    with direct.open(f"http://127.0.0.1:{port}/json", timeout=READY_SECONDS) as answer:
        page = next(target for target in json.load(answer) if target["type"] == "page")
    return websocket.create_connection(page["webSocketDebuggerUrl"], timeout=READY_SECONDS, http_no_proxy=["*"])
