"""What will go wrong with a script before it is played: anchors that are missing, broken, unused or ambiguous."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from screenagent.files import read_whole
from screenagent.geometry import Value
from screenagent.scripts import Anchors
from screenagent.scripts.file import Places, Problem, ScriptError, parsed, texts
from screenagent.scripts.parameters import names_in
from screenagent.scripts.replay.appearance import Appearance
from screenagent.scripts.schema import KeyPath, Script, TargetStep, TaskStep, paths


class LintFinding(Value):
    weight: Literal["error", "warning"]
    problem: Problem

    def __str__(self) -> str:
        return f"{self.problem}" if self.weight == "error" else f"{self.problem} (warning)"


Readable = Callable[[str], str | None]
"""Why a task cannot be carried out; None if it can."""


def findings(file: Path, *, unreadable: Readable) -> list[LintFinding]:
    """In the order of the file."""
    try:
        script, places = parsed(read_whole(file), file)
    except ScriptError as error:
        return [LintFinding(weight="error", problem=problem) for problem in error.problems]
    found = [*_unused(script, places), *_anchors(script, Anchors.of(file), places), *_tasks(script, places, unreadable)]
    return sorted(found, key=lambda finding: (finding.problem.line, finding.problem.column))


def _unused(script: Script, places: Places) -> Iterator[LintFinding]:
    used = {name for _, step in paths(script) for _, text in texts(step) for name in names_in(text)}
    for name in script.parameters:
        if name not in used:
            what = f"the parameter {name!r} is not used"
            yield LintFinding(weight="warning", problem=places.problem(("parameters", name), what))


def _anchors(script: Script, anchors: Anchors, places: Places) -> Iterator[LintFinding]:
    named: set[str] = set()
    for path, step in paths(script):
        if not isinstance(step, TargetStep):
            continue
        for name in step.anchors:
            named.add(name)
            if name in anchors:
                yield from _anchor(name, anchors, places, path)
            elif step.anchor is not None:
                what = (
                    f"the anchor {name!r} is not in {anchors.folder}; there are {', '.join(anchors.names()) or 'none'}"
                )
                yield LintFinding(weight="error", problem=places.problem((*path, "anchor"), what))
    for name in anchors.names():
        if name not in named:
            what = f"the anchor {name!r} in {anchors.folder} belongs to no step; remove it, or name it with `anchor`"
            yield LintFinding(weight="warning", problem=places.problem((), what))


def _anchor(name: str, anchors: Anchors, places: Places, path: KeyPath) -> Iterator[LintFinding]:
    try:
        appearance = Appearance(*anchors.read(name))
    except ValueError as error:
        yield LintFinding(weight="error", problem=places.problem(path, str(error)))
        return
    alike = appearance.anchor.alike
    if alike > 1 and not appearance.telling_texts:
        what = (
            f"the anchor {name!r} looked like {alike - 1} more on its screen, and nothing beside it tells it "
            "apart: a replay will ask"
        )
        yield LintFinding(weight="warning", problem=places.problem(path, what))


def _tasks(script: Script, places: Places, unreadable: Readable) -> Iterator[LintFinding]:
    for path, step in paths(script):
        if isinstance(step, TaskStep) and (why := unreadable(step.task)):
            yield LintFinding(weight="error", problem=places.problem((*path, "task"), why))
