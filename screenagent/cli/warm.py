"""`screenagent warm`: a process that has everything loaded, by which `run`, `ground` and `see` begin at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

from screenagent.cli.options import load_settings
from screenagent.cli.output import echo, echo_json

if TYPE_CHECKING:
    from screenagent.warm.starting import WarmStatus

OURS: Final = (
    "cli.run cli.running cli.pictures cli.terminal cli.crash cli.attached agent assembly.agent assembly.attachable "
    "assembly.models assembly.supervised sessions.server sessions.session approval.vault desktop.local desktop.lock "
    "desktop.user_input desktop.virtual desktop.tooltips desktop.accessibility.at_spi desktop.x11.screen_lock "
    "desktop.x11.window_places desktop.x11.driver_selection desktop.x11.windows desktop.x11.input_devices "
    "desktop.x11.raw_events grounding.tooltip_match runs.log runs.retention runs.report.annotations "
    "runs.report.overlay"
).split()
OTHERS: Final = (
    "Xlib.support.unix_connect Xlib.ext.composite Xlib.ext.damage Xlib.ext.randr Xlib.ext.record Xlib.ext.security "
    "Xlib.ext.xfixes Xlib.ext.xinerama Xlib.ext.xinput mss.linux mss.linux.xlib mss.linux.xshmgetimage"
).split()
MODULES: Final = (*(f"screenagent.{name}" for name in OURS), *OTHERS)
"""What `run`, `ground` and `see` import late."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")


@click.group
def warm() -> None:
    """A process that has everything loaded: plain runs, `ground` and `see` begin at once.

    There is one for you and the display that you are on. It looks at no screen, and ends by itself when it has not
    been used for a while (the setting `warm_seconds`).
    """
    if sys.platform != "linux":
        raise click.UsageError("a warm process needs what Linux says of processes; elsewhere each command starts cold")


@warm.command
def start() -> None:
    """Start it. One that is there already stays, unless it is of another version.

    \b
    screenagent warm start
    """
    from screenagent.desktop.json_lines import module_command
    from screenagent.warm.starting import start_warm

    found, is_new = start_warm(module_command("screenagent", "warm", "serve", str(load_settings().warm_seconds)))
    echo(_line(found) if is_new else f"{_line(found)}; it was there already", err=True)


@warm.command
def stop() -> None:
    """End it. Runs that it has begun go on.

    \b
    screenagent warm stop

    Exit codes: 0 it has ended, 1 there was none.
    """
    from screenagent.warm.starting import stop_warm

    found = stop_warm()
    echo(f"ended process {found.pid}" if found else "there is no warm process", err=True)
    sys.exit(0 if found else 1)


@warm.command
@json_option
def status(*, as_json: bool) -> None:
    """Say which process it is, since when, its version, its memory, and how many commands it has carried out.

    \b
    screenagent warm status
    screenagent warm status --json

    Exit codes: 0 there is one, 1 there is none.
    """
    from screenagent.warm.starting import warm_status

    found = warm_status()
    if found and as_json:
        echo_json(found.model_dump_json())
    else:
        echo(_line(found) if found else "there is no warm process", err=not found)
    sys.exit(0 if found else 1)


def _line(found: WarmStatus) -> str:
    other = "" if found.is_current else "; another version or another environment than this one's, so it is not used"
    return (
        f"process {found.pid}, version {found.version}, since {found.since:%H:%M:%S}, {found.memory_mb} MB, "
        f"{found.served} served, on {found.display or 'no display'}{other}"
    )


@warm.command(hidden=True)
@click.argument("idle", type=float)
def serve(idle: float) -> None:
    """Be it, and end after IDLE seconds without a command."""
    from screenagent import cli
    from screenagent.warm.process import serve as served

    served(MODULES, cli.main, idle_seconds=idle)
