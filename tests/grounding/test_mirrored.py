"""Of two icons that are each other's mirror image, the one that points as the words say is meant, never the other."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from screenagent.fakes import FakeReader
from screenagent.geometry import Absent, Location
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.icon_direction import direction_of
from screenagent.screenshot import Screenshot
from tests.grounding.pairs import PAIRS, MirroredPair

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


LIGHT, DARK = ((246, 245, 244), (46, 52, 54), 2), ((48, 48, 48), (238, 238, 236), 3)
"""The ground, the ink and the width of its lines."""
Look = tuple[tuple[int, int, int], tuple[int, int, int], int]


@pytest.fixture(scope="module")
def grounder() -> EmbeddedGrounder:
    return EmbeddedGrounder(FakeReader([]))


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.one)
def test_of_a_mirrored_pair_each_is_told_from_the_other(
    grounder: EmbeddedGrounder, pair: MirroredPair, look: Look
) -> None:
    ground, ink, width = look
    icons = pair.icons(width=width, ink=ink)
    for shown in (icons, icons[::-1]):
        image = Image.new("RGB", (320, 100), ground)
        for place, icon in enumerate(shown):
            image.paste(icon, (40 + 60 * place, 40), icon)
        ImageDraw.Draw(image).rectangle((240, 42, 258, 60), outline=ink, width=3)
        for said, meant in zip((pair.one, pair.other), icons, strict=True):
            answer = grounder.locate(said, Screenshot.of(image))
            assert isinstance(answer, Location)
            assert round((answer.point.x * image.width - 50) / 60) == next(
                place for place, icon in enumerate(shown) if icon is meant
            )


@pytest.mark.parametrize(
    ("said", "opposite"),
    [
        ("undo the last change", "redo the last change"),
        ("go to the last page", "go to the first page"),
        ("increase the indent", "decrease the indent"),
        ("outdent", "indent"),
        ("rotate counter-clockwise", "rotate clockwise"),
        ("increase the volume", None),
        ("save the file", None),
    ],
)
def test_the_opposite_of_a_direction_is_the_other_way(said: str, opposite: str | None) -> None:
    direction = direction_of(said)
    assert (direction and direction.opposite) == opposite
