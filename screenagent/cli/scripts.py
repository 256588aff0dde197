"""`screenagent record`, `save`, `heal`, `check` and `export`: scripts."""

from __future__ import annotations

import json
import shlex
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from screenagent.cli.options import FILE, FOLDER, NEW_FILE, NEW_FOLDER, gathered, load_settings, one_run
from screenagent.cli.output import confirm, echo, echo_lines, secho
from screenagent.showing import abridged, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from screenagent.actions import Action
    from screenagent.assembly.saving import SavedScript
    from screenagent.control import Control
    from screenagent.events import Event
    from screenagent.keys import RecordingKeys
    from screenagent.screenshot import Screenshot
    from screenagent.scripts.replay.healing import Heal
    from screenagent.settings import Settings


LONGEST_VALUE: Final = 30


@dataclass(frozen=True, kw_only=True)
class SavingFlags:
    """How a script is written that a recording or a run becomes."""

    name: str | None
    app: str | None
    expect_each: bool
    parameters: bool
    force: bool


saving_options: Final = gathered(
    "options",
    SavingFlags,
    click.option("--name", help="What the script is called; by default the run's task, or the file's name."),
    click.option("--app", help="What the script opens when it is played on a virtual desktop."),
    click.option("--expect-each", is_flag=True, help="Let each step expect what came onto the screen after it."),
    click.option("--parameters", is_flag=True, help="Make the typed values parameters with defaults."),
    click.option("--force", is_flag=True, help="Overwrite an existing script."),
)


@click.command
@click.argument("script", type=NEW_FILE)
@click.option("--display", help="Which monitor to watch, by the name that `screenagent doctor` shows.")
@click.option("--runs", type=NEW_FOLDER, help="Where what was seen is kept.")
@click.option("--expect-key", metavar="KEYS", help="What you press to have the text under the mouse expected.")
@click.option("--parameter-key", metavar="KEYS", help="What you press to make the value entered last a parameter.")
@saving_options
def record(
    script: Path,
    *,
    display: str | None,
    runs: Path | None,
    expect_key: str | None,
    parameter_key: str | None,
    options: SavingFlags,
) -> None:
    """Watch you do it, and write SCRIPT: steps in words, and what their targets looked like.

    \b
    screenagent record invoice.yaml
    screenagent record invoice.yaml --name "Enter an invoice" --app "gnumeric invoices.gnumeric"
    screenagent play invoice.yaml --step                  then play it, asked about each step

    What you do in the terminal that it runs in is left out. What a field hides as you type is never written down: it
    becomes a secret, which `screenagent secret set` keeps. End with ctrl+shift+escape (the setting stop_keys), or with
    Ctrl-C here.
    """
    from screenagent.assembly.parts import stoppable_control
    from screenagent.assembly.supervised import record_run

    _refuse_overwriting(script, force=options.force)
    task = options.name or script.stem
    pressed = {"expect_keys": expect_key, "parameter_keys": parameter_key}
    settings = load_settings(runs=runs, display=display, keep_screens=True, **pressed)
    with record_run(settings, f"record {task}") as kept, stoppable_control() as control:
        secrets: dict[str, str] = {}
        told = RecordingLines(settings.stop_keys, secrets, settings.recording_keys)
        for event in _watched(settings, control, task=task, secrets=secrets):
            kept(event)
            told(event)
    _write_script(kept.folder, script, replace(options, name=task))
    echo(f"what was seen is in {kept.folder}; try it: screenagent play {script} --step", err=True)
    if secrets:
        echo_lines(told.secret_lines, err=True)


