from __future__ import annotations

import time

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from screenagent.bench.results import rss_peak_mb
from screenagent.geometry import Absent, Location, PixelBox
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.controls import ControlLayout, frames
from screenagent.perception.labels import Label
from screenagent.perception.reader import ScreenReader
from screenagent.screenshot import Screenshot
from tests.builders import PAPER, Drawing, DrawnReader, pixel


@pytest.fixture(scope="module")
def grounder() -> EmbeddedGrounder:
    return EmbeddedGrounder(ScreenReader(threads=2))


@pytest.fixture(scope="module")
def dialog() -> Screenshot:
    return (
        Drawing()
        .text("Name:", 40, 60)
        .entry("Ada Lovelace", 120, 60)
        .text("Colour:", 40, 110)
        .dropdown("Blue", 120, 110)
        .text("Address", 360, 40)
        .entry("", 360, 70, width=240)
        .entry("Filter…", 360, 120, width=180)
        .box("Remember me", 120, 160)
        .box("Send news", 120, 190)
        .button("Save", 300, 360)
        .button("Save As", 400, 360)
        .button("Cancel", 500, 360)
        .screenshot
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "inside"),
    [
        ("type into the Name field", (120, 45, 320, 75)),
        ("the Address field", (360, 55, 600, 85)),
        ("click the 'Filter' box", (360, 105, 540, 135)),
        ("the drop-down that shows 'Blue'", (120, 95, 280, 125)),
        ("open the Colour drop-down", (120, 95, 280, 125)),
        ("change the Colour setting", (120, 95, 280, 125)),
        ("tick 'Remember me'", (118, 150, 230, 170)),
        ("the check box below 'Remember me'", (118, 180, 136, 200)),
        ("the first field", (120, 45, 320, 75)),
        ("the last button", (500, 344, 590, 376)),
        ("the Save button", (300, 344, 390, 376)),
        ("Save As", (400, 344, 490, 376)),
    ],
)
def test_a_control_is_found_by_its_label(
    grounder: EmbeddedGrounder, dialog: Screenshot, target: str, inside: tuple[int, int, int, int]
) -> None:
    answer = grounder.locate(target, dialog)
    assert isinstance(answer, Location)
    x, y = pixel(answer, dialog)
    left, top, right, bottom = inside
    held = left <= x <= right and top <= y <= bottom
    assert held, (x, y)


@pytest.mark.parametrize("target", ["the Street field", "the Font drop-down", "'Save Copy'", "tick 'Forget me'"])
def test_a_control_that_is_not_there_is_absent(grounder: EmbeddedGrounder, dialog: Screenshot, target: str) -> None:
    assert isinstance(grounder.locate(target, dialog), Absent)


def test_looking_closer_finds_the_same_place(grounder: EmbeddedGrounder, dialog: Screenshot) -> None:
    first = grounder.locate("the Cancel button", dialog)
    assert isinstance(first, Location)
    closer = grounder.locate("the Cancel button", dialog, near=first)
    assert isinstance(closer, Location)
    assert closer.point.x == pytest.approx(first.point.x, abs=0.01)
    assert closer.point.y == pytest.approx(first.point.y, abs=0.01)


@pytest.mark.parametrize("size", [(1, 1), (30, 400), (200, 20)])
def test_a_picture_without_controls_has_none(grounder: EmbeddedGrounder, size: tuple[int, int]) -> None:
    assert grounder.locate("the first field", Drawing(*size).screenshot).kind == "absent"


def test_a_frame_is_found_whatever_is_written_in_it() -> None:
    picture = np.asarray(Drawing(300, 100).entry("a text as long as the entry", 20, 50).image)
    assert [tuple(frame) for frame in frames(picture)] == [(20, 35, 220, 65)]


@pytest.mark.parametrize(
    ("radius", "fill", "outline"),
    [(15, "white", "gray"), (3, "#f8f9fc", None), (3, "#202020", None), (0, "white", "black")],
)
def test_a_round_a_faint_and_a_dark_entry_are_found(radius: int, fill: str, outline: str | None) -> None:
    image = Image.new("RGB", (300, 100), "white")
    ImageDraw.Draw(image).rounded_rectangle((20, 35, 220, 65), radius, fill=fill, outline=outline)
    (frame,) = frames(np.asarray(image))
    assert np.abs(np.subtract(frame, (20, 35, 220, 65))).max() <= 2


