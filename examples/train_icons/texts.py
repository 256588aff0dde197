"""What each icon may be called: its name, its makers' tags, and what people say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from sources import Names, plain

from screenagent.perception.icon_encoder import wording

PHRASINGS = Path(__file__).parent / "phrasings.txt"
COMMON = 60
"""A tag on more names than this says little."""


class Saying(NamedTuple):
    """The texts of one concept; `tags` may be none."""

    name: str
    tags: tuple[str, ...]
    phrases: tuple[str, ...]


def phrasings() -> tuple[Names, Names]:
    """By name, what people say for it, and the other names of the same thing."""
    said: Names = {}
    same: Names = {}
    for line in PHRASINGS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            names, _, phrases = line.partition(":")
            spelled = [plain(name.strip()) for name in names.split(",")]
            for name in spelled:
                said.setdefault(name, set()).update(phrase.strip() for phrase in phrases.split("|"))
                same.setdefault(name, set()).update(spelled)
    return said, same


def sayings(names: Iterable[str], tags: Names) -> list[Saying]:
    said, same = phrasings()
    count = Counter(tag for words in tags.values() for tag in words)
    found = []
    for name in sorted(set(names)):
        rare = {tag for tag in tags.get(name, ()) if count[tag] <= COMMON} | same.get(name, set())
        found.append(Saying(name, tuple(sorted(rare - {name})), tuple(sorted(said.get(name, ())))))
    return found


def vocabulary(sayings: Iterable[Saying]) -> dict[str, str]:
    """Each stem with the word that it is of most often."""
    seen: Counter[tuple[str, str]] = Counter()
    for saying in sayings:
        for text in (saying.name, *saying.tags, *saying.phrases):
            for word in text.lower().replace("-", " ").split():
                for stem in wording(word)[:1]:
                    seen[stem, word.strip(".,()'\"")] += 1
    best: dict[str, str] = {}
    for (stem, word), _ in seen.most_common():
        best.setdefault(stem, word)
    return best
