"""What a replay had to heal: a fold over the run's events. Nothing is rewritten before someone says so."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from screenagent.actions import Click, TypeText, targets
from screenagent.events import Acted, Decided, Event, Observed
from screenagent.geometry import Location
from screenagent.perception.labels import text_lines
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot, Word
from screenagent.scripts import Anchors, Script
from screenagent.scripts.linked import Linked
from screenagent.scripts.parameters import PLACE
from screenagent.scripts.replay.actions import Binding, ScriptAction, script_actions
from screenagent.scripts.replay.appearance import FARTHEST, Appearance
from screenagent.scripts.replay.row_data import row_boxes, row_texts, without_row
from screenagent.scripts.replay.typed_places import TypedPlaces
from screenagent.showing import shown

FOUND_AS_IT_WAS: Final = frozenset(("patch",))


@dataclass(frozen=True)
class Heal:
    """A target that did not look as its anchor says, or has none: who found it, and the anchor that it would have.

    `left_out` are the texts near it that belong to the row that was played, and are no part of the new anchor.
    """

    name: str
    by: str
    old: Appearance | None
    new: Appearance
    left_out: tuple[str, ...] = ()

    @property
    def changes(self) -> list[str]:
        """What is different, in words."""
        anchor = self.new.anchor
        if self.old is None:
            return [f"“{anchor.target}” had no anchor; found by {self.by}"]
        was = self.old.anchor
        said = [f"“{anchor.target}” found by {self.by}"]
        if was.point != anchor.point or was.screen != anchor.screen:
            before, now = was.point.pixel(was.screen), anchor.point.pixel(anchor.screen)
            said.append(f"moved from ({before.x}, {before.y}) to ({now.x}, {now.y})")
        if was.text != anchor.text:
            said.append(f"its text was “{was.text}” and is “{anchor.text}”")
        if was.title != anchor.title:
            said.append(f"its window was “{was.title}” and is “{anchor.title}”")
        before_beside, beside = ({each.text for each in one.beside} for one in (was, anchor))
        if gone := before_beside - beside:
            said.append(f"no longer beside it: {_quoted(gone)}")
        if come := beside - before_beside:
            said.append(f"newly beside it: {_quoted(come)}")
        return said

    @property
    def taken_over(self) -> list[str]:
        """What is written if it is taken over, in words."""
        anchor, number = self.new.anchor, len(self.new.anchor.beside)
        named = f"its text “{anchor.text}”" if anchor.text else "no text of its own"
        said = [f"{'another' if self.old else 'a'} picture, {named}, and {number} texts beside it"]
        if self.left_out:
            said.append(f"left out, as it belongs to the row that was played: {_quoted(self.left_out)}")
        return said


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(f"“{text}”" for text in sorted(texts))


def heals(linked: Linked, anchors: Anchors, events: Iterable[Event], reader: TextReader) -> list[Heal]:
    """One for each anchor, as it was found last."""
    found, events = dict[str, Heal](), list(events)
    texts, typed = row_texts(linked.script, events), _typed_places(events, reader)
    for name, target, location, screen in _found(linked, events):
        known = name in anchors
        if known and location.by in FOUND_AS_IT_WAS:
            found.pop(name, None)
            continue
        words = reader.read(screen)
        lasting = without_row(words, texts, screen)
        seen = Appearance.capture(target, screen, location.point, words=typed.without(lasting), box=location.box)
        new = typed.unknowing(seen, words, data=row_boxes(words, texts, screen))
        near = [word for word in words if word not in lasting and _is_near(word, new)]
        left_out = tuple(dict.fromkeys(line.text for line in text_lines(near)))
        found[name] = Heal(name, location.by, Appearance(*anchors.read(name)) if known else None, new, left_out)
    return list(found.values())


def _typed_places(events: Iterable[Event], reader: TextReader) -> TypedPlaces:
    """Return where the replay has typed something."""
    places = TypedPlaces()
    screen: Screenshot | None = None
    text, before, area = "", None, None
    for event in events:
        match event:
            case Observed(screenshot=seen):
                screen = seen
                if before is not None and before.image and seen.image:
                    places.note(text, before, seen, reader.read(seen), area=area)
                before = None
            case Acted(action=Click(), locations=(location, *_)):
                area = location.box
            case Acted(action=TypeText(text=typed)) if screen is not None:
                text, before = PLACE.sub(" ", typed), screen
            case _:
                pass
    return places


def _is_near(word: Word, look: Appearance) -> bool:
    """Whether the word is on the picture of a target, or about as near."""
    at, here = word.box.center.pixel(look.anchor.screen), look.anchor.point.pixel(look.anchor.screen)
    return abs(at.x - here.x) <= FARTHEST and abs(at.y - here.y) <= FARTHEST


def accept(heal: Heal, anchors: Anchors) -> None:
    anchors.write(heal.name, heal.new.anchor, heal.new.picture)


def _found(linked: Linked, events: Iterable[Event]) -> Iterator[tuple[str, str, Location, Screenshot]]:
    """Every target that was acted on: the name of its anchor, its words, where it was, and on which screen."""
    actions = list(script_actions(linked, Binding()))
    screen: Screenshot | None = None
    current: ScriptAction | None = None
    for event in events:
        match event:
            case Observed(screenshot=screenshot):
                screen = screenshot
            case Decided(decision=decision) if len(decision.plan.steps) == len(actions) + 1:  # and the end
                current = actions[decision.at] if decision.at < len(actions) else None
            case Acted(action=action, locations=locations) if current and screen and screen.image:
                names = tuple(current.anchor_names.values())
                if len(names) == len(locations):
                    for name, target, location in zip(names, targets(action), locations, strict=True):
                        yield name, target.words, location, screen
            case _:
                pass


def page(script: Script, heals: Sequence[Heal], *, file: str) -> str:
    """The heals as one HTML page, the old look beside the new."""
    loader = PackageLoader("screenagent.scripts.replay", package_path="")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, finalize=shown)
    environment.filters["uri"] = _uri
    return environment.get_template("healed.html.j2").render(script=script.name, heals=heals, file=file)


def _uri(image: Image.Image) -> str:
    data = BytesIO()
    image.save(data, "PNG")
    return f"data:image/png;base64,{b64encode(data.getvalue()).decode()}"
