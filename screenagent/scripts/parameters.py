"""Parameters of a script, and the places in its texts that stand for them: `{{customer}}`, `{{secret:password}}`."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from screenagent.errors import WrongUsage
from screenagent.scripts.schema import RunStep, Script, paths

PLACE: Final = re.compile(r"\{\{\s*(secret:\s*)?([^{}]*?)\s*\}\}")


class Unbound(WrongUsage, ValueError):
    """A parameter without a value, or a value without a parameter."""

    code = "unbound_parameter"


def bound(script: Script, given: Mapping[str, str]) -> dict[str, str]:
    """The value of every parameter: the one given, or its default. A secret's is the place that stands for it."""
    check_given(script, given)
    values: dict[str, str] = {}
    for name, parameter in script.parameters.items():
        value = given.get(name, parameter.default)
        if parameter.secret:
            values[name] = f"{{{{secret:{name}}}}}"
        else:
            assert value is not None
            try:
                values[name] = parameter.text(value)
            except ValueError as wrong:
                raise Unbound(f"the parameter {name!r}: {wrong}") from wrong
    return values


def given(script: Script, run: RunStep, fill: Callable[[str], str]) -> dict[str, str]:
    """The values of a script that another one runs: those that the step gives, filled in there, or its defaults."""
    return bound(script, {name: fill(str(value)) for name, value in run.values.items()})


def foreseen(script: Script, run: RunStep, fill: Callable[[str], str]) -> dict[str, str]:
    """The same before it is its turn: what is not known yet stays as it is written."""
    parameters = script.parameters.items()
    known = {name: each.text(each.default) for name, each in parameters if each.default is not None}
    return known | {name: fill(str(value)) for name, value in run.values.items()}


def check_given(script: Script, given: Iterable[str]) -> None:
    """Raise `Unbound` unless `given` are names of parameters, and of all that have no default and are not secret."""
    names = set(given)
    for name in sorted(names):
        if name not in script.parameters:
            raise Unbound(f"{script.name!r} has no parameter {name!r}{_nearest(name, script.parameters)}")
        if script.parameters[name].secret:
            raise Unbound(f"{name!r} is secret: its value comes from the secret of that name, and from nowhere else")
    for name, parameter in script.parameters.items():
        if name not in names and parameter.default is None and not parameter.secret:
            raise Unbound(f"the parameter {name!r} needs a value: --set {name}=…")


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with each known parameter's value in its place; a secret's place stays until it is typed."""

    def value(place: re.Match[str]) -> str:
        return f"{{{{secret:{place[2]}}}}}" if place[1] else values.get(place[2], place[0])

    return PLACE.sub(value, text)


def arguments(command: str) -> list[str]:
    """The program of a command and its arguments, before their values are in place: none of these parts an argument."""
    return shlex.split(PLACE.sub(lambda place: f"{{{{{place[1] or ''}{place[2]}}}}}".replace(" ", ""), command))


def names_in(text: str) -> Iterator[str]:
    """The parameters that `text` speaks of."""
    yield from (place[2] for place in PLACE.finditer(text) if not place[1])


def secrets_in(text: str, script: Script) -> Iterator[str]:
    """The secrets that `text` types: those that it names, and those of the parameters that are secret."""
    for place in PLACE.finditer(text):
        parameter = script.parameters.get(place[2])
        if place[1] or (parameter and parameter.secret):
            yield place[2]


def undefined(script: Script, text: str) -> str | None:
    """What is wrong with the places in `text`, in a sentence."""
    asked = {into for _, step in paths(script) if isinstance(into := getattr(step, "into", None), str)}
    known = asked.union(script.parameters)
    for name in names_in(text):
        if name not in known:
            return f"{{{{{name}}}}} is no parameter of this script{_nearest(name, known)}"
    return None


def misplaced_secret(script: Script, text: str, *, typed: bool) -> str | None:
    secrets = {name for name, parameter in script.parameters.items() if parameter.secret}
    is_secret = any(place[1] or place[2] in secrets for place in PLACE.finditer(text))
    return "a secret may only be typed: use it in `type`" if is_secret and not typed else None


def _nearest(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there {'is' if len(names) == 1 else 'are'} {', '.join(names)}" if names else "; it has none"
