"""python docs/web_picture.py FOLDER: write the picture of docs/web.md, of a question in the page.

Begins a run in an editor on a virtual desktop, and opens its page; Chromium and mousepad have to be installed.
"""

from __future__ import annotations

import io
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Final

from PIL import Image

from screenagent.bench.page import LISTENS, SHOWS, headless, page_served

TASK: Final = "type 'Dear Ada, the tables are ready.', open the File menu, click Save As"
BEGIN: Final = ("run", TASK, "--virtual", "--app", "mousepad", "--detach", "--approve", "each")
WIDTH, HEIGHT = 1280, 820
COLOURS: Final = 96


def main(out: Path) -> None:
    run = _screenagent(*BEGIN)
    try:
        with headless() as page, page_served(run) as links:
            page.call(
                "Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=False
            )
            page.load(next(links), ready=f"{SHOWS} && {LISTENS}")
            page.call("Input.dispatchKeyEvent", type="keyDown", key="y", code="KeyY", text="y")
            page.until(f"document.querySelectorAll('#rows button').length > 1 && {SHOWS} && {LISTENS}")
            page.painted()
            taken = page.call("Page.captureScreenshot", format="png")["data"]
    finally:
        _screenagent("stop", run)
    picture = Image.open(io.BytesIO(b64decode(taken))).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(out / "web.png", optimize=True)


def _screenagent(*words: str) -> str:
    """Return the last line that a command prints."""
    told = subprocess.run((sys.executable, "-m", "screenagent", *words), stdout=subprocess.PIPE, text=True, check=False)
    return told.stdout.strip().splitlines()[-1] if told.stdout.strip() else ""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
