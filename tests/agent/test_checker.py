"""What counts as an effect."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from screenagent.actions import Change, Click, Expectation, Gone, Visible, WaitFor
from screenagent.agent.checker import ScreenChecker
from screenagent.events import Effect, PlannedStep
from screenagent.fakes import FakeGrounder, ScriptedModel
from screenagent.geometry import Absent, Box, Location, Point
from screenagent.models.vision import Refused
from screenagent.perception.changes import changed_shares, difference
from screenagent.screenshot import Screenshot, Window


def screen(*rectangles: tuple[int, int, int, int], size: tuple[int, int] = (320, 200)) -> Screenshot:
    image = Image.new("RGB", size, "white")
    for rectangle in rectangles:
        ImageDraw.Draw(image).rectangle(rectangle, fill="black")
    return Screenshot.of(image)


EMPTY, CARET, MENU = screen(), screen((50, 50, 51, 66)), screen((10, 10, 109, 59))
NEVER = Refused(text="I'm sorry, but I can't help with that.")
CHECKER = ScreenChecker(FakeGrounder({"Saved": Point(x=0.5, y=0.5)}))


def check(checker: ScreenChecker, expectation: Expectation | None, before: Screenshot, after: Screenshot) -> Effect:
    return checker.check(PlannedStep(action=Click(target="OK"), expectation=expectation), before, after)


@pytest.mark.parametrize(
    ("expectation", "after", "outcome"),
    [
        (Change(), MENU, "changed"),
        (Change(), EMPTY, "unchanged"),
        (Change(), CARET, "unchanged"),
        (None, MENU, "changed"),
        (None, EMPTY, "unknown"),
        (Visible(words="Saved"), EMPTY, "confirmed"),
        (Visible(words="Failed"), MENU, "unmet"),
        (Gone(words="Failed"), EMPTY, "unmet"),
        (Gone(words="Failed"), MENU, "unknown"),
        (Gone(words="Saved"), MENU, "unmet"),
    ],
)
def test_an_effect_is_what_can_be_seen(expectation: Expectation | None, after: Screenshot, outcome: str) -> None:
    assert check(CHECKER, expectation, EMPTY, after).outcome == outcome


def test_the_title_of_the_window_in_front_is_read_as_the_system_knows_it() -> None:
    saved = Screenshot.of(EMPTY.pixels, window=Window(id=1, title="/home/ada/notes.txt - Editor"))
    assert check(CHECKER, Visible(words="notes.txt"), EMPTY, saved).outcome == "confirmed"
    assert check(CHECKER, Visible(words="otes.txt"), EMPTY, saved).outcome == "unmet"
    assert check(CHECKER, Gone(words="notes.txt"), EMPTY, saved).outcome == "unmet"


class TestModel:
    """Asked only where neither pixels nor words decide, and once a check."""

    @pytest.mark.parametrize(
        ("answer", "outcome"), [("yes", "confirmed"), ("no", "unmet"), ("perhaps", "unknown"), (NEVER, "unknown")]
    )
    def test_what_cannot_be_read_is_judged(self, answer: str | Refused, outcome: str) -> None:
        model = ScriptedModel([answer])
        effect = check(ScreenChecker(CHECKER.grounder, model), Visible(words="a red line"), EMPTY, MENU)
        assert (effect.outcome, effect.by) == (outcome, "model")
        [(request, mode, grammar)] = model.asked
        assert (mode, grammar and grammar.kind, len(request.pictures)) == ("nothink", "regex", 2)

    def test_what_was_never_readable_is_judged_to_be_gone(self) -> None:
        model = ScriptedModel(["no"])
        effect = check(ScreenChecker(CHECKER.grounder, model), Gone(words="the spinning wheel"), EMPTY, MENU)
        assert (effect.outcome, effect.by) == ("unmet", "model")

    @pytest.mark.parametrize(
        ("expectation", "after"),
        [
            (Visible(words="Saved"), MENU),
            (Visible(words="a red line"), EMPTY),
            (Gone(words="Saved"), MENU),
            (Change(), MENU),
            (None, MENU),
        ],
    )
    def test_nothing_is_asked_where_pixels_or_words_decide(
        self, expectation: Expectation | None, after: Screenshot
    ) -> None:
        model = ScriptedModel([])
        assert check(ScreenChecker(CHECKER.grounder, model), expectation, EMPTY, after).by != "model"

    def test_a_glance_asks_nobody(self) -> None:
        checker = ScreenChecker(CHECKER.grounder, ScriptedModel([]))
        step = PlannedStep(action=Click(target="OK"), expectation=Visible(words="a red line"))
        assert checker.quick_check(step, EMPTY, MENU).outcome == "unmet"

    def test_the_pictures_are_small(self) -> None:
        model = ScriptedModel(["yes"])
        before, after = screen(size=(1280, 720)), screen((0, 0, 9, 99), size=(1280, 720))
        check(ScreenChecker(CHECKER.grounder, model, patches=1024), Visible(words="a red line"), before, after)
        assert all(picture.size.width * picture.size.height <= 1024 * 256 for picture in model.asked[0][0].pictures)


def test_the_evidence_says_where_and_how_large() -> None:
    effect = check(CHECKER, Change(), EMPTY, MENU)
    assert effect.evidence == "100×50 pixels changed at (10, 10), on the screen"
    assert effect.where is not None
    assert effect.where.pixels(MENU.size) == (10, 10, 110, 60)


def test_another_size_of_the_screen_is_a_change_of_everything() -> None:
    found = difference(EMPTY, screen(size=(400, 300)))
    assert found is not None
    assert found.is_expected
    assert found.box == Box(left=0, top=0, right=1, bottom=1)


class Reading:
    """Reads "Saving" wherever there is a menu."""

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        if screenshot.digest == MENU.digest and target.strip("“”") == "Saving":
            return Location(point=Point(x=0.1, y=0.1), confidence=0.9, by="text")
        return Absent(why="no such text")


class TestNews:
    """Words that stood there before are there, and nobody says that the step brought them."""

    def seen(self, words: str, before: Screenshot, after: Screenshot) -> tuple[str, str]:
        step = PlannedStep(action=Click(target="OK"), expectation=Visible(words=words))
        effect = ScreenChecker(Reading()).check(step, before, after)
        return effect.outcome, effect.by

    def test_words_that_came_are_news(self) -> None:
        assert self.seen("Saving", EMPTY, MENU) == ("confirmed", "words")

    def test_words_that_were_there_are_none(self) -> None:
        assert self.seen("Saving", MENU, MENU) == ("confirmed", "")

    def test_words_that_came_into_the_title_are_news_wherever_else_they_stood(self) -> None:
        titled = Screenshot.of(MENU.pixels, window=Window(id=1, title="Saving - Editor"))
        assert self.seen("Saving", MENU, titled) == ("confirmed", "words")
        assert self.seen("Saving", titled, titled) == ("confirmed", "")


class TestGone:
    """Gone is what was there."""

    def gone(self, words: str, before: Screenshot, after: Screenshot, *, waited: bool = False) -> Effect:
        click = PlannedStep(action=Click(target="OK"), expectation=Gone(words=words))
        wait = PlannedStep(action=WaitFor(words=words, gone=True))
        return ScreenChecker(Reading()).check(wait if waited else click, before, after)

    def test_words_that_were_there_are_gone(self) -> None:
        assert self.gone("Saving", MENU, EMPTY) == Effect(
            outcome="confirmed", code="gone", evidence="“Saving” was on the screen and is gone", by="words"
        )

    def test_words_that_never_were_are_not_gone(self) -> None:
        assert self.gone("Loading", MENU, EMPTY).outcome == "unknown"

    def test_nothing_is_gone_from_a_screen_that_did_not_change(self) -> None:
        assert self.gone("Loading", EMPTY, EMPTY).outcome == "unmet"
        assert self.gone("Saving", MENU, MENU).outcome == "unmet"

    def test_who_waits_for_words_to_go_is_told_that_they_are_not_there_which_proves_nothing(self) -> None:
        effect = self.gone("Loading", MENU, EMPTY, waited=True)
        assert (effect.outcome, effect.by) == ("confirmed", "")

    def test_a_title_that_no_longer_says_so_is_gone(self) -> None:
        titled = Screenshot.of(MENU.pixels, window=Window(id=1, title="notes.txt - Editor"))
        assert self.gone("notes.txt", titled, EMPTY).outcome == "confirmed"


EDITOR, DIALOG = (
    Window(id=number, box=Box(left=0.25, top=0.25, right=0.75, bottom=0.75), title="Editor") for number in (1, 2)
)
CLOCK, BUTTON, ROW = (290, 5, 309, 12), (100, 100, 119, 109), (200, 120, 229, 129)


def on(window: Window | None, *rectangles: tuple[int, int, int, int]) -> Screenshot:
    return Screenshot.of(screen(*rectangles).pixels, window=window)


class TestWhereItChanged:
    """What changes by itself elsewhere on the screen is no answer to a click."""

    def changed(self, before: Screenshot, after: Screenshot, *at: Location) -> Effect:
        step = PlannedStep(action=Click(target="OK"), expectation=Change())
        return CHECKER.check(step, before, after, at=at)

    at_button = Location(point=Point(x=110 / 320, y=105 / 200), confidence=1, by="text")
    at_panel = Location(point=Point(x=10 / 320, y=10 / 200), confidence=1, by="text")

    @pytest.mark.parametrize(
        ("after", "at", "place"),
        [
            (on(EDITOR, BUTTON), at_button, "at the target"),
            (on(EDITOR, BUTTON, CLOCK), at_button, "at the target"),
            (on(EDITOR, ROW), at_button, "in the window in front"),
            (on(EDITOR, ROW), at_panel, "in the window in front"),
            (on(EDITOR, (5, 15, 60, 25)), at_panel, "at the target"),
            (on(DIALOG, (0, 180, 39, 199)), at_button, "another window is in front"),
            (on(None, (0, 180, 39, 199)), at_button, "another window is in front"),
            (on(EDITOR, (0, 0, 99, 39)), at_button, "all over the screen"),
        ],
    )
    def test_a_change_where_an_answer_may_show_counts(self, after: Screenshot, at: Location, place: str) -> None:
        effect = self.changed(on(EDITOR), after, at)
        assert effect.outcome == "changed"
        assert effect.evidence.endswith(place)

    @pytest.mark.parametrize("at", [(), (at_button,), (at_panel,)])
    def test_a_clock_is_no_answer(self, at: tuple[Location, ...]) -> None:
        effect = self.changed(on(EDITOR), on(EDITOR, CLOCK), *at)
        assert (effect.outcome, effect.evidence) == ("unchanged", "only 20×8 pixels changed at (290, 5), elsewhere")

    def test_a_clock_and_a_caret_are_no_answer(self) -> None:
        assert self.changed(on(EDITOR), on(EDITOR, CLOCK, (100, 100, 101, 110)), self.at_button).outcome == "unchanged"

    def test_where_the_window_is_not_known_any_change_may_be_the_answer(self) -> None:
        assert self.changed(on(Window(id=1)), on(Window(id=1), CLOCK), self.at_button).outcome == "changed"

    def test_a_window_of_no_size_holds_no_answer(self) -> None:
        shut = Window(id=1, box=Box(left=0, top=0, right=0, bottom=0))
        assert self.changed(on(shut), on(shut, CLOCK), self.at_button).outcome == "unchanged"
        assert changed_shares(on(shut), on(shut, CLOCK), [Box(left=0, top=0, right=0, bottom=0)]) == [0.0]

    def test_a_clock_while_nothing_was_expected_says_nothing(self) -> None:
        step = PlannedStep(action=Click(target="OK"))
        assert CHECKER.check(step, on(EDITOR), on(EDITOR, CLOCK), at=(self.at_button,)).outcome == "unknown"
