"""Wires up the vision models of a run: the planner's, the grounder's and the checker's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from screenagent.control import Control
from screenagent.errors import MissingExtra, WrongUsage
from screenagent.models.vision import AnswerGrammar, Metered, VisionModel
from screenagent.planning import InstructionPlanner, Instructions
from screenagent.protocols import Planner, StateReader, TextReader
from screenagent.settings import ServerKind, Settings
from screenagent.showing import tell
from screenagent.usage import Meter

if TYPE_CHECKING:
    from screenagent.grounding.cascade import Cascade
    from screenagent.grounding.embedded import EmbeddedGrounder
    from screenagent.models.families import Family
    from screenagent.models.remote import RemoteModel

SOCKET: Final = "unix:"
"""The prefix of the address of `model serve`, whose model is identified by its weights."""

SURE: Final = 0.95
"""At this confidence, text alone decides: it is on the screen exactly once, word for word."""


@dataclass(frozen=True)
class Seeing:
    """A vision model and what is known about it.

    `family` is None if the name does not identify one and the model was not proven yet. `remote` is the same model if
    it is behind a server. `count` returns the number of tokens of a text, and `context` is the context length; the
    planner estimates what is None.
    """

    model: VisionModel
    family: Family | None
    remote: RemoteModel | None = None
    count: Callable[[str], int] | None = None
    context: int | None = None

    @property
    def name(self) -> str:
        """The family's name, or the name that the server uses for the model."""
        return self.family.name if self.family else self.remote.endpoint.name if self.remote else "model"

    def binds(self, grammar: AnswerGrammar) -> bool:
        """Return whether answers can be constrained to `grammar`: always in this process, else by kind of server."""
        return self.remote is None or self.remote.binds(grammar)

    def proven(self, kept: Path, *, patches: int) -> Seeing:
        """Return the same model, proven to point as its family does; raise `WrongFamily` if it does not.

        In this process, and on the socket of the project's own server, the weights identify the family.
        """
        if self.remote is None or self.remote.endpoint.url.startswith(SOCKET):
            return self
        from screenagent.assembly.proving import ProvenModels, proven

        model = proven(self.remote, ProvenModels(kept), patches=patches)
        return replace(self, model=model, remote=model, family=model.family)


@dataclass(frozen=True)
class Models:
    """The model that plans and the model that points, if any; both share one meter."""

    settings: Settings
    plans: Seeing | None
    points: Seeing | None
    meter: Meter

    @classmethod
    def of(cls, settings: Settings, control: Control) -> Self:
        """Load the models that the settings name; one that both plans and points is loaded once."""
        planning, pointing = planning_choice(settings), pointing_choice(settings)
        plans = vision_model(planning, settings, control) if planning else None
        points = plans
        if pointing != planning:
            points = vision_model(pointing, settings, control) if pointing else None
        points = points and points.proven(settings.proven_models, patches=settings.max_image_patches)
        if pointing == planning:
            plans = points

        meter = Meter()

        def metered(seeing: Seeing | None) -> Seeing | None:
            asked = seeing and in_turns(seeing, settings, control)
            return asked and replace(asked, model=Metered(asked.model, meter, name=asked.name))

        return cls(settings, metered(plans), metered(points), meter)

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
        from screenagent.planning.model_planner import CONTEXT, ModelPlanner, tokens_at_most

        return ModelPlanner(
            model=self.plans.model,
            patches=self.settings.max_image_patches,
            count=self.plans.count or tokens_at_most,
            context=min(CONTEXT, self.plans.context or CONTEXT),
        )

    def pointing(self, text: EmbeddedGrounder) -> Cascade | None:
        """Return the cascade: exact and unique text first, then the model, and a closer look if the two disagree."""
        if self.points is None:
            return None
        from screenagent.grounding.cascade import Cascade, CascadeStage
        from screenagent.grounding.exact_text import ExactText
        from screenagent.grounding.model import ONCE, ModelGrounder, TileRanker

        assert self.points.family is not None, "a model that points was proven"
        model = ModelGrounder(
            self.points.model,
            self.points.family,
            look=self.settings.crop,
            patches=self.settings.max_image_patches,
            rank=TileRanker(text),
            likely=text.likely,
        )
        return Cascade(
            (CascadeStage(ExactText(text), sure=SURE), CascadeStage(text, sure=SURE), CascadeStage(model, sure=ONCE))
        )


