"""The Inspector's command line calls each tool of a server process, and checks the schemas in its strict way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from tests.mcp.inspector import PROGRAM, lacking, node_folder
from tests.mcp.test_wire import NAMES
from tests.paths import ROOT

pytestmark = [pytest.mark.inspector, pytest.mark.skipif(lacking() != "", reason=lacking())]

ERAS: Final = ("legacy", "modern")
ERROR: Final = 5
"""What the Inspector ends with if the result of a tool is an error."""
CLICK: Final = {"do": "click", "target": "Save"}

CALLS: Final[Sequence[tuple[str, Mapping[str, Any], str]]] = (
    ("find", {"target": "the Save button"}, "outcome: absent"),
    ("act", {"frame": "f1", "steps": [CLICK]}, "outcome: refused by the guard"),
    ("wait_for", {"words": "Save", "seconds": 0}, "outcome: unsatisfied"),
    ("run", {"task": "click Save"}, "outcome: running"),
    ("scripts", {}, "outcome: list"),
    ("stop", {}, "outcome: unchanged"),
)
WRONG: Final[Sequence[tuple[str, Mapping[str, Any], str]]] = (
    ("act", {"frame": "f1", "steps": [CLICK], "approve": "never"}, "unknown argument approve"),
    ("run_status", {"handle": "r1"}, "there is no run 'r1'"),
    ("run_stop", {"handle": "r1"}, "there is no run 'r1'"),
    ("play", {"name": "payroll"}, "there is no script 'payroll'"),
)


def inspected(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Let the Inspector start a server on a virtual desktop, and ask it."""
    environment = os.environ | {"PATH": f"{node_folder()}:{os.environ['PATH']}", "HOME": str(home)}
    server = [sys.executable, "-m", "screenagent", "mcp", "--virtual", "--no-record"]
    command = [str(PROGRAM), "--cli", "--format", "json", *options, *server]
    return subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def called(home: Path, era: str, tool: str, arguments: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
    """Return what the Inspector ends with, and the result of the call."""
    asked = ("--method", "tools/call", "--tool-name", tool, "--tool-args-json", json.dumps(arguments))
    done = inspected(home, "--protocol-era", era, *asked)
    assert done.stdout, done.stderr
    result: Mapping[str, Any] = json.loads(done.stdout)["result"]
    return done.returncode, result


def test_the_schemas_pass_the_strict_check(tmp_path: Path) -> None:
    done = inspected(tmp_path, "--strict", "--method", "tools/list")
    assert done.returncode == 0, done.stderr
    assert done.stderr in ("", "stopped\n")  # no complaint; the server says so if it is ended while it still starts
    assert [tool["name"] for tool in json.loads(done.stdout)["result"]["tools"]] == NAMES


@pytest.mark.parametrize("era", ERAS)
def test_a_look_is_a_picture_and_its_frame(era: str, tmp_path: Path) -> None:
    code, result = called(tmp_path, era, "see", {})
    assert code == 0
    assert [part["type"] for part in result["content"]] == ["image", "text"]
    assert result["content"][0]["mimeType"] == "image/jpeg"
    assert result["content"][1]["text"].startswith("frame f1-")
    assert "structuredContent" not in result


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("tool", "arguments", "words"), CALLS, ids=[tool for tool, _, _ in CALLS])
def test_a_tool_is_called(era: str, tool: str, arguments: Mapping[str, Any], words: str, tmp_path: Path) -> None:
    code, result = called(tmp_path, era, tool, arguments)
    assert (code, result["isError"]) == (0, False)
    assert result["content"][0]["text"].startswith(words)
    assert words.split()[1] == result["structuredContent"]["outcome"]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("tool", "arguments", "words"), WRONG, ids=[tool for tool, _, _ in WRONG])
def test_a_wrong_call_is_an_error(
    era: str, tool: str, arguments: Mapping[str, Any], words: str, tmp_path: Path
) -> None:
    code, result = called(tmp_path, era, tool, arguments)
    assert (code, result["isError"]) == (ERROR, True)
    assert result["content"][0]["text"].startswith(words)
