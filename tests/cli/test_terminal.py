"""What a person types at a question in the terminal."""

from __future__ import annotations

import os
import sys
import termios
import threading
import time
from collections.abc import Iterator

import pytest

from screenagent.actions import Ask, Click, WaitFor
from screenagent.approval import ApprovalQuestion
from screenagent.cli.terminal import Progress, TerminalAnswers
from screenagent.control import Control, KeyAnswer, Stopped
from screenagent.episode import Episode
from screenagent.events import (
    Abort,
    Acted,
    AnswerAsk,
    Approve,
    Checked,
    Decided,
    Decision,
    Effect,
    Observed,
    Plan,
    PlannedStep,
    Reject,
    Retried,
    Started,
    Verdict,
)
from screenagent.fakes import plain_screen
from tests.builders import becomes

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
        ("all\na", Approve()),
        ("a\ny", Approve()),
        ("a\nn", Reject(reason="the user said no")),
        ("a\nall of it is wrong", Reject(reason="all of it is wrong")),
        ("\x1b", Abort()),
        ("q", Abort()),
        ("n", Reject(reason="the user said no")),
        ("no not this one", Reject(reason="not this one")),
        ("not this one", Reject(reason="not this one")),
        ("", Reject(reason="the user said no")),
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
    os.write(keyboard, b"a\ny\n")
    assert answers(SAVE) == Approve()
    os.write(keyboard, b"a\na\n")
    assert answers(SAVE) == Approve()
    assert answers(SAVE) == Approve()
    os.write(keyboard, b"n\n")
    assert answers(RISKY) == Reject(reason="the user said no")


def test_a_risk_is_never_approved_with_all_of_its_kind(keyboard: int, capsys: pytest.CaptureFixture[str]) -> None:
    os.write(keyboard, b"a\na\n")
    assert TerminalAnswers(Control())(RISKY) == Reject(reason="a")
    assert "[a]ll" not in capsys.readouterr().err


def test_no_answer_in_time_is_a_no(keyboard: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert TerminalAnswers(Control(), seconds=0.01)(SAVE) is None
    assert "no answer within 0.01 s" in capsys.readouterr().err


def test_a_stop_ends_the_question(keyboard: int) -> None:
    control = Control()
    answers = TerminalAnswers(control)
    control.stop()
    with pytest.raises(Stopped):
        answers(SAVE)


@pytest.mark.parametrize(
    ("said", "seconds", "verdict"),
    [
        ("no", 0, Reject(reason="the user said no")),
        pytest.param("yes", 0.6, Approve(), marks=pytest.mark.slow),
        ("yes", 0, None),
    ],
)
def test_the_answer_keys_answer_from_anywhere_and_say_no_at_once(
    keyboard: int, said: KeyAnswer, seconds: float, verdict: Verdict | None, capsys: pytest.CaptureFixture[str]
) -> None:
    control = Control()

    def press() -> None:
        assert becomes(lambda: control.expects_a_hand)
        time.sleep(seconds)
        control.answer_by_key(said)

    hands = threading.Thread(target=press)
    hands.start()
    assert TerminalAnswers(control, seconds=seconds + 0.2, answer_keys="ctrl+alt+y yes")(SAVE) == verdict
    hands.join()
    assert "anywhere: ctrl+alt+y yes" in capsys.readouterr().err


class Typist:
    """A person at a terminal, whose hands go on in a thread of their own once the question stands."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ours, theirs = os.openpty()
        self.stdin = open(theirs, encoding="utf-8")  # noqa: SIM115 - closed with the fixture
        monkeypatch.setattr(sys, "stdin", self.stdin)

    def close(self) -> None:
        self.stdin.close()
        os.close(self.ours)

    def answers(self, question: ApprovalQuestion, *typed: tuple[float, bytes]) -> Verdict | None:
        """Type each part so many seconds after the one before, from when keys are heard one by one."""
        hands = threading.Thread(target=self._type, args=(typed,))
        hands.start()
        try:
            return TerminalAnswers(Control(), seconds=20)(question)
        finally:
            hands.join()

    def _type(self, typed: tuple[tuple[float, bytes], ...]) -> None:
        assert becomes(lambda: not termios.tcgetattr(self.stdin)[3] & termios.ICANON)
        for seconds, keys in typed:
            time.sleep(seconds)
            os.write(self.ours, keys)


@pytest.fixture
def typist(monkeypatch: pytest.MonkeyPatch) -> Iterator[Typist]:
    typist = Typist(monkeypatch)
    yield typist
    typist.close()


@pytest.mark.slow
def test_keys_of_the_quiet_time_are_no_answer_and_begin_it_anew(typist: Typist) -> None:
    os.write(typist.ours, b"y\n")  # before the question
    early = [(0.3, b"y\n")] * 3
    assert typist.answers(SAVE, *early, (0.8, b"not yet\n")) == Reject(reason="not yet")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "verdict"),
    [
        ([(0.1, b"n"), (0.2, b"ya a\n")], Reject(reason="ya a")),
        ([(0.1, b"nwait, not that\n")], Reject(reason="wait, not that")),
        ([(0.1, b"n"), (0.1, b"\n")], Reject(reason="the user said no")),
        ([(0.1, b"\x1b")], Abort()),
        ([(0.1, b"\x1b[A"), (0.8, b"y\n")], Approve()),
        ([(0.8, b"y\n")], Approve()),
    ],
    ids=["no", "no and why", "just no", "stop", "an arrow", "yes in time"],
)
def test_a_no_and_a_stop_count_within_the_quiet_time(
    typist: Typist, typed: list[tuple[float, bytes]], verdict: Verdict
) -> None:
    assert typist.answers(SAVE, *typed) == verdict
    assert termios.tcgetattr(typist.stdin)[3] & termios.ICANON


@pytest.mark.slow
def test_the_answer_to_a_question_in_words_begins_after_the_quiet_time(typist: Typist) -> None:
    assert typist.answers(WHICH, (0.1, b"no"), (0.8, b"mine\n")) == AnswerAsk(text="mine")


def test_what_a_step_failed_by_is_printed_once_and_then_what_is_done_about_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    why = "“Cleo” is not on the screen"
    wait = PlannedStep(action=WaitFor(words="Cleo"))
    look = plain_screen(0)
    progress = Progress()
    for event in (
        Started(task="wait"),
        Observed(screenshot=look),
        Decided(decision=Decision(plan=Plan(steps=(wait,)))),
        Acted(action=wait.action),
        Observed(screenshot=look),
        Checked(effect=Effect(outcome="unmet", evidence=why)),
        Retried(recovery="think", why=why),
        Retried(recovery="wait", why="the dialog may be opening"),
    ):
        progress(event)
    said = capsys.readouterr().err
    assert said.count(why) == 1
    assert "     telling the planner\n" in said
    assert "     the dialog may be opening; waiting a little longer\n" in said
