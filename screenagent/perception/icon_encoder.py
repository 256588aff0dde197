"""What small pictures on the screen show: an encoder looks at each, and words are held against what it saw."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox
from screenagent.perception.cache import SharedLRU
from screenagent.perception.icon_meanings import IconMeanings, NamesMeant
from screenagent.perception.ocr import PictureArray
from screenagent.perception.pixels import averaged, interpolated
from screenagent.perception.similarity import stem
from screenagent.perception.weights import FOLDER, open_session, read_arrays

Floats = npt.NDArray[np.float32]
Mirror = Literal["sideways", "upside down"]

SIDE: Final = 32  # of the square that the encoder sees
MARGIN: Final = 1.15  # how much wider than the icon that square is
NEIGHBOURS: Final = 400  # names of icons that are most alike to a text
FAINTEST: Final = 0.04  # of the full range; what stands out less is noise, which is not stretched to look like an icon


class Icon(NamedTuple):
    """`vector` points where the words for what is shown there do."""

    rect: PixelBox
    vector: Floats


class IconWords:
    """A text is the sum of its words' vectors. A word that tells little has a short one, and one that is in no icon's
    name or tags has none."""

    def __init__(self, path: Path = FOLDER / "icon_words.npz", *, meanings: IconMeanings | None = None) -> None:
        self._path = path
        self._common: SharedLRU[str, float] = SharedLRU(4000)
        self._meanings = meanings or IconMeanings()
        self._meant: SharedLRU[str, NamesMeant] = SharedLRU(200)

    @cached_property
    def _table(self) -> tuple[dict[str, int], Floats, list[str]]:
        table = read_arrays(self._path, "stems", "vectors", "scales", "names")
        vectors = table["vectors"].astype(np.float32) * table["scales"].astype(np.float32)[:, None]
        return {str(stem): row for row, stem in enumerate(table["stems"])}, vectors, [str(n) for n in table["names"]]

    @property
    def concepts(self) -> list[str]:
        """The names that an icon may go by."""
        return self._table[2]

    @cached_property
    def _concepts(self) -> Floats:
        """(concepts, width)"""
        return np.stack([self.vector([(name, 1.0)]) for name in self.concepts])

    def vector(self, texts: Iterable[tuple[str, float]]) -> Floats:
        """Of weighted texts together, of length 1; of length 0 where no word is known."""
        rows, vectors, _ = self._table
        total = np.zeros(vectors.shape[1], np.float32)
        for text, weight in texts:
            for word in wording(text):
                if word in rows:
                    total += weight * vectors[rows[word]]
        return total / max(float(np.linalg.norm(total)), 1e-6)

    def commonness(self, text: str) -> float:
        """Return how alike a text is to the names nearest to it: if it is alike to many, it says little."""
        return self._common.completed({text: text}, self._commonness)[text]

    def _commonness(self, texts: Sequence[str]) -> Iterable[float]:
        for text in texts:
            likeness = self._concepts @ self.vector([(text, 1.0)])
            yield float(np.partition(likeness, -NEIGHBOURS)[-NEIGHBOURS:].mean())

    def meant(self, text: str) -> NamesMeant:
        """Return the names of icons that `text` may mean, in whatever words."""
        if (known := self._meant.get(text)) is None:
            called = self._meanings.meant(text)
            vectors = np.stack([self._mean(one.names) for one in called])
            known = NamesMeant(vectors, np.array([one.likely for one in called], np.float32))
            self._meant.keep(text, known)
        return known

    def _mean(self, names: Iterable[str]) -> Floats:
        total = np.sum([self.vector([(name, 1.0)]) for name in names], axis=0)
        return np.asarray(total / max(float(np.linalg.norm(total)), 1e-6), np.float32)

    def names(self, icons: Sequence[Icon]) -> list[str]:
        """The name that fits each icon best."""
        if not icons:
            return []
        fits = np.stack([icon.vector for icon in icons]) @ self._concepts.T
        return [self.concepts[best] for best in fits.argmax(1).tolist()]


class IconEncoder:
    """Looks at places on a picture, at each only once as long as its pixels stay the same."""

    BATCH: Final = 32

    def __init__(self, weights: Path = FOLDER / "icons.onnx") -> None:
        self._weights = weights
        self._seen: SharedLRU[bytes, Floats] = SharedLRU(4000)

    def look(self, picture: PictureArray, rects: Iterable[PixelBox], *, mirror: Mirror | None = None) -> list[Icon]:
        """What has no contrast is left out. With `mirror`, see each place as if it stood there in a mirror."""
        views = [(rect, _mirrored(view, mirror)) for rect in rects if (view := seen(picture, rect)) is not None]
        keys = [hashlib.blake2b(view.tobytes(), digest_size=16).digest() for _, view in views]
        vectors = self._seen.completed(dict(zip(keys, (view for _, view in views), strict=True)), self._vectors)
        return [Icon(rect, vectors[key]) for key, (rect, _) in zip(keys, views, strict=True)]

    def forget(self) -> None:
        self._seen.clear()

    def _vectors(self, views: Sequence[Floats]) -> Iterable[Floats]:
        for start in range(0, len(views), self.BATCH):
            (vectors,) = open_session(self._weights).run(None, {"icons": np.stack(views[start : start + self.BATCH])})
            yield from vectors


def seen(picture: PictureArray, rect: PixelBox) -> Floats | None:
    """(4, SIDE, SIDE): how each pixel differs from the ground that the icon stands on, in any colour and in each; so a
    greyed icon looks like a lively one, and a light one on dark like a dark one on light but for the sign."""
    height, width = picture.shape[:2]
    left, top, right, bottom = rect.grown(1).clipped(width, height).rounded
    part = picture[top:bottom, left:right].astype(np.float32) / 255
    if part.size == 0:
        return None
    rim = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    difference = part - np.median(rim, axis=0)
    most = np.abs(difference).max(axis=2)
    if most.max() < FAINTEST:
        return None
    square = np.zeros((side := max(4, round(MARGIN * max(rect.width, rect.height))), side, 4), np.float32)
    stacked = np.dstack([most, difference]) / most.max()
    down, across = (min(side, edge) for edge in part.shape[:2])
    y, x = (side - down) // 2, (side - across) // 2
    square[y : y + down, x : x + across] = stacked[:down, :across]
    return (averaged if side > SIDE else interpolated)(square.transpose(2, 0, 1), SIDE, SIDE)


def _mirrored(view: Floats, mirror: Mirror | None) -> Floats:
    match mirror:
        case "sideways":
            return np.ascontiguousarray(view[:, :, ::-1])
        case "upside down":
            return np.ascontiguousarray(view[:, ::-1])
        case None:
            return view


_SILENT = frozenset("a an and are be is its my of our some that the their this your".split())
_WORD = re.compile(r"[a-z0-9]+")


@lru_cache(maxsize=65536)
def wording(text: str) -> tuple[str, ...]:
    """Each stem once, in order. "in" and "out", "up" and "down" stay: on icons they tell."""
    spoken = re.sub(r"['’]s\b", "", text.lower())
    return tuple(dict.fromkeys(stem(word) for word in _WORD.findall(spoken) if word not in _SILENT))
