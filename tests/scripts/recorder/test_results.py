"""What gestures were for is recorded where the screen shows it, and nowhere else."""

from __future__ import annotations

from PIL import ImageDraw

from screenagent.actions import Click, Finish, Input, PressKeys, TypeText
from screenagent.events import Acted, Decided, Decision, Ended, Event, Observed, Plan, PlannedStep, Started
from screenagent.geometry import Box, Location
from screenagent.scripts.recorder.writer import ScriptWriter
from screenagent.scripts.schema import (
    AnyStep,
    ChooseStep,
    ClickStep,
    FillStep,
    PressStep,
    TickStep,
    TypeStep,
    UntickStep,
)
from tests.builders import Drawing, DrawnReader
from tests.panels import Panel

Did = tuple[Input, Location | None, Drawing]


def place(left: float, top: float, right: float, bottom: float, *, framed: bool = True) -> Location:
    box = Box(left=left / 640, top=top / 400, right=right / 640, bottom=bottom / 400)
    return Location(point=box.center, box=box if framed else None, confidence=1.0, by="hand")


def steps(*did: Did, last: Drawing, by: str = "hand") -> tuple[AnyStep, ...]:
    reader = DrawnReader()
    events: list[Event] = [Started(task="x")]
    for action, location, drawing in did:
        found = (location.model_copy(update={"by": by}),) if location else ()
        events.append(Observed(screenshot=reader.screen(drawing)))
        events.append(Decided(decision=Decision(plan=Plan(steps=(PlannedStep(action=action),)))))
        events.append(Acted(action=action, locations=found))
    events.append(Observed(screenshot=reader.screen(last)))
    events.append(Decided(decision=Decision(plan=Plan(steps=(PlannedStep(action=Finish(success=True)),)))))
    events.append(Ended(result="done", message=""))
    return ScriptWriter.of_run(events, reader).script("x").steps


FIELD = place(160, 45, 360, 75)
CLICK = Click(target="the Company field")


def form(company: str) -> Drawing:
    return Drawing().text("Company:", 40, 60).entry(company, 160, 60)


def fill(text: str) -> FillStep:
    return FillStep.model_validate({"fill": "the Company field", "with": text})


def test_a_field_that_holds_what_was_typed_and_nothing_else_was_filled() -> None:
    typed = (TypeText(text="Acme Ltd"), None, form(""))
    assert steps((CLICK, FIELD, form("")), typed, last=form("Acme Ltd")) == (fill("Acme Ltd"),)


def test_a_field_that_was_empty_and_has_not_drawn_the_last_letters_was_filled() -> None:
    typed = (TypeText(text="Acme Ltd"), None, form(""))
    assert steps((CLICK, FIELD, form("")), typed, last=form("Acme L")) == (fill("Acme Ltd"),)
    typed = (TypeText(text="Acme Ltd"), None, form("Acme L"))
    assert [type(step) for step in steps((CLICK, FIELD, form("")), typed, last=form("Acme L"))] == [ClickStep, TypeStep]


def test_a_field_in_which_all_was_replaced_was_filled() -> None:
    old, select = form("Old Ltd"), PressKeys(keys=("ctrl", "a"))
    did = ((CLICK, FIELD, old), (select, None, old), (TypeText(text="Acme Ltd"), None, old))
    assert steps(*did, last=form("Acme Ltd")) == (fill("Acme Ltd"),)


def test_what_is_added_to_a_field_is_typed() -> None:
    typed = (TypeText(text=" Ltd"), None, form("Acme"))
    written = steps((CLICK, FIELD, form("Acme")), typed, last=form("Acme Ltd"))
    assert [type(step) for step in written] == [ClickStep, TypeStep]


def test_a_secret_and_what_is_typed_where_no_field_is_seen_are_typed() -> None:
    secret = (TypeText(text="{{secret:company}}"), None, form(""))
    assert [type(step) for step in steps((CLICK, FIELD, form("")), secret, last=form("····"))] == [ClickStep, TypeStep]
    elsewhere = FIELD.model_copy(update={"box": None})
    typed = (TypeText(text="Acme"), None, form(""))
    assert [type(step) for step in steps((CLICK, elsewhere, form("")), typed, last=form("Acme"))] == [
        ClickStep,
        TypeStep,
    ]


