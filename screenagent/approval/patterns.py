"""The regular expressions of a policy: whatever they are, they are answered in a bounded time."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Annotated, Final

import regex
from pydantic import AfterValidator

LONGEST_PATTERN: Final = 10_000
"""Letters. The time that a pattern takes to be compiled grows with the square of its length."""

MATCHING_SECONDS: Final = 0.5
"""Of computing, for all patterns of one ruling together. Those of the default policy take 0.02 s on a full screen."""


class SlowPattern(Exception):
    """A pattern that backtracks without end, such as `(a|aa)+$` on a long text, so nobody can say whether it fits."""


@dataclass
class MatchTime:
    """The time that is left for the patterns of one ruling."""

    left: float = MATCHING_SECONDS

    def first_match(self, pattern: str, text: str) -> str | None:
        """Return the first part of `text` that fits, in any case. Raises `SlowPattern` once the time is over.

        Other threads go on meanwhile, so that a stop is heard.
        """
        began = time.thread_time()
        try:
            hit = regex.search(pattern, text, regex.IGNORECASE, timeout=max(self.left, 0.001), concurrent=True)
        except TimeoutError as error:
            said = f"the regular expression {pattern[:80]!r} takes too long on a text of {len(text)} letters"
            raise SlowPattern(said) from error
        self.left -= time.thread_time() - began
        return hit.group() if hit else None


def _checked(text: str) -> str:
    """Return `text` if it is a pattern of Python's own `re`, which means the same to `regex`."""
    if len(text) > LONGEST_PATTERN:
        raise ValueError(f"{text[:80]!r}… is longer than the {LONGEST_PATTERN} letters that a pattern may have")
    try:
        re.compile(text)
        regex.compile(text)
    except (re.error, regex.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{text[:200]!r} is no regular expression: {error}") from error
    return text


Pattern = Annotated[str, AfterValidator(_checked)]
