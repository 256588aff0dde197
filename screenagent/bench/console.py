"""What the console costs the loop, and how long a key in it takes, in a terminal of 200x60.

This module is started on a pseudo-terminal, where it opens the console for real; a reader at the other end takes what
is drawn, as a terminal would, and types.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from screenagent.actions import TypeText
from screenagent.agent import Agent, Sink, drive
from screenagent.approval import ApprovalQuestion, Asker, Policy, PolicyApprover
from screenagent.assembly.supervised import SupervisedWork
from screenagent.bench.results import percentile_ms
from screenagent.bench.steps import CLICKS, clicker, probed, step_seconds
from screenagent.console.app import Console
from screenagent.console.options import ConsoleOptions
from screenagent.console.startup import responsive_threads
from screenagent.control import Control
from screenagent.desktop.json_lines import Lines
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.probe import Probe
from screenagent.events import Acted, Approve, Event, Reviewed, Verdict
from screenagent.geometry import Size, Value
from screenagent.protocols import Approved
from screenagent.runs.log import Recorder

TERMINAL: Final = Size(width=200, height=60)
TURNS: Final = 5
"""The clicks are made in so many turns without and with the console, so that both meet the same machine."""

Run = Callable[[Callable[[Asker], Agent], Sink], None]

LONGEST: Final = 60.0
TASK: Final = "click the targets in turn"


class ConsoleCost(Value):
    """Milliseconds a step, as in `bench steps`, without the console and with it; `cost` is what it adds at the median.

    `cpu_ms` is what it adds to the processor's time, which tells more on a busy machine; `drawn_kb` is what it drew in
    the terminal, a step.
    """

    plain_ms_p50: float
    plain_ms_p95: float
    console_ms_p50: float
    console_ms_p95: float
    cost_ms: float
    cpu_ms: float
    drawn_kb: float = 0.0
    n: int


class KeyLatency(Value):
    """Milliseconds from the byte of a key in the terminal to the answer in the loop, and to the click in the window.

    `looked` is from the last look at what a press reaches to that press, and `key` likewise to the first key of texts.
    """

    answered_ms_p50: float
    answered_ms_p95: float
    clicked_ms_p50: float
    clicked_ms_p95: float
    looked_ms_p50: float
    looked_ms_p95: float
    looked_ms_max: float
    key_ms_p50: float
    key_ms_p95: float
    key_ms_max: float
    n: int


def measure_cost(*, clicks: int = CLICKS) -> ConsoleCost:
    """Click the probe's targets in turn, without the console and with it, on one desktop."""
    with _Terminal("cost", clicks) as terminal:
        found = ConsoleCost.model_validate(terminal.said())
        return found.model_copy(update={"drawn_kb": round(terminal.drawn / 1024 / found.n, 1)})


def measure_keys(*, clicks: int = CLICKS) -> KeyLatency:
    """Approve each click by a key, a moment after the question has begun to listen."""
    chance = random.Random(0)
    answered: list[float] = []
    clicked: list[float] = []
    with _Terminal("keys", clicks) as terminal:
        for _ in range(clicks):
            terminal.said()  # it listens
            time.sleep(chance.uniform(0.3, 0.8))  # a person reads before they answer
            began = time.monotonic()
            terminal.type(b"y")
            answered.append(terminal.said()["at"] - began)
            clicked.append(terminal.said()["at"] - began)
        terminal.said()  # the end is reviewed, too
        looked, keys = terminal.said(), terminal.said()
    return KeyLatency(
        answered_ms_p50=_ms(answered, 50),
        answered_ms_p95=_ms(answered, 95),
        clicked_ms_p50=_ms(clicked, 50),
        clicked_ms_p95=_ms(clicked, 95),
        **{f"looked_ms_{of}": value for of, value in looked.items()},
        **{f"key_ms_{of}": value for of, value in keys.items()},
        n=clicks,
    )


