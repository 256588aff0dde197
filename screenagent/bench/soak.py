"""`make soak`: runs the long benches one after the other and writes their figures to docs/benchmarks.md."""

from __future__ import annotations

import json
import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

BENCHES = {
    "The loop's own time per step": "bench steps",
    "What the console costs a step": "bench steps --console",
    "From a key in the console to the agent": "bench keys",
    "A run that other faces attach to": "bench session",
    "The page of a run": "bench page",
    "The server for other agents": "bench mcp",
    "Popups seen late or not at all": "bench settle",
    "Scripts played again, on desktops that have changed": "bench scripts",
    "Thirty rows into a form, with what goes wrong on the way": "bench rows --seeds 20 --fresh",
    "From a stop to no more input": "bench stop",
    "Screens that give orders": "drill --json",
    "Whole tasks on real applications": "bench tasks examples/tasks.yaml",
    "Said to be done, where it works and where it silently does not": "bench truth --fresh",
    "MiniWoB++, what can be done by text and widgets": "bench miniwob --group A1 --group A2 --fresh",
    "MiniWoB++, every task once": "bench miniwob --seeds 1 --fresh",
    "MiniWoB++, in other words": "bench miniwob --paraphrases --fresh",
}
ENGINE = "The model's engine, random weights", "bench model --random --layers 1"

HEAD = """\
# Benchmarks

Written by `make soak`. Each table is the JSON object that the command printed last; what a key means stands in the
docstring of the bench's `Summary` in `screenagent/bench/`. Times are of that machine, with whatever else it was doing.
Other machines, and runs by hand, come last.
"""


def benches(data: Path) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield heading and command of the fixed ones, of grounding on each folder of screens in `data`, of the longest."""
    yield from ((title, command.split()) for title, command in BENCHES.items())
    for file in sorted(data.glob("*/annotations.json")):
        yield f"Grounding on {file.parent.name}", ("bench", "ground", str(file.parent), "--fresh")
    yield ENGINE[0], ENGINE[1].split()


def measured(command: Sequence[str]) -> dict[str, Any]:
    """Run a bench, its progress on our stderr, and take the last line that it prints.

    A bench may end with exit code 1 because of what it measured; one that prints nothing has failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "screenagent", *command], stdout=subprocess.PIPE, text=True, check=False
    )
    if not done.stdout:
        done.check_returncode()
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def section(title: str, command: Sequence[str], figures: Mapping[str, Any]) -> str:
    rows = "\n".join(f"| `{name}` | {_shown(value)} |" for name, value in figures.items())
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    said = f"`screenagent {shlex.join(command)}` · {machine} · {date.today()}"
    return f"\n## {title}\n\n{said}\n\n| figure | value |\n| --- | --- |\n{rows}\n"


def _shown(value: object) -> str:
    match value:
        case float():
            return f"{value:.4g}"
        case dict():
            # A group in which nothing was measured has no figures.
            parts = {name: part for name, part in value.items() if not (isinstance(part, dict) and part.get("n") == 0)}
            apart = "<br>" if any(isinstance(part, dict) for part in parts.values()) else ", "
            return apart.join(f"{name} {_shown(part)}" for name, part in parts.items()) or "—"
        case [str(), *_]:
            return "<br>".join(map(str, value))
        case list():
            return " to ".join(_shown(part) for part in value) or "none"
        case _:
            return "—" if value is None else str(value)


def sections(page: str) -> dict[str, str]:
    """What stands under each heading of the page, the heading included."""
    parts = re.split(r"(?m)^(?=## )", page)[1:]
    return {part.splitlines()[0].removeprefix("## "): f"\n{part.rstrip()}\n" for part in parts}


def in_order(written: Mapping[str, str], planned: Iterable[str]) -> Iterator[str]:
    """What is measured here as it comes, then what was measured by hand or where there were other screens."""
    known = [title for title in planned if title in written]
    yield from (written[title] for title in known)
    yield from (text for title, text in written.items() if title not in known)


@click.command
@click.argument("data", type=click.Path(file_okay=False, path_type=Path), default=Path("../shared/data"))
@click.argument("options", nargs=-1)
@click.option("--only", metavar="WORDS", help="Measure what has these words in its heading; the rest stays as it is.")
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), default=Path("docs/benchmarks.md"))
def main(data: Path, options: tuple[str, ...], only: str | None, page: Path) -> None:
    """Measure, and write the figures to the page after each bench; DATA has the folders of screens to ground on.

    \b
    python -m screenagent.bench.soak
    python -m screenagent.bench.soak --only "stop" ../shared/data -- --n 200     with the bench's own options
    """
    written = sections(page.read_text("utf-8")) if page.exists() else {}
    planned = dict(benches(data))
    for title, command in planned.items():
        if only is not None and only.lower() not in title.lower():
            continue
        asked = (*command, *options)
        click.echo(f"{title}: screenagent {shlex.join(asked)}", err=True)
        written[title] = section(title, asked, measured(asked))
        page.write_text(HEAD + "".join(in_order(written, planned)), "utf-8")


if __name__ == "__main__":
    main()
