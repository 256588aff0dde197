"""Plays a script for the rows of a CSV file that are left; what becomes of each is kept before the next begins."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Final, Literal, NamedTuple, TypedDict

from screenagent.actions import Action, Input
from screenagent.errors import UserError, WrongUsage
from screenagent.events import Approve, Event, Grounded, HoverReviewed, Reviewed, RunResult
from screenagent.scripts.replay.results import ReplayResult
from screenagent.scripts.rows.ledger import CUT_OFF, Ledger, PlayedRow, RowStatus
from screenagent.scripts.rows.lines import Begun, ResultsFile, now
from screenagent.scripts.rows.plan import PlannedRow, RowPlan
from screenagent.scripts.rows.summary import RowSummary
from screenagent.showing import abridged

PLAYED: Final[frozenset[RowStatus]] = frozenset(("not_played", "failed"))
"""What is played unless a person says otherwise."""

NAMED: Final[frozenset[RowStatus]] = PLAYED | {"set_aside"}
"""What is played if a person names the row."""

RowMoment = Literal["begun", "ended", "left_out"]
"""A row's first input is about to be sent, it has ended, or it is not played as it waits for a person."""

MOST_ALIKE: Final = 3
"""So many rows, one after the other, that cannot be played for the same reason end the play."""


class OtherScript(WrongUsage):
    """The results file is another script's."""

    code = "other_script"


class RowOutcome(NamedTuple):
    """A row of the CSV file, and what the results file knows of it."""

    planned: PlannedRow
    played: PlayedRow

    @property
    def status(self) -> RowStatus:
        return self.played.status


@dataclass
class RowsPlay:
    """A play of all rows that are left. `play` plays one row, telling the sink what happens, and returns its result;
    `say` hears a line for each row, and `heard` of each row by its number in the table. `only` are the numbers of the
    rows to be played; None is all.

    A row that fails ends the play, unless `keep_going`. One that failed before an input that may have saved something
    is tried `retries` times again.
    """

    plan: RowPlan
    results: ResultsFile
    play: Callable[[PlannedRow, FirstInput], ReplayResult]
    say: Callable[[str], object]
    _: KW_ONLY
    only: frozenset[int] | None = None
    keep_going: bool = False
    retries: int = 0
    heard: Callable[[RowMoment, int, PlayedRow], object] = lambda _moment, _number, _row: None
    outcomes: Sequence[RowOutcome] = field(init=False)
    _alike: list[str] = field(init=False, default_factory=list)
    _turn: threading.Lock = field(init=False, default_factory=threading.Lock)
    """Protects the results, and what is known of the rows: several may be played at a time."""
    _ends: threading.Event = field(init=False, default_factory=threading.Event)

    def __post_init__(self) -> None:
        ledger = ledger_of(self.results, self.plan.script.name)
        self.outcomes = outcomes(self.plan, ledger)
        if ledger.planned != (line := self.plan.line):
            self.results.append(line)

    def run(self) -> ReplayResult | None:
        """Play the rows that are left; return the result of the last one."""
        last: ReplayResult | None = None
        left = list(self._left())
        for number, outcome in enumerate(left, start=1):
            planned = replace(outcome.planned, is_first=number == 1, is_last=number == len(left))
            last = self._settled(outcome._replace(planned=planned))
            if self._ends.is_set():
                break
        return last

    def run_several(self, count: int) -> ReplayResult | None:
        """Play the rows that are left, `count` at a time; return the result of the last one that ended the play."""
        with ThreadPoolExecutor(count, "row") as pool:
            played = [pool.submit(self._settled_unless_over, row) for row in list(self._left())]
            wait(played, return_when=FIRST_EXCEPTION)
            if any(row.done() and row.exception() for row in played):
                self._ends.set()
        results = [row.result() for row in played]
        return next((result for result in reversed(results) if result is not None), None)

    def _settled_unless_over(self, row: RowOutcome) -> ReplayResult | None:
        return None if self._ends.is_set() else self._settled(row)

    def _settled(self, row: RowOutcome) -> ReplayResult:
        """Play a row; say if a person has to settle it, or if no row is to be begun after it."""
        result = self._played(row)
        if row.status == "to_settle":
            self.say(f"row {row.planned.number} is to be settled by hand: {self._cure(row)}")
        if why := self._why_end(row, result):
            self._ends.set()
            self.say(f"row {row.planned.number} ended: {why}; the rows after it were not played")
        return result

    @property
    def chosen(self) -> Sequence[RowOutcome]:
        """The rows that this play is about."""
        return [row for row in self.outcomes if self.only is None or row.planned.number in self.only]

    @property
    def summaries(self) -> Iterator[RowSummary]:
        """Yield what became of each row so far."""
        return (RowSummary.of(row.planned.number, row.played) for row in self.outcomes)

    def _left(self) -> Iterator[RowOutcome]:
        """Yield the rows that are to be played; say why others are not, unless they are done."""
        playable = PLAYED if self.only is None else NAMED
        for row in self.chosen:
            if row.status in playable:
                yield row
            elif row.status in ("to_settle", "set_aside"):
                self.say(f"row {row.planned.number} is not played: {abridged(row.played.why)}; {self._cure(row)}")
                self.heard("left_out", row.planned.number, row.played)

    def _cure(self, row: RowOutcome) -> str:
        number, file = row.planned.number, self.results.path
        if row.status == "set_aside":
            return f"play it with --only-rows {number}"
        return f"look what it has done, then say `screenagent rows {file} --done {number}`, or --skip, or --again"

    def _played(self, row: RowOutcome) -> ReplayResult:
        """Play a row, and again if it failed before anything may have been saved."""
        self.say(f"row {row.planned.number} of {self.outcomes[-1].planned.number}: {shown_values(row.planned)}")
        for left in range(self.retries, -1, -1):
            result = self._attempted(row)
            if row.status != "failed" or row.planned.problem or not left:
                break
            self.say(f"row {row.planned.number} failed: {result.message}; it is tried again")
        return result

    def _attempted(self, row: RowOutcome) -> ReplayResult:
        """Play a row once; its result is on the disk before this returns."""
        result = self._not_played(row.planned.problem) if row.planned.problem else self._result(row)
        kept = result.model_copy(update={**_words(row), "defaults": self.plan.defaults})
        self._hear(row, kept)
        return kept

    def _result(self, row: RowOutcome) -> ReplayResult:
        begun = FirstInput(lambda: self._hear(row, self._begun(row)))
        try:
            result = self.play(row.planned, begun)
        except WrongUsage:
            raise
        except UserError as error:
            self._alike.append(str(error))
            result = self._not_played(str(error), outcome="crashed")
        else:
            self._alike.clear()
        is_cut_off = begun.is_sent and result.outcome in ("stopped", "crashed")
        return result.model_copy(update={"doubt": CUT_OFF}) if is_cut_off else result

    def _not_played(self, why: str, *, outcome: RunResult = "gave_up") -> ReplayResult:
        return ReplayResult(script=self.plan.script.name, outcome=outcome, message=why)

    def _begun(self, row: RowOutcome) -> Begun:
        return Begun(script=self.plan.script.name, **_words(row), defaults=self.plan.defaults, at=now())

    def _hear(self, row: RowOutcome, line: Begun | ReplayResult) -> None:
        with self._turn:
            self.results.append(line)
            row.played.hear(line)
            self.heard("begun" if isinstance(line, Begun) else "ended", row.planned.number, row.played)

    def _why_end(self, row: RowOutcome, result: ReplayResult) -> str:
        """Why no more rows are played after this one; empty if they are."""
        why = result.message or result.outcome
        if result.outcome == "stopped":
            return why
        if len(self._alike) >= MOST_ALIKE and len(set(self._alike[-MOST_ALIKE:])) == 1:
            return f"{MOST_ALIKE} rows could not be played: {why}"
        is_fine = result.outcome == "done" or row.status == "set_aside" or row.planned.problem
        return "" if is_fine or self.keep_going else why


