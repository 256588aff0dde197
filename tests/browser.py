"""Headless Chromium, driven over a pipe by its DevTools protocol, for looking at pages as a reader does."""

from __future__ import annotations

import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    *("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-pipe"),
)

PAGE_IS_GONE = ("navigated or closed", "context was destroyed", "Cannot find context", "context with specified id")

# Chromium reads commands from descriptor 3 and writes to 4; `subprocess` has no way to say which becomes which.
ON_3_AND_4 = """
import fcntl, os, sys
commands, answers = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(commands, 3)
os.dup2(answers, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


@dataclass
class Tab:
    """One page, and what it complained about on its console."""

    commands: BinaryIO
    answers: FileIO
    session: str = ""
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list, repr=False)
    _numbers: Iterator[int] = field(default_factory=itertools.count, repr=False)
    _read: bytes = field(default=b"", repr=False)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.commands.write(json.dumps(message).encode() + b"\0")
        self.commands.flush()
        while True:
            answer = self._next()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])
            self._note(answer)

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && [...document.images].every(image => image.complete)")

    def reload(self) -> None:
        """Load the page anew; what held of the old document is not asked of it again."""
        self.evaluate("window.isTheOldPage = true")
        self.call("Page.reload")
        self.until("!window.isTheOldPage && document.readyState === 'complete'")

    def evaluate(self, expression: str) -> Any:
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"]["description"])
        return result["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait until `condition` holds, also on a page that replaces this one; fail after 20 seconds."""
        script = (
            "new Promise(done => {"
            "  const began = performance.now(), late = () => performance.now() - began > 20000;"
            f" const look = () => ({condition}) ? done(true) : late() ? done(false) : requestAnimationFrame(look);"
            "  look();"
            "})"
        )
        deadline = time.monotonic() + 20
        while True:
            try:
                assert self.evaluate(script), f"never came true: {condition}"
                return
            except RuntimeError as error:
                # A page that goes takes the question with it.
                if not any(words in str(error) for words in PAGE_IS_GONE) or time.monotonic() > deadline:
                    raise

    def press(self, key: str) -> None:
        text = {"text": key} if len(key) == 1 else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key)

    def click(self, selector: str) -> None:
        x, y = self.evaluate(
            f"(() => {{ const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            "return [box.left + box.width / 2, box.top + box.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def resize(self, width: int, height: int, *, dark: bool = False, scale: float = 1) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, path: Path, *, whole_page: bool = False) -> None:
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole_page)
        path.write_bytes(b64decode(shot["data"]))

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            if not select.select([self.answers], [], [], 60)[0]:
                raise TimeoutError("Chromium has not answered for a minute")
            more = os.read(self.answers.fileno(), 1 << 20)
            if not more:
                raise EOFError("Chromium ended")
            self._read += more
        message, _, self._read = self._read.partition(b"\0")
        return dict(json.loads(message))

    def _note(self, event: dict[str, Any]) -> None:
        match event:
            case {"method": "Runtime.exceptionThrown", "params": {"exceptionDetails": details}}:
                self.complaints.append(str(details))
            case {"method": "Log.entryAdded", "params": {"entry": entry}}:
                self.complaints.append(str(entry["text"]))
            case {"method": "Network.requestWillBeSent", "params": {"request": request}}:
                self.requests.append(str(request["url"]))


@contextmanager
def chromium(profile: Path) -> Iterator[Tab]:
    """A tab of a fresh Chromium, which is gone afterwards."""
    assert CHROMIUM, "no Chromium is installed"
    read_commands, write_commands = os.pipe()
    read_answers, write_answers = os.pipe()
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", ON_3_AND_4, str(read_commands), str(write_answers)),
            *(CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"),
        ],
        pass_fds=(read_commands, write_answers),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(read_commands)
    os.close(write_answers)
    with os.fdopen(write_commands, "wb") as commands, os.fdopen(read_answers, "rb", buffering=0) as answers:
        try:
            tab = Tab(commands, answers)
            page = next(info for info in tab.call("Target.getTargets")["targetInfos"] if info["type"] == "page")
            attached = tab.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
            tab.session = attached["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                tab.call(f"{domain}.enable")
            yield tab
            # It writes to its profile until it has closed, which must not be removed under it.
            tab.call("Browser.close")
            process.wait()
        finally:
            process.kill()
            process.wait()
