"""A server that ends while it holds a key and a button down: both come up at once, however it ends."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import pytest

from screenagent.desktop.testing.probe import Probe
from tests.builders import becomes, eventually
from tests.mcp.input_witness import InputWitness, input_witness
from tests.mcp.remote_person import RemotePerson
from tests.mcp.wire_client import WireClient, wire_client

if TYPE_CHECKING:
    from screenagent.desktop.virtual import VirtualDesktop

pytestmark = pytest.mark.display

TASK: Final = "hold ctrl and drag one to three slowly"
"""For two seconds a key and a button are down."""
RELEASED_SECONDS: Final = 0.5


def closes_stdin(client: WireClient) -> None:
    assert client.server.stdin
    client.server.stdin.close()


ENDS: Final[Mapping[str, Callable[[WireClient], object]]] = {
    "SIGTERM": lambda client: client.server.send_signal(signal.SIGTERM),
    "SIGINT": lambda client: client.server.send_signal(signal.SIGINT),
    "SIGKILL": lambda client: client.server.send_signal(signal.SIGKILL),
    "closed stdin": closes_stdin,
}
CODES: Final = {"SIGTERM": 130, "SIGINT": 130, "SIGKILL": -signal.SIGKILL, "closed stdin": 0}


@pytest.fixture(scope="module")
def environment(virtual: VirtualDesktop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    folder = str(tmp_path_factory.mktemp("runtime"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_RUNTIME_DIR", folder)
        yield {**virtual.environment, "XDG_RUNTIME_DIR": folder, "DISPLAY": virtual.display}


@pytest.fixture(scope="module")
def clients(environment: Mapping[str, str]) -> Iterator[Mapping[str, WireClient]]:
    """A server for each end; they start side by side."""
    with ExitStack() as stack:
        yield {end: stack.enter_context(wire_client(environment)) for end in ENDS}


@pytest.fixture(scope="module")
def witness(virtual: VirtualDesktop) -> Iterator[InputWitness]:
    with Probe(virtual.display), input_witness(virtual.display) as witness:
        yield witness


@pytest.mark.parametrize("end", ENDS)
def test_a_key_and_a_button_that_are_held_come_up(
    end: str, clients: Mapping[str, WireClient], witness: InputWitness
) -> None:
    client = clients[end]
    client.open()
    with RemotePerson().at_work():
        assert client.call("run", {"task": TASK})["structuredContent"]["outcome"] == "running"
        eventually(lambda: {kind for kind, _ in witness.down} == {"key", "button"}, seconds=30)
        ended_at = time.monotonic()
        ENDS[end](client)
        assert becomes(lambda: not witness.down, seconds=5)
        seconds = witness.strokes[-1].at - ended_at
        print(f"{end}: both were up {1000 * seconds:.0f} ms after it")
        assert seconds < RELEASED_SECONDS
        assert client.server.wait(10) == CODES[end]
