"""What was typed is read back: whether the text that came into a field is the one that was typed. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from PIL import Image

from screenagent.actions import TypeText
from screenagent.agent.fields import FIELDS
from screenagent.agent.value_match import Match, agreed, compare, folded
from screenagent.events import Effect
from screenagent.geometry import Location, PixelBox
from screenagent.perception.ink import InkLine, InkPart, Pixels, changed_areas, most_strokes
from screenagent.screenshot import Screenshot, Word
from screenagent.secrets import typed_pieces

ZOOMS: Final = (2, 3)
"""The sizes that a text is read at: what is small is misread, and two readings that agree are believed."""

MARGIN: Final = 14  # pixels of empty ground round what is read
MOST_AREAS: Final = 4  # places that changed and are looked at
LARGEST: Final = 0.3  # a change of more of the screen than this is more than a text
CARET_WIDTH: Final = 3
AROUND: Final = 8  # pixels that a text may stick out of its field
Read = Callable[[Screenshot], Sequence[Word]]


def read_back(
    action: TypeText, before: Screenshot, after: Screenshot, read: Read, *, at: tuple[Location, ...] = ()
) -> Effect | None:
    """Return what the field reads after `action`, done `at` the field if that is known; None if it cannot be read.

    A text that holds a secret is never read.
    """
    if before.size != after.size or before.digest == after.digest or _is_secret(action):
        return None
    first: Effect | None = None
    for arrival in _arrivals(action, before, after, read, at):
        effect = arrival.effect
        if effect and effect.outcome == "confirmed":
            return effect  # the other places need not be read
        first = first or effect
    return first


def _is_secret(action: TypeText) -> bool:
    return any(piece.is_secret for piece in typed_pieces(action))


def _arrivals(
    action: TypeText, before: Screenshot, after: Screenshot, read: Read, at: tuple[Location, ...]
) -> Iterator[Arrival]:
    """The places where the text may have come, those of the field first."""
    was, now = np.asarray(before.pixels), np.asarray(after.pixels)
    areas = [
        area for area in changed_areas(was, now) if area.width > CARET_WIDTH and area.area < LARGEST * was[..., 0].size
    ]
    places = [location.point.pixel(after.size) for location in at]

    def far(area: PixelBox) -> float:
        return min((abs(area.center_y - place.y) + abs(area.center_x - place.x) / 9 for place in places), default=0.0)

    for area in sorted(areas, key=lambda area: (far(area), -area.area))[:MOST_AREAS]:
        arrival = Arrival(action.text, was, now, area, after, read, at, alone=len(areas) == 1, afresh=action.afresh)
        yield arrival.whole if action.afresh else arrival


@dataclass(frozen=True)
class Arrival:
    """A part of the screen that changed while `typed` was typed."""

    typed: str
    before: Pixels
    after: Pixels
    rect: PixelBox
    screenshot: Screenshot
    read: Read
    at: tuple[Location, ...]
    alone: bool
    """Whether nothing else has changed on the screen."""
    afresh: bool
    """Whether it was to replace all that was there."""

    @cached_property
    def part(self) -> InkPart:
        return InkPart(self.after, self.rect)

    @cached_property
    def former(self) -> InkPart:
        """What stood there before."""
        return InkPart(self.before, self.rect)

    @cached_property
    def whole(self) -> Arrival:
        """The same with all the text that it is a part of: what was replaced by the same letter has not changed.

        Where nothing is left, it is a part of the text that stood there: the end of it may be all that has gone.
        """
        part = self.part if self.part.lines else self.former
        return replace(self, rect=part.whole.rect)

    @property
    def effect(self) -> Effect | None:
        if not self.part.lines:
            return self._other(f"the field is empty, and not “{_short(self.typed)}”") if self._is_emptied else None
        if len(set(self.typed)) > 1 and (dots := self.part.dots):
            return self._of_dots(dots)
        if indented := self._indented:
            return self._other(indented)
        effect = self._of_words()
        if self.whole.rect == self.rect or (effect and effect.outcome == "confirmed"):
            return effect
        match, text = self.whole._match(self.whole.part.lines)
        return self.whole._judged(match, text, self.whole.part.lines) if match in ("equal", "other") else None

    def _of_dots(self, dots: int) -> Effect | None:
        count = len(self.typed)
        if dots == count:
            return self._confirmed(f"the field shows {dots} dots, one for each character")
        if dots < count and self._has_room(self.part.lines[0]):
            return self._other(f"the field shows {dots} dots for {count} characters")
        return None

    def _of_words(self) -> Effect | None:
        lines = self.part.lines
        whole = self._match(lines)
        if whole[0] == "equal" or len(lines) == 1:
            return self._judged(*whole, lines)
        single = [(line,) for line in lines] if "\n" not in self.typed else []
        judged = [effect for line in single if (effect := self._judged(*self._match(line), line))]
        judged.sort(key=lambda effect: effect.outcome != "confirmed")  # what is offered below a field is another text
        return judged[0] if judged else self._judged(*whole, lines)

    def _match(self, lines: Sequence[InkLine]) -> tuple[Match, str]:
        """How what is read on these lines relates to what was typed, and what is read."""
        if not lines:
            return "unclear", ""
        reads = [text for zoom in ZOOMS if (text := self._text(lines, self.after, zoom))]
        old = self._text(lines, self.before, ZOOMS[0]) if reads and self._was_written else ""
        matches = [self._relation(text, old) for text in reads]
        return agreed(matches), reads[0] if reads else ""

    @cached_property
    def _was_written(self) -> bool:
        """Whether a text stood there that is still to be accounted for."""
        return not (self.afresh or self.former.is_blank)

    @property
    def _is_emptied(self) -> bool:
        """Whether what was to be replaced is gone, and nothing came in place of it."""
        replaced = self.afresh and self.typed.strip() and "\n" not in self.typed
        return bool(replaced and self.at) and not self.former.is_blank

    def _relation(self, read: str, old: str) -> Match:
        match = compare(self.typed, read)
        if match == "equal" or not old:
            return match
        seen, asked, was = folded(read), folded(self.typed), folded(old)
        at = seen.find(asked)
        kept = seen[:at] + seen[at + len(asked) :]
        return "equal" if at >= 0 and kept in was else "unclear"

    def _judged(self, match: Match, text: str, lines: Sequence[InkLine]) -> Effect | None:
        strokes, most = sum(len(line.strokes) for line in lines), most_strokes(self.typed)
        match match:
            case "equal" | "signs" if self._is_elsewhere(lines):
                return None if self._is_highlighted(lines) else self._landed_elsewhere(text, lines)
            case "equal":
                return self._confirmed(f"the field reads “{_short(text)}”")
            case "signs" if strokes > most:
                return self._differs(text, lines)
            case "signs":
                return self._confirmed(f"the field reads “{_short(text)}”")
            case "cut" if strokes < most and strokes <= 1.5 * len(folded(text)) and self._has_room(lines[-1]):
                return self._differs(text, lines)
            case "tail" if self._has_room(lines[-1]):
                return self._differs(text, lines)
            case "tail" if len(folded(text)) >= 4:
                return self._confirmed(f"the end of the field reads “{_short(text)}”")
            case "longer" | "other":
                return self._differs(text, lines)
            case _:
                return None

    def _differs(self, text: str, lines: Sequence[InkLine]) -> Effect | None:
        """What comes where nobody clicked may be an answer to the keys, as a sum in a calculator is."""
        if self._is_elsewhere(lines) or not (self.at or self.alone):
            return None
        if self.screenshot.window and self.screenshot.window.is_terminal:
            return None
        if not self.at and not re.search(r"[^\W\d_]", self.typed):
            return None
        return self._other(f"the field reads “{_short(text)}”, not “{_short(self.typed)}”")

    def _is_elsewhere(self, lines: Sequence[InkLine]) -> bool:
        """Whether a field is known that the text was to come into, and these lines lie beside it."""
        rect = PixelBox.around_all(line.rect for line in lines)
        fields = [place.box.exact_pixels(self.screenshot.size) for place in self.at if place.box and place.by in FIELDS]
        return bool(fields) and not any(field.grown(AROUND).shared_area(rect) > 0 for field in fields)

    def _is_highlighted(self, lines: Sequence[InkLine]) -> bool:
        """Whether the text stood there before, as what is searched for does in a document: it has another ground."""
        return compare(self.typed, self._text(lines, self.before, ZOOMS[0])) == "equal"

    def _landed_elsewhere(self, text: str, lines: Sequence[InkLine]) -> Effect:
        """A click may open a field of its own to be typed into. One that held a text before is another field."""
        rect = self.part.whole.rect
        whole = replace(self, rect=rect)
        reads = whole._text(whole.part.lines, self.after, ZOOMS[0]) or text
        other = self._other(
            f"the text did not come into the field that was clicked, but where “{_short(reads)}” stands"
        )
        was_there = rect != self.rect or self._text(lines, self.before, ZOOMS[0])
        return other if was_there else other.model_copy(update={"outcome": "unknown"})

    def _has_room(self, line: InkLine) -> bool:
        """Whether another letter would have had its place behind the text, a caret aside."""
        return self.part.room_right(line) > CARET_WIDTH + line.rect.height / 3

    @property
    def _indented(self) -> str:
        """Which line begins further right than it was typed; empty if none is seen to."""
        typed, lines = self.typed.splitlines(), self.part.lines
        if len(typed) < 2 or len(lines) != len(typed) or any(not line.strip() for line in typed):
            return ""
        pitch = min(other.rect.bottom - line.rect.bottom for line, other in pairwise(lines))
        for number, (text, line) in enumerate(zip(typed, lines, strict=True)):
            if text[:1].isspace() == typed[0][:1].isspace() and line.rect.left - lines[0].rect.left > pitch / 2:
                return f"line {number + 1} in the field is indented, and was not typed so"
        return ""

    def _text(self, lines: Sequence[InkLine], picture: Pixels, zoom: int) -> str:
        """Return what these lines read in `picture`, cut out exactly and enlarged on their own ground.

        A caret is told by all that has changed: it reaches beyond the lines.
        """
        part = InkPart(picture, self.rect.grown(1).clipped(picture.shape[1], picture.shape[0]))
        rect = PixelBox.around_all(line.rect for line in lines).grown(1)
        left, top, right, bottom = rect.moved(-part.rect.left, -part.rect.top).rounded
        cut = Image.fromarray(part.text[max(0, top) : bottom, max(0, left) : right])
        red, green, blue = part.ground.tolist()
        sheet = Image.new("RGB", (cut.width + 2 * MARGIN, cut.height + 2 * MARGIN), (red, green, blue))
        sheet.paste(cut, (MARGIN, MARGIN))
        large = sheet.resize((sheet.width * zoom, sheet.height * zoom), Image.Resampling.BICUBIC)
        return " ".join(word.text for word in self.read(Screenshot.of(large)))

    def _confirmed(self, evidence: str) -> Effect:
        return self._effect(evidence).model_copy(update={"outcome": "confirmed"})

    def _other(self, evidence: str) -> Effect:
        return self._effect(evidence)

    def _effect(self, evidence: str) -> Effect:
        where = self.rect.box(self.screenshot.size)
        return Effect(outcome="contradicted", code="value", evidence=evidence, by="words", where=where)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
