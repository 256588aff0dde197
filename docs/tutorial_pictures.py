"""python docs/tutorial_pictures.py FOLDER: write the pictures of docs/tutorial.md, of its form and of its rows.

Plays the first rows of examples/scripts/customers.csv on a virtual desktop; Chromium has to be installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from PIL import Image

from screenagent.desktop.virtual import VirtualDesktop
from screenagent.geometry import Size

EXAMPLES: Final = Path(__file__).parents[1] / "examples" / "scripts"
SIZE: Final = Size(width=1060, height=560)
FLAGS: Final = ("--no-sandbox", "--test-type", "--disable-gpu", "--no-first-run", "--password-store=basic")
PLAY: Final = (
    "play",
    "customers.yaml",
    "--rows",
    "customers.csv",
    "--approve",
    "never",
    "--plain",
    "--only-rows",
    "1-3",
)
ROWS: Final = ("rows", "customers.results.jsonl", "--html", "rows.html")
COLOURS: Final = 48


def main(out: Path) -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, VirtualDesktop(size=SIZE) as virtual:
        folder = Path(name)
        for file in EXAMPLES.glob("customers.*"):
            shutil.copy(file, folder)
        _open(virtual, folder, "customers.html#new")
        _run(virtual, folder, *PLAY)
        _keep(virtual, out / "tutorial-form.png")
        _run(virtual, folder, *ROWS)
        page = folder / "rows.html"
        page.write_text(page.read_text("utf-8").replace(f"{folder}/", ""), "utf-8")
        _open(virtual, folder, "rows.html")
        _keep(virtual, out / "tutorial-rows.png")


def _open(virtual: VirtualDesktop, folder: Path, page: str) -> None:
    profile = f"--user-data-dir={folder / page.partition('.')[0]}-profile"
    window = f"--window-size={SIZE.width},{SIZE.height}"
    virtual.launch(["chromium", *FLAGS, profile, window, f"--app=file://{folder}/{page}"])
    time.sleep(1)  # a window is there before its page is


def _run(virtual: VirtualDesktop, folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "screenagent", *arguments]
    subprocess.run(command, cwd=folder, env=virtual.environment, check=True)


def _keep(virtual: VirtualDesktop, file: Path) -> None:
    picture = virtual.desktop.settled().pixels.convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
