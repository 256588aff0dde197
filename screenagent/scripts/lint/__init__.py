"""What will go wrong with a script before it is played."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from screenagent.files import read_whole
from screenagent.scripts import Anchors, Script
from screenagent.scripts.file import Places, ScriptError, parsed
from screenagent.scripts.linked import linked_file
from screenagent.scripts.lint.anchors import anchor_findings
from screenagent.scripts.lint.cut_texts import cut_texts
from screenagent.scripts.lint.finding import LintFinding, Readable, error_in
from screenagent.scripts.lint.flow import flow_findings
from screenagent.scripts.lint.names import name_findings
from screenagent.scripts.schema import RunStep, TaskStep, paths

__all__ = ["LintFinding", "Readable", "findings"]


def findings(file: Path, *, unreadable: Readable) -> list[LintFinding]:
    """Return what is wrong in the order of the file, then what is wrong with the scripts that it runs."""
    found = dict.fromkeys(_of_file(file, unreadable, seen=set(), is_run=False))
    return sorted(found, key=lambda finding: finding.problem.file != str(file))


def _of_file(file: Path, unreadable: Readable, *, seen: set[Path], is_run: bool) -> list[LintFinding]:
    seen.add(file.resolve())
    content = read_whole(file)
    try:
        script, places = parsed(content, file)
    except ScriptError as error:
        return _in_order([*map(error_in, error.problems), *cut_texts(content, file)])
    own = [
        *cut_texts(content, file),
        *name_findings(script, places),
        *flow_findings(script, places, is_run=is_run),
        *anchor_findings(script, Anchors.of(file), places),
        *_tasks(script, places, unreadable),
    ]
    return [*_in_order(own), *_of_runs(file, script, unreadable, seen)]


def _in_order(found: list[LintFinding]) -> list[LintFinding]:
    return sorted(found, key=lambda finding: (finding.problem.line, finding.problem.column))


def _of_runs(file: Path, script: Script, unreadable: Readable, seen: set[Path]) -> Iterator[LintFinding]:
    """What is wrong with how scripts are run, and with each of them."""
    try:
        linked_file(file)
    except ScriptError as error:
        yield from map(error_in, error.problems)
    for inner in dict.fromkeys(file.parent / step.run for _, step in paths(script) if isinstance(step, RunStep)):
        if inner.is_file() and inner.resolve() not in seen:
            yield from _of_file(inner.resolve(), unreadable, seen=seen, is_run=True)


def _tasks(script: Script, places: Places, unreadable: Readable) -> Iterator[LintFinding]:
    for path, step in paths(script):
        if isinstance(step, TaskStep) and (why := unreadable(step.task)):
            yield error_in(places.problem((*path, "task"), why, "unreadable_task"))
