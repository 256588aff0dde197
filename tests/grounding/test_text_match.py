from __future__ import annotations

import pytest

from screenagent.fakes import FakeReader
from screenagent.geometry import Absent, Location, PixelBox, Size
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.expression import parse
from screenagent.grounding.text_match import matches, parted
from screenagent.perception.labels import Label, labels
from screenagent.perception.similarity import likeness
from tests.builders import Drawing, Text, words

SIZE = Size(width=1000, height=500)
SURE = 0.95  # what is done without a question


def found(target: str, *texts: Text) -> str | None:
    """The text at the place that the grounder points to."""
    answer = located(target, *texts)
    if isinstance(answer, Absent):
        return None
    within = [label for label in labels(words(texts), SIZE) if label.rect.holds(*(_at(answer)))]
    return within[0].text


def located(target: str, *texts: Text) -> Location | Absent:
    blank = Drawing(SIZE.width, SIZE.height).screenshot
    return EmbeddedGrounder(FakeReader(words(texts))).locate(target, blank)


def _at(location: Location) -> tuple[float, float]:
    return location.point.x * SIZE.width, location.point.y * SIZE.height


def score(target: str, text: str) -> float:
    return max((match.score for match in matches(parse(target), labels(words([(text, 0, 0)]), SIZE))), default=0.0)


def test_the_exact_text_comes_before_other_case_before_a_part_of_a_line() -> None:
    exact, other_case, part = score("'Save'", "Save"), score("'Save'", "SAVE"), score("'Save'", "Save the changes")
    assert exact > other_case > part > 0


def test_a_letter_read_wrong_is_borne() -> None:
    assert found("the Preferences button", ("Preferonces", 10, 10), ("Profiles", 10, 60)) == "Preferonces"


def test_letters_that_look_alike_are_taken_for_each_other() -> None:
    assert found("'Save All'", ("Save AIl", 10, 10), ("Save", 10, 60)) == "Save AIl"


@pytest.mark.parametrize("target", ["'Save As'", "the Save As button", "click 'Save As…' in the menu"])
def test_a_longer_name_than_is_there_is_absent_and_the_nearest_is_named(target: str) -> None:
    answer = located(target, ("Save", 10, 10), ("Close", 10, 60))
    assert isinstance(answer, Absent)
    assert "Save" in answer.why.split("nearest")[1]


@pytest.mark.parametrize("other", ["Save As…", "Save as", "Save All"])
def test_another_command_of_the_same_first_word_is_not_it(other: str) -> None:
    assert isinstance(located("the Save button", (other, 10, 10)), Absent)


def test_a_shorter_name_than_is_there_is_no_sure_match() -> None:
    answer = located("the Extract button", ("Extract Files", 10, 10))
    assert isinstance(answer, Absent) or answer.confidence < 0.9


def test_a_name_with_another_number_is_not_it() -> None:
    assert found("'Page 12'", ("Page 13", 10, 10)) is None


def test_the_whole_label_comes_before_the_longer_one() -> None:
    assert found("'Save'", ("Save All", 10, 10), ("Save", 10, 60), ("Save As…", 10, 110)) == "Save"


def test_a_shortcut_beside_a_menu_entry_does_not_count_against_it() -> None:
    assert score("'Quit'", "Quit Ctrl+Q") > 0.9


def test_a_description_finds_the_label_that_shares_its_words() -> None:
    screen = (("New Window", 10, 10), ("About Document Viewer", 10, 60), ("Help", 10, 110))
    assert found("show information about the document viewer", *screen) == "About Document Viewer"
    assert found("open the document viewer's help", *screen) == "Help"


def test_what_is_done_is_on_the_button_rather_than_what_it_is_done_to() -> None:
    assert found("reset the stopwatch", ("Stopwatch", 10, 10), ("Reset", 10, 60)) == "Reset"


def test_a_value_tells_what_it_stands_in() -> None:
    screen = (("Files", 10, 10), ("6:31 PM", 400, 10), ("/home/ada", 10, 60), ("#BF4040", 10, 110))
    assert found("click the clock", *screen) == "6:31 PM"
    assert found("type into the address bar", *screen) is None  # nothing is drawn that could be typed into
    assert found("the colour code next to Files", *screen) is None
    assert found("open the world clocks", *screen) is None


def test_a_word_of_a_text_is_found_in_it() -> None:
    answer = located("click the word Gale", ("And sweetest in the Gale is heard", 10, 10))
    assert isinstance(answer, Location)
    assert _at(answer) == (10 + 8 * 22, 20)


def test_what_shares_no_word_is_absent() -> None:
    assert found("remove the annotation", ("Save", 10, 10), ("Stopwatch", 10, 60)) is None


