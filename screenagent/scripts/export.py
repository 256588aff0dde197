"""Exports a script as a Python program on `ScriptApi`, as readable as the YAML that it came from."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Sequence
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from screenagent.geometry import Value
from screenagent.scripts import schema
from screenagent.scripts.parameters import arguments, filled, names_in, secrets_in
from screenagent.showing import CODE, visible

LONGEST: Final = 100
"""How many characters the parameters of `play` may have in one line."""
ESCAPED_PLACE: Final = re.compile(r"\{{4}\s*(?!secret:)([A-Za-z_][A-Za-z0-9_-]*)\s*\}{4}")
"""The place of a parameter in a text whose braces are doubled, as in an f-string."""


def python(script: schema.Script, *, file: str, anchors: str) -> str:
    """Return the program; raise `ValueError` naming a step that a program cannot say."""
    templates = Environment(
        loader=PackageLoader("screenagent.scripts", package_path=""),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    templates.filters |= {"in_docstring": _in_docstring, "quoted": _quoted, "identifier": identifier}
    return templates.get_template("program.py.j2").render(
        script=script,
        file=file,
        anchors=anchors,
        parameters=_parameters(script),
        is_placed=_is_placed(script),
        lines=list(_lines(script.steps, script, depth=1)),
    )


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


def _is_placed(script: schema.Script) -> bool:
    steps = (step for _, step in schema.paths(script) if isinstance(step, schema.TargetStep))
    return any(isinstance(target, schema.Placed) for step in steps for target in step.targets)


def identifier(name: str) -> str:
    """Return the name of a parameter as Python spells it."""
    identified = re.sub(r"\W", "_", name)
    return f"{identified}_" if keyword.iskeyword(identified) or identified == "script" else identified


def _in_docstring(text: str) -> str:
    return visible(text).replace("\\", "\\\\").replace('"', '\\"')


def _lines(steps: Sequence[schema.AnyStep], script: schema.Script, *, depth: int) -> Iterator[str]:
    indent = "    " * depth
    for step in steps:
        match step:
            case schema.IfSeenStep(if_seen=words, then=then, otherwise=otherwise):
                yield f"{indent}if script.sees({_text(words, script)}):"
                yield from _lines(then, script, depth=depth + 1)
                if otherwise:
                    yield f"{indent}else:"
                    yield from _lines(otherwise, script, depth=depth + 1)
            case schema.AskStep(ask=question, into=str(into)):
                yield f"{indent}{identifier(into)} = input({_text(question + ' ', script)})"
            case _:
                yield f"{indent}script.{schema.kind_of_step(step)}({', '.join(_arguments(step, script))})"


def _arguments(step: Value, script: schema.Script) -> Iterator[str]:
    kind = schema.kind_of_step(step)
    assert kind is not None
    match getattr(step, kind):
        case schema.Vanished(gone=words):
            yield _text(words, script)
            yield "gone=True"
        case str(command) if isinstance(step, schema.OpenStep):
            yield from (_text(argument, script) for argument in arguments(command))
        case value:
            yield _literal(value, script)
    if isinstance(step, schema.TypeStep) and [*names_in(step.type)] and not [*secrets_in(step.type, script)]:
        yield "literal=True"
    if isinstance(step, schema.KeyboardStep) and step.window is None and script.window is not None:
        yield f"window={_quoted(script.window)}"
    for name in type(step).model_fields:
        value = getattr(step, name)
        is_needless = name == "timeout" and kind not in ("wait_for", "expect", "open")
        if name == kind or is_needless or value == type(step).model_fields[name].default:
            continue
        if isinstance(value, schema.Vanished):
            raise ValueError(f"`{kind}` expects that “{value.gone}” goes; write that as a step of its own to export it")
        yield f"{name}={_literal(value, script)}"


def _literal(value: object, script: schema.Script) -> str:
    match value:
        case str(text):
            return _text(text, script)
        case schema.Placed(target=words, at=pixel):
            return f"Placed(target={_text(words, script)}, at={pixel})"
        case tuple() as parts:
            return "(" + "".join(f"{_literal(part, script)}, " for part in parts).rstrip(" ") + ")"
        case _:
            return repr(value)


def _text(text: str, script: schema.Script) -> str:
    """A literal, or an f-string if it has parameters in it. A secret stays as `{{secret:name}}`."""
    secrets = (name for name, parameter in script.parameters.items() if parameter.secret)
    text = filled(text, {name: f"{{{{secret:{name}}}}}" for name in secrets})
    if not list(names_in(text)):
        return _quoted(text)
    escaped = text.replace("{", "{{").replace("}", "}}")
    return "f" + _quoted(ESCAPED_PLACE.sub(lambda place: f"{{{identifier(place[1])}}}", escaped))


def _quoted(text: str) -> str:
    """Return `text` as a literal in double quotes, unless that would need more escapes."""
    literal = CODE.sub(lambda code: f"\\U{ord(code[0]):08x}", repr(text))
    return literal if '"' in literal or "\\'" in literal else f'"{literal[1:-1]}"'
