"""Reads scripts of version 1, in which a target's words that end in "at (412, 233)" name a pixel of the screen."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Final

from screenagent.errors import OldSpellingWarning
from screenagent.scripts.schema import STEPS, KeyPath, Placed, TargetStep, kind_of_step

PLACE: Final = re.compile(r"\bat \((\d{1,5}), (\d{1,5})\)$")


def upgrade(content: Any) -> dict[KeyPath, Placed]:
    """Turn the content of a file of version 1 into that of version 2, and return each place that was written as words.

    This is done before parameters have values: no value can become a place. Content of other versions stays as it is.
    """
    version = content.get("version", 1) if isinstance(content, dict) else None
    if type(version) is not int or version != 1:
        return {}
    content["version"] = 2
    return dict(_replaced_in_steps(content.get("steps"), ("steps",)))


def warn(places: Mapping[KeyPath, Placed], *, file: str, line: int) -> None:
    """Say once for the file how the first of its old places is written today."""
    where, placed = next(iter(places.items()))
    x, y = placed.at
    key = next(part for part in reversed(where) if isinstance(part, str))
    more = f" (and {len(places) - 1} more)" if len(places) > 1 else ""
    warnings.warn(
        f"{file}:{line}: “{placed}” is how version 1 names a pixel; write "
        f"`{key}: {{target: {placed.target}, at: [{x}, {y}]}}`{more}, and `version: 2` at the top",
        OldSpellingWarning,
        stacklevel=2,
    )


def with_places(words: str) -> Placed | None:
    """Return the place that `words` name in version 1; None if they name none."""
    words = words.strip()
    place = PLACE.search(words)
    if place is None:
        return None
    return Placed(target=words[: place.start()].rstrip() or "the place", at=(int(place[1]), int(place[2])))


def _replaced_in_steps(steps: Any, at: KeyPath) -> Iterator[tuple[KeyPath, Placed]]:
    """Replace the places in the steps of a file that has not been checked yet, and yield each."""
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        kind = kind_of_step(step)
        model = STEPS[kind] if kind else None
        keys = model.target_keys if model and issubclass(model, TargetStep) else ()
        for key in (key for key in keys if key in step):
            yield from _replaced(step, key, (*at, number, key))
        if kind == "if_seen":
            for branch in ("then", "else"):
                yield from _replaced_in_steps(step.get(branch), (*at, number, branch))


def _replaced(parent: Any, key: str | int, at: KeyPath) -> Iterator[tuple[KeyPath, Placed]]:
    value = parent[key]
    if isinstance(value, str) and (place := with_places(value)):
        parent[key] = place.model_dump(mode="json")
        yield at, place
    elif isinstance(value, list):
        for number in range(len(value)):
            yield from _replaced(value, number, (*at, number))
