from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screenagent.grounding import expression
from screenagent.grounding.expression import RULES, Reading, Rule, parse
from screenagent.grounding.phrase import Phrase, Relation


def near(other: str) -> tuple[Relation, ...]:
    return (Relation(kind="near", other=other),)


def inside(other: str) -> tuple[Relation, ...]:
    return (Relation(kind="inside", other=other),)


def row(name: str) -> tuple[Relation, ...]:
    return (Relation(kind="row", other=name),)


READINGS = {
    "the Save button": Phrase(name="Save", named=True, role="button"),
    "hit the Close button": Phrase(name="Close", named=True, role="button"),
    "press 'Close'": Phrase(name="Close", quoted=True),
    "click on “Save As…”": Phrase(name="Save As…", quoted=True),
    'click "Don\'t Save"': Phrase(name="Don't Save", quoted=True),
    "click 'Don't ask again'": Phrase(name="Don't ask again", quoted=True),
    "Save As": Phrase(name="Save As"),
    "Find and Replace": Phrase(name="Find and Replace"),
    "click Open or Save": Phrase(name="Open or Save"),
    "please click Cancel.": Phrase(name="Cancel"),
    "double-click notes.txt": Phrase(name="notes.txt"),
    "open the File menu": Phrase(name="File", named=True, role="menu", verb="open"),
    "click 'Help' in the menu bar": Phrase(name="Help", quoted=True, container="menu bar"),
    "choose 'Quit' from the menu": Phrase(name="Quit", quoted=True, container="menu"),
    "'Open' in the menu": Phrase(name="Open", quoted=True, container="menu"),
    "pick the 'To Lower Case' menu entry": Phrase(name="To Lower Case", quoted=True, named=True, role="item"),
    "switch to the Symbols tab": Phrase(name="Symbols", named=True, role="tab", verb="switch to"),
    "follow the 'modules' link": Phrase(name="modules", quoted=True, named=True, role="link", verb="follow"),
    "into the Name field": Phrase(name="Name", named=True, role="field"),
    "type into the 'Last Name' box": Phrase(
        name="Last Name", quoted=True, named=True, role="field", verb="type into"
    ),
    "click into the First Name field": Phrase(name="First Name", named=True, role="field", verb="click into"),
    "the field labelled Name": Phrase(name="Name", named=True, role="field"),
    "the button that says 'OK'": Phrase(name="OK", quoted=True, named=True, role="button"),
    "tick 'Match case'": Phrase(name="Match case", quoted=True, role="checkbox", verb="tick"),
    "check the Wrap lines box": Phrase(name="Wrap lines", named=True, role="checkbox", verb="check"),
    "turn off 'Sounds'": Phrase(name="Sounds", quoted=True, role="checkbox", verb="turn off"),
    "open the drop-down that shows 'Middle'": Phrase(
        name="Middle", quoted=True, named=True, role="dropdown", verb="open"
    ),
    "change the 'Encoding' setting": Phrase(
        name="Encoding", quoted=True, named=True, role="setting", verb="change"
    ),
    "sort by the Size column": Phrase(name="Size", named=True, role="column", verb="sort by"),
    "the second Save button": Phrase(name="Save", named=True, role="button", ordinal=2),
    "the last 'Edit' link": Phrase(name="Edit", quoted=True, named=True, role="link", ordinal=-1),
    "the second to last tab": Phrase(name="tab", nameless=True, role="tab", ordinal=-2),
    "the third check box": Phrase(name="check box", nameless=True, role="checkbox", ordinal=3),
    "the OK button near Cancel": Phrase(name="OK", named=True, role="button", relations=near("Cancel")),
    "the entry next to 'Name'": Phrase(name="entry", nameless=True, role="field", relations=near("Name")),
    "the '+' button to the right of Copies": Phrase(
        name="+", quoted=True, named=True, role="button", relations=(Relation(kind="right", other="Copies"),)
    ),
    "the link below 'News'": Phrase(
        name="link", nameless=True, role="link", relations=(Relation(kind="below", other="News"),)
    ),
    "'Delete' above the Total row": Phrase(
        name="Delete", quoted=True, relations=(Relation(kind="above", other="Total row"),)
    ),
    "Buy on the Desk lamp card": Phrase(name="Buy", relations=(Relation(kind="card", other="Desk lamp"),)),
    "the heart in the Ada tile": Phrase(name="heart", relations=(Relation(kind="card", other="Ada"),)),
    "View in the second group": Phrase(name="View", relations=(Relation(kind="inside", other="second group"),)),
    "the Browser column head": Phrase(name="Browser", named=True, role="column"),
    "Edit in Ada's row": Phrase(name="Edit", relations=row("Ada")),
    "the bin button in the row of Grace Hopper": Phrase(
        name="bin", named=True, role="button", relations=row("Grace Hopper")
    ),
    "a new tab": Phrase(name="new tab"),
    "the new tab button": Phrase(name="new tab", named=True, role="button"),
    "Loudness with the slider": Phrase(name="Loudness", named=True, role="slider"),
    "the Region using its drop-down": Phrase(name="Region", named=True, role="dropdown"),
    "the switch in the Wi-Fi row": Phrase(name="switch", nameless=True, role="checkbox", relations=row("Wi-Fi")),
    "the pencil in James' line": Phrase(name="pencil", relations=row("James")),
    "the second field in the row that says 'Rent'": Phrase(
        name="field", nameless=True, role="field", ordinal=2, relations=row("Rent")
    ),
    "the document viewer's help": Phrase(name="help", relations=inside("document viewer")),
    "the menu button at the top right": Phrase(name="menu", named=True, role="button", sides=("top", "right")),
    "set the snooze duration to one minute": Phrase(
        name="one minute", role="item", verb="set", about="the snooze duration"
    ),
    "button SEND": Phrase(name="SEND", named=True, role="button"),
    "the link Opening hours": Phrase(name="Opening hours", named=True, role="link"),
    "zoom in": Phrase(name="zoom in"),
    "click the word Gale": Phrase(name="Gale", named=True, role="text"),
    "open the calendar by clicking the clock": Phrase(name="clock"),
    "open the help topic about editing contacts": Phrase(name="editing contacts"),
    "change how many entries are shown": Phrase(name="entries", verb="change", role="setting"),
    "set how long the alarm rings": Phrase(name="alarm rings duration", verb="set", role="setting"),
    "confirm the deletion": Phrase(name="deletion", verb="confirm", role="button"),
    "turn on night mode": Phrase(name="night mode", role="checkbox", verb="turn on"),
    "remove the item": Phrase(name="remove the item"),
    "search": Phrase(name="search"),
}  # fmt: skip


