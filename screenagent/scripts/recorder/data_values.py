"""The typed values of a recording that may be another for each row, and their names as parameters. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Final, NamedTuple

from screenagent.scripts.parameters import PLACE
from screenagent.scripts.schema import AnyStep, ChooseStep, ClickStep, FillStep, Parameter, Script, TypeStep, words_for

LONGEST: Final = 80  # letters; a longer text is no value of a row
_SPOKEN: Final = frozenset(("the", "field", "area", "text", "box", "drop", "down", "in", "row", "of"))
_BY_PLACE: Final = re.compile(r"the (place at|icon (left of|right of|above|below))\b")


class DataValue(NamedTuple):
    """A text that a step types, and what the parameter is called that may stand for it."""

    step: int
    text: str
    name: str


def data_values(script: Script) -> tuple[DataValue, ...]:
    """Return the texts that the script types and that look like data, in the order of its steps."""
    named: dict[str, str] = {}
    found: list[DataValue] = []
    for number, step in enumerate(script.steps):
        text = _typed(step)
        if text is None or not _is_data(text):
            continue
        plain = _name(step, script.steps[:number])
        names = chain((plain,), (f"{plain}_{more}" for more in count(2)))
        name = next(one for one in names if one not in script.parameters and named.get(one, text) == text)
        named[name] = text
        found.append(DataValue(number, text, name))
    return tuple(found)


def with_parameters(script: Script) -> Script:
    """Return the script with a parameter in place of each value that looks like data, which is its default."""
    values = data_values(script)
    made = {value.name: Parameter(default=value.text) for value in values}
    steps = list(script.steps)
    for number, _, name in values:
        steps[number] = varied(steps[number], name)
    return script.model_copy(update={"steps": tuple(steps), "parameters": {**script.parameters, **made}})


def last_varied(steps: Sequence[AnyStep], parameters: Mapping[str, Parameter]) -> DataValue | None:
    """Return the value that was entered last, typed or chosen, as a parameter; None if it cannot be one."""
    for number, step in reversed([*enumerate(steps)]):
        text = step.choose if isinstance(step, ChooseStep) else _typed(step)
        if text is not None:
            plain = _name(step, steps[:number])
            names = chain((plain,), (f"{plain}_{more}" for more in count(2)))
            name = next(one for one in names if one not in parameters)
            return None if PLACE.search(text) else DataValue(number, text, name)
    return None


def varied(step: AnyStep, name: str) -> AnyStep:
    """Return the step with the parameter of that name in place of its value."""
    return _with_text(step, f"{{{{{name}}}}}")


def _typed(step: AnyStep) -> str | None:
    match step:
        case TypeStep(type=text) | FillStep(text=text):
            return text
        case _:
            return None


def _with_text(step: AnyStep, text: str) -> AnyStep:
    key = "choose" if isinstance(step, ChooseStep) else "text" if isinstance(step, FillStep) else "type"
    return step.model_copy(update={key: text})


def _is_data(text: str) -> bool:
    one_line = len(text) <= LONGEST and text.isprintable()
    return one_line and any(map(str.isalnum, text)) and PLACE.search(text) is None


def _name(step: AnyStep, before: Sequence[AnyStep]) -> str:
    """Return a name for what the step types: by its field, or that of the click before it."""
    words = next(_fields(step, before), "")
    if _BY_PLACE.match(words):
        return "value"
    plain = unicodedata.normalize("NFKD", words.partition(" in the row of ")[0]).encode("ascii", "ignore").decode()
    parts = [word for word in re.findall(r"[a-z0-9]+", plain.lower()) if word not in _SPOKEN]
    name = "_".join(parts)[:40].strip("_")
    return name if re.match(r"[a-z]", name) else "value"


def _fields(step: AnyStep, before: Sequence[AnyStep]) -> Iterator[str]:
    match step:
        case FillStep(fill=target) | TypeStep(into=str() as target):
            yield words_for(target)
        case ChooseStep(place=place):
            yield words_for(place)
    match before:
        case [*_, ClickStep(click=target)]:
            yield words_for(target)
