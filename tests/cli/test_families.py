"""`screenagent model families`: what is known of each family, as a table, in detail and as JSON."""

from __future__ import annotations

import json

import pytest

from screenagent.models.families import all_families, family_named
from tests.builders import in_process


def test_the_table_has_a_line_for_each_family_and_fits_the_terminal() -> None:
    done = in_process("model", "families", COLUMNS="80")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["name", "coordinates", "think", "switch", "answers"]
    assert [line.split()[0] for line in lines[1:] if not line.startswith(" ")] == list(all_families())
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    "line",
    [
        'holo2          thousandths  thinking          {"x": x, "y": y}',
        "phi4           fractions    <think> first     [x1, y1, x2, y2]",
        "ui-tars-1.5    pixels       -                 Action: click(start_box='(x,y)')",
        'gemini         thousandths  reasoning_effort  {"box_2d": [y1, x1, y2, x2]}',
        "               OSWorld-G: 60.6 (cua-lite)",
        "               not verified: Holo4 is assumed to use the prompt of Holo3",
    ],
)
def test_a_line_says_how_a_family_counts_is_told_to_think_and_answers(line: str) -> None:
    assert line in in_process("model", "families", COLUMNS="80").stdout.splitlines()


@pytest.mark.parametrize("name", all_families())
def test_one_family_is_shown_with_its_question_and_an_answer(name: str) -> None:
    done = in_process("model", "families", name)
    assert done.returncode == 0
    family = family_named(name)
    for said in (family.title, *family.names, *family.verified, *family.unverified, *family.notes):
        assert said in done.stdout
    assert "the red button" in done.stdout
    assert ("System prompt" in done.stdout) == (family.system is not None)


def test_the_answer_that_is_shown_is_the_place_that_it_is_shown_for() -> None:
    done = in_process("model", "families", "holo2")
    assert "Answer, where it is 80% across and 25% down a picture of 1344x672\n" in done.stdout
    assert '  {"x": 800, "y": 250}\n' in done.stdout


def test_the_name_of_a_model_leads_to_its_family() -> None:
    assert in_process("model", "families", "qwen2.5vl:7b").stdout.startswith("qwen2.5-vl: Qwen2.5-VL\n")


def test_the_name_of_no_family_is_wrong_usage_that_lists_those_that_there_are() -> None:
    done = in_process("model", "families", "holo9")
    assert done.returncode == 2
    assert "no model family is called 'holo9'" in done.stderr
    assert "ui-venus-2" in done.stderr


def test_each_family_is_a_json_object() -> None:
    rows = [json.loads(line) for line in in_process("model", "families", "--json").stdout.splitlines()]
    assert [row["name"] for row in rows] == list(all_families())
    [holo2] = [row for row in rows if row["name"] == "holo2"]
    assert holo2["think"] == {"by": "template", "variable": "thinking"}
    assert holo2["example"]["answer"] == '{"x": 800, "y": 250}'
    assert "the red button" in holo2["example"]["text"]
    [one] = in_process("model", "families", "holo2", "--json").stdout.splitlines()
    assert json.loads(one) == holo2
