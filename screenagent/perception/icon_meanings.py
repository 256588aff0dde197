"""Which names of icons mean what a text says, in whatever words: "take back" is what "edit undo" is called."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from screenagent.perception.sentence_encoder import Floats, SentenceEncoder
from screenagent.perception.weights import FOLDER, read_arrays

MOST: Final = 50  # names of a text; the others are too unlike to be meant
DECIDED: Final = 20.0  # how fast a name is less likely that is less like the text
SEEN: Final = 30.0  # how fast an icon is less likely that is less like the name


class Called(NamedTuple):
    """Names of one icon that a text may mean; `likely` is the logarithm of how likely, 0 for the likeliest."""

    names: tuple[str, ...]
    likely: float


class NamesMeant(NamedTuple):
    """Names of icons that a text may mean, the vectors of their icons (names, width) and how likely each is."""

    vectors: Floats
    likely: Floats

    def likeness(self, icons: Floats) -> Floats:
        """Return how like the names each of (icons, width) is: a likely name counts for more than an unlikely one."""
        alike = self.likely + SEEN * (icons @ self.vectors.T)
        most = alike.max(axis=1, keepdims=True)
        return np.asarray((most[:, 0] + np.log(np.exp(alike - most).sum(axis=1))) / SEEN, np.float32)


class IconMeanings:
    """Looks for the names of icons whose meaning, or what people say for them, comes nearest to a text."""

    def __init__(self, sentences: SentenceEncoder | None = None, path: Path = FOLDER / "icon_meanings.npz") -> None:
        self._sentences = sentences or SentenceEncoder()
        self._path = path

    @cached_property
    def _table(self) -> tuple[Floats, Floats, list[str]]:
        """Return the axes (width, fewer), the meaning of each text along them (texts, fewer), and each text's names."""
        table = read_arrays(self._path, "axes", "meanings", "names")
        meanings = table["meanings"].astype(np.float32)
        meanings /= np.linalg.norm(meanings, axis=1, keepdims=True)
        return table["axes"].astype(np.float32), meanings, [str(names) for names in table["names"]]

    def meant(self, text: str) -> list[Called]:
        """Return the names that `text` may mean."""
        axes, meanings, names = self._table
        said = self._sentences.vectors([text])[0] @ axes
        alike = meanings @ (said / max(float(np.linalg.norm(said)), 1e-6))
        best = np.argpartition(-alike, MOST)[:MOST]
        likely = DECIDED * (alike[best] - alike[best].max())
        return [
            Called(tuple(names[place].split("|")), one)
            for place, one in zip(best.tolist(), likely.tolist(), strict=True)
        ]
