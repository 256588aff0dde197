"""`python -m screenagent.bench.session_worker`: the process of the run that `bench session` attaches to.

It tells its session the events of steps, and asks its question, as the orders on stdin say.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from screenagent.actions import Click, Target
from screenagent.approval import ApprovalQuestion
from screenagent.control import Control
from screenagent.episode import Episode
from screenagent.events import (
    Acted,
    Approve,
    Checked,
    Decided,
    Decision,
    Effect,
    Event,
    Grounded,
    Observed,
    Plan,
    PlannedStep,
    Reviewed,
    Started,
)
from screenagent.geometry import Location, Point
from screenagent.screenshot import Screenshot
from screenagent.sessions.messages import About
from screenagent.sessions.server import served
from screenagent.sessions.session import Session

CLICK = Click(target=Target(words="the Save button"))
PLACE = Location(point=Point(x=0.5, y=0.5), confidence=0.9, by="text")
SCHEDULED = Path("/proc/thread-self/schedstat")
WORK_SECONDS = 0.003
"""Of computing between two events, as the loop has it."""


def some_screens() -> list[Screenshot]:
    """Return two screens of the usual size, with as much on them as makes a file of half a megabyte."""
    noise = Image.effect_noise((320, 180), 80).convert("RGB").resize((1280, 720))
    return [Screenshot.of(noise), Screenshot.of(noise.rotate(180))]


def step_events(screens: Sequence[Screenshot]) -> Iterator[Event]:
    plan = Plan(steps=(PlannedStep(action=CLICK),))
    yield Observed(screenshot=screens[0])
    yield Decided(decision=Decision(plan=plan))
    yield Grounded(action=CLICK, locations=(PLACE,))
    yield Reviewed(verdict=Approve())
    yield Acted(action=CLICK, locations=(PLACE,))
    yield Observed(screenshot=screens[1])
    yield Checked(
        effect=Effect(outcome="changed", code="changed_here", evidence="something changed where it was clicked")
    )


def told_steps(session: Session, screens: Sequence[Screenshot], count: int) -> list[dict[str, float]]:
    """Tell the session so many steps, computing in between; return what each took."""
    found = []
    for _ in range(count):
        began, telling = _time_with_a_core(), 0.0
        for event in step_events(screens):
            _compute()
            told_at = time.monotonic()
            session(event)
            telling += time.monotonic() - told_at
        found.append({"whole": _time_with_a_core() - began, "telling": telling})
    return found


def _time_with_a_core() -> float:
    """Return seconds without those in which this thread could have gone on, and other programs had the cores."""
    waited = SCHEDULED.read_text().split()[1]
    return time.monotonic() - int(waited) / 1e9


def _compute() -> None:
    """Compute for `WORK_SECONDS` of this thread's own time, holding the interpreter as Python code does."""
    until = time.thread_time() + WORK_SECONDS
    while time.thread_time() < until:
        pass


def main() -> None:
    control, screens = Control(), some_screens()
    session = Session(About(run=f"bench-session-{os.getpid()}", task="bench", pid=os.getpid()), control, seconds=30)
    question = ApprovalQuestion(CLICK, (PLACE,), None, Episode())
    with served(session):
        session(Started(task="bench"))
        _say(run=session.about.run)
        for line in sys.stdin:
            match json.loads(line):
                case {"steps": int(count)}:
                    _say(steps=told_steps(session, screens, count))
                case {"ask": _}:
                    session.ask(question)
                    _say(answered_at=time.monotonic())


def _say(**words: object) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    main()