def test_an_entry_that_fills_its_bar_is_found(grounder: EmbeddedGrounder) -> None:
    screen = Drawing().cell(0, 40, width=639, height=40).entry("/home/ada", 100, 60, width=440).screenshot
    answer = grounder.locate("type into the location bar", screen)
    assert isinstance(answer, Location)
    assert answer.box
    assert answer.box.pixels(screen.size)[0] == pytest.approx(100, abs=2)


def test_what_is_written_at_the_very_edge_of_an_entry_does_not_stand_before_it() -> None:
    picture = np.asarray(Drawing().entry("", 120, 60).image)
    name, value = Label([("Find:", PixelBox(60, 50, 95, 70))]), Label([("lion", PixelBox(114, 50, 150, 70))])
    (tie,) = ControlLayout(picture, [name, value]).ties(name)
    assert (tie.control.role, round(tie.control.rect.left)) == ("field", 120)


def test_a_placeholder_is_no_menu(grounder: EmbeddedGrounder) -> None:
    screen = Drawing().entry("Search…", 40, 300).text("File Edit Options Search Help", 40, 40).screenshot
    answer = grounder.locate("the Search menu", screen)
    assert isinstance(answer, Location)
    assert pixel(answer, screen)[1] < 60


def test_a_control_is_pointed_to_where_its_text_is(grounder: EmbeddedGrounder, dialog: Screenshot) -> None:
    answer = grounder.locate("the 'Filter' box", dialog)
    assert isinstance(answer, Location)
    assert pixel(answer, dialog)[0] < 420


@pytest.mark.slow
def test_a_sheet_of_cells_and_noise_have_an_answer(grounder: EmbeddedGrounder) -> None:
    sheet = Drawing(1280, 720)
    for row in range(30):
        for column in range(25):
            sheet.cell(column * 50, row * 24, width=50, height=24)
    noise = Image.fromarray(np.random.default_rng(5).integers(0, 256, (400, 640, 3), np.uint8))
    for screenshot in (sheet.screenshot, Screenshot.of(noise)):
        assert grounder.locate("the Save button", screenshot).kind == "absent"


@pytest.mark.parametrize(
    "target", ["the Save button", "the first field", "the trash can", "Ada's row", "tick 'Wrap'", "😀"]
)
@pytest.mark.parametrize("kind", ["plain", "noise", "small window", "stripes"])
def test_whatever_is_on_the_screen_there_is_an_answer(grounder: EmbeddedGrounder, kind: str, target: str) -> None:
    pictures = {
        "plain": np.full((200, 320, 3), 127, np.uint8),
        "noise": np.random.default_rng(3).integers(0, 256, (200, 320, 3), np.uint8),
        "small window": np.asarray(Drawing(200, 200).text("Quit?", 20, 40).button("OK", 60, 150).image),
        "stripes": np.tile(np.array([[[0]], [[255]]], np.uint8), (100, 320, 3)),
    }
    answer = grounder.locate(target, Screenshot.of(Image.fromarray(pictures[kind])))
    assert isinstance(answer, Absent) or answer.confidence < 0.6


def test_a_mirrored_form_has_its_labels_on_the_right(grounder: EmbeddedGrounder) -> None:
    form = (
        Drawing()
        .text("Name", 300, 60)
        .entry("", 80, 60, width=200)
        .text("Town", 300, 110)
        .entry("", 80, 110, width=200)
    )
    answer = grounder.locate("type into the Town field", form.screenshot)
    assert isinstance(answer, Location)
    assert pixel(answer, form.screenshot)[0] < 280
    assert 95 <= pixel(answer, form.screenshot)[1] <= 125


