"""Carries out a supervised run, in the console or with a line for each step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from screenagent.assembly.departure import Departure, on_signals
from screenagent.assembly.parts import stoppable_control, user_keys
from screenagent.assembly.supervised import Supervised, Supervision
from screenagent.cli.options import AgentOptions, OutputOptions
from screenagent.cli.output import echo, echo_json
from screenagent.cli.progress import Ticker
from screenagent.cli.starting import uncollected
from screenagent.console.startup import responsive_threads, shorten_escape_delay, terminal_kept
from screenagent.control import Control
from screenagent.desktop import front
from screenagent.episode import Episode
from screenagent.events import Ended
from screenagent.settings import Settings
from screenagent.showing import tell

if TYPE_CHECKING:
    from screenagent.agent import Sink
    from screenagent.assembly.attachable import AttachableRun
    from screenagent.assembly.desks import DeskUse
    from screenagent.console.app import Console
    from screenagent.console.options import Begin
    from screenagent.scripts import Script
    from screenagent.sessions.attachment import Attachment, News
    from screenagent.sessions.session import Session

EXIT_CODES: Final = {"done": 0, "gave_up": 1, "out_of_steps": 1, "crashed": 1, "stopped": 130}


class Carried(NamedTuple):
    """What was done, and the folder that it was recorded in."""

    episode: Episode
    folder: Path | None

    @property
    def ended(self) -> Ended:
        assert self.episode.ended is not None
        return self.episode.ended


def supervision(settings: Mapping[str, object], agent: AgentOptions, *, record: bool = True) -> Supervision:
    """Return where the options say that runs take place; `settings` are those of them that are settings."""
    desk = desk_use(agent.desk, agent.app)
    return Supervision(Settings.load(**settings), virtual=agent.is_virtual, app=agent.app, desk=desk, record=record)


def desk_use(name: str | None, app: str | None) -> DeskUse | None:
    """Return the desk that an option names, and what it opens there; None if it names none."""
    if name is None:
        return None
    from screenagent.assembly.desks import DeskUse

    return DeskUse(name, app)


def wants_console(settings: Settings, output: OutputOptions) -> bool:
    """Whether the run is shown in the console; it draws on stderr and reads stdin."""
    if output.plain or output.as_json or settings.approve == "never":
        return False
    return is_terminal() and find_spec("textual") is not None


def is_terminal() -> bool:
    """Whether a person is at stdin and stderr."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def carry_out(supervised: Supervised, *sinks: Sink, output: OutputOptions) -> Carried:
    """Carry out the run with a line for each step on stderr; `sinks` are told each event before the next happens.

    Its questions are asked at the terminal, unless it is detached from one or another face has the yes.
    """
    where = supervised.supervision
    if output.detached:
        front.leave_terminal()
    with ExitStack() as stack:
        with uncollected():
            from screenagent.cli.terminal import Progress, Resuming

            control = stack.enter_context(stoppable_control())
            told = stack.enter_context(Ticker())
            live = stack.enter_context(_live_run(supervised, control, output))
            opening = replace(supervised, supervision=replace(where, told=told)).open(control, live.ask)
            work = stack.enter_context(opening)
            if output.detached and work.folder:
                _keep_output(work.folder)
            live.opened(work.folder, work.virtual_display, at_once=output.detached)
            from screenagent.agent import drive

        printed = [lambda event: echo_json(event.model_dump_json())] if output.as_json else []
        episode = drive(work.agent, supervised.task, *work.sinks, live, *sinks, Progress(), *printed, Resuming(control))
        _say_where(work.folder)
    return Carried(episode, work.folder)


def _keep_output(folder: Path) -> None:
    from screenagent.cli.detached import keep_output

    keep_output(folder)


def _live_run(supervised: Supervised, control: Control, output: OutputOptions) -> AttachableRun:
    """Return what lets faces attach to the run; the terminal is the first of them, unless the run is detached."""
    from screenagent.assembly.attachable import AttachableRun

    where = supervised.supervision
    settings = where.settings

    def met(session: Session) -> Callable[[], object]:
        if output.detached:
            from screenagent.sessions.unheld import tell_of_unheld

            return tell_of_unheld(session, settings.notify, tell)
        from screenagent.cli.attached import begin_at_terminal

        return begin_at_terminal(session)

    return AttachableRun(
        supervised.task,
        control,
        seconds=settings.answer_seconds,
        desktop=_desktop_words(where),
        answer_keys=str(user_keys(settings, virtual=where.virtual)),
        plans_anew=settings.model is not None,
        met=met,
    )


