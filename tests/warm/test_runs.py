"""A run that the warm process carries out on a display: what it does, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator

import pytest

from screenagent.control import Control
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.virtual import VirtualDesktop
from tests.warm.conftest import Here, has_gone, placed

pytestmark = [
    pytest.mark.display,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="it needs what Linux says of processes"),
]
PLAIN = ("--plain", "--json", "--approve", "never", "--no-record")


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with VirtualDesktop(control=Control()) as virtual:
        yield virtual.display


@pytest.fixture(scope="module")
def probe(display: str) -> Iterator[Probe]:
    with Probe(display) as probe:
        yield probe


@pytest.fixture(scope="module")
def desk(display: str) -> Iterator[Here]:
    with placed({"DISPLAY": display}) as place:
        assert place.run("warm", "start").code == 0
        yield place


def events(said: str) -> list[str]:
    return [json.loads(line)["event"] for line in said.splitlines()]


def test_a_run_has_the_same_events_and_input_as_without(desk: Here, probe: Probe) -> None:
    served = desk.status()["served"]
    with_it = desk.run("run", "click One", *PLAIN)
    without = desk.run("run", "click One", *PLAIN, env=desk.without())
    probe.drain()
    assert (with_it.code, without.code) == (0, 0)
    assert events(with_it.out) == events(without.out)
    assert len(probe.of("press")) == 2
    assert desk.status()["served"] == served + 1


@pytest.mark.parametrize(
    ("killed", "code", "said"), [("run", 1, "not finished"), ("client", -signal.SIGKILL, ""), ("stop", 130, "stopped")]
)
@pytest.mark.usefixtures("probe")
def test_a_run_that_is_ended_lets_go_of_the_desktop(desk: Here, killed: str, code: int, said: str) -> None:
    with desk.open("run", "wait 60 seconds, click One", *PLAIN) as client:
        run = desk.begun(desk.status()["pid"])
        assert client.stdout is not None
        while "decided" not in client.stdout.readline():
            pass
        if killed == "stop":
            assert desk.run("stop", "--display", desk.variables["DISPLAY"]).code == 0
        else:
            os.kill(run if killed == "run" else client.pid, signal.SIGKILL)
        _, err = client.communicate(timeout=20)
    assert client.returncode == code
    assert said in err
    assert has_gone(run)
    assert desk.run("run", "click Two", *PLAIN).code == 0
