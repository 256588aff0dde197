"""`screenagent desk`: the agent's own desktops, which stay between runs."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from screenagent.cli.options import NEW_FOLDER, DeskName, SizeType, gathered, load_settings
from screenagent.cli.output import confirm, echo, echo_json

if TYPE_CHECKING:
    from screenagent.desktop.desk import Desk
    from screenagent.desktop.desk_desktop import DeskStatus
    from screenagent.geometry import Size

STOP_SECONDS: Final = 3.0
"""An agent that is told to stop has let go of its desk by then."""

MOST_COPIED: Final = 100_000
"""Characters that are handed from one clipboard to another: a person has to look at them."""

name_argument: Final = click.argument("name", type=DeskName(), default="desk", required=False)


@click.group
def desk() -> None:
    """The agent's own desktops: several programs, kept between runs.

    A desk has a home, a shared folder and a clipboard of its own. `run`, `play`, `console`, `learn` and `mcp` work on
    it with --desk, and `see --desk` shows it.
    """
    if sys.platform != "linux":
        raise click.UsageError("a desk needs an X server of its own, which is started on Linux alone")


@dataclass(frozen=True, kw_only=True)
class DeskOptions:
    """What a desk is started with."""

    size: Size | None
    apps: tuple[str, ...]
    shared: Path | None


desk_options: Final = gathered(
    "options",
    DeskOptions,
    click.option("--size", type=SizeType(), metavar="WxH", help="Its size; defaults to 1280x720."),
    click.option("--app", "apps", multiple=True, metavar="PROGRAM", help="What to open there; repeatable."),
    click.option(
        "--shared", type=NEW_FOLDER, help="The folder that it shares with you; defaults to ~/screenagent-desk/NAME."
    ),
)


@desk.command
@name_argument
@desk_options
def start(name: str, *, options: DeskOptions) -> None:
    """Start a desk. One that is there already stays as it is.

    \b
    screenagent desk start
    screenagent desk start --app mousepad --app "chromium --no-first-run"
    screenagent desk start office --size 1920x1080 --shared ~/invoices
    """
    from screenagent.assembly.parts import stoppable_control
    from screenagent.desktop.desk import shared_folder, start_desk, stop_desk
    from screenagent.desktop.desk_desktop import launch_apps
    from screenagent.desktop.json_lines import module_command

    size = load_settings(virtual_size=options.size).virtual_size
    shared = shared_folder(options.shared or Path("~/screenagent-desk") / name)
    holder = module_command("screenagent", "desk", "hold", name, str(shared), f"--size={size.width}x{size.height}")
    with stoppable_control() as control, ExitStack() as undone:
        found, is_new = start_desk(name, holder, control)
        if is_new:
            undone.callback(stop_desk, found)
            launch_apps(found, options.apps, control)
        undone.pop_all()
    echo(found)
    if not is_new:
        opened = "; nothing was opened on it" if options.apps else ""
        echo(f"it was there already{opened}", err=True)


@desk.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print each desk as a JSON object.")
def list_desks(*, as_json: bool) -> None:
    """Show each desk: its display, size and start, its programs, the folder it shares, and who is at work there.

    \b
    screenagent desk list
    screenagent desk list --json
    """
    from screenagent.desktop.desk import desks
    from screenagent.desktop.desk_desktop import desk_status

    found = desks()
    for one in found:
        status = desk_status(one)
        if as_json:
            echo_json(status.model_dump_json())
            continue
        echo(one)
        echo(f"    {_programs(status)}; {_work(status)}")
    if not found:
        echo("there is no desk; `screenagent desk start` starts one", err=True)


def _programs(status: DeskStatus) -> str:
    if status.programs is None:
        return "its display does not answer"
    return ", ".join(status.programs) or "no program is open"


def _work(status: DeskStatus) -> str:
    from screenagent.showing import LONGEST_NAME, abridged

    if status.at_work is None:
        return "no agent is at work"
    return f"an agent is at work: “{abridged(status.at_work, LONGEST_NAME)}”"


@desk.command
@click.argument("name", type=DeskName(), required=False)
@click.option("--all", "everything", is_flag=True, help="All desks.")
def stop(name: str | None, *, everything: bool) -> None:
    """End a desk with its programs, its home and its clipboard; the shared folder stays. An agent there stops first.

    \b
    screenagent desk stop
    screenagent desk stop office
    screenagent desk stop --all
    """
    from screenagent.desktop.desk import DEFAULT_NAME, desks, find_desk, stop_desk

    if name and everything:
        raise click.UsageError("give a name or --all, not both")
    for one in desks() if everything else [find_desk(name or DEFAULT_NAME)]:
        _stop_agents(one)
        stop_desk(one)
        echo(f"ended the desk {one.name}; {one.shared} stays", err=True)


def _stop_agents(found: Desk) -> None:
    from screenagent.control import until
    from screenagent.desktop.at_work import at_work

    with at_work(found.display) as working:
        for run in working.runs:
            run.stop()
            until(run.has_ended, seconds=STOP_SECONDS)


@desk.command
@name_argument
@click.option("--in", "way", flag_value="in", help="From your clipboard to the desk's.")
@click.option("--out", "way", flag_value="out", help="From the desk's clipboard to yours.")
@click.option("--yes", is_flag=True, help="Hand it over without asking; only at a terminal.")
def copy(name: str, *, way: str | None, yes: bool) -> None:
    """Hand the text on one clipboard to the other, after you have seen it and said yes.

    An agent cannot do this: it takes a terminal that is not on a virtual desktop, and no agent of yours at work.

    \b
    screenagent desk copy --in
    screenagent desk copy office --out

    Exit codes: 0 handed over, 1 not, 2 wrong usage.
    """
    from screenagent.desktop.clipboard import copied_text, copy_text
    from screenagent.desktop.desk import find_desk
    from screenagent.desktop.lock import named
    from screenagent.desktop.wayland.session import own_session

    if way is None:
        raise click.UsageError("say which way: --in to the desk, --out of it")
    _refuse_others()
    found, mine = find_desk(name), own_session() or os.environ.get("DISPLAY")
    if not mine or (isinstance(mine, str) and named(mine) == named(found.display)):
        raise click.UsageError("this terminal has no clipboard of yours: DISPLAY does not name your own desktop")
    source, target = (mine, found.display) if way == "in" else (found.display, mine)
    text = copied_text(source)
    if not text:
        raise click.ClickException(f"there is no text on {'your' if way == 'in' else 'its'} clipboard")
    if len(text) > MOST_COPIED:
        raise click.ClickException(f"{len(text)} characters are more than you can look through; at most {MOST_COPIED}")
    if not _agreed(text, name, way=way, yes=yes):
        echo("nothing was handed over", err=True)
        sys.exit(1)
    _refuse_others()  # an agent may have begun while the question was open
    if not copy_text(target, text):
        raise click.ClickException("another program holds the clipboard, so nothing was handed over")
    echo(f"handed over {len(text)} characters", err=True)


def _refuse_others() -> None:
    """Refuse to go on if it may not be a person who asks, and who answers."""
    from screenagent.cli.running import is_terminal
    from screenagent.desktop.at_work import at_work

    if not is_terminal():
        raise click.UsageError("a clipboard is handed over on your yes at a terminal alone, and --yes is one, too")
    if "SCREENAGENT_DESKTOP" in os.environ:
        raise click.UsageError("this terminal is on a virtual desktop, where agents type; use one of your own desktop")
    with at_work() as working:
        if working.runs:
            raise click.ClickException(
                f"an agent is at work, and might have typed this: {working.runs[0].driver}; wait for it, or stop it"
            )


def _agreed(text: str, name: str, *, way: str, yes: bool) -> bool:
    from screenagent.approval.answers import QuietTime
    from screenagent.cli.typed import wait_until_quiet
    from screenagent.showing import LONGEST_TYPED, abridged

    whither = f"to the desk “{name}”" if way == "in" else "to your clipboard"
    echo(f"{len(text)} characters go {whither}: {abridged(text, LONGEST_TYPED)}", err=True)
    if yes:
        return True
    early = wait_until_quiet(QuietTime(), waits=lambda: True)  # what was typed before the question is no yes
    return early is None and confirm("hand it over?", default=False, err=True)


@desk.command(hidden=True)
@click.argument("name", type=DeskName())
@click.argument("shared", type=NEW_FOLDER)
@click.option("--size", type=SizeType(), default="1280x720")
def hold(name: str, shared: Path, *, size: Size) -> None:
    """Hold the desk NAME until a signal ends it."""
    import signal

    from screenagent.control import Control
    from screenagent.desktop.desk_holder import DeskWish, hold_desk

    control = Control()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: control.stop())
    hold_desk(DeskWish(name=name, size=size, shared=shared), control)
