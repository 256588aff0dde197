"""`bench session`: how soon a face has a run's picture, how soon an answer counts, and what watchers cost the loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from screenagent.bench.results import percentile_ms
from screenagent.desktop.json_lines import Child, module_command
from screenagent.errors import UserError
from screenagent.events import Observed
from screenagent.geometry import Value
from screenagent.sessions.answers import Yes
from screenagent.sessions.client import RemoteAttachment
from screenagent.sessions.messages import EventTold, Message, QuestionTold
from screenagent.sessions.place import LiveRun, live_run

WATCHERS: Final = 20
ROUNDS: Final = 20
STEPS_BEFORE: Final = 20
"""Steps that the run has behind it when faces attach."""
STEPS: Final = 10
"""Steps of a round, without watchers and with them."""
PATIENCE: Final = 30.0


class SessionSummary(Value):
    """Milliseconds: from the start of attaching to the first message and to the last picture, from an answer to the
    verdict in the run's process, what a step tells its session, and how much longer a step takes with the watchers.

    A step's time is without that in which it could have gone on, and other programs had the cores."""

    message_ms_p50: float | None
    message_ms_p95: float | None
    frame_ms_p50: float | None
    frame_ms_p95: float | None
    answer_ms_p50: float | None
    answer_ms_p95: float | None
    telling_ms_p50: float | None
    step_ms_p50: float | None
    watched_step_ms_p50: float | None
    watchers_cost_ms: float | None
    watchers: int
    n: int


class NoSession(UserError):
    """The run of the bench does not do what it is told."""

    code = "no_session"


def run_session(
    *, rounds: int = ROUNDS, watchers: int = WATCHERS, progress: Callable[[int], None] = lambda _: None
) -> SessionSummary:
    """Attach to a run of another process, answer its questions, and watch it; in turns, so that other load is even."""
    attached: list[tuple[float, float]] = []
    answered: list[float] = []
    alone: list[dict[str, float]] = []
    watched: list[dict[str, float]] = []
    worker = Child(module_command("screenagent.bench.session_worker"))
    try:
        run = live_run(_heard(worker, "run"))
        _steps(worker, STEPS_BEFORE)
        for number in range(rounds):
            attached.append(_attach(run))
            answered.append(_answer(run, worker))
            if number % 2:  # whatever comes second has a process that is at work already
                alone += _steps(worker, STEPS)
            with _watching(run, watchers):
                watched += _steps(worker, STEPS)
            if not number % 2:
                alone += _steps(worker, STEPS)
            progress(number + 1)
    finally:
        worker.kill()
    return _summary(attached, answered, alone, watched, watchers)


def _summary(
    attached: Sequence[tuple[float, float]],
    answered: Sequence[float],
    alone: Sequence[dict[str, float]],
    watched: Sequence[dict[str, float]],
    watchers: int,
) -> SessionSummary:
    messages, frames = ([one[which] for one in attached] for which in (0, 1))
    step, watched_step = (percentile_ms([one["whole"] for one in found], 50) for found in (alone, watched))
    return SessionSummary(
        message_ms_p50=percentile_ms(messages, 50),
        message_ms_p95=percentile_ms(messages, 95),
        frame_ms_p50=percentile_ms(frames, 50),
        frame_ms_p95=percentile_ms(frames, 95),
        answer_ms_p50=percentile_ms(answered, 50),
        answer_ms_p95=percentile_ms(answered, 95),
        telling_ms_p50=percentile_ms([one["telling"] for one in watched], 50),
        step_ms_p50=step,
        watched_step_ms_p50=watched_step,
        watchers_cost_ms=None if step is None or watched_step is None else round(watched_step - step, 2),
        watchers=watchers,
        n=len(attached),
    )


def _heard(worker: Child, what: str) -> Any:
    said = worker.hear(PATIENCE)
    if said is None or what not in said:
        raise NoSession("the run of the bench does not answer; is the machine very busy?")
    return said[what]


def _steps(worker: Child, count: int) -> list[dict[str, float]]:
    worker.say(steps=count)
    found: list[dict[str, float]] = _heard(worker, "steps")
    return found


class _Reader:
    """A face that has come, and all that it was told."""

    def __init__(self, run: LiveRun, *, watches: bool = False) -> None:
        self.told: list[Message] = []
        self._came = threading.Event()
        self.face = RemoteAttachment(run, "bench", self._came.set, watches=watches)

    def wait(self, is_there: Callable[[], bool]) -> None:
        """Read until it is there."""
        until = time.monotonic() + PATIENCE
        while not is_there():
            if not self._came.wait(max(0.0, until - time.monotonic())):
                raise NoSession("the run of the bench tells nothing; is the machine very busy?")
            self._came.clear()
            self.told += self.face.read()

    def wait_until_caught_up(self) -> None:
        self.wait(lambda: len(self.told) >= self.face.attached.next)


def _attach(run: LiveRun) -> tuple[float, float]:
    """Return the seconds to the first message, and to the picture of the last screenshot, decoded."""
    began = time.monotonic()
    reader = _Reader(run, watches=True)
    reader.wait(lambda: bool(reader.told))
    first = time.monotonic() - began
    reader.wait_until_caught_up()
    events = (told.event for told in reversed(reader.told) if isinstance(told, EventTold))
    screenshot = next(event.screenshot for event in events if isinstance(event, Observed))
    picture = reader.face.picture(screenshot.digest)
    if picture is None:
        raise NoSession("the run of the bench has no picture of its last screenshot")
    picture.load()
    frame = time.monotonic() - began
    reader.face.detach()
    return first, frame


def _answer(run: LiveRun, worker: Child) -> float:
    """Return the seconds from an answer to the verdict, in the process of the run."""
    reader = _Reader(run)
    reader.wait_until_caught_up()
    worker.say(ask=True)
    reader.wait(lambda: any(isinstance(told, QuestionTold) for told in reader.told[reader.face.attached.next :]))
    asked = [told for told in reader.told if isinstance(told, QuestionTold)][-1]
    began = time.monotonic()
    reader.face.answer(asked.id, Yes())
    answered_at: float = _heard(worker, "answered_at")
    reader.face.detach()
    return answered_at - began


@contextmanager
def _watching(run: LiveRun, count: int) -> Iterator[None]:
    readers = [_Reader(run, watches=True) for _ in range(count)]
    for reader in readers:
        reader.wait_until_caught_up()
    try:
        yield
    finally:
        for reader in readers:
            reader.face.detach()
