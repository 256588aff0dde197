"""Exports a script as a Python program on `ScriptApi`, as readable as the YAML that it came from."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from screenagent.geometry import Value
from screenagent.scripts import schema
from screenagent.scripts.comparison import SINGLES, comparison
from screenagent.scripts.file import texts
from screenagent.scripts.loops import Loop, loops_in
from screenagent.scripts.parameters import PLACE, arguments, filled, names_in, secrets_in
from screenagent.scripts.schema import KeyPath, Steps
from screenagent.showing import CODE, visible

LONGEST: Final = 100
"""How many characters the parameters of `play` may have in one line."""
RESERVED: Final = frozenset(("script", "schema", "row", "attempt", "failure", "play", "main"))
"""Names that a program has for something else than a parameter."""
WINDOWS: Final = (schema.OpenStep, schema.FocusStep, schema.CloseStep)
LITERALLY: Final[Mapping[type[Value], str]] = {schema.TypeStep: "type", schema.FillStep: "text"}
"""The field of a step whose text is typed: what looks like a secret in a value is typed as it stands."""


def python(script: schema.Script, *, file: str, anchors: str, folder: Path | None = None) -> str:
    """Return the program; raise `ValueError` naming a step that a program cannot say. CSV files are in `folder`."""
    templates = Environment(
        loader=PackageLoader("screenagent.scripts", package_path=""),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    templates.filters |= {"in_docstring": _in_docstring, "quoted": _quoted, "identifier": identifier}
    _check_identifiers(script)
    lines = [*_Writer(script, loops_in(script, (folder or Path()) / file)).lines()]
    return templates.get_template("program.py.j2").render(
        script=script,
        file=file,
        anchors=anchors,
        parameters=_parameters(script),
        is_placed=any("Placed(" in line for line in lines),
        uses_schema=any("schema." in line for line in lines),
        may_end=any("except ScriptStepFailed" in line for line in lines),
        lines=lines,
    )


def _check_identifiers(script: schema.Script) -> None:
    """Raise `ValueError` if two names of the script are one in Python."""
    known: dict[str, str] = {}
    given = (step.into for _, step in schema.paths(script) if isinstance(step, schema.AskStep | schema.ReadStep))
    for name in (*script.parameters, *filter(None, given)):
        other = known.setdefault(identifier(name), name)
        if other != name:
            raise ValueError(f"{other!r} and {name!r} are one name in Python; rename one of them to export it")


def _parameters(script: schema.Script) -> str:
    """The parameters of `play`, in one line if they fit; those without a default come first."""
    parameters = [
        f"{identifier(name)}: str"
        + (f" = {_quoted(parameter.text(parameter.default))}" if parameter.default is not None else "")
        for name, parameter in sorted(script.parameters.items(), key=lambda item: item[1].default is not None)
        if not parameter.secret
    ]
    every = ("script: ScriptApi", *parameters)
    line = ", ".join(every)
    return line if len(line) <= LONGEST else "\n" + "".join(f"    {parameter},\n" for parameter in every)


def identifier(name: str) -> str:
    """Return the name of a parameter as Python spells it."""
    identified = re.sub(r"\W", "_", name)
    if not identified.isidentifier():
        identified = f"_{identified}"
    return f"{identified}_" if keyword.iskeyword(identified) or identified in RESERVED else identified


def _in_docstring(text: str) -> str:
    return visible(text).replace("\\", "\\\\").replace('"', '\\"')


@dataclass(frozen=True)
class _Writer:
    """Writes steps as lines of Python. `columns` are the names that the loops round the steps give."""

    script: schema.Script
    loops: Mapping[KeyPath, Loop]
    columns: frozenset[str] = field(default_factory=frozenset)

    def lines(self) -> Iterator[str]:
        for number, popup in enumerate(self.script.on_popup):
            yield f"    {self._popup(number, popup)}"
        before = (*self._steps("before_all", depth=1), *self._steps("before_row", depth=1))
        steps = (*before, *self._steps("steps", depth=1))
        after = (*self._steps("after_row", depth=1), *self._steps("after_all", depth=1))
        if not after:
            yield from steps
            return
        yield from ("    failure = None", "    try:", *(f"    {line}" for line in steps))
        yield from ("    except ScriptStepFailed as error:", "        failure = error", *after)
        yield from ("    if failure:", "        raise failure")

    def _steps(self, key: str, *, depth: int) -> Iterator[str]:
        yield from self.of(getattr(self.script, key), (key,), depth=depth)

    def of(self, steps: Steps, at: KeyPath, *, depth: int) -> Iterator[str]:
        """Write `steps`, which stand at that path."""
        indent = "    " * depth
        for number, step in enumerate(steps):
            path = (*at, number)
            match step:
                case schema.IfSeenStep(if_seen=words):
                    yield from self._branches(f"script.sees({self._text(words)})", step, path, depth=depth)
                case schema.IfStep(condition=condition):
                    yield from self._branches(f"script.holds({self._compared(condition)})", step, path, depth=depth)
                case schema.ForEachStep():
                    yield from self._for_each(step, path, depth=depth)
                case schema.WhileSeenStep(while_seen=words, at_most=at_most, do=do):
                    yield f"{indent}for _ in script.while_seen({self._text(words)}, at_most={at_most}):"
                    yield from self.of(do, (*path, "do"), depth=depth + 1)
                case schema.AttemptStep():
                    yield from self._attempt(step, path, depth=depth)
                case schema.AskStep(ask=question, into=str(into)):
                    yield f"{indent}{identifier(into)} = input({self._text(question + ' ')})"
                case schema.ReadStep(read=words, kind=kind, into=into):
                    read = "read_table" if kind == "table" else "read"
                    said = "" if kind in ("text", "table") else f", kind={_quoted(kind)}"
                    yield f"{indent}{identifier(into)} = script.{read}({self._text(words)}{said})"
                case schema.VerifyStep(verify=condition, soft=soft):
                    yield f"{indent}script.verify({self._compared(condition)}{', soft=True' if soft else ''})"
                case _:
                    yield f"{indent}script.{schema.kind_of_step(step)}({', '.join(self._arguments(step))})"

    def _branches(
        self, condition: str, step: schema.IfSeenStep | schema.IfStep, path: KeyPath, *, depth: int
    ) -> Iterator[str]:
        indent = "    " * depth
        yield f"{indent}if {condition}:"
        yield from self.of(step.then, (*path, "then"), depth=depth + 1)
        if step.otherwise:
            yield f"{indent}else:"
            yield from self.of(step.otherwise, (*path, "else"), depth=depth + 1)

    def _for_each(self, step: schema.ForEachStep, path: KeyPath, *, depth: int) -> Iterator[str]:
        indent, loop = "    " * depth, self.loops[path]
        used = {name for _, inner in schema.paths(step) for _, text in texts(inner) for name in names_in(text)}
        if twice := sorted(used & self._known & (loop.columns or frozenset())):
            raise ValueError(
                f"for_each {step.for_each}: {twice[0]!r} is one of its columns and known outside, too; rename one of"
                " them to export it"
            )
        columns = sorted(used - self._known)
        is_table = step.for_each in self._given
        rows = identifier(step.for_each) if is_table else f"script.rows({self._text(step.for_each)})"
        yield f"{indent}for row in {rows}:"
        yield from (f"{indent}    {identifier(name)} = row[{_quoted(name)}]" for name in columns)
        inner = replace(self, columns=self.columns.union(columns))
        yield from inner.of(step.do, (*path, "do"), depth=depth + 1)

    def _attempt(self, step: schema.AttemptStep, path: KeyPath, *, depth: int) -> Iterator[str]:
        indent, name = "    " * depth, "attempt" if depth == 1 else f"attempt_{depth}"
        said = [f"retries={step.retries}"] if step.retries else []
        said += [f"afterwards={_quoted(step.afterwards)}"] if step.afterwards != "stop" else []
        yield f"{indent}for {name} in script.attempt({', '.join(said)}):"
        yield f"{indent}    with {name}:"
        yield from self.of(step.attempt, (*path, "attempt"), depth=depth + 2)
        if step.on_failure:
            yield f"{indent}    if {name}.failed:"
            yield from self.of(step.on_failure, (*path, "on_failure"), depth=depth + 2)

    def _popup(self, number: int, popup: schema.Popup) -> str:
        """Register a handler, whose texts keep their places: they are filled in when it is its turn."""
        steps = [step for _, step in schema.paths(popup, ("on_popup", number))]
        names = {name for step in steps for _, text in texts(step) for name in names_in(text)}
        names = self._public(names.union(names_in(popup.seen)))
        if unknown := sorted(names - set(self.script.parameters)):
            raise ValueError(
                f"on_popup “{popup.seen}”: {unknown[0]!r} is not known from the start, as a program needs it"
            )
        values = f", values={self._values(names)}" if names else ""
        return f"script.on_popup({self._made(popup)}{values})"

    def _arguments(self, step: Value) -> Iterator[str]:
        kind = schema.kind_of_step(step)
        assert kind is not None
        yield from self._said(step, kind)
        if isinstance(step, schema.KeyboardStep) and step.window is None and self.script.window is not None:
            yield f"window={_quoted(self.script.window)}"
        for name in type(step).model_fields:
            value = getattr(step, name)
            is_needless = name == "timeout" and kind not in ("wait_for", "expect", "open")
            is_needless |= name == "may" and isinstance(step, WINDOWS)
            if name in (kind, "values") or is_needless or value == type(step).model_fields[name].default:
                continue
            if LITERALLY.get(type(step)) != name:
                yield f"{name}={self._literal(value)}"

    def _said(self, step: Value, kind: str) -> Iterator[str]:
        """Yield what the step says under its kind, and its texts whose values stay texts."""
        match step:
            case schema.OpenStep(open=command):
                yield from map(self._text, arguments(command))
            case schema.TypeStep(type=text):
                yield from self._typed("", text)
            case schema.FillStep(fill=target, text=text):
                yield self._literal(target)
                yield from self._typed("text=", text)
            case schema.TaskStep(task=text):
                yield _quoted(self._with_secrets(text))
                if names := self._public(names_in(text)):
                    yield f"values={self._values(names)}"
            case schema.RunStep(run=file, values=values):
                yield self._text(file)
                if values:
                    yield (
                        "{"
                        + ", ".join(f"{_quoted(name)}: {self._text(str(each))}" for name, each in values.items())
                        + "}"
                    )
            case (
                schema.WaitForStep(wait_for=schema.Vanished(gone=words))
                | schema.ExpectStep(expect=schema.Vanished(gone=words))
            ):
                yield self._text(words)
                yield "gone=True"
            case _:
                yield self._literal(getattr(step, kind))

    def _typed(self, key: str, text: str) -> Iterator[str]:
        """Yield a text that is typed; with a secret in it, its places are filled in as it is typed."""
        names = self._public(names_in(text))
        if names and [*secrets_in(text, self.script)]:
            yield f"{key}{_quoted(self._with_secrets(text))}"
            yield f"values={self._values(names)}"
            return
        yield f"{key}{self._text(text)}"
        if names:
            yield "literal=True"

    def _public(self, names: Iterator[str] | set[str]) -> set[str]:
        secret = {name for name, parameter in self.script.parameters.items() if parameter.secret}
        return {*names} - secret

    def _values(self, names: set[str]) -> str:
        return "{" + ", ".join(f"{_quoted(name)}: {identifier(name)}" for name in sorted(names)) + "}"

    def _compared(self, text: str) -> str:
        compared = comparison(text)
        right = [] if compared.said in SINGLES else [self._text(compared.right)]
        return ", ".join((self._text(compared.left), _quoted(compared.said), *right))

    @property
    def _given(self) -> frozenset[str]:
        steps = (step for _, step in schema.paths(self.script))
        return frozenset(
            step.into for step in steps if isinstance(step, schema.AskStep | schema.ReadStep) and step.into
        )

    @property
    def _known(self) -> frozenset[str]:
        """The names that are variables of the program where the steps stand."""
        return self.columns.union(self._given, self.script.parameters)

    def _literal(self, value: object) -> str:
        match value:
            case str(text):
                return self._text(text)
            case schema.Placed(target=words, at=pixel):
                return f"Placed(target={self._text(words)}, at={pixel})"
            case Value():
                parts = _given_fields(value)
                return f"schema.{type(value).__name__}({', '.join(f'{k}={self._literal(v)}' for k, v in parts)})"
            case tuple() as parts:
                return "(" + "".join(f"{self._literal(part)}, " for part in parts).rstrip(" ") + ")"
            case _:
                return repr(value)

    def _made(self, part: object) -> str:
        """Return the Python that makes `part`, whose places stay as they are written."""
        match part:
            case str(text):
                return _quoted(self._with_secrets(text))
            case Value():
                fields = ", ".join(f"{name}={self._made(value)}" for name, value in _given_fields(part))
                return f"{'' if isinstance(part, schema.Placed) else 'schema.'}{type(part).__name__}({fields})"
            case Mapping():
                return "{" + ", ".join(f"{self._made(key)}: {self._made(value)}" for key, value in part.items()) + "}"
            case tuple():
                return "(" + "".join(f"{self._made(each)}, " for each in part).rstrip(" ") + ")"
            case _:
                return repr(part)

    def _text(self, text: str) -> str:
        """A literal, or an f-string if it has parameters in it. A secret stays as `{{secret:name}}`."""
        text = self._with_secrets(text)
        if not any(name in self._known for name in names_in(text)):
            return _quoted(text)
        written, end = "", 0
        for place in PLACE.finditer(text):
            if not place[1] and place[2] in self._known:
                written += f"{_doubled(text[end : place.start()])}{{{identifier(place[2])}}}"
                end = place.end()
        return "f" + _quoted(written + _doubled(text[end:]))

    def _with_secrets(self, text: str) -> str:
        secrets = (name for name, parameter in self.script.parameters.items() if parameter.secret)
        return filled(text, {name: f"{{{{secret:{name}}}}}" for name in secrets})


def _doubled(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _given_fields(part: Value) -> Sequence[tuple[str, object]]:
    """The fields of `part` that are not as they are by default."""
    fields = type(part).model_fields
    return [(name, value) for name in fields if (value := getattr(part, name)) != fields[name].default]


def _quoted(text: str) -> str:
    """Return `text` as a literal in double quotes, unless that would need more escapes."""
    literal = CODE.sub(lambda code: f"\\U{ord(code[0]):08x}", repr(text))
    return literal if '"' in literal or "\\'" in literal else f'"{literal[1:-1]}"'
