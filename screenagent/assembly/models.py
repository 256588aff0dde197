"""Wires the vision models that a run works with: who plans, who points, who judges."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from screenagent.control import Control
from screenagent.errors import MissingExtra, WrongUsage
from screenagent.grounding.cascade import Cascade, CascadeStage
from screenagent.grounding.model import ONCE, ModelGrounder, TileRanker
from screenagent.models.dialects import PHI4, Dialect, dialect_of
from screenagent.models.vision import Metered, VisionModel
from screenagent.planning import InstructionPlanner, Instructions, ModelPlanner
from screenagent.planning.model_planner import tokens_at_most
from screenagent.protocols import Planner, StateReader, TextReader
from screenagent.settings import Settings
from screenagent.usage import Meter

if TYPE_CHECKING:
    from screenagent.grounding.embedded import EmbeddedGrounder

SURE: Final = 0.95
"""From this confidence on, text alone decides: it is there to the letter, and only once."""


@dataclass(frozen=True)
class Seeing:
    """A vision model, how it is spoken to, and how many tokens a text is to it."""

    model: VisionModel
    dialect: Dialect
    count: Callable[[str], int] = tokens_at_most


@dataclass(frozen=True)
class Models:
    """Who plans and who points, where anyone does; both count on one meter."""

    settings: Settings
    plans: Seeing | None
    points: Seeing | None
    meter: Meter

    @classmethod
    def of(cls, settings: Settings, control: Control) -> Self:
        """A model that both plans and points is loaded once."""
        meter = Meter()

        def metered(place: str) -> Seeing:
            seeing = vision_model(place, settings, control)
            return replace(seeing, model=Metered(seeing.model, meter, name=seeing.dialect.name))

        plans = metered(settings.model) if settings.model else None
        match settings.grounder_model:
            case None:
                points = plans
            case "none":
                points = None
            case place:
                points = metered(place)
        return cls(settings, plans, points, meter)

    def planner(
        self,
        reader: TextReader,
        grounder: EmbeddedGrounder,
        states: StateReader,
        instructions: Instructions | None = None,
    ) -> Planner:
        if self.plans is None:
            return InstructionPlanner(
                reader=reader, grounder=grounder, strict=grounder.strict(), states=states, instructions=instructions
            )
        return ModelPlanner(model=self.plans.model, patches=self.settings.max_image_patches, count=self.plans.count)

    def pointing(self, text: EmbeddedGrounder) -> Cascade | None:
        """Text first, where it is exact and stands there once; then the model, and closer where they differ."""
        from screenagent.grounding.exact_text import ExactText

        if self.points is None:
            return None
        model = ModelGrounder(
            self.points.model,
            self.points.dialect,
            look=self.settings.crop,
            patches=self.settings.max_image_patches,
            rank=TileRanker(text),
        )
        return Cascade(
            (CascadeStage(ExactText(text), sure=SURE), CascadeStage(text, sure=SURE), CascadeStage(model, sure=ONCE))
        )


def vision_model(place: str, settings: Settings, control: Control) -> Seeing:
    """The model in a folder, or behind a URL; "phi4" is the one that `model serve` keeps, or else the one pulled."""
    if place == "phi4":
        place = f"unix:{settings.model_socket}" if settings.model_socket.exists() else str(settings.model_weights)
    if place.startswith(("http://", "https://", "unix:")):
        return _served(place, settings, control)
    folder = Path(place).expanduser()
    if not folder.is_dir():
        raise WrongUsage(
            f"the model {place!r} is neither a folder nor an address that begins with http; bring the weights with "
            "`screenagent model pull`, or name a folder, or a server's URL such as http://localhost:8000/v1"
        )
    phi4 = _extra("screenagent.models.phi4", "phi4")
    model = phi4.load_phi4(
        folder, largest_picture=settings.max_image_patches, check=control.check, say=partial(print, file=sys.stderr)
    )
    return Seeing(model, PHI4, count=model.count)


def _served(url: str, settings: Settings, control: Control) -> Seeing:
    if url.startswith("unix:") and not Path(url.removeprefix("unix:")).exists():
        raise WrongUsage(f"no server answers at {url}; start one with `screenagent model serve`")
    if not _is_address(url):
        raise WrongUsage(f"the model {url!r} is not a valid address; write for example http://localhost:8000/v1")
    server = _extra("screenagent.models.remote", "server")
    model = server.connect_server(url, name=settings.model_name, kind=settings.server, check=control.check)
    return Seeing(model, dialect_of(model.endpoint.name))


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "unix" or (bool(parts.hostname) and parts.port != 0)
    except ValueError:  # unbalanced brackets, or a port that is not a number
        return False


def _extra(module: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or module, extra) from error
