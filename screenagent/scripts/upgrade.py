"""Reads scripts of version 1, in which a target's words that end in "at (412, 233)" name a pixel of the screen."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from screenagent.errors import OldSpellingWarning
from screenagent.scripts.schema import Placed, kind_of_step

PLACE: Final = re.compile(r"\bat \((\d{1,5}), (\d{1,5})\)$")
TARGETS: Final[Mapping[str, tuple[str, ...]]] = {
    "click": ("click",),
    "move": ("move",),
    "drag": ("drag", "to", "via"),
    "scroll": ("over",),
    "type": ("into",),
}
"""The keys of each kind of step that hold its targets."""

Where = tuple[str | int, ...]


@dataclass(frozen=True)
class Upgraded:
    """A file's content as version 2 has it, and each place that was written as words."""

    content: Any
    places: Mapping[Where, Placed] = field(default_factory=dict)


def upgraded(content: Any) -> Upgraded:
    """Return the content of a file of any version as version 2 has it.

    This is done to the text of the file, before parameters have values: no value can become a place.
    """
    if not isinstance(content, Mapping) or not _is_first_version(content.get("version", 1)):
        return Upgraded(content)
    places = dict(_places(content.get("steps"), ("steps",)))
    return Upgraded({**_replaced(content, (), places), "version": 2}, places)


def warn(spelled: Upgraded, *, file: str, line: int) -> None:
    """Say once for the file how the first of its old places is written today."""
    count = len(spelled.places)
    if count:
        where, placed = next(iter(spelled.places.items()))
        x, y = placed.at
        key = next(part for part in reversed(where) if isinstance(part, str))
        more = f" (and {count - 1} more)" if count > 1 else ""
        warnings.warn(
            f"{file}:{line}: “{placed}” is how version 1 names a pixel; write "
            f"`{key}: {{target: {placed.target}, at: [{x}, {y}]}}`{more}, and `version: 2` at the top",
            OldSpellingWarning,
            stacklevel=2,
        )


def placed(words: str) -> Placed | None:
    """Return the place that `words` name in version 1; None if they name none."""
    words = words.strip()
    place = PLACE.search(words)
    if place is None:
        return None
    return Placed(target=words[: place.start()].rstrip() or "the place", at=(int(place[1]), int(place[2])))


def _is_first_version(version: object) -> bool:
    return type(version) is int and version == 1


def _places(steps: Any, at: Where) -> Iterator[tuple[Where, Placed]]:
    """The places in the steps of a file that has not been checked yet."""
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        kind = kind_of_step(step)
        for key in TARGETS.get(kind or "", ()):
            yield from _in_words(step.get(key), (*at, number, key))
        if kind == "if_seen":
            for branch in ("then", "else"):
                yield from _places(step.get(branch), (*at, number, branch))


def _in_words(value: Any, at: Where) -> Iterator[tuple[Where, Placed]]:
    if isinstance(value, str) and (place := placed(value)):
        yield at, place
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _in_words(part, (*at, number))


def _replaced(content: Any, at: Where, places: Mapping[Where, Placed]) -> Any:
    if at in places:
        return places[at].model_dump(mode="json")
    match content:
        case Mapping():
            return {key: _replaced(part, (*at, key), places) for key, part in content.items()}
        case list():
            return [_replaced(part, (*at, number), places) for number, part in enumerate(content)]
        case _:
            return content
