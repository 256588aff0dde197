"""All rows as one HTML page that needs nothing else: failures first, each with a link to its run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from screenagent.scripts.rows.summary import STATUS_WORDS, RowSummary, failures_first
from screenagent.showing import shown


def rows_page(rows: Sequence[RowSummary], *, script: str, source: str, results: str) -> str:
    """Return the page; `source` is the CSV file that was played last, `results` the results file."""
    loader = PackageLoader("screenagent.scripts.rows", package_path="")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, finalize=shown)
    environment.filters["link"] = _link
    return environment.get_template("rows.html.j2").render(
        rows=failures_first(rows),
        counts=_counts(rows),
        inputs=_names(row.values for row in rows),
        outputs=_names(row.outputs for row in rows),
        script=script,
        source=source,
        results=results,
    )


def _counts(rows: Iterable[RowSummary]) -> list[tuple[str, str, int]]:
    counts = Counter(row.status for row in rows)
    return [(status, words, counts[status]) for status, words in STATUS_WORDS.items() if counts[status]]


def _names(values: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(name for each in values for name in each))


def _link(run: str) -> str:
    """Return the address of a run's report, or of its folder if none was written."""
    folder = Path(run).absolute()
    report = folder / "report.html"
    return (report if report.is_file() else folder).as_uri()
