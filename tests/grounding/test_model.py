"""Where a target is, by whom it was found, and how sure that makes it."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image, ImageDraw

from screenagent.fakes import FakeGrounder, ScriptedModel
from screenagent.geometry import Absent, Box, Location, Point, Size
from screenagent.grounding.agreement import UNSURE, agree
from screenagent.grounding.cascade import Cascade, CascadeStage
from screenagent.grounding.model import ONCE, ModelGrounder, TileRanker
from screenagent.models.crop import CropMode, cropped, region, tiles
from screenagent.models.families import family_named
from screenagent.models.vision import Refused, Request
from screenagent.protocols import Grounder
from screenagent.screenshot import Screenshot, Window
from screenagent.usage import Mode
from tests.builders import ScriptedGrounder

SCREEN = Screenshot.of(Image.new("RGB", (1280, 720)))
RED = (255, 0, 0)


def desk(width: int, height: int, mark: tuple[int, int, int, int], *, window: Box | None = None) -> Screenshot:
    """A screen with one red mark, for `RedMarkModel` to find."""
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).rectangle(mark, fill=RED)
    return Screenshot.of(image, window=Window(id=1, box=window) if window else None)


class RedMarkModel:
    """Answers with the box of what is red on the picture it is shown, in Phi-4's way."""

    def __call__(self, request: Request, mode: Mode) -> str:
        picture = request.pictures[0].pixels
        edges = picture.getchannel("G").point(lambda level: 255 * (level < 128)).getbbox()
        if edges is None:
            return "not there"
        box = Box.of_pixels(edges, request.pictures[0].size)
        return f"[{box.left:.4f}, {box.top:.4f}, {box.right:.4f}, {box.bottom:.4f}]"


def phi4_grounder(model: ScriptedModel, **options: Any) -> ModelGrounder:
    return ModelGrounder(model, family_named("phi4"), **options)


def located(grounder: Grounder, screen: Screenshot = SCREEN, near: Location | None = None) -> Location:
    found = grounder.locate("the Save button", screen, near=near)
    assert isinstance(found, Location)
    return found


def test_the_point_is_the_centre_of_the_models_box() -> None:
    found = located(phi4_grounder(ScriptedModel(["[0.2, 0.4, 0.4, 0.6]"])))
    assert (found.point.x, found.point.y) == pytest.approx((0.3, 0.5))
    assert (found.box, found.by) == (Box(left=0.2, top=0.4, right=0.4, bottom=0.6), "model")


def test_it_asks_without_thinking_and_in_the_words_of_the_training() -> None:
    model = ScriptedModel(["[0.2, 0.4, 0.4, 0.6]"])
    located(phi4_grounder(model))
    [(request, mode, grammar)] = model.asked
    assert (mode, grammar and grammar.kind, request.pictures) == ("nothink", "numbers", (SCREEN,))
    assert request.text == (
        "Locate the the UI element this instruction describes: the Save button. Output its bbox coordinates using the "
        "format of [x1, y1, x2, y2] using relative coordinates from 0.0000 to 1.0000."
    )


@pytest.mark.parametrize("family", ["phi4", "qwen3", "ui-tars-1.5"])
def test_the_picture_is_sent_at_a_size_that_the_family_does_not_change(family: str) -> None:
    model = ScriptedModel(["not there"])
    grounder = ModelGrounder(model, family_named(family), absent=True)
    assert grounder.locate("the Save button", SCREEN) == Absent(
        why="the model does not see “the Save button” on the screen"
    )
    picture = model.asked[0][0].pictures[0].size
    assert grounder.family.resizing.seen(picture) == picture
    assert "not there" in model.asked[0][0].text


def test_a_refusal_is_absence_with_the_models_words() -> None:
    model = ScriptedModel([Refused(text="I'm sorry, but I can't help with that.")])
    found = phi4_grounder(model).locate("the Save button", SCREEN)
    assert found == Absent(why="the model will not look for “the Save button”: I'm sorry, but I can't help with that.")


