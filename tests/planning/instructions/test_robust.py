"""The reader of plain instructions under any text: it reads or refuses, soon, and brings back what was written."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screenagent import keys
from screenagent.actions import (
    Action,
    Ask,
    Click,
    Drag,
    HoldKeys,
    Move,
    PressKeys,
    Scroll,
    TypeText,
    Wait,
    WaitFor,
    describe,
)
from screenagent.planning import Unreadable, read_instructions


def actions(task: str) -> list[Action]:
    return [step.action for step in read_instructions(task).plan.steps[:-1]]


WORDS = st.sampled_from(
    (
        *(
            "click",
            "type",
            "press",
            "hold",
            "shift",
            "and",
            "then",
            "drag",
            "to",
            "to",
            "via",
            "wait",
            "until",
            "a",
            "3",
        ),
        *("scroll", "down", "into", "in", "the", "field", "Save", "it", "until", "check that", "select all", "Next"),
        *("times", "is", "shown", "with", "fill", "from", "menu", ">", "->", ",", ".", ";", "\n", "'", '"', "“", "”"),
        *("1.", "- ", "+", "\U000f0000", "", "   "),
    )
)


@pytest.mark.slow
@given(st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=60).map(" ".join)))
def test_any_text_is_read_or_refused(task: str) -> None:
    try:
        plan = read_instructions(task)
    except Unreadable:
        return
    assert str(plan.steps[-1]).startswith("finish")


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        "to ",
        "drag to ",
        "a, ",
        "type a, ",
        "and ",
        "'a ",
        '"',
        "\n",
        "  ",
        "in ",
        "with ",
        "click a until ",
        "> A",
        "1. ",
        "()",
    ],
)
@pytest.mark.parametrize("opening", ["", "type ", "drag ", "fill ", "wait until ", "click ", "check that "])
def test_no_text_takes_long(opening: str, unit: str) -> None:
    task = (opening + unit * 10_000)[:10_000]
    started = time.process_time()  # another program may have the cores
    with suppress(Unreadable):
        read_instructions(task)
    assert time.process_time() - started < 5


QUOTABLE = st.text(alphabet=st.characters(exclude_categories=["Cs", "Co"], exclude_characters='"\r'), min_size=1)


@pytest.mark.slow
@given(QUOTABLE)
def test_a_quoted_text_arrives_as_it_was_written(quoted: str) -> None:
    assert actions(f'click Name, type "{quoted}" and press enter') == [
        Click(target="Name"),
        TypeText(text=quoted),
        PressKeys(keys=("enter",)),
    ]


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ,.;'+&-]{0,20}[A-Za-z0-9]", fullmatch=True)
CHORDS = st.lists(
    st.sampled_from(["ctrl", "shift", "s", "f5", "enter", "page_down"]), min_size=1, max_size=3, unique=True
)
MODIFIERS = st.lists(st.sampled_from(keys.MODIFIERS), max_size=3, unique=True).map(tuple)
BUTTONS = st.sampled_from(["left", "middle", "right"])
SIMPLE: st.SearchStrategy[Action] = st.one_of(
    st.builds(Click, target=NAMES, button=BUTTONS, count=st.sampled_from([1, 2, 3]), modifiers=MODIFIERS),
    st.builds(Move, target=NAMES),
    st.builds(
        Drag,
        path=st.lists(NAMES, min_size=2, max_size=4).map(tuple),
        button=BUTTONS,
        modifiers=MODIFIERS,
        slowly=st.booleans(),
    ),
    st.builds(
        Scroll,
        direction=st.sampled_from(["up", "down", "left", "right"]),
        target=st.none() | NAMES,
        notches=st.integers(1, 100),
    ),
    st.builds(TypeText, text=NAMES),
    st.builds(PressKeys, keys=CHORDS.map(tuple), times=st.integers(1, 100)),
    st.builds(HoldKeys, keys=CHORDS.map(tuple), seconds=st.integers(1, 60)),
    st.builds(Wait, seconds=st.integers(1, 3600)),
    st.builds(WaitFor, words=NAMES, gone=st.booleans(), seconds=st.sampled_from([0, 10])),
    st.builds(Ask, question=NAMES.filter(lambda name: not name.endswith("."))),
)


@pytest.mark.slow
@given(SIMPLE)
def test_an_action_in_words_is_read_as_that_action(action: Action) -> None:
    assert actions(describe(action)) == [action]
