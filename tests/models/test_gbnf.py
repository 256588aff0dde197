"""Grammars in GBNF: what they take and what they print, by an engine that reads them, and what they refuse to say."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screenagent.actions import Click, PressKeys, TypeText
from screenagent.models import parsing
from screenagent.models.gbnf import gbnf
from screenagent.models.gbnf_pattern import LONGEST_RUN
from screenagent.models.plan_schema import strict
from screenagent.models.vision import AnswerGrammar, JsonSchema, Numbers, Regex
from screenagent.planning.model_planner import PLAN_GRAMMAR
from tests.models.grammar_engine import GrammarEngine

assert isinstance(PLAN_GRAMMAR, JsonSchema)
BOX = r'\{"bbox_2d": \[[0-9]{1,4}, [0-9]{1,4}, [0-9]{1,4}, [0-9]{1,4}\]\}'
PATTERNS = (
    *("yes|no", f"{Numbers(count=4).pattern}|not there", f"{BOX}|not there", "QX-[0-9]{4}"),
    r"Action: click\(start_box='\([0-9]{1,4},[0-9]{1,4}\)'\)|not there",
    r"click\(point='<point>\d{1,4} \d{1,4}</point>'\)",
    *(r"a?b*c+", r"(?:ab|c(d|)){2,3}", r"x{0,}y{2,}", r"\\\"\n\t\[\]\{\}\(\)\.\*\+\?\^\$\|", "é|漢|😀"),
    *(r"[a-c_\]\\-]{1,3}", r"[^a-z\n\-\]]{2}", r"[]^\-\"]", "[-+]?[0-9]", "(|a)b"),
)


def engine(grammar: AnswerGrammar, *, bounded: bool = True) -> GrammarEngine:
    return GrammarEngine(gbnf(grammar, bounded=bounded))


def json_engine(schema: dict[str, Any]) -> GrammarEngine:
    return engine(JsonSchema(definition=schema))


def plan(*actions: dict[str, Any], ascii_only: bool = False) -> str:
    return json.dumps({"steps": [{"action": action} for action in actions]}, ensure_ascii=ascii_only)


def typed(text: str) -> dict[str, Any]:
    return {"kind": "type_text", "text": text}


def click(target: str, **rest: Any) -> dict[str, Any]:
    return {"kind": "click", "target": target, **rest}


class TestPatterns:
    @pytest.mark.parametrize("pattern", PATTERNS)
    def test_what_a_grammar_prints_fits_its_pattern(self, pattern: str) -> None:
        printing = engine(Regex(pattern=pattern))
        chance = random.Random(0)
        for _ in range(20):
            assert re.fullmatch(pattern, printing.sample(chance))

    @pytest.mark.parametrize("pattern", PATTERNS)
    def test_what_fits_a_pattern_is_taken_by_its_grammar(self, pattern: str) -> None:
        taking = engine(Regex(pattern=pattern))

        @settings(max_examples=20, derandomize=True, database=None, deadline=None)
        @given(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True))
        def all_are_taken(text: str) -> None:
            assert taking.accepts(text)

        all_are_taken()

    @pytest.mark.parametrize("pattern", PATTERNS)
    def test_what_nearly_fits_is_taken_only_if_it_fits(self, pattern: str) -> None:
        taking = engine(Regex(pattern=pattern))
        chance = random.Random(1)
        for _ in range(20):
            text = taking.sample(chance)
            at = chance.randrange(len(text) + 1)
            nearly = text[:at] + chance.choice(["", "0", "-", "^", "]", "x", '"']) + text[at + 1 :]
            assert taking.accepts(nearly) is (re.fullmatch(pattern, nearly) is not None)

    @pytest.mark.parametrize(
        ("pattern", "what"),
        [
            *((r"\w+", r"\\w"), (r"a.b", r"a bare \."), (r"^a", r"a bare \^"), ("a$", r"a bare \$"), (r"\bx", r"\\b")),
            *((r"(?=a)b", r"\(\?="), ("(?P<n>a)", r"\(\?P"), (r"(a)\1", r"\\1"), ("a+?", r"\+\?"), ("a{2}{3}", r"\{")),
            *(
                ("*a", r"a bare \*"),
                ("a{,3}", "bare"),
                ("(a", "without its"),
                ("a)", "without its"),
                ("[a", "without its"),
            ),
            *(("a\\", "at the end"), ("[z-a]", "range"), ("a{301}", "301"), ("a{3,2}", "3,2"), (r"[\w]", r"\\w")),
        ],
    )
    def test_what_gbnf_cannot_say_is_named(self, pattern: str, what: str) -> None:
        with pytest.raises(ValueError, match=what):
            gbnf(Regex(pattern=pattern), bounded=True)

    def test_a_run_that_llama_cpp_would_refuse_has_no_upper_bound(self) -> None:
        assert gbnf(Regex(pattern="[a-z]{2,900}"), bounded=True) == "root ::= [a-z]{2,}"


class TestNumbers:
    def test_numbers_are_fractions(self) -> None:
        numbers = engine(Numbers(count=2, decimals=(1, 3)))
        assert numbers.accepts("[0.25, 1.0]")
        assert numbers.accepts("[0.125, 0.0]")
        for wrong in ("[0.25]", "[1.5, 0.5]", "[0.25,0.5]", "[0.1234, 0.5]", "[0, 1]", " [0.25, 0.5]"):
            assert not numbers.accepts(wrong)


class TestPlans:
    @pytest.mark.slow
    @pytest.mark.parametrize("bounded", [True, False])
    def test_every_plan_that_the_grammar_prints_is_a_plan(self, bounded: bool) -> None:
        printing = engine(PLAN_GRAMMAR, bounded=bounded)
        chance = random.Random(0)
        plans = [parsing.parse_plan(printing.sample(chance)) for _ in range(200)]
        kinds = {step.action.kind for found in plans for step in found.steps}
        assert len(kinds) >= 10, "too few to have tried every kind of action"

    @pytest.mark.parametrize("bounded", [True, False])
    @pytest.mark.parametrize("ascii_only", [True, False])
    @pytest.mark.parametrize(
        "text", ['say "hi"\n', "C:\\temp\\x", "a\tb\r\n", "é 漢 😀", "\x00\x1f\x7f", "</think>", " ", "/"]
    )
    def test_any_text_can_be_typed(self, text: str, ascii_only: bool, bounded: bool) -> None:
        answer = plan(typed(text), ascii_only=ascii_only or "\x7f" in text).replace("\x7f", r"\u007f")
        assert engine(PLAN_GRAMMAR, bounded=bounded).accepts(answer)
        assert parsing.parse_plan(answer).steps[0].action == TypeText(text=text)

    def test_every_escape_of_json_may_be_printed(self) -> None:
        answer = r'{"steps": [{"action": {"kind": "type_text", "text": "\"\\\/\b\f\n\r\tÉ\u00E9\ud83D\uDE00"}}]}'
        assert engine(PLAN_GRAMMAR).accepts(answer)
        [step] = parsing.parse_plan(answer).steps
        assert step.action == TypeText(text='"\\/\b\f\n\r\tÉé😀')

    @pytest.mark.parametrize(
        "wrong",
        [
            plan(typed("TEXT")).replace("TEXT", "a\nb"),
            plan(typed("TEXT")).replace("TEXT", "a\tb"),
            plan(typed("TEXT")).replace("TEXT", r"\ud83d"),
            plan(typed("TEXT")).replace("TEXT", r"\ude00"),
            plan(typed("TEXT")).replace("TEXT", r"\x41"),
            plan(typed("")),
            plan(click("  ")),
            plan(click("\n")),
            plan(click("OK", count=4)),
            plan(click("OK", count=2, button="left")).replace('"button"', '"colour"'),
            plan({"kind": "wait", "seconds": 0}),
            plan({"kind": "wait", "seconds": 3600.5}),
            plan({"kind": "press_keys", "keys": []}),
            plan({"kind": "press_keys", "keys": ["cntrl"]}),
            plan({"kind": "verify", "that": {"kind": "holds"}}),
            plan(*[typed("x")] * 13),
            plan(),
            plan(typed("x")).replace(": ", ":   "),
            plan(typed("x")) + "\n",
            json.dumps(json.loads(plan(typed("x"))), indent=1),
        ],
    )
    def test_what_is_no_plan_cannot_be_printed(self, wrong: str) -> None:
        assert not engine(PLAN_GRAMMAR).accepts(wrong)

    def test_optional_properties_may_be_printed_or_left_out(self) -> None:
        plans = engine(PLAN_GRAMMAR)
        assert plans.accepts(plan(click('the "OK" button')))
        answer = plan({**click("OK"), "count": 2, "modifiers": ["ctrl"]}, {"kind": "press_keys", "keys": ["ctrl", '"']})
        assert plans.accepts(answer)
        assert [step.action for step in parsing.parse_plan(answer).steps] == [
            Click(target="OK", count=2, modifiers=("ctrl",)),
            PressKeys(keys=("ctrl", '"')),
        ]

    def test_a_strict_plan_says_null_for_what_it_leaves_out(self) -> None:
        assert isinstance(PLAN_GRAMMAR, JsonSchema)
        strict_plans = json_engine(strict(PLAN_GRAMMAR.definition))
        action = click("OK", button=None, count=None, modifiers=None)
        answer = json.dumps({"steps": [{"action": action, "expectation": None}]})
        assert strict_plans.accepts(answer)
        assert not strict_plans.accepts(plan(click("OK")))
        assert parsing.parse_plan(answer) == parsing.parse_plan(plan(click("OK")))

    def test_a_string_is_bounded_only_where_that_is_cheap(self) -> None:
        long = plan(click("x" * 161))
        assert not engine(PLAN_GRAMMAR, bounded=True).accepts(long)
        assert engine(PLAN_GRAMMAR, bounded=False).accepts(long)
        assert "json-char{" not in gbnf(PLAN_GRAMMAR, bounded=False)

    def test_what_a_string_repeats_names_no_other_rule(self) -> None:
        """With such a rule xgrammar is a thousand times slower."""
        rules = dict(rule.split(" ::= ") for rule in gbnf(PLAN_GRAMMAR, bounded=False).splitlines())
        repeated = {name for rule in rules.values() for name in re.findall(r"([a-z][a-z0-9-]*)[*+]", rule)}
        assert repeated == {"json-char"}
        assert not [name for name in rules if name in rules["json-char"]]

    def test_no_repetition_is_longer_than_llama_cpp_takes(self) -> None:
        runs = re.findall(r"\{\d+,(\d+)\}", gbnf(PLAN_GRAMMAR, bounded=True))
        assert max(map(int, runs)) <= LONGEST_RUN
        assert engine(PLAN_GRAMMAR).accepts(plan(typed("x" * 2000)))


class TestSchemas:
    @pytest.mark.parametrize(
        ("bounds", "inside", "outside"),
        [
            ({"minimum": 0, "maximum": 1000}, (0, 9, 10, 999, 1000), (-1, 1001, 2000)),
            ({"exclusiveMinimum": 0, "maximum": 100}, (1, 99, 100), (0, 101)),
            ({"minimum": 17, "maximum": 2305}, (17, 20, 99, 100, 1999, 2299, 2305), (16, 2306, 2310, 3000, 7)),
            ({"minimum": 5, "maximum": 5}, (5,), (4, 6)),
            ({}, (-3, 0, 123456), (1234567,)),
        ],
    )
    def test_whole_numbers_keep_to_their_bounds(
        self, bounds: dict[str, int], inside: tuple[int, ...], outside: tuple[int, ...]
    ) -> None:
        numbers = json_engine({"type": "integer", **bounds})
        assert [number for number in (*inside, *outside) if numbers.accepts(str(number))] == list(inside)
        assert not numbers.accepts("007")

    @pytest.mark.slow
    def test_every_whole_number_between_two_is_in_the_grammar(self) -> None:
        chance = random.Random(0)
        for _ in range(8):
            low, high = sorted(chance.choices(range(1300), k=2))
            numbers = json_engine({"type": "array", "items": {"type": "integer", "minimum": low, "maximum": high}})
            assert [n for n in range(low - 20, high + 20) if numbers.accepts(f"[{n}]")] == [*range(low, high + 1)]

    def test_numbers_may_have_decimals(self) -> None:
        numbers = json_engine({"type": "number", "exclusiveMinimum": 0, "maximum": 60})
        assert all(numbers.accepts(text) for text in ("0.5", "0.25", "1", "1.5", "59.99", "60"))
        assert not any(numbers.accepts(text) for text in ("0", "0.0", "0.05", "60.5", "61", "-1", "1e3"))

    def test_any_of_the_optional_properties_may_come_first(self) -> None:
        flags = {name: {"type": "boolean"} for name in "abc"}
        schema = {"type": "object", "properties": flags, "additionalProperties": False}
        objects = json_engine(schema)
        for answer in ("{}", '{"a": true}', '{"b": false, "c": true}', '{"a": true, "c": true}', '{"c": true}'):
            assert objects.accepts(answer)
        for wrong in ('{"a": true, }', '{, "b": true}', '{"b": true, "a": true}', '{"a": true"b": true}'):
            assert not objects.accepts(wrong)

    def test_a_definition_may_refer_to_itself(self) -> None:
        tree = {"type": "array", "items": {"$ref": "#/$defs/Tree_Node"}, "maxItems": 2}
        trees = json_engine({"$ref": "#/$defs/Tree_Node", "$defs": {"Tree_Node": tree}})
        assert trees.accepts("[[], [[]]]")
        assert not trees.accepts("[[], [], []]")

    def test_names_of_definitions_do_not_mix_with_each_other(self) -> None:
        twice = {"FooBar": {"const": "a"}, "foo_bar": {"const": "b"}}
        choices = [{"$ref": f"#/$defs/{name}"} for name in twice]
        answers = json_engine({"anyOf": choices, "$defs": twice})
        assert answers.accepts('"a"')
        assert answers.accepts('"b"')

    @pytest.mark.parametrize(
        ("schema", "what"),
        [
            ({"type": "string", "format": "date"}, "format"),
            ({"type": "string", "pattern": "a+"}, r"pattern 'a\+'"),
            ({"type": "string", "minLength": 500}, "500"),
            ({"type": "integer", "multipleOf": 5}, "multipleOf"),
            ({"type": "integer", "minimum": -5, "maximum": 5}, "bounds"),
            ({"type": "integer", "maximum": 5}, "bounds"),
            ({"type": "number", "minimum": 0.5, "maximum": 5}, "bounds"),
            ({"type": "integer", "minimum": 9, "maximum": 5}, "bounds"),
            ({"type": "array"}, "items"),
            ({"type": "array", "items": {"type": "null"}, "maxItems": 999}, "300"),
            ({"type": "object", "properties": {"a": {"type": "null"}}}, "any properties"),
            ({"type": "object", "properties": {}, "additionalProperties": False}, "any properties"),
            ({"type": ["string", "null"]}, "schema"),
            ({"allOf": [{"type": "null"}]}, "allOf"),
            ({"$ref": "#/$defs/Gone"}, "no definition"),
            ({}, "schema"),
        ],
    )
    def test_a_schema_without_a_rule_is_named(self, schema: dict[str, Any], what: str) -> None:
        with pytest.raises(ValueError, match=what):
            gbnf(JsonSchema(definition=schema), bounded=True)
