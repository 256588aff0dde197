"""`make soak`: runs the long benches one after the other and writes their figures to docs/benchmarks.md."""

from __future__ import annotations

import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

BENCHES: dict[str, tuple[str, ...]] = {
    "The loop's own time per step": ("bench", "steps"),
    "Popups seen late or not at all": ("bench", "settle"),
    "Whole tasks on real applications": ("bench", "tasks", "examples/tasks.yaml"),
}
ENGINE = ("The model's engine, random weights", ("bench", "model", "--random", "--layers", "1"))
SCREENS = "Grounding on {name}"

HEAD = """\
# Benchmarks

Written by `make soak`. Each table is the JSON object that the command printed last; what a key means stands in the
docstring of the bench's `Summary` in `screenagent/bench/`. Times are of that machine, with whatever else it was doing.

## On a GPU

Not measured yet: no GPU was at hand. The commands are

    screenagent bench model --random --device cuda
    screenagent bench model --random --quant int4 --device cuda
"""


def benches(data: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The fixed ones, grounding on every folder of screens below `data`, and the longest last."""
    yield from BENCHES.items()
    for file in sorted(data.glob("*/annotations.json")):
        yield SCREENS.format(name=file.parent.name), ("bench", "ground", str(file.parent), "--fresh")
    yield ENGINE


def measured(command: Sequence[str]) -> dict[str, Any]:
    """Run a bench, its progress on our stderr, and take the last line that it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "screenagent", *command], stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def section(title: str, command: Sequence[str], figures: Mapping[str, Any]) -> str:
    rows = "\n".join(f"| `{name}` | {_shown(value)} |" for name, value in figures.items())
    said = f"`screenagent {shlex.join(command)}` · {hardware()} · {date.today()}"
    return f"\n## {title}\n\n{said}\n\n| figure | value |\n| --- | --- |\n{rows}\n"


def _shown(value: object) -> str:
    match value:
        case float():
            return f"{value:.4g}"
        case dict():
            return ", ".join(f"{name} {_shown(part)}" for name, part in value.items())
        case list():
            return " to ".join(_shown(part) for part in value) or "none"
        case _:
            return "—" if value is None else str(value)


def hardware() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"


def main() -> None:
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    page = HEAD
    for title, command in benches(data):
        print(f"{title}: screenagent {shlex.join(command)}", file=sys.stderr)
        page += section(title, command, measured(command))
        Path("docs/benchmarks.md").write_text(page, "utf-8")


if __name__ == "__main__":
    main()
