"""Options that several commands share: their types, and the values that they are handed on as."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import click

from screenagent.cli.starting import safely_started
from screenagent.errors import OldSpellingWarning, WrongUsage

if TYPE_CHECKING:
    from screenagent.geometry import Size
    from screenagent.settings import Approval, Settings

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
NEW_FILE: Final = click.Path(dir_okay=False, path_type=Path)
NEW_FOLDER: Final = click.Path(file_okay=False, path_type=Path)

Command = Callable[..., Any]


class LiteralType(click.ParamType[str]):
    """One of the values of a `Literal`. It is imported only when a value or the help needs it."""

    name = "choice"

    def __init__(self, module: str, literal: str) -> None:
        self._module, self._literal = module, literal

    @property
    def choice(self) -> click.Choice[str]:
        return click.Choice(get_args(getattr(import_module(self._module), self._literal)))

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return self.choice.convert(value, param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        return self.choice.get_metavar(param, ctx)


APPROVAL: Final = LiteralType("screenagent.settings", "Approval")
CROP: Final = LiteralType("screenagent.models.crop", "CropMode")
QUANT: Final = LiteralType("screenagent.engine.config", "Quant")


LEAST_WIDTH: Final = 320
LEAST_HEIGHT: Final = 200
"""A menu, a dialog and its buttons fit into such a desktop; below that nothing can be read or reached."""


class SizeType(click.ParamType["Size"]):
    """A size in pixels, written as 1280x720."""

    name = "size"

    def convert(self, value: str | Size, param: click.Parameter | None, ctx: click.Context | None) -> Size:
        from screenagent.geometry import Size

        if isinstance(value, Size):
            return value
        found = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", value.lower(), re.ASCII)
        if found is None:
            self.fail(f"{value!r} is not a size; write for example 1280x720", param, ctx)
        width, height = int(found[1]), int(found[2])
        if width < LEAST_WIDTH or height < LEAST_HEIGHT:
            self.fail(f"{value!r} has no room for a window; at least {LEAST_WIDTH}x{LEAST_HEIGHT}", param, ctx)
        return Size(width=width, height=height)


LISTED: Final = 10
"""Runs that are named to whoever has to choose one."""


def one_run(folder: Path) -> Path:
    """Return the folder of a run. Raises `UsageError` that names the runs below it if it is the folder of all."""
    from screenagent.runs.store import recorded_runs

    if (folder / "events.jsonl").is_file():
        return folder
    if not (found := recorded_runs(folder)):
        raise click.UsageError(f"no run is recorded in {folder}; `screenagent runs` lists those that there are")
    names = ", ".join(run.name for run in found[:LISTED])
    more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
    raise click.UsageError(f"{folder} holds {len(found)} runs; name one of them: {names}{more}")


def load_settings(**options: object) -> Settings:
    """Return the settings in force, with a command's options; one that is None was not given."""
    from screenagent.settings import Settings

    return Settings.load(**options)


def leave_warm(settings: Settings) -> None:
    """If the settings say so, leave a warm process behind when this command ends, unless one carries it out."""
    from screenagent.desktop.front import is_in_front

    if settings.warm and is_in_front():
        from screenagent.warm.client import leave_warm_process

        leave_warm_process()


