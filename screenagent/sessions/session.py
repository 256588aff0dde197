"""A run under way, for the faces that are attached to it: what happens in it, what is asked, and who may answer.

The agent's thread tells it the events and asks it the questions; faces read and answer in threads of their own. One
lock protects all of it. What a signal handler may call, which is `Control.stop`, takes no lock: it only puts something
into the queue that an answer is waited for at.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from PIL import Image

from screenagent.approval import ApprovalQuestion
from screenagent.approval.answers import Answers, AnswerTime
from screenagent.control import Control, KeyAnswer
from screenagent.events import Abort, Approve, Event, Observed, Verdict
from screenagent.runs.store import with_picture
from screenagent.runs.wording import question_words
from screenagent.screenshot import Screenshot
from screenagent.sessions.answers import Answer, HandBack, No, StopRun, UnfitAnswer, Yes, YesToAll, verdict_on
from screenagent.sessions.attachment import News, NotGranted
from screenagent.sessions.messages import (
    About,
    ClosedHow,
    EventTold,
    HolderTold,
    KeyTold,
    Message,
    OverTold,
    QuestionClosed,
    QuestionTold,
    Steering,
    SteeringTold,
    WantedTold,
)
from screenagent.sessions.question import OpenQuestion

PICTURES: Final = 4
"""So many of the last pictures are in memory."""
LOST_SECONDS: Final = 5.0
"""A face that holds the yes and has not been heard of for so long has lost it."""
WANTED_SECONDS: Final = 10.0
"""Who holds the yes has so long to refuse it to a face that asks for it."""
QUIET_SECONDS: Final = 0.5
"""The answer keys are no answer to a question that is younger, where no face is there to say so."""
KEYS: Final = "the answer keys"

Clock = Callable[[], float]


class Session:
    """What the faces of one run share. It is a sink of the run's events and asks its questions (an `Asker`)."""

    def __init__(
        self, about: About, control: Control, *, seconds: float | None = None, now: Clock = time.monotonic
    ) -> None:
        """`seconds` is the time for an answer; None sets no limit."""
        self.about = about
        self._control = control
        self.now = now
        self._answers = Answers(control, seconds=seconds, hears=self._hear_key, deserted=self._is_deserted)
        self._lock = threading.RLock()
        self._messages: list[Message] = []
        self._screens: dict[str, Screenshot] = {}
        self._pictures: OrderedDict[str, Image.Image] = OrderedDict()
        self._faces: dict[str, Face] = {}
        self._holder: Face | None = None
        self._wanted: tuple[Face, float] | None = None
        self._open: _Asked | None = None
        self._taken_over = False
        self._told_steering = (False, False)
        self._over = False
        # A stop may come from a signal handler in the middle of a put, which a simple queue survives.
        self._given: SimpleQueue[Verdict | None] = SimpleQueue()
        control.on_stop(lambda: self._given.put(Abort()))

    # What the run does

    def __call__(self, event: Event) -> None:
        """Tell the faces an event."""
        with self._lock:
            if isinstance(event, Observed):
                event = self._without_picture(event)
            self._tell(EventTold(number=self.next_number, event=event))
            self._tell_steering()

    def ask(self, question: ApprovalQuestion) -> Verdict | None:
        """Ask whoever holds the yes, and wait until they answer, stop is said, or the time is over."""
        return self._answers.verdict(question, self._ask)

    def recorded_in(self, folder: Path | None, display: str) -> None:
        """Say where the run is recorded, which gives it its id, and which display its virtual desktop has."""
        self.about = self.about.model_copy(
            update={"run": folder.name if folder else self.about.run, "folder": str(folder or ""), "display": display}
        )

    def end(self, error: str = "") -> None:
        """Tell the faces that nothing more comes."""
        with self._lock:
            if not self._over:
                self._over = True
                self._tell(OverTold(number=self.next_number, error=error))

    # What faces do

    def attach(self, name: str, news: News, *, since: int = 0, watches: bool = False, beats: bool = False) -> Face:
        """Attach a face, which then reads the messages from number `since` on. The first that may holds the yes.

        One that `beats` loses the yes unless it says again and again that it is alive.
        """
        with self._lock:
            face = Face(self, name, news, since=since, watches=watches, beats=beats)
            self._faces[face.id] = face
            if self._holder is None and not watches and not self._over:
                self._give_to(face)
        return face

    @property
    def next_number(self) -> int:
        return len(self._messages)

    @property
    def holder(self) -> str:
        """The id of the face that may answer; empty if there is none."""
        with self._lock:
            self.look()
            return self._holder.id if self._holder else ""

    @property
    def open_question(self) -> str:
        """The id of the question that waits for an answer; empty if there is none."""
        with self._lock:
            return self._open.id if self._open else ""

    @property
    def waits_for(self) -> str:
        """What the open question asks, in words; empty if there is none."""
        with self._lock:
            return question_words(self._open.question.asked.action) if self._open else ""

    def look(self) -> None:
        """Release the yes of a lost face, and hand over what was asked for and not refused. Called again and again."""
        with self._lock:
            self._tell_steering()
            holder = self._holder
            if holder is not None and holder.is_lost(self.now()):
                self._give_to(None)
            if self._wanted is not None:
                face, at = self._wanted
                if self._holder is None or self.now() >= at:
                    self._give_to(face)

    def messages(self, since: int, *, most: int | None = None) -> Sequence[Message]:
        """Return the messages from number `since` on, `most` of them at once."""
        with self._lock:
            return self._messages[since : None if most is None else since + most]

    def picture(self, digest: str) -> Image.Image | None:
        """Return the picture of a screenshot of this run; None if it is not kept."""
        with self._lock:
            if (image := self._pictures.get(digest)) is not None:
                return image
            screen = self._screens.get(digest)
            folder = self.about.folder
        # The disk is read without the lock, which the agent's thread may wait for.
        return with_picture(screen, Path(folder)).image if screen is not None and folder else None

    def answer(self, face: Face, question: str, answer: Answer) -> None:
        with self._lock:
            if not isinstance(answer, StopRun):
                self._check_holder(face)
            asked = self._open
            if asked is None or asked.id != question:
                raise NotGranted("that question is not open any more; nothing was done")
            if isinstance(answer, HandBack):
                raise NotGranted("nobody has taken the desktop over")
            self._answer(asked, answer, face.name)

    def steer(self, face: Face, what: Steering, text: str) -> None:
        with self._lock:
            if face.watches and what != "stop":
                raise NotGranted("this face only watches")
            if what not in ("stop", "pause"):
                self._check_holder(face)
            self._steer(what, text, face)

    def take(self, face: Face, *, if_free: bool = False) -> bool:
        with self._lock:
            self.look()
            if face.watches:
                raise NotGranted("this face only watches")
            if self._over:
                raise NotGranted("the run is over")
            if self._holder is face:
                return True
            if self._holder is None:
                self._give_to(face)
                return True
            if not if_free and (self._wanted is None or self._wanted[0] is not face):
                self._wanted = (face, self.now() + WANTED_SECONDS)
                told = WantedTold(number=self.next_number, id=face.id, name=face.name, seconds=WANTED_SECONDS)
                self._tell(told)
            return False

    def release(self, face: Face) -> None:
        with self._lock:
            self._check_holder(face)
            self._give_to(self._wanted[0] if self._wanted else None)

    def refuse(self, face: Face) -> None:
        with self._lock:
            self._check_holder(face)
            if self._wanted is not None:
                self._give_to(face)

    def hand_over(self, face: Face, to: str) -> None:
        with self._lock:
            self._check_holder(face)
            taker = self._faces.get(to)
            if taker is None or taker.watches:
                raise NotGranted("there is no face of that id that could take the yes")
            self._give_to(taker)

    def detach(self, face: Face) -> None:
        with self._lock:
            self._faces.pop(face.id, None)
            if self._wanted is not None and self._wanted[0] is face:
                self._wanted = None
            if self._holder is face:
                self._give_to(self._wanted[0] if self._wanted else None)

    # Under the lock

    def _tell(self, message: Message) -> None:
        self._messages.append(message)
        for face in tuple(self._faces.values()):
            with suppress(Exception):  # a face that breaks is no matter of the run's
                face.news()

    def _without_picture(self, event: Observed) -> Observed:
        """Keep the picture with the last ones, and return the event without it."""
        screen = event.screenshot
        if screen.image is None:
            return event
        self._pictures[screen.digest] = screen.image
        self._pictures.move_to_end(screen.digest)
        while len(self._pictures) > PICTURES:
            self._pictures.popitem(last=False)
        self._screens[screen.digest] = bare = screen.model_copy(update={"image": None})
        return event.model_copy(update={"screenshot": bare})

    def _give_to(self, face: Face | None) -> None:
        """Let this face hold the yes from here on, or none; nothing is wanted any more."""
        self._wanted = None
        if face is not None:
            face.beat()
        if face is not self._holder:
            self._holder = face
            told = HolderTold(number=self.next_number, id=face.id if face else "", name=face.name if face else "")
            self._tell(told)

    def _check_holder(self, face: Face) -> None:
        self.look()
        if self._holder is not face:
            raise NotGranted(f"{self._holder.name} holds the yes" if self._holder else "take the yes first")

    def _answer(self, asked: _Asked, answer: Answer, by: str) -> None:
        try:
            verdict = verdict_on(asked.question, answer)
        except UnfitAnswer as error:
            raise NotGranted(str(error)) from error
        if isinstance(answer, YesToAll) and isinstance(verdict, Approve):
            verdict = self._answers.approve_all(asked.question.asked, verdict.locations)
        self._close("answered", by)
        self._given.put(verdict)

    def _close(self, how: ClosedHow, by: str = "") -> None:
        if self._open is not None:
            closed, self._open = self._open, None
            self._tell(QuestionClosed(number=self.next_number, id=closed.id, how=how, by=by))

    def _steer(self, what: Steering, text: str, face: Face) -> None:
        match what:
            case "stop":
                self._control.stop()
                return
            case "pause":
                self._control.pause()
            case "resume":
                self._control.resume()
            case "one_step":
                self._control.step()
            case "take_over":
                self._taken_over = True
                self._control.pause()
            case "hand_back":
                if not self._taken_over:
                    raise NotGranted("nobody has taken the desktop over")
                self._taken_over = False
                self._control.hand_back()
                if self._open is not None:
                    self._answer(self._open, HandBack(), face.name)
            case "say":
                self._control.say(text)
                return
        self._tell_steering()

    def _tell_steering(self) -> None:
        """Tell whether the run waits and who has its desktop, if that is news."""
        paused, taken_over = steering = (self._control.paused, self._taken_over)
        if steering != self._told_steering:
            self._told_steering = steering
            self._tell(SteeringTold(number=self.next_number, paused=paused, taken_over=taken_over))

    # In the agent's thread

    def _ask(self, question: ApprovalQuestion, time: AnswerTime) -> Verdict | None:
        with self._lock:
            id = f"q{self.next_number}-{secrets.token_hex(4)}"
            asked = self._open = _Asked(id, OpenQuestion.of(question), self.now())
            self._tell(
                QuestionTold(
                    number=self.next_number,
                    id=asked.id,
                    action=question.action,
                    locations=question.locations,
                    risk=question.risk,
                    path=question.path,
                    note=question.note,
                    seconds=time.left,
                )
            )
        verdict = self._waited(time)
        with self._lock:
            if self._open is asked:  # nobody has answered
                self._close("stopped" if isinstance(verdict, Abort) else "unanswered")
            elif verdict is None and not self._given.empty():
                verdict = self._given.get()  # it came as the time was over, and the faces were told that it counts
        if verdict is None and self._is_deserted():
            self._control.stop()  # it would wait for somebody who is gone
        return verdict

    def _is_deserted(self) -> bool:
        """Whether a face has paused the run, and none is there that could let it go on."""
        with self._lock:
            self.look()
            return self._control.paused and not self._control.why and self._holder is None

    def _waited(self, time: AnswerTime) -> Verdict | None:
        while not time.has_run_out():
            try:
                return self._given.get(timeout=time.left)
            except Empty:
                continue
        return None

    def _hear_key(self, said: KeyAnswer) -> None:
        """Hand the answer keys on to who holds the yes. Where nobody does, they answer by themselves."""
        with self._lock:
            self.look()
            asked = self._open
            if asked is None:
                return
            if self._holder is not None:
                told = KeyTold(number=self.next_number, to=self._holder.id, question=asked.id, said=said)
                self._tell(told)
            elif said == "no":
                self._answer(asked, No(), KEYS)
            elif self.now() - asked.at >= QUIET_SECONDS:
                self._answer(asked, Yes(), KEYS)


