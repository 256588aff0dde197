"""Of a replay: what each target was expected to look like, beside what was there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from screenagent.actions import targets
from screenagent.events import Acted, Event, Grounded, Observed
from screenagent.geometry import Location
from screenagent.runs.report.album import uri
from screenagent.runs.store import Run
from screenagent.screenshot import Screenshot
from screenagent.scripts import Anchor, Anchors, ScriptError, read_script
from screenagent.scripts.schema import TargetStep, paths, words_for


@dataclass(frozen=True, kw_only=True)
class ExpectedLook:
    """Two pictures of one size, the target in their middle: as it was recorded, and as it was found."""

    target: str
    expected: str
    actual: str


ExpectedLooks = dict[tuple[str, Location], ExpectedLook]
"""By the words for a target and where it was found."""


def recorded_looks(run: Run) -> dict[str, tuple[Anchor, Image.Image]]:
    """The anchors of the script that `run` played, by the words for their targets; none where it is not there."""
    file = Path(str(run.settings.get("script", "")))
    if not file.is_file():
        return {}
    anchors = Anchors.of(file)
    try:
        steps = [step for _, step in paths(read_script(file)) if isinstance(step, TargetStep)]
        names = {
            words: name
            for step in steps
            for target, name in zip(step.targets, step.anchors, strict=True)
            for words in (words_for(target), str(target))  # version 0.1 has the place of a target in its words
        }
        return {words: anchors.read(name) for words, name in names.items() if name in anchors}
    except (ScriptError, ValueError):
        return {}  # the report is of the run; what has become of the script since is for `check` to say


def looked(
    events: Iterable[Event], recorded: Mapping[str, tuple[Anchor, Image.Image]], looks: ExpectedLooks
) -> Iterator[Event]:
    """Hand on `events`; what targets of theirs were recorded, and looked like, goes to `looks`."""
    screen: Screenshot | None = None
    for event in events:
        match event:
            case Observed(screenshot=screenshot):
                screen = screenshot
            case Grounded(action=action, locations=places) | Acted(action=action, locations=places) if screen:
                named = [target.words for target in targets(action)]
                for words, place in zip(named, places, strict=False):
                    if words in recorded and screen.image is not None and (words, place) not in looks:
                        looks[words, place] = _look(words, *recorded[words], screen, place)
            case _:
                pass
        yield event


def _look(words: str, anchor: Anchor, picture: Image.Image, screen: Screenshot, place: Location) -> ExpectedLook:
    point = place.point.pixel(screen.size)
    left, top = point.x - anchor.at.x, point.y - anchor.at.y
    actual = screen.pixels.crop((left, top, left + picture.width, top + picture.height))
    return ExpectedLook(target=words, expected=uri(picture), actual=uri(actual))
