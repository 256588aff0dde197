"""A text that is typed without a click becomes a step for the field that has the focus, or it is said that none is."""

from __future__ import annotations

from screenagent.desktop.input_listener import KeyDown, TimedTouch
from screenagent.events import Event, Thought
from screenagent.fakes import FakeAccessibility
from screenagent.geometry import Box
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.naming import Namer
from screenagent.screenshot import Element, Screenshot
from screenagent.scripts.recorder.remarks import remarks_on
from screenagent.scripts.recorder.watcher import UNNAMED, Watcher
from screenagent.scripts.recorder.writer import ScriptWriter
from screenagent.scripts.schema import AnyStep, ClickStep, FillStep, PressStep, TypeStep
from tests.builders import Drawing
from tests.scripts.recorder.test_watcher import NAMER, READER, click, form, typed


def recorded(*heard: list[TimedTouch], last: Screenshot, namer: Namer = NAMER) -> tuple[list[Event], ScriptWriter]:
    watching = Watcher(namer=namer, reader=READER)
    events = list(watching.events((one for part in heard for one in part), task="sign in", last=lambda: last))
    return events, ScriptWriter.of_run(events, READER)


def steps(*heard: list[TimedTouch], last: Screenshot) -> tuple[AnyStep, ...]:
    return recorded(*heard, last=last)[1].script("x").steps


def key(name: str, screen: Screenshot, *, at: float) -> list[TimedTouch]:
    return [TimedTouch(at, KeyDown(key=name), screen)]


def fill(text: str) -> FillStep:
    return FillStep.model_validate({"fill": "the User name field", "with": text})


def test_what_is_typed_after_tab_fills_the_field_that_it_came_into() -> None:
    empty, named = form(), form("Ada Lovelace")
    heard = (key("tab", empty, at=1.0), typed("Ada Lovelace", empty, at=2.0), key("tab", named, at=3.0))
    assert steps(*heard, last=named) == (PressStep(press="tab"), fill("Ada Lovelace"), PressStep(press="tab"))


def test_what_is_typed_after_a_click_elsewhere_fills_the_field_that_it_came_into() -> None:
    empty, named = form(), form("Ada Lovelace")
    written = steps(click(345, 180, empty, at=1.0), typed("Ada Lovelace", empty, at=2.0), last=named)
    assert written == (ClickStep(click="Help", may="nothing"), fill("Ada Lovelace"))


def test_a_password_after_tab_is_typed_into_its_field_if_that_was_empty() -> None:
    empty, dots = form("Ada"), form("Ada", dots=8)
    written = steps(key("tab", empty, at=1.0), typed("hunter2!", empty, at=2.0), key("enter", dots, at=3.0), last=dots)
    assert written[1] == TypeStep(type="{{secret:password}}", into="the Password field")


def test_what_is_added_to_a_field_is_typed_and_told_of() -> None:
    _, writer = recorded(
        key("tab", form("Bob"), at=1.0), typed(" and Ada", form("Bob"), at=2.0), last=form("Bob and Ada")
    )
    script = writer.script("x")
    assert script.steps == (PressStep(press="tab"), TypeStep(type=" and Ada"))
    assert any("the User name field" in remark for remark in remarks_on(script, writer.untargeted))


def test_what_no_name_leads_to_is_said_at_once() -> None:
    def page(text: str) -> Screenshot:
        return Drawing().text(text, 200, 200).screenshot

    events, writer = recorded(
        key("tab", page(""), at=1.0), typed("Ada Lovelace", page(""), at=2.0), last=page("Ada Lovelace")
    )
    assert [event.text for event in events if isinstance(event, Thought)] == [UNNAMED]
    assert writer.script("x").steps == (PressStep(press="tab"), TypeStep(type="Ada Lovelace"))


def test_of_two_fields_that_change_the_one_is_meant_whose_program_says_that_it_has_the_focus() -> None:
    def page(text: str) -> Screenshot:
        drawing = Drawing().text("Shown as:", 40, 60).entry(text, 160, 60)
        return drawing.text("User name:", 40, 120).entry(text, 160, 120).screenshot

    edges = Box.of_pixels((160, 105, 360, 135), page("").size)
    told = Element(role="field", name="User name", box=edges, states=frozenset(("focused",)))
    namer = Namer(EmbeddedGrounder(READER, accessibility=FakeAccessibility((told,))))
    heard = key("tab", page(""), at=1.0), typed("Ada Lovelace", page(""), at=2.0)
    assert steps(*heard, last=page("Ada Lovelace"))[1:] == (TypeStep(type="Ada Lovelace"),)
    _, writer = recorded(*heard, last=page("Ada Lovelace"), namer=namer)
    assert writer.script("x").steps[1:] == (fill("Ada Lovelace"),)
