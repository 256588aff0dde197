"""Writes what the names of icons mean, by the sentence encoder of the package: names and phrasings.txt, in bytes.

python examples/train_icons/meanings.py
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sources import plain
from texts import PHRASINGS

from screenagent.perception.icon_encoder import IconWords
from screenagent.perception.sentence_encoder import SentenceEncoder
from screenagent.perception.weights import FOLDER

WIDTH = 192
"""How many axes are kept of the 384; the rest tell next to nothing."""
Floats = npt.NDArray[np.float32]


def main() -> None:
    names = IconWords().concepts
    texts = [(name, [name]) for name in names] + said(frozenset(names))
    vectors = SentenceEncoder().vectors([text for text, _ in texts])
    axes = principal(vectors)
    np.savez_compressed(
        FOLDER / "icon_meanings.npz",
        axes=axes.astype(np.float16),
        meanings=in_bytes(vectors @ axes),
        names=np.array(["|".join(meant) for _, meant in texts]),
    )


def said(names: frozenset[str]) -> list[tuple[str, list[str]]]:
    """Return what people say, each with the names that it may mean."""
    found = []
    for line in PHRASINGS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            called, _, phrases = line.partition(":")
            known = [name for name in map(plain, called.split(",")) if name in names]
            found += [(phrase.strip(), known) for phrase in phrases.split("|") if known]
    return found


def principal(vectors: Floats) -> Floats:
    """Return the axes (width, WIDTH) along which the vectors differ most."""
    _, axes = np.linalg.eigh(vectors.T @ vectors)
    return axes[:, ::-1][:, :WIDTH]


def in_bytes(vectors: Floats) -> npt.NDArray[np.int8]:
    """Return the vectors' directions."""
    return np.asarray(np.round(127 * vectors / np.abs(vectors).max(axis=1, keepdims=True)), np.int8)


if __name__ == "__main__":
    main()