@dataclass
class RecordingLines:
    """A line on stderr for each thing that was understood while a person works, and at the end what secrets need."""

    stop_keys: str
    secrets: Mapping[str, str]
    keys: RecordingKeys
    understood: int = 0
    app: str = ""
    apps: dict[str, str] = field(default_factory=dict)
    """The application that each secret was typed into, by its name in the script."""

    @property
    def secret_lines(self) -> str:
        """How the secrets are set, and what a policy says that lets them be typed."""
        count = len(self.secrets)
        many, them = ("1 secret", "it") if count == 1 else (f"{count} secrets", "them")
        ways = ", ".join(f"`screenagent secret set {secret}`" for secret in self.secrets)
        rules = "\n".join(f"  - {{name: {name}, apps: [{self._app(name)}]}}" for name in self.secrets)
        return f"{many}: set {them} with {ways}, and allow {them} in the file of `play --policy`:\nsecrets:\n{rules}"

    def _app(self, secret: str) -> str:
        return json.dumps(visible(self.apps.get(secret) or "NAME OF THE APPLICATION"), ensure_ascii=False)

    def __call__(self, event: Event) -> None:
        from screenagent.actions import describe

        if event.event == "observed" and event.screenshot.window is not None:
            self.app = event.screenshot.window.app
        if event.event == "started":
            how = f"do it as you always do, then press {self.stop_keys}, or Ctrl-C here"
            echo(f"watching you: {how}{self._keys_line()}", err=True)
        elif event.event in ("thought", "user_message"):
            echo(f"     {event.text}", err=True)
        elif event.event == "acted" and any(place.by == "focus" for place in event.locations):
            echo(f"     the focus is in {abridged(describe(event.action).removeprefix('click '))}", err=True)
        elif event.event == "acted":
            self.understood += 1
            self._note_secret(event.action)
            said = abridged(describe(event.action))
            echo(f"{self.understood:>3}  {said}{_why_secret(event.action, self.secrets)}", err=True)

    def _keys_line(self) -> str:
        meanings = {
            self.keys.expect: "expects the text under the mouse",
            self.keys.parameter: "makes the last value a parameter",
        }
        return "".join(f"; {'+'.join(pressed)} {meaning}" for pressed, meaning in meanings.items() if pressed)

    def _note_secret(self, action: Action) -> None:
        from screenagent.secrets import placeholder

        text = action.text if action.kind == "type_text" else ""
        self.apps.update({name: self.app for name in self.secrets if text == placeholder(name)})


def _why_secret(action: Action, secrets: Mapping[str, str]) -> str:
    """Say why a text that was typed was not written down; nothing of any other action."""
    from screenagent.secrets import placeholder

    text = action.text if action.kind == "type_text" else ""
    reason = next((reason for secret, reason in secrets.items() if text == placeholder(secret)), None)
    return f": {reason}, so it was not written down" if reason else ""


def _watched(settings: Settings, control: Control, *, task: str, secrets: dict[str, str]) -> Iterator[Event]:
    """Yield what the user does as the events of a run; `secrets` gets the texts that are not written down."""
    from screenagent.assembly.parts import build_grounder, build_reader, program_controls
    from screenagent.desktop.input_listener import InputListener
    from screenagent.desktop.local import LocalDesktop
    from screenagent.grounding.naming import Namer
    from screenagent.scripts.recorder.hearing import Hearing
    from screenagent.scripts.recorder.hovering import ScreenSample
    from screenagent.scripts.recorder.told_controls import ToldControls
    from screenagent.scripts.recorder.watcher import ScreenPoller, Watcher

    reader = build_reader(settings)
    with ExitStack() as stack:
        desktop = stack.enter_context(LocalDesktop(control=control, monitor=settings.display))
        program = program_controls(desktop) if settings.accessibility else None
        told = stack.enter_context(ToldControls(program)) if program else None
        seeing = build_grounder(settings, reader=reader, told=told)

        def look(at: float) -> ScreenSample:
            sample = ScreenSample(at, desktop.display.point(desktop.pointer()), desktop.screenshot())
            if told is not None:
                told.note(sample.screen)
            if control.stopped:
                control.over.set()  # the display answers: what is left to understand takes time, but does not hang
            return sample

        sight = stack.enter_context(ScreenPoller(look))
        listener = InputListener(sight.before, control=control, stop_keys=settings.user_keys.stop)
        touches = stack.enter_context(listener).heard()

        def let_go() -> Screenshot:
            screen = sight.now()
            stack.close()
            control.over.set()  # what was seen is still to be understood, but nothing of the display can hang any more
            return screen

        hearing = Hearing(touches, end=let_go)
        namer = Namer(seeing)
        pressed = settings.recording_keys
        watching = Watcher(
            namer=namer,
            reader=reader,
            secrets=secrets,
            since=sight.since,
            hovered=sight.hovered,
            expect_keys=pressed.expect,
            parameter_keys=pressed.parameter,
        )
        yield from watching.events(hearing.heard(), task=task, last=hearing.last)


