"""A link in a text, which may stand there as a plain word, too."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw, ImageFont

from screenagent.geometry import Location
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.reader import ScreenReader
from screenagent.screenshot import Screenshot

LINES = (("Write the report today,", ()), ("then open the", ("report",)), ("and send it.", ()))


def page(*, ground: str, ink: str, link: str) -> tuple[Screenshot, tuple[float, float]]:
    """A text of three lines, and where its link is, in pixels."""
    image, font = Image.new("RGB", (520, 260), ground), ImageFont.load_default(20)
    draw, at = ImageDraw.Draw(image), (0.0, 0.0)
    for row, (plain, links) in enumerate(LINES):
        y = 60 + 50 * row
        draw.text((40, y), plain, ink, font)
        left = 40 + draw.textlength(f"{plain} ", font)
        for word in links:
            draw.text((left, y), word, link, font)
            width = draw.textlength(word, font)
            draw.line((left, y + 22, left + width, y + 22), link)
            at = (left + width / 2, y + 12)
    return Screenshot.of(image), at


@pytest.mark.slow
@pytest.mark.parametrize(
    "look",
    [
        {"ground": "white", "ink": "black", "link": "#0000ee"},
        {"ground": "#202124", "ink": "#e8eaed", "link": "#8ab4f8"},
    ],
)
def test_a_link_is_told_by_its_colour_from_the_same_word_in_the_text(look: dict[str, str]) -> None:
    screen, (x, y) = page(**look)
    found = EmbeddedGrounder(ScreenReader()).strict().locate('the link "report"', screen)
    assert isinstance(found, Location)
    pixel = found.point.pixel(screen.size)
    assert abs(pixel.x - x) < 20
    assert abs(pixel.y - y) < 12
