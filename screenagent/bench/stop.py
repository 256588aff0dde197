"""`bench stop`: how soon after a stop no more input reaches the display, seen from outside.

An agent types, drags or holds keys on a virtual display of its own. At a random moment it is stopped in one of the
ways that there are; a process that only listens says when the last event came, by the clock of the display. Then the
agent is killed a number of times, and it is looked at what stays pressed, and what its log has lost.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import pty
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, TypeAdapter

from screenagent.bench import stop_worker
from screenagent.bench.results import keep_results, percentile, read_bench_results
from screenagent.bench.stop_displays import CORNER, KEYS, MIDDLE, ON_X, StopDisplay, StopWay, XStopDisplay
from screenagent.bench.stop_hindered import Hindered, HinderedRun, Hindrance, OfHindrance, hindered_summary
from screenagent.control import Control, until
from screenagent.desktop.json_lines import Lines
from screenagent.desktop.lock import drivers
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.x11.raw_events import Raw
from screenagent.events import Ended
from screenagent.geometry import Value
from screenagent.runs.store import read_events

CONSOLE: Final[tuple[StopWay, ...]] = ("esc", "console ctrl-c")
DEADLINE_SECONDS: Final = 0.05
RELEASE_SECONDS: Final = 0.3
AFTER_SECONDS: Final = 0.1  # how much longer than the deadline the display is watched
LATEST_SECONDS: Final = 1.0  # a stop comes at most so long after the input has begun
EARLY: Final = 0.1  # so many of the stops come before it, at some moment of the run
END_SECONDS: Final = 20.0
READY_SECONDS: Final = 60.0


class StopMeasured(Value):
    """One run that was stopped: milliseconds from the stop to the last event; none where none came after it."""

    kind: Literal["stop"] = "stop"
    way: StopWay
    what: str
    ms: float
    in_the_middle: bool
    late: int
    held: int
    outcome: str
    readable: bool


class Kill(Value):
    """One run that was killed: milliseconds to the last event, which is the last release."""

    kind: Literal["kill"] = "kill"
    what: str
    ms: float
    held: int
    lost: int
    readable: bool


Measured = StopMeasured | Kill | Hindered
KEPT: Final[TypeAdapter[Measured]] = TypeAdapter(Annotated[Measured, Field(discriminator="kind")])


class OfWay(Value):
    p50_ms: float | None
    p99_ms: float | None
    n: int


class Kills(Value):
    """`held` are keys and buttons that were down 300 ms after; `lost` is the most that a log lost, in events."""

    release_p50_ms: float | None
    release_p99_ms: float | None
    held: int
    lost: int
    unreadable: int
    n: int


class StopSummary(Value):
    """Milliseconds from a stop to the last event, releases among them; `late` counts events beyond 50 ms.

    `in_the_middle` is how many stops met an input under way; `load` the machine's, meanwhile, per core.
    """

    p50_ms: float | None
    p99_ms: float | None
    worst_ms: float | None
    late: int
    held: int
    unreadable: int
    not_stopped: int
    in_the_middle: int
    n: int
    ways: Mapping[str, OfWay]
    kills: Kills
    hindered: Mapping[str, OfHindrance]
    load: float


@contextmanager
def x_display() -> Iterator[StopDisplay]:
    """A virtual X display of its own."""
    with VirtualDesktop(control=Control()) as virtual, closing(XStopDisplay(virtual.display)) as display:
        yield display


def run_stop(
    *,
    stops: int,
    kills: int,
    hindered: int = 0,
    worker: Sequence[str],
    opened: Callable[[], AbstractContextManager[StopDisplay]] = x_display,
    seed: int = 0,
    results: Path | None = None,
    latest_seconds: float = LATEST_SECONDS,
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> StopSummary:
    """`worker` is the program that runs `serve_orders`, and `opened` opens the display that it runs on; with `results`
    it goes on where it was broken off."""
    chance = random.Random(seed)
    found = read_bench_results(results, KEPT.validate_json) if results else []
    stops_left = max(0, stops - sum(isinstance(one, StopMeasured) for one in found))
    loads = [os.getloadavg()[0]]

    def take(one: Measured) -> None:
        found.append(one)
        loads.append(os.getloadavg()[0])
        if results is not None:
            keep_results(results, one)
        progress(len(found), stops + kills + hindered)

    kills_left = range(kills - sum(isinstance(one, Kill) for one in found))
    hindered_left = range(hindered - sum(isinstance(one, Hindered) for one in found))
    if not (stops_left or kills_left or hindered_left):
        return stop_summary(found, loads)
    with opened() as display, StopScene(display, latest_seconds) as scene:
        ways = list(islice(cycle(display.ways + CONSOLE), stops_left))
        chance.shuffle(ways)
        for kind, console in ((display.ways, False), (CONSOLE, True)):
            mine = [way for way in ways if way in kind]
            if mine:
                with started_worker(worker, display.argument, console=console) as agent:
                    for way in mine:
                        take(scene.stop(agent, way, chance))
        for _ in kills_left:
            take(scene.kill(chance))
        for number in hindered_left:
            take(scene.hinder(display.hindrances[number % len(display.hindrances)], chance))
    return stop_summary(found, loads)


def stop_summary(found: Sequence[Measured], loads: Sequence[float]) -> StopSummary:
    stops = [one for one in found if isinstance(one, StopMeasured)]
    kills = [one for one in found if isinstance(one, Kill)]
    times = [one.ms for one in stops]
    ways = {way: [one.ms for one in stops if one.way == way] for way in (*ON_X, *CONSOLE)}
    return StopSummary(
        p50_ms=percentile(times, 50),
        p99_ms=percentile(times, 99),
        worst_ms=max(times, default=None),
        late=sum(one.late for one in stops),
        held=sum(one.held for one in stops),
        unreadable=sum(not one.readable for one in stops),
        not_stopped=sum(one.outcome != "stopped" for one in stops),
        in_the_middle=sum(one.in_the_middle for one in stops),
        n=len(stops),
        ways={way: OfWay(p50_ms=percentile(ms, 50), p99_ms=percentile(ms, 99), n=len(ms)) for way, ms in ways.items()},
        kills=Kills(
            release_p50_ms=percentile([one.ms for one in kills], 50),
            release_p99_ms=percentile([one.ms for one in kills], 99),
            held=sum(one.held for one in kills),
            lost=max((one.lost for one in kills), default=0),
            unreadable=sum(not one.readable for one in kills),
            n=len(kills),
        ),
        hindered=hindered_summary([one for one in found if isinstance(one, Hindered)]),
        load=round(sum(loads) / len(loads) / (os.cpu_count() or 1), 2),
    )


@dataclass(frozen=True)
class Worker:
    """The process of the agent that is stopped, over many runs, on a terminal of its own."""

    pid: int
    terminal: int
    _orders: int
    _reports: Lines

    def order(self, what: str, folder: Path) -> None:
        os.write(self._orders, json.dumps({"what": what, "folder": str(folder)}).encode() + b"\n")

    def wait_for(self, *happened: str, seconds: float = END_SECONDS) -> None:
        end = time.monotonic() + seconds
        while (said := self._reports.next(max(0.0, end - time.monotonic()))) is not None:
            if said["event"] in happened:
                return
        raise TimeoutError(f"the agent did not say {' or '.join(happened)} within {seconds:g} s")


@contextmanager
def started_worker(command: Sequence[str], display: str, *, console: bool) -> Iterator[Worker]:
    """Start the agent's process; with `console`, each run is shown in the terminal."""
    theirs_in, orders = os.pipe()
    reports, theirs_out = os.pipe()
    terminal, slave = pty.openpty()
    arguments = [display, str(theirs_in), str(theirs_out), *(["console"] if console else [])]
    process = subprocess.Popen(
        [sys.executable, *command, *arguments],
        pass_fds=[theirs_in, theirs_out],
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"},
        stdin=slave,
        stderr=slave if console else None,
    )
    for descriptor in (theirs_in, theirs_out, slave):
        os.close(descriptor)
    try:
        with os.fdopen(reports, "rb") as lines:
            threading.Thread(target=_drain, args=[terminal], name="terminal", daemon=True).start()
            worker = Worker(process.pid, terminal, orders, Lines(lines))
            worker.wait_for("ready", seconds=READY_SECONDS)
            yield worker
    finally:
        os.close(orders)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with suppress(OSError):
            os.close(terminal)


