"""Whether what was read looks rather like another text that readers take for it: "modern" is read as "modem", and "l1"
as "11", however large it is shown to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from screenagent.geometry import PixelBox
from screenagent.perception.ocr import PictureArray
from screenagent.perception.rendered_text import likeness_as_drawn

TOGETHER: Final = (("m", "rn"), ("d", "cl"), ("w", "vv"))
"""Two letters that are read as one, and one as two."""
IN_CODES: Final = ("1lI7", "0O", "5S", "8B")
"""What is read for each other where no word tells, as in a number or a short name."""
LONGEST: Final = 20  # letters of a text that is looked at; in a longer one a letter makes no difference
MOST: Final = 12  # other texts that it may be
LIKE: Final = 0.85  # how much it looks like the other text at least: of 864 drawn words none is then taken for another
LEAD: Final = 0.05  # how much more than like what was read,
RIGHT: Final = 0.998  # how much what was read right looks like itself
SAME: Final = 0.95  # or, from here on,
NEARER: Final = 0.3  # how little is left that differs, of what differs from what was read
_CODE: Final = re.compile(r"\b(?:\w*\d\w*|\w\w?|[A-Z]+)\b")


def looks_like_another(text: str, rect: PixelBox, picture: PictureArray) -> str | None:
    """Return the text that what stands at `rect` looks like, if that is not what was read. A letter alone is too little
    to tell by."""
    others = list(dict.fromkeys(_others(text)))[:MOST] if 1 < len(text) <= LONGEST else []
    own = likeness_as_drawn([text], rect, picture) if others else []
    if not own or own[0] >= RIGHT:
        return None
    rest = likeness_as_drawn(others, rect, picture)
    best, other = max(zip(rest, others, strict=True))
    leads = best > own[0] + LEAD or (best >= SAME and 1 - best < NEARER * (1 - own[0]))
    return other if best >= LIKE and leads else None


def may_be_read_as(text: str) -> frozenset[str]:
    """Return what a text may be misread as."""
    return frozenset(_others(text)) if len(text) <= LONGEST else frozenset()


def _others(text: str) -> Iterator[str]:
    """Yield the texts that differ by one such reading."""
    for pair in TOGETHER:
        for read, shown in (pair, pair[::-1]):
            for place in re.finditer(read, text):
                yield text[: place.start()] + shown + text[place.end() :]
    for code in _CODE.finditer(text):
        for number in range(code.start(), code.end()):
            alike = next((letters for letters in IN_CODES if text[number] in letters), "")
            yield from (text[:number] + other + text[number + 1 :] for other in alike if other != text[number])
