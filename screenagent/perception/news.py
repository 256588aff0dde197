"""What is written on a screen that was not written on an earlier one. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from screenagent.geometry import Box
from screenagent.perception.changes import changed_shares
from screenagent.perception.labels import TextLine, text_lines
from screenagent.perception.similarity import letters_of
from screenagent.screenshot import Screenshot, Word


def new_lines(
    before: Screenshot, read_before: Sequence[Word], after: Screenshot, read_after: Sequence[Word]
) -> list[TextLine]:
    """Return the lines of `after` that were nowhere on `before`, in reading order; what only moved is not new.

    What moves by itself on `after` is left out, and so is what looks as it did, however it was read.
    """
    earlier = {letters_of(line.text) for line in text_lines(read_before)}
    fresh = [line for line in text_lines(read_after) if letters_of(line.text) not in earlier]
    changed = changed_shares(before, after, [line.box for line in fresh])
    return [line for line, share in zip(fresh, changed, strict=True) if share > 0 and not _moves(line.box, after)]


def new_places(earlier: Sequence[Box], later: Sequence[Box]) -> tuple[Box, ...]:
    """Return those of the `later` places of a text at which it did not stand before."""
    return tuple(box for box in later if not any(box.center in old or old.center in box for old in earlier))


def _moves(box: Box, screen: Screenshot) -> bool:
    return any(box.center in place for place in screen.moving)