class _Asked:
    """A question that is open."""

    def __init__(self, id: str, question: OpenQuestion, at: float) -> None:
        self.id, self.question, self.at = id, question, at


class Face:
    """An attachment in the process of the run."""

    def __init__(self, session: Session, name: str, news: News, *, since: int, watches: bool, beats: bool) -> None:
        self.id = secrets.token_hex(8)
        self.name, self.watches = name, watches
        self.news = news
        self._session = session
        self._next = since
        self._reading = threading.Lock()
        self._beats = beats
        self._heard_at = session.now()

    @property
    def about(self) -> About:
        return self._session.about

    def beat(self) -> None:
        """Say that this face is alive."""
        self._heard_at = self._session.now()

    def is_lost(self, now: float) -> bool:
        return self._beats and now - self._heard_at > LOST_SECONDS

    def read(self, *, most: int | None = None) -> Sequence[Message]:
        with self._reading:
            messages = self._session.messages(self._next, most=most)
            self._next += len(messages)
            return messages

    def answer(self, question: str, answer: Answer) -> None:
        self._session.answer(self, question, answer)

    def steer(self, what: Steering, text: str = "") -> None:
        self._session.steer(self, what, text)

    def take(self, *, if_free: bool = False) -> bool:
        return self._session.take(self, if_free=if_free)

    def release(self) -> None:
        self._session.release(self)

    def refuse(self) -> None:
        self._session.refuse(self)

    def hand_over(self, to: str) -> None:
        self._session.hand_over(self, to)

    def picture(self, digest: str) -> Image.Image | None:
        return self._session.picture(digest)

    def detach(self) -> None:
        self._session.detach(self)