@pytest.mark.parametrize("said", READINGS)
def test_what_people_say_is_read_into_its_parts(said: str) -> None:
    assert parse(said) == READINGS[said]


STEPS: dict[Rule, tuple[Reading, Reading]] = {
    expression.hold_quotes: (
        Reading(rest="press  'Save As' or \"Don't\"."),
        Reading(rest="press ⟨0⟩ or ⟨1⟩", held=("Save As", "Don't")),
    ),
    expression.drop_purpose: (Reading(rest="open the calendar by clicking the clock"), Reading(rest="the clock")),
    expression.drop_lead: (Reading(rest="please click Cancel"), Reading(rest="click Cancel")),
    expression.move_label: (
        Reading(rest="the button in the dialog labelled ⟨0⟩"),
        Reading(rest="the button labelled ⟨0⟩ in the dialog"),
    ),
    expression.take_document: (
        Reading(rest="click the lower right corner of the drawing area"),
        Reading(rest="drawing area", role="document", sides=("bottom", "right")),
    ),
    expression.take_topic: (Reading(rest="open the help topic about contacts"), Reading(rest="contacts")),
    expression.take_card: (
        Reading(rest="Buy below News on the Desk lamp card in the menu"),
        Reading(rest="Buy below News in the menu", relations=(Relation(kind="card", other="Desk lamp"),)),
    ),
    expression.take_numbered_row: (
        Reading(rest="Edit in the last row of the table"),
        Reading(rest="Edit", relations=(Relation(kind="row", other="the last row of the table", ordinal=-1),)),
    ),
    expression.take_row: (
        Reading(rest="Edit below News in Ada's row in the menu"),
        Reading(rest="Edit below News in the menu", relations=(Relation(kind="row", other="Ada"),)),
    ),
    expression.join_role: (Reading(rest="Loudness with the slider"), Reading(rest="Loudness slider")),
    expression.take_relations: (
        Reading(rest="Edit below News in the menu", relations=(Relation(kind="row", other="Ada"),)),
        Reading(
            rest="Edit",
            relations=(Relation(kind="row", other="Ada"), Relation(kind="below", other="News")),
            container="menu",
        ),
    ),
    expression.take_sides: (
        Reading(rest="the menu button at the top right"), Reading(rest="the menu button", sides=("top", "right"))
    ),
    expression.take_verb: (
        Reading(rest="turn on night mode"), Reading(rest="night mode", verb="turn on", implied="checkbox")
    ),
    expression.take_owner: (
        Reading(rest="the viewer's help"), Reading(rest="help", relations=(Relation(kind="inside", other="viewer"),))
    ),
    expression.name_amount: (Reading(rest="how long the alarm rings"), Reading(rest="the alarm rings duration")),
    expression.take_option: (
        Reading(rest="the alarm to Monday", verb="set"),
        Reading(rest="Monday", verb="set", head="the alarm to Monday", about="the alarm", implied="item"),
    ),
    expression.take_ordinal: (Reading(rest="the second to last tab"), Reading(rest="tab", ordinal=-2)),
    expression.note_indefinite: (
        Reading(rest="a file", verb="open"), Reading(rest="a file", verb="open", indefinite=True)
    ),
    expression.take_role: (Reading(rest="the Save As button"), Reading(rest="Save As", role="button", named=True)),
    expression.take_quoted_name: (
        Reading(rest="⟨0⟩ for good", held=("Close",)),
        Reading(rest="⟨0⟩", held=("Close",), about="for good", quoted=True),
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_takes_its_part_of_the_phrase(rule: Rule) -> None:
    before, after = STEPS[rule]
    assert rule(before) == after


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_leaves_alone_what_is_not_its_part(rule: Rule) -> None:
    plain = Reading(rest="Ada", head="Ada")
    assert rule(plain) == plain


@pytest.mark.slow
@given(st.text(max_size=80))
def test_anything_said_has_a_reading(said: str) -> None:
    assert parse(said).name == parse(said).name.strip()


@pytest.mark.slow
@given(st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9 .,;:+&/-]{0,20}[A-Za-z0-9])?", fullmatch=True))
def test_a_quoted_name_arrives_as_it_was_written(name: str) -> None:
    assert (parse(f'click "{name}"').name, parse(f'click "{name}"').quoted) == (name, True)
