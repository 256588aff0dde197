"""How well a description and a label go together, by the words that they share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from screenagent.grounding.vocabulary import SAME, WeightedStem, alike


class Likes(NamedTuple):
    """The stems of a description that mean the same as one on a label, each with how surely it is shown there; and how
    surely what is shown was said: a misread letter makes the two differ."""

    shown: dict[str, float]
    said: float


class Wording:
    """The words of a description. Each word of a screen is compared once, with those of its initial or meaning."""

    def __init__(self, told: Sequence[WeightedStem]) -> None:
        self._weights: dict[str, float] = defaultdict(float)
        for stem, weight in told:
            self._weights[stem] += weight
        self._total = sum(self._weights.values())
        self.telling = list(dict.fromkeys(stem for stem, weight in told if weight > 0.5))
        self._by_initial: dict[str, list[str]] = defaultdict(list)
        for stem in self._weights:
            self._by_initial[stem[:1]].append(stem)
        self._likes: dict[str, Likes] = {}

    def __bool__(self) -> bool:
        return bool(self._weights)

    def shared(self, shown: Sequence[WeightedStem], *, least: float = 0.0) -> float:
        """Return how well a label goes with the description: what is shown must have been said, and much of what was
        said should be shown, `least` of it in any case."""
        if not self._weights or not shown:
            return 0.0
        likes = [self._like(token.stem) for token in shown]
        precision = sum(token.weight * like.said for token, like in zip(shown, likes, strict=True))
        if not precision or (recall := self._recalled(likes)) < least:
            return 0.0
        precision /= sum(token.weight for token in shown)
        return float(0.9 * precision**1.5 * (0.25 + 0.75 * recall))

    def _recalled(self, likes: Sequence[Likes]) -> float:
        """Return how much of what was said is shown."""
        best: dict[str, float] = {}
        for stem, sure in (like for each in likes for like in each.shown.items()):
            best[stem] = max(sure, best.get(stem, 0.0))
        return sum(self._weights[stem] * sure for stem, sure in best.items()) / self._total

    def _like(self, shown: str) -> Likes:
        if shown not in self._likes:
            stems = self._comparable(shown)
            said = max((alike(shown, stem) for stem in stems), default=0.0)
            self._likes[shown] = Likes({stem: sure for stem in stems if (sure := alike(stem, shown))}, said)
        return self._likes[shown]

    def _comparable(self, shown: str) -> list[str]:
        """Return the stems that may be like one on the screen; those of another initial are like it only in meaning."""
        others = self._by_initial.get(shown[:1], [])
        return [*others, *(stem for stem in SAME.get(shown, ()) if stem in self._weights and stem not in others)]
