"""A run on a desktop of its own, brought to a moment and then disturbed from outside; what is left of it afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from Xlib.display import Display

from screenagent.control import Control, until
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.events import Event
from screenagent.runs.store import read_events
from tests.desktop.test_killed import processes_of

REACHED_SECONDS: Final = 30.0
ENDED_SECONDS: Final = 20.0
LEFT_SECONDS: Final = 5.0
LONG_TEXT: Final = "abcdefghij klmno\\n" * 400
STEPS: Final[Mapping[str, str]] = {
    "asks": "  - press: a\n",
    "types": f'  - type: "{LONG_TEXT}"\n',
    "holds": "  - hold_keys: shift\n    seconds: 60\n",
    "waits": "  - wait_for: Nowhere\n    timeout: 60\n",
    "presses": "  - press: a\n",
}
"""What a run does at each moment, as the steps of a script."""


@dataclass
class DisturbedRun:
    """A run of `screenagent play` as a process, and what it has said."""

    process: subprocess.Popen[bytes]
    desktop: VirtualDesktop
    work: Path
    moment: str
    stopped_at: float | None = None
    seconds_to_leave: float = 0.0

    @property
    def folder(self) -> Path | None:
        """The folder that the run is recorded in, once there is one."""
        return next(iter((self.work / "runs").glob("*")), None)

    @property
    def said(self) -> str:
        return (self.work / "stderr").read_text(errors="replace")

    @property
    def sentence(self) -> str:
        """The last line that it said, without the place of the recording."""
        lines = [line for line in self.said.splitlines() if line.strip() and not line.startswith("recorded in")]
        return lines[-1] if lines else ""

    def reach(self) -> None:
        """Wait until the run is at its moment."""
        reached: Mapping[str, Callable[[], object]] = {
            "asks": lambda: "or no and why" in self.said,
            "types": lambda: self.held() or "reviewed" in self._kinds(),
            "holds": self.held,
            "waits": lambda: "observed" in self._kinds(),
            "presses": lambda: self.process.poll() is not None,
        }
        until(lambda: reached[self.moment]() or self.process.poll() is not None, seconds=REACHED_SECONDS)
        if not reached[self.moment]():
            raise TimeoutError(f"the run did not come to the moment that it {self.moment}: {self.said}")

    def held(self) -> bool:
        """Return whether a key or a button is down on the desktop."""
        with closing(Display(self.desktop.display)) as display:
            return any(display.query_keymap()) or bool(display.screen().root.query_pointer().mask & 0x1F00)

    def send(self, number: int, program: str) -> None:
        """Send a signal to a program of the desktop, such as its X server."""
        for process, executable in processes_of(self.desktop.folder).items():
            if Path(executable).name == program:
                os.kill(process, number)

    def stop(self) -> None:
        self.stopped_at = time.monotonic()
        self.process.send_signal(signal.SIGTERM)

    def ended(self) -> int:
        """Wait for the end of the run; return its exit code."""
        code = self.process.wait(ENDED_SECONDS)
        if self.stopped_at is not None:
            self.seconds_to_leave = time.monotonic() - self.stopped_at
            self.stopped_at = None
        return code

    def events(self) -> list[Event]:
        """Return what was recorded, as `screenagent report` reads it."""
        assert self.folder is not None
        return list(read_events(self.folder))

    def processes_left(self) -> set[int]:
        """Return our processes that outlive the run, after they had the time that they may take."""
        until(lambda: not self._marked(), seconds=LEFT_SECONDS)
        return self._marked()

    def _kinds(self) -> list[str]:
        file = self.folder / "events.jsonl" if self.folder else None
        lines = file.read_bytes().split(b"\n")[:-1] if file and file.exists() else []
        return [json.loads(line)["event"] for line in lines]

    def _marked(self) -> set[int]:
        """The processes that have the run's own folder for temporary files, which helpers of ours inherit."""
        mark, found = f"TMPDIR={self.work}".encode(), set()
        for environment in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark in environment.read_bytes().split(b"\0"):
                    found.add(int(environment.parent.name))
            except OSError:
                continue  # it has ended
        return found


@contextmanager
def disturbed_run(
    work: Path,
    moment: str,
    *,
    environment: Mapping[str, str] | None = None,
    limits: Sequence[str] = (),
    stdin: int = subprocess.PIPE,
) -> Iterator[DisturbedRun]:
    """Start a run on a desktop with a probe window, and wait until it is at `moment`."""
    script = work / "script.yaml"
    script.write_text(f"name: {moment}\nsteps:\n{STEPS[moment]}")
    approve = "each" if moment == "asks" else "never"
    command = [*limits, sys.executable, "-m", "screenagent", "play", str(script), "--approve", approve, "--plain"]
    with VirtualDesktop(control=Control()) as desktop, Probe(desktop.display), (work / "stderr").open("wb") as said:
        own = {"TMPDIR": str(work), "SCREENAGENT_PAUSE_ON_USER_INPUT": "off", "PYTHONPATH": os.getcwd()}
        process = subprocess.Popen(
            [*command, "--runs", str(work / "runs")],
            env={**desktop.environment, **own, **(environment or {})},
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        run = DisturbedRun(process, desktop, work, moment)
        try:
            run.reach()
            yield run
        finally:
            process.kill()
            process.wait()
            if process.stdin:
                process.stdin.close()
            run.send(signal.SIGCONT, "Xvfb")