@click.command
@click.argument("run", type=FOLDER)
@click.argument("script", type=NEW_FILE)
@saving_options
def save(run: Path, script: Path, *, options: SavingFlags) -> None:
    """Write what RUN did as SCRIPT, to be played again: its steps in words, and what its targets looked like.

    \b
    screenagent save runs/2026-11-22_10-15-03_open-the-file-menu invoice.yaml --app mousepad
    """
    _refuse_overwriting(script, force=options.force)
    _write_script(one_run(run), script, options)


@click.command
@click.argument("script", type=FILE)
@click.option("--run", "folder", type=FOLDER, help="The replay to look at; the last one of this script if not given.")
@click.option("--runs", type=NEW_FOLDER, help="Where runs are recorded.")
@click.option("--html", type=NEW_FILE, help="Write the pictures to this page.")
@click.option("--accept", multiple=True, metavar="ANCHOR|all", help="Take it over; may be given several times.")
def heal(script: Path, *, folder: Path | None, runs: Path | None, html: Path | None, accept: tuple[str, ...]) -> None:
    """Show what a replay of SCRIPT had to heal: the looks that were recorded beside those that were found.

    Nothing is changed without --accept, or a yes in the terminal.

    \b
    screenagent heal invoice.yaml
    screenagent heal invoice.yaml --html heals.html
    screenagent heal invoice.yaml --accept the-save-button
    """
    from screenagent.assembly.parts import build_reader
    from screenagent.files import write_inside
    from screenagent.runs.store import read_events
    from screenagent.scripts import Anchors
    from screenagent.scripts.linked import linked_file
    from screenagent.scripts.replay.healing import accept as take_over
    from screenagent.scripts.replay.healing import heals, page

    linked, anchors = linked_file(script), Anchors.of(script)
    run = one_run(folder) if folder else _last_run(script, runs)
    found = heals(linked, anchors, read_events(run), build_reader(load_settings()))
    if not found:
        echo("every target was found as it was recorded")
        return
    if html is not None:
        write_inside(html.parent, html.name, page(linked.script, found, file=str(script)).encode())
    unknown = set(accept) - {"all"} - {heal.name for heal in found}
    if unknown:
        healed = ", ".join(heal.name for heal in found)
        raise click.UsageError(f"{', '.join(sorted(unknown))} was not healed; there is {healed}")
    for one in found:
        secho(one.name, bold=True)
        for change in one.changes:
            echo(f"  {change}")
        for change in one.taken_over:
            echo(f"  taking it over: {change}")
        if "all" in accept or one.name in accept or (not accept and _is_wanted(one)):
            take_over(one, anchors)
            secho("  taken over", fg="green")
    echo(f"the pictures are in {html}" if html else "--html FILE writes a page with their pictures")


def _is_wanted(heal: Heal) -> bool:
    return sys.stdin.isatty() and confirm(f"  take the new looks of {heal.name} over?", default=False)


def _last_run(script: Path, root: Path | None) -> Path:
    from screenagent.runs.store import read_run, recorded_runs

    wanted = str(script.resolve())
    for run in recorded_runs(load_settings(runs=root).runs):
        with suppress(OSError, ValueError):  # a run that cannot be read is not the one
            if read_run(run).settings.get("script") == wanted:
                return run
    cure = f"`screenagent play {script}` records one, or name it by --run"
    raise click.UsageError(f"no replay of {script} is recorded; {cure}")


