"""Scripts, CSV files and plays for tests of rows: what is played is told to be, and no desktop is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from screenagent.actions import TypeText
from screenagent.events import Approve, Event, Grounded, Reviewed
from screenagent.scripts import Script
from screenagent.scripts.replay.results import ReplayResult
from screenagent.scripts.rows.ledger import Ledger, PlayedRow
from screenagent.scripts.rows.lines import open_results, read_lines
from screenagent.scripts.rows.plan import PlannedRow, plan_rows, row_numbers
from screenagent.scripts.rows.playing import RowMoment, RowsPlay
from screenagent.scripts.rows.summary import RowSummary, summaries
from screenagent.scripts.schema import Parameter, TypeStep

SCRIPT = Script(
    name="Rows",
    parameters={
        "customer": Parameter(),
        "amount": Parameter(type="number", default="0"),
        "pin": Parameter(secret=True),
    },
    steps=(TypeStep(type="{{customer}} {{amount}}"),),
)


@dataclass
class Desk:
    """Where rows are played: `ends` says how, by the row's customer, one ending for each time; all others are done."""

    folder: Path
    ends: dict[str, list[ReplayResult | BaseException]] = field(default_factory=dict)
    unsent: frozenset[str] = frozenset()
    entered: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    heard: Callable[[RowMoment, int, PlayedRow], object] = lambda _moment, _number, _row: None

    @property
    def results(self) -> Path:
        return self.folder / "customers.results.jsonl"

    def play(
        self,
        rows: str | bytes,
        *,
        script: Script = SCRIPT,
        sets: dict[str, str] | None = None,
        key: str = "",
        only: str | None = None,
        keep_going: bool = True,
        retries: int = 0,
        at_a_time: int = 0,
    ) -> list[str]:
        """Play the rows of a CSV file, and return the customers that were typed."""
        file = self.folder / "customers.csv"
        file.write_bytes(rows if isinstance(rows, bytes) else rows.encode())
        self.entered.clear()
        self.said.clear()
        plan = plan_rows(script, file, sets or {}, key=key)
        with open_results(self.results) as kept:
            named = row_numbers(only, [row.number for row in plan.rows]) if only else None
            playing = RowsPlay(
                plan,
                kept,
                self._enter,
                self.said.append,
                only=named,
                keep_going=keep_going,
                retries=retries,
                heard=self.heard,
            )
            playing.run_several(at_a_time) if at_a_time else playing.run()
        return list(self.entered)

    def _enter(self, row: PlannedRow, sink: Callable[[Event], None]) -> ReplayResult:
        customer = row.words.values["customer"]
        if customer not in self.unsent:
            sink(Grounded(action=TypeText(text="x")))
            sink(Reviewed(verdict=Approve()))
            self.entered.append(customer)
        ending = next(iter(self.ends.get(customer, [])), done())
        if customer in self.ends:
            self.ends[customer] = self.ends[customer][1:]
        if isinstance(ending, BaseException):
            raise ending
        return ending

    def rows(self) -> list[RowSummary]:
        with read_lines(self.results) as lines:
            return summaries(Ledger.of(lines))

    def statuses(self) -> list[str]:
        return [row.status for row in self.rows()]


def done(**fields: object) -> ReplayResult:
    return ReplayResult.model_validate({"script": "Rows", "outcome": "done", **fields})


def failed(**fields: object) -> ReplayResult:
    return done(**{"outcome": "gave_up", "message": "“Save” was not found", **fields})


def csv_of(rows: Iterable[Sequence[object]], header: str = "customer,amount") -> str:
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"
