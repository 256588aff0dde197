"""A script on disk: read with the line of whatever is wrong, written so that comments and order survive."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from io import StringIO
from operator import getitem
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from screenagent.errors import WrongUsage
from screenagent.files import read_whole
from screenagent.geometry import Value
from screenagent.scripts import schema
from screenagent.scripts.parameters import misplaced_secret, undefined
from screenagent.scripts.upgrade import upgrade, warn
from screenagent.showing import CODE, visible, visible_yaml

LARGEST: Final = 200_000
DEEPEST: Final = 40
SCALARS: Final[Mapping[str, Callable[[str], object]]] = {
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
    "int": int,
    "float": float,
}
"""How a scalar is read, by its tag; any other is a text."""
YAML_CURES: Final[Mapping[str, str]] = {
    "mapping values are not allowed": "put a text with a colon and a blank in it in quotes",
    "'\\t' that cannot start": "indent with blanks, not with tabs",
    "that cannot start any token": "put a text that begins so in quotes",
    "but found '<scalar>'": "put all of a text in quotes, or nothing of it",
    "but found '<block mapping start>'": "let the keys of a step begin in the same column",
}
"""What is to be done about what YAML says, by a part of it."""


CODES: Final[Mapping[str, str]] = {
    "union_tag_not_found": "unknown_step",
    "union_tag_invalid": "unknown_step",
    "extra_forbidden": "unknown_key",
    "missing": "missing_key",
    "too_short": "no_steps",
}
"""The code of what a validator says, by its own; any other is a `bad_value`."""


class Problem(Value):
    """What is wrong where; lines and columns count from 1. `code` is for programs."""

    file: str
    line: int
    column: int = 1
    what: str
    code: str = "bad_script"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.what}"


class ScriptError(WrongUsage, ValueError):
    """A file that is no script; it lists everything that is wrong with it."""

    code = "bad_script"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Places:
    """Where in the file each part of a script stands."""

    file: Path
    lines: Mapping[schema.KeyPath, tuple[int, int]] = field(default_factory=dict)

    def problem(self, path: schema.KeyPath, what: str, code: str = "bad_script") -> Problem:
        """Return what is wrong at `path`, or at the nearest part round it that the file has."""
        line, column = self.place(path)
        return Problem(file=str(self.file), line=line, column=column, what=what, code=code)

    def place(self, path: schema.KeyPath) -> tuple[int, int]:
        """Return the line and the column of `path`, or of the nearest part round it that the file has."""
        return next(self.lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.lines)

    def known(self, path: Sequence[str | int]) -> schema.KeyPath:
        """Return the part of the file that a validator's `path` leads to, without what the validator put between."""
        found: schema.KeyPath = ()
        for index, part in enumerate(path):
            is_tag = index > 0 and isinstance(path[index - 1], int) and index < len(path) - 1
            if not is_tag and (*found, part) in self.lines:
                found = (*found, part)
        return found


def read_script(file: Path) -> schema.Script:
    """The script in `file`; `ScriptError` says what is wrong with it, and where."""
    return parsed(read_whole(file), file)[0]


def parsed(content: bytes, file: Path) -> tuple[schema.Script, Places]:
    """Return the script that `content` spells, in version 1 or 2, and where in `file` each part of it is."""
    data, places = _loaded(content, file)
    upgraded = upgrade(data)
    try:
        script = schema.Script.model_validate(data)
    except ValidationError as error:
        raise ScriptError(_problems(error, data, places)) from error
    if problems := [*_wrong_places(script, places)]:
        raise ScriptError(problems)
    if upgraded:
        line, _ = places.lines[next(iter(upgraded))]
        warn(upgraded, file=str(file), line=line)
    return script, places


def written(script: schema.Script) -> str:
    """Return `script` as a person would write it: no defaults, the kind of a step first, every code as an escape."""
    text = StringIO()
    _yaml().dump(_quoted(_document(script)), text)
    return visible_yaml(text.getvalue())


