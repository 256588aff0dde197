"""Regular expressions that are compiled when they are first used: a run uses a part of those that its grammar has."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, cast


class _LatePattern:
    """Stands for a compiled pattern; what it is asked for, the pattern answers."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._uncompiled = (pattern, flags)

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(*self._uncompiled)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiled, name)


def late_pattern(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return what behaves as the compiled pattern does."""
    return cast(re.Pattern[str], _LatePattern(pattern, flags))
