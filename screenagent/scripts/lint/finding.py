"""One thing that is wrong with a script, and how much it matters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from screenagent.geometry import Value
from screenagent.scripts.file import Problem


class LintFinding(Value):
    """An error keeps a replay from its end; a warning is of what is most likely not meant."""

    weight: Literal["error", "warning"]
    problem: Problem

    @property
    def code(self) -> str:
        return self.problem.code

    def __str__(self) -> str:
        return f"{self.problem}" if self.weight == "error" else f"{self.problem} (warning)"


Readable = Callable[[str], str | None]
"""Why a task cannot be carried out; None if it can."""


def error_in(problem: Problem) -> LintFinding:
    return LintFinding(weight="error", problem=problem)


def warning_of(problem: Problem) -> LintFinding:
    return LintFinding(weight="warning", problem=problem)
