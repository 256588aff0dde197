"""`screenagent play`: a script, step by step as it is written."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from screenagent.events import Ended
    from screenagent.scripts import Script
    from screenagent.scripts.replay import Replay
    from screenagent.scripts.replay.results import ReplayResult
    from screenagent.settings import Settings

SCRIPT = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command
@click.argument("script", type=SCRIPT)
@click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="A parameter's value; may be given often.")
@click.option("--step", is_flag=True, help="Ask before each input; otherwise risky ones are asked about.")
@click.option("--approve", type=click.Choice(["each", "risky", "never"]), help="Which inputs to ask about.")
@click.option("--policy", type=SCRIPT, help="Rules for what is allowed, asked about and denied; a YAML file.")
@click.option("--virtual", is_flag=True, help="Play on a virtual desktop of its own, with the script's app on it.")
@click.option("--app", help="What to open on the virtual desktop instead of the script's app.")
@click.option("--size", metavar="WxH", help="Size of the virtual desktop; 1280x720 if not given.")
@click.option("--display", help="Which monitor to work on, by the name that `screenagent doctor` shows.")
@click.option("--model", metavar="FOLDER|URL", help="Who plans the script's tasks, and points where nothing else does.")
@click.option("--rows", type=SCRIPT, help="A CSV file: play once for each of its rows, whose columns are parameters.")
@click.option("--results", type=click.Path(dir_okay=False, path_type=Path), help="Add a line of JSON for each replay.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write the results as JUnit XML.")
@click.option("--json", "as_json", is_flag=True, help="Print the events on stdout, one JSON object a line.")
@click.option("--runs", type=click.Path(path_type=Path), help="Where the run is recorded.")
@click.option("--no-record", is_flag=True, help="Keep nothing on disk.")
@click.option("--plain", is_flag=True, help="Lines instead of the console; so it is without a terminal, too.")
def play(
    script: Path,
    *,
    sets: tuple[str, ...],
    step: bool,
    approve: str | None,
    policy: Path | None,
    virtual: bool,
    app: str | None,
    size: str | None,
    display: str | None,
    model: str | None,
    rows: Path | None,
    results: Path | None,
    junit: Path | None,
    as_json: bool,
    runs: Path | None,
    no_record: bool,
    plain: bool,
) -> None:
    """Play SCRIPT: each step at once, without a model as long as its targets look as they did.

    \b
    screenagent play invoice.yaml --set customer="Ada"
    screenagent play invoice.yaml --step
    screenagent play invoice.yaml --virtual --approve never --junit results.xml
    screenagent play invoice.yaml --rows customers.csv     goes on where it was stopped

    With --rows, a row that is done is not played again; its result is in customers.results.jsonl. On a virtual desktop
    each row has a new one, and a row that fails does not keep the others from being played; on your own screen it does.

    Exit codes: 0 done, 1 gave up or failed, 2 wrong usage, 130 stopped.
    """
    if app and not virtual:
        raise click.UsageError("--app opens a program on a virtual desktop; add --virtual")
    from screenagent.cli.run import EXIT_CODES, has_console, size_of
    from screenagent.settings import Settings

    read = read_script(script)
    settings = Settings.load(
        approve="each" if step else approve or "risky",
        policy=policy,
        model=model,
        runs=runs,
        display=display,
        virtual_size=size_of(size),
        max_steps=10_000,
    )
    given = _given(sets)
    playing = Playing(settings, virtual=virtual, app=app or read.app if virtual else None, record=not no_record)
    if rows is not None:
        listed = _rows(rows)
        replays = [_replay(script, read, given | row) for row in listed]
        found = playing.rows(replays, results or rows.with_suffix(".results.jsonl"))
    elif results or junit or plain or as_json or settings.approve == "never" or not has_console():
        found = [playing.once(_replay(script, read, given), results=results, as_json=as_json)]
    else:
        sys.exit(EXIT_CODES[playing.supervised(_replay(script, read, given)).result])
    if junit is not None:
        from screenagent.scripts.replay.results import junit as xml

        junit.parent.mkdir(parents=True, exist_ok=True)
        xml(read.name, found).write(str(junit), pretty=True)
    sys.exit(max((EXIT_CODES[result.outcome] for result in found), default=0))


@dataclass(frozen=True)
class Playing:
    """Where and how replays are played."""

    settings: Settings
    _: KW_ONLY
    virtual: bool
    app: str | None
    record: bool

    def supervised(self, replay: Replay) -> Ended:
        from screenagent.cli.console import supervise

        return supervise(
            replay.task, self.settings, virtual=self.virtual, app=self.app, record=self.record, replay=replay
        )

    def once(
        self, replay: Replay, *, row: int | None = None, results: Path | None = None, as_json: bool = False
    ) -> ReplayResult:
        from screenagent.cli.run import carry_out_task
        from screenagent.scripts.replay.results import append, result

        carried = carry_out_task(
            replay.task,
            self.settings,
            virtual=self.virtual,
            app=self.app,
            as_json=as_json,
            record=self.record,
            replay=replay,
        )
        found = result(replay.script.name, carried.episode, replay.public_values, row=row, run=carried.folder)
        if results is not None:
            append(results, found)
        return found

    def rows(self, replays: Sequence[Replay], results: Path) -> list[ReplayResult]:
        """Each row that is not done yet; its result is kept before the next begins."""
        from screenagent.scripts.replay.results import done_rows, read_results

        try:
            earlier = read_results(results)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        done = done_rows(earlier, [replay.public_values for replay in replays])
        found = [result for result in earlier if result.row in done and result.outcome == "done"]
        for row, replay in enumerate(replays, start=1):
            if row in done:
                continue
            click.secho(f"row {row} of {len(replays)}: {replay.task}", bold=True, err=True)
            found.append(self.once(replay, row=row, results=results))
            outcome = found[-1].outcome
            if outcome == "stopped" or (outcome != "done" and not self.virtual):
                click.echo(
                    f"row {row} ended: {found[-1].message or outcome}; the rows after it were not played", err=True
                )
                break
        click.echo(
            f"{sum(result.outcome == 'done' for result in found)} of {len(replays)} rows are done; see {results}",
            err=True,
        )
        return found


def _replay(file: Path, script: Script, given: dict[str, str]) -> Replay:
    from screenagent.scripts import Anchors, bound
    from screenagent.scripts.replay import Replay

    return Replay(script, bound(script, given), Anchors.of(file), file.resolve())


def _rows(file: Path) -> list[dict[str, str]]:
    import csv

    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines, strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} is no CSV file in UTF-8: {error}") from error
    if not rows:
        raise click.UsageError(f"{file} has no rows; its first line names the parameters")
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise click.UsageError(f"{file}, row {number} does not have as many fields as the first line has names")
    return [{name.strip(): value for name, value in row.items()} for row in rows]


def read_script(file: Path) -> Script:
    """Return the script in `file`."""
    from screenagent.scripts import read_script as read

    return read(file)


def _given(sets: tuple[str, ...]) -> dict[str, str]:
    given: dict[str, str] = {}
    for text in sets:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text!r}; write for example --set customer=Ada", param_hint="--set")
        given[name.strip()] = value
    return given