@pytest.mark.parametrize("look", ["auto", "full", "window", "region", "tiles"])
@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (3840, 2160)])
def test_whatever_is_shown_the_place_is_one_of_the_whole_screen(look: CropMode, size: tuple[int, int]) -> None:
    width, height = size
    left, top = round(width * 0.6), round(height * 0.3)
    window = Box(left=0.5, top=0.2, right=0.9, bottom=0.6)
    screen = desk(width, height, (left, top, left + 40, top + 24), window=window)
    found = located(phi4_grounder(ScriptedModel(RedMarkModel()), look=look, absent=True), screen)
    assert found.point.x * width == pytest.approx(left + 20, abs=2)
    assert found.point.y * height == pytest.approx(top + 12, abs=2)


@pytest.mark.parametrize(
    ("look", "size", "looks"),
    [("auto", (1280, 720), 1), ("full", (3840, 2160), 1), ("region", (3840, 2160), 2), ("auto", (1920, 1080), 1)],
)
def test_a_second_look_is_paid_for_only_where_the_first_was_shrunk(
    look: CropMode, size: tuple[int, int], looks: int
) -> None:
    screen = desk(*size, (700, 300, 740, 330), window=Box(left=0.2, top=0.2, right=0.8, bottom=0.8))
    model = ScriptedModel(RedMarkModel())
    located(phi4_grounder(model, look=look), screen)
    assert len(model.asked) == looks


@pytest.mark.slow
def test_two_looks_that_agree_are_surer_and_two_that_do_not_are_less_sure() -> None:
    screen = desk(3840, 2160, (700, 300, 740, 330))
    assert located(phi4_grounder(ScriptedModel(RedMarkModel()), look="region"), screen).confidence > ONCE
    astray = ScriptedModel(["[0.4, 0.4, 0.5, 0.5]", "[0.9, 0.9, 0.95, 0.95]"])
    assert located(phi4_grounder(astray, look="region"), screen).confidence == UNSURE


def test_a_second_look_sees_a_part_enlarged_and_answers_for_the_whole() -> None:
    model = ScriptedModel(["[0.0, 0.0, 0.5, 0.5]"])
    near = Location(point=Point(x=0.5, y=0.5), confidence=0.5, by="model")
    found = located(phi4_grounder(model), near=near)
    assert model.asked[0][0].pictures[0].size == Size(width=1280, height=720)
    assert found.box == Box(left=0.25, top=0.25, right=0.5, bottom=0.5)
    assert found.by == "zoom"


@pytest.mark.parametrize("point", [Point(x=0, y=0), Point(x=1, y=1), Point(x=0.5, y=0.02)])
def test_a_region_at_the_edge_is_moved_inside_and_keeps_its_size(point: Point) -> None:
    size = Size(width=2560, height=1440)
    left, top, right, bottom = region(point, size).pixels(size)
    assert (right - left, bottom - top) == (1280, 720)


@pytest.mark.parametrize("size", [(1280, 720), (1366, 768), (1920, 1080), (3840, 2160)])
def test_tiles_cover_the_whole_screen(size: tuple[int, int]) -> None:
    seen = Image.new("1", size)
    for tile in tiles(Size(width=size[0], height=size[1])):
        seen.paste(1, tile.pixels(Size(width=size[0], height=size[1])))
    assert seen.getextrema() == (1, 1)


