"""The entry by which a host starts the server: hosts pass on hardly anything of the environment, so it says all."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

Host = Literal["claude", "code", "cursor", "vscode", "goose"]

PASSED_ON: Final = (
    *("DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"),
    *("WAYLAND_DISPLAY", "XDG_CURRENT_DESKTOP", "SWAYSOCK"),
)
"""What the server needs to find the desktop, and the person's faces to find the server."""
NAME: Final = "screenagent"
GOOSE_SECONDS: Final = 120


def server_command() -> tuple[str, ...]:
    """Return the command of this installation, with absolute paths."""
    beside = Path(sys.executable).with_name("screenagent")
    found = str(beside) if beside.is_file() else shutil.which("screenagent")
    return (os.path.abspath(found),) if found else (sys.executable, "-m", "screenagent")


def desktop_environment(environment: Mapping[str, str]) -> Mapping[str, str]:
    return {name: environment[name] for name in PASSED_ON if environment.get(name)}


def entry(host: Host, command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return what to write into the host's configuration, or for Claude Code the command that does so."""
    program, *arguments = command
    server = {"command": program, "args": arguments, "env": dict(environment)}
    match host:
        case "claude" | "cursor":
            return _json({"mcpServers": {NAME: server}})
        case "vscode":
            return _json({"servers": {NAME: {"type": "stdio", **server}}})
        case "code":
            variables = [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
            return shlex.join(["claude", "mcp", "add", NAME, *variables, "--", program, *arguments])
        case "goose":
            return _yaml(program, arguments, environment)


PLACES: Final[Mapping[Host, str]] = {
    "claude": "claude_desktop_config.json (Settings, Developer, Edit Config)",
    "code": "a shell",
    "cursor": "~/.cursor/mcp.json",
    "vscode": ".vscode/mcp.json, or MCP: Open User Configuration",
    "goose": "~/.config/goose/config.yaml, under extensions",
}
"""Where the entry belongs."""


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _yaml(program: str, arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return Goose's entry; a JSON text is a YAML text, too, so every value is quoted right."""
    lines = [
        "extensions:",
        f"  {NAME}:",
        f"    name: {NAME}",
        "    type: stdio",
        "    enabled: true",
        f"    cmd: {json.dumps(program)}",
        f"    args: {json.dumps(list(arguments))}",
        f"    envs: {json.dumps(dict(environment))}",
        f"    timeout: {GOOSE_SECONDS}",
    ]
    return "\n".join(lines)
