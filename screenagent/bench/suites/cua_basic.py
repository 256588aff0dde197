"""cua-bench-basic: tasks on one page each, in `NAME/main.py` with the page in `NAME/gui/`, judged by what it says.

Their programs run in a process of their own (`cua_page`). Their windows load a style sheet and icons from the network.
Here a few rules of ours stand in for the style sheet, and tasks about icons are left out.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import screenagent
from screenagent.bench.devtools import FLAGS
from screenagent.bench.suites.listed import LeftOut, ListedSuite, is_installed, licence_of, needs_network
from screenagent.bench.tasks import ShellCheck, Task
from screenagent.errors import BadFile

SECONDS: Final = 300.0

_ICONS: Final = re.compile(
    r"createElement\(.iconify-icon|<button[^>]*>\s*(<iconify-icon[^>]*>\s*(</iconify-icon>)?\s*)+</button>"
)
"""Icons that a program makes, and buttons that show nothing but an icon."""


def read_cua_basic(folder: Path) -> ListedSuite:
    """Return the tasks of a checkout: of its folder `datasets/cua-bench-basic`, or of one above that."""
    place = _tasks_folder(folder)
    tasks: list[Task] = []
    left_out: list[LeftOut] = []
    for told in _ran("list", place):
        name = Path(told["main"]).parent.name
        if why := _why_not(told):
            left_out.append(LeftOut(id=_id(told, name), app=name, why=why))
        else:
            tasks.append(_task(told, name))
    return ListedSuite(name="cua-bench-basic", tasks=tuple(tasks), left_out=tuple(left_out), licence=licence_of(place))


def prove_cua_basic(folder: Path) -> list[LeftOut]:
    """Return the tasks whose check does not tell the untouched page from the solved one."""
    excluded = []
    for told in _ran("prove", _tasks_folder(folder)):
        name = Path(told["main"]).parent.name
        if why := _why_unproven(told):
            excluded.append(LeftOut(id=_id(told, name), app=name, why=why))
    return excluded


def _id(told: dict[str, Any], name: str) -> str:
    return f"{name}-{told['index']}" if "index" in told else name


def _why_unproven(told: dict[str, Any]) -> str:
    if told.get("why"):
        return f"its check cannot be run: {told['why']}"
    if told["untouched"]:
        return "its check holds on the untouched page"
    return "" if told["solved"] else "its check does not hold after the suite's own solution"


def _tasks_folder(folder: Path) -> Path:
    below = ("", "cua-bench-basic", "datasets/cua-bench-basic", "libs/cua-bench/datasets/cua-bench-basic")
    for place in (folder / name for name in below):
        if any(place.glob("*/gui/index.html")):
            return place
    raise BadFile(f"{folder} is no checkout of cua-bench: it has no cua-bench-basic/*/gui/index.html")


def _why_not(told: dict[str, Any]) -> str:
    if told.get("why"):
        return f"its main.py cannot be run: {told['why']}"
    if not is_installed("chromium"):
        return "chromium is not installed"
    if _ICONS.search(told["window"]["html"]):
        return "its icons come from the network"
    return "it needs the network" if needs_network(told["window"]["html"]) else ""


def _task(told: dict[str, Any], name: str) -> Task:
    window = told["window"]
    own = ("--test-type", f"--window-size={window['width']},{window['height']}", "--user-data-dir={dir}/profile")
    words = (sys.executable, "-m", "screenagent.bench.suites.cua_page", "check", told["main"], str(told["index"]))
    return Task(
        id=_id(told, name),
        app=shlex.join(("chromium", *FLAGS, *own, "--app=file://{dir}/index.html")),
        group=name,
        task=told["description"],
        check=ShellCheck(shell=f"PYTHONPATH={shlex.quote(_package())} {shlex.join(words)} {{dir}}/profile"),
        files={"index.html": window["html"]},
    )


def _ran(command: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what the process with the suite's programs says."""
    words = (sys.executable, "-m", "screenagent.bench.suites.cua_page", command, str(folder.resolve()))
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            env=os.environ | {"PYTHONPATH": _package()},
        )
    except subprocess.TimeoutExpired:
        raise BadFile(f"the programs in {folder} did not end within {SECONDS:g} s") from None
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or ["no reason was given"]
        raise BadFile(f"the programs in {folder} cannot be run: {said[0]}")
    yield from (json.loads(line) for line in done.stdout.splitlines())


def _package() -> str:
    return str(Path(screenagent.__file__).parent.parent)