def gathered(name: str, kind: type, *options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Declare `options` on a command, and hand their values on as one argument `name`, a dataclass `kind`."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def hand_on(*arguments: object, **values: object) -> object:
            one = kind(**{field.name: values.pop(field.name) for field in fields(kind)})
            return command(*arguments, **values, **{name: one})

        declared: Command = hand_on
        for option in reversed(options):
            declared = option(declared)
        return declared

    return decorate


def renamed_option(old: str, new: str, **attributes: Any) -> Callable[[Command], Command]:
    """Declare the option `new`. Its former name `old` still works, with a warning; if both are given, `new` wins."""
    name, former = _parameter(new), f"old_{_parameter(old)}"

    def decorate(command: Command) -> Command:
        @wraps(command)
        def merge(*arguments: object, **values: object) -> object:
            given = values.pop(former)
            if given is not None:
                warnings.warn(f"the option '{old}' is now '{new}'", OldSpellingWarning, stacklevel=2)
            return command(*arguments, **values | {name: given if values[name] is None else values[name]})

        both: Command = click.option(old, former, hidden=True, **attributes)(merge)
        return click.option(new, **attributes)(both)

    return decorate


def _parameter(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")


crop_option: Final = renamed_option(
    "--look",
    "--crop",
    type=CROP,
    help="The part of a large screen that the model is shown; defaults to the focused window.",
)
max_image_patches_option: Final = renamed_option(
    "--patches",
    "--max-image-patches",
    type=click.IntRange(256, 3600),
    help="The most patches of 16x16 pixels that the model is shown per picture.",
)


family_option: Final = click.option(
    "--family",
    "model_family",
    metavar="FAMILY",
    help="How the model is asked, if its name does not tell: `screenagent model families` lists them.",
)


class DeskName(click.ParamType[str]):
    """The name of a desk. It is optional, so the word after the option may have been meant as something else."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from screenagent.desktop.desk import checked_name

        try:
            return checked_name(value)
        except WrongUsage as error:
            self.fail(f"{error}. To leave the name out, write the option last", param, ctx)


AS_SET: Final = "as-set"
"""The value of `--virtual` without one: of the kind that the settings say."""


class VirtualType(click.ParamType[str]):
    """The kind of a virtual desktop, or nothing."""

    name = "kind"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from screenagent.desktop import VirtualKind

        if value in ("", AS_SET):
            return AS_SET
        return str(click.Choice(get_args(VirtualKind)).convert(value, param, ctx))


def virtual_option(help: str) -> Callable[[Command], Command]:
    """Declare `--virtual`, alone or as `--virtual=wayland`."""
    kinds = "[=xvfb|wayland]"
    return click.option("--virtual", type=VirtualType(), is_flag=False, flag_value=AS_SET, metavar=kinds, help=help)


def virtual_words(virtual: str | None) -> tuple[str, ...]:
    """Return the words of a command line that say the same again."""
    if virtual is None:
        return ()
    kind = virtual_kind(virtual)
    return (f"--virtual={kind}" if kind else "--virtual",)


def virtual_kind(virtual: str | None) -> str | None:
    """Return the kind of virtual desktop that an option names; None if it names none."""
    return None if virtual == AS_SET else virtual


desk_option: Final = click.option(
    "--desk",
    type=DeskName(),
    is_flag=False,
    flag_value="desk",
    metavar="[NAME]",
    help="Work on a desk that `screenagent desk start` has started, and that stays.",
)


def check_place(*, virtual: str | None, desk: str | None, size: Size | None, display: str | None) -> None:
    """Raise `UsageError` if these say two places, or something that the place has already."""
    if virtual and desk is not None:
        raise click.UsageError("--virtual makes a desktop for this run, and --desk names one; leave one away")
    if desk is not None and size:
        raise click.UsageError("a desk has the size that it was started with; leave --size away")
    if display and (virtual or desk is not None):
        other = "--virtual" if virtual else "--desk"
        raise click.UsageError(
            f"--display {display} is a monitor of your own desktop, and {other} works on another; leave one away"
        )


@dataclass(frozen=True, kw_only=True)
class AgentOptions:
    """The desktop that the agent works on, the model that plans, and what the agent may do unasked."""

    virtual: str | None
    desk: str | None = None
    app: str | None
    size: Size | None
    display: str | None
    approve: Approval | None
    policy: Path | None
    min_confidence: float | None
    model: str | None
    model_family: str | None
    runs: Path | None

    def __post_init__(self) -> None:
        if self.app and not self.is_virtual:
            cure = "add --virtual or --desk, or open the program yourself"
            raise click.UsageError(f"--app opens a program on a virtual desktop; {cure}")
        check_place(virtual=self.virtual, desk=self.desk, size=self.size, display=self.display)

    @property
    def is_virtual(self) -> bool:
        """Whether the agent works on a desktop of its own, be it for this run or a desk."""
        return self.virtual is not None or self.desk is not None

    @property
    def settings(self) -> dict[str, object]:
        """Those that are settings, by the setting's name; None if the option was not given."""
        names = ("approve", "policy", "min_confidence", "model", "model_family", "runs", "display")
        return {name: getattr(self, name) for name in names} | {
            "virtual_size": self.size,
            "virtual_kind": virtual_kind(self.virtual),
        }


_declared_agent_options: Final = gathered(
    "agent",
    AgentOptions,
    virtual_option("Work on a virtual desktop that is removed afterwards: on X, or on Wayland."),
    desk_option,
    click.option(
        "--app", help="What to open on the virtual desktop or desk, with its arguments: --app 'mousepad notes.txt'."
    ),
    click.option("--size", type=SizeType(), metavar="WxH", help="Size of the virtual desktop; defaults to 1280x720."),
    click.option("--display", help="The monitor to work on, by the name that `screenagent doctor` shows."),
    click.option(
        "--approve", type=APPROVAL, help="Ask before each input, before risky ones, or never. No answer means no."
    ),
    click.option("--policy", type=FILE, help="Rules for what is allowed, asked about and denied; a YAML file."),
    click.option(
        "--min-confidence",
        type=click.FloatRange(0, 1),
        help="Ask about a target found with less confidence; with --approve never the run ends there.",
    ),
    click.option("--model", metavar="phi4|FOLDER|URL", help="The model that plans: weights, or a server's URL."),
    family_option,
    click.option("--runs", type=NEW_FOLDER, help="The folder that runs are recorded in."),
)


def agent_options(command: Command) -> Command:
    """Declare the options of a command that runs an agent, and let it start safely."""
    return _declared_agent_options(safely_started(command))


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """How a run is shown, and whether it is kept."""

    as_json: bool
    no_record: bool
    plain: bool
    detach: bool
    detached: bool
    """Whether this is the process of a detached run, which has no terminal."""

    def detach_if_asked(self) -> None:
        """End this command here if it is to go on detached: another process carries it out."""
        if self.detach and not self.detached:
            from screenagent.cli.detached import detach

            sys.exit(detach(sys.argv[1:]))


output_options: Final = gathered(
    "output",
    OutputOptions,
    click.option("--json", "as_json", is_flag=True, help="Print the events on stdout, one JSON object per line."),
    click.option("--no-record", is_flag=True, help="Keep nothing on disk."),
    click.option("--plain", is_flag=True, help="Print lines instead of opening the console, as without a terminal."),
    click.option("--detach", is_flag=True, help="Print the run's id, and let it go on without this terminal."),
    click.option("--detached", is_flag=True, hidden=True),
)