def _say_where(folder: Path | None) -> None:
    if folder is not None:
        echo(f"recorded in {folder}; `screenagent report` shows it", err=True)


def supervise(supervised: Supervised) -> Ended:
    """Carry out the run in the console; return how it ended."""
    opened = build_console(supervised.supervision, run=supervised)
    run_console(opened)
    supervising = opened.supervising
    assert supervising is not None
    if supervising.broke is not None:
        raise supervising.broke
    if supervising.episode.ended is None:
        return Ended(result="stopped")
    from screenagent.cli.terminal import summary_line

    echo(summary_line(supervising.episode), err=True)
    _say_where(supervising.folder)
    return supervising.episode.ended


def supervise_attached(attach: Callable[[News], Attachment], run: str, *, takes: bool = False) -> int:
    """Show a run of another process in the console until it is left; return the exit code."""
    shorten_escape_delay()
    from screenagent.cli.terminal import summary_line
    from screenagent.console.app import Console
    from screenagent.console.options import ConsoleOptions
    from screenagent.console.terminal import choose_terminal

    settings = Settings.load()
    options = ConsoleOptions(runs=settings.runs, terminal=choose_terminal(settings.terminal_graphics))
    opened = Console(_nothing_begins, options, attach=attach, takes=takes)
    run_console(opened)
    face = opened.supervising
    assert face is not None
    if face.episode.ended is not None:
        echo(summary_line(face.episode), err=True)
        return EXIT_CODES[face.episode.ended.result]
    if face.broke is not None:
        raise face.broke
    echo(f"detached; the run goes on, and `screenagent stop {run}` stops it", err=True)
    return 0


def _nothing_begins(task: str) -> Begin:
    raise AssertionError(f"an attached console begins nothing: {task}")


def build_console(
    supervision: Supervision,
    *,
    run: Supervised | None = None,
    past: Path | None = None,
    options: Mapping[str, object] | None = None,
) -> Console:
    """Build the console: with `run` it begins with that, with `past` it shows a run that is over."""
    shorten_escape_delay()
    from screenagent.assembly.saving import SavingOptions, save_script
    from screenagent.assembly.supervised import build_replay
    from screenagent.console.app import Console
    from screenagent.console.options import ConsoleOptions
    from screenagent.console.terminal import choose_terminal
    from screenagent.settings import settings_in_force

    def begin(task: str) -> Begin:
        return (run or supervision.task(task)).open

    def play(file: Path, script: Script, given: Mapping[str, str]) -> tuple[str, Begin]:
        replayed = supervision.replay(build_replay(file, script, given))
        return replayed.task, replayed.open

    settings = supervision.settings
    opened_with = ConsoleOptions(
        runs=settings.runs,
        scripts=settings.scripts,
        settings=settings_in_force(settings, **(options or {})),
        terminal=choose_terminal(settings.terminal_graphics),
        answer_seconds=settings.answer_seconds,
        answer_keys=str(user_keys(settings, virtual=supervision.virtual)),
        desktop=_desktop_words(supervision),
        save=lambda folder, file: save_script(folder, file, settings, SavingOptions(app=supervision.app)).lines,
        plans_anew=settings.model is not None,
        serve=_served,
    )
    return Console(begin, opened_with, play=play, task=run.task if run else None, past=past)


def _served(session: Session) -> AbstractContextManager[None]:
    """Let faces of other processes attach; a run that they cannot attach to goes on."""
    from screenagent.sessions.server import served

    return served(session, unable=lambda why: tell(f"screenagent: {why}"))


def _desktop_words(where: Supervision) -> str:
    """Where a task is done: what the mouse of the agent will move on."""
    settings = where.settings
    if not where.virtual:
        return f"the monitor {settings.display}" if settings.display else "your own desktop"
    size = settings.virtual_size
    kind = "virtual desktop on Wayland" if settings.virtual_kind == "wayland" else "virtual desktop"
    place = f"the desk “{where.desk.name}”" if where.desk else f"a {kind} of {size.width}×{size.height}"
    return f"{place} with {where.app}" if where.app else place


def run_console(opened: Console) -> None:
    """Run the console. Signals and the terminal's end stop the agent before anything else is taken down."""
    with terminal_kept() as restore, Departure(restore=restore) as departure:
        whole = departure.watch(Control())
        opened.watch_runs(departure.watch)

        def stop() -> None:
            opened.stop()
            whole.stop()
            opened.call_later(opened.exit)

        with on_signals(stop=stop, resume=opened.resume), responsive_threads():
            try:
                opened.run()
            finally:
                whole.over.set()