class _Terminal:
    """This module in a process of its own, on a terminal whose screen is read and thrown away here."""

    def __init__(self, what: str, clicks: int) -> None:
        self.drawn = 0
        self._command = [sys.executable, "-m", "screenagent.bench.console", what, str(clicks)]

    def __enter__(self) -> _Terminal:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", TERMINAL.height, TERMINAL.width, 0, 0))
        self._process = subprocess.Popen(
            self._command,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            env=os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
        )
        os.close(theirs)
        assert self._process.stdout is not None  # it was opened with a pipe
        self._lines = Lines(self._process.stdout)
        self._reader = threading.Thread(target=self._take, name="terminal", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._reader.join()
        os.close(self._ours)

    def type(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def said(self) -> dict[str, Any]:
        """Its next line."""
        line = self._lines.next(LONGEST)
        if line is None:
            raise TimeoutError(f"the console said nothing for {LONGEST:g} s")
        return line

    def _take(self) -> None:
        while True:
            try:
                self.drawn += len(os.read(self._ours, 1 << 16))
            except OSError:  # its end of the terminal is closed
                return


def _say(**said: float) -> None:
    print(json.dumps(said), file=sys.__stdout__, flush=True)  # Textual takes what is printed to `sys.stdout`


def _cost(clicks: int) -> None:
    plain: list[float] = []
    supervised: list[float] = []
    processor = {_plainly: 0.0, _in_console: 0.0}
    with probed() as (desktop, probe, control):
        for _ in range(TURNS):
            for spent, run in ((plain, _plainly), (supervised, _in_console)):
                events = _timed_events(run, clicker(desktop, probe, control, max(1, clicks // TURNS)), probe)
                processor[run] += events[-1][1] - events[0][1]
                spent.extend(step_seconds([event for event, _ in events], probe))
    _say(
        plain_ms_p50=_ms(plain, 50),
        plain_ms_p95=_ms(plain, 95),
        console_ms_p50=_ms(supervised, 50),
        console_ms_p95=_ms(supervised, 95),
        cost_ms=round(_ms(supervised, 50) - _ms(plain, 50), 2),
        cpu_ms=round((processor[_in_console] - processor[_plainly]) / len(supervised) * 1000, 2),
        n=len(supervised),
    )


def _timed_events(run: Run, agent: Agent, probe: Probe) -> list[tuple[Event, float]]:
    """Return the run's events, and the processor's time at each."""
    events: list[tuple[Event, float]] = []
    probe.receipts.clear()
    run(lambda _: agent, lambda event: events.append((event, time.process_time())))
    return events


def _keys(clicks: int) -> None:
    consoles: list[Console] = []

    def say_when_it_listens() -> None:
        while not ((asking := consoles[0].supervising) and asking.accepts_answers):
            time.sleep(0.005)  # it has ended long before the key is pressed
        _say(at=time.monotonic())

    def tell(event: Event) -> None:
        if isinstance(event, Reviewed):
            _say(at=time.monotonic())
        elif isinstance(event, Acted):
            _say(at=probe.wait_for("press")["at"])

    with probed() as (desktop, probe, control):

        def agent(person: Asker) -> Agent:
            def ask(question: ApprovalQuestion) -> Verdict | None:
                threading.Thread(target=say_when_it_listens, daemon=True).start()
                return person(question)

            return clicker(desktop, probe, control, clicks, approver=PolicyApprover(ask, policy=Policy()))

        _in_console(agent, tell, opened=consoles.append)
        _say(**_ages(desktop))
        for _ in range(clicks):
            _type_a_word(desktop)
        _say(**_ages(desktop))


def _ages(desktop: LocalDesktop) -> dict[str, float]:
    """Return how old the last look was at each press since this was asked last."""
    ages = [*desktop.ledger.ages]
    desktop.ledger.ages.clear()
    return {"p50": _ms(ages, 50), "p95": _ms(ages, 95), "max": _ms(ages, 100)}


def _type_a_word(desktop: LocalDesktop) -> None:
    action = TypeText(text="word")
    desktop.perform(Approved(action=action, locations=(), on=desktop.settled(), verdict=Approve()))


def _plainly(agent: Callable[[Asker], Agent], sink: Sink) -> None:
    with _recorder() as recorder:
        drive(agent(lambda _: None), TASK, recorder, sink)


def _in_console(agent: Callable[[Asker], Agent], sink: Sink, *, opened: Callable[[Console], object] = id) -> None:
    @contextmanager
    def begin(_control: Control, person: Asker) -> Iterator[SupervisedWork]:
        with _recorder() as recorder:
            yield SupervisedWork(agent(person), (recorder, sink))
        console.call_later(console.exit)

    console = Console(lambda _: begin, ConsoleOptions(runs=Path(os.devnull)), task=TASK)
    opened(console)
    with responsive_threads():
        console.run()


@contextmanager
def _recorder() -> Iterator[Recorder]:
    with tempfile.TemporaryDirectory(prefix="screenagent-bench-") as folder, Recorder(Path(folder) / "run") as recorder:
        yield recorder


def _ms(seconds: list[float], percent: float) -> float:
    found = percentile_ms(seconds, percent)
    assert found is not None  # at least one click is made
    return found


if __name__ == "__main__":
    {"cost": _cost, "keys": _keys}[sys.argv[1]](int(sys.argv[2]))
