"""A wish is carried out only on what is seen: the item to the letter, the dialog that came, the result that shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest
from PIL import Image, ImageDraw

from screenagent.actions import describe
from screenagent.geometry import Absent, Box, Location
from screenagent.planning.skills.calculating import calculate, parse_sum
from screenagent.planning.skills.cells import select_cell
from screenagent.planning.skills.dialogs import new_folder, replace_words, save, save_as
from screenagent.planning.skills.items import delete, move, rename
from screenagent.planning.skills.pages import turn_to_page
from screenagent.planning.skills.skill import SkillFailed, SkillRun
from screenagent.planning.skills.view import ScreenView
from screenagent.screenshot import Screenshot, Word

Said = tuple[str, int, int]
"""A word, and the pixel where it begins."""


@dataclass(frozen=True)
class Scene:
    """What a screen says, which of it is marked as selected, and which fields a grounder finds on it."""

    said: Sequence[Said]
    marked: str = ""
    fields: dict[str, int] = field(default_factory=dict)
    """The targets of fields, and the height at which each stands."""


class Play:
    """Shows one scene after another to a skill, the next one after each of its yields; the last one stays."""

    def __init__(self, work: Callable[[ScreenView], SkillRun], *scenes: Scene) -> None:
        self.done: list[str] = []
        self.why = ""
        self._scenes: dict[str, Scene] = {}
        screens = [self._drawn(number, scene) for number, scene in enumerate(scenes)]
        view = ScreenView(self, self)
        view.screen = screens.pop(0)
        try:
            for steps in work(view):
                self.done += [describe(step.action) for step in steps]
                view.screen = screens.pop(0) if screens else view.screen
        except SkillFailed as failed:
            self.why = str(failed)

    def read(self, screenshot: Screenshot) -> list[Word]:
        return [
            Word(text=word, box=_box(word, x + 9 * len(before), y, screenshot), line=line)
            for line, (text, x, y) in enumerate(self._scenes[screenshot.digest].said)
            for word, before in _words(text)
        ]

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        y = self._scenes[screenshot.digest].fields.get(target)
        if y is None:
            return Absent(why="nothing is there")
        box = Box.of_pixels((300, y, 500, y + 20), screenshot.size)
        return Location(point=box.center, box=box, confidence=1.0, by="text")

    def _drawn(self, number: int, scene: Scene) -> Screenshot:
        picture = Image.new("RGB", (640, 480), "white")
        draw = ImageDraw.Draw(picture)
        draw.point((number, 0), fill="black")  # two scenes that say the same are two screens
        for text, x, y in scene.said:
            if text == scene.marked:
                draw.rectangle((x - 2, y - 2, x + 9 * len(text) + 2, y + 18), fill="blue")
        screen = Screenshot.of(picture)
        self._scenes[screen.digest] = scene
        return screen


def _words(text: str) -> list[tuple[str, str]]:
    """Return each word, and what stands before it."""
    words, before = [], ""
    for word in text.split(" "):
        words.append((word, before))
        before += f"{word} "
    return words


def _box(word: str, x: int, y: int, screen: Screenshot) -> Box:
    return Box.of_pixels((x, y, x + 9 * len(word), y + 16), screen.size)


FILES = [("report_2024-01.txt", 40, 40), ("report_2024-07.txt", 40, 80), ("Archive", 40, 120)]


def test_only_what_is_named_to_the_letter_is_deleted() -> None:
    gone = [FILES[1], FILES[2]]
    play = Play(
        lambda view: delete(view, "report_2024-01.txt"),
        Scene(FILES),
        Scene(FILES, marked="report_2024-01.txt"),
        Scene(gone),
    )
    assert play.done == ["click “report_2024-01.txt”", "press delete", "wait until “report_2024-01.txt” is gone"]
    play = Play(lambda view: delete(view, "report_2024-11.txt"), Scene(FILES))
    assert play.done == []
    assert "the nearest is “report_2024-01.txt”" in play.why


def test_what_stands_twice_is_not_deleted() -> None:
    play = Play(lambda view: delete(view, "Archive"), Scene([*FILES, ("Archive", 300, 300)]))
    assert play.done == []
    assert "2 places" in play.why


def test_what_a_click_does_not_select_is_not_deleted() -> None:
    play = Play(lambda view: delete(view, "Archive"), Scene(FILES))
    assert play.done == ["click “Archive”"]
    assert "does not select" in play.why


@pytest.mark.parametrize(
    ("question", "answered"),
    [("Move “Archive” to the trash?", True), ("Permanently delete “Archive”?", False), ("Delete all 3 items?", False)],
)
def test_a_question_about_the_item_is_answered_unless_it_goes_for_good(question: str, answered: bool) -> None:
    asked = Scene([*FILES, (question, 200, 200), ("Yes", 200, 240), ("No", 300, 240)], marked="Archive")
    play = Play(lambda view: delete(view, "Archive"), Scene(FILES), Scene(FILES, marked="Archive"), asked)
    assert ("click “the button that says yes”" in play.done) == answered


def test_an_item_is_renamed_in_the_dialog_that_asks_for_it() -> None:
    dialog = Scene([*FILES, ("Rename “Archive” to:", 200, 200)])
    play = Play(lambda view: rename(view, "Archive", "Old"), Scene(FILES), Scene(FILES, marked="Archive"), dialog)
    assert play.done == ["click “Archive”", "press f2", "press home", "press shift+end", "type “Old”", "press enter"]


def test_nothing_is_typed_where_f2_does_something_else() -> None:
    elsewhere = Scene([*FILES, ("=A1", 500, 400)])
    play = Play(lambda view: rename(view, "Archive", "Old"), Scene(FILES), Scene(FILES, marked="Archive"), elsewhere)
    assert play.done == ["click “Archive”", "press f2", "press escape"]
    assert "F2 does not rename" in play.why


def test_an_item_is_dragged_into_the_folder_of_that_name() -> None:
    assert Play(lambda view: move(view, "report_2024-07.txt", "Archive"), Scene(FILES)).done == [
        "drag “report_2024-07.txt” to “Archive”"
    ]
    assert Play(lambda view: move(view, "report_2024-07.txt", "Archives"), Scene(FILES)).done == []


def test_a_name_is_typed_only_into_a_dialog_that_came() -> None:
    text = Scene([("Dear Ann", 40, 40)])
    dialog = Scene([("Dear Ann", 40, 40), ("Save As", 200, 100), ("Name:", 200, 140)])
    typed = ["press ctrl+shift+s", "press home", "press shift+end", "type “b.txt”", "press enter"]
    assert Play(lambda view: save_as(view, "b.txt"), text, dialog).done == typed
    assert Play(lambda view: save_as(view, "b.txt"), text, text).done == typed[:1]
    folder = Scene([("Dear Ann", 40, 40), ("Create New Folder", 200, 100)])
    assert Play(lambda view: new_folder(view, "Tax"), text, folder).done[-2:] == ["type “Tax”", "press enter"]
    assert Play(lambda view: new_folder(view, "Tax"), text, Scene([("New Incognito tab", 40, 40)])).done == [
        "press ctrl+shift+n"
    ]


def test_a_dialog_that_no_shortcut_opens_is_opened_by_its_menu() -> None:
    text = Scene([("File", 40, 10), ("Dear Ann", 40, 40)], fields={"the File menu": 10})
    dialog = Scene([("Dear Ann", 40, 40), ("Save As", 200, 100), ("Name:", 200, 140)])
    play = Play(lambda view: save_as(view, "b.txt"), text, text, text, dialog)
    assert play.done[1:4] == ["move the mouse to “the File menu”", "click “the File menu”", "click “Save As”"]
    assert play.done[-2:] == ["type “b.txt”", "press enter"]
    assert "open it by its menu" in Play(lambda view: save_as(view, "b.txt"), text, text, text, text).why


def test_a_name_of_which_the_old_one_is_left_is_not_entered() -> None:
    dialog, typed = Scene([("Save As", 200, 100), ("a.txt", 260, 140)]), Scene([("b.txt.txt", 260, 140)])
    play = Play(lambda view: save_as(view, "b.txt"), Scene([("Dear Ann", 40, 40)]), dialog, typed)
    assert play.done[-1] == "type “b.txt”"
    assert play.why == "the field reads “b.txt.txt” instead of “b.txt”"


def test_a_document_without_a_name_is_not_said_to_be_saved() -> None:
    text = Scene([("Dear Ann", 40, 40)])
    assert Play(save, text, text).why == ""
    assert "asks for a name" in Play(save, text, Scene([("Save As", 200, 100)])).why


def test_a_button_that_says_save_is_rather_clicked_than_the_shortcut_pressed() -> None:
    assert Play(save, Scene([("Name", 40, 40), ("Save", 40, 80)])).done == ["click “Save”"]
    assert Play(save, Scene([("Save", 40, 40), ("Save", 40, 80)])).done == ["press ctrl+s"]


REPLACING = Scene(
    [("a lion", 40, 40), ("Search for:", 200, 200), ("Replace with:", 200, 240), ("Replace All", 200, 280)],
    fields={"the “Search for” field": 200, "the “Replace with” field": 240},
)


@pytest.mark.parametrize(("after", "why"), [("a tiger", ""), ("a lion", "“lion” is still there")])
def test_words_are_replaced_in_the_dialog_and_looked_for_afterwards(after: str, why: str) -> None:
    scenes = [Scene([("a lion", 40, 40)]), *[REPLACING] * 4, Scene([(after, 40, 40)])]
    play = Play(lambda view: replace_words(view, "lion", "tiger"), *scenes)
    assert [step for step in play.done if step.startswith(("type", "click “Replace"))] == [
        "type “lion”",
        "type “tiger”",
        "click “Replace All”",
    ]
    assert play.why == why


def test_the_second_shortcut_is_pressed_only_where_the_first_does_nothing() -> None:
    still, other = Scene([("a lion", 40, 40)]), Scene([("History", 40, 40)], marked="History")
    replace = partial(replace_words, old="lion", new="tiger")
    assert Play(replace, still, still, other).done == ["press ctrl+h", "press ctrl+r"]
    assert Play(replace, still, other).done == ["press ctrl+h"]


SHEET = [("A1", 30, 20), ("B2", 200, 300)]


def test_a_cell_is_gone_to_by_the_name_box_which_shows_it_then() -> None:
    work = partial(select_cell, name="C5")
    play = Play(work, Scene(SHEET), Scene([("C5", 30, 20)]))
    assert play.done == ["click “the name box”", "press ctrl+a", "type “C5”", "press enter"]
    assert play.why == ""
    assert "shows “A1”" in Play(work, Scene(SHEET), Scene(SHEET)).why
    assert "no name box" in Play(work, Scene([("Dear Ann", 40, 40)])).why


def _pages(text: str) -> Scene:
    return Scene([(text, 300, 20)])


@pytest.mark.parametrize(
    ("page", "typed"), [(5, "type “5”"), ("next", "type “4”"), ("previous", "type “2”"), ("last", "type “12”")]
)
def test_a_page_is_gone_to_by_the_field_of_its_number(page: int | str, typed: str) -> None:
    number = typed.removeprefix("type “").removesuffix("”")
    for shown in ("{} of 12", "{} / 12", "({} of 12)"):
        play = Play(lambda view: turn_to_page(view, page), _pages(shown.format(3)), _pages(shown.format(number)))
        assert (play.done[2], play.why) == (typed, "")


def test_a_button_turns_to_the_next_page() -> None:
    results = Scene([("Previous", 40, 40), ("1", 140, 40), ("2", 180, 40), ("Next", 240, 40)])
    assert Play(lambda view: turn_to_page(view, "next"), results).done == ["click “the next page”"]


def test_a_page_that_is_not_there_is_not_gone_to() -> None:
    assert Play(lambda view: turn_to_page(view, 13), _pages("3 of 12")).why == (
        "there is no page 13; the document has 12"
    )
    assert "does not say" in Play(lambda view: turn_to_page(view, 4), _pages("3 of 12"), _pages("3 of 12")).why
    assert "no number of pages" in Play(lambda view: turn_to_page(view, 4), Scene([("Hello", 10, 10)])).why


KEYS = [(key, 40 * (at % 4) + 40, 40 * (at // 4) + 100) for at, key in enumerate("789÷456×123−0.=+")]


def _display(text: str) -> Scene:
    return Scene([(text, 300, 20), ("C", 400, 100), *KEYS])


@pytest.mark.parametrize(("shown", "why"), [("408", ""), ("407", "the calculator does not show 408")])
def test_a_calculation_is_done_with_the_calculators_keys_and_its_result_compared(shown: str, why: str) -> None:
    terms = parse_sum("12 times 34")
    scenes = [_display("0"), _display("0"), _display(shown)]
    play = Play(lambda view: calculate(view, terms), *scenes)
    assert play.done == ["click “the key that clears”", *(f"click “{key}”" for key in "12*34=")]
    assert play.why == why


@pytest.mark.parametrize(
    ("sum", "shown"),
    [("10 - 4 + 3", "9"), ("2 plus 3 times 4", "14"), ("7 / 8", "0.875"), ("1000 times 1000", "1,000,000")],
)
def test_a_result_is_known_in_the_ways_that_calculators_write_it(sum: str, shown: str) -> None:
    terms = parse_sum(sum)
    assert Play(lambda view: calculate(view, terms), _display("0"), _display("0"), _display(shown)).why == ""


def test_without_a_calculator_nothing_is_clicked() -> None:
    play = Play(lambda view: calculate(view, ("1", "+", "2")), Scene([("Dear Ann", 40, 40)]))
    assert (play.done, play.why) == ([], "no key “1” of a calculator is to be seen")


def test_a_page_is_turned_to_by_its_number_in_the_row_below_a_list() -> None:
    said = [("Showing 1 to 10 of 57 entries", 20, 300), ("Previous", 300, 300)]
    numbers = [(str(number), 380 + 30 * number, 300) for number in range(1, 7)]
    pager = Scene([*said, *numbers, ("Next", 600, 300)])
    clicked = Scene([("Konqueror", 20, 40), *said, *numbers, ("Next", 600, 300)])
    assert Play(lambda view: turn_to_page(view, 3), pager, clicked).done == ["click “page 3”"]
    assert "no number of pages" in Play(lambda view: turn_to_page(view, 9), pager).why
