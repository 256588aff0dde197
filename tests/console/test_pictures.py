"""Pictures in terminals that show more than half-blocks: what is sent is what was to be seen."""

from __future__ import annotations

import re
import zlib
from base64 import standard_b64decode
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from screenagent.console import kitty, sixel
from screenagent.console.graphic import TerminalGraphic
from screenagent.console.picture import ScreenPicture
from screenagent.console.terminal import BLOCKS, Terminal, terminal_from_answer
from screenagent.geometry import Size
from tests.console.console_runs import DONE, SAVE, Stage, piloted, until

CELL = Size(width=8, height=16)


@pytest.mark.parametrize(
    ("answer", "terminal"),
    [
        (b"\x1b[6;16;8t\x1b[?62;4;22c", Terminal(pictures="sixel", cell=CELL)),
        (b"\x1b_Gi=31;OK\x1b\\\x1b[6;16;8t\x1b[?62;c", Terminal(pictures="kitty", cell=CELL)),
        (b"\x1b_Gi=31;OK\x1b\\\x1b[6;16;8t\x1b[?62;4c", Terminal(pictures="sixel", cell=CELL)),
        (b"\x1b_Gi=31;EINVAL\x1b\\\x1b[6;16;8t\x1b[?62;14c", Terminal(cell=CELL)),
        (b"\x1b[?62;4c", BLOCKS),
        (b"y", BLOCKS),
        (b"", BLOCKS),
    ],
)
def test_a_terminal_shows_what_it_says_it_can(answer: bytes, terminal: Terminal) -> None:
    assert terminal_from_answer(answer) == terminal


def test_the_system_may_know_how_large_a_cell_is() -> None:
    assert terminal_from_answer(b"\x1b[?62;4c", cell=CELL) == Terminal(pictures="sixel", cell=CELL)


def drawn(sequence: str) -> sixel.Indices:
    """What a terminal makes of sixels."""
    found = re.fullmatch(r'\x1bP0;1q"1;1;(\d+);(\d+)((?:#\d+;2;\d+;\d+;\d+)*)(.*)\x1b\\', sequence)
    assert found is not None
    width, height = int(found[1]), int(found[2])
    pixels = np.full((height + 5, width), 255, np.uint8)
    for band, lines in enumerate(found[4].split("-")):
        for line in lines.split("$"):
            colour = re.match(r"#(\d+)", line)
            assert colour is not None
            column = 0
            for times, letter in re.findall(r"(?:!(\d+))?([?-~])", line[colour.end() :]):
                for _ in range(int(times or 1)):
                    for bit in range(6):
                        if ord(letter) - 63 >> bit & 1:
                            pixels[band * 6 + bit, column] = int(colour[1])
                    column += 1
    return pixels[:height]


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (40, 6), (31, 20)])
def test_sixels_draw_the_pixels_that_went_in(size: tuple[int, int]) -> None:
    picture = sixel.Paletted.of(Image.effect_noise(size, 120).convert("RGB"))
    assert (drawn(sixel.encoded(picture)) == picture.pixels).all()


def colours_of(image: Image.Image) -> NDArray[np.int32]:
    """What a terminal shows of a picture, whose sixels name each part of a colour in hundredths."""
    pixels, palette = sixel.Paletted.of(image)
    return np.round(np.round(palette[pixels] * 100.0 / 255) * 255 / 100).astype(np.int32)


def test_a_few_flat_colours_stay_what_they_are() -> None:
    flat = [
        (0, 0, 0),
        (255, 255, 255),
        (128, 128, 128),
        (255, 59, 92),
        (36, 132, 255),
        (173, 216, 230),
        (236, 239, 244),
    ]
    image = Image.new("RGB", (len(flat), 1))
    image.putdata(flat)
    assert abs(colours_of(image)[0] - flat).max() <= 2


@pytest.mark.parametrize("end", [(0, 0, 160), (173, 216, 230), (40, 40, 40)])
def test_a_gradient_keeps_its_colours(end: tuple[int, int, int]) -> None:
    ways = np.linspace((255, 255, 255), end, 200).round().astype(np.uint8)
    image = Image.fromarray(np.repeat(ways[None], 60, axis=0))
    assert abs(colours_of(image) - np.asarray(image, np.int32)).max() <= 2


def test_a_picture_of_too_many_colours_stays_near_them() -> None:
    shades = np.arange(240) * 255 // 239
    image = np.stack((*np.meshgrid(shades, shades), np.full((240, 240), 90)), axis=-1)
    assert abs(colours_of(Image.fromarray(image.astype(np.uint8))) - image).max() <= 40


@pytest.mark.parametrize("height", [6, 13, 16, 18, 20, 21])
def test_slices_are_whole_rows_of_cells(height: int) -> None:
    rows = sixel.rows_at_once(height)
    assert rows * height % sixel.BAND == 0
    assert len(sixel.slices(Image.new("RGB", (4, height * rows * 2 + 1)), height)) == 3


def test_kitty_is_sent_the_pixels_and_where_they_go() -> None:
    image = Image.effect_noise((40, 30), 90).convert("RGB")
    sequence = kitty.kitty_sequence(image, 0x123456, Size(width=5, height=2))
    parts = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", sequence)
    first = dict(pair.split("=") for pair in parts[0][0].split(","))
    assert {"a": "T", "U": "1", "i": str(0x123456), "s": "40", "v": "30", "c": "5", "r": "2"}.items() <= first.items()
    assert [part[0][-1] for part in parts] == [*"1" * (len(parts) - 1), "0"]
    assert zlib.decompress(standard_b64decode("".join(part[1] for part in parts))) == image.tobytes()


def test_kitty_cells_say_their_row_column_and_picture() -> None:
    [segment] = kitty.kitty_strip(2, 3, 0x123456)
    assert segment.text == "".join(f"\U0010eeee\u030e{column}" for column in "\u0305\u030d\u030e")
    assert segment.style is not None
    assert segment.style.color is not None
    assert segment.style.color.triplet == (0x12, 0x34, 0x56)
    assert len(kitty.NUMBERS) == 297


@pytest.mark.slow
@pytest.mark.parametrize("pictures", ["kitty", "sixel"])
@piloted
async def test_under_a_prompt_and_where_nothing_better_is_known_there_are_half_blocks(
    pictures: str, tmp_path: Path
) -> None:
    stage = Stage(SAVE, DONE, terminal=Terminal.model_validate({"pictures": pictures}))
    async with stage.console.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: stage.live.question)
        picture = stage.screen.query_one("#screen", ScreenPicture)
        assert isinstance(picture, TerminalGraphic)
        assert "▀" not in picture.render_line(2).text
        await pilot.press("n")
        await until(pilot, lambda: "▀" in picture.render_line(2).text)
        await pilot.press("escape")
        await until(pilot, lambda: "▀" not in picture.render_line(2).text)
        stage.live.control.stop()
        await until(pilot, lambda: stage.live.is_over)
