"""The only place that wires parts together."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click
from pydantic import ValidationError

from screenagent import keys
from screenagent.agent import Agent
from screenagent.agent.checker import SightChecker
from screenagent.approval import AllowAll, AskPerson, Policy, Question, default_policy
from screenagent.approval.vault import Vault
from screenagent.assembly.models import Models
from screenagent.cli.terminal import Asking
from screenagent.control import Control
from screenagent.events import Verdict
from screenagent.planning import DirectPlanner
from screenagent.protocols import Accessibility, Approver, Desktop, TextReader
from screenagent.scripts.replay import Replay
from screenagent.settings import Settings

if TYPE_CHECKING:
    from screenagent.desktop.local import LocalDesktop
    from screenagent.grounding.embedded import LiteGrounder
    from screenagent.perception.reader import LiteReader
    from screenagent.perception.timing import Stages
    from screenagent.runs.store import Recorder


def settings(**options: object) -> Settings:
    """The effective settings; a wrong one is named with where it can be mended."""
    try:
        return Settings().with_options(**options)
    except ValidationError as error:
        wrong = error.errors()[0]
        knob = ".".join(str(part) for part in wrong["loc"])
        raise click.UsageError(f"the setting {knob!r} is {wrong['input']!r}: {wrong['msg']}") from error


@contextmanager
def stopping() -> Iterator[Control]:
    """A control that Ctrl-C and SIGTERM stop; a second Ctrl-C interrupts whatever hangs."""
    control = Control()

    def stop() -> None:
        control.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    with signals(stop=stop, resume=control.resume):
        yield control


@contextmanager
def signals(*, stop: Callable[[], None], resume: Callable[[], None]) -> Iterator[None]:
    """Meanwhile Ctrl-C and SIGTERM do the one, and SIGUSR1, where there is one, the other."""
    heeded = {signal.SIGINT: stop, signal.SIGTERM: stop}
    if hasattr(signal, "SIGUSR1"):
        heeded[signal.SIGUSR1] = resume

    def heed(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        heeded[signal.Signals(number)]()

    before = {number: signal.signal(number, heed) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def desktop(
    settings: Settings, control: Control, *, virtual: bool, app: str | None, task: str | None = None
) -> Iterator[LocalDesktop]:
    """The user's own desktop, or a virtual one with `app` on it that is gone afterwards; for a task, ours alone."""
    from screenagent.desktop.local import LocalDesktop  # noqa: PLC0415
    from screenagent.desktop.lock import driving  # noqa: PLC0415
    from screenagent.desktop.user_input import Heeds, Oversight  # noqa: PLC0415
    from screenagent.desktop.virtual import VirtualDesktop  # noqa: PLC0415

    secrets, reading = Vault(policy(settings.policy).why_not), reader()
    stop_keys = keys.chord(settings.stop_keys)
    touch = settings.touch == "on" or (settings.touch == "auto" and not virtual)
    with ExitStack() as stack:
        if virtual:
            app_on_it = VirtualDesktop(
                app or (),
                size=settings.virtual_size,
                control=control,
                secrets=secrets,
                reader=reading,
                stop_keys=stop_keys,
            )
            opened = stack.enter_context(app_on_it).desktop
        else:
            opened = stack.enter_context(
                LocalDesktop(
                    control=control,
                    monitor=settings.display,
                    secrets=secrets,
                    reader=reading,
                    stop_keys=stop_keys,
                    away=_screen_lock(stack),
                )
            )
        if task is not None:
            stack.enter_context(driving(opened.x_display, task))
        heeds = Heeds(stop_keys=stop_keys, corner=settings.stop_corner, touch=touch)
        stack.enter_context(Oversight(opened, control=control, heeds=heeds))
        yield opened


def _screen_lock(stack: ExitStack) -> Callable[[], str | None]:
    if sys.platform != "linux":  # elsewhere a locked screen takes no input
        return lambda: None
    from screenagent.desktop.x11.screen_lock import ScreenLock  # noqa: PLC0415

    return stack.enter_context(closing(ScreenLock()))


@contextmanager
def virtual_display(control: Control) -> Iterator[str]:
    """The name of an X display of its own, with nothing on it."""
    from screenagent.desktop.virtual import VirtualDesktop  # noqa: PLC0415

    with VirtualDesktop(control=control) as started:
        yield started.display


