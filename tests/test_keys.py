"""Key names as people write them."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screenagent import keys


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ctrl+s", ("ctrl", "s")),
        ("Ctrl + Shift + T", ("ctrl", "shift", "t")),
        ("Enter", ("enter",)),
        ("Return", ("enter",)),
        ("Esc", ("escape",)),
        ("Page Down", ("page_down",)),
        ("pgdn", ("page_down",)),
        ("the".replace("the", "F5"), ("f5",)),
        ("Up arrow", ("up",)),
        ("ctrl++", ("ctrl", "+")),
        ("ctrl+plus", ("ctrl", "+")),
        ("command+c", ("super", "c")),
        ("é", ("é",)),
    ],
)
def test_a_chord_is_read_as_it_is_written(written: str, meant: tuple[str, ...]) -> None:
    assert keys.chord(written) == meant


@pytest.mark.parametrize("wrong", ["foo", "🙂🙂", "", "x" * 5000])
def test_a_key_that_is_like_no_other_is_refused_without_a_guess(wrong: str) -> None:
    with pytest.raises(ValueError, match="keys are called enter, tab"):
        keys.key(wrong)


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [("cntrl", "ctrl"), ("entr", "enter"), ("pagdown", "page_down"), ("F99", "f9"), ("shft", "shift")],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(wrong: str, nearest: str) -> None:
    with pytest.raises(ValueError, match=f"unknown key '{wrong}'; did you mean '{nearest}'"):
        keys.key(wrong)


@given(st.text(max_size=30))
def test_any_text_is_a_chord_or_a_sentence_about_keys(text: str) -> None:
    with suppress(ValueError):
        chord = keys.chord(text)
        assert chord
        assert all(keys.key(name) == name for name in chord)


@pytest.mark.parametrize("text", ["ctrl+shift+escape", "F12", "pause", "ctrl+alt+k", "super+enter"])
def test_the_agent_can_be_stopped_by_keys_that_it_never_needs(text: str) -> None:
    assert keys.user_chord(text) == keys.chord(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("k", "is pressed when text is typed"),
        ("shift+k", "is pressed when text is typed"),
        ("enter", "is pressed when text is typed"),
        ("ctrl+shift", "not one key with modifiers"),
        ("a+b", "not one key with modifiers"),
        ("ctrl+v", "pastes text"),
        ("shift+insert", "pastes text"),
        ("ctrl+cntrl", "did you mean 'ctrl'"),
    ],
)
def test_keys_that_it_needs_are_refused_as_stop_keys(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        keys.user_chord(text)
