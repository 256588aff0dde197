"""A pattern that is compiled when it is first used answers as a compiled one."""

from __future__ import annotations

import re

import pytest

from screenagent.planning.instructions.late_pattern import late_pattern


def test_it_is_compiled_once_and_not_before_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    compile_now = re.compile

    def counting(pattern: str, flags: int = 0) -> re.Pattern[str]:
        compiled.append(pattern)
        return compile_now(pattern, flags)

    monkeypatch.setattr(re, "compile", counting)
    word = late_pattern(r"(?P<first>\w)\w*", re.I)
    assert compiled == []
    assert word.sub("x", "one two") == "x x"
    match = word.fullmatch("One")
    assert match is not None
    assert (match["first"], word.pattern, bool(word.flags & re.I)) == ("O", r"(?P<first>\w)\w*", True)
    assert compiled == [r"(?P<first>\w)\w*"]
