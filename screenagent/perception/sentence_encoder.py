"""What short texts mean: labels of controls, and what people say for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from screenagent.perception.cache import SharedLRU
from screenagent.perception.weights import FOLDER, cores, open_session, read_array
from screenagent.perception.word_pieces import WordPieces

Floats = npt.NDArray[np.float32]

MOST_PIECES: Final = 24  # of a text; what is beyond says little about a label


class SentenceEncoder:
    """Turns texts into vectors that point the same way as far as they mean the same; each text is encoded only once.

    It takes opposites for alike, since they are said in the same places: who asks has to tell them apart by words.
    """

    def __init__(self, weights: Path = FOLDER / "sentences.onnx", *, threads: int | None = None) -> None:
        self._weights = weights
        self._threads = threads or min(4, cores())
        self._known: SharedLRU[str, Floats] = SharedLRU(4000)
        self._gists: SharedLRU[str, Floats] = SharedLRU(4000)

    def vectors(self, texts: Sequence[str]) -> Floats:
        """(texts, width), each of length 1."""
        known = self._known.completed({text: text for text in texts}, self._encoded)
        return np.stack([known[text] for text in texts])

    def nearest(self, text: str, texts: Sequence[str], *, most: int) -> list[int]:
        """Return the places of at most `most` texts that may mean the same, guessed from their words one by one, in
        less time than one text is encoded in."""
        if len(texts) <= most:
            return list(range(len(texts)))
        known = self._gists.completed({one: one for one in (text, *texts)}, lambda unknown: map(self._gist, unknown))
        likeness = np.stack([known[one] for one in texts]) @ known[text]
        return sorted(np.argsort(-likeness, kind="stable")[:most].tolist())

    def forget(self) -> None:
        self._known.clear()
        self._gists.clear()

    @cached_property
    def _pieces(self) -> WordPieces:
        return WordPieces.read(self._weights.with_suffix(".txt"))

    @cached_property
    def _table(self) -> Floats:
        """(pieces, numbers), what each piece means by itself."""
        return read_array(self._weights.with_suffix(".npy")).astype(np.float32)

    def _gist(self, text: str) -> Floats:
        total = self._table[self._pieces.ids(text, most=MOST_PIECES)].sum(0)
        return np.asarray(total / max(float(np.linalg.norm(total)), 1e-6), np.float32)

    def _encoded(self, texts: Sequence[str]) -> Iterable[Floats]:
        if not texts:
            return
        with ThreadPoolExecutor(self._threads, thread_name_prefix="sentences") as pool:
            yield from pool.map(self._vector, texts)

    def _vector(self, text: str) -> Floats:
        """Encode one text by itself, since in a batch its numbers would be rounded by those of the others."""
        pieces = np.array([self._pieces.ids(text, most=MOST_PIECES)], np.int64)
        (vectors,) = open_session(self._weights).run(None, {"pieces": pieces})
        return np.asarray(vectors[0], np.float32)