def annotated(content: str, comments: Mapping[int, str]) -> str:
    """Return the file's text with a comment below some of its steps, in one line each; never below the last one."""
    yaml = _yaml()
    document = yaml.load(content)
    for number, comment in comments.items():
        if number + 1 < len(document["steps"]):
            line = " ".join(visible(comment).split())
            document["steps"].yaml_set_comment_before_after_key(number + 1, before=line, indent=4)
    text = StringIO()
    yaml.dump(document, text)
    return visible_yaml(text.getvalue())


def in_flow(part: Value) -> str:
    """Return `part` in one line, as a person would write it in braces."""
    values = CommentedMap(part.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    values.fa.set_flow_style()
    text = StringIO()
    _yaml().dump(_quoted(values), text)
    return text.getvalue().strip()


def edited(content: str, changes: Mapping[schema.KeyPath, str | schema.Placed]) -> str:
    """Return the file's text with other values at some paths; comments and order stay."""
    yaml = _yaml()
    document = yaml.load(content)
    for path, value in changes.items():
        _at(document, path[:-1])[path[-1]] = _in_one_line(
            value.model_dump(mode="json") if isinstance(value, schema.Placed) else value
        )
    text = StringIO()
    yaml.dump(document, text)
    return text.getvalue()


def _yaml() -> YAML:
    yaml = YAML(pure=True)
    yaml.width = LARGEST  # a text that is folded behind an escape reads otherwise: ruamel.yaml adds a blank there
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.preserve_quotes = True
    return yaml


def _loaded(content: bytes, file: Path) -> tuple[Any, Places]:
    def stop(what: str, line: int = 1, column: int = 1) -> ScriptError:
        return ScriptError([Problem(file=str(file), line=line, column=column, what=what, code="not_yaml")])

    if len(content) > LARGEST:
        raise stop(f"it has {len(content)} bytes; a script has at most {LARGEST}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise stop("it is not UTF-8", content[: error.start].count(b"\n") + 1) from error
    try:
        _plain_yaml(text, stop)
        node = _yaml().compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = str(error.problem or error.context)
        what = f"it is not YAML: {problem}{_cure(problem)}"
        raise stop(what, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1) from error
    except YAMLError as error:  # a character that YAML does not have
        before = text[: getattr(error, "position", 0)]
        raise stop(f"it is not YAML: {' '.join(str(error).split())}", before.count("\n") + 1) from error
    if node is None:
        raise stop("it is empty; a script has at least a name and steps")
    lines: dict[schema.KeyPath, tuple[int, int]] = {}
    return _value(node, (), lines, stop), Places(file, lines)


def _cure(problem: str) -> str:
    """Return what is to be done about what YAML says, where one thing is nearly always meant."""
    return next((f"; {cure}" for said, cure in YAML_CURES.items() if said in problem), "")


def _plain_yaml(text: str, stop: Any) -> None:
    """Refuse what a script has no use for, and what makes a small file large or deep."""
    depth = 0
    for event in _yaml().parse(text):
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise stop("YAML's & and * are not used in scripts; put a text that begins so in quotes", line, column)
        if isinstance(event, NodeEvent) and getattr(event, "tag", None):
            raise stop("YAML's ! is not used in scripts; put a text that begins so in quotes", line, column)
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEEPEST:
            raise stop(f"it is more than {DEEPEST} levels deep", line, column)


def _value(node: Node, path: schema.KeyPath, lines: dict[schema.KeyPath, tuple[int, int]], stop: Any) -> Any:
    lines.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    match node:
        case MappingNode():
            found: dict[str, Any] = {}
            for key, part in node.value:
                line, column = key.start_mark.line + 1, key.start_mark.column + 1
                if not isinstance(key, ScalarNode):
                    raise stop("a key is a word; put a text that begins with { in quotes", line, column)
                if key.value in found:
                    raise stop(f"{key.value!r} is there twice", line, column)
                lines[(*path, key.value)] = (line, column)
                found[key.value] = _value(part, (*path, key.value), lines, stop)
            return found
        case SequenceNode():
            return [_value(part, (*path, number), lines, stop) for number, part in enumerate(node.value)]
        case _:
            return _scalar(node)


def _scalar(node: Node) -> Any:
    text = str(node.value)
    try:
        return SCALARS.get(str(node.tag).rpartition(":")[2], str)(text)
    except ValueError:
        return text  # a spelling of a number that is none to us


def _problems(error: ValidationError, data: Any, places: Places) -> list[Problem]:
    """One for each place, in the order of the file."""
    found: dict[schema.KeyPath, Problem] = {}
    errors = error.errors(include_url=False)
    for wrong in errors:
        loc = wrong["loc"]
        if wrong["type"] == "too_short" and any(
            other["loc"][: len(loc)] == loc for other in errors if other is not wrong
        ):
            continue  # steps that are wrong were left out before they were counted
        path = places.known(loc)
        what = _said(dict(wrong), _at(data, path), path)
        found.setdefault(path, places.problem(path, what, CODES.get(wrong["type"], "bad_value")))
    return sorted(found.values(), key=lambda problem: (problem.line, problem.column))


def _said(wrong: dict[str, Any], value: Any, path: schema.KeyPath) -> str:
    name = str(wrong["loc"][-1]) if wrong["loc"] else ""
    key = next((str(part) for part in reversed(path) if isinstance(part, str)), "the script")
    match wrong["type"]:
        case "union_tag_not_found" | "union_tag_invalid":
            return _no_expectation(key, value) if key in ("expect", "wait_for") else schema.no_step(value)
        case "too_short":
            return f"{name}: there is to be at least one step"
        case "missing":
            return f"{name!r} is missing"
        case "extra_forbidden":
            return _unknown_key(name, wrong["loc"])
        case "value_error":
            return str(wrong["ctx"]["error"])
        case "string_type" if isinstance(value, int | float | bool):
            return f"{key}: {value!r} is to be a text; put it in quotes"
        case "string_type" if value is None:
            return f'{key} has no text; write one, "" for an empty one; what follows a # is a comment unless in quotes'
        case "string_pattern_mismatch":
            return f"{value!r} is no name; use letters, digits and hyphens"
        case "literal_error":
            return _no_choice(key, value, wrong["ctx"]["expected"])
        case "string_type" if isinstance(value, list | dict):
            return f"{key} is to be a text, not {_shape(value)}"
        case "tuple_type" if isinstance(value, Mapping):
            return f"{key} is to be a list; write each with a hyphen, as in “- click: the Save button”"
        case "tuple_type" | "dict_type" | "model_type":
            shape = "a list" if wrong["type"] == "tuple_type" else "a mapping"
            return f"{key} is to be {shape}, not {_shape(value)}"
        case _:
            said = re.sub(r"^Input should be", "it should be", wrong["msg"])
            shown = f", not {value!r}" if isinstance(value, str | int | float | bool | None) else ""
            return f"{key}: {said}{shown}"


def _shape(value: object) -> str:
    match value:
        case Mapping():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return repr(value)


def _no_choice(key: str, value: object, choices: str) -> str:
    near = difflib.get_close_matches(str(value), re.findall("'([^']*)'", choices), n=1)
    return f"{key}: {value!r} is not one of {choices}" + (f"; did you mean {near[0]!r}?" if near else "")


def _no_expectation(key: str, value: object) -> str:
    first = next(iter(value), None) if isinstance(value, Mapping) else None
    near = difflib.get_close_matches(str(first), schema.EXPECTED, n=1) if first is not None else []
    wrong = f"{first!r} is nothing to look for" if first is not None else "it is empty"
    known = "write words, or {gone: words}, {new: words} or {file: name}"
    return f"{key}: {wrong}; " + (f"did you mean {near[0]!r}?" if near else known)


def _unknown_key(name: str, loc: Sequence[str | int]) -> str:
    fields = _fields(loc)
    near = difflib.get_close_matches(name, fields, n=1)
    if name in schema.STEPS and _kind(loc):
        return f"{name!r} is another step; begin it with a hyphen of its own, as in “- {name}: …”"
    return f"unknown key {name!r}; " + (f"did you mean {near[0]!r}?" if near else f"known: {', '.join(fields)}")


def _kind(loc: Sequence[str | int]) -> str | None:
    """The kind of step that `loc` is in."""
    return next((part for part in reversed(loc[:-1]) if isinstance(part, str) and part in schema.STEPS), None)


def _fields(loc: Sequence[str | int]) -> list[str]:
    """The keys that may stand where `loc` found one that may not."""
    model: type[Value]
    within = [part for part in loc[:-1] if isinstance(part, str)]
    match within:
        case [*_, "place"]:
            model = schema.Placed
        case [*_, "expect" | "wait_for", expected] if expected in schema.EXPECTED:
            model = schema.EXPECTED[expected]
        case ["on_popup"]:
            model = schema.Popup
        case ["parameters", _]:
            model = schema.Parameter
        case _:
            kind = _kind(loc)
            model = schema.STEPS[kind] if kind else schema.Script
    return [field.alias or name for name, field in model.model_fields.items()]


def _at(data: Any, path: schema.KeyPath) -> Any:
    return reduce(getitem, path, data)


def _wrong_places(script: schema.Script, places: Places) -> Iterator[Problem]:
    """Parameters that nothing gives a value, and secrets where they would be seen."""
    loops = [path for path, step in schema.paths(script) if isinstance(step, schema.ForEachStep)]
    for path, step in schema.paths(script):
        columned = any(path[: len(loop)] == loop and path != loop for loop in loops)
        for name, text in texts(step):
            typed = (schema.kind_of_step(step), name) in (("type", "type"), ("fill", "with"))
            if not columned and (unknown := undefined(script, text)):
                yield places.problem((*path, name), unknown, "unknown_name")
            elif misplaced := misplaced_secret(script, text, typed=typed):
                yield places.problem((*path, name), misplaced, "misplaced_secret")
    for number, popup in enumerate(script.on_popup):
        if wrong := undefined(script, popup.seen) or misplaced_secret(script, popup.seen, typed=False):
            yield places.problem(("on_popup", number, "seen"), wrong, "unknown_name")


def texts(step: Value) -> Iterator[tuple[str, str]]:
    """The texts of a step, by the key that each stands under; those of the steps within it are not among them."""
    for name, described in type(step).model_fields.items():
        key = described.alias or name
        match getattr(step, name):
            case str(text):
                yield key, text
            case tuple() as several:
                yield from ((key, schema.words_for(each)) for each in several if isinstance(each, str | schema.Placed))
            case Mapping() as values:
                yield from ((key, value) for value in values.values() if isinstance(value, str))
            case Value() as part:
                yield from ((key, text) for _, text in texts(part))


def _document(script: schema.Script) -> dict[str, Any]:
    document = script.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {"version": script.version, **_in_one_line(_kinds_first(document))}


def _in_one_line(part: Any) -> Any:
    """Return `part` with targets that have a place, and words that have to come, in braces, as in
    `{target: Save, at: [412, 233]}`."""
    match part:
        case {"target": _, "at": _} | {"new": _}:
            place = CommentedMap(part)
            place.fa.set_flow_style()
            return place
        case dict():
            return {key: _in_one_line(value) for key, value in part.items()}
        case list():
            return [_in_one_line(value) for value in part]
        case _:
            return part


def _quoted(part: Any) -> Any:
    """Return `part` with each text that has a code in it in double quotes, where an escape can stand for the code."""
    match part:
        case CommentedMap():
            part.update({key: _quoted(value) for key, value in part.items()})
            return part
        case dict():
            return {key: _quoted(value) for key, value in part.items()}
        case list():
            return [_quoted(value) for value in part]
        case str() if CODE.search(part):
            return DoubleQuotedScalarString(part)
        case _:
            return part


def _kinds_first(part: Any) -> Any:
    """Return `part` with the kind of each step in it as its first key."""
    match part:
        case dict():
            return {key: _kinds_first(value) for key, value in part.items()}
        case list():
            return [_kind_first(value) for value in map(_kinds_first, part)]
        case _:
            return part


def _kind_first(step: Any) -> Any:
    kind = schema.kind_of_step(step)
    return step if kind is None else {kind: step[kind]} | step
