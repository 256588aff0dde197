"""Whether what is new on the screen tells of a failure: a dialog, a bar or a line that says that something could not be
done."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from screenagent.geometry import Value
from screenagent.perception.labels import TextLine
from screenagent.yaml_file import read_packaged

MANY: Final = 12
"""With more new lines than this another page or document has come, and only its head and its title are heard."""
FEW: Final = 4
"""With no more new lines than this, a line that asks for something missing is an answer to the input."""
HEAD: Final = 4
"""Lines at the top of a new page that count as its head."""
LONGEST: Final = 400
"""Characters of a line that are looked at."""


_APOSTROPHES: Final = str.maketrans("`´‘’", "'" * 4)


class BadNewsWords(Value):
    """Regular expressions from `bad_news.yaml`: for any line, a whole line, where little is new, and for none."""

    says: tuple[str, ...]
    alone: tuple[str, ...]
    small: tuple[str, ...]
    exceptions: tuple[str, ...]


def bad_news(lines: Sequence[TextLine], *, titles: Iterable[str] = (), unless: Iterable[str] = ()) -> TextLine | str:
    """Return the first of the new lines, or titles, that tells of a failure; an empty text if none does.

    `unless` are words of the user's own, as in a target or a text that was typed: a line that only repeats them is no
    news.
    """
    own = [_plain(words) for words in unless if words.strip()]
    heard = lines if len(lines) <= MANY else sorted(lines, key=lambda line: line.box.top)[:HEAD]
    small = len(lines) <= FEW
    for line in heard:
        if _tells(line.text, small=small) and not _repeats(line.text, own):
            return line
    return next((title for title in titles if _tells(title, small=False) and not _repeats(title, own)), "")


def _tells(text: str, *, small: bool) -> bool:
    text = text[:LONGEST].translate(_APOSTROPHES)
    if _pattern("exceptions").search(text):
        return False
    if _pattern("says").search(text) or _pattern("alone").fullmatch(text.strip(" .!:–—-")):
        return True
    return small and _pattern("small").search(text) is not None


def _repeats(text: str, own: Iterable[str]) -> bool:
    plain = _plain(text)
    return any(plain in words or (len(words) >= 4 and words in plain and _tells(words, small=True)) for words in own)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


@cache
def _words() -> BadNewsWords:
    return read_packaged(Path(__file__).with_name("bad_news.yaml"), BadNewsWords)


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in getattr(_words(), kind)), re.IGNORECASE)
