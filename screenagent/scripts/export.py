"""A script as a program: Python on `ScriptApi`, as readable as the YAML that it came from."""

from __future__ import annotations

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

HEAD: Final = '''\
"""{name}

Exported from {file} by `screenagent export`; the looks of its targets lie in {anchors}.
"""

from pathlib import Path

from screenagent.agent import Agent
from screenagent.approval import AllowAll
from screenagent.desktop.virtual import VirtualDesktop
{imports}from screenagent.scripts.replay.steps import ScriptApi

ANCHORS = Path(__file__).parent / {anchors!r}


def play(script: ScriptApi{parameters}) -> None:
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
    """`ValueError` names a step that a program cannot take over."""
    parameters = "".join(
        f", {identifier(name)}: str"
        + (f" = {parameter.text(parameter.default)!r}" if parameter.default is not None else "")
        for name, parameter in sorted(script.parameters.items(), key=lambda item: item[1].default is not None)
        if not parameter.secret
    )
    needed = [
        name for name, parameter in script.parameters.items() if parameter.default is None and not parameter.secret
    ]
    tail = TAIL.replace("play(ScriptApi(agent, anchors=ANCHORS))", _call(needed))
    return (
        HEAD.format(name=script.name, file=file, anchors=anchors, parameters=parameters, imports=_imports(script))
        + "\n".join(_lines(script.steps, script, depth=1))
        + "\n"
        + tail.format(app=repr(script.app) if script.app else "")
    )


def _imports(script: Script) -> str:
    steps = (step for step in every_step(script.steps) if isinstance(step, TargetStep))
    placed = any(isinstance(target, Placed) for step in steps for target in step.targets)
    return "from screenagent.scripts import Placed\n" if placed else ""


def _call(needed: Sequence[str]) -> str:
    """Values that have no default are taken from the command line."""
    asked = "".join(f", {identifier(name)}=input({f'{name}: '!r})" for name in needed)
    return f"play(ScriptApi(agent, anchors=ANCHORS){asked})"


def identifier(name: str) -> str:
    return re.sub(r"\W", "_", name)


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
        yield f"window={script.window!r}"
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
    """A literal; with the parameters that it speaks of, an f-string. A secret stays its place."""
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
        return repr(inside.replace("{{", "{").replace("}}", "}"))
    return "f" + repr(inside)
