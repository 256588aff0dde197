"""Exports a script as a Python program on `ScriptApi`, as readable as the YAML that it came from."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Sequence
from typing import Final

from screenagent.geometry import Value
from screenagent.scripts import AnyStep, Script
from screenagent.scripts.parameters import PLACE
from screenagent.scripts.schema import (
    AskStep,
    IfSeenStep,
    KeyboardStep,
    Placed,
    TargetStep,
    Vanished,
    every_step,
    kind_of_step,
)

LONGEST: Final = 100
"""How many characters the parameters of `play` may have in one line."""

HEAD: Final = '''\
"""{name}

Exported from {file} by `screenagent export`; the appearances of its targets are in {anchors}.
"""

from pathlib import Path

from screenagent.agent import Agent
from screenagent.approval import AllowAll
from screenagent.desktop.virtual import VirtualDesktop
{imports}from screenagent.scripts.replay.steps import ScriptApi

ANCHORS = Path(__file__).parent / {quoted_anchors}


def play({parameters}) -> None:
'''
TAIL: Final = """

def main() -> None:
    with VirtualDesktop({app}) as virtual:  # for your own screen: LocalDesktop()
        agent = Agent.embedded(virtual.desktop, approver=AllowAll())  # nobody is asked on this desktop of its own
        play(ScriptApi(agent, anchors=ANCHORS))


if __name__ == "__main__":
    main()
"""


def python(script: Script, *, file: str, anchors: str) -> str:
    """Return the program; raise `ValueError` naming a step that a program cannot say."""
    needed = [
        name for name, parameter in script.parameters.items() if parameter.default is None and not parameter.secret
    ]
    tail = TAIL.replace("play(ScriptApi(agent, anchors=ANCHORS))", _call(needed))
    return (
        HEAD.format(
            name=_in_docstring(script.name),
            file=_in_docstring(file),
            anchors=_in_docstring(anchors),
            quoted_anchors=_quoted(anchors),
            parameters=_parameters(script),
            imports=_imports(script),
        )
        + "\n".join(_lines(script.steps, script, depth=1))
        + "\n"
        + tail.format(app=_quoted(script.app) if script.app else "")
    )


def _parameters(script: Script) -> str:
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


def _imports(script: Script) -> str:
    steps = (step for step in every_step(script.steps) if isinstance(step, TargetStep))
    placed = any(isinstance(target, Placed) for step in steps for target in step.targets)
    return "from screenagent.scripts import Placed\n" if placed else ""


def _call(needed: Sequence[str]) -> str:
    """The call of `play`; the user is asked for values that have no default."""
    asked = "".join(f", {identifier(name)}=input({_quoted(f'{name}: ')})" for name in needed)
    return f"play(ScriptApi(agent, anchors=ANCHORS){asked})"


def identifier(name: str) -> str:
    """Return the name of a parameter as Python spells it."""
    identified = re.sub(r"\W", "_", name)
    return f"{identified}_" if keyword.iskeyword(identified) or identified == "script" else identified


def _in_docstring(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _lines(steps: Sequence[AnyStep], script: Script, *, depth: int) -> Iterator[str]:
    indent = "    " * depth
    for step in steps:
        match step:
            case IfSeenStep(if_seen=words, then=then, otherwise=otherwise):
                yield f"{indent}if script.sees({_text(words, script)}):"
                yield from _lines(then, script, depth=depth + 1)
                if otherwise:
                    yield f"{indent}else:"
                    yield from _lines(otherwise, script, depth=depth + 1)
            case AskStep(ask=question, into=str(into)):
                yield f"{indent}{identifier(into)} = input({_text(question + ' ', script)})"
            case _:
                yield f"{indent}script.{kind_of_step(step)}({', '.join(_arguments(step, script))})"


def _arguments(step: Value, script: Script) -> Iterator[str]:
    kind = kind_of_step(step)
    assert kind is not None
    match getattr(step, kind):
        case Vanished(gone=words):
            yield _text(words, script)
            yield "gone=True"
        case value:
            yield _literal(value, script)
    if isinstance(step, KeyboardStep) and step.window is None and script.window is not None:
        yield f"window={_quoted(script.window)}"
    for name in type(step).model_fields:
        value = getattr(step, name)
        if name == kind or value == type(step).model_fields[name].default or (name == "timeout" and kind not in TIMED):
            continue
        if isinstance(value, Vanished):
            raise ValueError(f"`{kind}` expects that “{value.gone}” goes; write that as a step of its own to export it")
        yield f"{name}={_literal(value, script)}"


TIMED: Final = ("wait_for", "expect")


def _literal(value: object, script: Script) -> str:
    match value:
        case str(text):
            return _text(text, script)
        case Placed(target=words, at=pixel):
            return f"Placed(target={_text(words, script)}, at={pixel})"
        case tuple() as parts:
            return "(" + "".join(f"{_literal(part, script)}, " for part in parts).rstrip(" ") + ")"
        case _:
            return repr(value)


def _text(text: str, script: Script) -> str:
    """A literal, or an f-string if it has parameters in it. A secret stays as `{{secret:name}}`."""
    parts: list[str] = []
    position, formatted = 0, False
    for place in PLACE.finditer(text):
        parts.append(text[position : place.start()].replace("{", "{{").replace("}", "}}"))
        name = place[2]
        if place[1] or (name in script.parameters and script.parameters[name].secret):
            parts.append("{{{{secret:" + name + "}}}}")
        else:
            parts.append("{" + identifier(name) + "}")
            formatted = True
        position = place.end()
    parts.append(text[position:].replace("{", "{{").replace("}", "}}"))
    inside = "".join(parts)
    if not formatted:
        return _quoted(inside.replace("{{", "{").replace("}}", "}"))
    return "f" + _quoted(inside)


def _quoted(text: str) -> str:
    """Return `text` as a literal in double quotes, unless that would need more escapes."""
    literal = repr(text)
    return literal if '"' in literal or "\\'" in literal else f'"{literal[1:-1]}"'
