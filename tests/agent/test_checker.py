"""What counts as an effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest
from PIL import Image, ImageDraw

from screenagent.actions import Change, Click, Expectation, Gone, TypeText, Visible, WaitFor
from screenagent.agent.checker import ScreenChecker
from screenagent.events import Effect, PlannedStep
from screenagent.fakes import ScriptedModel
from screenagent.geometry import Box, Location, Point
from screenagent.models.vision import Refused
from screenagent.perception.changes import changed_shares, difference
from screenagent.protocols import TypedText
from screenagent.screenshot import Screenshot, Window, Word
from tests.builders import Text, words


def screen(*rectangles: tuple[int, int, int, int], size: tuple[int, int] = (320, 200)) -> Screenshot:
    image = Image.new("RGB", size, "white")
    for rectangle in rectangles:
        ImageDraw.Draw(image).rectangle(rectangle, fill="black")
    return Screenshot.of(image)


EMPTY, CARET, MENU = screen(), screen((50, 50, 51, 66)), screen((10, 10, 109, 59))
NEVER = Refused(text="I'm sorry, but I can't help with that.")


@dataclass
class PictureReader:
    """Reads the texts that the test says are on a picture, each at its left top; on any other picture, none."""

    texts: Mapping[str, Sequence[Text]] = field(default_factory=dict)

    def read(self, screenshot: Screenshot) -> list[Word]:
        return words(self.texts.get(screenshot.digest, ()), size=screenshot.size)


CHECKER = ScreenChecker(PictureReader({MENU.digest: [("Saved", 12, 14)]}))


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
        (Visible(words="Saved"), MENU, "confirmed"),
        (Visible(words="Saved"), EMPTY, "unmet"),
        (Visible(words="Sent"), MENU, "unmet"),
        (Gone(words="Sent"), EMPTY, "unmet"),
        (Gone(words="Sent"), MENU, "unknown"),
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
        effect = check(ScreenChecker(CHECKER.reader, model=model), Visible(words="a red line"), EMPTY, MENU)
        assert (effect.outcome, effect.by) == (outcome, "model")
        [(request, mode, grammar)] = model.asked
        assert (mode, grammar and grammar.kind, len(request.pictures)) == ("nothink", "regex", 2)

    def test_what_was_never_readable_is_judged_to_be_gone(self) -> None:
        model = ScriptedModel(["no"])
        effect = check(ScreenChecker(CHECKER.reader, model=model), Gone(words="the spinning wheel"), EMPTY, MENU)
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
        assert check(ScreenChecker(CHECKER.reader, model=model), expectation, EMPTY, after).by != "model"

    def test_a_glance_asks_nobody(self) -> None:
        checker = ScreenChecker(CHECKER.reader, model=ScriptedModel([]))
        step = PlannedStep(action=Click(target="OK"), expectation=Visible(words="a red line"))
        assert checker.quick_check(step, EMPTY, MENU).outcome == "unmet"

    def test_the_pictures_are_small(self) -> None:
        model = ScriptedModel(["yes"])
        before, after = screen(size=(1280, 720)), screen((0, 0, 9, 99), size=(1280, 720))
        check(ScreenChecker(CHECKER.reader, model=model, patches=1024), Visible(words="a red line"), before, after)
        assert all(picture.size.width * picture.size.height <= 1024 * 256 for picture in model.asked[0][0].pictures)


def test_the_evidence_says_where_and_how_large() -> None:
    effect = check(CHECKER, Change(), EMPTY, MENU)
    assert effect.evidence == "“Saved” came; 100×50 pixels changed at (10, 10), on the screen"
    assert effect.where is not None
    assert effect.where.pixels(MENU.size) == (10, 10, 110, 60)


def test_another_size_of_the_screen_is_a_change_of_everything() -> None:
    found = difference(EMPTY, screen(size=(400, 300)))
    assert found is not None
    assert found.is_expected
    assert found.box == Box(left=0, top=0, right=1, bottom=1)


def page(*texts: Text, title: str = "", window: int = 1) -> Screenshot:
    """A screen with these texts on it; each text makes it another picture."""
    image = Image.new("RGB", (640, 400), "white")
    for text, left, top in texts:
        ImageDraw.Draw(image).text((left, top + 4), text, fill="black")
    drawn = Screenshot.of(image, window=Window(id=window, title=title))
    PAGES[drawn.digest] = texts
    return drawn


PAGES: dict[str, Sequence[Text]] = {}
PAGE_CHECKER = ScreenChecker(PictureReader(PAGES))

BLANK = page()
OLD, NEW = ("Saved number 3: Acme", 20, 40), ("Saved number 4: Ghost", 20, 70)
FIELD = ("Ghost Ltd", 300, 200)


def after_click(expectation: Expectation | None, before: Screenshot, after: Screenshot) -> Effect:
    return PAGE_CHECKER.check(PlannedStep(action=Click(target="Save"), expectation=expectation), before, after)


class TestNews:
    """After an input, only what is new answers it."""

    def seen(self, words: str, before: Screenshot | None, after: Screenshot, typed: str = "") -> tuple[str, str]:
        waiting = PlannedStep(action=WaitFor(words=words))
        effect = PAGE_CHECKER.check(waiting, before, after, typed=(TypedText(typed),) if typed else ())
        return effect.outcome, effect.code

    def test_words_that_came_are_news(self) -> None:
        assert self.seen("Saved", BLANK, page(OLD)) == ("confirmed", "seen")

    def test_words_that_were_there_before_say_nothing_of_the_input(self) -> None:
        assert self.seen("Saved number", page(OLD), page(OLD, FIELD)) == ("unknown", "already_there")

    @pytest.mark.parametrize(("app", "expected"), [("chromium", "unknown"), ("mousepad", "confirmed")])
    def test_the_address_of_the_link_under_the_mouse_is_no_answer(self, app: str, expected: str) -> None:
        before, after = (
            Screenshot.of(picture.pixels, window=Window(id=1, app=app, title="Form"))
            for picture in (EMPTY, screen((0, 180, 200, 199)))
        )
        checker = ScreenChecker(PictureReader({after.digest: [("file://home/Saved number 7", 4, 192)]}))
        assert check(checker, Visible(words="Saved number"), before, after).outcome == expected

    def test_without_an_input_what_stands_there_will_do(self) -> None:
        assert self.seen("Saved number", None, page(OLD)) == ("confirmed", "seen")

    def test_the_same_words_at_another_place_are_news(self) -> None:
        assert self.seen("Saved number", page(OLD), page(OLD, NEW)) == ("confirmed", "seen")

    def test_what_was_typed_is_no_news_where_it_was_typed(self) -> None:
        assert self.seen("Ghost Ltd", BLANK, page(FIELD), "Ghost Ltd") == ("unknown", "typed")
        assert self.seen("Ghost Ltd", BLANK, page(FIELD, ("Welcome, Ghost Ltd", 20, 20)), "Ghost Ltd")[0] == "confirmed"

    def test_nor_is_it_after_another_input(self) -> None:
        typed = TypedText("Ghost Ltd", Location(point=Point(x=0.5, y=0.525), confidence=1, by="text"), is_last=False)
        check = partial(PAGE_CHECKER.check, PlannedStep(action=WaitFor(words="Ghost Ltd")), typed=(typed,))
        assert check(BLANK, page(FIELD)).code == "typed"
        assert check(page(FIELD), page(FIELD, ("Ghost Ltd", 20, 20))).outcome == "confirmed"

    def test_a_line_that_reads_otherwise_now_is_news(self) -> None:
        later = ("Saved number 4: Acme", 20, 40)
        assert self.seen("Saved number", page(OLD), page(later)) == ("confirmed", "seen")

    def test_words_that_came_into_the_title_are_news_wherever_else_they_stood(self) -> None:
        assert self.seen("Saved", page(OLD), page(OLD, title="Saved - Editor")) == ("confirmed", "in_title")
        titled = page(OLD, title="Saved - Editor")
        assert self.seen("Saved", titled, titled) == ("unknown", "already_there")


class TestGone:
    """Gone is what was there."""

    def gone(self, words: str, before: Screenshot, after: Screenshot, *, waited: bool = False) -> Effect:
        click = PlannedStep(action=Click(target="OK"), expectation=Gone(words=words))
        wait = PlannedStep(action=WaitFor(words=words, gone=True))
        return PAGE_CHECKER.check(wait if waited else click, before, after)

    def test_words_that_were_there_are_gone(self) -> None:
        assert self.gone("Saved", page(OLD), BLANK) == Effect(
            outcome="confirmed", code="gone", evidence="“Saved” was on the screen and is gone", by="words"
        )

    def test_words_that_never_were_are_not_gone(self) -> None:
        assert self.gone("Loading", page(OLD), BLANK).outcome == "unknown"

    def test_nothing_is_gone_from_a_screen_that_did_not_change(self) -> None:
        assert self.gone("Loading", BLANK, BLANK).outcome == "unmet"
        assert self.gone("Saved", page(OLD), page(OLD)).outcome == "unmet"

    def test_who_waits_for_words_to_go_is_told_that_they_are_not_there_which_proves_nothing(self) -> None:
        effect = self.gone("Loading", page(OLD), BLANK, waited=True)
        assert (effect.outcome, effect.by) == ("confirmed", "")

    def test_words_that_should_not_be_there_and_are_contradict(self) -> None:
        assert self.gone("Saved", page(OLD), page(OLD), waited=True).outcome == "contradicted"

    def test_what_is_something_like_the_words_is_not_taken_for_gone(self) -> None:
        assert self.gone("modem", page(("modern", 20, 40)), page(("modern", 20, 40)), waited=True).outcome == "unknown"

    def test_a_title_that_no_longer_says_so_is_gone(self) -> None:
        assert self.gone("notes.txt", page(OLD, title="notes.txt - Editor"), page(NEW)).outcome == "confirmed"


class TestBadNews:
    """What has newly come and tells of a failure contradicts whatever else is seen."""

    @pytest.mark.parametrize(
        "said",
        ["Could not upload.", "Error: disk full", "The name is already taken", "Speichern fehlgeschlagen", "Not saved"],
    )
    def test_a_line_that_tells_of_a_failure_contradicts(self, said: str) -> None:
        effect = after_click(Change(), page(OLD), page(OLD, (said, 20, 90)))
        assert (effect.outcome, effect.code, effect.evidence) == (
            "contradicted",
            "bad_news",
            f"the screen says: “{said}”",
        )

    @pytest.mark.parametrize("said", ["No errors", "This cannot be undone.", "Upload complete", "Report an error"])
    def test_other_lines_do_not(self, said: str) -> None:
        assert after_click(Change(), page(OLD), page(OLD, (said, 20, 90))).outcome == "changed"

    def test_a_failure_that_was_told_before_is_none_of_this_step(self) -> None:
        old = ("Could not upload.", 20, 90)
        assert after_click(Change(), page(old), page(old, ("Done", 20, 120))).outcome == "changed"

    def test_it_counts_beside_what_was_expected_and_where_nothing_was(self) -> None:
        after = page(OLD, ("Saved, but the copy failed.", 20, 90))
        assert after_click(Visible(words="Saved"), BLANK, after).outcome == "contradicted"
        assert after_click(None, BLANK, after).outcome == "contradicted"

    def test_words_that_the_user_waits_for_or_types_are_no_news(self) -> None:
        after = page(("Invalid email address", 20, 90))
        assert after_click(Visible(words="Invalid email address"), BLANK, after).outcome == "confirmed"
        typing = PlannedStep(action=TypeText(text="Invalid email address"), expectation=Change())
        assert PAGE_CHECKER.check(typing, BLANK, after).outcome == "changed"

    def test_the_title_of_a_new_window_counts(self) -> None:
        effect = after_click(Change(), BLANK, page(("OK", 20, 20), title="Upload failed", window=2))
        assert effect.evidence == "the screen says: “Upload failed”"

    def test_a_new_document_that_speaks_of_failures_somewhere_is_none(self) -> None:
        chapter = [(f"Line {number} of a text on testing", 20, 20 * number) for number in range(17)]
        assert after_click(Change(), BLANK, page(*chapter, ("The test failed.", 20, 360))).outcome == "changed"
        assert after_click(Change(), BLANK, page(("Server error", 20, 0), *chapter[1:])).outcome == "contradicted"


@pytest.mark.parametrize(
    ("title", "outcome"),
    [("notes.txt - Editor", "changed"), ("*Untitled 2 - Editor", "unchanged"), ("*Untitled 1 - Editor", "unchanged")],
)
def test_a_title_that_says_something_else_is_a_change_and_a_number_that_moves_on_is_none(
    title: str, outcome: str
) -> None:
    before, after = page(OLD, title="*Untitled 1 - Editor"), page(OLD, title=title)
    assert after_click(Change(), before, after).outcome == outcome


def test_what_came_is_told_in_words() -> None:
    effect = after_click(Change(), page(OLD), page(OLD, NEW))
    assert effect.evidence.startswith("“Saved number 4: Ghost” came; ")


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
