"""Names in a script that nothing gives, or not yet, or that stand for something else than the step needs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from screenagent.scripts.comparison import SINGLES, comparison
from screenagent.scripts.file import Places, texts
from screenagent.scripts.lint.finding import LintFinding, error_in, warning_of
from screenagent.scripts.loops import Loop, loops_in
from screenagent.scripts.parameters import PLACE, names_in
from screenagent.scripts.schema import (
    AnyStep,
    AskStep,
    AttemptStep,
    ForEachStep,
    IfStep,
    KeyPath,
    ReadStep,
    Script,
    VerifyStep,
    WhileSeenStep,
    paths,
)

ORDERS: Final = ("<", "<=", ">", ">=")
REPEATING: Final = (ForEachStep, WhileSeenStep, AttemptStep)
"""Steps in which a later step may come before an earlier one."""

_SINGLE_BRACES: Final = re.compile(r"(?<!\{)\$?\{\s*([A-Za-z_][A-Za-z0-9_-]*)\s*\}(?!\})")
_ORDERED: Final = re.compile(r"[-+]?\d+(\.\d+)?|\d{4}-\d\d-\d\d|\s*\{\{[^{}]*\}\}\s*")
_LIKE_A_FILE: Final = re.compile(r"\.\w+$")


def name_findings(script: Script, places: Places) -> Iterator[LintFinding]:
    yield from NameCheck(script, places).findings()


@dataclass(frozen=True)
class NameCheck:
    """Looks over the names of one script."""

    script: Script
    places: Places

    def findings(self) -> Iterator[LintFinding]:
        yield from self._unused()
        yield from self._of_the_script()
        for path, step in self._steps:
            if isinstance(step, AskStep | ReadStep):
                yield from self._given(path, step)
            if isinstance(step, IfStep | VerifyStep):
                yield from self._compared(path, step)
            if isinstance(step, ForEachStep):
                yield from self._looped(path, step)
            for key, text in texts(step):
                yield from self._in_text((*path, key), text, step)

    @cached_property
    def _steps(self) -> Sequence[tuple[KeyPath, AnyStep]]:
        return tuple(paths(self.script))

    @cached_property
    def _loops(self) -> Mapping[KeyPath, Loop]:
        return loops_in(self.script, self.places.file)

    @cached_property
    def _givers(self) -> Mapping[str, Sequence[KeyPath]]:
        """The steps that give each name, by the name."""
        givers: dict[str, list[KeyPath]] = {}
        for path, step in self._steps:
            if isinstance(step, AskStep | ReadStep) and step.into:
                givers.setdefault(step.into, []).append(path)
        return givers

    @cached_property
    def _tables(self) -> frozenset[str]:
        """The names that stand for a table wherever they are given."""
        kinds: dict[str, set[bool]] = {}
        for _, step in self._steps:
            if isinstance(step, AskStep | ReadStep) and step.into:
                kinds.setdefault(step.into, set()).add(isinstance(step, ReadStep) and step.kind == "table")
        return frozenset(name for name, is_table in kinds.items() if is_table == {True})

    def _unused(self) -> Iterator[LintFinding]:
        used = {name for _, step in self._steps for _, text in texts(step) for name in names_in(text)}
        used.update(name for popup in self.script.on_popup for name in names_in(popup.seen))
        for name in self.script.parameters:
            if name not in used and name != self.script.key:
                what = f"the parameter {name!r} is not used; write {{{{{name}}}}} where it belongs, or remove it"
                yield warning_of(self.places.problem(("parameters", name), what, "unused_parameter"))

    def _of_the_script(self) -> Iterator[LintFinding]:
        for name in ("app", "window"):
            yield from self._unfilled((name,), getattr(self.script, name) or "")
        key = self.script.key
        if key is not None and key not in self.script.parameters:
            near = difflib.get_close_matches(key, self.script.parameters, n=1)
            cure = f"did you mean {near[0]!r}?" if near else "each CSV file has to have a column of that name"
            yield warning_of(self.places.problem(("key",), f"key: {key!r} is no parameter; {cure}", "no_key_column"))

    def _unfilled(self, path: KeyPath, text: str) -> Iterator[LintFinding]:
        if PLACE.search(text):
            what = f"{path[-1]}: {text!r} stays as it is written: parameters have no place here; write the words"
            yield error_in(self.places.problem(path, what, "place_not_filled"))

    def _given(self, path: KeyPath, step: AskStep | ReadStep) -> Iterator[LintFinding]:
        parameter = self.script.parameters.get(step.into or "")
        if parameter is not None and parameter.secret:
            what = f"{step.into!r} is secret, and what is read or answered is not: choose another name"
            yield error_in(self.places.problem((*path, "into"), what, "read_into_secret"))

    def _compared(self, path: KeyPath, step: IfStep | VerifyStep) -> Iterator[LintFinding]:
        key, text = ("if", step.condition) if isinstance(step, IfStep) else ("verify", step.verify)
        compared, at = comparison(text), (*path, key)
        for name in names_in(text):
            if name in self._tables:
                what = f"{{{{{name}}}}} is a table, which is compared with nothing: go through its rows with `for_each`"
                yield error_in(self.places.problem(at, what, "table_compared"))
        sides = [compared.left] if compared.said in SINGLES else [compared.left, compared.right]
        if not any(PLACE.search(side) for side in sides):
            word = next((side for side in sides if side in self._known), None)
            cure = f"write {{{{{word}}}}} for its value" if word else "name a parameter in it, as in {{total}}"
            what = f"{text!r} compares the same two texts each time; {cure}"
            yield warning_of(self.places.problem(at, what, "constant_comparison"))
        elif len({side.replace(" ", "") for side in sides}) < len(sides):
            yield warning_of(self.places.problem(at, f"{text!r} compares a value with itself", "constant_comparison"))
        unordered = [side for side in sides if compared.said in ORDERS and not _ORDERED.fullmatch(side)]
        if unordered:
            what = f"{unordered[0]!r} has no order: `{compared.said}` compares numbers, and dates as in 2026-05-31"
            yield error_in(self.places.problem(at, what, "incomparable"))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset((*self.script.parameters, *self._givers))

    def _looped(self, path: KeyPath, step: ForEachStep) -> Iterator[LintFinding]:
        loop, at, name = self._loops[path], (*path, "for_each"), step.for_each
        for column in sorted(loop.columns or ()):
            if (parameter := self.script.parameters.get(column)) and parameter.secret:
                what = f"the column {column!r} of {name} would be typed in place of the secret of that name; rename it"
                yield error_in(self.places.problem(at, what, "column_is_secret"))
        if name in self._tables:
            yield from self._too_early(path, at, name)
        elif name in self._known and loop.columns is None:
            what = f"{name!r} is no table; read it with `as: table`, or name a CSV file"
            yield error_in(self.places.problem(at, what, "not_a_table"))
        elif loop.error and loop.is_missing:
            cure = "" if _LIKE_A_FILE.search(name) else self._nearest_table(name)
            yield warning_of(self.places.problem(at, f"for_each: {loop.error}{cure}", "missing_csv"))
        elif loop.error:
            yield error_in(self.places.problem(at, f"for_each: {loop.error}", "bad_csv"))

    def _nearest_table(self, name: str) -> str:
        bare = name.strip("{} ")
        near = difflib.get_close_matches(bare, self._tables, n=1)
        return (
            f"; no table is called so either, did you mean {near[0]!r}?" if near else "; no table is called so either"
        )

    def _in_text(self, at: KeyPath, text: str, step: AnyStep) -> Iterator[LintFinding]:
        *_, key = at
        if key == "window":
            yield from self._unfilled(at, text)
            return
        yield from self._misspelled(at, text)
        for name in dict.fromkeys(names_in(text)):
            if name in self.script.parameters:
                continue
            loops = [self._loops[at[:end]] for end in range(len(at)) if at[:end] in self._loops]
            inside = [loop for loop in loops if loop.path != at[:-1]]
            if any(loop.columns and name in loop.columns for loop in inside):
                continue
            if name in self._givers:
                yield from self._too_early(at[:-1], at, name)
            elif inside:
                yield from self._no_column(at, name, inside)
            if name in self._tables and not isinstance(step, IfStep | VerifyStep):
                what = f"{{{{{name}}}}} is a table; go through its rows with `for_each: {name}`"
                yield warning_of(self.places.problem(at, what, "table_as_text"))

    def _too_early(self, path: KeyPath, at: KeyPath, name: str) -> Iterator[LintFinding]:
        """Say so if all steps that give `name` come after the one at `path`."""
        if path[:1] == ("on_popup",) or name in self.script.parameters:
            return
        order = {each: number for number, (each, _) in enumerate(self._steps)}
        givers = self._givers[name]
        if any(order[giver] < order[path] or self._repeats(giver, path) for giver in givers):
            return
        line, _ = self.places.place(givers[0])
        what = f"{{{{{name}}}}} has no value yet: line {line} gives it one; move that step before this one"
        yield error_in(self.places.problem(at, what, "too_early"))

    def _repeats(self, one: KeyPath, other: KeyPath) -> bool:
        """Whether both steps are in the same step that plays its steps several times."""
        return any(
            isinstance(step, REPEATING) and one[: len(path)] == path == other[: len(path)] and path not in (one, other)
            for path, step in self._steps
        )

    def _no_column(self, at: KeyPath, name: str, loops: Sequence[Loop]) -> Iterator[LintFinding]:
        """Say that no loop round it gives `name`, or may not."""
        if any(loop.step.for_each in self._givers for loop in loops):
            return  # the headings of a table are known when it is read
        unread = next((loop for loop in loops if loop.columns is None), None)
        if unread is not None:
            file = unread.step.for_each
            what = f"{{{{{name}}}}} has a value only if {file}, which cannot be looked at now, has that column"
            yield warning_of(self.places.problem(at, what, "maybe_no_column"))
            return
        columns = [column for loop in loops for column in sorted(loop.columns or ())]
        near = difflib.get_close_matches(name, [*columns, *self._known], n=1)
        there = f"did you mean {near[0]!r}?" if near else f"the columns are {', '.join(columns)}"
        what = f"{{{{{name}}}}} is no column of {loops[-1].step.for_each}, and no parameter; {there}"
        yield error_in(self.places.problem(at, what, "no_column"))

    def _misspelled(self, at: KeyPath, text: str) -> Iterator[LintFinding]:
        """Warn of braces that are no place of a parameter, though they look as if they were meant so."""
        rest = PLACE.sub("", text)
        if any(place[1] and not place[2] for place in PLACE.finditer(text)):
            what = f"{text!r} names no secret; write {{{{secret:name}}}}"
            yield error_in(self.places.problem(at, what, "no_secret_name"))
        if "{{" in rest or "}}" in rest:
            what = f"{text!r} has two braces that are not closed or not opened, and are typed as they stand"
            yield warning_of(self.places.problem(at, f"{what}; write {{{{name}}}}", "half_a_place"))
        for place in _SINGLE_BRACES.finditer(rest):
            if place[1] in self._known:
                what = f"{place[0]!r} is typed as it stands; write {{{{{place[1]}}}}} for the value"
                yield warning_of(self.places.problem(at, what, "single_braces"))
