"""How far the letters of a text reach."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from screenagent.geometry import PixelBox
from screenagent.perception.inked_text import inked_text


@pytest.mark.parametrize("text", ["7", "1", "2026", "T"])
@pytest.mark.parametrize(("paper", "frame", "ink"), [("white", "#767676", "black"), ("#2b2b2b", "#777", "#ddd")])
@pytest.mark.parametrize("beyond", [(2, 0, 0), (0, 2, 0), (2, 2, 0), (2, 2, 7)])
def test_the_frame_of_a_field_is_no_part_of_the_text_in_it(
    text: str, paper: str, frame: str, ink: str, beyond: tuple[int, int, int]
) -> None:
    image = Image.new("RGB", (400, 60), paper)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(16)
    draw.rectangle((40, 14, 340, 44), fill=paper, outline=frame)
    draw.text((46, 34), text, ink, font, anchor="ls")
    left, _, right, _ = draw.textbbox((46, 34), text, font, anchor="ls")
    above, below, before = beyond
    inked = inked_text(np.asarray(image), PixelBox(left - before, 15 - above, right, 43 + below), left=0, right=400)
    assert inked is not None
    assert (inked.is_cut_off, inked.rect.left >= 41, inked.rect.right <= right + 1) == (False, True, True)
    assert (inked.rect.top > 14, inked.rect.bottom <= 44) == (True, True)
