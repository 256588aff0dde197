"""What several readings of one place come to: a value, and how sure it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from screenagent.perception.letters import is_told_by_size
from screenagent.perception.spelling import SpelledText
from screenagent.scripts.reading.kinds import CALLED, PARSERS
from screenagent.scripts.reading.numbers import Parsed

ALL_AGREE: Final = 0.99
MOST_AGREE: Final = 0.95
DIFFER: Final = 0.6
ALONE: Final = 0.5
DOUBTFUL: Final = 0.7

_RISKY: Final = re.compile(
    r"[0OoQ](?=\S*\d)|(?<=\d)[OoQlISBZ]|[1lI|]{2}|[Il](?=\S*\d)|\S*[@/\\_]\S*|(?<![^\W\d_])[A-Z0-9]{2,}(?![^\W\d_])"
)
"""Where readers take letters for others, and nothing tells: in codes, addresses, and beside strokes."""


class Agreed(NamedTuple):
    """A value that was read, how it stands there, how sure it is, and why it is not sure."""

    value: str
    shown: str
    confidence: float
    doubt: str = ""

    def doubted(self, doubt: str) -> Agreed:
        """Return the same value as one that is not sure if there is a doubt; the first one is told."""
        return self._replace(confidence=min(self.confidence, DOUBTFUL), doubt=self.doubt or doubt) if doubt else self


def agreed_value(kind: str, readings: Sequence[str], others: Iterable[str]) -> Agreed | None:
    """Return what the readings of one place come to, the plain one first; None if none is such a value.

    Only a value that is read at the screen's size and enlarged, and that no reading contradicts, is sure.
    """
    texts = list(others)
    read = [(parsed, shown) for shown in readings if (parsed := PARSERS[kind](shown, texts))]
    if not read:
        return None
    values = [_normal(kind, parsed) for parsed, _ in read]
    best = max(values, key=values.count)
    parsed, shown = next(one for one, value in zip(read, values, strict=True) if value == best)
    is_read_plainly = PARSERS[kind](readings[0], texts) is not None and values[0] == best
    count = values.count(best)
    found = Agreed(parsed.value, shown, ALL_AGREE if count == len(readings) else MOST_AGREE)
    if count < len(values):
        other = next(shown for (_, shown), value in zip(read, values, strict=True) if value != best)
        found = Agreed(parsed.value, shown, DIFFER, f"two readings differ: “{shown}” and “{other}”")
    elif not is_read_plainly or count < 2:
        found = Agreed(parsed.value, shown, ALONE, f"only one of {len(readings)} readings is {CALLED[kind]}")
        if not is_read_plainly:
            found = found._replace(doubt=f"at its own size, “{readings[0]}” is read")
    return found.doubted(parsed.doubt)


def by_typeface(kind: str, drawn: SpelledText, others: Iterable[str]) -> Agreed | None:
    """Return what a text comes to whose letters were held against the screen; None if it is no such value."""
    parsed = PARSERS[kind](drawn.text, list(others))
    if parsed is None:
        return None
    sure = Agreed(parsed.value, drawn.text, MOST_AGREE)
    found = sure if drawn.is_sure else sure._replace(confidence=DIFFER, doubt="another text looks nearly the same")
    return found.doubted(parsed.doubt)


def as_far_as_read(found: Agreed) -> Agreed:
    """Return a text of which no letter could be held against the screen: what readers mistake is then not sure."""
    is_plain = any(PARSERS[kind](found.value, ()) for kind in ("number", "date"))
    is_risky = not is_plain and (_RISKY.search(found.value) or is_told_by_size(found.value))
    return found.doubted("it has letters that are easily taken for others") if is_risky else found


def _normal(kind: str, parsed: Parsed) -> tuple[str, bool]:
    """How two values are held against each other."""
    value = "".join(parsed.value.split()) if kind == "text" else parsed.value
    return value, bool(parsed.doubt)
