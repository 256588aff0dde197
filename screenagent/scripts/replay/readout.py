"""What a script reads off the screen: a value, how sure it is, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from screenagent.geometry import Box
from screenagent.screenshot import Screenshot
from screenagent.scripts.schema import ReadAs

SURE: Final = 0.9
"""The confidence from which on a value is used without a person's yes."""


@dataclass(frozen=True, kw_only=True)
class ValueReading:
    """A value that was read.

    `value` is how a script goes on with it: a number with a point and no separators, a date as in 2026-05-31; `shown`
    is how it stands on the screen. `by` says what it was read by, as in "accessibility" or "text". `doubt` says why it
    is not sure. `rows` are those of a table, each by its headings.
    """

    value: str
    shown: str
    confidence: float
    by: str
    box: Box | None = None
    doubt: str = ""
    rows: Sequence[Mapping[str, str]] = field(default_factory=tuple)

    @property
    def is_sure(self) -> bool:
        return self.confidence >= SURE


@dataclass(frozen=True)
class Unread:
    """Why a value could not be read, in a sentence."""

    why: str


class Readout(Protocol):
    """Reads values off a screen."""

    def read(self, what: str, kind: ReadAs, screenshot: Screenshot) -> ValueReading | Unread:
        """Read `what`, as in "the number right of Total", which has to be of that kind."""
        ...
