"""The English that plain instructions are read with, from `english.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeVar

from screenagent.geometry import Value
from screenagent.yaml_file import read_packaged

T = TypeVar("T")


class Wish(Value):
    """A wish that is one chord in most programs, and the ways to say it."""

    said: tuple[str, ...]
    press: str
    changes: bool = True
    """Whether the screen has to look different afterwards."""


class English(Value):
    """What stands in `english.yaml`."""

    examples: tuple[str, ...]
    same_verb: Mapping[str, tuple[str, ...]]
    hints: Mapping[str, tuple[str, ...]]
    ways: Mapping[str, str]
    numbers: Mapping[int, tuple[str, ...]]
    roles: frozenset[str]
    shortcuts: Mapping[str, tuple[str, ...]]
    wishes: tuple[Wish, ...]
    buttons: Mapping[str, tuple[str, ...]]
    rewordings: Mapping[str, str]
    tokens: Mapping[str, str]
    wordings: Mapping[str, str]
    beginnings: Mapping[str, str]
    ambiguous: Mapping[str, str]


def by_word(groups: Mapping[T, tuple[str, ...]]) -> dict[str, T]:
    """Return for each word the group that it belongs to."""
    return {word: group for group, words in groups.items() for word in words}


ENGLISH: Final = read_packaged(Path(__file__).with_name("english.yaml"), English)
