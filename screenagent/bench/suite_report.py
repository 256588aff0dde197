"""The results of a suite as a page, as JUnit XML and as CSV: each task under each model and its settings."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite
from markupsafe import Markup

from screenagent.bench.outcomes import SuiteOutcome, SuiteOutcomes
from screenagent.bench.results import wilson
from screenagent.bench.run_costs import SpentPerSuccess, spent_per_success
from screenagent.errors import UserError
from screenagent.runs.report.html import csp_hash, write_html
from screenagent.scripts.rows.summary import plain_cell
from screenagent.showing import shown, visible

NO_APP: Final = "–"


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many of some outcomes passed, of those that say something; `infra` are the others."""

    passed: int
    n: int
    infra: int

    @classmethod
    def of(cls, outcomes: Iterable[SuiteOutcome]) -> Tally:
        found = list(outcomes)
        answered = [outcome for outcome in found if not outcome.is_infra]
        passed = sum(bool(outcome.passed) for outcome in answered)
        return cls(passed=passed, n=len(answered), infra=len(found) - len(answered))

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.passed, self.n)

    @property
    def percent(self) -> float:
        return 100 * self.passed / self.n if self.n else 0.0


@dataclass(frozen=True, kw_only=True)
class SuiteColumn:
    """One model and its settings at the head of the page."""

    suite: SuiteOutcomes
    tally: Tally
    cost: SpentPerSuccess


@dataclass(frozen=True, kw_only=True)
class TaskLine:
    """A task, and for each column its tries."""

    task: str
    cells: tuple[tuple[SuiteOutcome, ...], ...]


@dataclass(frozen=True, kw_only=True)
class AppBlock:
    """The tasks of an application, and what came of them in each column."""

    app: str
    tallies: tuple[Tally, ...]
    lines: tuple[TaskLine, ...]


def suite_page(suites: Sequence[SuiteOutcomes], *, title: str, beside: Path) -> str:
    """Return the page, which loads nothing; `beside` is the folder where it will lie, for links to the runs."""
    style = _packaged("screenagent.runs.report", "page.css") + _packaged("screenagent.bench", "suite_page.css")
    loader = PackageLoader("screenagent.bench", package_path="")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, finalize=shown, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["link"] = _linking(beside)
    return environment.get_template("suite_page.html.j2").render(
        title=title,
        columns=[_column(suite) for suite in suites],
        blocks=app_blocks(suites),
        failures=failure_counts(suites),
        style=Markup(style),
        style_hash=csp_hash(style),
    )


def app_blocks(suites: Sequence[SuiteOutcomes]) -> list[AppBlock]:
    """Return the tasks by application; the task of an outcome that names none has its application from another."""
    apps = {outcome.task: outcome.app for suite in suites for outcome in suite.outcomes if outcome.app}
    tasks: dict[str, list[str]] = defaultdict(list)
    for task in dict.fromkeys(outcome.task for suite in suites for outcome in suite.outcomes):
        tasks[apps.get(task, NO_APP)].append(task)
    return [
        AppBlock(
            app=app,
            tallies=tuple(Tally.of(o for o in suite.outcomes if o.task in set(names)) for suite in suites),
            lines=tuple(TaskLine(task=name, cells=tuple(_tries(suite, name) for suite in suites)) for name in names),
        )
        for app, names in sorted(tasks.items())
    ]


def failure_counts(suites: Sequence[SuiteOutcomes]) -> list[tuple[str, tuple[int, ...]]]:
    """Return for each class of failure how often it came in each suite, the most frequent first."""
    counts = [Counter(outcome.failure for outcome in suite.outcomes if outcome.failure) for suite in suites]
    total = sum(counts, Counter[str]())
    return [(name, tuple(count[name] for count in counts)) for name, _ in total.most_common()]


def suite_junit(suites: Sequence[SuiteOutcomes]) -> JUnitXml:
    """Return a test suite for each model and its settings; what the machine broke is skipped, with the reason."""
    xml = JUnitXml("bench")
    for suite in suites:
        found = TestSuite(visible(suite.name))
        for outcome in suite.outcomes:
            found.add_testcase(_testcase(outcome))
        xml.add_testsuite(found)
    return xml


def _testcase(outcome: SuiteOutcome) -> TestCase:
    name = f"{outcome.task}#{outcome.epoch}" if outcome.epoch > 1 else outcome.task
    case = TestCase(visible(name), classname=visible(outcome.app or NO_APP), time=round(outcome.seconds, 3))
    said = visible(f"{outcome.failure}: {outcome.message}" if outcome.message else outcome.failure)
    if outcome.is_infra:
        case.result = [Skipped(said, "infra")]
    elif not outcome.passed:
        case.result = [Failure(said, visible(outcome.failure))]
    return case


COLUMNS: Final = (
    "suite", "app", "task", "epoch", "outcome", "failure", "message", "seconds", "model_calls", "tokens", "run",
)  # fmt: skip


def suite_csv(suites: Sequence[SuiteOutcomes]) -> str:
    """Return a line for each outcome. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    for suite in suites:
        for outcome in suite.outcomes:
            lines.writerow([plain_cell(str(value)) for value in _values(suite, outcome)])
    return text.getvalue()


def _values(suite: SuiteOutcomes, outcome: SuiteOutcome) -> tuple[object, ...]:
    word = "infra" if outcome.is_infra else "passed" if outcome.passed else "failed"
    spent = outcome.spent
    costs = (spent.calls, spent.tokens) if spent else ("", "")
    told = (outcome.failure, outcome.message, outcome.seconds)
    return (suite.name, outcome.app, outcome.task, outcome.epoch, word, *told, *costs, outcome.run or "")


def write_run_reports(suites: Sequence[SuiteOutcomes], *, told: Callable[[str], object] = str) -> int:
    """Write the report of each run that has none yet; return how many cannot be written."""
    runs = [outcome.run for suite in suites for outcome in suite.outcomes if outcome.run]
    missing = [run for run in runs if not (run / "report.html").is_file()]
    broken = 0
    for number, run in enumerate(missing, start=1):
        told(f"the report of run {number} of {len(missing)}")
        try:
            write_html(run, run / "report.html")
        except (UserError, OSError):
            broken += 1
    return broken


def _column(suite: SuiteOutcomes) -> SuiteColumn:
    spent = [(bool(outcome.passed), outcome.spent) for outcome in suite.answered if outcome.spent is not None]
    return SuiteColumn(suite=suite, tally=Tally.of(suite.outcomes), cost=spent_per_success(spent))


def _tries(suite: SuiteOutcomes, task: str) -> tuple[SuiteOutcome, ...]:
    return tuple(sorted((o for o in suite.outcomes if o.task == task), key=lambda outcome: outcome.epoch))


def _linking(beside: Path) -> Callable[[Path], str]:
    """Return what makes the address of a run's report, or of its folder without one; relative, so both can move."""

    def link(run: Path) -> str:
        report = run / "report.html"
        target = report if report.is_file() else run
        return quote(os.path.relpath(target.resolve(), beside.resolve()).replace(os.sep, "/"))

    return link


def _packaged(package: str, name: str) -> str:
    return resources.files(package).joinpath(name).read_text("utf-8")
