"""`screenagent play`: a script, step by step as it is written, once or for each row of a CSV file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from screenagent.cli.fleet_options import FleetOptions, fleet_options
from screenagent.cli.options import (
    FILE,
    NEW_FILE,
    AgentOptions,
    OutputOptions,
    agent_options,
    gathered,
    output_options,
    virtual_words,
)
from screenagent.cli.output import echo, secho

if TYPE_CHECKING:
    from junitparser import JUnitXml

    from screenagent.agent import Sink
    from screenagent.assembly.supervised import Supervision
    from screenagent.scripts import Script
    from screenagent.scripts.replay import Replay
    from screenagent.scripts.replay.results import ReplayResult
    from screenagent.scripts.rows.plan import PlannedRow, RowPlan
    from screenagent.scripts.rows.playing import RowsPlay
    from screenagent.sessions.entries import PlayCommand

LOOK_SECONDS: Final = 0.5
"""Whoever only looks whether the results file is in use is gone by then."""

ROWS_HELP: Final = "A CSV file: play once for each row; its columns are the parameters."


@dataclass(frozen=True, kw_only=True)
class RowOptions:
    """The options of a play for the rows of a CSV file."""

    rows: Path | None
    only_rows: str | None
    key: str
    keep_going: bool
    retries: int


row_options: Final = gathered(
    "rows",
    RowOptions,
    click.option("--rows", type=FILE, help=ROWS_HELP),
    click.option("--only-rows", metavar="7-30,33", help="Play only these rows, if they are not done."),
    click.option("--key", default="", metavar="COLUMN", help="The column that rows are known by; by default all are."),
    click.option("--keep-going", is_flag=True, help="Go on after a row that failed, on your own screen too."),
    click.option("--retries", type=click.IntRange(0, 100), default=0, help="Play a row that failed so often again."),
)


@dataclass(frozen=True, kw_only=True)
class PlayOptions:
    """All options of `screenagent play`."""

    agent: AgentOptions
    output: OutputOptions
    sets: tuple[str, ...]
    step: bool
    results: Path | None
    junit: Path | None

    @property
    def settings(self) -> dict[str, object]:
        """Those that are settings, by the setting's name; None if the option was not given."""
        return self.agent.settings | {"approve": "each" if self.step else self.agent.approve or "risky"}

    @property
    def words(self) -> tuple[str, ...]:
        """The options that decide what a row does and where, to be played again: all places are absolute."""
        agent = self.agent
        step = ("--step",) if self.step else ()
        named = (
            ("--desk", agent.desk),
            ("--app", agent.app),
            ("--size", agent.size and f"{agent.size.width}x{agent.size.height}"),
            ("--display", agent.display),
            ("--approve", agent.approve),
            ("--policy", agent.policy and agent.policy.resolve()),
            ("--min-confidence", agent.min_confidence),
            ("--model", agent.model),
            ("--family", agent.model_family),
            ("--runs", agent.runs and agent.runs.resolve()),
            *(("--set", given) for given in self.sets),
        )
        valued = (word for name, value in named if value is not None for word in (name, str(value)))
        return (*virtual_words(agent.virtual), *step, *valued)

    @property
    def given(self) -> dict[str, str]:
        """The parameters' values."""
        given: dict[str, str] = {}
        for text in self.sets:
            name, equals, value = text.partition("=")
            if not equals:
                raise click.BadParameter(f"{text!r}; write for example --set customer=Ada", param_hint="--set")
            given[name.strip()] = value
        return given


play_options: Final = gathered(
    "options",
    PlayOptions,
    click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="A parameter's value; repeatable."),
    click.option("--step", is_flag=True, help="Ask before each input; otherwise only before risky ones."),
    click.option("--results", type=NEW_FILE, help="Append a line of JSON for each replay."),
    click.option("--junit", type=NEW_FILE, help="Write the results as JUnit XML."),
)


