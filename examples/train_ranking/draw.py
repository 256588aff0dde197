"""Draws pages in headless Chromium, with the places of their parts as its document tells them."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.request import urlopen

import websocket
from pages import Page

from screenagent.bench.devtools import FLAGS, READY_SECONDS, BrowserPage
from screenagent.control import until
from screenagent.geometry import Size

SIZES: Final = (Size(width=1280, height=720), Size(width=1024, height=768), Size(width=800, height=600))
MOST: Final = 9  # parts of a page that are asked for
_PLACES: Final = """
[...document.querySelectorAll('[data-part]')].flatMap(part => {
  const box = part.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
  const inside = box.width > 5 && box.height > 5 && box.left >= 0 && box.top >= 0
    && box.right <= innerWidth && box.bottom <= innerHeight;
  const top = inside && document.elementFromPoint(x, y);
  const seen = top && (part === top || part.contains(top) || top.contains(part));
  return seen ? [[part.dataset.part, box.x, box.y, box.width, box.height]] : [];
})
"""


@contextmanager
def headless() -> Iterator[BrowserPage]:
    """A browser without a window."""
    with TemporaryDirectory(prefix="screenagent-pages-", ignore_cleanup_errors=True) as profile:
        command = ["chromium", "--headless", "--hide-scrollbars", *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with closing(_socket(Path(profile))) as socket:
                yield BrowserPage(socket)
        finally:
            process.terminate()
            process.wait()


def _socket(profile: Path) -> websocket.WebSocket:
    told = profile / "DevToolsActivePort"
    if not until(lambda: told.exists() and told.read_text().strip(), seconds=READY_SECONDS):
        raise TimeoutError(f"Chromium has not said its port within {READY_SECONDS:g} s")
    with urlopen(f"http://127.0.0.1:{told.read_text().split()[0]}/json", timeout=READY_SECONDS) as answer:
        page = next(target for target in json.load(answer) if target["type"] == "page")
    return websocket.create_connection(page["webSocketDebuggerUrl"], timeout=READY_SECONDS)


def draw(browser: BrowserPage, page: Page, picture: Path, size: Size) -> dict[str, tuple[float, ...]]:
    """Take the picture of the page; return the boxes of the parts that can be seen, in pixels."""
    metrics = {"width": size.width, "height": size.height, "deviceScaleFactor": 1, "mobile": False}
    browser.call("Emulation.setDeviceMetricsOverride", **metrics)
    with TemporaryDirectory(prefix="screenagent-page-") as folder:
        file = Path(folder) / "page.html"
        file.write_text(page.html[0], encoding="utf-8")
        browser.load(file.as_uri())
        browser.painted()
        places = browser.evaluate(_PLACES)
        shot = browser.call("Page.captureScreenshot", format="png")
    picture.write_bytes(base64.b64decode(shot["data"]))
    return {mark: tuple(round(edge, 1) for edge in box) for mark, *box in places}


def questions(page: Page, boxes: dict[str, tuple[float, ...]], picture: str, app: str) -> Iterator[dict[str, Any]]:
    """Yield what is asked of the page, in the form that `screenagent bench ground` reads."""
    seen = [part for part in page.parts if part.mark in boxes]
    for part in page.chance.sample(seen, min(MOST, len(seen))):
        for phrase in part.phrases:
            known = {"img_filename": picture, "data_type": part.type, "app": app, "kind": part.kind}
            yield {**known, "instruction": phrase, "bbox": boxes[part.mark]}
    for phrase in page.absent:
        yield {"img_filename": picture, "app": app, "instruction": phrase, "bbox": None, "absent": "near"}
