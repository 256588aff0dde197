"""Answers in the form that a family's maker documents lead to the place that they mean; malformed ones to none."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

import pytest

from screenagent.geometry import Box, Point, Size
from screenagent.models.families import all_families, family_named
from screenagent.models.families.coordinates import ENDS
from screenagent.models.families.family import Family
from screenagent.models.vision import Regex
from screenagent.protocols import Retry
from tests.models.test_parsing import mutated

SHOWN = Size(width=1344, height=672)
"""No family resizes it, so that pixels are its own."""

PLACES = (Point(x=0.8, y=0.25), Point(x=0.3, y=0.6), Point(x=0.62, y=0.85))
"""Off the diagonal, and none is another one with its axes swapped."""

HAIR = 0.002
"""Half a pixel, or half a thousandth, as a part of a side; and what 999ths read as thousandths would be off."""


@dataclass(frozen=True)
class Form:
    """How a family writes a place: a point as `{x}` and `{y}`, or a box as `{left}`, `{top}`, `{right}`, `{bottom}`."""

    text: str
    across: float
    down: float
    digits: int | None = None

    def said(self, place: Point, *, half: float = 0.02) -> str:
        parts = {
            **{"x": place.x * self.across, "y": place.y * self.down},
            **{"left": (place.x - half) * self.across, "top": (place.y - half) * self.down},
            **{"right": (place.x + half) * self.across, "bottom": (place.y + half) * self.down},
        }
        text = self.text
        for name, number in parts.items():
            text = text.replace(f"{{{name}}}", str(round(number, self.digits)))
        return text


def fractions(text: str) -> Form:
    return Form(text, 1, 1, digits=4)


def thousandths(text: str) -> Form:
    return Form(text, 1000, 1000)


def parts_of_999(text: str) -> Form:
    return Form(text, 999, 999)


def pixels(text: str) -> Form:
    return Form(text, SHOWN.width, SHOWN.height)


BOX = "[{left}, {top}, {right}, {bottom}]"
TOOL_CALL = """<tool_call>
{"name": "computer_use", "arguments": {"action": "left_click", "coordinate": [{x}, {y}]}}
</tool_call>"""
XML_CALL = """<tool_call>
<function=computer_use>
<parameter=action>
left_click
</parameter>
<parameter=coordinate>
[{x}, {y}]
</parameter>
</function>
</tool_call>"""
SEED_CALL = (
    "<seed:tool_call><function=click><parameter=point><point>{x} {y}</point></parameter></function></seed:tool_call>"
)

FORMS = [
    ("phi4", fractions(BOX)),
    ("qwen3", thousandths('```json\n[\n\t{"bbox_2d": ' + BOX + ', "label": "the Save button"}\n]\n```')),
    ("qwen3", thousandths('{"bbox_2d": ' + BOX + "}")),
    ("qwen3", thousandths(TOOL_CALL)),
    ("qwen3", thousandths(XML_CALL)),
    ("qwen3", thousandths('It is at the left.</think>\n\n{"bbox_2d": ' + BOX + "}")),
    ("ui-tars-1.5", pixels("Action: click(start_box='({x},{y})')")),
    ("ui-tars-1.5", pixels("Action: click(start_box='<|box_start|>({x},{y})<|box_end|>')")),
    ("ui-tars-1.5", pixels("Thought: It is there.\nAction: click(start_box='({x},{y})')")),
    ("ui-tars-1.5", pixels("click(start_box='[{left}, {top}, {right}, {bottom}]')")),
    ("ui-tars", thousandths("Action: click(point='<point>{x} {y}</point>')")),
    ("ui-tars", thousandths("Action: click(start_box='({x},{y})')")),
    ("ui-tars", thousandths(SEED_CALL)),
    ("qwen2.5-vl", pixels(TOOL_CALL)),
    ("holo1", pixels("Click({x}, {y})")),
    ("holo1.5", pixels('{"action":"click_absolute","x":{x},"y":{y}}')),
    ("holo1.5", pixels('{"action": "click_absolute", "x": {x}, "y": {y}}')),
    ("holo2", thousandths('{"x":{x},"y":{y}}')),
    ("holo2", thousandths('{\n  "x": {x},\n  "y": {y}\n}')),
    ("holo3", thousandths('{"x": {x}, "y": {y}}')),
    ("ui-venus-1.0", pixels("[{left},{top},{right},{bottom}]")),
    ("ui-venus-1.5", thousandths("[{x},{y}]")),
    ("ui-venus-2", thousandths("[{x},{y}]")),
    ("ui-venus-2", thousandths("[{x}, {y}]")),
    (
        "mai-ui",
        parts_of_999(
            '<grounding_think>It is not at {"coordinate": [1,2]}.</grounding_think>\n'
            '<answer>\n{"coordinate": [{x},{y}]}\n</answer>'
        ),
    ),
    ("gui-owl", pixels(TOOL_CALL)),
    ("gui-owl-1.5", thousandths(TOOL_CALL)),
    ("gta1", pixels("({x},{y})")),
    ("opencua", pixels("```python\npyautogui.click(x={x}, y={y})\n```")),
    ("opencua", pixels("## Action:\nClick the button.\n\n## Code:\n```python\npyautogui.click(x={x}, y={y})\n```")),
    ("fara-7b", pixels("The button is on the right.\n" + TOOL_CALL)),
    ("fara-1.5", thousandths("The button is on the right.\n" + TOOL_CALL)),
    (
        "ui-ins",
        pixels(
            "<think>\nIt is round.\n</think>\n<tool_call>\n"
            '{"name": "grounding", "arguments": {"action": "click", "coordinate": [{x}, {y}]}}\n</tool_call>'
        ),
    ),
    ("glm-v", thousandths("The place is <|begin_of_box|>[[{left},{top},{right},{bottom}]]<|end_of_box|>.")),
    ("glm-v", thousandths("<|begin_of_box|>[{left}, {top}, {right}, {bottom}]<|end_of_box|>")),
    ("glm-v", thousandths("left_click(start_box='[{x},{y}]', element_info='Save')")),
    ("internvl", thousandths("[[{left}, {top}, {right}, {bottom}]]")),
    ("internvl", thousandths("<ref>the button</ref><box>[[{left}, {top}, {right}, {bottom}]]</box>")),
    ("gemini", thousandths('```json\n[{"box_2d": [{top}, {left}, {bottom}, {right}], "label": "Save"}]\n```')),
    ("gemini", thousandths('{"box_2d": [{top}, {left}, {bottom}, {right}]}')),
    ("mistral", parts_of_999('[{"box_2d": ' + BOX + ', "label": "Save"}]')),
    ("kimi", fractions("## Action:\nClick it.\n\n## Code:\n```python\npyautogui.click(x={x}, y={y})\n```")),
    ("claude", pixels(BOX)),
    ("claude", pixels("The bounding box is " + BOX + ".")),
    ("gpt", pixels(BOX)),
]

NO_PLACE = [
    *("", " ", "```json\n```", "<tool_call>\n</tool_call>", "9" * 400),
    '<tool_call>\n{"name": "computer_use", "arguments": {"action": "wait", "time": 3}}\n</tool_call>',
    *r"""
