"""What workers do, as they do it: a live table on a terminal, a line for each attempt anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from screenagent.cli.output import echo, paint, painted

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from screenagent.fleet.jobs import Job
    from screenagent.fleet.results_folder import KeptAttempt

SIGNS: Final = {"passed": ("✓", "green"), "failed": ("✗", "red"), "infra": ("!", "yellow")}


@dataclass
class FleetProgress:
    """Hears of each job that begins (without an attempt) and of each attempt that ends."""

    total: int
    done: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SIGNS, 0))
    under_way: dict[str, float] = field(default_factory=dict)
    live: Live | None = None

    def __call__(self, job: Job[Any], attempt: KeptAttempt | None) -> None:
        if attempt is None:
            self.under_way[job.id] = time.monotonic()
            return
        self.under_way.pop(job.id, None)
        self.counts[attempt.outcome] += 1
        self.done += attempt.outcome != "infra"
        self._tell(attempt)

    def _tell(self, attempt: KeptAttempt) -> None:
        sign, colour = SIGNS[attempt.outcome]
        again = f"  attempt {attempt.number}" if attempt.number > 1 else ""
        why = f"  {attempt.cause}: " if attempt.cause else "  "
        said = f"{why}{attempt.message}" if attempt.message and attempt.outcome != "passed" else ""
        head = painted(paint(sign, fg=colour), f" [{self.done}/{self.total}] {attempt.job}")
        line = painted(head, f"  {attempt.seconds:.1f} s{again}{said}")
        if self.live is None:
            echo(line, err=True)
        else:
            from rich.text import Text

            self.live.console.print(Text.from_ansi(line), soft_wrap=True)

    def __rich__(self) -> Table:
        from rich.table import Table

        table = Table(title=self.title, title_justify="left", show_header=False, box=None)
        for job, began in self.under_way.items():
            table.add_row("…", job, f"{time.monotonic() - began:.0f} s")
        return table

    @property
    def title(self) -> str:
        broken = f", {self.counts['infra']} broken by the machine" if self.counts["infra"] else ""
        return (
            f"{self.done} of {self.total}: {self.counts['passed']} passed, {self.counts['failed']} failed{broken};"
            f" {len(self.under_way)} under way"
        )


@contextmanager
def fleet_progress(total: int) -> Iterator[FleetProgress]:
    """Show progress on stderr until this is left."""
    progress = FleetProgress(total)
    if not sys.stderr.isatty() or find_spec("rich") is None:
        yield progress
        return
    from rich.console import Console
    from rich.live import Live

    with Live(progress, console=Console(stderr=True), refresh_per_second=2, transient=True) as progress.live:
        yield progress


def infra_line(attempts: Iterable[KeptAttempt], *, left: int) -> str:
    """Say which attempts the machine broke, and how many jobs have no other answer; empty if none were."""
    from screenagent.fleet.run import infra_counts

    counts = infra_counts(attempts)
    if not counts:
        return ""
    causes = ", ".join(f"{cause} {count}" for cause, count in sorted(counts.items()))
    ending = f"{left} have no other answer and are not counted" if left else "each was made again"
    total = sum(counts.values())
    return f"the machine broke {total} attempt{'s' if total > 1 else ''} ({causes}); {ending}"
