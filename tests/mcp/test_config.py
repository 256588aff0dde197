"""The entry for a host names this installation and the desktop, whatever the host passes on."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import get_args

import pytest
import yaml

from screenagent.mcp.config import PLACES, Host, desktop_environment, entry, server_command
from tests.builders import in_process

COMMAND = ("/opt/my agent/screenagent", "mcp")
ENVIRONMENT = {"DISPLAY": ":0", "XAUTHORITY": "/home/ada/.X auth", "PATH": "/bin", "XDG_RUNTIME_DIR": ""}


@pytest.mark.parametrize("host", ["claude", "cursor", "vscode"])
def test_a_host_that_reads_json_starts_the_command_in_the_environment(host: Host) -> None:
    read = json.loads(entry(host, COMMAND, desktop_environment(ENVIRONMENT)))
    server = read["servers" if host == "vscode" else "mcpServers"]["screenagent"]
    assert (server["command"], server["args"]) == ("/opt/my agent/screenagent", ["mcp"])
    assert server["env"] == {"DISPLAY": ":0", "XAUTHORITY": "/home/ada/.X auth"}


def test_claude_code_is_told_by_a_command() -> None:
    words = shlex.split(entry("code", COMMAND, desktop_environment(ENVIRONMENT)))
    assert words[:4] == ["claude", "mcp", "add", "screenagent"]
    assert words[words.index("--") + 1 :] == list(COMMAND)
    assert "XAUTHORITY=/home/ada/.X auth" in words


def test_goose_reads_yaml() -> None:
    read = yaml.safe_load(entry("goose", COMMAND, desktop_environment(ENVIRONMENT)))["extensions"]["screenagent"]
    assert (read["cmd"], read["args"], read["type"]) == ("/opt/my agent/screenagent", ["mcp"], "stdio")
    assert read["envs"]["DISPLAY"] == ":0"


def test_every_host_has_a_place() -> None:
    assert set(PLACES) == set(get_args(Host))


def test_the_command_is_absolute() -> None:
    assert Path(server_command()[0]).is_absolute()


def test_the_command_line_prints_the_entry_and_says_where_it_belongs() -> None:
    done = in_process("mcp", "config", "--client", "claude", "--virtual", DISPLAY=":7")
    assert done.returncode == 0
    server = json.loads(done.stdout)["mcpServers"]["screenagent"]
    assert server["args"][-2:] == ["mcp", "--virtual"]
    assert server["env"]["DISPLAY"] == ":7"
    assert "claude_desktop_config.json" in done.stderr


def test_the_entry_for_a_desk_names_it_and_no_other_place() -> None:
    done = in_process("mcp", "config", "--client", "cursor", "--desk", "office", DISPLAY=":7")
    assert json.loads(done.stdout)["mcpServers"]["screenagent"]["args"][-2:] == ["mcp", "--desk=office"]
    both = in_process("mcp", "config", "--client", "cursor", "--virtual", "--desk", "office")
    assert both.returncode == 2
    assert "leave one away" in both.stderr


def test_without_the_extra_the_server_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screenagent.cli.mcp.find_spec", lambda _: None)
    done = in_process("mcp")
    assert done.returncode == 2
    assert "pip install 'screenagent[mcp]'" in done.stderr


def test_the_entry_leads_to_a_wayland_session_too() -> None:
    wayland = {"WAYLAND_DISPLAY": "wayland-1", "XDG_CURRENT_DESKTOP": "sway", "SWAYSOCK": "/run/sway.sock"}
    assert desktop_environment(wayland | {"HOME": "/home/ada"}) == wayland
