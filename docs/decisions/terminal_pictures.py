"""Compare the console's pictures with those of textual-image: time and bytes until the terminal has the new picture.

usage: pip install textual-image; python docs/decisions/terminal_pictures.py

The last line is one JSON object. Each figure is the median of 20 pictures of 1280x720 in a widget of 100x30 cells.
"""

from __future__ import annotations

import asyncio
import io
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw
from textual.app import App, ComposeResult
from textual.drivers.headless_driver import HeadlessDriver
from textual.widget import Widget
from textual_image.widget import HalfcellImage, SixelImage, TGPImage

from screenagent.console.graphic import TerminalGraphic
from screenagent.console.picture import ScreenPicture
from screenagent.console.terminal import Terminal
from screenagent.console.view import PictureView
from screenagent.screenshot import Screenshot

PICTURES: Final = 20
QUIET_SECONDS: Final = 0.4
"""If nothing is written for this long, the picture is complete."""


class Written(io.StringIO):
    """Counts what is written to the terminal, and remembers when the last of it was."""

    def __init__(self) -> None:
        super().__init__()
        self.count, self.last = 0, 0.0

    def write(self, text: str) -> int:
        self.count, self.last = self.count + len(text.encode()), time.perf_counter()
        return len(text)


WRITTEN: Final = Written()


class CountingDriver(HeadlessDriver):
    """A terminal of 100x30 cells that only counts."""

    is_headless = False

    def write(self, data: str) -> None:
        WRITTEN.write(data)

    def _get_terminal_size(self) -> tuple[int, int]:
        return 100, 30


class Compared(App[dict[str, float]]):
    """One picture that fills the terminal."""

    CSS = "#picture { width: 100; height: 30; }"

    def __init__(self, picture: Widget, show: Callable[[Any, PictureView], None], pictures: list[PictureView]) -> None:
        super().__init__(driver_class=CountingDriver)
        self._picture, self._show, self._pictures = picture, show, pictures

    def compose(self) -> ComposeResult:
        yield self._picture

    def on_mount(self) -> None:
        self.run_worker(self._measure())

    async def _measure(self) -> None:
        spent, sizes, stalls = [], [], []
        await asyncio.sleep(QUIET_SECONDS)
        for number, view in enumerate(self._pictures):
            before, began = WRITTEN.count, time.perf_counter()
            self._show(self._picture, view)
            stall = await self._until_quiet(began)
            if number:  # the first one fills caches
                spent.append(WRITTEN.last - began)
                sizes.append(WRITTEN.count - before)
                stalls.append(stall)
        ms, kb, stall = statistics.median(spent) * 1000, statistics.median(sizes) / 1024, statistics.median(stalls)
        self.exit({"ms": round(ms, 1), "kb": round(kb, 1), "stall_ms": round(stall * 1000, 1)})

    async def _until_quiet(self, began: float) -> float:
        """Return for how long, at most, a key would have waited for its turn."""
        longest, turn = 0.0, began
        while WRITTEN.last < began or time.perf_counter() - WRITTEN.last < QUIET_SECONDS:
            await asyncio.sleep(0.001)
            longest, turn = max(longest, time.perf_counter() - turn), time.perf_counter()
        return longest


def show_ours(widget: ScreenPicture, view: PictureView) -> None:
    widget.show(view)


def show_theirs(widget: Any, view: PictureView) -> None:
    widget.image = view.screenshot.pixels


def desktop(seed: int) -> Image.Image:
    """A screen of windows with text and a photograph."""
    chance = np.random.default_rng(seed)
    image = Image.new("RGB", (1280, 720), "#34506e")
    draw = ImageDraw.Draw(image)
    for left, top in chance.integers(0, (900, 400), (4, 2)).tolist():
        draw.rectangle((left, top, left + 480, top + 320), fill="white", outline="#708090")
        draw.rectangle((left, top, left + 480, top + 22), fill=tuple(chance.integers(0, 255, 3).tolist()))
        for line in range(18):
            draw.text(
                (left + 8, top + 30 + 16 * line), f"line {line} of window {left}: some words to read", fill="black"
            )
    noise = chance.integers(0, 255, (24, 32, 3), dtype=np.uint8)
    image.paste(Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC), (900, 60))
    return image


def typed(picture: Image.Image, letters: int) -> Image.Image:
    """The same screen after some typing."""
    image = picture.copy()
    ImageDraw.Draw(image).text((420, 600), "x" * letters, fill="white")
    return image


def measure(picture: Widget, show: Callable[[Any, PictureView], None], pictures: list[PictureView]) -> Any:
    return asyncio.run(Compared(picture, show, pictures).run_async())


def main() -> None:
    out, sys.__stdout__ = sys.__stdout__, WRITTEN  # textual-image writes kitty's sequences past Textual
    pictures = {
        "new": [PictureView(Screenshot.of(desktop(seed))) for seed in range(PICTURES + 1)],
        "typed": [PictureView(Screenshot.of(typed(desktop(0), letters))) for letters in range(1, PICTURES + 2)],
    }
    found: dict[str, Any] = {}
    for kind, theirs in (("kitty", TGPImage), ("sixel", SixelImage), ("blocks", HalfcellImage)):
        for change, shown in pictures.items():
            ours = (
                ScreenPicture("all", id="picture")
                if kind == "blocks"
                else TerminalGraphic("all", id="picture", terminal=Terminal.model_validate({"pictures": kind}))
            )
            found[f"{kind} {change}"] = {
                "ours": measure(ours, show_ours, shown),
                "textual-image": measure(theirs(id="picture"), show_theirs, shown),
            }
            print(kind, change, found[f"{kind} {change}"], file=sys.stderr)
    print(json.dumps(found), file=out)


if __name__ == "__main__":
    main()
