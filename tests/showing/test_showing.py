"""What an attacker writes does nothing on any face but stand there."""

from __future__ import annotations

import json
import re
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings

from screenagent.showing import abridged, visible, visible_json, visible_lines
from tests.paths import ROOT
from tests.showing.faces import FACES, console_question, plain_question
from tests.showing.hostile import EVERYTHING, hostile_texts, raw_codes

WRITES: Final = re.compile(r"click\.(echo|secho|style|confirm|progressbar)\(|(?<![\w.])print\(|std(out|err)\.write\(")
MAY_WRITE: Final = re.compile(
    r"^showing\.py|cli/(output|bench\w*|family_table)\.py|bench/|desktop/testing/|desktop/(lent_selection|desk_holder)\.py"
    r"|warm/process\.py"
)
"""The one way to the terminal, what shows only the project's own words, and child processes that speak to us alone."""

HEAVY: Final = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


def test_every_code_without_a_look_of_its_own_is_made_visible() -> None:
    for code in range(0x110000):
        character = chr(code)
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            assert visible(character) not in ("", character), hex(code)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Grüße, 世界 – naïve 👍🏽", "Grüße, 世界 – naïve 👍🏽"),
        ("a\nb\tc", "a⏎b␉c"),
        ("x\x1b[2K\r?", "x␛[2K␍?"),
        ("a\u202eb\u2028c\x9bd\x7f", "a‹U+202E›b‹U+2028›c‹U+009B›d␡"),
        ("\udc80\U000e0041", "‹U+DC80›‹U+E0041›"),
    ],
)
def test_codes_are_shown_and_letters_stay_letters(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_text_of_several_lines_keeps_its_lines() -> None:
    assert visible_lines("a\r\n\tb\x07") == "a␍\n\tb␇"


def test_what_is_long_keeps_its_ends_and_says_how_much_is_left_out() -> None:
    assert abridged("a" * 300 + "z", 100) == "a" * 50 + " ‹201 more› " + "a" * 49 + "z"
    assert abridged("Letter" + " " * 60 + "yes") == "Letter ‹60 blanks› yes"


@given(hostile_texts)
def test_json_means_the_same_when_its_codes_are_escaped(text: str) -> None:
    written = visible_json(json.dumps({"a": text}, ensure_ascii=False).encode() + b"\n")
    assert json.loads(written) == {"a": text}
    assert raw_codes(written.decode()) == []


@pytest.mark.parametrize("face", FACES)
def test_no_code_of_an_attacker_reaches_a_face(face: str, tmp_path: Path) -> None:
    shown = FACES[face](EVERYTHING, tmp_path)
    assert shown.strip()
    assert raw_codes(shown) == []


@pytest.mark.parametrize("face", [face for face in FACES if not face.startswith("console")])
@settings(max_examples=12, deadline=None, suppress_health_check=HEAVY)
@given(text=hostile_texts)
def test_no_text_of_an_attacker_reaches_a_face_as_it_is(face: str, text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert raw_codes(FACES[face](text, Path(folder))) == []


@pytest.mark.parametrize("text", ["A" * 100_000, "b\n" * 5_000, " " * 9_000 + "x", EVERYTHING * 30])
def test_however_long_its_words_are_the_question_stays_in_view(text: str, tmp_path: Path) -> None:
    shown = plain_question(text, tmp_path)
    assert len(shown) < 24 * 80
    assert shown.count("? click “Destroy") == 1
    console = console_question(text, tmp_path)
    assert "click “Destroy" in console
    assert "careful" in console


def test_all_that_a_command_says_goes_one_way_to_the_terminal() -> None:
    package = ROOT / "screenagent"
    files = [file for file in package.rglob("*.py") if not MAY_WRITE.search(str(file.relative_to(package)))]
    assert [f"{file}:{line}" for file in files for line in _writing_lines(file)] == []


def _writing_lines(file: Path) -> Iterator[int]:
    for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
        if WRITES.search(line):
            yield number