@click.command
@click.argument("script", type=FILE)
@agent_options
@output_options
@play_options
@row_options
@fleet_options
def play(script: Path, *, options: PlayOptions, rows: RowOptions, fleet: FleetOptions) -> None:
    """Play SCRIPT: each step at once, without a model as long as its targets look as they did.

    \b
    screenagent play invoice.yaml --set customer="Ada"
    screenagent play invoice.yaml --step
    screenagent play invoice.yaml --virtual --approve never --junit results.xml
    screenagent play invoice.yaml --rows customers.csv     continues where it was stopped
    screenagent play invoice.yaml --rows customers.csv --key id --keep-going --retries 1
    screenagent play invoice.yaml --rows customers.csv --only-rows 7-30,33
    screenagent play invoice.yaml --rows customers.csv --virtual --workers 4

    With --rows, a row that is done is not played again, wherever it stands in the file by now; what became of each row
    is in customers.results.jsonl, and `screenagent rows customers.results.jsonl` shows it. A row that was cut off is
    not typed into again before you have said what it needs: `screenagent rows … --done 6`, --skip or --again. On a
    virtual desktop each row has a new one, and a row that fails does not keep the others from being played; on your own
    screen and on a desk it does, unless you --keep-going. With --workers nobody is asked: what a person would have to
    allow is refused, unless you say --approve never or name a --policy.

    Exit codes: 0 done, 1 gave up or failed, 2 wrong usage, 130 stopped.
    """
    options.output.detach_if_asked()
    from screenagent.cli.running import EXIT_CODES, supervise, supervision, wants_console
    from screenagent.scripts import read_script

    read = read_script(script)
    if rows.rows is not None:
        sys.exit(_play_rows(script, read, options, rows, rows.rows, fleet=fleet))
    _refuse_row_options(rows, fleet)
    from screenagent.assembly.supervised import build_replay

    where = supervision(options.settings, options.agent, record=not options.output.no_record)
    replay = build_replay(script, read, options.given)
    if options.results is None and options.junit is None and wants_console(where.settings, options.output):
        sys.exit(EXIT_CODES[supervise(where.replay(replay)).result])
    sys.exit(EXIT_CODES[_play_once(where, replay, options).outcome])


def _refuse_row_options(rows: RowOptions, fleet: FleetOptions) -> None:
    given = {
        "--workers": fleet.workers is not None,
        "--only-rows": rows.only_rows,
        "--key": rows.key,
        "--keep-going": rows.keep_going,
        "--retries": rows.retries,
    }
    for name, value in given.items():
        if value:
            raise click.UsageError(f"{name} is about the rows of a CSV file; add --rows FILE")


def _play_once(where: Supervision, replay: Replay, options: PlayOptions) -> ReplayResult:
    from screenagent.scripts.replay.results import junit
    from screenagent.scripts.rows.lines import append_result, check_results

    if options.results is not None:
        check_results(options.results)
    found = _played(where, replay, output=options.output)
    if options.results is not None:
        append_result(options.results, found)
    if options.junit is not None:
        _write_junit(options.junit, junit(replay.script.name, [found]))
    return found


def _played(where: Supervision, replay: Replay, *sinks: Sink, output: OutputOptions) -> ReplayResult:
    from screenagent.cli.running import carry_out
    from screenagent.scripts.replay.results import result

    carried = carry_out(where.replay(replay), *sinks, output=output)
    return result(replay, carried.episode, run=carried.folder)


def _write_junit(file: Path, xml: JUnitXml) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    xml.write(str(file), pretty=True)


