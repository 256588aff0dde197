"""Patterns of phrases are compiled for phrases that begin as they do, and for no other."""

from __future__ import annotations

import pytest

from screenagent.planning.instructions import commands, goals, wishes
from screenagent.planning.instructions.english import ENGLISH
from screenagent.planning.instructions.grammar import Pattern
from screenagent.planning.instructions.quotes import Quotes
from screenagent.planning.instructions.slots import SlotValue

FORMS = [form for part in (commands, goals, wishes) for form in part.FORMS]
SAID = SlotValue(Quotes("", ()), None)
PHRASES = [
    *ENGLISH.examples,
    *(f"{verb} the list" for verbs in ENGLISH.same_verb.values() for verb in verbs),
    *(said for wish in ENGLISH.wishes for said in wish.said),
]


def nothing() -> None:
    return None


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("scroll {way}", {"scroll"}),
        ("(into|in) {into}", {"into", "in"}),
        ("(mouse over|hover) {target}", {"mouse", "hover"}),
        ("paste[ it] here", {"paste"}),
        ("WRITE {text}", {"type", "enter", "write"}),
        ("words? {text}", None),
        ("[the ]mouse", None),
        ("( |-)click", None),
        ("fill[ed] in", None),
        ("{text} appears", None),
    ],
)
def test_the_first_words_of_a_pattern_are_known_only_if_it_lists_them(written: str, words: set[str] | None) -> None:
    assert Pattern(written, nothing).first_words == words


def test_a_pattern_is_compiled_for_no_phrase_that_begins_otherwise() -> None:
    form = Pattern("scroll {target}", nothing)
    assert form.read("click Seven", SAID) is None
    assert "pattern" not in vars(form)
    form.read("scroll", SAID)
    assert "pattern" in vars(form)


@pytest.mark.parametrize(
    "spelled", [str, str.upper, lambda phrase: phrase.replace(" ", "\t"), lambda phrase: "ſ" + phrase[1:]]
)
def test_no_phrase_that_fits_is_passed_over(spelled: object) -> None:
    assert callable(spelled)
    for phrase in map(spelled, PHRASES):
        assert [form.written for form in FORMS if form.pattern.fullmatch(phrase) and not form.may_read(phrase)] == []
