"""Whatever a model is said to be, a click goes where it points, or nowhere; a sentence says what would fit."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from PIL import Image, ImageDraw

from screenagent.geometry import Box, Location, Size
from screenagent.grounding.model import ModelGrounder
from screenagent.models.families import Family, all_families, family_named
from screenagent.models.families.probe import WrongFamily, detect_family, prove_family
from screenagent.screenshot import Screenshot, Window
from tests.models.families.real_models import COLOURS, RealModel

Edges = tuple[int, int, int, int]

FAMILIES = list(all_families().values())
GRID = 16
"""Pixels by which families that differ only in the multiple of a picture's sides may differ at the far edge."""


@dataclass(frozen=True)
class Shown:
    """A screen with a small orange button near its far corner, or near that of the window in front."""

    screen: Screenshot
    at: tuple[int, int]

    @classmethod
    def drawn(
        cls, size: tuple[int, int], at: tuple[int, int], window: tuple[int, int, int, int] | None = None
    ) -> Shown:
        image = Image.new("RGB", size, (236, 236, 236))
        x, y = at
        ImageDraw.Draw(image).rectangle((x - 6, y - 6, x + 6, y + 6), fill=COLOURS["orange"])
        whole = Size(width=size[0], height=size[1])
        front = Window(id=1, box=Box.of_pixels(window, whole)) if window else None
        return cls(Screenshot.of(image, window=front), at)

    def off(self, model: RealModel, family: Family, *, patches: int = 3600) -> float:
        """Return by how many pixels the place that `family` makes of the model's answers misses the button."""
        found = ModelGrounder(model, family, patches=patches).locate("the orange button", self.screen)
        assert isinstance(found, Location)
        x, y = found.point.x * self.screen.size.width, found.point.y * self.screen.size.height
        return max(abs(x - self.at[0]), abs(y - self.at[1]))


SCREEN = Shown.drawn((1280, 720), (1200, 660))
SMALL_WINDOW = Shown.drawn((1920, 1080), (1100, 480), (1000, 400, 1400, 660))
WIDE_WINDOW = Shown.drawn((1920, 1080), (1850, 300), (0, 0, 1920, 330))


@pytest.mark.parametrize("said", FAMILIES, ids=lambda family: family.name)
def test_a_model_of_another_family_is_refused_or_points_rightly_all_the_same(said: Family) -> None:
    for real in FAMILIES:
        model = RealModel(real)
        why = why_refused(model, said)
        most = 6 if real.resizing.multiple == said.resizing.multiple else GRID
        assert "--family" in why or "gives no answer" in why or SMALL_WINDOW.off(model, said) <= most


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_model_is_proven_as_what_it_is(family: Family) -> None:
    assert why_refused(RealModel(family), family) == ""
    assert SCREEN.off(RealModel(family), family) <= 6


def why_refused(model: RealModel, said: Family) -> str:
    try:
        prove_family(model, said)
    except WrongFamily as wrong:
        return str(wrong)
    return ""


@pytest.mark.parametrize("real", FAMILIES, ids=lambda family: family.name)
def test_a_model_of_unknown_name_is_clicked_by_as_it_points(real: Family) -> None:
    model = RealModel(real)
    found = detect_family((family, model) for family in FAMILIES)
    assert SCREEN.off(model, found) <= (6 if found.resizing.multiple == real.resizing.multiple else GRID)


@pytest.mark.parametrize("most", [880_000, 802_816, 602_112, 300_000])
@pytest.mark.parametrize("name", ["qwen2.5-vl", "ui-venus-1.0"])
def test_a_server_that_shrinks_pictures_is_named_with_the_cure_that_works(name: str, most: int) -> None:
    family, model = family_named(name), RealModel(family_named(name), most=most)
    with pytest.raises(WrongFamily, match=r"the server shrinks pictures; set max_image_patches to \d+") as raised:
        prove_family(model, family)
    patches = int(re.findall(r"max_image_patches to (\d+)", str(raised.value))[0])
    prove_family(model, family, patches=patches)
    assert max(shown.off(model, family, patches=patches) for shown in (SCREEN, SMALL_WINDOW)) <= 6


def test_a_server_that_shrinks_pictures_is_no_unknown_family() -> None:
    model = RealModel(family_named("qwen2.5-vl"), most=602_112)
    with pytest.raises(WrongFamily, match="max_image_patches"):
        detect_family((family, model) for family in FAMILIES)


def test_a_server_that_enlarges_pictures_is_found_out() -> None:
    with pytest.raises(WrongFamily, match=r"by \d+ pixels.*enlarges pictures"):
        prove_family(RealModel(family_named("gta1"), least=1_204_224), family_named("gta1"))


def test_a_small_window_is_clicked_rightly_where_the_server_enlarges_small_pictures() -> None:
    family, model = family_named("gta1"), RealModel(family_named("gta1"), least=200_704)
    prove_family(model, family)
    assert SMALL_WINDOW.off(model, family) <= 6


def test_a_wide_window_is_clicked_rightly_where_long_pictures_are_shrunk() -> None:
    class Long(RealModel):
        def seen(self, sent: Size) -> Size:
            scale = min(1.0, 1568 / max(sent.width, sent.height))
            return Size(width=round(sent.width * scale), height=round(sent.height * scale))

    family, model = family_named("claude"), Long(family_named("claude"))
    prove_family(model, family)
    assert WIDE_WINDOW.off(model, family) <= 6