def shown_values(row: PlannedRow) -> str:
    """Return the values of a row in one line."""
    return ", ".join(f"{name} {value}" for name, value in row.words.values.items())


class RowFields(TypedDict):
    """What every line of a row says."""

    row: int
    values: Mapping[str, str]
    key: str
    id: str


def _words(row: RowOutcome) -> RowFields:
    words = row.planned.words
    return {"row": words.row, "values": words.values, "key": words.key, "id": row.played.id}


@dataclass
class FirstInput:
    """A sink that calls `about_to_send` once, before the first input of a run is sent."""

    about_to_send: Callable[[], None]
    is_sent: bool = False
    _proposed: Action | None = None

    def __call__(self, event: Event) -> None:
        match event:
            case Grounded(action=action):
                self._proposed = action
            case HoverReviewed(verdict=Approve()):
                self.send()
            case Reviewed(verdict=Approve()) if isinstance(self._proposed, Input):
                self.send()
            case _:
                pass

    def send(self) -> None:
        """Note that the first input is about to be sent."""
        if not self.is_sent:
            self.is_sent = True
            self.about_to_send()


def ledger_of(results: ResultsFile, script: str) -> Ledger:
    """Read what the results file has; raise `OtherScript` if it is about another script's rows."""
    ledger = Ledger.of(results.lines)
    others = [name for name in ledger.scripts if name != script]
    if others and any(row.row is not None for row in ledger.rows.values()):
        raise OtherScript(
            f"{results.path} holds the rows of {abridged(others[0])!r}, and this script is called {script!r};"
            " use another file with --results"
        )
    return ledger


def outcomes(plan: RowPlan, ledger: Ledger) -> list[RowOutcome]:
    """Return what became of each row of `plan` so far; a new row gets a name in the results."""
    rows = [row.words for row in plan.rows]
    known = ledger.matched(rows, plan.given)
    return [
        RowOutcome(row, played or ledger.added(row.words, frozenset(plan.given)))
        for row, played in zip(plan.rows, list(known), strict=True)
    ]
