"""The page that replays a run: one file that loads nothing, to be kept, sent and opened anywhere."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Final, get_args

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup
from PIL import Image

from screenagent.actions import KeyboardInput, targets
from screenagent.files import write_inside
from screenagent.geometry import Box, Location
from screenagent.runs.costs import CostTable, ModelCost, step_costs
from screenagent.runs.report.album import AlbumPicture, album_picture, collecting
from screenagent.runs.report.expected import ExpectedLook, ExpectedLooks, looked, recorded_looks
from screenagent.runs.report.story import Story, StoryPage
from screenagent.runs.store import Run, read_events, read_run
from screenagent.runs.wording import effect_words, expectation_words, outcome_words, verdict_words
from screenagent.screenshot import Screenshot
from screenagent.showing import shown
from screenagent.usage import Phase, Usage

PHASES: Final[tuple[Phase, ...]] = get_args(Phase)


@dataclass(frozen=True, kw_only=True)
class PageMark:
    """Where a target was found, as the page draws it over the screen."""

    name: str
    location: Location
    number: int | None

    @property
    def classes(self) -> str:
        """To which side the label goes, so that it stays on the picture."""
        point = self.location.point
        return ("leftwards " if point.x > 0.5 else "") + ("below" if point.y < 0.2 else "")


@dataclass(frozen=True, kw_only=True)
class PageScreen:
    """A screen as one card shows it. Only the first card to show a picture carries it; the others point there."""

    screenshot: Screenshot
    picture: AlbumPicture | None
    carries: bool
    marks: tuple[PageMark, ...] = ()
    keys: str = ""
    changed: Box | None = None


@dataclass(frozen=True, kw_only=True)
class Card:
    page: StoryPage
    before: PageScreen
    after: PageScreen | None
    spent: tuple[Spent, ...]
    costs: tuple[ModelCost, ...]
    looks: tuple[ExpectedLook, ...] = ()


@dataclass(frozen=True)
class Spent:
    """Seconds in a phase; "other" is what no phase accounts for."""

    phase: str
    seconds: float


def write_html(run_folder: Path, out: Path, *, told: Callable[[str], object] = str) -> Path:
    """Write the report of the run in `run_folder` as one HTML file that needs no other; how far it is is `told`."""
    pictures: dict[str, AlbumPicture] = {}
    kept = len(list((run_folder / "screens").glob("*.png")))

    def album(image: Image.Image) -> AlbumPicture:
        told(f"the page: picture {len(pictures) + 1} of {kept}")
        return album_picture(image)

    looks: ExpectedLooks = {}
    run = read_run(run_folder)
    events = looked(read_events(run_folder), recorded_looks(run), looks)
    story = Story.of(collecting(events, pictures, album))
    page = render_page(story, pictures, run, looks).encode("utf-8", "replace")
    return write_inside(out.parent, out.name, page)


def render_page(
    story: Story, pictures: Mapping[str, AlbumPicture], run: Run, looks: ExpectedLooks | None = None
) -> str:
    style, script = _packaged("page.css"), _packaged("page.js")
    return _page_template().render(
        story=story,
        run=run,
        cards=_cards(story.pages, pictures, looks or {}),
        spent=_spent(story.usage, story.seconds),
        costs=CostTable.of([story]).rows,
        outcome=outcome_words(story.episode.ended),
        style=Markup(style),
        script=Markup(script),
        style_hash=csp_hash(style),
        script_hash=csp_hash(script),
    )


def _cards(pages: Iterable[StoryPage], pictures: Mapping[str, AlbumPicture], looks: ExpectedLooks) -> list[Card]:
    shown: set[str] = set()

    def look(screenshot: Screenshot) -> PageScreen:
        first = screenshot.digest not in shown
        shown.add(screenshot.digest)
        return PageScreen(screenshot=screenshot, picture=pictures.get(screenshot.digest), carries=first)

    return [
        Card(
            page=page,
            before=replace(look(page.step.before), marks=_marks(page), keys=_keys(page)),
            after=replace(look(page.step.after), changed=_changed(page)) if page.step.after else None,
            spent=_spent(page.step.usage, page.seconds),
            costs=step_costs(page.usage),
            looks=tuple(found for mark in _marks(page) if (found := looks.get((mark.name, mark.location)))),
        )
        for page in pages
    ]


def _keys(page: StoryPage) -> str:
    """What the keyboard does in this step, to be shown over the screen as a target is for the mouse."""
    return page.title if isinstance(page.step.action, KeyboardInput) else ""


def _changed(page: StoryPage) -> Box | None:
    return page.step.effect.where if page.step.effect else None


def _marks(page: StoryPage) -> tuple[PageMark, ...]:
    if page.step.action is None:
        return ()
    names = targets(page.step.action)
    return tuple(
        PageMark(name=name.words, location=location, number=number if len(names) > 1 else None)
        for number, (name, location) in enumerate(zip(names, page.step.locations, strict=False), start=1)
    )


def _spent(usage: Usage, wall: float) -> tuple[Spent, ...]:
    """By phase, in the order of a step."""
    known = [Spent(phase, usage.seconds[phase]) for phase in PHASES if usage.seconds.get(phase)]
    other = wall - sum(spent.seconds for spent in known)
    # Below a millisecond it is rounding, not work.
    return (*known, Spent("other", other)) if known and other > 0.001 else tuple(known)


def _seconds(seconds: float) -> str:
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.2f} s" if seconds < 9.995 else f"{seconds:.1f} s"
    if seconds == math.inf:  # the sum of a damaged log
        return "∞"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def _page_template() -> Template:
    templates = Environment(
        loader=PackageLoader("screenagent.runs.report", package_path=""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "seconds": _seconds,
        "expectation": expectation_words,
        "verdict": verdict_words,
        "effect": effect_words,
    }
    return templates.get_template("page.html.j2")


def _packaged(name: str) -> str:
    return resources.files("screenagent.runs.report").joinpath(name).read_text("utf-8")


def csp_hash(text: str) -> str:
    """Lets the page run this text and no other: not even what slipped through the escaping would be run."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
