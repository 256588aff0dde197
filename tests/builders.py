"""What many tests are built from: texts on a screen, a command in this process, a wait for a condition.

What is drawn stands in `tests.drawings`. Parts that do as they are told are shipped in `screenagent.fakes`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from subprocess import CompletedProcess

from click.testing import CliRunner

from screenagent.cli import main


def eventually(holds: Callable[[], object], *, seconds: float = 10, every: float = 0.01) -> None:
    """Wait until `holds`, which is asked of things that cannot say when they change; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it was not so within {seconds:g} s"
        time.sleep(every)


def in_process(*words: str, typed: str = "", **environment: str) -> CompletedProcess[str]:
    """Run `screenagent` with these words as its command line does, without the time that a process of its own takes."""
    arguments, sys.argv = sys.argv, ["screenagent", *words]
    with CliRunner().isolation(input=typed, env=environment) as (stdout, stderr, _):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            sys.argv = arguments
        return CompletedProcess(words, code, stdout.getvalue().decode(), stderr.getvalue().decode())
