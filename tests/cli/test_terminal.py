"""What a person types at a question in the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from screenagent.actions import Ask, Click
from screenagent.approval import ApprovalQuestion
from screenagent.cli.terminal import TerminalAnswers
from screenagent.control import Control, Stopped
from screenagent.episode import Episode
from screenagent.events import Abort, AnswerAsk, Approve, Reject, Verdict

SAVE = ApprovalQuestion(Click(target="Save"), (), None, Episode())
RISKY = ApprovalQuestion(Click(target="Delete"), (), "it deletes a file", Episode())
WHICH = ApprovalQuestion(Ask(question="Which account?"), (), None, Episode())


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The descriptor that the person types into."""
    ours, theirs = os.pipe()
    with open(ours, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield theirs
        os.close(theirs)


@pytest.mark.parametrize(
    ("typed", "verdict"),
    [
        ("y", Approve()),
        ("all", Approve()),
        ("q", Abort()),
        ("n", Reject(reason="the user said no")),
        ("no not this one", Reject(reason="not this one")),
        ("not this one", Reject(reason="not this one")),
        ("", None),
    ],
)
def test_a_line_is_a_verdict(keyboard: int, typed: str, verdict: Verdict | None) -> None:
    os.write(keyboard, f"{typed}\n".encode())
    assert TerminalAnswers(Control())(SAVE) == verdict


def test_a_question_of_the_agent_takes_the_whole_line(keyboard: int) -> None:
    os.write(keyboard, b"y\n")
    assert TerminalAnswers(Control())(WHICH) == AnswerAsk(text="y")


def test_all_of_a_kind_are_asked_about_once_and_risky_ones_each_time(keyboard: int) -> None:
    answers = TerminalAnswers(Control())
    os.write(keyboard, b"a\n")
    assert answers(SAVE) == Approve()
    assert answers(SAVE) == Approve()
    os.write(keyboard, b"n\n")
    assert answers(RISKY) == Reject(reason="the user said no")


def test_no_answer_in_time_is_a_no(keyboard: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert TerminalAnswers(Control(), seconds=0.01)(SAVE) is None
    assert "no answer within 0.01 s" in capsys.readouterr().err


def test_a_stop_ends_the_question(keyboard: int) -> None:
    control = Control()
    answers = TerminalAnswers(control)
    control.stop()
    with pytest.raises(Stopped):
        answers(SAVE)
