"""`screenagent gnome`: the extension of GNOME Shell that tells which windows there are and where."""

from __future__ import annotations

import json
import sys

import click

from screenagent.cli.output import echo, echo_json

json_option = click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")


@click.group
def gnome() -> None:
    """What a GNOME session on Wayland lacks: an extension that tells of windows and hears the keys that stop the agent.

    Without it the agent knows the window in front by its title only, and refuses what needs a place.
    """
    if sys.platform != "linux":
        raise click.UsageError("GNOME Shell runs on Linux only")


@gnome.command
def install() -> None:
    """Write the extension into your own folder of extensions, and switch it on.

    \b
    screenagent gnome install

    GNOME Shell loads a new extension only as a session begins, so log out and in again afterwards. While the extension
    runs, every program of your session can ask it for the titles and places of your windows.
    """
    from screenagent.desktop.wayland import gnome_extension

    place = gnome_extension.install_extension()
    echo(f"{gnome_extension.extension_uuid()} {gnome_extension.extension_version()} is in {place}")
    state = gnome_extension.running_state()
    if not state.ok:
        echo(f"not running yet: {state}", err=True)


@gnome.command
def remove() -> None:
    """Switch the extension off and delete it.

    \b
    screenagent gnome remove

    Exit codes: 0 removed, 1 it was not there.
    """
    from screenagent.desktop.wayland import gnome_extension

    if not gnome_extension.remove_extension():
        echo("the extension was not installed", err=True)
        sys.exit(1)
    echo(f"{gnome_extension.extension_uuid()} is removed")


@gnome.command
@json_option
def status(*, as_json: bool) -> None:
    """Say whether the running shell has the extension, in which version, and what to do if not.

    \b
    screenagent gnome status
    screenagent gnome status --json

    Exit codes: 0 it works, 1 it does not.
    """
    from screenagent.desktop.wayland import gnome_extension

    state = gnome_extension.running_state()
    if as_json:
        echo_json(json.dumps({**state._asdict(), "version": gnome_extension.extension_version()}))
    else:
        echo(str(state))
    sys.exit(0 if state.ok else 1)
