"""A script with those that it runs, each read once for each place that runs it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from screenagent.files import read_whole
from screenagent.scripts.anchors import Anchors
from screenagent.scripts.file import Places, ScriptError, parsed
from screenagent.scripts.parameters import PLACE, check_given
from screenagent.scripts.schema import KeyPath, RunStep, Script, paths

MOST: Final = 200
"""How many scripts one may run, counted with those that they run."""


@dataclass(frozen=True)
class Linked:
    """A script, and by the words of its `run` steps those that it runs.

    `anchors` leads from the anchors of the outermost script to its own: empty there, `../login.anchors/` within.
    """

    script: Script
    file: Path | None = None
    runs: Mapping[str, Linked] = field(default_factory=dict)
    anchors: str = ""

    @property
    def recorded(self) -> frozenset[str]:
        """The names of the anchors that exist, as the outermost script says them."""
        own = Anchors.of(self.file).names() if self.file else []
        return frozenset(f"{self.anchors}{name}" for name in own).union(*(run.recorded for run in self.runs.values()))


def linked_file(file: Path) -> Linked:
    """Read the script in `file` and those that it runs; `ScriptError` names the one that is wrong, and where."""
    script, places = parsed(read_whole(file), file)
    return _Linker(file).linked(script, places, file, (file.resolve(),))


def linked_script(script: Script, file: Path) -> Linked:
    """Link a script that was read from `file` already."""
    return _Linker(file).linked(script, Places(file, {(): (1, 1)}), file, (file.resolve(),))


@dataclass
class _Linker:
    outermost: Path
    count: int = 0

    def linked(self, script: Script, places: Places, file: Path, within: tuple[Path, ...]) -> Linked:
        runs = {
            step.run: self._run(step, path, places, file, within)
            for path, step in paths(script)
            if isinstance(step, RunStep)
        }
        outermost, own = Anchors.of(self.outermost).folder, Anchors.of(file).folder
        away = "" if len(within) == 1 else f"{os.path.relpath(own, outermost)}/"
        return Linked(script, file, runs, away)

    def _run(self, step: RunStep, path: KeyPath, places: Places, file: Path, within: tuple[Path, ...]) -> Linked:
        def wrong(what: str, code: str = "bad_run") -> ScriptError:
            return ScriptError([places.problem((*path, "run"), what, code)])

        inner = (file.parent / step.run).resolve()
        self.count += 1
        if inner in within:
            names = " runs ".join(each.name for each in (*within[within.index(inner) :], inner))
            raise wrong(f"{names}: scripts that run each other never end", "run_cycle")
        if self.count > MOST:
            raise wrong(f"more than {MOST} scripts are run")
        try:
            script, inner_places = parsed(read_whole(inner), inner)
        except OSError as error:
            raise wrong(f"{step.run}: {error.strerror}; it is looked for in {file.parent}") from error
        try:
            check_given(script, step.values)
            for name, value in step.values.items():
                _check_value(script, name, value)
        except ValueError as error:
            raise wrong(f"{step.run}: {error}") from error
        return self.linked(script, inner_places, inner, (*within, inner))


def _check_value(script: Script, name: str, value: str | int | float) -> None:
    """Raise `ValueError` if a value that is known by now does not fit its parameter."""
    if PLACE.search(str(value)):
        return
    try:
        script.parameters[name].text(value)
    except ValueError as error:
        raise ValueError(f"the parameter {name!r}: {error}") from error
