"""The words of a text about an icon, as the table of icon words spells them."""

from __future__ import annotations

import re
from functools import lru_cache

from screenagent.grounding.vocabulary import stem

_SILENT = frozenset("a an and are be is its my of our some that the their this your".split())
_WORD = re.compile(r"[a-z0-9]+")


@lru_cache(maxsize=65536)
def wording(text: str) -> tuple[str, ...]:
    """Each stem once, in order. "in" and "out", "up" and "down" stay: on icons they tell."""
    spoken = re.sub(r"['’]s\b", "", text.lower())
    return tuple(dict.fromkeys(stem(word) for word in _WORD.findall(spoken) if word not in _SILENT))
