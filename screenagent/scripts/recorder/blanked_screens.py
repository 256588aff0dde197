"""The screenshots of a recording without what its fields hid, also where a program shows it later."""

from __future__ import annotations

import numpy as np
from PIL import Image
from pydantic import SecretStr

from screenagent.desktop.frames import Patch, ScreenFrame, changed_patches
from screenagent.desktop.secret_masking import SecretMasking
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot, Window, digest


class BlankedScreens:
    """Asked for each screenshot of a recording, in their order."""

    def __init__(self, reader: TextReader) -> None:
        self._masking = SecretMasking(self._where, reader)
        self._edges: dict[int, Patch] = {}

    def hide(self, name: str, text: str, *, before: Screenshot, shown: Screenshot) -> None:
        """From here on blank what has changed between two screenshots, and wherever the text is read."""
        value, frames = SecretStr(text), (_frame(before), _frame(shown))
        if before.size == shown.size and all(patch.is_caret for patch in changed_patches(*frames)):
            self._masking.know(name, value)
            return
        self._note_window(before)
        self._masking.begin(name, value, before=frames[0], window=before.window)
        self._note_window(shown)
        self._masking.end(frames[1])

    def blanked(self, screenshot: Screenshot) -> Screenshot:
        """Return the screenshot without any text that was hidden."""
        self._note_window(screenshot)
        frame = _frame(screenshot)
        blank = self._masking.blanked(frame)
        if blank is frame:
            return screenshot
        height, width = blank.shape
        image = Image.frombuffer("RGB", (width, height), blank, "raw", "BGRX", 0, 1)
        masked = self._masking.masked
        titles = {
            "window": masked(screenshot.window),
            "focus": masked(screenshot.focus),
            "windows": tuple(masked(window) or window for window in screenshot.windows),
        }
        return screenshot.model_copy(update={"image": image, "digest": digest(image), **titles})

    def _note_window(self, screenshot: Screenshot) -> None:
        window = screenshot.window
        if window is not None and window.box is not None:
            self._edges[window.id] = Patch(*window.box.pixels(screenshot.size))

    def _where(self, window: Window) -> Patch | None:
        """Where the window was when it was seen last: it may lie behind another one."""
        return self._edges.get(window.id)


def _frame(screenshot: Screenshot) -> ScreenFrame:
    red, green, blue = (channel.astype(np.uint32) for channel in np.moveaxis(np.asarray(screenshot.pixels), 2, 0))
    return np.asarray(red << 16 | green << 8 | blue, np.uint32)
