"""How alike two texts are, allowing for what OCR confuses."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import Levenshtein

from screenagent.perception.letters import letters, outline, without_misread_digits

_BULLET: Final = re.compile(r"^[oO0](?=[A-Z][a-z])")  # an icon before a name is read as a round letter
LEFT: Final = 8  # letters that are left of a name that was cut off

LONG: Final = 7  # letters of a word in which one that is drawn like another may have been misread
MOST_MISSED: Final = 3  # letters that one of two names may be longer
LONGER: Final = 8  # the same for a letter that was missed, or seen twice
FEWEST_NEARLY: Final = 5  # letters of a text that is known again though one of them was misread
NEARLY: Final = (9, 2)  # a text of so many letters is known with so many of them misread
_ROUND: Final = str.maketrans("ceáàâäéèêëóòôö", "oooooooooooooo")
"""Round letters, which small typefaces draw alike."""
_NARROW: Final = "ilrtfj1|!'"  # letters that are missed easily

_NUMBER: Final = re.compile(r"(?:(?<![\w.])[-+±<>≤≥≠≈~])?[$€£¥]?\d+(?:[.,:/-]\d+)*%?")
_TELLING: Final = "+#%@$€£¥="  # signs that make another name of it: C is neither C++ nor C#
_ENDS: Final = " :*"  # what a label has after its name
_UNTELLING: Final = re.compile(rf"[^\w{re.escape(_TELLING)}]+|_")


def likeness(name: str, text: str) -> float:
    """Return how alike two names are: 1 if they are the same, 0 if they are not to be taken for each other. Numbers are
    the same or not; a letter may be misread within a word that is no other word then."""
    if name == text:
        return 1.0
    one, other = as_typed(name), as_typed(text)
    if one == other or one == other.rstrip(_ENDS):
        return 0.99
    if one.casefold() == other.casefold():
        return 0.98
    if abs(len(letters_of(one)) - len(letters_of(other))) > MOST_MISSED and not text.endswith("."):
        return 0.0
    if numbers_in(one) != numbers_in(other):
        return 0.0
    if letters_of(one) == letters_of(other):
        return 0.96
    if _is_misread_name(one, other) or _is_cut_off(one, other):
        return 0.94
    return 0.93 if letters_of(one) == letters_of(_BULLET.sub("", other)) else 0.0


@lru_cache(16384)
def letter_count(text: str) -> int:
    """Return how many letters, digits and telling signs a text has."""
    return len(_lettered(text))


@lru_cache(16384)
def as_typed(text: str) -> str:
    """Return the text with signs that are drawn in several ways in the form that they are typed in."""
    words = ("".join(letter.text for letter in letters([word], case=True)) for word in text.split())
    return " ".join(words)


@lru_cache(16384)
def numbers_in(text: str) -> tuple[str, ...]:
    """Return the numbers, dates and times in the text with the signs that belong to them."""
    return tuple(_NUMBER.findall(without_misread_digits(text)))


@lru_cache(16384)
def letters_of(text: str) -> str:
    """Return the letters, digits and telling signs of the text in lower case; a text of other signs stays as it is."""
    lettered = _lettered(text)
    return lettered if any(map(str.isalnum, lettered)) else text.replace(" ", "")


def _lettered(text: str) -> str:
    return _UNTELLING.sub("", text.casefold())


def _is_misread_name(name: str, text: str) -> bool:
    """Return whether each word of the text is that of the name, or is this word misread."""
    wanted, read = ([letters_of(word) for word in words.split()] for words in (name, text))
    wanted, read = [word for word in wanted if word], [word for word in read if word]
    if len(wanted) != len(read):
        wanted, read = ["".join(wanted)], ["".join(read)]
    return all(is_misread(one, other) for one, other in zip(wanted, read, strict=True))


def _is_cut_off(name: str, text: str) -> bool:
    """Return whether the text is the beginning of the name, with dots for the rest."""
    left = text.casefold().rstrip(".")
    rest = name.casefold().removeprefix(left)
    return len(left) >= LEFT and text.endswith(".") and rest not in ("", name.casefold()) and " " not in rest


def is_misread(word: str, read: str) -> bool:
    """Return whether `read` is the word, or what a reader may take it for and what is no word of its own: letters stand
    where they do in the word but for one that is drawn like another, and the first letter is right."""
    if word == read:
        return True
    if word[:1] != read[:1] or any(letter.isdigit() for letter in word):
        return False
    if len(word) >= 4 and _is_no_word(read) and outline(word) == outline(read):
        return True
    if len(word) >= LONG and outline(word) == outline(read):
        return True
    if len(word) >= LONG and len(word) == len(read):
        return Levenshtein.distance(word, read) == 1 and word.translate(_ROUND) == read.translate(_ROUND)
    return len(word) >= LONGER and is_missed(word, read)


def is_nearly(text: str, read: str) -> bool:
    """Return whether two readings may be of one text, a letter misread, or two of a long text. That is no more than a
    guess: ask it of texts in one place only."""
    one, other = letters_of(text), letters_of(read)
    shorter = min(len(one), len(other))
    if shorter < FEWEST_NEARLY or numbers_in(text) != numbers_in(read):
        return one == other
    long, most = NEARLY
    return Levenshtein.distance(one, other) <= (most if shorter >= long else 1)


def _is_no_word(read: str) -> bool:
    """Return whether a digit or a stroke stands among letters, or a q without its u."""
    return re.search(r"[^\W\d_][\d|!]|q(?!u)", read) is not None


def is_missed(word: str, read: str) -> bool:
    """Return whether one narrow or doubled letter within the word was missed, or seen where there is none."""
    long, short = (word, read) if len(word) > len(read) else (read, word)
    places = (place for place in range(1, len(long) - 1) if long[:place] + long[place + 1 :] == short)
    return any(long[place] in _NARROW or long[place] == long[place - 1] for place in places)


def solid(text: str) -> str:
    """Return the text without blanks: OCR sees some that are not there, and misses others."""
    return "".join(text.split())


def stem(word: str, *, doers: bool = False) -> str:
    """Return the word without its ending, so that "opening" and "open", "contacts" and "contact" meet, and with `doers`
    "director" and "directed", too."""
    for suffix in ("ings", "ing", "ies", "ed", "es", "s", *(("or", "er") if doers else ())):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith("ss"):
            word = word[: -len(suffix)] + ("y" if suffix == "ies" else "")
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word