def _play_rows(
    file: Path, script: Script, options: PlayOptions, rows: RowOptions, table: Path, *, fleet: FleetOptions
) -> int:
    """Play each row that is left; return the exit code. What became of the rows is written even if the play breaks."""
    from screenagent.cli.running import EXIT_CODES, supervision
    from screenagent.scripts.rows.lines import open_results
    from screenagent.scripts.rows.plan import plan_rows
    from screenagent.scripts.rows.playing import RowsPlay
    from screenagent.scripts.rows.summary import row_counts, rows_junit
    from screenagent.sessions.missed import kept_inbox
    from screenagent.sessions.row_inbox import RowInbox

    settings = options.settings | {"model_concurrency": fleet.model_concurrency}
    where = supervision(settings, options.agent, record=not options.output.no_record)
    if fleet.workers is not None:
        _check_for_workers(where, script, file)
    plan = plan_rows(script, table, options.given, key=rows.key)
    only = _only(rows.only_rows, plan)
    for note in plan.notes:
        echo(note, err=True)
    results = options.results or table.with_suffix(".results.jsonl")
    with open_results(results, seconds=LOOK_SECONDS) as kept, kept_inbox(where.settings, _say) as inbox:
        player = _row_player(where, file, script, options)
        playing = RowsPlay(
            plan,
            kept,
            player,
            _say,
            only=only,
            keep_going=rows.keep_going or where.is_new_each_time,
            retries=rows.retries,
            heard=RowInbox(inbox, script.name, _play_command(file, table, results, options, rows)),
        )
        try:
            last = playing.run() if fleet.workers is None else _by_workers(playing, where, file, options.given, fleet)
        finally:
            if options.junit is not None:
                _write_junit(options.junit, rows_junit(script.name, playing.summaries))
    echo(f"{row_counts(row.status for row in playing.outcomes)}; see `screenagent rows {results}`", err=True)
    if last is not None and last.outcome == "stopped":
        return EXIT_CODES["stopped"]
    return int(any(row.status not in ("done", "skipped") for row in playing.chosen))


def _check_for_workers(where: Supervision, script: Script, file: Path) -> None:
    """Refuse what workers cannot do: share a desktop, or do something before or after all rows."""
    if not where.is_new_each_time:
        raise click.UsageError("--workers gives each row a desktop of its own; add --virtual")
    if script.before_all or script.after_all:
        name = "before_all" if script.before_all else "after_all"
        raise click.UsageError(f"{file} has {name}, which workers cannot keep in order; play it without --workers")


def _by_workers(
    playing: RowsPlay, where: Supervision, file: Path, given: dict[str, str], fleet: FleetOptions
) -> ReplayResult | None:
    """Play the rows that are left by workers."""
    from screenagent.assembly.parts import stoppable_control
    from screenagent.assembly.row_workers import RowWorkers
    from screenagent.fleet.bounds import worker_count

    count = worker_count(fleet.asked, len(playing.chosen))
    with stoppable_control() as control:
        workers = RowWorkers(
            where, file, given, count=count, control=control, retries_infra=fleet.retries_infra, say=_say
        )
        playing.play = workers.play
        with workers.started():
            return playing.run_several(count)


def _play_command(file: Path, table: Path, results: Path, options: PlayOptions, rows: RowOptions) -> PlayCommand:
    """Return the command that plays one row of the same table again, from whatever folder."""
    from screenagent.sessions.entries import PlayCommand

    return PlayCommand(
        script=str(file.resolve()),
        table=str(table.resolve()),
        results=str(results.resolve()),
        folder=str(Path.cwd()),
        options=(*options.words, *(("--key", rows.key) if rows.key else ())),
    )


def _say(line: str) -> None:
    secho(line, bold=True, err=True)


def _row_player(
    where: Supervision, file: Path, script: Script, options: PlayOptions
) -> Callable[[PlannedRow, Sink], ReplayResult]:
    from screenagent.assembly.supervised import build_replay

    def play(row: PlannedRow, sink: Sink) -> ReplayResult:
        replay = build_replay(file, script, {**options.given, **row.cells})
        replay = replace(replay, is_first=row.is_first, is_last=row.is_last)
        return _played(where, replay, sink, output=options.output)

    return play


def _only(text: str | None, plan: RowPlan) -> frozenset[int] | None:
    from screenagent.scripts.rows.plan import row_numbers

    try:
        return None if text is None else row_numbers(text, [row.number for row in plan.rows])
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--only-rows") from error
