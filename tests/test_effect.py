"""What counts as an effect."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from screenagent.actions import Change, Expectation, Gone, Seen
from screenagent.effect import SightChecker, changed_box
from screenagent.fakes import FakeGrounder, ScriptedModel
from screenagent.geometry import Point
from screenagent.protocols import Refused
from screenagent.screenshot import Screenshot, Window


def screen(*rectangles: tuple[int, int, int, int], size: tuple[int, int] = (320, 200)) -> Screenshot:
    image = Image.new("RGB", size, "white")
    for rectangle in rectangles:
        ImageDraw.Draw(image).rectangle(rectangle, fill="black")
    return Screenshot.of(image)


EMPTY, CARET, MENU = screen(), screen((50, 50, 51, 66)), screen((10, 10, 109, 59))
NEVER = Refused(text="I'm sorry, but I can't help with that.")
CHECKER = SightChecker(FakeGrounder({"Saved": Point(x=0.5, y=0.5)}))


@pytest.mark.parametrize(
    ("expectation", "after", "outcome"),
    [
        (Change(), MENU, "changed"),
        (Change(), EMPTY, "unchanged"),
        (Change(), CARET, "unchanged"),
        (None, MENU, "changed"),
        (None, EMPTY, "unknown"),
        (Seen(words="Saved"), EMPTY, "met"),
        (Seen(words="Failed"), MENU, "unmet"),
        (Gone(words="Failed"), EMPTY, "met"),
        (Gone(words="Saved"), MENU, "unmet"),
    ],
)
def test_an_effect_is_what_can_be_seen(expectation: Expectation | None, after: Screenshot, outcome: str) -> None:
    assert CHECKER.check(expectation, EMPTY, after).outcome == outcome


def test_the_title_of_the_window_in_front_is_read_as_the_system_knows_it() -> None:
    saved = Screenshot.of(EMPTY.pixels, window=Window(id=1, title="/home/ada/notes.txt - Editor"))
    assert CHECKER.check(Seen(words="notes.txt"), EMPTY, saved).outcome == "met"
    assert CHECKER.check(Seen(words="otes.txt"), EMPTY, saved).outcome == "unmet"
    assert CHECKER.check(Gone(words="notes.txt"), EMPTY, saved).outcome == "unmet"


class TestModel:
    """Asked only where neither pixels nor words decide, and once a check."""

    @pytest.mark.parametrize(
        ("answer", "outcome"), [("yes", "met"), ("no", "unmet"), ("perhaps", "unknown"), (NEVER, "unknown")]
    )
    def test_what_cannot_be_read_is_judged(self, answer: str | Refused, outcome: str) -> None:
        model = ScriptedModel([answer])
        effect = SightChecker(CHECKER.grounder, model).check(Seen(words="a red line"), EMPTY, MENU)
        assert (effect.outcome, effect.by) == (outcome, "model")
        [(request, mode, grammar)] = model.asked
        assert (mode, grammar and grammar.kind, len(request.pictures)) == ("nothink", "regex", 2)

    def test_what_was_never_readable_is_judged_to_be_gone(self) -> None:
        model = ScriptedModel(["no"])
        effect = SightChecker(CHECKER.grounder, model).check(Gone(words="the spinning wheel"), EMPTY, MENU)
        assert (effect.outcome, effect.by) == ("unmet", "model")

    @pytest.mark.parametrize(
        ("expectation", "after"),
        [
            (Seen(words="Saved"), MENU),
            (Seen(words="a red line"), EMPTY),
            (Gone(words="Saved"), MENU),
            (Change(), MENU),
            (None, MENU),
        ],
    )
    def test_nothing_is_asked_where_pixels_or_words_decide(
        self, expectation: Expectation | None, after: Screenshot
    ) -> None:
        model = ScriptedModel([])
        assert SightChecker(CHECKER.grounder, model).check(expectation, EMPTY, after).by != "model"

    def test_a_glance_asks_nobody(self) -> None:
        checker = SightChecker(CHECKER.grounder, ScriptedModel([]))
        assert checker.glance(Seen(words="a red line"), EMPTY, MENU).outcome == "unmet"

    def test_the_pictures_are_small(self) -> None:
        model = ScriptedModel(["yes"])
        before, after = screen(size=(1280, 720)), screen((0, 0, 9, 99), size=(1280, 720))
        SightChecker(CHECKER.grounder, model, patches=1024).check(Seen(words="a red line"), before, after)
        assert all(picture.size.width * picture.size.height <= 1024 * 256 for picture in model.asked[0][0].pictures)


def test_the_evidence_says_where_and_how_large() -> None:
    effect = CHECKER.check(Change(), EMPTY, MENU)
    assert effect.evidence == "100×50 pixels changed at (10, 10)"
    assert effect.where is not None
    assert effect.where.pixels(MENU.size) == (10, 10, 110, 60)


def test_another_size_of_the_screen_is_a_change_of_everything() -> None:
    box = changed_box(EMPTY, screen(size=(400, 300)))
    assert box is not None
    assert (box.left, box.top, box.right, box.bottom) == (0, 0, 1, 1)
