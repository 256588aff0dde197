"""At a question about an unsure place, the terminal lists the guesses, and a number picks one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from screenagent.actions import Click
from screenagent.approval import ApprovalQuestion
from screenagent.cli.terminal import TerminalAnswers
from screenagent.control import Control
from screenagent.episode import Episode
from screenagent.events import (
    Approve,
    Decided,
    Decision,
    Grounded,
    Observed,
    Plan,
    PlannedStep,
    Reject,
    Started,
    Verdict,
)
from screenagent.fakes import plain_screen
from screenagent.geometry import Doubt, Guess, Location, Point

SAVE = Click(target="Save")
FIRST = Location(point=Point(x=0.1, y=0.2), confidence=0.62, by="text")
SECOND = Location(point=Point(x=0.5, y=0.2), confidence=0.31, by="text")
DOUBT = Doubt(
    why="the nearest is “Save as” (62%)",
    guesses=(Guess(words="“Save as”", location=FIRST), Guess(words="“Saved”", location=SECOND)),
)


def question() -> ApprovalQuestion:
    begun = (
        Started(task="click Save"),
        Observed(screenshot=plain_screen(0)),
        Decided(decision=Decision(plan=Plan(steps=(PlannedStep(action=SAVE),)))),
        Grounded(action=SAVE, locations=(FIRST,), doubt=DOUBT),
    )
    return ApprovalQuestion(SAVE, (FIRST,), DOUBT.why, Episode.of(begun))


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
        ("2", Approve(locations=(SECOND.model_copy(update={"confidence": 1.0, "by": "you"}),))),
        ("3", Reject(reason="there is no number 3")),
        ("y", Approve()),
        ("n", Reject(reason="the user said no")),
    ],
)
def test_a_number_picks_a_guess(keyboard: int, typed: str, verdict: Verdict) -> None:
    os.write(keyboard, f"{typed}\n".encode())
    assert TerminalAnswers(Control())(question()) == verdict


def test_the_guesses_are_listed_with_their_numbers(keyboard: int, capsys: pytest.CaptureFixture[str]) -> None:
    os.write(keyboard, b"n\n")
    TerminalAnswers(Control())(question())
    shown = capsys.readouterr().err
    assert "  its number, [y]es, [q]uit" in shown
    assert "1  “Save as” (62%)" in shown
    assert "2  “Saved” (31%)" in shown