def in_turns(seeing: Seeing, settings: Settings, control: Control) -> Seeing:
    """Return the same model, asked in turns if it is behind a server and the settings limit how many may ask."""
    if seeing.remote is None or settings.model_concurrency is None:
        return seeing
    from screenagent.models.turns import ModelTurns, TakesTurns

    address = seeing.remote.endpoint.url
    turns = ModelTurns(settings.model_turns, address, settings.model_concurrency, control.wait)
    return replace(seeing, model=TakesTurns(seeing.model, turns))


@dataclass(frozen=True)
class ModelChoice:
    """Which model to use: a folder or address, and what the settings say about a model behind a server."""

    place: str
    name: str | None = None
    server: ServerKind | None = None
    family: str | None = None


def planning_choice(settings: Settings) -> ModelChoice | None:
    if settings.model is None:
        return None
    return ModelChoice(settings.model, settings.model_name, settings.server, settings.model_family)


def pointing_choice(settings: Settings) -> ModelChoice | None:
    """Return which model points: the planner's model unless another one is named."""
    said = settings.grounder_name, settings.grounder_server, settings.grounder_family
    match settings.grounder_model:
        case None if any(said):
            raise WrongUsage(
                "grounder_family, grounder_name and grounder_server describe a grounder_model, but none is set; "
                "give --grounder-model, too, or leave them out"
            )
        case None:
            return planning_choice(settings)
        case "none":
            return None
        case place:
            return ModelChoice(place, *said)


def pointing_settings(settings: Settings, *, model: str | None) -> Settings:
    """Return the settings for a command that only points; a `model` named for it overrides the grounder."""
    if model is not None:
        unset = ("grounder_model", "grounder_name", "grounder_server", "grounder_family")
        return settings.model_copy(update=dict.fromkeys(unset))
    return settings.model_copy(update={"model": None}) if settings.grounder_model else settings


def vision_model(choice: ModelChoice, settings: Settings, control: Control) -> Seeing:
    """Return the model in a folder or behind a URL; "phi4" is what `model serve` keeps loaded, else what was pulled.

    A model in a folder or on the socket of `model serve` is Phi-4, whatever family the settings name.
    """
    place = choice.place
    if place == "phi4":
        place = f"unix:{settings.model_socket}" if settings.model_socket.exists() else str(settings.model_weights)
    if place.startswith(("http://", "https://")):
        return _served(place, choice, control, proxy=settings.model_proxy)
    if place.startswith(SOCKET):
        return _served(place, replace(choice, family="phi4"), control, proxy=None)
    folder = Path(place).expanduser()
    if not folder.is_dir():
        raise WrongUsage(
            f"the model {place!r} is neither a folder nor an address that begins with http; download the weights with "
            "`screenagent model pull`, or name a folder, or a server's URL such as http://localhost:8000/v1"
        )
    from screenagent.models.families import family_named

    phi4 = _extra("screenagent.models.phi4", "phi4")
    model = phi4.load_phi4(folder, largest_picture=settings.max_image_patches, check=control.check, say=tell)
    return Seeing(model, family_named("phi4"), count=model.count)


def _served(url: str, choice: ModelChoice, control: Control, *, proxy: str | None) -> Seeing:
    if url.startswith(SOCKET) and not Path(url.removeprefix(SOCKET)).exists():
        raise WrongUsage(f"no server answers at {url}; start one with `screenagent model serve`")
    if not _is_address(url) and "@" not in url:  # a password before an @ is not repeated
        raise WrongUsage(f"the model {url!r} is not a valid address; an example of one is http://localhost:8000/v1")
    from screenagent.models.families import family_named

    family = family_named(choice.family) if choice.family else None
    server = _extra("screenagent.models.remote", "server")
    model = server.connect_server(
        url, name=choice.name, kind=choice.server, family=family, proxy=proxy, check=control.check
    )
    return Seeing(model, model.family, remote=model, context=model.facts.context)


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
