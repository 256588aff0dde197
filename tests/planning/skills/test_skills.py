"""Skills see the screen: what they do next depends on what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from PIL import Image, ImageDraw

from screenagent.actions import Action, Click, Move, PressKeys, Scroll, TypeText
from screenagent.agent import drive
from screenagent.episode import Episode
from screenagent.fakes import FakeDesktop
from screenagent.geometry import Box
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.labels import TextLine, text_lines
from screenagent.planning import InstructionPlanner, Unreadable, read_instructions
from screenagent.planning.skills.forms import matched
from screenagent.planning.skills.skill import stand_still
from screenagent.screenshot import Screenshot, Window, Word
from tests.builders import fake_agent

Said = tuple[str, int, int]
"""A word, and the pixel where it begins."""
Edges = tuple[int, int, int, int]


class ScriptedScreen:
    """A screen of words that answers what is done to it: `shows` says what stands there after these actions."""

    def __init__(
        self, shows: Callable[[Sequence[Action]], Sequence[Said]], *, field: Edges | None = None, app: str = "editor"
    ) -> None:
        self._shows = shows
        self._field = field
        self._window = Window(id=1, app=app)
        self.desktop = FakeDesktop(screen=self._screen)
        self._shown: list[Sequence[Said]] = []
        self._words: dict[str, list[Word]] = {}

    def _screen(self, _: int) -> Screenshot:
        said = self._shows(self.desktop.performed)
        if said not in self._shown:
            self._shown.append(said)
        picture = Image.new("RGB", (640, 480), (self._shown.index(said), 250, 250))
        if self._field:
            ImageDraw.Draw(picture).rectangle(self._field, fill="white", outline=(120, 120, 120), width=2)
        screen = Screenshot.of(picture, window=self._window)
        self._words[screen.digest] = [
            Word(text=text, box=Box.of_pixels((x, y, x + 9 * len(text), y + 16), screen.size), line=number)
            for number, (text, x, y) in enumerate(said)
        ]
        return screen

    def read(self, screenshot: Screenshot) -> list[Word]:
        return self._words.get(screenshot.digest, [])  # a closer look at a part tells no more

    def work(self, task: str, *, strict: bool = False) -> tuple[Episode, list[Action]]:
        """Carry out the task; a `strict` grounder does not choose between equal targets."""
        grounder = EmbeddedGrounder(self)
        planner = InstructionPlanner(reader=self, grounder=grounder, strict=grounder.strict())
        grounder = grounder.strict() if strict else grounder
        episode = drive(fake_agent(planner, grounder=grounder, desktop=self.desktop), task)
        return episode, list(self.desktop.performed)


def clicked(actions: Sequence[Action]) -> list[str]:
    return [action.target.words for action in actions if isinstance(action, Click)]


def test_a_calendar_is_turned_to_the_month_before_the_day_is_clicked() -> None:
    def shows(done: Sequence[Action]) -> list[Said]:
        month = ("December", "November", "October")[min(2, clicked(done).count("the month before"))]
        days = [(str(day), 40 + 60 * (day % 7), 200 + 40 * (day // 7)) for day in range(1, 31)]
        calendar = [("Prev", 20, 150), (f"{month} 2016", 200, 150), ("Next", 500, 150), *days]
        return [("Date:", 20, 20), *(calendar if done else [])]

    _, done = ScriptedScreen(shows, field=(90, 14, 330, 44)).work("choose 10/03/2016 as the date")
    assert clicked(done) == ["the date field", "the month before", "the month before", "day 3"]


def test_what_is_out_of_view_is_scrolled_to() -> None:
    names = ["Ada", "Bob", "Cleo", "Dora", "Emil", "Finn"]

    def shows(done: Sequence[Action]) -> list[Said]:
        first = min(4, 2 * sum(isinstance(action, Scroll) for action in done))
        return [(name, 20, 40 + 30 * row) for row, name in enumerate(names[first : first + 2])]

    _, done = ScriptedScreen(shows).work("choose Emil from the list")
    assert [action.kind for action in done] == ["scroll", "scroll", "click"]
    assert clicked(done) == ["“Emil”"]


@pytest.mark.slow
def test_what_is_nowhere_ends_the_task_with_a_sentence() -> None:
    episode, _ = ScriptedScreen(lambda _: [("Ada", 20, 40)]).work("choose Emil from the list")
    assert episode.ended is not None
    assert episode.ended.result == "gave_up"
    assert "“Emil”" in episode.ended.message


@pytest.mark.slow
def test_a_skill_that_cannot_go_on_says_what_comes_nearest() -> None:
    episode, _ = ScriptedScreen(lambda _: [("Wardrobe", 20, 40)]).work("find and click Warehouse")
    assert episode.ended is not None
    assert "Wardrobe" in episode.ended.message


@pytest.mark.parametrize("unit", ["", "%"])
def test_a_slider_is_moved_by_what_its_number_lacks(unit: str) -> None:
    def shows(done: Sequence[Action]) -> list[Said]:
        value = 0
        for action in done:
            if isinstance(action, PressKeys):
                value += 5 * action.times * (1 if action.keys == ("right",) else -1)
        return [("slider", 20, 60), (f"{value}{unit}", 120, 60)]

    _, done = ScriptedScreen(shows).work(f"set the slider to 30{unit}")
    presses = [(action.keys, action.times) for action in done if isinstance(action, PressKeys)]
    assert presses == [(("right",), 30), (("left",), 24)]


def test_a_slider_whose_number_is_gone_is_not_taken_to_stand_where_it_was_sent() -> None:
    def shows(done: Sequence[Action]) -> list[Said]:
        pressed = any(isinstance(action, PressKeys) for action in done)
        return [("slider", 20, 60), ("moved" if pressed else "0", 120, 60)]

    episode, _ = ScriptedScreen(shows).work("set the slider to 30")
    assert episode.ended is not None
    assert episode.ended.result == "gave_up"
    assert "cannot be read" in episode.ended.message


@pytest.mark.parametrize(("said", "y"), [("first", 128), ("second", 158), ("last", 218)])
def test_a_line_of_the_document_is_marked_by_three_clicks(said: str, y: int) -> None:
    lines = [("pear", 130, 120), ("apple", 130, 150), ("3", 110, 180), ("fig", 130, 180), ("plum", 130, 210)]
    screen = ScriptedScreen(lambda _: [("File", 20, 20), *lines], field=(100, 100, 560, 440))
    _, done = screen.work(f"select the {said} line")
    assert [action.count for action in done if isinstance(action, Click)] == [3]
    assert abs(screen.desktop.places[0][0].y * 480 - y) < 3
    assert screen.desktop.places[0][0].x * 640 > 130


def test_a_form_is_filled_from_a_sentence() -> None:
    labels = ["Genre", "Director", "Release year"]
    assert matched("action movies directed by Bowen from year 1998", labels) == {
        "Genre": "action",
        "Director": "Bowen",
        "Release year": "1998",
    }


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (
            'enter the username "ada" and the password "x" and press login',
            "enter “ada” as the username and “x” as the password",
        ),
        ("set the slider to -7", "set the slider to -7"),
        ("select 3 with the spinner", "set the spinner to 3"),
        ("choose March 5, 2016 as the date", "enter March 5, 2016 as the date"),
        ("enter 25/12/2016 as the date", "enter December 25, 2016 as the date"),
        ("choose Large from the Size dropdown", "choose Large from the Size dropdown"),
        ("select Ann, Bob and Cleo from the list", "choose Ann and Bob and Cleo from the list"),
        ("highlight the second paragraph", "mark paragraph 2"),
        ("make “Ada” bold", "make “Ada” bold"),
        ("scroll the text area to the bottom", "scroll the text area to the bottom"),
        ("find and click Ada", "find and click Ada"),
        ('find "Archive"', "find “Archive”"),
        ("scroll down to Billing", "find Billing"),
        ("scroll until you see the Save button", "find the Save button"),
        ("scroll down until Billing appears", "find Billing"),
        ("scroll down to the bottom", "scroll the page to the bottom"),
        ("set the day of the visit to 12/24/2026", "enter December 24, 2026 as the day of the visit"),
        ('set the "Up to" slider to 40', 'set the "Up to" slider to 40'),
    ],
)
def test_a_goal_is_read_as_a_skill(task: str, said: str) -> None:
    assert str(read_instructions(task).steps[0]) == said


def test_a_planner_without_a_reader_refuses_what_depends_on_the_screen() -> None:
    with pytest.raises(Unreadable) as refused:
        drive(fake_agent(InstructionPlanner()), "set the slider to 7")
    assert (refused.value.code, refused.value.phrase) == ("needs_screen", "set the slider to 7")


def test_a_popup_that_takes_the_keys_is_cancelled_and_the_field_filled_again() -> None:
    def shows(done: Sequence[Action]) -> list[Said]:
        if done and "the button that cancels what came up" not in clicked(done):
            return [("Exit?", 200, 200), ("Cancel", 200, 240)]
        typed = [action.text for action in done if isinstance(action, TypeText)]
        return [("Name:", 20, 20), *((text, 100, 20) for text in typed[1:])]

    room = ScriptedScreen(shows, field=(90, 14, 330, 44))
    _, done = room.work('enter the name "Ada"')
    assert clicked(done) == ["the name field", "the button that cancels what came up", "the name field"]
    assert [action.text for action in done if isinstance(action, TypeText)] == ["Ada", "Ada"]


def test_a_form_is_sent_by_its_one_button_where_the_name_is_another() -> None:
    _, done = ScriptedScreen(lambda done: [("Name:", 20, 20), ("Send", 20, 200)] if not done else []).work(
        "press Submit"
    )
    assert clicked(done) == ["the one button that sends the form"]


def test_a_menu_that_the_mouse_opens_is_not_clicked() -> None:
    def shows(done: Sequence[Action]) -> list[Said]:
        opened = any(isinstance(action, Move) for action in done)
        chosen = bool(clicked(done))
        return [("Recent", 20, 20), *([("notes.txt", 200, 20)] if opened and not chosen else [])]

    _, done = ScriptedScreen(shows).work("open Recent > notes.txt")
    assert [action.kind for action in done] == ["move", "click"]


def test_what_is_under_another_tab_is_found() -> None:
    def shows(done: Sequence[Action]) -> list[Said]:
        page = (["Alpha"], ["Beta"], ["Gamma"])[min(2, max(0, len(clicked(done)) - 1))]
        return [("One", 20, 20), ("Two", 120, 20), ("Three", 220, 20), *((text, 20, 200) for text in page)]

    _, done = ScriptedScreen(shows).work("switch between the tabs to find and click Gamma")
    assert clicked(done) == ["One", "Two", "Three", "Gamma"]


def test_the_section_is_the_only_one_that_bears_a_number() -> None:
    def shows(done: Sequence[Action]) -> list[Said]:
        return [("Section #2", 20, 40), *([("Opening hours", 20, 80)] if done else [])]

    _, done = ScriptedScreen(shows).work("expand the section below")
    assert clicked(done) == ["the section"]


def test_a_scroll_list_is_no_drop_down() -> None:
    def shows(done: Sequence[Action]) -> list[Said]:
        names = ["Ada", "Bob", "Cleo", "Dora"]
        first = 2 if any(isinstance(action, Scroll) for action in done) else 0
        return [(name, 20, 40 + 30 * row) for row, name in enumerate(names[first : first + 2])]

    _, done = ScriptedScreen(shows, field=(10, 30, 200, 60)).work("select Cleo and Dora from the scroll list")
    assert clicked(done) == ["“Cleo”", "“Dora”"]
    assert [action.modifiers for action in done if isinstance(action, Click)] == [(), ("ctrl",)]


def test_a_spinner_that_takes_no_letters_is_turned_from_the_number_that_was_read_before_it_had_the_focus() -> None:
    def shows(done: Sequence[Action]) -> list[Said]:
        value = 2
        for action in done:
            if isinstance(action, PressKeys) and action.keys[0] in ("up", "down"):
                value += action.times * (1 if action.keys == ("up",) else -1)
        hidden = any(isinstance(action, Click) for action in done)  # a ring round the field hides the minus
        return [("Value:", 20, 20), (str(abs(value) if hidden else value), 100, 20)]

    episode, done = ScriptedScreen(shows, field=(90, 14, 330, 44)).work("select -7 with the spinner")
    pressed = [(action.keys[0], action.times) for action in done if isinstance(action, PressKeys)]
    assert pressed[-3:] == [("down", 9), ("up", 1), ("down", 1)]
    assert episode.ended is not None
    assert episode.ended.result == "done"


def long_page(done: Sequence[Action]) -> list[Said]:
    """Two lines of six are in view; a click shows that it was done."""
    names = ["Ada", "Bob", "Cleo", "Dora", "Emil", "Finn"]
    scrolled = [action.direction for action in done if isinstance(action, Scroll)]
    first = 0
    for way in scrolled:
        first = min(4, first + 2) if way == "down" else max(0, first - 2)
    seen = [(name, 20, 100 + 60 * row) for row, name in enumerate(names[first : first + 2])]
    return [*seen, *((f"Chosen{number}", 300, 300 + 20 * number) for number, _ in enumerate(clicked(done)))]


@pytest.mark.slow
@pytest.mark.parametrize(
    "task", ["click Emil, click Bob", "turn on Emil, click Bob", "scroll down to Emil, click Emil"]
)
def test_what_is_out_of_view_on_a_web_page_is_scrolled_to(task: str) -> None:
    episode, done = ScriptedScreen(long_page, app="chromium").work(task)
    assert [action.direction for action in done if isinstance(action, Scroll)][:2] == ["down", "down"]
    assert clicked(done)[0] == "Emil"
    assert episode.ended is not None
    assert episode.ended.result == "done"


def test_a_spinner_that_stops_above_nought_is_not_taken_to_stand_below_it() -> None:
    def shows(done: Sequence[Action]) -> list[Said]:
        value = 14
        for action in done:
            if isinstance(action, PressKeys) and action.keys[0] in ("up", "down"):
                value = max(7, value + action.times * (1 if action.keys == ("up",) else -1))
        return [("Value:", 20, 20), (str(value), 100, 20)]

    episode, _ = ScriptedScreen(shows, field=(90, 14, 330, 44)).work("select -7 with the spinner")
    assert episode.ended is not None
    assert episode.ended.result == "gave_up"


def test_a_number_to_set_may_be_followed_by_a_step() -> None:
    steps = read_instructions("set the sliders to the combination [4, 9] and submit").steps
    assert str(steps[0]) == "set the sliders to 4, 9"
    assert len(steps) > 2


@pytest.mark.slow
def test_what_is_on_no_part_of_the_page_ends_the_task() -> None:
    episode, done = ScriptedScreen(long_page, app="chromium").work("click Zoe")
    assert clicked(done) == []
    assert {action.direction for action in done if isinstance(action, Scroll)} == {"down", "up"}
    assert episode.ended is not None
    assert "Zoe" in episode.ended.message


@pytest.mark.slow
def test_a_wheel_is_not_turned_in_a_program_that_may_take_it_for_something_else() -> None:
    _, done = ScriptedScreen(long_page).work("click Emil")
    assert done == []


@pytest.mark.parametrize(("app", "count"), [("chromium", 1), ("pcmanfm", 2)])
def test_what_is_opened_takes_one_click_on_a_web_page_and_two_in_a_folder(app: str, count: int) -> None:
    _, done = ScriptedScreen(long_page, app=app).work('open "Ada"')
    assert [action.count for action in done if isinstance(action, Click)] == [count]


@pytest.mark.slow
def test_a_click_on_what_was_found_that_changes_nothing_is_not_called_done() -> None:
    episode, done = ScriptedScreen(lambda _: [("Ada", 20, 40), ("Bob", 20, 80)]).work("find and click Bob")
    assert clicked(done)[0] == "Bob"
    assert episode.ended is not None
    assert episode.ended.result == "gave_up"


@pytest.mark.parametrize(("first", "still"), [(0, True), (1, False)])
def test_a_page_stands_still_if_its_lines_do(first: int, still: bool) -> None:
    def lines(first: int, lit: str) -> list[TextLine]:
        said = [*((f"Line{first + number}", 20, 40 + 30 * number) for number in range(9)), (lit, 300, 40)]
        screen = ScriptedScreen(lambda _: said)
        return text_lines(screen.read(screen.desktop.screenshot()))

    assert stand_still(lines(0, "light"), lines(first, "1ight")) is still


@pytest.mark.slow
def test_of_two_in_view_none_is_chosen_by_scrolling_the_other_away() -> None:
    def shows(done: Sequence[Action]) -> list[Said]:
        scrolled = sum(isinstance(action, Scroll) for action in done)
        return [("Grade", 20, 100 - 60 * scrolled), ("Grade", 20, 300 - 60 * scrolled), ("Engine", 20, 400)]

    episode, done = ScriptedScreen(shows, app="chromium").work("click Grade", strict=True)
    assert done == []
    assert episode.ended is not None
    assert episode.ended.result == "gave_up"


@pytest.mark.slow
def test_a_date_is_typed_into_no_other_field_than_the_one_that_was_named() -> None:
    room = ScriptedScreen(lambda _: [("Item:", 20, 20), ("Next count", 20, 200)], field=(90, 14, 330, 44))
    episode, done = room.work("set the next count to 12/31/2026")
    assert done == []
    assert episode.ended is not None
    assert episode.ended.result == "gave_up"
