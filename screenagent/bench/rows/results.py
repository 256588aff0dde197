"""What came of a job: what the form's server holds, beside what the results file says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from screenagent.bench.results import percentile
from screenagent.bench.rows.job import Customer, RowsJob
from screenagent.geometry import Value
from screenagent.scripts.rows.ledger import RowStatus

Program = Literal["chromium", "gtk"]


class SavedRows(Value):
    """Of the job's rows: how many the server has once, and how many more than that; and what is none of them."""

    right: int
    double: int
    wrong: tuple[str, ...]

    @classmethod
    def of(cls, job: RowsJob, saved: Sequence[Customer]) -> SavedRows:
        held = Counter(saved)
        asked = Counter(job.customers)
        wrong = (customer for customer in held if customer not in asked)
        return cls(
            right=sum(held[customer] >= 1 for customer in job.customers),
            double=sum(max(0, held[customer] - asked[customer]) for customer in asked),
            wrong=tuple(", ".join(customer.model_dump().values()) for customer in wrong),
        )


class JobResult(Value):
    """What came of one job. `before`: with the server away for one row; `after`: when that row was played once more.

    `by_hand` are the rows that a person had to look up, beside the two whose play was cut off; `plays` how often the
    play had to be called until nothing was left; `false_done` the rows that were called done and were not saved.
    """

    program: Program
    seed: int
    rows: int
    before: SavedRows
    after: SavedRows
    away: RowStatus
    by_hand: tuple[str, ...]
    false_done: int
    plays: int
    seconds: float
    row_seconds: tuple[float, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether the job ended as it should: all but one, that one set aside, and then all."""
        return (
            self.before.right == self.rows - 1
            and self.after.right == self.rows
            and self.away == "set_aside"
            and not self.false_done
            and not any(count.double or count.wrong for count in (self.before, self.after))
        )

    def __str__(self) -> str:
        said = f"{self.before.right} of {self.rows} rows right, {self.after.right} with the server back"
        extra = f"; the row it was away for is {self.away}; by hand: {', '.join(self.by_hand) or 'none'}"
        return f"{self.program} seed {self.seed}: {said}{extra}; {self.plays} plays, {self.seconds:.0f} s"


class RowsSummary(Value):
    """Jobs and rows; `double`, `wrong` and `false_done` are rows that were saved twice, saved otherwise than asked, or
    called done and not saved; `by_hand` rows that somebody had to look up beside those that were cut off."""

    n: int
    right: int
    rows: int
    rows_right: int
    double: int
    wrong: int
    false_done: int
    by_hand: int
    row_seconds_p50: float | None
    row_seconds_p95: float | None
    not_right: tuple[str, ...]


def rows_summary(results: Sequence[JobResult]) -> RowsSummary:
    seconds = [each for result in results for each in result.row_seconds]
    return RowsSummary(
        n=len(results),
        right=sum(result.is_right for result in results),
        rows=sum(result.rows for result in results),
        rows_right=sum(result.after.right for result in results),
        double=sum(result.after.double for result in results),
        wrong=sum(len(result.after.wrong) for result in results),
        false_done=sum(result.false_done for result in results),
        by_hand=sum(len(result.by_hand) for result in results),
        row_seconds_p50=percentile(seconds, 50),
        row_seconds_p95=percentile(seconds, 95),
        not_right=tuple(str(result) for result in results if not result.is_right),
    )
