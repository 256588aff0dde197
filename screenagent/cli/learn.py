"""`screenagent learn`: what the buttons of an application's tool bars are called."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from screenagent.cli.options import (
    APPROVAL,
    FILE,
    SizeType,
    check_place,
    desk_option,
    gathered,
    load_settings,
    virtual_kind,
    virtual_option,
)
from screenagent.cli.output import echo

if TYPE_CHECKING:
    from screenagent.geometry import Size
    from screenagent.settings import Approval, Settings


@dataclass(frozen=True, kw_only=True)
class LearnOptions:
    """Where the buttons are, what to do with their names, and what may be done unasked."""

    app: str | None
    virtual: str | None
    desk: str | None
    size: Size | None
    display: str | None
    approve: Approval | None
    policy: Path | None
    listed: bool
    forget: bool

    def __post_init__(self) -> None:
        if self.app and not (self.is_virtual or self.listed or self.forget):
            cure = "add --virtual or --desk, or bring the program to the front yourself"
            raise click.UsageError(f"--app opens a program on a virtual desktop; {cure}")
        if self.listed and self.forget:
            raise click.UsageError("--list shows names and --forget removes them; give one of the two")
        check_place(virtual=self.virtual, desk=self.desk, size=self.size, display=self.display)

    @property
    def is_virtual(self) -> bool:
        """Whether the buttons are on a desktop of the agent's own, be it for this command or a desk."""
        return self.virtual is not None or self.desk is not None

    @property
    def settings(self) -> dict[str, object]:
        """Those that are settings, by the setting's name; None if the option was not given."""
        names = ("approve", "policy", "display")
        return {name: getattr(self, name) for name in names} | {
            "virtual_size": self.size,
            "virtual_kind": virtual_kind(self.virtual),
        }


learn_options: Final = gathered(
    "options",
    LearnOptions,
    click.option("--app", help="What to open on the virtual desktop; with --list and --forget, whose names."),
    virtual_option("Work on a virtual desktop that is removed afterwards: on X, or on Wayland."),
    desk_option,
    click.option("--size", type=SizeType(), metavar="WxH", help="Size of the virtual desktop; defaults to 1280x720."),
    click.option("--display", help="The monitor to work on, by the name that `screenagent doctor` shows."),
    click.option("--approve", type=APPROVAL, help="Ask before the mouse moves, or never. No answer means no."),
    click.option("--policy", type=FILE, help="Rules for what is allowed, asked about and denied; a YAML file."),
    click.option("--list", "listed", is_flag=True, help="Show the names that are kept."),
    click.option("--forget", is_flag=True, help="Remove the names that are kept: of --app, or all."),
)


@click.command
@learn_options
def learn(*, options: LearnOptions) -> None:
    """Rest the mouse once on each button of the window in front, and keep the names that their tooltips tell.

    \b
    screenagent learn --virtual --app mousepad --approve never
    screenagent learn --list
    screenagent learn --forget --app mousepad

    Exit codes: 0 done, 1 gave up or failed, 2 wrong usage, 130 stopped.
    """
    settings = load_settings(**options.settings)
    if options.listed:
        _show(settings, options.app)
    elif options.forget:
        _forget(settings, options.app)
    else:
        sys.exit(_learned(settings, options))


def _learned(settings: Settings, options: LearnOptions) -> int:
    from screenagent.assembly.agent import build_learner
    from screenagent.assembly.parts import open_desktop, stoppable_control, user_keys
    from screenagent.cli.running import EXIT_CODES, desk_use
    from screenagent.cli.terminal import Progress, TerminalAnswers

    with stoppable_control() as control:
        answer_keys = str(user_keys(settings, virtual=options.is_virtual))
        person = TerminalAnswers(control, settings.answer_seconds, answer_keys=answer_keys)
        desk = desk_use(options.desk, options.app)
        where = open_desktop(
            settings, control, virtual=options.is_virtual, app=options.app, desk=desk, task="learn the names of buttons"
        )
        with where as desktop:
            progress = Progress()
            with closing(build_learner(settings, control, desktop, ask=person).learn()) as happening:
                for event in happening:
                    progress(event)
    assert progress.episode.ended is not None
    return EXIT_CODES[progress.episode.ended.result]


def _show(settings: Settings, app: str | None) -> None:
    from screenagent.perception.icon_names import IconNames

    for name, pictures in sorted(IconNames(settings.icon_names).all().items()):
        if app is None or name.casefold() == app.casefold():
            echo(name)
            for kept in sorted(pictures.values(), key=lambda kept: kept[0].name.casefold()):
                echo(f"  {' / '.join(one.name for one in kept)}  ({kept[-1].by}, {kept[-1].at:%Y-%m-%d})")


def _forget(settings: Settings, app: str | None) -> None:
    from screenagent.perception.icon_names import IconNames

    gone = IconNames(settings.icon_names).forget(app)
    echo(f"forgot the names of {gone} {'picture' if gone == 1 else 'pictures'}", err=True)
