"""The command line: reads argv, wires the parts, shows events. Each command imports what it needs when it is called."""

from __future__ import annotations

import difflib
import errno
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from io import TextIOWrapper
from typing import Any, Final, NamedTuple

import click

from screenagent.cli.output import echo, echo_lines
from screenagent.control import Stopped
from screenagent.desktop import is_lost_display
from screenagent.engine.errors import EngineError
from screenagent.errors import MissingExtra, OldSpellingWarning, UserError

COMMANDS: Final = dict(
    entry.split(":")
    for entry in (
        "run:run play:play rows:rows record:scripts save:scripts heal:scripts check:scripts export:scripts "
        "schema:policy inbox:inbox console:run learn:learn desk:desk warm:warm mcp:mcp attach:attach web:web "
        "stop:stop resume:stop ground:pictures see:pictures pick:pictures report:runs runs:runs policy:policy "
        "secret:secret drill:diagnostics prove-offline:diagnostics doctor:diagnostics model:model "
        "bench:bench ask:pictures"
    ).split()
)
"""Each command's module, in the order of `--help`."""

PIPE_CLOSED: Final = 141
"""The exit code that a shell gives a program ended by SIGPIPE."""


VIRTUAL: Final = "--virtual"


class Lazy(click.Group):
    """Finds a command in its module, so that `--help` imports no more than click."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let `--virtual` take a value after an equals sign only: click would take the next word, such as the task."""
        options = args.index("--") if "--" in args else len(args)
        alone = [f"{word}=" if word == VIRTUAL else word for word in args[:options]]
        return super().parse_args(ctx, [*alone, *args[options:]])

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"{__name__}.{COMMANDS[cmd_name]}"), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if not (nearest := difflib.get_close_matches(args[0], COMMANDS, 1, cutoff=0.5)):
                raise
            raise click.UsageError(f"No such command {args[0]!r}. Did you mean {nearest[0]!r}?", ctx) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. It ends here if its output's reader has gone, which click would report as a failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _say("screenagent: nobody reads the output any more")
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
    _open_closed_streams()
    try:
        try:
            with _old_spellings_told():
                _run_command()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the rest of its buffer goes nowhere
        _say("screenagent: nobody reads the output any more")
        sys.exit(PIPE_CLOSED)
    except OSError as error:  # the output cannot be written: its disk is full
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _say(f"screenagent: the output cannot be written: {error.strerror}")
        sys.exit(1)


def _open_closed_streams() -> None:
    """Let a standard stream that is closed read or write nothing: else the next file that is opened gets its number.

    A letter that the terminal's encoding lacks is written as its number.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, number, inheritable=True)
            if null != number:
                os.close(null)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _say(line: str) -> None:
    """Print a last line; there may be nobody left to read it."""
    with suppress(OSError):
        echo(line, err=True)


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
                echo(f"screenagent: {message}", err=True)

        warnings.showwarning = show
        yield


def _run_command() -> None:
    try:
        screenagent.main(prog_name="screenagent", standalone_mode=False)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except (Exception, KeyboardInterrupt) as error:
        if (said := ending(error)) is None:
            raise
        _say(said.text)
        sys.exit(said.exit_code)


def tell_of_crash(_kind: object, error: BaseException | None, _where: object) -> None:
    """Say in one line where the traceback of a mistake of ours is kept; Python calls this with what nobody caught."""
    from screenagent.cli.crash import crash_sentence

    if error is not None:
        said = ending(error)
        echo_lines(said.text if said else crash_sentence(error), err=True)


class Ending(NamedTuple):
    """The line on stderr, and the exit code."""

    text: str
    exit_code: int


def ending(error: BaseException) -> Ending | None:
    """Return how `error` ends a command; None if it is a bug."""
    match error:
        case Stopped() | click.Abort() | KeyboardInterrupt():
            return Ending("stopped", 130)
        case click.ClickException():
            return Ending(_sentence(error), error.exit_code)
        case UserError():
            return Ending(_line(error), error.exit_code)
        case ModuleNotFoundError():
            missing = MissingExtra.of(error)
            return ending(missing) if missing else None
        case ImportError(name=str(name), msg=str(why)) if not name.startswith("screenagent"):
            return Ending(_line(f"{name} cannot be loaded: {why.splitlines()[0] if why else 'no reason is given'}"), 1)
        case MemoryError() | RuntimeError(args=("can't start new thread",)):
            said = (
                "there is not enough memory, or too many threads; end other programs, or raise the limit (`ulimit -a`)"
            )
            return Ending(f"screenagent: {said}", 1)
        case OSError(errno=errno.EMFILE | errno.ENFILE):
            return Ending("screenagent: too many files are open; raise the limit (`ulimit -n 1024`)", 1)
        case OSError(errno=errno.ENOSPC):
            unnamed = "the output, or a file, cannot be written" if error.strerror else str(error)
            full = f"the disk is full: {error.filename or unnamed}"
            return Ending(_line(f"{full}; free some space, or choose another folder"), 1)
        case OSError(errno=errno.EFBIG):
            large = f"a file may not become as large as is needed: {error.filename or error}"
            return Ending(_line(f"{large}; raise the limit (`ulimit -f unlimited`)"), 1)
        case OSError(strerror=str(why), filename=str(place)):
            return Ending(f"screenagent: {place}: {why}", 1)
        case EngineError() | OSError():
            return Ending(_line(error), 1)
        case _ if is_lost_display(error):  # in a thread of a library
            return Ending("screenagent: the display has ended", 1)
        case _:
            return None


def _line(error: Exception | str) -> str:
    """Return the error's text as one line; a script's problems stand behind each other."""
    lines = (line.strip() for line in str(error).splitlines())
    return f"screenagent: {'; '.join(line for line in lines if line)}"


def _sentence(error: click.ClickException) -> str:
    """Return one line: which command, what was wrong, and where its help is."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "screenagent"
    message = " ".join(error.format_message().split())
    return f"{command}: {message}" + (f" (see `{command} --help`)" if context else "")
