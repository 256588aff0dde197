"""Which buttons are asked for their names, and which name is what was said."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PIL import ImageDraw

from screenagent.fakes import FakeAccessibility
from screenagent.geometry import Absent, Box, Location, PixelBox
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.expression import parse
from screenagent.grounding.name_fit import NamedIcon, chosen_name, written_name
from screenagent.grounding.tooltip_match import MOST_ASKED, TooltipNaming
from screenagent.perception.icon_encoder import IconWords
from screenagent.perception.icon_names import IconNames, ToldName, picture_key
from screenagent.perception.sentence_encoder import SentenceEncoder
from screenagent.screenshot import Element, Screenshot, Window
from tests.builders import Drawing, DrawnReader

SENTENCES, WORDS = SentenceEncoder(), IconWords()
ABSENT = Absent(why="not there")
INK = (20, 40, 90)
PITCH = 44


def bar(*, count: int = 6, app: str = "Editor", top: int = 60, box: Box | None = None) -> Drawing:
    """Return a window with a row of pictures, each another polygon."""
    drawing = Drawing(window=Window(id=1, app=app, box=box or Box(left=0, top=0, right=1, bottom=1)))
    pen = ImageDraw.Draw(drawing.image)
    for number in range(count):
        pen.regular_polygon((40 + PITCH * number, top, 11), 3 + number % 6, rotation=17 * number, fill=INK)
    return drawing


def place_of(number: int, places: Sequence[Location]) -> Location:
    """Return the place that lies on the picture of this number."""
    return next(place for place in places if abs(place.point.x * 640 - 40 - PITCH * number) < 12)


def naming(reader: DrawnReader, names: IconNames | None = None, **options: bool) -> TooltipNaming:
    return TooltipNaming(EmbeddedGrounder(reader), names or IconNames(), reader, **options)


def named(screen: Screenshot, naming_: TooltipNaming, *texts: str) -> None:
    """Tell the names of the first pictures of a bar."""
    places = naming_.buttons(screen)
    for number, text in enumerate(texts):
        box = place_of(number, places).box
        assert box is not None
        naming_.names.keep("Editor", [ToldName(picture_key(screen, box), text, "tooltip")])


def padded(reader: DrawnReader, tooltip: Drawing) -> Screenshot:
    """Return the picture of a tooltip that the reader knows on the margin that it is read on."""
    words = tooltip.words
    reader.read = lambda screenshot: words if screenshot.size.width == 640 + 32 else []  # type: ignore[method-assign]
    return tooltip.screenshot


def test_all_buttons_of_a_bar_are_asked_from_the_left() -> None:
    reader = DrawnReader()
    places = naming(reader).buttons(reader.screen(bar()))
    assert [round((place.point.x * 640 - 40) / PITCH) for place in places] == list(range(6))


def test_a_button_with_a_name_or_without_a_tooltip_is_not_asked_again() -> None:
    reader = DrawnReader()
    screen, asked = reader.screen(bar()), naming(reader)
    named(screen, asked, "Save", "Print")
    asked.keep(screen, place_of(2, asked.buttons(screen)), None)
    assert len(asked.buttons(screen)) == 3


def test_a_picture_with_two_names_is_asked_again() -> None:
    reader = DrawnReader()
    screen, asked = reader.screen(bar()), naming(reader)
    place = place_of(0, asked.buttons(screen))
    for name in ("Increase", "Next page"):
        assert place.box is not None
        asked.names.keep("Editor", [ToldName(picture_key(screen, place.box), name, "tooltip")])
    assert place in asked.buttons(screen)
    assert asked.named("increase", screen) is None
    tooltip = Drawing().text("Increase", 20, 20)
    asked.keep(screen, place, padded(reader, tooltip))
    found = asked.named("increase", screen)
    assert found is not None
    assert found.point == place.point


def test_pictures_beside_a_text_are_left_to_the_text() -> None:
    reader = DrawnReader()
    assert naming(reader).buttons(reader.screen(bar(count=3).text("Save the file", 144, 60))) == ()


def test_only_the_window_in_front_is_asked() -> None:
    reader = DrawnReader()
    assert naming(reader).buttons(reader.screen(bar(box=Box(left=0, top=0.5, right=1, bottom=1)))) == ()


def test_a_web_page_is_asked_only_if_a_setting_says_so() -> None:
    reader = DrawnReader()
    page, bars = reader.screen(bar(app="chromium", top=220)), reader.screen(bar(app="chromium", top=60))
    assert naming(reader).buttons(page) == ()
    assert len(naming(reader).buttons(bars)) == 6
    assert len(naming(reader, in_pages=True).buttons(page)) == 6
    assert naming(reader).unnamed("print it", page, ABSENT) == ()


def test_the_likeliest_are_asked_and_no_more_than_a_few() -> None:
    reader = DrawnReader()
    screen = reader.screen(bar(count=13))
    asked = naming(reader).unnamed("the magnifying glass", screen, ABSENT)
    assert asked is not None
    assert len(asked) == MOST_ASKED
    assert len({place.point for place in asked}) == MOST_ASKED


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("print it", Location(point=Box(left=0, top=0, right=1, bottom=1).center, confidence=0.8, by="text")),
        ("the button", ABSENT),
        ("the trash icon left of Name", ABSENT),
    ],
)
def test_what_no_name_can_settle_is_not_asked(target: str, found: Location | Absent) -> None:
    reader = DrawnReader()
    screen = reader.screen(bar().text("Name", 300, 200))
    assert naming(reader).unnamed(target, screen, found) is None
    assert naming(reader).known(target, screen, found) is None


def test_a_button_is_found_by_its_name() -> None:
    reader = DrawnReader()
    screen, asked = reader.screen(bar()), naming(reader)
    named(screen, asked, "Open a file", "Print the document", "Save the document")
    found = asked.named("print the document", screen)
    assert found is not None
    assert found.by == "tooltip"
    assert found == place_of(1, [found])


@pytest.mark.parametrize(
    ("target", "at"),
    [("Go to last page", 1), ("the Go to first page button", 0), ("Show the tree of the left side", 2), ("Polygon", 3)],
)
def test_the_words_of_a_tooltip_name_its_button_however_they_are_read(target: str, at: int) -> None:
    reader = DrawnReader()
    screen, asked = reader.screen(bar()), naming(reader)
    named(screen, asked, "Go to first page", "Go to last page", "Show the tree of the left side", "Polyaon", "Ellipse")
    found = asked.named(target, screen)
    assert found is not None
    assert found == place_of(at, [found])


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("Insert", "Invert"),
        ("Toggle the local tree", "Toggle the remote tree"),
        ("Sheet 1", "Sheet 2"),
        ("Zoom in", "Zoom"),
    ],
)
def test_a_word_that_differs_is_not_misread(target: str, name: str) -> None:
    assert written_name(target, [NamedIcon(PixelBox(0, 0, 9, 9), name, 0.8)]) is None


def test_the_second_of_a_name_is_not_the_first() -> None:
    reader = DrawnReader()
    screen, asked = reader.screen(bar()), naming(reader)
    named(screen, asked, "Delete the row")
    assert asked.named("the second delete the row button", screen) is None


def test_a_name_that_was_said_to_the_letter_wins_over_a_text_that_shares_words() -> None:
    reader = DrawnReader()
    screen, asked = reader.screen(bar().text("Insert", 40, 200)), naming(reader)
    named(screen, asked, "Open", "Insert a hyperlink")
    text = Location(point=Box(left=0, top=0.5, right=0.2, bottom=0.5).center, confidence=0.7, by="text")
    known = asked.known("insert a hyperlink", screen, text)
    assert known is not None
    assert known == place_of(1, [known])
    assert asked.known("add a link", screen, text) is None


def test_a_name_that_is_surely_meant_is_known_without_asking() -> None:
    reader = DrawnReader()
    screen, asked = reader.screen(bar()), naming(reader)
    named(screen, asked, "Open a file", "Print the document", "Save the document")
    known = asked.known("print the document", screen, ABSENT)
    assert known is not None
    assert known == place_of(1, [known])


def test_a_name_that_the_program_tells_is_kept_and_not_asked_for() -> None:
    reader, names = DrawnReader(), IconNames()
    screen = reader.screen(bar())
    box = PixelBox(24, 44, 56, 76).box(screen.size)
    told = FakeAccessibility([Element(role="button", name="Print the document", box=box)])
    asked = TooltipNaming(EmbeddedGrounder(reader, accessibility=told), names, reader)
    assert len(asked.buttons(screen)) == 5
    asked.keep_told(screen)
    found = naming(reader, names).named("print the document", screen)  # without the program's help
    assert found is not None
    assert found == place_of(0, [found])


def chosen(said: str, *names: str) -> tuple[str, bool]:
    """Return the name that fits best, and whether it fits well enough to be acted on."""
    icons = [NamedIcon(PixelBox(40 * at, 0, 40 * at + 20, 20), name, 0.3) for at, name in enumerate(names)]
    best = chosen_name(parse(said), icons, SENTENCES, WORDS)
    return (best.icon.name, best.likely >= 0.45) if best else ("", False)


OFFICE = ("Open a file", "Save the document", "Print the document", "Undo the last action", "Insert a chart", "Bold")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("the Bold button", "Bold"),
        ("print the document", "Print the document"),
        ("store the document", "Save the document"),
        ("take back the last step", "Undo the last action"),
        ("'Insert a chart'", "Insert a chart"),
    ],
)
def test_names_are_matched_by_letters_and_by_meaning(said: str, name: str) -> None:
    assert chosen(said, *OFFICE) == (name, True)


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("insert a table", ("Insert a table row", "Insert a table column")),
        ("zoom", ("Zoom in", "Zoom out", "Open")),
        ("delete it", ("Delete row", "Delete column")),
    ],
)
def test_two_names_that_fit_alike_name_nothing(said: str, names: tuple[str, ...]) -> None:
    assert chosen(said, *names)[1] is False


def test_two_buttons_of_one_name_are_one_name() -> None:
    assert chosen("print the document", "Print the document", "Print the document", "Bold") == (
        "Print the document",
        True,
    )


@pytest.mark.parametrize(("said", "name"), [("Save", "Save As"), ("the Save button", "Save all"), ("Zoom", "Zoom out")])
def test_a_command_that_extends_a_name_is_another(said: str, name: str) -> None:
    assert chosen(said, name, "Bold")[1] is False


def test_an_opposite_is_not_meant() -> None:
    assert chosen("zoom in", "Zoom out") == ("", False)


def test_of_a_quoted_name_only_the_letters_count() -> None:
    assert chosen("'Store document'", *OFFICE) == ("", False)