@contextmanager
def recorded(settings: Settings, task: str, *, replay: Replay | None = None) -> Iterator[Recorder]:
    """Record a run of `task`; afterwards older runs go, as far as the settings say so."""
    from screenagent.models import prompts  # noqa: PLC0415
    from screenagent.runs.retention import listed, outdated, remove, why_not_ours  # noqa: PLC0415
    from screenagent.runs.store import Recorder, new_run_folder  # noqa: PLC0415

    folder = new_run_folder(settings.runs, task)
    played = {"script": str(replay.file)} if replay and replay.file else {}
    written = settings.model_dump(mode="json") | played
    with Recorder(folder, settings=written, prompts=prompts.digests(), screens=settings.keep_screens) as recorder:
        yield recorder
    older_than = timedelta(days=settings.keep_days) if settings.keep_days else None
    kept = [run for run in listed(settings.runs) if run.folder != folder]
    keep = settings.keep_runs and settings.keep_runs - 1  # this one is kept
    for run in outdated(kept, older_than=older_than, keep=keep):
        if why_not_ours(run.folder) is None:
            remove(run.folder)


def reader(stages: Stages | None = None) -> LiteReader:
    from screenagent.perception.reader import LiteReader  # noqa: PLC0415
    from screenagent.perception.weights import MissingWeights  # noqa: PLC0415

    try:
        return LiteReader(letters=settings().letters, stages=stages)
    except MissingWeights as error:
        raise click.UsageError(str(error)) from error


def grounder(
    reading: LiteReader | None = None, *, on: Desktop | None = None, stages: Stages | None = None
) -> LiteGrounder:
    """The embedded one, which needs no model; what seeing costs it is counted in `stages`. The programs `on` an X
    display are asked for their controls, too; for pictures alone there is nobody to ask."""
    from screenagent.grounding.embedded import LiteGrounder  # noqa: PLC0415

    return LiteGrounder(reading or reader(stages), accessibility=accessibility(on), stages=stages)


def accessibility(on: Desktop | None) -> Accessibility | None:
    display = getattr(on, "x_display", None)
    if display is None:
        return None
    from screenagent.desktop.x11.at_spi import AtSpi  # noqa: PLC0415

    return AtSpi(display)


def approver(settings: Settings, ask: Callable[[Question], Verdict | None], reader: TextReader) -> Approver:
    if settings.approve == "never":
        return AllowAll()
    return AskPerson(ask, risky_only=settings.approve == "risky", policy=policy(settings.policy), reader=reader)


def policy(path: Path | None) -> Policy:
    """The one in the file, or the default."""
    if path is None:
        return default_policy()
    try:
        return Policy.read(path)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def unattended(control: Control, on: Desktop, replay: Replay | None = None) -> Agent:
    """For benches on virtual desktops, where there is nobody to ask."""
    return agent(Settings(approve="never"), control, on, replay=replay)


def guessing(control: Control, on: Desktop) -> Agent:
    """For benches that mean any one of two that look alike, and that a form which was filled is sent."""
    reading = reader()
    text = grounder(reading)
    return Agent(
        planner=DirectPlanner(reader=reading, grounder=text, sends_forms=True),
        grounder=text,
        approver=AllowAll(),
        desktop=on,
        checker=SightChecker(text),
        control=control,
    )


def agent(
    settings: Settings,
    control: Control,
    on: Desktop,
    *,
    models: Models | None = None,
    ask: Callable[[Question], Verdict | None] | None = None,
    replay: Replay | None = None,
) -> Agent:
    """Asks at the terminal, or by `ask`; text alone decides where no model is set; `replay` says what to do instead."""
    models = models or Models.of(settings, control)
    reading = reader()
    text = grounder(reading, on=on if settings.accessibility else None)
    points = models.pointing(text)
    built = Agent(
        planner=models.planner(reading, text),
        grounder=points or text.strict(),
        approver=approver(settings, ask or Asking(control, settings.answer_seconds), reading),
        desktop=on,
        checker=SightChecker(text.by_sight(), models.judge),
        control=control,
        max_steps=settings.max_steps,
        second_look=points,
        meter=models.meter,
    )
    return replay.playing(built, reading) if replay else built