@click.command
@click.argument("scripts", nargs=-1, required=True, type=FILE)
@click.option("--model", metavar="FOLDER|URL", help="With a model, a script's tasks may be any goal.")
def check(scripts: tuple[Path, ...], *, model: str | None) -> None:
    """Say what is wrong with SCRIPTS before they are played.

    \b
    screenagent check invoice.yaml
    screenagent check monday.yaml tuesday.yaml

    The scripts that they run are checked with them. Exit codes: 0 nothing but warnings, 1 errors.
    """
    from screenagent.scripts.lint import findings

    planned = load_settings(model=model).model is not None  # a model plans any goal
    unreadable = (lambda _task: None) if planned else _unreadable
    found = dict.fromkeys(finding for script in scripts for finding in findings(script, unreadable=unreadable))
    for finding in found:
        echo(str(finding))
    errors = sum(finding.weight == "error" for finding in found)
    echo(f"{len(scripts)} checked, {errors} errors, {len(found) - errors} warnings", err=True)
    sys.exit(1 if errors else 0)


def _unreadable(task: str) -> str | None:
    from screenagent.planning import Unreadable, read_instructions
    from screenagent.scripts.parameters import filled

    try:
        read_instructions(filled(task, {}).replace("{{", "").replace("}}", ""))
    except Unreadable as error:
        return f"without a model this is no plain instruction: {error}"
    return None


@click.command
@click.argument("script", type=FILE)
@click.option("--to", "kind", type=click.Choice(["python"]), default="python", show_default=True)
@click.option("--out", type=NEW_FILE, help="The file to write; stdout if not given.")
def export(script: Path, *, kind: str, out: Path | None) -> None:  # noqa: ARG001 - there is one kind so far
    """Write SCRIPT as a program that does the same.

    \b
    screenagent export invoice.yaml --to python --out invoice.py
    """
    from screenagent.scripts import Anchors, read_script
    from screenagent.scripts.export import python

    try:
        anchors = Anchors.of(script).folder.name
        program = python(read_script(script), file=script.name, anchors=anchors, folder=script.parent)
    except ValueError as error:
        raise click.ClickException(f"{script}: {error}") from error
    if out is None:
        echo_lines(program, nl=False)
    else:
        out.write_text(program, "utf-8")
        echo(f"{out}: run it beside {anchors}", err=True)


def _refuse_overwriting(script: Path, *, force: bool) -> None:
    """Raise `click.UsageError` if the script exists already, unless `force` allows to overwrite it."""
    if script.exists() and not force:
        raise click.UsageError(f"{script} exists already; choose another name, or add --force")


def _write_script(run: Path, script: Path, options: SavingFlags) -> None:
    """Write what the run did as `script`, with its anchors beside it, and print where they are."""
    from screenagent.assembly.saving import SavingOptions, save_script

    wanted = SavingOptions(
        name=options.name or "", app=options.app, expect_each=options.expect_each, parameters=options.parameters
    )
    settings = load_settings()
    try:
        saved = save_script(run, script, settings, wanted)
        if saved.watched and saved.values and _is_wanted_as_parameters(saved):
            saved = save_script(run, script, settings, replace(wanted, parameters=True))
    except ValueError as error:
        raise click.ClickException(f"{run}: {error}") from error
    said, *warned = saved.lines
    echo(said)
    for line in warned:
        echo(line, err=True)
    if saved.watched and saved.values:
        again = shlex.join(["screenagent", "save", str(run), str(script), "--parameters", "--force"])
        echo(f"{_data_line(saved)}: {again} makes {_made(saved)}", err=True)


def _is_wanted_as_parameters(saved: SavedScript) -> bool:
    question = f"{_data_line(saved)}. Make {_made(saved)}, with the recorded value as default?"
    return sys.stdin.isatty() and sys.stderr.isatty() and confirm(question, default=False, err=True)


def _data_line(saved: SavedScript) -> str:
    values = saved.values
    many = "this value looks like" if len(values) == 1 else f"these {len(values)} values look like"
    return f"{many} data: " + ", ".join(f"{value.name} “{abridged(value.text, LONGEST_VALUE)}”" for value in values)


def _made(saved: SavedScript) -> str:
    return "it a parameter" if len(saved.values) == 1 else "them parameters"