def _drain(terminal: int) -> None:
    with suppress(OSError):  # its end
        while os.read(terminal, 1 << 16):
            pass


class StopScene:
    """A display with a person on it, and a folder for the runs."""

    def __init__(self, display: StopDisplay, latest_seconds: float) -> None:
        self._display, self._latest_seconds = display, latest_seconds
        self._stack = ExitStack()
        self._runs = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screenagent-bench-")))
            self._forks: Any = multiprocessing.get_context("forkserver")
            self._forks.set_forkserver_preload(["screenagent.bench.stop_worker"])
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def stop(self, agent: Worker, way: StopWay, chance: random.Random) -> StopMeasured:
        what, folder = chance.choice(list(stop_worker.LONG)), self.new_folder()
        self._display.does("move", *map(str, MIDDLE))
        agent.order(what, folder)
        if chance.random() < EARLY:
            agent.wait_for("started")
        else:
            agent.wait_for("reviewed")
            self._await_input()
        time.sleep(chance.uniform(0, self._latest_seconds))
        before = self._display.heard()
        at = self._stops(agent, way)
        agent.wait_for("over")
        seen = self._agents(before + self._seen_until(max(time.monotonic(), at + DEADLINE_SECONDS) + AFTER_SECONDS))
        after = [raw.at - at for raw in seen if raw.at > at]
        outcome, readable, _ = _read_back(folder)
        return StopMeasured(
            way=way,
            what=what,
            ms=round(1000 * max(after, default=0.0), 1),
            in_the_middle=bool(seen),
            late=sum(seconds > DEADLINE_SECONDS for seconds in after),
            held=self.held(),
            outcome=outcome,
            readable=readable,
        )

    def kill(self, chance: random.Random) -> Kill:
        what, folder = chance.choice(list(stop_worker.LONG)), self.new_folder()
        ear, mouth = self._forks.Pipe(duplex=False)
        agent = self._forks.Process(target=stop_worker.killed, args=(self._display.argument, what, folder, mouth))
        agent.start()
        mouth.close()
        begun = _heard_until(ear, "reviewed")
        self._await_input()
        time.sleep(chance.uniform(0, self._latest_seconds))
        self._display.heard()
        at = time.monotonic()
        agent.kill()
        seen = self._seen_until(at + RELEASE_SECONDS)
        held = self.held()
        agent.join()
        begun += _count_rest(ear)
        _, readable, written = _read_back(folder)
        after = [raw.at - at for raw in seen if raw.at > at and not raw.pressed and raw.kind != "motion"]
        return Kill(
            what=what, ms=round(1000 * max(after, default=0.0), 1), held=held, lost=begun - written, readable=readable
        )

    def hinder(self, way: Hindrance, chance: random.Random) -> Hindered:
        what, folder = chance.choice(list(stop_worker.LONG)), self.new_folder()
        ear, mouth = self._forks.Pipe(duplex=False)
        with closing(HinderedRun(way, self._display.server)) as run:
            arguments = (self._display.argument, what, folder, mouth, run.slave_name)
            agent = self._forks.Process(target=stop_worker.hindered, args=arguments)
            agent.start()
            mouth.close()
            _heard_until(ear, "reviewed")
            self._await_input()
            time.sleep(chance.uniform(0, self._latest_seconds))
            self._display.heard()
            with run.stopped(agent) as at:
                frozen = way == "frozen display"  # so that nobody on it can be asked
                seen = [] if frozen else self._seen_until(at + RELEASE_SECONDS)
                run.let_go_on(agent)
                stopped_at = time.monotonic() if way == "suspended" else at
                held = self.held() if way == "suspended" else 0
            left_seconds = time.monotonic() - stopped_at
        time.sleep(RELEASE_SECONDS)
        outcome, _, _ = _read_back(folder)
        after = [raw.at - at for raw in seen if raw.at > at]
        return Hindered(
            way=way,
            what=what,
            ms=None if frozen else round(1000 * max(after, default=0.0), 1),
            left_seconds=round(left_seconds, 2),
            held=held + self.held(),
            outcome=outcome,
        )

    def _stops(self, agent: Worker, way: StopWay) -> float:
        """When it was said, by the monotonic clock."""
        match way:
            case "keys":
                self._display.does("down", *KEYS[:-1])
                at = self._display.does("tap", KEYS[-1])
                self._display.does("up", *KEYS[:-1])
                return at
            case "corner":
                return self._display.does("move", *map(str, CORNER))
        at = time.monotonic()
        match way:
            case "ctrl-c":
                os.kill(agent.pid, signal.SIGINT)
            case "sigterm":
                os.kill(agent.pid, signal.SIGTERM)
            case "command":  # as `screenagent stop` does it, once that has been started
                [driver] = drivers(self._display.name)
                os.kill(driver.pid, signal.SIGTERM)
            case "by the display":  # as it does where it cannot reach the process
                self._display.ask_to_stop()
            case "esc":
                os.write(agent.terminal, b"\x1b")
            case "console ctrl-c":
                os.write(agent.terminal, b"\x03")
        return at

    def _await_input(self) -> None:
        if not until(lambda: self._agents(self._display.heard()), seconds=END_SECONDS, poll=0.0):
            raise TimeoutError(f"the agent sent nothing within {END_SECONDS:g} s")

    def _seen_until(self, moment: float) -> list[Raw]:
        time.sleep(max(0.0, moment - time.monotonic()))
        return self._display.heard()

    def _agents(self, seen: Iterable[Raw]) -> list[Raw]:
        """What was not the person's."""
        return [raw for raw in seen if self._display.of_agent(raw)]

    def held(self) -> int:
        """How many keys and buttons are down."""
        return self._display.held()

    def new_folder(self) -> Path:
        self._runs += 1
        return self._folder / f"run-{self._runs}"


def _read_back(folder: Path) -> tuple[str, bool, int]:
    """How the run ended, whether its folder can be read, and how many events it holds."""
    try:
        events = list(read_events(folder))
    except (ValueError, OSError):
        return "unreadable", False, 0
    last = events[-1] if events else None
    return last.result if isinstance(last, Ended) else "cut off", True, len(events)


def _heard_until(ear: Any, happened: str) -> int:
    """Return how many events had begun to be written by then."""
    count = 0
    while ear.poll(READY_SECONDS):
        count += 1
        if ear.recv() == happened:
            return count
    raise TimeoutError(f"the agent did not say {happened} within {READY_SECONDS:g} s")


def _count_rest(ear: Any) -> int:
    count = 0
    with suppress(EOFError):
        while ear.poll():
            ear.recv()
            count += 1
    return count