class TestTiles:
    """A model that is asked about parts of a screen may say of each that the target is not there."""

    mark = (3700, 2000, 3740, 2030)

    def test_they_are_ranked_before_the_model_is_paid_for(self) -> None:
        model = ScriptedModel(RedMarkModel())
        grounder = phi4_grounder(model, look="tiles", rank=lambda target, screen, boxes: boxes[::-1])
        located(grounder, desk(3840, 2160, self.mark))
        assert len(model.asked) == 2  # the tile, and a closer look

    def test_the_next_tile_is_looked_at_where_it_is_not_there(self) -> None:
        model = ScriptedModel(RedMarkModel())
        found = located(phi4_grounder(model, look="tiles"), desk(1920, 1080, (1800, 100, 1840, 130)))
        assert (found.by, len(model.asked)) == ("model+zoom", 3)
        assert found.confidence > ONCE

    def test_the_next_tile_is_looked_at_where_a_closer_look_does_not_find_it_again(self) -> None:
        guess, elsewhere, box = "[0.4, 0.4, 0.5, 0.5]", "not there", "[0.4, 0.4, 0.6, 0.6]"
        model = ScriptedModel([guess, elsewhere, guess, "[0.0, 0.0, 0.1, 0.1]", box, box])
        found = located(phi4_grounder(model, look="tiles"), desk(3840, 2160, self.mark))
        third = tuple(tiles(Size(width=3840, height=2160)))[2]
        assert found.point in third
        assert found.by == "model+zoom"

    @pytest.mark.slow
    def test_what_no_closer_look_finds_again_is_unsure(self) -> None:
        model = ScriptedModel(["[0.5, 0.5, 0.6, 0.6]", "[0.0, 0.0, 0.1, 0.1]"] * 16)
        found = located(phi4_grounder(model, look="tiles"), desk(3840, 2160, self.mark))
        assert found.point in next(tiles(Size(width=3840, height=2160)))
        assert (found.confidence, len(model.asked)) == (UNSURE, 32)

    def test_an_answer_that_cannot_be_read_is_none_about_the_others(self) -> None:
        model = ScriptedModel(["[12, 13]", "not there", "[0.5, 0.5, 0.6, 0.6]", "[0.4, 0.4, 0.6, 0.6]"])
        assert located(phi4_grounder(model, look="tiles"), desk(3840, 2160, self.mark)).confidence > ONCE

    def test_what_is_on_no_tile_is_absent(self) -> None:
        model = ScriptedModel(lambda request, mode: "not there")
        found = phi4_grounder(model, look="tiles").locate("the Save button", desk(3840, 2160, self.mark))
        assert isinstance(found, Absent)
        assert len(model.asked) == 16

    def test_other_looks_may_not_say_so_where_that_was_not_asked_for(self) -> None:
        model = ScriptedModel(RedMarkModel())
        located(phi4_grounder(model, look="full"), desk(3840, 2160, self.mark))
        [(request, _, grammar)] = model.asked
        assert grammar == family_named("phi4").grammar(absent=False)
        assert "not there" not in request.text

    @pytest.mark.slow
    def test_the_likeliest_has_text_that_may_be_it_and_then_what_has_changed(self) -> None:
        before, after = desk(3840, 2160, (0, 0, 40, 30)), desk(3840, 2160, (2000, 1200, 2200, 1300))
        boxes = tuple(tiles(before.size))
        rank = TileRanker(FakeGrounder({"Save": Point(x=0.99, y=0.01)}))
        assert rank("the gear", before, boxes) == list(boxes)
        assert Point(x=0.55, y=0.58) in rank("the gear", after, boxes)[0]
        assert Point(x=0.55, y=0.58) in rank("the disk", after, boxes)[0]
        assert Point(x=0.99, y=0.01) in rank("Save", after, boxes)[0]
        assert Point(x=0.55, y=0.58) in rank("Save", after, boxes)[1]


@pytest.mark.parametrize("patches", [2048, 3600])
def test_a_picture_keeps_to_its_patches(patches: int) -> None:
    picture = cropped(desk(3840, 2160, (0, 0, 1, 1)), patches=patches)
    assert patches * 0.95 < picture.size.width * picture.size.height / 256 <= patches


def at(x: float, confidence: float, by: str) -> Location:
    return Location(point=Point(x=x, y=0.5), confidence=confidence, by=by)


NOWHERE = Absent(why="no such text")