def test_only_what_a_person_did_is_read_so() -> None:
    typed = (TypeText(text="Acme Ltd"), None, form(""))
    written = steps((CLICK, FIELD, form("")), typed, last=form("Acme Ltd"), by="text")
    assert [type(step) for step in written] == [ClickStep, TypeStep]


def country(name: str, *, opened: bool = False) -> Drawing:
    drawing = Drawing().text("Country", 40, 60).dropdown(name, 160, 60)
    if opened:
        drawing.cell(160, 80, width=160, height=90)
        for number, option in enumerate(("France", "Germany", "Poland")):
            drawing.text(option, 168, 95 + 28 * number)
    return drawing


LIST, GERMANY = place(160, 45, 320, 75), place(160, 112, 320, 136, framed=False)


def chosen(before: str, after: str, *, name: str = "the Country drop-down") -> tuple[AnyStep, ...]:
    opening = (Click(target=name), LIST, country(before))
    return steps(opening, (Click(target="Germany"), GERMANY, country(before, opened=True)), last=country(after))


def test_an_option_that_the_drop_down_shows_afterwards_was_chosen() -> None:
    choice = ChooseStep.model_validate({"choose": "Germany", "in": "the Country drop-down"})
    assert chosen("France", "Germany") == (choice,)
    seen_as_field = choice.model_copy(update={"anchor": "the-country-field"})
    assert chosen("France", "Germany", name="the Country field") == (seen_as_field,)


def test_a_choice_that_is_not_seen_stays_two_clicks() -> None:
    for before, after in (("Germany", "Germany"), ("France", "France")):
        assert [type(step) for step in chosen(before, after)] == [ClickStep, ClickStep]


def box(*, ticked: bool) -> Drawing:
    drawing = Drawing().box("Newsletter", 40, 60).box("Terms", 40, 120)
    if ticked:
        ImageDraw.Draw(drawing.image).line(((43, 60), (46, 64), (51, 55)), fill=(20, 20, 20), width=2)
    return drawing


def test_a_box_whose_state_is_another_afterwards_was_ticked_or_unticked() -> None:
    name, label = "the Newsletter check box", place(62, 50, 140, 70)
    ticking = steps((Click(target=name), label, box(ticked=False)), last=box(ticked=True))
    assert ticking == (TickStep(tick=name),)
    assert steps((Click(target=name), label, box(ticked=True)), last=box(ticked=False)) == (UntickStep(untick=name),)
    assert [type(step) for step in steps((Click(target=name), label, box(ticked=True)), last=box(ticked=True))] == [
        ClickStep
    ]


def test_keys_that_do_not_replace_anything_stay() -> None:
    did = ((CLICK, FIELD, form("")), (PressKeys(keys=("end",)), None, form("")), (TypeText(text="A b"), None, form("")))
    assert [type(step) for step in steps(*did, last=form("A b"))] == [ClickStep, PressStep, TypeStep]


def test_of_two_radio_buttons_in_a_row_the_one_was_chosen_whose_label_was_clicked() -> None:
    def row(chosen: str) -> Panel:
        panel = Panel()
        for number, name in enumerate(("Private", "Business")):
            panel.radio(name, 40 + 100 * number, 60, on=name == chosen)
        panel.words = [word.model_copy(update={"line": 1}) for word in panel.words]  # they are read as one
        return panel

    click = (Click(target="Business"), place(205, 55, 217, 65, framed=False), row("Private"))
    assert steps(click, last=row("Business")) == (TickStep(tick="Business"),)


def test_a_box_that_the_mouse_lights_up_was_ticked() -> None:
    def lit(*, on: bool) -> Panel:
        panel = Panel()
        if on:
            ImageDraw.Draw(panel.image).rectangle((34, 48, 150, 72), fill=(214, 226, 240))
        return panel.tick_box("Newsletter", 40, 60, on=on)

    click = (Click(target="Newsletter"), place(75, 55, 85, 65, framed=False), lit(on=False))
    assert steps(click, last=lit(on=True)) == (TickStep(tick="Newsletter"),)