@pytest.mark.soak
def test_an_8k_screen_takes_bounded_time_and_memory(grounder: EmbeddedGrounder) -> None:
    dialog = Drawing().text("Name:", 40, 60).entry("Ada", 120, 60).button("Save", 300, 360).image
    large = Image.new("RGB", (7680, 4320), "white")
    for place in range(9):
        large.paste(dialog.resize((1280, 800)), (place % 3 * 2500, place // 3 * 1400))
    began = time.monotonic()
    answer = grounder.locate("the fifth Save button", Screenshot.of(large))
    assert time.monotonic() - began < 60
    assert isinstance(answer, Location)
    assert 0.3 < answer.point.x < 0.7
    assert (rss_peak_mb() or 0) < 1200


@pytest.mark.parametrize("beyond", [0, 1, 3])
@pytest.mark.parametrize("gap", [1, 2, 3])
def test_a_caret_does_not_part_its_field(beyond: int, gap: int) -> None:
    image = Drawing(300, 100).entry("Ada", 20, 50).image
    written = 28 + round(ImageFont.load_default(14).getlength("Ada")) + beyond
    ImageDraw.Draw(image).line((written, 36 + gap, written, 64 - gap), fill="black")
    assert [tuple(frame) for frame in frames(np.asarray(image))] == [(20, 35, 220, 65)]


def test_an_entry_with_a_caret_at_its_beginning_is_found() -> None:
    image = Image.new("RGB", (300, 100), PAPER)
    ImageDraw.Draw(image).rectangle((20, 35, 220, 57), fill="white", outline="black")
    ImageDraw.Draw(image).rectangle((21, 38, 22, 54), fill="black")
    assert [tuple(frame) for frame in frames(np.asarray(image))] == [(20, 35, 220, 57)]


def test_a_line_between_two_controls_parts_them() -> None:
    image = Drawing(300, 100).entry("Ada", 20, 50).image
    ImageDraw.Draw(image).line((120, 35, 120, 65), fill="black")
    assert len(frames(np.asarray(image))) == 2


@pytest.mark.parametrize("label", [(40, 100), (402, 70)])
def test_a_number_between_a_minus_and_a_plus_is_the_field_of_its_label(label: tuple[int, int]) -> None:
    reader, drawing = DrawnReader(), Drawing()
    drawing.text("Files per page", *label).cell(400, 85, width=30, height=30).cell(430, 85, width=84, height=30)
    drawing.cell(514, 85, width=30, height=30).text("20", 465, 100)
    drawing._draw.line((410, 100, 420, 100), fill=(40, 40, 40))
    drawing._draw.line((524, 100, 534, 100), fill=(40, 40, 40))
    drawing._draw.line((529, 95, 529, 105), fill=(40, 40, 40))
    shot = reader.screen(drawing)
    found = EmbeddedGrounder(reader).locate("the Files per page field", shot)
    assert isinstance(found, Location)
    assert PixelBox(430, 85, 514, 115).holds(*pixel(found, shot))


def test_a_line_that_explains_a_label_does_not_part_it_from_its_drop_down() -> None:
    reader, drawing = DrawnReader(), Drawing()
    drawing.text("Language", 40, 100).dropdown("English", 400, 106).text("For menus and messages", 40, 117)
    shot = reader.screen(drawing)
    found = EmbeddedGrounder(reader).locate("the Language drop-down", shot)
    assert isinstance(found, Location)
    assert PixelBox(400, 91, 560, 121).holds(*pixel(found, shot))


@pytest.mark.parametrize("value", ["A", "Ada Lovelace and her sons"])
def test_a_label_that_was_read_in_one_line_with_what_its_field_holds_names_the_field(value: str) -> None:
    drawing = Drawing().text("Company", 40, 60).entry(value, 112, 60, width=240).button("Save", 40, 100)
    one_line = drawing.words[0].line
    drawing.words[:] = [
        word.model_copy(update={"line": one_line}) if word.text != "Save" else word for word in drawing.words
    ]
    screen = (reader := DrawnReader()).screen(drawing)
    found = EmbeddedGrounder(reader).locate("the Company field", screen)
    assert isinstance(found, Location)
    x, y = pixel(found, screen)
    assert 112 <= x <= 352
    assert 45 <= y <= 75
