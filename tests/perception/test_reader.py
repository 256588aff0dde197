from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from screenagent.geometry import PixelBox
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.ocr import LARGEST, Darkness, Detector, LineWord, PictureArray, Recogniser, words
from screenagent.perception.reader import ScreenReader, changed_regions
from screenagent.perception.timing import Timing
from screenagent.perception.weights import BrokenWeights, MissingWeights
from screenagent.screenshot import Screenshot, Word
from tests.builders import Drawing

POOL = ThreadPoolExecutor(1)


class CountingDetector(Detector):
    """Remembers how many pixels it was shown."""

    seen = 0

    def ink(self, picture: PictureArray) -> Darkness:
        self.seen += picture.shape[0] * picture.shape[1]
        return super().ink(picture)


class CountingRecogniser(Recogniser):
    """Remembers how many lines it was given."""

    read_lines = 0

    def read(self, lines: Sequence[PictureArray]) -> list[tuple[LineWord, ...]]:
        self.read_lines += len(lines)
        return super().read(lines)


@pytest.fixture(scope="module")
def reader() -> ScreenReader:
    return ScreenReader(threads=2)


@pytest.fixture
def counting() -> tuple[ScreenReader, CountingDetector, CountingRecogniser]:
    detector, recogniser = CountingDetector(POOL), CountingRecogniser(POOL)
    return ScreenReader(detector=detector, recogniser=recogniser), detector, recogniser


def form(name: str = "Ada Lovelace") -> Drawing:
    drawing = Drawing()
    for place, menu in enumerate(("File", "Edit", "View", "Help")):
        drawing.text(menu, 16 + place * 60, 14)
    drawing.text("Name:", 40, 120).entry(name, 120, 120).text("a footnote in small letters", 40, 340)
    return drawing.button("Save", 300, 370).button("Cancel", 420, 370)


def lines(words: list[Word]) -> list[str]:
    found: dict[int, list[str]] = {}
    for word in words:
        found.setdefault(word.line, []).append(word.text)
    return [" ".join(line) for line in found.values()]


@pytest.mark.slow
def test_what_is_written_on_the_screen_is_read_in_reading_order(reader: ScreenReader) -> None:
    assert lines(reader.read(form().screenshot)) == [
        "File", "Edit", "View", "Help", "Name:", "Ada Lovelace", "a footnote in small letters", "Save", "Cancel",
    ]  # fmt: skip


def test_a_words_box_lies_on_the_word(reader: ScreenReader) -> None:
    shot = form().screenshot
    (box,) = (word.box for word in reader.read(shot) if word.text == "Lovelace")
    left, top, right, bottom = box.pixels(shot.size)
    assert (150 < left < 170, 200 < right < 225) == (True, True)
    assert 105 < top < 120 < bottom < 135


@pytest.mark.slow
def test_the_same_screen_is_not_read_twice(counting: tuple[ScreenReader, CountingDetector, CountingRecogniser]) -> None:
    reader, detector, recogniser = counting
    first = reader.read(form().screenshot)
    before = detector.seen, recogniser.read_lines
    assert reader.read(form().screenshot) == first
    assert (detector.seen, recogniser.read_lines) == before


@pytest.mark.slow
def test_of_a_changed_screen_only_the_changed_part_is_read(
    counting: tuple[ScreenReader, CountingDetector, CountingRecogniser],
) -> None:
    reader, detector, recogniser = counting
    reader.read(form().screenshot)
    whole = detector.seen
    detector.seen = recogniser.read_lines = 0
    texts = lines(reader.read(form("Grace Hopper").screenshot))
    assert texts[4:6] == ["Name:", "Grace Hopper"]
    assert recogniser.read_lines == 1
    assert detector.seen < whole / 4


@pytest.mark.slow
def test_a_screen_that_comes_back_is_remembered(
    counting: tuple[ScreenReader, CountingDetector, CountingRecogniser],
) -> None:
    reader, _, recogniser = counting
    first = reader.read(form().screenshot)
    reader.read(form("Grace Hopper").screenshot)
    recogniser.read_lines = 0
    assert reader.read(form().screenshot) == first
    assert recogniser.read_lines == 0


@pytest.mark.slow
def test_a_screen_that_is_mostly_known_is_read_ahead_and_not_again(
    counting: tuple[ScreenReader, CountingDetector, CountingRecogniser],
) -> None:
    reader, detector, recogniser = counting
    reader.read(form().screenshot)
    recogniser.read_lines = 0
    later = form("Grace Hopper").screenshot

    reader.read_ahead(later).result()

    assert recogniser.read_lines == 1
    detector.seen = 0
    assert "Grace Hopper" in lines(reader.read(later))
    assert (detector.seen, recogniser.read_lines) == (0, 1)


@pytest.mark.slow
def test_a_screen_of_which_much_is_new_is_not_read_ahead(
    counting: tuple[ScreenReader, CountingDetector, CountingRecogniser],
) -> None:
    reader, detector, _ = counting

    reader.read_ahead(form().screenshot).result()

    assert detector.seen == 0
    reader.read(form().screenshot)
    detector.seen = 0
    reader.read_ahead(Drawing(dark=True).text("another screen", 40, 100).screenshot).result()
    assert detector.seen == 0