def test_an_ordinal_counts_in_reading_order() -> None:
    screen = (("Edit", 500, 10), ("Edit", 10, 60), ("Edit", 500, 60), ("Edition", 10, 110))
    assert [_at_of(f"the {number} 'Edit'", *screen) for number in ("first", "second", "third", "last")] == [
        (516, 20),
        (26, 70),
        (516, 70),
        (516, 70),
    ]


def test_an_ordinal_beyond_the_last_is_absent_and_says_how_many_there_are() -> None:
    answer = located("the third 'Edit'", ("Edit", 10, 10), ("Edit", 10, 60))
    assert answer == Absent(why="only 2 like “Edit” can be seen")


def _at_of(target: str, *texts: Text) -> tuple[int, int]:
    answer = located(target, *texts)
    assert isinstance(answer, Location)
    x, y = _at(answer)
    return round(x), round(y)


ROWS: tuple[Text, ...] = (
    ("Ada", 10, 10),
    ("Delete", 300, 10),
    ("Grace", 10, 60),
    ("Delete", 300, 60),
    ("Total", 10, 110),
    ("Delete", 600, 110),
)


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("Delete in Grace's row", (324, 70)),
        ("the 'Delete' next to Grace", (324, 70)),
        ("the 'Delete' right of Total", (624, 120)),
        ("the 'Delete' near Ada", (324, 20)),
        ("Grace above Total", (30, 70)),
        ("Ada left of 'Delete'", (22, 20)),
    ],
)
def test_a_neighbour_tells_equals_apart(target: str, place: tuple[int, int]) -> None:
    assert _at_of(target, *ROWS) == place


TABLE: tuple[Text, ...] = (
    ("Name", 10, 10), ("Amount", 300, 10), ("Date", 600, 10),
    ("Ada", 10, 60), ("120.50", 300, 60), ("2026-01-02", 600, 60),
    ("Grace", 10, 110), ("75.00", 308, 110), ("2026-03-04", 600, 110),
)  # fmt: skip


@pytest.mark.parametrize(
    ("target", "cell"),
    [
        ("the amount in Ada's row", "120.50"),
        ("Grace's amount", "75.00"),
        ("the date in the row of Grace", "2026-03-04"),
        ("the Amount column", "Amount"),
        ("the name in Ada's row", "Ada"),
    ],
)
def test_a_cell_is_told_by_its_column_and_row(target: str, cell: str) -> None:
    assert found(target, *TABLE) == cell


def test_below_a_word_without_a_table_there_is_no_cell() -> None:
    assert found("the File menu in the Notes window", ("File", 10, 10), ("Notes", 200, 60), ("Home", 10, 60)) == "File"


def test_a_neighbour_that_is_not_there_makes_the_target_absent() -> None:
    assert located("the 'Delete' left of Babbage", *ROWS) == Absent(
        why="“Babbage” is not on the screen, so nothing can be left of it"
    )


def test_a_figure_of_speech_is_no_neighbour() -> None:
    assert found("save the document under a new name", ("Save As…", 10, 10), ("Print", 10, 60)) == "Save As…"


def test_of_two_equals_the_confidence_says_that_it_is_a_guess() -> None:
    one, two = located("'OK'", ("OK", 10, 10)), located("'OK'", ("OK", 10, 10), ("OK", 500, 300))
    assert isinstance(one, Location)
    assert isinstance(two, Location)
    assert (one.confidence > 0.9, two.confidence <= 0.5) == (True, True)


def test_the_menu_bar_is_where_menus_are() -> None:
    bar: tuple[Text, ...] = (("File", 10, 10), ("Edit", 60, 10), ("View", 110, 10), ("Help", 160, 10))
    assert _at_of("open the Edit menu", ("Edit", 400, 300), *bar) == (76, 20)


def test_a_menu_bar_read_as_one_line_has_its_menus() -> None:
    assert _at_of("the Search menu", ("File Edit Options Search", 10, 10), ("Search for text", 10, 400)) == (178, 20)


def test_the_side_of_the_screen_tells_equals_apart() -> None:
    screen = (("Close", 10, 10), ("Close", 900, 10), ("Close", 900, 450))
    assert _at_of("the Close button at the bottom right", *screen) == (920, 460)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Save", "Save"),
        ("save", "SAVE"),
        ("Save As", "Save As…"),
        ("Tools", "Too|s"),
        ("A – B", "A - B"),
        ("Save...", "Save…"),
        ("First Name", "oFirst Name"),
        ("Filter in any column", "Filter in any colu..."),
        ("Filter in any column", "Filter in any colu."),
        ("Preferences", "Preferonces"),
        ("Clear All", "ClearAll"),
    ],
)
def test_what_looks_the_same_is_alike(name: str, text: str) -> None:
    assert likeness(name, text) > 0.8


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Save As", "Save"), ("Undo", "Redo"), ("Tab 1", "Tab 2"), ("+", "-"),
        ("Last Name As", "Last Name"), ("To Lower Case As", "To Lower Case"), ("Show All Tools", "Show Tools"),
        ("100%", "10096"), ("modem", "modern"), ("I1", "l1"), ("I1", "11"), ("1", "l"), ("Iceland", "Ireland"),
        ("report_2024-01.pdf", "report_2024-07.pdf"), ("C", "C++"), ("5", "-5"), ("+1", "-1"), ("Toolbar", "Ioolbar"),
        ("Generate", "Regenerate"), ("Import", "Important"), ("Filter in any column As", "Filter in any colu..."),
    ],
)  # fmt: skip
def test_what_means_something_else_is_not_alike(name: str, text: str) -> None:
    assert likeness(name, text) == 0