class TestCascade:
    def cascade(self, text: ScriptedGrounder, model: ScriptedGrounder) -> Cascade:
        return Cascade((CascadeStage(text, sure=0.9), CascadeStage(model, sure=ONCE)))

    def test_exact_unique_text_costs_no_model(self) -> None:
        text, model = ScriptedGrounder(at(0.2, 0.98, "text")), ScriptedGrounder(at(0.2, ONCE, "model"))
        assert located(self.cascade(text, model)).by == "text"
        assert model.asked == []

    def test_what_cannot_be_read_is_asked_of_the_model(self) -> None:
        text, model = ScriptedGrounder(NOWHERE), ScriptedGrounder(at(0.2, ONCE, "model"))
        assert located(self.cascade(text, model)) == at(0.2, ONCE, "model")

    def test_text_and_model_that_agree_are_surer_than_each(self) -> None:
        text, model = ScriptedGrounder(at(0.2, 0.6, "text")), ScriptedGrounder(at(0.2, ONCE, "model"))
        found = located(self.cascade(text, model))
        assert (found.by, found.confidence) == ("text+model", 0.8)

    def test_where_they_differ_a_closer_look_decides(self) -> None:
        text = ScriptedGrounder(at(0.2, 0.6, "text"))
        model = ScriptedGrounder(at(0.7, ONCE, "model"), at(0.7, ONCE, "zoom"))
        found = located(self.cascade(text, model))
        assert (found.point.x, found.by) == (0.7, "model+zoom")
        assert model.asked[0] is None
        assert model.asked[1] is not None

    def test_what_nobody_finds_is_absent_with_every_reason(self) -> None:
        cascade = self.cascade(ScriptedGrounder(NOWHERE), ScriptedGrounder(Absent(why="the model does not see it")))
        assert cascade.locate("Save", SCREEN) == Absent(why="no such text; the model does not see it")

    def test_after_a_click_on_the_wrong_text_the_model_looks_at_all_of_the_screen(self) -> None:
        text, model = ScriptedGrounder(at(0.2, 0.98, "text")), ScriptedGrounder(at(0.7, ONCE, "model"))
        found = located(self.cascade(text, model), near=at(0.2, 0.98, "text"))
        assert (found.point.x, model.asked) == (0.7, [None])

    def test_after_the_model_itself_was_wrong_it_looks_closer(self) -> None:
        text, model = ScriptedGrounder(NOWHERE), ScriptedGrounder(at(0.72, ONCE, "zoom"))
        wrong = at(0.7, ONCE, "model")
        assert located(self.cascade(text, model), near=wrong).point.x == 0.72
        assert model.asked == [wrong]

    def test_a_confirmation_keeps_the_place_and_says_who_agrees(self) -> None:
        text, model = ScriptedGrounder(at(0.2, 0.98, "text")), ScriptedGrounder(at(0.2, ONCE, "zoom"))
        first = at(0.2, 0.98, "text")
        surer = self.cascade(text, model).confirm("Save", SCREEN, first)
        assert (surer.point, surer.by) == (first.point, "text+zoom")
        assert surer.confidence > first.confidence

    def test_a_confirmation_that_fails_keeps_the_place_and_lowers_the_confidence(self) -> None:
        first = at(0.2, 0.8, "text")
        doubted = self.cascade(ScriptedGrounder(first), ScriptedGrounder(at(0.9, ONCE, "zoom"))).confirm(
            "Save", SCREEN, first
        )
        assert (doubted.point, doubted.confidence) == (first.point, UNSURE)


def test_places_agree_by_nearness_or_by_lying_in_each_others_box() -> None:
    wide = Location(point=Point(x=0.3, y=0.5), box=Box(left=0, top=0.4, right=0.6, bottom=0.6), confidence=1, by="a")
    assert agree(wide, at(0.55, 1, "b"))
    assert agree(at(0.3, 1, "a"), at(0.31, 1, "b"))
    assert not agree(at(0.3, 1, "a"), at(0.4, 1, "b"))


@pytest.mark.parametrize(
    ("likely", "looks"),
    [
        (Box.of_pixels((690, 290, 750, 340), Size(width=3840, height=2160)), 1),
        (Box.of_pixels((900, 500, 950, 540), Size(width=3840, height=2160)), 3),
        (Box.of_pixels((3000, 1800, 3050, 1840), Size(width=3840, height=2160)), 3),
    ],
    ids=["the place", "another place beside it", "another place far away"],
)
def test_of_a_large_screen_the_part_with_the_likely_place_is_shown_first(likely: Box, looks: int) -> None:
    screen = desk(3840, 2160, (700, 300, 740, 330))
    model = ScriptedModel(RedMarkModel())
    grounder = phi4_grounder(model, look="region", likely=lambda target, screenshot: [likely])
    found = located(grounder, screen)
    assert (found.point.x * 3840, found.point.y * 2160) == pytest.approx((720, 315), abs=2)
    assert model.asked[0][0].pictures[0].size == Size(width=1280, height=720)
    assert len(model.asked) == looks


def test_of_a_screen_that_is_seen_whole_nothing_is_shown_before() -> None:
    model = ScriptedModel(RedMarkModel())
    grounder = phi4_grounder(model, likely=lambda target, screenshot: [Box(left=0, top=0, right=0.1, bottom=0.1)])
    located(grounder, desk(1280, 720, (700, 300, 740, 330)))
    assert len(model.asked) == 1
