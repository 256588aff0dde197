"""Starts a run without a terminal, which goes on when this one is closed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from screenagent.cli.output import echo, echo_lines

if TYPE_CHECKING:
    from screenagent.sessions.place import LiveRun

LOOK_SECONDS: Final = 0.03
LOG: Final = "output.log"
PIECE: Final = 1 << 16
STOPPED: Final = 130


def detach(words: Sequence[str]) -> int:
    """Start the command of `words` once more, detached. Return once faces can attach to its run, or with its error."""
    if sys.platform != "linux":
        raise click.UsageError("--detach needs Linux; elsewhere no face can attach to a run")
    command, *rest = words
    started_by = sys.orig_argv[1 : len(sys.orig_argv) - len(words)]  # else it might find another package of that name
    with _log() as log:
        run = subprocess.Popen(
            [sys.executable, *started_by, command, "--detached", *rest],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            live = _met(run)
        except KeyboardInterrupt:
            run.terminate()
            run.wait()
            raise
        if live is None:
            log.seek(0)
            echo_lines(log.read().decode(errors="replace"), err=True, nl=False)
            return run.returncode if run.returncode >= 0 else STOPPED
    echo(live.about.run)
    echo(f"`screenagent attach {live.about.run}` supervises it, `screenagent stop {live.about.run}` stops it", err=True)
    return 0


def _met(run: subprocess.Popen[bytes]) -> LiveRun | None:
    """Wait until the run of the process can be met; None if the process ends before."""
    from screenagent.sessions.place import live_runs

    while True:
        ended = run.poll() is not None
        for live in live_runs():
            if live.about.pid == run.pid:
                return live
        if ended:
            return None
        time.sleep(LOOK_SECONDS)


@contextmanager
def _log() -> Iterator[IO[bytes]]:
    """Open a file without a name that a run writes to until it has a folder; it is gone with the last who has it."""
    from tempfile import TemporaryFile

    with TemporaryFile() as file:
        yield file


def keep_output(folder: Path) -> None:
    """Let what this process has printed, and prints from here on, be in a file of the run's folder."""
    log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
    sys.stdout.flush()
    sys.stderr.flush()
    at = 0
    with suppress(OSError):  # what was printed went somewhere else
        while piece := os.pread(2, PIECE, at):
            at += os.write(log, piece)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)
