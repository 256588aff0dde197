"""Faces that attach, leave, crash, hand over and answer, early and late, in random order: a question has one end."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Final

import pytest

from screenagent.actions import Click, Target
from screenagent.approval import ApprovalQuestion
from screenagent.control import Control
from screenagent.episode import Episode
from screenagent.events import Abort, Approve, Reject, Skip, Verdict
from screenagent.geometry import Location, Point
from screenagent.sessions.answers import Answer, LeaveOut, No, Nothing, StopRun, Yes, YesToAll
from screenagent.sessions.attachment import NotGranted
from screenagent.sessions.messages import About, QuestionClosed, QuestionTold
from screenagent.sessions.session import LOST_SECONDS, WANTED_SECONDS, Face, Session

INTERLEAVINGS: Final = 1000
QUESTIONS: Final = 2
ANSWER_SECONDS: Final = 0.002
HANG_SECONDS: Final = 10.0
PLACE: Final = Location(point=Point(x=0.5, y=0.5), confidence=0.9, by="text")
RISKY: Final = ApprovalQuestion(Click(target=Target(words="Delete")), (PLACE,), "it deletes", Episode())
SAYS: Final[dict[Answer, Verdict | None]] = {
    Yes(): Approve(),
    No(reason="not this"): Reject(reason="not this"),
    LeaveOut(): Skip(),
    StopRun(): Abort(),
    Nothing(): None,
}


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


class Play:
    """A session, its faces, and what each answer that was taken said."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.clock = Clock()
        self.control = Control()
        about = About(run="run", task="delete", pid=1)
        self.session = Session(about, self.control, seconds=ANSWER_SECONDS, now=self.clock)
        self.faces: list[Face] = []
        self.taken: dict[str, list[Answer]] = {}
        self.acts: tuple[Callable[[], object], ...] = (
            self.attach,
            self.attach,
            self.leave,
            self.crash,
            self.hand_over,
            self.take,
            self.refuse,
            self.release,
            self.answer,
            self.answer,
            self.answer_twice,
            self.answer_late,
            self.pass_time,
        )

    def act(self) -> None:
        """Do something that a face may do, which the session may refuse."""
        with suppress(NotGranted):
            self.random.choice(self.acts)()

    def face(self) -> Face:
        if not self.faces:
            self.attach()
        return self.random.choice(self.faces)

    def attach(self) -> None:
        how = self.random.random()
        self.faces.append(self.session.attach("face", self.broken, watches=how < 0.2, beats=how > 0.5))

    def broken(self) -> None:
        """News that a face cannot take."""
        raise RuntimeError

    def leave(self) -> None:
        face = self.face()
        self.faces.remove(face)
        face.detach()

    def crash(self) -> None:
        """Be heard of no more, and say nothing: others live on."""
        self.clock.at += LOST_SECONDS + 1
        for face in self.faces[1:]:
            face.beat()

    def pass_time(self) -> None:
        self.clock.at += self.random.choice((0.1, 1.0, WANTED_SECONDS))
        self.session.look()

    def hand_over(self) -> None:
        self.face().hand_over(self.face().id)

    def take(self) -> None:
        self.face().take(if_free=self.random.random() < 0.5)

    def refuse(self) -> None:
        self.face().refuse()

    def release(self) -> None:
        self.face().release()

    def answer(self) -> None:
        self.say(self.session.open_question)

    def answer_twice(self) -> None:
        question = self.session.open_question
        self.say(question)
        self.say(question)

    def answer_late(self) -> None:
        asked = [told.id for told in self.session.messages(0) if isinstance(told, QuestionTold)]
        self.say(self.random.choice(asked or ["none"]))

    def say(self, question: str) -> None:
        """Answer; what is taken without a refusal came from who held the yes, or was a stop."""
        face, answer = self.face(), self.random.choice(tuple(SAYS))
        holder = self.session.holder
        face.answer(question, answer)
        assert face.id == holder or isinstance(answer, StopRun)
        self.taken.setdefault(question, []).append(answer)


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def test_a_question_has_one_end_whatever_faces_do(threads: ThreadPoolExecutor) -> None:
    for seed in range(INTERLEAVINGS):
        play = Play(seed)
        verdicts = play_through(play, threads)
        told = play.session.messages(0)
        asked = [message.id for message in told if isinstance(message, QuestionTold)]
        closed = [message for message in told if isinstance(message, QuestionClosed)]
        assert [message.id for message in closed] == asked, f"seed {seed}"
        for question, end, verdict in zip(asked, closed, verdicts, strict=True):
            answers = play.taken.get(question, [])
            assert len(answers) == (end.how == "answered"), f"seed {seed}: {answers}, and it was {end.how}"
            assert verdict == (SAYS[answers[0]] if answers else None), f"seed {seed}"


def play_through(play: Play, threads: ThreadPoolExecutor) -> list[Verdict | None]:
    """Ask one question after the other, while faces do what they like; return the verdicts."""
    verdicts = []
    for _ in range(play.random.randrange(4)):
        play.act()
    for _ in range(QUESTIONS):
        asking = threads.submit(play.session.ask, RISKY)
        for _ in range(play.random.randrange(12)):
            play.act()
        verdicts.append(asking.result(HANG_SECONDS))
        play.act()
    return verdicts


def test_of_many_answers_at_once_one_counts(threads: ThreadPoolExecutor) -> None:
    session = Session(About(run="run", task="delete", pid=1), Control(), seconds=HANG_SECONDS)
    face = session.attach("face", lambda: None)
    with ThreadPoolExecutor(8) as hands:
        for _ in range(50):
            asking = threads.submit(session.ask, RISKY)
            while not (question := session.open_question):
                pass
            at_once = threading.Barrier(8)
            said = [hands.submit(answered_at, at_once, face, question, number) for number in range(8)]
            (taken,) = [answer for answer in map(Future.result, said) if answer is not None]
            assert asking.result(HANG_SECONDS) == Reject(reason=taken)


def answered_at(start: threading.Barrier, face: Face, question: str, number: int) -> str | None:
    """Answer together with the others; return the reason, if that was taken."""
    start.wait()
    try:
        face.answer(question, No(reason=f"{number}"))
    except NotGranted:
        return None
    return f"{number}"


def test_a_risky_question_takes_no_yes_to_all(threads: ThreadPoolExecutor) -> None:
    session = Session(About(run="run", task="delete", pid=1), Control(), seconds=HANG_SECONDS)
    face = session.attach("face", lambda: None)
    asking = threads.submit(session.ask, RISKY)
    while not session.open_question:
        pass
    with pytest.raises(NotGranted, match="risky"):
        face.answer(session.open_question, YesToAll())
    face.answer(session.open_question, No())
    assert asking.result(HANG_SECONDS) == Reject(reason="the user said no")
