"""The root of every error that the user can fix."""

from __future__ import annotations

from typing import ClassVar


class UserError(Exception):
    """Something that the user can fix; the text says in one line what is wrong and what to do about it.

    The command line prints the text without a traceback and ends with `exit_code`.
    """

    code: str = "user_error"
    exit_code: ClassVar[int] = 1


class WrongUsage(UserError):
    """An option, a setting or a file that was handed in cannot be used as it is."""

    code = "wrong_usage"
    exit_code = 2


class OldSpellingWarning(UserWarning):
    """Something is written as an earlier version did; the text names the new spelling."""


class MissingExtra(WrongUsage):
    """A package is missing that belongs to one of the project's extras."""

    code = "missing_extra"

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed; run: pip install 'screenagent[{extra}]'")
