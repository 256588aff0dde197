"""The exact letters of a text: the readings of a place, held against the screen in the typeface that it is drawn in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from screenagent.perception.glyphs import spelled_in
from screenagent.perception.letters import is_told_by_size, mended
from screenagent.perception.typefaces import (
    Ink,
    Typeface,
    best_typeface,
    drawn,
    drawn_likeness,
    likeness_to_either,
    typefaces,
)

NEAR: Final = 0.97  # what looks less like it is drawn in a typeface that is not here
SAME: Final = 0.985  # a text that looks so much like the screen stands there
EXACT: Final = 0.9995
FAINT: Final = 0.88  # a typeface in which a text with a wrong letter looks so much like the screen may be its own
LEADS: Final = 0.4  # how much nearer the screen is to a text than to its rivals, 1 being no difference
REMEMBERED: Final = 6  # typefaces
ROUNDS: Final = 6  # letters that are put right at most
SIMILAR: Final = 0.6  # a typeface in which accents show, at least
ACCENTED: Final = -0.3  # how much nearer the screen is to a letter with an accent, for it to be doubtful
LONGEST: Final = 80  # letters of a text that is drawn again

_SHAPED: Final = {
    "0": "OoQ", "O": "0Q", "o": "0", "Q": "O", "1": "lI", "l": "1I|", "I": "l1", "|": "lI", "5": "S", "S": "5",
    "8": "B3", "B": "8", "3": "8", "6": "G8", "G": "6C", "C": "G", "2": "Z", "Z": "2", "7": "1", ".": ",", ",": ".",
    ":": ";.", ";": ":", "g": "q", "q": "g", "c": "e", "e": "c", "t": "f", "f": "t", "r": "f", "h": "b", "b": "h",
    "D": "O", "v": "y", "y": "v", "_": "-", "!": "l", "m": "n", "]": "J", "4": "A", "V": "Y", "U": "V",
}  # fmt: skip
_ACCENTED: Final = (
    "aàáâãäåą", "AÀÁÂÃÄÅ", "eèéêëę", "EÈÉÊË", "iìíîïı", "IÌÍÎÏ", "oòóôõöøő", "OÒÓÔÕÖØ", "uùúûüůű", "UÙÚÛÜ", "nñńň",
    "cçćč", "CÇČ", "sśš", "SŚŠ", "zźżž", "ZŻŽ", "yýÿ", "lł", "LŁ",
)  # fmt: skip
_ALIKE: Final = {
    letter: _SHAPED.get(letter, "") + "".join(group.replace(letter, "") for group in _ACCENTED if letter in group)
    for letter in {*_SHAPED, *"".join(_ACCENTED)}
}
_ACCENTS: Final = {
    letter: group.replace(letter, "") for group in _ACCENTED for letter in group if len(group) > 2 or letter != group[0]
}
_TWO: Final = {"rn": "m", "m": "rn", "cl": "d", "d": "cl", "vv": "w", "w": "vv", "nn": "m"}
_STROKE: Final = re.compile(r"\|(?=\w)|(?<![^\W_])l(?=[A-Z]|l[b-df-hj-np-tv-xz])")
_IN_WORD: Final = re.compile(r"(?<=[^\W\d_A-Z])1(?=[^\W\d_A-Z])")
_IN_NUMBER: Final = re.compile(r"(?<=\d)[lI](?=\d|$)")
_NARROW: Final = "lIi1.'|-"


class SpelledText(NamedTuple):
    """A text, and how surely each of its letters is right."""

    text: str
    is_sure: bool


class DrawnText(NamedTuple):
    """A text as it is drawn in a typeface, and how much that looks like the screen."""

    text: str
    face: Typeface
    alike: float


class InkedWords(NamedTuple):
    """A text that was read for sure, and its ink."""

    text: str
    ink: Ink


@dataclass
class Spelling:
    """Remembers the typefaces in which texts are drawn, of those in `files`, or of all that are installed."""

    files: Sequence[str] | None = None
    faces: list[Typeface] = field(default_factory=list)
    looked_at: dict[tuple[str, int, int], Typeface | None] = field(default_factory=dict)

    def spelled(self, readings: Sequence[str], ink: Ink, beside: Sequence[InkedWords] = ()) -> SpelledText | None:
        """Return what stands there; None if it is drawn in none of the typefaces here. `beside` is what else is written
        near it: it may be in the same typeface."""
        texts = list(dict.fromkeys(text for text in readings if 0 < len(text) <= LONGEST))
        if texts and (len(texts[0]) == 1 or is_told_by_size(texts[0])):
            return self._by_size(texts[0], ink, beside)
        best = self._best(texts, ink, beside) if texts else None
        if best is None or best.alike < FAINT:
            return self._as_far_as_seen(texts, ink)
        text, face = best.text, best.face
        if best.alike < EXACT:
            text, is_sure = _put_right(text, face, ink)
        else:
            is_sure = not any(_is_as_usual(text, rival) for rival in _drawn_alike(text, face))
        if drawn_likeness(text, face, ink) < NEAR:
            return self._as_far_as_seen(texts, ink)
        self._remember(face)
        return SpelledText(text, is_sure and mend(text) == text)

    def _by_size(self, text: str, ink: Ink, beside: Sequence[InkedWords]) -> SpelledText:
        """Return a text that only its size tells, by the typeface of what is written beside it; unsure if nothing is.

        A single letter looks like many others in other typefaces.
        """
        self._learn(beside)
        faces = [face for there in beside if (face := self.looked_at.get(_key(there)))]
        zeros = [text.replace(letter, other) for letter, other in ("0o", "0O", "o0", "O0")]
        sizes = [form for one in (text, *zeros) for form in (one, one.lower(), one.upper())]
        sizes += _rivals(text) if len(text) == 1 else ()
        alike = [one for one in dict.fromkeys(sizes) if any(drawn_likeness(one, face, ink) >= SAME for face in faces)]
        return SpelledText(alike[0], is_sure=True) if len(alike) == 1 else SpelledText(text, is_sure=False)

    def _best(self, texts: Sequence[str], ink: Ink, beside: Sequence[InkedWords]) -> DrawnText | None:
        """Return the text that looks most like the screen in its typeface: one of the readings, or what is read letter
        by letter."""
        known = _nearest(texts, self.faces, ink)
        if known and known.alike >= SAME:
            return known
        self._learn(beside)
        read = _nearest([*texts, *_letter_by_letter(texts[0], self.faces[:2], ink)], self.faces, ink)
        if read and read.alike >= SAME:
            return read
        found = best_typeface(texts[:1], ink, self._files)
        faces = [found.typeface] if found and found.likeness >= FAINT else []
        own = _nearest([*texts, *_letter_by_letter(texts[0], faces, ink)], faces, ink)
        return max((one for one in (own, read) if one), key=lambda one: one.alike, default=None)

    def _learn(self, beside: Sequence[InkedWords]) -> None:
        """Look for the typeface of what stands near; each text is looked at once."""
        for there in beside:
            if _key(there) in self.looked_at:
                continue
            found = best_typeface([there.text], there.ink, self._files)
            face = found.typeface if found and found.likeness >= SAME else None
            self.looked_at[_key(there)] = face
            if face:
                self._remember(face)
                return

    def _as_far_as_seen(self, texts: Sequence[str], ink: Ink) -> SpelledText | None:
        """Return the first reading as unsure if an accent on one of its letters would look more like the screen; a
        typeface that is only like its own shows as much."""
        found = best_typeface(texts[:1], ink, self._files)
        if found is None or found.likeness < SIMILAR:
            return None
        rivals = dict.fromkeys(_rivals(texts[0], _ACCENTS))
        leads = (likeness_to_either(texts[0], rival, found.typeface, ink) for rival in rivals)
        return SpelledText(texts[0], is_sure=False) if any(lead < ACCENTED for lead in leads) else None

    @property
    def _files(self) -> Sequence[str]:
        return typefaces() if self.files is None else self.files

    def _remember(self, face: Typeface) -> None:
        self.faces = [face, *(one for one in self.faces if one != face)][:REMEMBERED]


def _key(there: InkedWords) -> tuple[str, int, int]:
    height, width = there.ink.shape
    return there.text, height, width


def _letter_by_letter(like: str, faces: Sequence[Typeface], ink: Ink) -> list[str]:
    return [text for face in faces for text in spelled_in(ink, face, like)]


def _nearest(texts: Sequence[str], faces: Sequence[Typeface], ink: Ink) -> DrawnText | None:
    """Return the text that looks most like the screen; of two that look alike, the usual one."""
    found = [DrawnText(text, face, drawn_likeness(text, face, ink)) for text in texts for face in faces]
    return max(found, key=lambda one: (round(one.alike, 4), mend(one.text) == one.text), default=None)


def _put_right(text: str, face: Typeface, ink: Ink) -> tuple[str, bool]:
    """Return the text with each letter replaced that another looks more like, and whether none may be another one."""
    for _ in range(ROUNDS):
        rivals = [(likeness_to_either(text, rival, face, ink), rival) for rival in dict.fromkeys(_rivals(text))]
        lead, rival = min(rivals, default=(1.0, ""))
        if lead >= 0:
            break
        text = rival
    same = [rival for lead, rival in rivals if lead == 0]
    rest = [lead for lead, _ in rivals if lead != 0]
    usual = mend(text)
    if usual in same:
        return usual, min(rest, default=1.0) >= LEADS
    return text, min(rest, default=1.0) >= LEADS and not any(_is_as_usual(text, rival) for rival in same)


def _drawn_alike(text: str, face: Typeface) -> list[str]:
    """Return the rivals that look just like a text in a typeface."""
    if (ours := drawn(text, face)) is None:
        return []
    rivals = dict.fromkeys(_rivals(text))
    return [one for one in rivals if (rival := drawn(one, face)) is not None and np.array_equal(ours, rival)]


def mend(text: str) -> str:
    """Return a text with the strokes that are drawn alike as words and codes usually have them."""
    words = (_IN_WORD.sub("l", _IN_NUMBER.sub("1", _STROKE.sub("I", word))) for word in text.split())
    return " ".join(map(mended, words))


def _is_as_usual(text: str, rival: str) -> bool:
    """Whether nothing but its looks would tell a rival from a text."""
    return mend(rival) == rival and mend(text) != rival


def _rivals(text: str, alike: Mapping[str, str] = _ALIKE) -> Iterator[str]:
    """Yield the texts that differ by one letter that may be taken for another, is missed or seen twice, or by a
    blank."""
    for number, letter in enumerate(text):
        before, after = text[:number], text[number + 1 :]
        yield from (before + other + after for other in alike.get(letter, ""))
        if letter in _NARROW:
            yield before + after
            yield before + letter + letter + after
        if letter == " ":
            yield before + after
        for read, shown in _TWO.items():
            if text.startswith(read, number):
                yield before + shown + text[number + len(read) :]