no
yes, it is there
I see the Save button.
null
{}
[]
()
[[]]
[]()
(,)
[,,,]
[x1, y1, x2, y2]
[nan, nan, nan, nan]
(nan,nan)
[inf, 0, inf, 0]
[1]
(1)
[1, 2, 3]
(1,2,3)
[1, 2, 3, 4, 5]
[-5, 2, 7, 9]
(-5,2)
[-1,-1
Click(-5, 2)
[1e2, 5, 2e2, 9]
[10%, 20%, 30%, 40%]
[[10, 20], [30, 40
{"x": 10%, "y": 20%}
{"x": 12}
{"y": 12}
{"x": "left", "y": "top"}
{"x": -5, "y": 3}
{"x": null, "y": null}
{"x": 3; "y": 4}
["bbox_2d"]
{"bbox_2d": []}
{"bbox_2d": [1, 2, 3]}
{"box_2d": null}
{"coordinate": []}
{"coordinate": [5]}
{"coordinate": "here"}
{"action": "click", "start_coordinate": [12, 34}
click(start_box='')
click(start_box='(12)')
click(start_box='(x1,y1)')
Action: click(start_box='(12,
click(point='<point>7</point>')
<point>12 34
pyautogui.click()
pyautogui.click(x=12)
pyautogui.hotkey("ctrl", "s")
Thought: I click it.
Action: finished()
<think>It is at [1, 2, 3, 4]
<grounding_think>{"coordinate": [1,2]}
<think>{"x": 5, "y": 6} ({"coordinate": [7, 8]})
""".strip().splitlines(),
]
"""Not one of them is a place in any family's form."""

FIRST = dict(reversed(FORMS))
"""The first form of each family."""


def test_every_family_has_an_answer_here() -> None:
    assert set(FIRST) == set(all_families())


def point(family: Family, answer: str) -> Point:
    place = family.read(answer, SHOWN)
    found = place.center if isinstance(place, Box) else place
    assert isinstance(found, Point)
    return found


def near(found: Point, place: Point) -> bool:
    return max(abs(found.x - place.x), abs(found.y - place.y)) < HAIR


@pytest.mark.parametrize(("name", "form"), FORMS, ids=lambda value: value if isinstance(value, str) else "")
def test_an_answer_in_the_familys_own_form_leads_to_its_place_and_to_no_other(name: str, form: Form) -> None:
    family = family_named(name)
    for place in PLACES:
        found = point(family, form.said(place))
        assert [near(found, other) for other in PLACES] == [other == place for other in PLACES]


def test_a_place_in_a_thought_is_none() -> None:
    thought = "Is it [1, 2, 3, 4]? No.</think>"
    family, answer = family_named("qwen3"), FIRST["qwen3"].said(PLACES[0])
    assert family.read(thought + answer, SHOWN) == family.read(f"<think>{thought}{answer}", SHOWN)
    assert near(point(family, thought + answer), PLACES[0])


@pytest.mark.parametrize("name", all_families())
def test_whichever_corner_of_a_box_comes_first(name: str) -> None:
    found = [family_named(name).read(FIRST[name].said(PLACES[0], half=half), SHOWN) for half in (0.02, -0.02)]
    assert found[0] == found[1]


@pytest.mark.parametrize("name", all_families())
@pytest.mark.parametrize("text", NO_PLACE, ids=range(len(NO_PLACE)))
def test_a_malformed_answer_is_told_back(name: str, text: str) -> None:
    with pytest.raises(Retry):
        family_named(name).read(text, SHOWN)


@pytest.mark.parametrize(("name", "form"), FORMS, ids=lambda value: value if isinstance(value, str) else "")
def test_an_answer_that_was_cut_off_is_the_same_place_or_none(name: str, form: Form) -> None:
    family, whole = family_named(name), form.said(PLACES[0])
    meant = family.read(whole, SHOWN)
    for end in range(len(whole)):
        try:
            assert family.read(whole[:end], SHOWN) == meant
        except Retry:
            continue


@pytest.mark.parametrize("name", all_families())
def test_two_places_are_none(name: str) -> None:
    both = "\n".join(FIRST[name].said(place).replace("think>", "note>") for place in PLACES[:2])
    with pytest.raises(Retry, match="different places, not one"):
        family_named(name).read(both, SHOWN)


@pytest.mark.parametrize("name", all_families())
def test_what_lies_beyond_an_edge_is_nowhere(name: str) -> None:
    for beyond in (Point(x=1, y=0.5), Point(x=0.5, y=1)):
        form = FIRST[name]
        wider = Form(form.text, form.across * 1.1, form.down * 1.1, form.digits)
        with pytest.raises(Retry, match="outside"):
            family_named(name).read(wider.said(beyond), SHOWN)


@pytest.mark.parametrize("name", [name for name, form in FIRST.items() if form.across > 1])
def test_fractions_are_no_whole_numbers(name: str) -> None:
    with pytest.raises(Retry, match="fractions"):
        family_named(name).read(fractions(FIRST[name].text).said(PLACES[0]), SHOWN)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("ui-venus-1.5", "[-1,-1]"),
        ("ui-venus-2", "[-1, -1]"),
        ("ui-venus-2", "```json\n[-1,-1]\n```"),
        (
            "gui-owl-1.5",
            '<tool_call>\n{"name": "computer_use", "arguments": {"action": "terminate", "status": "failure"}}\n'
            "</tool_call>",
        ),
        ("ui-tars-1.5", "Action: not there"),
        ("mai-ui", "<grounding_think>I see no such thing.</grounding_think>\n<answer>not there</answer>"),
        ("kimi", "## Action:\nnot there"),
        ("qwen3", "I look for it.</think>\n\nnot there"),
    ],
)
def test_absence_is_told_in_the_familys_own_words(name: str, answer: str) -> None:
    assert family_named(name).read(answer, SHOWN) == "not there"


@pytest.mark.parametrize("name", [name for name, family in all_families().items() if family.refusal is None])
def test_a_refusal_that_the_family_was_not_trained_to_give_is_none(name: str) -> None:
    with pytest.raises(Retry):
        family_named(name).read("[-1,-1]", SHOWN)


@pytest.mark.parametrize("name", all_families())
@pytest.mark.parametrize("absent", [True, False])
def test_what_a_model_is_bound_to_write_is_read_back(name: str, absent: bool) -> None:
    family = family_named(name)
    for place in PLACES:
        said = family.example(Box.around(place, width=0.04, height=0.04), SHOWN)
        assert near(point(family, said), place)
        grammar = family.grammar(absent=absent)
        if isinstance(grammar, Regex):
            assert re.fullmatch(grammar.pattern, said)
            if absent:
                assert re.fullmatch(grammar.pattern, family.refusal or "not there")


@pytest.mark.slow
@pytest.mark.parametrize("name", all_families())
def test_ten_thousand_mutated_places_lie_on_the_screen_or_are_told_back(name: str) -> None:
    chance, family, text = random.Random(1), family_named(name), FIRST[name].said(PLACES[0])
    found = 0
    for _ in range(10_000):
        try:
            place = family.read(mutated(text, chance), SHOWN)
        except Retry:
            continue
        assert isinstance(place, Box | Point) or place == "not there"
        found += 1
    assert found > 100


@pytest.mark.parametrize(
    "family", [family for family in all_families().values() if family.bindable], ids=lambda family: family.name
)
def test_no_number_that_a_model_is_bound_to_write_lies_outside(family: Family) -> None:
    end = ENDS.get(family.coordinates.unit)
    number = re.compile(family.coordinates.pattern)
    inside = "1.0" if end == 1 else str(end or 1343)
    assert number.fullmatch(inside)
    assert end is None or not number.fullmatch("1.1" if end == 1 else str(end + 1))
