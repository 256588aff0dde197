"""The Inspector's command line, an MCP client of others: installed from npm into a folder of its own by `make mcp`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.paths import ROOT

FOLDER: Final = ROOT / ".cache" / "mcp-inspector"
INSPECTOR: Final = "2.12.0"
NODE: Final = "22"
"""The Inspector needs 22.19 or later; on an older Node npm silently installs an Inspector of 2025."""
PROGRAM: Final = FOLDER / "node_modules" / ".bin" / "mcp-inspector"


def install() -> str:
    """Install Node and the Inspector if they are not there; return why they cannot be, or an empty text."""
    if lacking() == "":
        return ""
    if (npm := shutil.which("npm")) is None:
        return "there is no npm here, so the Inspector was not tried"
    print(f"installing the Inspector into {FOLDER}: 0.4 GB", file=sys.stderr, flush=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "package.json").write_text(json.dumps({"private": True}))
    wanted = (f"node@{NODE}", f"@modelcontextprotocol/inspector@{INSPECTOR}")
    done = subprocess.run(
        [npm, "install", "--no-fund", "--no-audit", "--loglevel=error", *wanted], cwd=FOLDER, check=False
    )
    return lacking() if done.returncode == 0 else "npm could not install the Inspector, so it was not tried"


def lacking() -> str:
    """Return why the Inspector cannot be called; empty if it can."""
    package = FOLDER / "node_modules" / "@modelcontextprotocol" / "inspector" / "package.json"
    if not PROGRAM.exists() or not package.is_file():
        return "the Inspector is not installed; `make mcp` installs it"
    version = json.loads(package.read_text("utf-8"))["version"]
    return "" if version == INSPECTOR else f"Inspector {version} is installed, not {INSPECTOR}"


def node_folder() -> Path:
    return PROGRAM.parent


if __name__ == "__main__":
    print(install() or f"Inspector {INSPECTOR}")
