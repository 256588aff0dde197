"""The table of results by server and version, for docs/models.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

Row = tuple[str, str, str]
"""A server's kind, its version, and the model."""

Verdict = Literal["right", "wrong", "not bound"]

BEGIN: Final = "<!-- make servers: results -->"
END: Final = "<!-- end of results -->"
HEAD: Final = "| server | version | model in the shape of | right | cannot be bound | wrong |\n" + "| --- " * 6 + "|\n"


@dataclass(frozen=True)
class Outcome:
    """The outcome of one kind of request."""

    asked: str
    verdict: Verdict


@dataclass
class Table:
    """The outcome of every kind of request on every server; a later one replaces an earlier one."""

    rows: dict[Row, dict[str, Outcome]] = field(default_factory=dict)

    def add(self, row: Row, outcome: Outcome) -> None:
        self.rows.setdefault(row, {})[outcome.asked] = outcome

    def __str__(self) -> str:
        return HEAD + "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for row, outcomes in self.rows.items():
            right, unbound, wrong = (_named(outcomes, verdict) for verdict in ("right", "not bound", "wrong"))
            found = (f"{len(right)} of {len(outcomes)}", str(len(unbound) or "none"), "; ".join(wrong) or "none")
            yield f"| {' | '.join((*row, *found))} |"

    def write(self, document: Path) -> bool:
        """Write the table between its markers; return False if the document has no markers."""
        text = document.read_text("utf-8")
        between = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
        written, found = between.subn(lambda _: f"{BEGIN}\n{self}\n{END}", text)
        document.write_text(written, "utf-8")
        return found > 0


def _named(outcomes: Mapping[str, Outcome], verdict: Verdict) -> list[str]:
    return [outcome.asked for outcome in outcomes.values() if outcome.verdict == verdict]
