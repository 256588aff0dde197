"""Mutated calls to a server process: each is answered once, nothing is sent, and the server stays small."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from screenagent.desktop.testing.probe import Probe
from screenagent.mcp.tools import TOOLS
from tests.builders import becomes
from tests.mcp.input_witness import QUIET_SECONDS, InputWitness, input_witness
from tests.mcp.test_hostile import mutated
from tests.mcp.wire_client import Heard, WireClient, wire_client

if TYPE_CHECKING:
    from screenagent.desktop.virtual import VirtualDesktop

pytestmark = [pytest.mark.display, pytest.mark.soak]

SEED: Final = 20
AT_ONCE: Final = 32
"""Calls that are open at a time."""
MOST_MEMORY: Final = 300_000_000
"""Bytes, a moment after the calls, with the models that read the screen."""
MOST_GROWTH: Final = 60_000_000
"""Bytes, at most for a moment, beyond what reading a screen once has taken."""
FEW, MANY = 300, 10_000

WHOLE: Final[Mapping[str, Any]] = {
    "target": "one",
    "words": "One",
    "gone": False,
    "seconds": 0,
    "region": "0,0,200,200",
    "task": "click one",
    "handle": "r1-000000",
    "name": "a script",
    "values": "a=b",
    "steps": [{"do": "click", "target": "one"}, {"do": "press", "keys": "ctrl+s"}],
}
"""What every tool takes, but for the frame; a person who said yes to it would see inputs."""

ODD: Final[tuple[Any, ...]] = (
    None,
    True,
    7,
    "",
    "\x00",
    "\ud800",
    [],
    {},
    [[]],
    float("nan"),
    10**40,
    "x" * 5000,
    {"name": {}},
)


class Mutations:
    """Calls that are mutated in their arguments, their envelope or their bytes, from a seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.frame = "f1"

    def params(self, number: int) -> object:
        """Return the parameters of a call of one tool after the other."""
        tool = TOOLS[number % len(TOOLS)]
        whole = {name: self.frame if name == "frame" else WHOLE[name] for name in tool.schema["properties"]}
        if self._chance.random() < 0.75:
            return {"name": tool.name, "arguments": mutated(self._chance, whole)}
        return self._in_the_envelope({"name": tool.name, "arguments": whole, "_meta": {"progressToken": number}})

    def _in_the_envelope(self, params: dict[str, Any]) -> object:
        where = self._chance.choice(["params", *params, "more"])
        return self._chance.choice(ODD) if where == "params" else params | {where: self._chance.choice(ODD)}

    def spoilt(self, line: bytes) -> bytes:
        """Return the line with some of its bytes put wrong. Nobody need be able to tell that it was a call."""
        spoilt = bytearray(line)
        for _ in range(self._chance.randint(1, 4)):
            spoilt[self._chance.randrange(len(spoilt))] = self._chance.randrange(256)
        return bytes(spoilt).replace(b"\n", b" ")


@pytest.fixture
def witness(virtual: VirtualDesktop) -> Iterator[InputWitness]:
    with Probe(virtual.display), input_witness(virtual.display) as witness:
        yield witness


@pytest.fixture
def client(
    virtual: VirtualDesktop, witness: InputWitness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WireClient]:
    environment = {**virtual.environment, "XDG_RUNTIME_DIR": str(tmp_path), "DISPLAY": virtual.display}
    with wire_client(environment | {"HOME": str(tmp_path)}) as opened:
        opened.open()
        yield opened


def test_some_hundred_mutated_calls_are_answered_and_send_nothing(client: WireClient, witness: InputWitness) -> None:
    check_mutated(client, witness, FEW)


def test_ten_thousand_mutated_calls_are_answered_and_send_nothing(client: WireClient, witness: InputWitness) -> None:
    check_mutated(client, witness, MANY)


def check_mutated(client: WireClient, witness: InputWitness, calls: int) -> None:
    client.call("see", {})
    client.call("find", {"target": "a target that is not there"})
    began, loaded = time.monotonic(), client.most_memory
    answers = all_answers(client, Mutations(SEED), calls)
    assert witness.presses(quiet=QUIET_SECONDS) == []
    assert client.call("stop", {})["isError"] is False
    assert client.most_memory - loaded < MOST_GROWTH
    assert becomes(lambda: client.memory < MOST_MEMORY, seconds=10), client.memory
    assert set(answers) <= {"result", "wrong", "error"}
    assert min(answers.values()) > calls / 20, answers
    seconds = time.monotonic() - began
    print(f"{calls} calls of seed {SEED} in {seconds:.0f} s: {dict(answers)}")
    most, before, after = (size // 1_000_000 for size in (client.most_memory, loaded, client.memory))
    print(f"at most {most} MB, {before} MB before the first of them, {after} MB a moment after the last")
    assert client.server.stdin
    client.server.stdin.close()
    assert client.server.wait(20) == 0
    assert client.complaints == b""


def all_answers(client: WireClient, mutations: Mutations, calls: int) -> Counter[str]:
    """Make the calls, so many at once as may be open; return how many were answered by what. Each is answered once."""
    open_calls: set[object] = set()
    kinds: Counter[str] = Counter()
    for number in range(calls):
        open_calls.add(client.begin("tools/call", mutations.params(number)))
        if number % 50 == 49:
            line = json.dumps({"jsonrpc": "2.0", "method": "tools/call", "params": mutations.params(number)})
            client.send(mutations.spoilt(line.encode()))
        if number == calls - 1:
            open_calls.add(client.begin_call("stop", {}))  # what waits for a person ends, too
        while len(open_calls) >= AT_ONCE or (number == calls - 1 and open_calls):
            told = client.heard()
            if told.get("id") is not None:
                open_calls.remove(told["id"])
                kinds[kind_of(told)] += 1
                mutations.frame = frame_in(told) or mutations.frame
    return kinds


def kind_of(told: Heard) -> str:
    if "error" in told:
        return "error"
    return "wrong" if told["result"].get("isError") else "result"


def frame_in(told: Heard) -> str:
    """Return the frame of a look; empty for any other answer."""
    content = told.get("result", {}).get("content", [])
    words = str(content[1]["text"]).split() if len(content) == 2 else []
    return words[1] if words[:1] == ["frame"] else ""