@pytest.mark.slow
def test_what_is_asked_of_a_screen_like_the_first_waits_for_that_and_reads_only_what_is_new(
    counting: tuple[ScreenReader, CountingDetector, CountingRecogniser],
) -> None:
    reader, detector, recogniser = counting
    reader.read_soon(form().screenshot)

    assert "Grace Hopper" in lines(reader.read(form("Grace Hopper").screenshot))

    whole, known = detector.seen, recogniser.read_lines
    reader.forget()
    reader.read(form().screenshot)
    assert whole < 2 * (detector.seen - whole)
    assert recogniser.read_lines - known == known - 1


@pytest.mark.slow
def test_a_text_that_moved_is_not_read_again(
    counting: tuple[ScreenReader, CountingDetector, CountingRecogniser],
) -> None:
    reader, _, recogniser = counting
    reader.read(Drawing().text("a line that will be scrolled", 40, 100).screenshot)
    recogniser.read_lines = 0
    moved = reader.read(Drawing().text("a line that will be scrolled", 40, 196).screenshot)
    assert lines(moved) == ["a line that will be scrolled"]


@pytest.mark.slow
def test_forgetting_reads_again(counting: tuple[ScreenReader, CountingDetector, CountingRecogniser]) -> None:
    reader, detector, _ = counting
    reader.read(form().screenshot)
    once = detector.seen
    reader.forget()
    reader.read(form().screenshot)
    assert detector.seen == 2 * once


def test_the_places_where_two_pictures_differ_are_found() -> None:
    before = np.zeros((200, 300, 3), np.uint8)
    after = before.copy()
    after[40:50, 60:70] = 255
    after[150:151, 290:300, 2] = 1
    assert changed_regions(before, after) == [PixelBox(48, 32, 80, 64), PixelBox(288, 144, 300, 160)]
    assert changed_regions(before, before) == []


ODD = {
    "one pixel": Image.new("RGB", (1, 1)),
    "one row": Image.new("RGB", (400, 1), (255, 255, 255)),
    "a thumbnail": Image.new("RGB", (31, 17), (200, 0, 0)),
    "one colour": Image.new("RGB", (640, 400), (0, 90, 0)),
    "noise": Image.fromarray(np.random.default_rng(7).integers(0, 256, (300, 400, 3), np.uint8)),
}


@pytest.mark.parametrize("kind", ODD)
def test_pictures_without_text_are_read_as_such(reader: ScreenReader, kind: str) -> None:
    assert [word for word in reader.read(Screenshot.of(ODD[kind])) if word.confidence > 0.9] == []


@pytest.mark.slow
def test_an_8k_screen_is_read_at_reduced_size() -> None:
    detector = CountingDetector(POOL)
    reader = ScreenReader(detector=detector)
    drawing = Drawing(960, 540).text("Settings", 40, 60)
    huge = drawing.image.resize((7680, 4320), Image.Resampling.BICUBIC)
    assert lines(reader.read(Screenshot.of(huge))) == ["Settings"]
    assert detector.seen <= 1.01 * LARGEST


def test_missing_weights_are_named_with_how_to_restore_them(tmp_path: Path) -> None:
    absent = tmp_path / "detector.onnx"
    with pytest.raises(BrokenWeights, match=r"detector\.onnx are missing; restore them with `pip install"):
        ScreenReader(detector=Detector(POOL, weights=absent)).read(form().screenshot)


@pytest.mark.slow
def test_broken_weights_are_named_with_how_to_restore_them(tmp_path: Path) -> None:
    broken = tmp_path / "recogniser.onnx"
    broken.write_bytes(b"half a file")
    with pytest.raises(BrokenWeights, match=r"recogniser\.onnx are broken; restore them with `pip install"):
        ScreenReader(recogniser=Recogniser(POOL, weights=broken)).read(form().screenshot)


@pytest.mark.slow
def test_the_time_of_seeing_is_told_by_stage() -> None:
    stages = Timing()
    grounder = EmbeddedGrounder(ScreenReader(stages=stages), stages=stages)
    grounder.locate("the Name field", form().screenshot)
    first = stages.take()
    grounder.locate("the Name field", form().screenshot)
    assert set(first) == {"detect", "recognise", "layout", "match"}
    assert all(seconds > 0 for seconds in first.values())
    assert set(stages.take()) == {"match"}


def test_letters_far_apart_are_two_words() -> None:
    alphabet = ["", "文", "件", "编"]
    letters = np.array([1, 0, 0, 0, 0, 2, *[0] * 14, 3, 0])
    found = words(letters, np.ones(len(letters), np.float32), alphabet, stretch=1.0)
    assert [piece.text for piece in found] == ["文件", "编"]


@pytest.mark.skipif(find_spec("rapidocr") is not None, reason="they are installed")
def test_letters_without_their_weights_say_what_to_install() -> None:
    with pytest.raises(MissingWeights, match=r"pip install \"screenagent\[cjk\]\""):
        ScreenReader(letters="cjk")
