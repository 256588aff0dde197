"""Tokens: the named parts that the patterns of phrases and their slots are composed of."""

from __future__ import annotations

import re
from typing import Final

from screenagent.planning.instructions.english import ENGLISH, by_word
from screenagent.planning.instructions.late_pattern import late_pattern
from screenagent.planning.instructions.quotes import MARK

NUMBERS: Final = by_word(ENGLISH.numbers)

# `calendar.month_name` follows the locale of the process; instructions and calendars are read in English.
MONTHS: Final = "January February March April May June July August September October November December".split()

TOKENS: Final = {
    **ENGLISH.tokens,
    "QUOTED": MARK,
    "NUMBER": r"\d{1,6}|" + "|".join(sorted(NUMBERS, key=len, reverse=True)),
    "SHORTCUT": "|".join(ENGLISH.shortcuts),
    "MONTH": "|".join(MONTHS),
}


def expanded(pattern: str) -> str:
    """Replace each `{TOKEN}` in a regular expression by the expression that it stands for."""
    return re.sub(r"\{([A-Z]+)\}", lambda token: f"(?:{expanded(TOKENS[token[1]])})", pattern)


def compile_pattern(pattern: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    """Compile a regular expression that may contain a `{TOKEN}`."""
    return late_pattern(expanded(pattern), flags)