@pytest.mark.parametrize(
    ("target", "answered"), [("Open", None), ("the second Open", 400), ("Open next to Print", 400), ("Save", 40)]
)
def test_of_two_that_fit_alike_it_is_asked_which(target: str, answered: int | None) -> None:
    reader = FakeReader(words([("Open", 40, 40), ("Save", 40, 90), ("Open", 400, 40), ("Print", 400, 90)]))
    answer = EmbeddedGrounder(reader).strict().locate(target, Drawing(SIZE.width, SIZE.height).screenshot)
    if answered is None:
        assert isinstance(answer, Absent)
        assert answer.why.startswith("“Open” is there 2 times; say which")
    else:
        assert isinstance(answer, Location)
        assert abs(_at(answer)[0] - answered) < 60


@pytest.mark.parametrize("name", ["Find Next", "Enable sounds", "Open Recent…"])
def test_a_name_that_begins_with_a_verb_is_found_where_it_is_written_as_a_whole(name: str) -> None:
    assert found(name.rstrip("…"), (name.split()[1], 10, 10), (name, 10, 60)) == name


def test_what_a_verb_is_said_of_is_found_where_the_verb_is_not_written() -> None:
    assert found("open Recent", ("Recent", 10, 10), ("Other", 10, 60)) == "Recent"


@pytest.mark.parametrize(
    ("target", "sign"),
    [
        ("the plus button", "+"),
        ("the equals key", "="),
        ("multiply", "×"),
        ("the multiply button", "*"),
        ("minus", "-"),
    ],
)
def test_the_word_for_a_sign_names_its_key(target: str, sign: str) -> None:
    keys = [(key, 10 + 80 * number, 10) for number, key in enumerate("789" + sign)]
    answer = located(target, *keys)
    assert isinstance(answer, Location)
    assert answer.confidence > SURE
    assert found(target, *keys) == sign
    word = target.removeprefix("the ").split()[0]
    assert found(target, *keys, (word, 10, 90)) == word


def test_one_title_of_a_menu_bar_in_small_letters_is_surely_meant() -> None:
    answer = located("go", ("File", 10, 10), ("Edit", 60, 10), ("Go Tools Help", 120, 10))
    assert isinstance(answer, Location)
    assert answer.confidence > SURE


@pytest.mark.parametrize(("target", "name"), [("the letters folder", "letters"), ("the notes.txt file", "notes.txt")])
def test_a_file_or_folder_is_found_by_its_name(target: str, name: str) -> None:
    answer = located(target, (name, 10, 10), ("archive", 10, 60))
    assert isinstance(answer, Location)
    assert answer.confidence > SURE
    assert found(target, ("archive", 10, 10)) is None


@pytest.mark.parametrize("name", ["End of Line", "Import from Disk", "Save to the Left"])
def test_what_is_written_as_a_whole_is_a_name_and_no_relation(name: str) -> None:
    answer = located(name, (name, 10, 10), (name.partition(" ")[0], 300, 10), ("Line", 10, 60))
    assert isinstance(answer, Location)
    assert answer.confidence > SURE
    assert _at(answer)[0] < 200


def test_a_command_that_ends_with_folder_is_no_folder() -> None:
    assert found("the new folder", ("New", 10, 10), ("Open", 10, 60)) is None


@pytest.mark.parametrize(
    ("text", "gap", "texts"),
    [
        ("Side by side", 14, ["Common tools", "Side by side"]),
        ("side by side", 14, ["Common tools side by side"]),
        ("Side by side", 12, ["Common tools Side by side"]),
    ],
)
def test_links_in_a_row_are_parted_before_a_capital(text: str, gap: float, texts: list[str]) -> None:
    label, x = [], 0.0  # letters are 10 pixels wide, blanks 6
    for number, word in enumerate(["Common", "tools", *text.split()]):
        x += gap if number == 2 else 6
        label.append((word, PixelBox(x, 0, x + 10 * len(word), 18)))
        x += 10 * len(word)
    assert [run.text for run in parted(Label(label))] == texts
