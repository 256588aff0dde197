"""The command line: reads argv, wires the parts, shows events. Each command imports what it needs when it is called."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from screenagent.errors import OldSpellingWarning

COMMANDS: Final = {
    "run": "screenagent.cli.run",
    "play": "screenagent.cli.play",
    "record": "screenagent.cli.record",
    "save": "screenagent.cli.scripts",
    "heal": "screenagent.cli.scripts",
    "check": "screenagent.cli.scripts",
    "export": "screenagent.cli.scripts",
    "schema": "screenagent.cli.schema",
    "console": "screenagent.cli.console",
    "stop": "screenagent.cli.stop",
    "resume": "screenagent.cli.stop",
    "ground": "screenagent.cli.ground",
    "see": "screenagent.cli.ground",
    "report": "screenagent.cli.report",
    "runs": "screenagent.cli.runs",
    "policy": "screenagent.cli.policy",
    "secret": "screenagent.cli.secret",
    "drill": "screenagent.cli.drill",
    "prove-offline": "screenagent.cli.offline",
    "doctor": "screenagent.cli.doctor",
    "model": "screenagent.cli.model",
    "bench": "screenagent.cli.bench",
    "ask": "screenagent.cli.model",
}


PIPE_CLOSED: Final = 141
"""The exit code that a shell gives a program ended by SIGPIPE."""


class Lazy(click.Group):
    """Finds a command in its module, so that `--help` imports no more than click."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(COMMANDS[cmd_name]), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. It ends here if its output's reader has gone, which click would report as a failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            sys.exit(PIPE_CLOSED)


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="screenagent")
def screenagent() -> None:
    """A desktop agent that you supervise.

    \b
    screenagent run "open the File menu, click Save As" --virtual --app mousepad
    screenagent run "click the Save button"          on your own screen, each step asked about
    screenagent ground screen.png "the Save button"  where is it?
    screenagent report                               the last run as one HTML page
    """


def main() -> None:
    """Run a command. What the user can fix ends in one line and exit code 1 or 2, without a traceback."""
    try:
        try:
            with _old_spellings_told():
                _run_command()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the rest of its buffer goes nowhere
        sys.exit(PIPE_CLOSED)


@contextmanager
def _old_spellings_told() -> Iterator[None]:
    """Print what is spelled as in an earlier version, once each and in one line; other warnings go their usual way."""
    told: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("always", OldSpellingWarning)
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if not issubclass(category, OldSpellingWarning):
                usual(message, category, *where, **more)
            elif str(message) not in told:
                told.add(str(message))
                click.echo(f"screenagent: {message}", err=True)

        warnings.showwarning = show
        yield


def _run_command() -> None:
    try:
        screenagent.main(prog_name="screenagent", standalone_mode=False)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.ClickException as error:
        _end(_sentence(error), code=error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _end("stopped", code=130)
    except Exception as error:
        from screenagent.cli.errors import ending

        if (said := ending(error)) is None:
            raise
        _end(said.text, code=said.exit_code)


def _sentence(error: click.ClickException) -> str:
    """Return one line: which command, what was wrong, and where its help is."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "screenagent"
    message = " ".join(error.format_message().split())
    return f"{command}: {message}" + (f" (see `{command} --help`)" if context else "")


def _end(said: str, *, code: int) -> NoReturn:
    click.echo(said, err=True)
    sys.exit(code)
