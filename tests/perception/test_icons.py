from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from screenagent.fakes import FakeReader
from screenagent.geometry import Absent, Location, PixelBox
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.icon_encoder import IconEncoder, IconWords, seen, wording
from screenagent.perception.ocr import PictureArray
from screenagent.perception.weights import BrokenWeights
from screenagent.screenshot import Screenshot
from tests.builders import pixel

WORDS = IconWords()


def toolbar(*icons: str, ground: int = 246, ink: int = 46) -> Image.Image:
    """Icons of 20 pixels, 60 apart, on a bar."""
    image = Image.new("RGB", (640, 120), (ground,) * 3)
    draw = ImageDraw.Draw(image)
    for place, icon in enumerate(icons):
        x, y, colour = 40 + 60 * place, 50, (ink,) * 3
        match icon:
            case "menu":
                for row in (3, 9, 15):
                    draw.rectangle((x, y + row, x + 19, y + row + 2), fill=colour)
            case "plus":
                draw.rectangle((x + 8, y, x + 11, y + 19), fill=colour)
                draw.rectangle((x, y + 8, x + 19, y + 11), fill=colour)
            case "search":
                draw.ellipse((x, y, x + 13, y + 13), outline=colour, width=2)
                draw.line((x + 12, y + 12, x + 19, y + 19), fill=colour, width=3)
            case "play":
                draw.polygon(((x + 2, y), (x + 2, y + 19), (x + 18, y + 10)), fill=colour)
            case "back":
                draw.line(((x + 12, y), (x + 3, y + 10), (x + 12, y + 19)), fill=colour, width=3)
    return image


BAR = ("menu", "plus", "search", "play", "back")


def spot(answer: Location | Absent, image: Image.Image) -> int | None:
    """Which place of the toolbar it points at."""
    if isinstance(answer, Absent):
        return None
    x, _ = pixel(answer, Screenshot.of(image))
    return round((x - 50) / 60)


@pytest.fixture(scope="module")
def grounder() -> EmbeddedGrounder:
    return EmbeddedGrounder(FakeReader([]))


@pytest.mark.parametrize("look", [{}, {"ground": 40, "ink": 230}, {"ground": 246, "ink": 190}])
@pytest.mark.parametrize(
    ("target", "icon"),
    [
        ("open the hamburger menu", "menu"),
        ("add an item", "plus"),
        ("search for something", "search"),
        ("the search icon", "search"),
        ("start playback", "play"),
        ("go back to the previous page", "back"),
    ],
)
def test_an_icon_is_found_by_what_people_say_on_light_on_dark_and_greyed_out(
    grounder: EmbeddedGrounder, target: str, icon: str, look: dict[str, int]
) -> None:
    image = toolbar(*BAR, **look)
    assert spot(grounder.locate(target, Screenshot.of(image)), image) == BAR.index(icon)


def test_of_two_icons_alike_a_strict_grounder_asks_which(grounder: EmbeddedGrounder) -> None:
    image = toolbar("search", "menu", "search")
    answer = grounder.strict().locate("search for something", Screenshot.of(image))
    assert isinstance(answer, Absent)
    assert "2 times" in answer.why
    assert spot(grounder.locate("the second search icon", Screenshot.of(image)), image) == 2


@pytest.mark.parametrize("target", ["eject the disc", "'Search'", "the Name field", "qwxyz"])
def test_what_no_icon_shows_is_absent(grounder: EmbeddedGrounder, target: str) -> None:
    assert isinstance(grounder.locate(target, Screenshot.of(toolbar(*BAR))), Absent)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Open the settings", ("open", "sett")),
        ("zoom in on the map", ("zoom", "in", "on", "map")),
        ("Ada's files", ("ada", "fil")),
        ("!?", ()),
    ],
)
def test_a_text_is_its_telling_words_by_their_stems(text: str, words: tuple[str, ...]) -> None:
    assert wording(text) == words


@pytest.mark.parametrize(
    ("said", "meant", "not_meant"),
    [
        ("save the file", "document save", "document open"),
        ("undo the last edit", "edit undo", "edit redo"),
        ("go to the previous page", "go previous", "go next"),
        ("throw it away", "trash", "mail"),
        ("turn the sound off", "audio volume muted", "audio volume high"),
        ("enlarge the view", "zoom in", "edit cut"),
        ("look for text", "edit find", "edit cut"),
        ("preferences", "settings", "folder"),
    ],
)
def test_words_lie_nearer_to_the_icon_they_mean(said: str, meant: str, not_meant: str) -> None:
    told, right, wrong = (WORDS.vector([(text, 1.0)]) for text in (said, meant, not_meant))
    assert told @ right > told @ wrong + 0.08


def test_unknown_words_mean_nothing() -> None:
    assert not WORDS.vector([("qwxyz", 1.0)]).any()


@pytest.mark.parametrize("edge", [0, 5])
def test_an_icon_at_the_edge_of_the_screen_and_one_without_contrast(edge: int) -> None:
    picture: PictureArray = np.full((40, 40, 3), 200, np.uint8)
    assert seen(picture, PixelBox(0, 0, 20, 20)) is None
    picture[edge : edge + 10, edge : edge + 10] = 0
    view = seen(picture, PixelBox(edge, edge, edge + 10, edge + 10))
    assert view is not None
    assert np.isclose(np.abs(view[0]).max(), 1)


@pytest.mark.parametrize("content", [None, b"", b"no weights"])
def test_broken_or_missing_weights_are_named_with_how_to_restore_them(tmp_path: Path, content: bytes | None) -> None:
    network, table = tmp_path / "icons.onnx", tmp_path / "icon_words.npz"
    if content is not None:
        network.write_bytes(content)
        table.write_bytes(content)
    with pytest.raises(BrokenWeights, match=r"icons\.onnx.*restore them"):
        IconEncoder(network).look(np.asarray(toolbar("plus")), [PixelBox(40, 50, 60, 70)])
    with pytest.raises(BrokenWeights, match=r"icon_words\.npz.*restore them"):
        IconWords(table).vector([("save", 1.0)])


def test_what_may_be_meant_is_named_for_a_model_though_it_is_not_likely_enough_to_be_clicked(
    grounder: EmbeddedGrounder,
) -> None:
    screenshot = Screenshot.of(toolbar(*BAR))
    target = "examine the log"
    assert isinstance(grounder.locate(target, screenshot), Absent)
    places = [round((box.center.x * 640 - 50) / 60) for box in grounder.likely(target, screenshot)]
    assert places == [BAR.index("search")]
