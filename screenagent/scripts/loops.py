"""What is known of the loops of a script before it is played: the columns of their CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from screenagent.scripts.parameters import PLACE, filled
from screenagent.scripts.rows.csv_file import read_csv
from screenagent.scripts.schema import AskStep, ForEachStep, KeyPath, ReadStep, Script, paths


@dataclass(frozen=True)
class Loop:
    """A `for_each`. `columns` are None if they are not known yet; `error` is why its file could not be read."""

    path: KeyPath
    step: ForEachStep
    columns: frozenset[str] | None = None
    error: str = ""
    is_missing: bool = False


def loops_in(script: Script, file: Path) -> Mapping[KeyPath, Loop]:
    """Return every `for_each` of the script in `file`, by its path."""
    given = {step.into for _, step in paths(script) if isinstance(step, AskStep | ReadStep)}
    defaults = {name: each.text(each.default) for name, each in script.parameters.items() if each.default is not None}
    return {
        path: _loop(path, step, filled(step.for_each, defaults), file.parent, is_table=step.for_each in given)
        for path, step in paths(script)
        if isinstance(step, ForEachStep)
    }


def _loop(path: KeyPath, step: ForEachStep, name: str, folder: Path, *, is_table: bool) -> Loop:
    if PLACE.search(name) or is_table:
        return Loop(path, step)
    try:
        return Loop(path, step, frozenset(read_csv(folder / name).names))
    except OSError as error:
        why = f"{name}: {error.strerror or error}; it is looked for in {folder}"
        return Loop(path, step, error=why, is_missing=True)
    except ValueError as error:
        return Loop(path, step, error=str(error))
