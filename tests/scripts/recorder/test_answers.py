"""A recording ends with what the screen showed in answer to it, and only with what a replay will see again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from screenagent.actions import Click, Finish, Input, PressKeys, TypeText
from screenagent.events import (
    Acted,
    Checked,
    Decided,
    Decision,
    Effect,
    Ended,
    Event,
    Observed,
    Plan,
    PlannedStep,
    Started,
)
from screenagent.geometry import Box, Location, Point
from screenagent.screenshot import Screenshot
from screenagent.scripts.file import annotated, parsed, written
from screenagent.scripts.recorder.answers import ScreenAnswers
from screenagent.scripts.recorder.data_values import data_values, with_parameters
from screenagent.scripts.recorder.remarks import remarks_on
from screenagent.scripts.recorder.writer import ScriptWriter
from screenagent.scripts.schema import ClickStep, FillStep, New, Parameter, PressStep, Script, TypeStep, Vanished
from tests.builders import Drawing, DrawnReader

SAVED = New(new="Saved number", within=10)


def form(company: str = "", *lines: str) -> Drawing:
    drawing = Drawing().text("Company:", 40, 60).entry(company, 160, 60).button("Save", 160, 120)
    for number, line in enumerate(lines):
        drawing.text(line, 40, 180 + 30 * number)
    return drawing


def answer(before: Drawing, after: Drawing, *, typed: Sequence[str] = ()) -> New | Vanished | None:
    reader = DrawnReader()
    return ScreenAnswers(reader, [*typed]).of(reader.screen(before), reader.screen(after))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Saved number 17"], SAVED),
        (["17 customers saved on Monday"], New(new="customers saved on", within=10)),
        (["Thank you, Acme Ltd"], New(new="Thank you,", within=10)),
        (["Acme Ltd", "Saved number 17"], SAVED),
        (["Acm Ltd", "Saved number 17"], SAVED),
        (["ada@example.org", "12:45", "Saved number 17"], SAVED),
        (["Saving…", "Saved number 17"], SAVED),
        (["Could not save", "Saved number 17"], SAVED),
        (["{{customer}} Saved number 17"], SAVED),
    ],
)
def test_an_answer_is_what_other_values_meet_too(lines: list[str], expected: New) -> None:
    assert answer(form("Acme Ltd"), form("Acme Ltd", *lines), typed=["Acme Ltd"]) == expected


def listed(*cells: str, below: str = "") -> Drawing:
    drawing = form("").text(below, 40, 280)
    for number, cell in enumerate(cells):
        drawing.text(cell, 40 + 160 * number, 240)
    return drawing


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(form(), form("", "Acme Ltd · - choose - · no"), None, id="the pieces of a row are none"),
        pytest.param(form(), form("", "- choose - · yes", "Saved number 17"), SAVED, id="a message is"),
        pytest.param(listed(), listed("Acme", "Private customer", below="Saved number 17"), SAVED, id="it comes first"),
        pytest.param(listed(), listed("Acme", "Private customer"), None, id="a value of a row is none"),
    ],
)
def test_what_changes_from_row_to_row_of_a_list_is_no_answer(
    before: Drawing, after: Drawing, expected: New | None
) -> None:
    if expected is None:
        reader = DrawnReader()
        answers = ScreenAnswers(reader, ["Acme Ltd"])
        answers.of(reader.screen(listed("Private customer")), reader.screen(before))
        assert not isinstance(answers.of(reader.screen(before), reader.screen(after)), New)
    else:
        assert answer(before, after, typed=["Acme Ltd"]) == expected


@pytest.mark.parametrize("lines", [[], ["Acme Ltd"], ["12:45:10"], ["Could not save"], ["Saving…"]])
def test_what_other_values_do_not_meet_is_no_answer(lines: list[str]) -> None:
    assert answer(form("Acme Ltd"), form("Acme Ltd", *lines), typed=["Acme Ltd"]) is None


def test_words_that_go_are_an_answer_and_what_lay_beneath_them_is_none() -> None:
    reader = DrawnReader()
    opened = Drawing().text("Really save this?", 200, 180).button("Yes", 300, 240)
    beneath, dialog = reader.screen(form("", "Customers of the house")), reader.screen(opened)
    answers = ScreenAnswers(reader)
    assert answers.of(beneath, dialog) == New(new="Really save this?", within=10)
    assert answers.of(dialog, beneath) == Vanished(gone="Really save this?")


def test_what_our_own_terminal_covers_in_the_end_has_not_gone() -> None:
    reader = DrawnReader()
    before, after = reader.screen(form("", "Customers of the house")), reader.screen(form())
    assert ScreenAnswers(reader).of(before, after) == Vanished(gone="Customers of the house")
    covered = after.model_copy(update={"covered": (Box(left=0, top=0.4, right=1, bottom=1),)})
    assert ScreenAnswers(reader).of(before, covered) is None


PLACE = Location(point=Point(x=0.3, y=0.3), confidence=1.0, by="hand")


def recorded(*did: tuple[Input, Screenshot], last: Screenshot, place: Location = PLACE) -> list[Event]:
    events: list[Event] = [Started(task="save it")]
    for action, screen in did:
        places = () if isinstance(action, TypeText | PressKeys) else (place,)
        step = PlannedStep(action=action)
        events.append(Observed(screenshot=screen))
        events.append(Decided(decision=Decision(plan=Plan(steps=(step,)))))
        events.append(Acted(action=action, locations=places))
    over = PlannedStep(action=Finish(success=True))
    return [
        *(*events, Observed(screenshot=last), Checked(effect=Effect(outcome="changed", by="pixels"))),
        *(Decided(decision=Decision(plan=Plan(steps=(over,)))), Ended(result="done", message="")),
    ]


def test_typed_values_are_no_part_of_the_anchors() -> None:
    reader = DrawnReader()

    def names(first: str, last: str) -> Screenshot:
        drawing = Drawing().text("First", 20, 60).entry(first, 80, 60).text("Last", 300, 60).entry(last, 360, 60)
        return reader.screen(drawing.button("Save", 160, 120))

    events = recorded(
        (Click(target="the First field"), names("", "")),
        (TypeText(text="Ada Maria"), names("", "")),
        (Click(target="the Last field"), names("Ada Maria", "")),
        (TypeText(text="Lovelace"), names("Ada Maria", "")),
        (Click(target="Save"), names("Ada Maria", "Lovelace")),
        last=names("", ""),
    )
    writer = ScriptWriter.of_run(events, reader)
    kept = {text.text for look in writer.appearances.values() for text in look.anchor.beside}
    assert kept | {look.anchor.text for look in writer.appearances.values()} <= {"First", "Last", "Save", ""}
    assert {"First", "Last"} <= kept


def test_a_typed_value_that_alone_tells_a_row_from_others_stays_in_the_anchor() -> None:
    reader = DrawnReader()
    empty, full = (reader.screen(Drawing().text("Name", 40, 40).entry(name, 160, 40)) for name in ("", "Ada"))
    table = Drawing().text("Ada", 40, 160).button("Delete", 300, 160).text("Grace", 40, 220).button("Delete", 300, 220)
    row = Location(point=Point(x=345 / 640, y=160 / 400), confidence=1.0, by="hand")
    events = recorded(
        (Click(target="the Name field"), empty),
        (TypeText(text="Ada"), empty),
        (Click(target="Add"), full),
        (Click(target="Delete"), reader.screen(table)),
        last=reader.screen(Drawing()),
        place=row,
    )
    beside = ScriptWriter.of_run(events, reader).appearances["delete"].anchor.beside
    assert "Ada" in {text.text for text in beside}


def made(end: Callable[[DrawnReader], Screenshot]) -> ScriptWriter:
    reader = DrawnReader()
    empty, full = reader.screen(form()), reader.screen(form("Acme Ltd"))
    opened = reader.screen(Drawing().text("Customers of the house", 40, 60).button("New", 160, 120))
    return ScriptWriter.of_run(
        recorded(
            (Click(target="New"), opened),
            (Click(target="the Company field"), empty),
            (TypeText(text="Acme Ltd"), empty),
            (Click(target="Save"), full),
            last=end(reader),
        ),
        reader,
    )


def test_a_recording_ends_with_the_answer_to_its_last_click() -> None:
    writer = made(lambda reader: reader.screen(form("Acme Ltd", "Saved number 17")))
    script = writer.script("x", expect="last")
    assert [getattr(step, "expect", None) for step in script.steps] == [None, None, None, SAVED]
    assert remarks_on(script) == ()
    assert "    expect: {new: Saved number, within: 10.0}\n" in written(script)


def test_each_step_may_expect_its_answer_or_say_it_in_a_comment() -> None:
    writer = made(lambda reader: reader.screen(form("Acme Ltd", "Saved number 17")))
    company = New(new="Company:", within=10)
    each = writer.script("x", expect="each")
    assert [getattr(step, "expect", None) for step in each.steps] == [company, None, None, SAVED]
    last = writer.script("x", expect="last")
    text = annotated(written(last), writer.comments)
    assert "  - click: New\n    # expect: {new: 'Company:', within: 10.0}\n  - click: the Company field\n" in text
    assert parsed(text.encode(), Path("x.yaml"))[0] == last
    assert YAML().load(text.replace("    # ", "    "))["steps"][0]["expect"]["new"] == "Company:"


def test_a_recording_without_an_answer_says_so() -> None:
    script = made(lambda reader: reader.screen(form("Acme Ltd"))).script("x", expect="last")
    (remark,) = remarks_on(script)
    assert remark.startswith("no new words were seen after the last step")


@pytest.mark.parametrize("first", [TypeStep(type="Ada"), PressStep(press="tab")])
def test_keys_before_any_click_are_told_of(first: TypeStep | PressStep) -> None:
    (remark,) = remarks_on(Script(name="x", steps=(first, ClickStep(click="Save", expect=SAVED))))
    assert remark.startswith("the first step sends keys to whatever has the focus")
    assert (
        remarks_on(Script(name="x", steps=(TypeStep(type="Ada", into="Name"), ClickStep(click="Save", expect="ok"))))
        == ()
    )


FILLED = Script(
    name="x",
    steps=(
        ClickStep(click="the Company field"),
        TypeStep(type="Acme Ltd"),
        FillStep.model_validate({"fill": "the Zip code field", "with": "20457"}),
        PressStep(press="tab"),
        TypeStep(type="Acme"),
        ClickStep(click="the Password field"),
        TypeStep(type="{{secret:password}}"),
        ClickStep(click="the place at 10% from the left and 20% from the top"),
        TypeStep(type="VIP, 10% of"),
        ClickStep(click="Company in the row of “Ada”"),
        TypeStep(type="Other"),
    ),
)


def test_typed_values_become_parameters_that_have_the_names_of_their_fields() -> None:
    assert [(value.name, value.text) for value in data_values(FILLED)] == [
        ("company", "Acme Ltd"),
        ("zip_code", "20457"),
        ("value", "Acme"),
        ("value_2", "VIP, 10% of"),
        ("company_2", "Other"),
    ]
    script = with_parameters(FILLED)
    assert script.parameters["zip_code"] == Parameter(default="20457")
    assert script.steps[1:3] == (
        TypeStep(type="{{company}}"),
        FillStep.model_validate({"fill": "the Zip code field", "with": "{{zip_code}}"}),
    )
    assert script.steps[6] == FILLED.steps[6]
    assert parsed(written(script).encode(), Path("x.yaml"))[0] == script
    assert data_values(script) == ()
