"""A few icons drawn here and a few words, on which the whole recipe runs in a minute."""

from __future__ import annotations

import numpy as np
import torch
from model import WIDTH
from PIL import Image, ImageDraw
from render import Drawings, cut
from texts import Saying, vocabulary
from words import Lexicon

_LINES: dict[str, tuple[tuple[int, int, int, int], ...]] = {
    "plus": ((24, 6, 24, 42), (6, 24, 42, 24)),
    "menu": ((6, 12, 42, 12), (6, 24, 42, 24), (6, 36, 42, 36)),
    "close": ((8, 8, 40, 40), (8, 40, 40, 8)),
    "maximize": ((8, 8, 40, 8), (40, 8, 40, 40), (40, 40, 8, 40), (8, 40, 8, 8)),
    "back": ((30, 6, 12, 24), (12, 24, 30, 42)),
    "up": ((6, 32, 24, 12), (24, 12, 42, 32)),
}
_SAYINGS = [
    Saying("plus", ("add",), ("add an item", "new")),
    Saying("menu", ("hamburger",), ("open the menu",)),
    Saying("close", ("cross",), ("close the window",)),
    Saying("maximize", ("square",), ("make the window bigger",)),
    Saying("back", ("previous",), ("go to the previous page",)),
    Saying("up", ("parent",), ("go up one level",)),
]


def made_up() -> tuple[Drawings, dict[str, Drawings], Lexicon, torch.Tensor]:
    """Drawings to learn from, others of the same names to be tried on, the words, and where they begin."""
    lexicon = Lexicon(sorted(vocabulary(_SAYINGS)), _SAYINGS)
    vectors = torch.randn(len(lexicon.stems), WIDTH, generator=torch.Generator().manual_seed(0)) / WIDTH**0.5
    return _drawings((3, 4, 6)), {"made up": _drawings((5,))}, lexicon, vectors


def _drawings(widths: tuple[int, ...]) -> Drawings:
    pixels, names = [], []
    for name, lines in _LINES.items():
        for wide in widths:
            alpha = Image.new("L", (48, 48))
            for line in lines:
                ImageDraw.Draw(alpha).line(line, 255, wide)
            drawn = cut(Image.merge("RGBA", (*Image.new("RGB", (48, 48)).split(), alpha)), coloured=False)
            assert drawn is not None
            pixels.append(drawn)
            names.append(name)
    return Drawings(np.stack(pixels), np.zeros(len(names), bool), names, ["made up"] * len(names))
