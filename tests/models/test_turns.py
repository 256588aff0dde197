"""Turns at a model that several processes share."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from screenagent.control import Control, Stopped, until
from screenagent.models.turns import ModelTurns

URL = "http://localhost:8000/v1"


def hold(folder: Path, mark: Path) -> None:
    control = Control()
    with ModelTurns(folder, URL, 2, control.wait).taken():
        mark.touch()
        control.wait(600)


@pytest.mark.slow
def test_a_turn_is_waited_for_and_ends_with_the_process_that_holds_it(tmp_path: Path) -> None:
    marks = [tmp_path / f"mark-{number}" for number in range(3)]
    spawning = multiprocessing.get_context("spawn")
    holders = [spawning.Process(target=hold, args=(tmp_path / "turns", mark)) for mark in marks]
    try:
        for holder in holders:
            holder.start()
        assert until(lambda: sum(mark.exists() for mark in marks) == 2, seconds=30)
        waits = Control()
        tries = 0

        def give_up(_: float) -> None:
            nonlocal tries
            tries += 1
            if tries == 5:
                waits.stop()
            waits.check()

        with pytest.raises(Stopped), ModelTurns(tmp_path / "turns", URL, 2, give_up).taken():
            pass
        with ModelTurns(tmp_path / "turns", "http://another/v1", 2, give_up).taken():
            pass
        first = next(holder for holder, mark in zip(holders, marks, strict=True) if mark.exists())
        os.kill(first.pid or 0, signal.SIGKILL)
        assert until(lambda: sum(mark.exists() for mark in marks) == 3, seconds=10), "the turn went to the third"
    finally:
        for holder in holders:
            holder.kill()
            holder.join()
