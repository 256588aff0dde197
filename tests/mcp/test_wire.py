"""What goes over the wire: the tools as they are told, the same at every version, and lines that are no requests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from screenagent.mcp.arguments import ActArguments, StepAsked
from screenagent.mcp.front import MODERN, OLD, OPENING
from screenagent.mcp.opening import opening_answers
from screenagent.mcp.tools import TOOLS
from tests.mcp.wire_client import WireClient, wire_client

NAMES: Final = "see find act wait_for run run_status run_stop scripts play stop".split()


def nodes(schema: object) -> Iterator[Mapping[str, Any]]:
    """Yield every schema in a schema."""
    if isinstance(schema, Mapping):
        yield schema
        for value in schema.values():
            yield from nodes(value)


def test_the_front_answers_what_the_sdk_answers_at_all_versions() -> None:
    stored = json.loads(OPENING.read_text("utf-8"))
    own = opening_answers({})
    assert stored == own, "write them anew: python -m screenagent.mcp.opening"
    assert opening_answers(stored) == own
    assert list(own) == [*OLD, MODERN]


def test_every_version_is_told_the_same_tools_in_the_same_order() -> None:
    stored = json.loads(OPENING.read_text("utf-8"))
    for version in (*OLD, MODERN):
        told = stored[version]["tools/list"]["tools"]
        assert [tool["name"] for tool in told] == NAMES
        assert [tool["inputSchema"] for tool in told] == [tool.schema for tool in TOOLS]


def test_schemas_are_flat_and_closed() -> None:
    for tool in TOOLS:
        for node in nodes(tool.schema):
            assert not {"anyOf", "oneOf", "allOf", "$ref", "$defs"} & node.keys()
            assert not isinstance(node.get("title"), str)
            assert node.get("type") != "object" or node["additionalProperties"] is False
            assert node.get("type") != "string" or node.get("enum") or node["maxLength"] == 2000


def test_the_schemas_say_what_the_models_take() -> None:
    for tool in TOOLS:
        assert list(tool.schema["properties"]) == list(tool.arguments.model_fields)
        required = [name for name, field in tool.arguments.model_fields.items() if field.is_required()]
        assert tool.schema.get("required", []) == required
    step = next(tool for tool in TOOLS if tool.arguments is ActArguments).schema["properties"]["steps"]["items"]
    assert list(step["properties"]) == list(StepAsked.model_fields)


@pytest.fixture
def raw(tmp_path: Path) -> Iterator[WireClient]:
    folders = {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
    with wire_client(folders, "--virtual") as client:
        yield client


@pytest.mark.slow
def test_an_old_client_is_served_over_raw_lines(raw: WireClient) -> None:
    first = raw.open("2024-11-05")[0]["result"]
    assert (first["protocolVersion"], first["serverInfo"]["name"]) == ("2024-11-05", "screenagent")
    unchanged = raw.call("stop", {})
    assert unchanged["content"][0]["text"] == "outcome: unchanged"
    assert raw.call("click", {})["isError"]
    raw.send(b"no JSON at all")
    assert raw.heard()["error"]["code"] == -32700
    raw.send(b'{"jsonrpc":"2.0","id":77,"method":"tools/call","params":' + b"[" * 5000 + b"]" * 5000 + b"}")
    assert raw.heard()["id"] == 77
    large = json.dumps({"name": "find", "arguments": {"target": "x" * 10_000_000}})
    raw.send(b'{"jsonrpc":"2.0","id":78,"method":"tools/call","params":' + large.encode() + b"}")
    assert "longer than 2000" in raw.heard()["result"]["content"][0]["text"]
    assert raw.ask("tools/list", {})["result"]["tools"][0]["name"] == "see"
    assert raw.server.stdin
    raw.server.stdin.close()
    assert raw.server.wait(20) == 0
    assert raw.complaints == b""


@pytest.mark.slow
def test_a_signal_ends_the_server_though_its_stdin_is_open(raw: WireClient) -> None:
    raw.open("2025-11-25")
    raw.call("stop", {})
    raw.server.terminate()
    assert raw.server.wait(20) == 130
