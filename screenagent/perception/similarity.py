"""How alike two texts are, allowing for what OCR confuses."""

from __future__ import annotations

import re

from rapidfuzz import fuzz


def likeness(name: str, text: str) -> float:
    """How alike two names are: 1 the same, 0 not to be taken for each other."""
    if name == text:
        return 1.0
    if name.casefold() == text.casefold():
        return 0.98
    if name.endswith("%") and text == f"{name[:-1]}96":  # a small % is read so
        return 0.9
    one, other = _squeezed(name), _squeezed(text)
    if one == other:
        return 0.96
    if min(len(one), len(other)) >= 4 and re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return 0.94 if one.translate(_MISREAD) == other.translate(_MISREAD) else 0.0
    one, other = one.translate(_MISREAD), other.translate(_MISREAD)
    if one == other:
        return 0.94
    if min(len(one), len(other)) < 4:
        return 0.0
    ratio = fuzz.ratio(one, other, score_cutoff=80) / 100
    # A letter read wrong is borne, a word too many is not: "Save As" isn't "Save".
    if ratio and _words_in(name, text) and _words_in(text, name):
        return 0.95 * ratio
    return 0.0


_MISREAD = str.maketrans("i1|0q", "lllog")
"""Letters that many typefaces draw alike, or that look alike when they are underlined."""


def _words_in(words: str, text: str) -> bool:
    """Whether `text` has every word of `words`, letters read wrong and blanks that were missed allowed."""
    there = [_squeezed(word).translate(_MISREAD) for word in text.split()]
    solid = "".join(there)
    for word in (_squeezed(word).translate(_MISREAD) for word in words.split()):
        apart = any(
            fuzz.ratio(word, other) >= 60 and abs(len(word) - len(other)) <= 1 + len(word) // 4 for other in there
        )
        if not apart and (len(word) < 4 or fuzz.partial_ratio(word, solid) < 70):
            return len(word) == 1
    return True


def _squeezed(text: str) -> str:
    """Only letters and digits; a text of signs stays as it is."""
    lettered = re.sub(r"(?<=\w)\||\|(?=\w)", "l", text.casefold())  # a stroke within a word was a letter
    return re.sub(r"[^\w]+|_", "", lettered) or text.replace(" ", "")


def stem(word: str) -> str:
    """The word without its ending, so that "opening" and "open", "contacts" and "contact" meet."""
    for suffix in ("ings", "ing", "ies", "ed", "es", "s"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith("ss"):
            word = word[: -len(suffix)] + ("y" if suffix == "ies" else "")
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word
