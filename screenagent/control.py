"""The one way in: whoever supervises the agent tells it here to stop, pause, go on, take one step, or hears it out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from screenagent.events import Ended

HAND_SECONDS: Final = 0.5
"""For so long after an answer the hand that gave it may still move."""

POLL_SECONDS: Final = 0.02
"""How often a wait looks at what it waits for, unless it says otherwise."""

Predicate = Callable[[], object]
KeyAnswer = Literal["yes", "no"]
"""What the user's answer keys say, wherever on the desktop they are pressed."""

Pause = Callable[[float], object]
"""Takes the seconds until the next look; it may return sooner if there is something new to look at."""


class Stopped(Exception):
    """The user said stop. Caught once, in the loop."""


class Interrupted(Exception):
    """Nothing may be sent until the user lets the agent go on; the text says why, `partly` whether an input is half
    sent."""

    def __init__(self, why: str, *, partly: bool = False) -> None:
        super().__init__(why)
        self.partly = partly


class Control:
    """Given to the agent and to every part that can block; safe to call from any thread and from a signal handler.

    A signal handler may come in the middle of any call, in the same thread, so nothing here that it calls waits for a
    lock: there are flags, a lock that it only releases, and simple queues, which bear that, to wake who waits. A simple
    queue that is waited at with a timeout wakes for sure only if the handler puts something into it: in CPython the
    wait may have no end where a signal comes as the time is over.
    """

    def __init__(self) -> None:
        self._stopped = False
        self._paused = False
        self._interrupted = False
        self._one_step = False
        self._handed_back = False
        self._asking = False
        self._hears: Callable[[KeyAnswer], object] | None = None
        self._while_asking: Callable[[], AbstractContextManager[str]] = lambda: nullcontext("")
        self._asked_until = 0.0
        self._paused_at = 0.0
        self._why = ""
        self._stop_said = threading.Lock()  # taken until then; after that whoever takes it gives it back at once
        self._stop_said.acquire()
        self._turns: SimpleQueue[None] = SimpleQueue()  # a token for every change that the agent's thread may wait for
        self._lock = threading.Lock()
        self._said: list[str] = []
        self._on_stop: list[Callable[[], None]] = []
        self._lost: Exception | None = None
        self._last_words: list[Callable[[Ended], object]] = []
        self.over = threading.Event()  # set once nothing of the run is left to wait for

    def stop(self) -> None:
        """Final: nothing is performed after this returns to a part that looks at `check`."""
        self._stopped = True
        with suppress(RuntimeError):  # it was said before
            self._stop_said.release()
        self._turns.put(None)
        for react in tuple(self._on_stop):
            react()

    def end(self, lost: Exception) -> None:
        """Stop because of what is lost, such as the display: whatever waits raises that instead of `Stopped`."""
        self._lost = self._lost or lost
        self.stop()

    @property
    def lost(self) -> Exception | None:
        """What the run cannot go on without."""
        return self._lost

    def check_lost(self) -> None:
        """Raise what is lost, if anything is."""
        if self._lost is not None:
            raise self._lost

    def on_leave(self, write: Callable[[Ended], object]) -> None:
        """Call `write` with the run's ending if the process has to leave before the run could write it."""
        self._last_words.append(write)

    @property
    def last_words(self) -> tuple[Callable[[Ended], object], ...]:
        return tuple(self._last_words)

    def on_stop(self, react: Callable[[], None]) -> None:
        """Call `react` when stop comes, for a part that blocks in something that cannot look at `check`."""
        self._on_stop.append(react)

    def pause(self, why: str = "") -> None:
        if not self._paused:
            self._paused_at = time.monotonic()
            self._why = why
            self._paused = True

    def interrupt(self, why: str) -> None:
        """Pause at once, in the middle of an input too: the user has the desktop, or it has become another."""
        self._interrupted = True
        self.pause(why)
        self._turns.put(None)

    def resume(self) -> None:
        """After an interruption this hands the desktop back, too."""
        self._handed_back = self._handed_back or self._interrupted
        self._interrupted = False
        self._paused = False
        self._turns.put(None)

    def hand_back(self) -> None:
        """Go on after the user worked on the desktop: what the agent knew of the screen is old."""
        self._handed_back = True
        self.resume()

    def look_again(self) -> None:
        """What the agent knew of the screen is old; unlike `hand_back` this ends no pause."""
        self._handed_back = True

    def was_handed_back(self) -> bool:
        """Return whether the desktop was handed back since the last call. Only the agent's own thread may ask: the
        answer is given once, and whoever else took it would keep the agent from looking at the screen again."""
        handed_back, self._handed_back = self._handed_back, False
        return handed_back

    def step(self) -> None:
        """Go on until the next step is done, then pause again."""
        self._one_step = True
        self.resume()

    def step_done(self) -> None:
        """Said by the loop after each step."""
        if self._one_step:
            self._one_step = False
            self.pause()

    def say(self, text: str) -> None:
        """Tell the agent something; it reaches the planner before its next decision."""
        with self._lock:
            self._said.append(text)

    def heard(self) -> tuple[str, ...]:
        """What was said since the last call."""
        with self._lock:
            said, self._said = tuple(self._said), []
        return said

    @contextmanager
    def asking(self, hears: Callable[[KeyAnswer], object] | None = None) -> Iterator[str]:
        """Said by who waits for the user's answer: a hand on the desktop is no surprise meanwhile.

        `hears` is told of the answer keys, in the thread of who listens for them. Yields what the user should know
        about answering; mostly nothing.
        """
        self._asking, self._hears = True, hears
        try:
            with self._while_asking() as note:
                yield note
        finally:
            self._asked_until = time.monotonic() + HAND_SECONDS
            self._asking, self._hears = False, None

    def while_asking(self, hold: Callable[[], AbstractContextManager[str]]) -> None:
        """Hold this while the user is asked: for a desktop, which brings the place where they are asked to the front.

        It yields what the user should know about answering.
        """
        self._while_asking = hold

    def answer_by_key(self, said: KeyAnswer) -> None:
        """Tell who is asking that the user's answer keys were pressed; without a question they mean nothing."""
        if (hears := self._hears) is not None:
            hears(said)

    @property
    def expects_a_hand(self) -> bool:
        """The user is being asked, or has just answered."""
        return self._asking or time.monotonic() < self._asked_until

    @property
    def stopped(self) -> bool:
        return self._stopped

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def why(self) -> str:
        """Why it was paused; empty where the user just said so."""
        return self._why

    @property
    def paused_for(self) -> float:
        """Seconds."""
        return time.monotonic() - self._paused_at if self._paused else 0.0

    def check(self) -> None:
        """Raise `Stopped` if stop was said, or what was lost."""
        if self._stopped:
            self.check_lost()
            raise Stopped

    def check_input(self) -> None:
        """Said before each press and motion: raise `Stopped`, or `Interrupted` if the user has the desktop."""
        self.check()
        if self._interrupted:
            raise Interrupted(self._why)

    def checkpoint(self) -> None:
        """Wait here while paused; raise `Stopped` if stop was said. Only the agent's own thread comes here."""
        while self._paused and not self._stopped:
            self._turns.get()
        self.check()

    def hold(self, seconds: float) -> None:
        """Sleep in the middle of an input, as `wait` does, but not through an interruption either."""
        end = time.monotonic() + seconds
        self.check_input()
        while (left := end - time.monotonic()) > 0:
            with suppress(Empty):
                self._turns.get(timeout=left)
            self.check_input()

    def wait(self, seconds: float) -> None:
        """Sleep, but not through a stop."""
        if self._stop_said.acquire(timeout=max(0.0, seconds)):
            with suppress(RuntimeError):  # it was said again meanwhile
                self._stop_said.release()  # for the next who waits
        self.check()

    def wait_until(self, moment: float) -> None:
        """Sleep until `time.monotonic()` is `moment`."""
        self.wait(moment - time.monotonic())

    def until(
        self, predicate: Predicate, *, seconds: float, poll: float = POLL_SECONDS, wait: Pause | None = None
    ) -> bool:
        """Wait as the function `until` does, but raise `Stopped` if stop is said."""

        def wait_or_stop(pause: float) -> None:
            (wait or self.wait)(pause)
            self.check()

        self.check()
        return until(predicate, seconds=seconds, poll=poll, wait=wait_or_stop)


def until(predicate: Predicate, *, seconds: float, poll: float = POLL_SECONDS, wait: Pause = time.sleep) -> bool:
    """Look at `predicate` every `poll` seconds until it holds. Return whether it did within `seconds`."""
    deadline = time.monotonic() + seconds
    while not (holds := bool(predicate())) and (left := deadline - time.monotonic()) > 0:
        wait(min(poll, left))
    return holds
