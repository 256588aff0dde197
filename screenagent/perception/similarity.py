"""How alike two texts are, allowing for what OCR confuses."""

from __future__ import annotations

import re
from typing import Final

from rapidfuzz import fuzz

MISREAD: Final = str.maketrans("i1|0q", "lllog")
"""Letters that many typefaces draw alike, or that look alike when they are underlined."""


def likeness(name: str, text: str) -> float:
    """Return how alike two names are: 1 if they are the same, 0 if they are not to be taken for each other."""
    if name == text:
        return 1.0
    if name.casefold() == text.casefold():
        return 0.98
    if name.endswith("%") and text == f"{name[:-1]}96":  # a small % is read so
        return 0.9
    one, other = squeezed(name), squeezed(text)
    if one == other:
        return 0.96
    if min(len(one), len(other)) >= 4 and re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return 0.94 if one.translate(MISREAD) == other.translate(MISREAD) else 0.0
    one, other = one.translate(MISREAD), other.translate(MISREAD)
    if one == other:
        return 0.94
    if min(len(one), len(other)) < 4:
        return 0.0
    ratio = fuzz.ratio(one, other, score_cutoff=80) / 100
    # A letter read wrong is tolerated, a word too many is not: "Save As" is not "Save".
    if ratio and _words_in(name, text) and _words_in(text, name):
        return 0.95 * ratio
    return 0.0


def _words_in(words: str, text: str) -> bool:
    """Return whether `text` has every word of `words`; letters read wrong and missed blanks are tolerated."""
    there = [squeezed(word).translate(MISREAD) for word in text.split()]
    joined = "".join(there)
    for word in (squeezed(word).translate(MISREAD) for word in words.split()):
        apart = any(
            fuzz.ratio(word, other) >= 60 and abs(len(word) - len(other)) <= 1 + len(word) // 4 for other in there
        )
        if not apart and (len(word) < 4 or fuzz.partial_ratio(word, joined) < 70):
            return len(word) == 1
    return True


def squeezed(text: str) -> str:
    """Return only the letters and digits, in lower case; a text of other signs stays as it is."""
    lettered = re.sub(r"(?<=\w)\||\|(?=\w)", "l", text.casefold())  # a stroke within a word was a letter
    return re.sub(r"[^\w]+|_", "", lettered) or text.replace(" ", "")


def solid(text: str) -> str:
    """Return the text without blanks: OCR sees some that are not there, and misses others."""
    return "".join(text.split())


def as_misread(text: str) -> str:
    """Return the text without blanks and case, with one letter for all those that OCR takes for each other."""
    return solid(text).casefold().translate(MISREAD)


def stem(word: str, *, doers: bool = False) -> str:
    """Return the word without its ending, so that "opening" and "open", "contacts" and "contact" meet, and with `doers`
    "director" and "directed", too."""
    for suffix in ("ings", "ing", "ies", "ed", "es", "s", *(("or", "er") if doers else ())):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith("ss"):
            word = word[: -len(suffix)] + ("y" if suffix == "ies" else "")
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word
