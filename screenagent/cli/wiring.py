"""The only place that wires parts together."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import click
from pydantic import ValidationError

from screenagent.agent import Agent
from screenagent.approval import AllowAll, AskPerson, Policy, Question, default_policy
from screenagent.cli.terminal import Asking
from screenagent.config import Settings
from screenagent.control import Control
from screenagent.dialects import PHI4, Dialect, dialect_of
from screenagent.effect import SightChecker
from screenagent.events import Verdict
from screenagent.geometry import Absent, Box
from screenagent.grounder import ONCE, Cascade, ModelGrounder, Rung
from screenagent.meter import Meter, Metered
from screenagent.planner import DirectPlanner, ModelPlanner
from screenagent.planner.model import tokens_at_most
from screenagent.protocols import Approver, Desktop, Grounder, Planner, TextReader, VisionModel
from screenagent.screenshot import Screenshot

if TYPE_CHECKING:
    from screenagent.desktop.local import LocalDesktop
    from screenagent.grounder import ModelGrounder
    from screenagent.lite.grounder import LiteGrounder
    from screenagent.lite.reader import LiteReader

SURE: Final = 0.9
"""From this confidence on, text alone decides: it is there to the letter, and only once."""


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

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        control.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield control
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def desktop(settings: Settings, control: Control, *, virtual: bool, app: str | None) -> Iterator[LocalDesktop]:
    """The user's own desktop, or a virtual one with `app` on it that is gone afterwards."""
    from screenagent.desktop.local import LocalDesktop  # noqa: PLC0415
    from screenagent.desktop.virtual import VirtualDesktop  # noqa: PLC0415

    with ExitStack() as stack:
        if virtual:
            started = stack.enter_context(VirtualDesktop(app or (), size=settings.virtual_size, control=control))
            yield started.desktop
        else:
            yield stack.enter_context(LocalDesktop(control=control, monitor=settings.display))


@contextmanager
def virtual_display(control: Control) -> Iterator[str]:
    """The name of an X display of its own, with nothing on it."""
    from screenagent.desktop.virtual import VirtualDesktop  # noqa: PLC0415

    with VirtualDesktop(control=control) as started:
        yield started.display


def reader() -> LiteReader:
    from screenagent.lite.reader import LiteReader  # noqa: PLC0415

    return LiteReader()


def grounder(reading: LiteReader | None = None) -> LiteGrounder:
    """The embedded one, which needs no model."""
    from screenagent.lite.grounder import LiteGrounder  # noqa: PLC0415

    return LiteGrounder(reading or reader())


@dataclass(frozen=True)
class Seeing:
    """A vision model, how it is spoken to, and how many tokens a text is to it."""

    model: VisionModel
    dialect: Dialect
    count: Callable[[str], int] | None = None


def vision_model(place: str, settings: Settings, control: Control) -> Seeing:
    """The model in a folder, or behind a URL; "phi4" is the one that `model pull` brought."""
    if place == "phi4":
        place = str(settings.weights)
    if place.startswith(("http://", "https://")):
        return _served(place, settings, control)
    folder = Path(place).expanduser()
    if not folder.is_dir():
        raise click.UsageError(
            f"the model {place!r} is neither a folder nor an address that begins with http; bring the weights with "
            "`screenagent model pull`, or name a folder or a server's URL such as http://localhost:8000/v1"
        )
    phi4 = _extra("screenagent.phi4", "phi4")
    model = phi4.load(folder, largest_picture=settings.patches, check=control.check, say=partial(click.echo, err=True))
    return Seeing(model, PHI4, count=model.count)


def _served(url: str, settings: Settings, control: Control) -> Seeing:
    server = _extra("screenagent.server", "server")
    try:
        model = server.connect(url, name=settings.model_name, kind=settings.server, check=control.check)
    except server.ServerError as error:
        raise click.ClickException(str(error)) from error
    return Seeing(model, dialect_of(model.name))


def _extra(module: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise click.UsageError(f"{error.name} is not installed; pip install 'screenagent[{extra}]'") from error


@dataclass(frozen=True)
class Models:
    """Who plans and who points, where anyone does; both count on one meter."""

    planner: Seeing | None
    grounder: Seeing | None
    meter: Meter

    @classmethod
    def of(cls, settings: Settings, control: Control) -> Models:
        """A model that both plans and points is loaded once."""
        meter = Meter()

        def metered(seeing: Seeing) -> Seeing:
            return replace(seeing, model=Metered(seeing.model, meter))

        plans = None if settings.model == "none" else metered(vision_model(settings.model, settings, control))
        match settings.grounder_model:
            case "same":
                points = plans
            case "none":
                points = None
            case place:
                points = metered(vision_model(place, settings, control))
        return cls(plans, points, meter)


def pointing(settings: Settings, text: LiteGrounder, seeing: Seeing) -> Cascade:
    """Text first, where it is exact and stands there once; then the model, and closer where they differ."""
    from screenagent.lite.exact import ExactText  # noqa: PLC0415

    model = ModelGrounder(
        seeing.model, seeing.dialect, look=settings.look, patches=settings.patches, rank=partial(by_text, text)
    )
    return Cascade((Rung(ExactText(text), sure=SURE), Rung(text, sure=SURE), Rung(model, sure=ONCE)))


def cascade(settings: Settings, control: Control) -> Grounder:
    """What finds targets with these settings, for who only looks."""
    text = grounder()
    place = settings.model if settings.grounder_model == "same" else settings.grounder_model
    return text if place == "none" else pointing(settings, text, vision_model(place, settings, control))


def by_text(text: LiteGrounder, target: str, screenshot: Screenshot, boxes: Sequence[Box]) -> Sequence[Box]:
    """The boxes, those first on which the text says that the target may be."""
    guess = text.locate(target, screenshot)
    if isinstance(guess, Absent):
        return boxes
    return sorted(boxes, key=lambda box: guess.point not in box)


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


def unattended(control: Control, on: Desktop) -> Agent:
    """For benches on virtual desktops, where there is nobody to ask."""
    return agent(Settings(approve="never"), control, on)


def planner(settings: Settings, seeing: Seeing | None) -> Planner:
    if seeing is None:
        return DirectPlanner()
    return ModelPlanner(model=seeing.model, patches=settings.patches, count=seeing.count or tokens_at_most)


def agent(
    settings: Settings,
    control: Control,
    on: Desktop,
    *,
    models: Models | None = None,
    ask: Callable[[Question], Verdict | None] | None = None,
) -> Agent:
    """Asks at the terminal, or by `ask`."""
    models = models or Models.of(settings, control)
    reading = reader()
    text = grounder(reading)
    points = pointing(settings, text, models.grounder) if models.grounder else None
    return Agent(
        planner=planner(settings, models.planner),
        grounder=points or text.strict(),
        approver=approver(settings, ask or Asking(control), reading),
        desktop=on,
        checker=SightChecker(text, models.grounder.model if models.grounder else None),
        control=control,
        max_steps=settings.max_steps,
        second_look=points,
        meter=models.meter,
    )
