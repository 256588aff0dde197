"""Of two icons that are each other's mirror image, the one that points as the words say is meant, never the other."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from screenagent.fakes import FakeReader
from screenagent.geometry import Absent, Location
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.screenshot import Screenshot

PATHS = {
    "back": ((12, 0), (3, 10), (12, 19)),
    "forward": ((7, 0), (16, 10), (7, 19)),
    "up": ((0, 14), (10, 4), (19, 14)),
    "down": ((0, 5), (10, 15), (19, 5)),
}


def bar(*icons: str) -> Screenshot:
    """Chevrons, 60 pixels apart, beside a drawing that says something else."""
    image = Image.new("RGB", (640, 120), (246,) * 3)
    draw = ImageDraw.Draw(image)
    for place, icon in enumerate(icons):
        x, y = 40 + 60 * place, 50
        draw.line([(x + right, y + down) for right, down in PATHS[icon]], fill=(46,) * 3, width=3)
    draw.rectangle((500, 50, 518, 68), outline=(46,) * 3, width=3)
    return Screenshot.of(image)


def spot(screenshot: Screenshot, target: str) -> int | None:
    match EmbeddedGrounder(FakeReader([])).locate(target, screenshot):
        case Location(point=point):
            return round((point.x * screenshot.size.width - 50) / 60)
        case Absent():
            return None


@pytest.mark.parametrize(
    ("target", "wanted", "other"),
    [
        ("go back to the previous page", "back", "forward"),
        ("go forward to the next page", "forward", "back"),
        ("go up", "up", "down"),
        ("go down", "down", "up"),
    ],
)
def test_the_icon_that_points_as_the_words_say_is_meant(target: str, wanted: str, other: str) -> None:
    assert spot(bar(wanted, other), target) == 0
    assert spot(bar(other, wanted), target) == 1
    assert spot(bar(wanted), target) == 0
    assert spot(bar(other), target) is None
