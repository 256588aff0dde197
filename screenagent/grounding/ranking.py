"""Of all that a phrase may mean, what it most likely means: by role, neighbours, number and place on the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from screenagent.geometry import PixelBox, Size
from screenagent.grounding.expression import Phrase, Relation, Side, parse
from screenagent.grounding.icon_match import icons_matching
from screenagent.grounding.text_match import TextMatch, matches
from screenagent.perception.controls import ControlKind
from screenagent.perception.icon_encoder import IconWords
from screenagent.perception.labels import Label
from screenagent.perception.reader import in_reading_order
from screenagent.perception.rendered_text import is_strange
from screenagent.perception.roles import Role
from screenagent.perception.screen import ScreenContents
from screenagent.perception.similarity import likeness
from screenagent.perception.widgets import Shape, Widget


class Candidate(NamedTuple):
    """`rect` is what to point at; `text` is what is written there, then at `written`, or beside it."""

    rect: PixelBox
    text: str
    score: float
    by: str
    written: PixelBox | None = None

    @property
    def spot(self) -> PixelBox:
        """Where to point: at what is written in it, since a frame may be more than the control."""
        return self.written or self.rect


class NothingFits(Exception):
    """What the phrase speaks of is not there; the text says what."""


# How well a kind of control fits what was asked for.
_FITS: dict[Role, dict[ControlKind, float]] = {
    "field": {"field": 1.0, "dropdown": 0.9, "button": 0.6, "mark": 0.4},
    "dropdown": {"dropdown": 1.0, "field": 0.85, "button": 0.85, "mark": 0.4},
    "textarea": {"field": 1.0, "button": 0.6},
    "slider": {"field": 0.9, "mark": 0.9},
    "setting": {"dropdown": 1.0, "field": 1.0, "mark": 0.95, "button": 0.95},
}
_KINDS: dict[Role, tuple[ControlKind, ...]] = {
    "button": ("button",),
    "field": ("field",),
    "dropdown": ("dropdown",),
    "checkbox": ("mark",),
    "radio": ("mark",),
}
_SHAPES: dict[Role, tuple[Shape, ...]] = {
    "field": ("field", "textarea"),
    "textarea": ("textarea", "field"),
    "checkbox": ("checkbox", "radio"),
    "radio": ("radio", "checkbox"),
    "slider": ("slider",),
    "button": ("button",),
    "expander": ("expander",),
    "disc": ("disc",),
    "dropdown": ("dropdown",),
}
SURE = 0.38
"""What scores less is not there; on the development screens, most of it isn't."""


WRITTEN = 0.9
"""Where the name is written that surely, no icon is looked for."""
BESIDE_TEXT = 0.85
"""What is left of an icon's score where a text may be meant just as well."""


def ranked(phrase: Phrase, screen: ScreenContents, words: IconWords, *, sure: float = SURE) -> list[Candidate]:
    """Best first; `Missing` where a neighbour that the phrase names is not on the screen."""
    found = matches(phrase, screen.labels)
    candidates = list(_of_kind(phrase, found, screen)) if phrase.nameless else []
    if phrase.role in _FITS and not candidates:
        candidates = list(_controls(phrase.role, found, screen))
    elif not candidates:
        candidates = [_labelled(phrase, match, screen) for match in found]
    candidates = list(_joined(candidates, _told(phrase, screen)))
    written = max((candidate.score for candidate in candidates), default=0.0)
    if written < SURE and is_strange(phrase.name):
        candidates += [Candidate(rect, phrase.name, alike, "text") for rect, alike in screen.drawn(phrase.name)]
    elif written <= WRITTEN:
        doubt = BESIDE_TEXT if written >= SURE else 1.0
        candidates += _icons(phrase, screen, words, sure=sure, doubt=doubt)
    for relation in phrase.relations:
        candidates = _related(relation, candidates, screen)
    candidates = [_placed(candidate, phrase.sides, screen.size) for candidate in candidates]
    candidates = _distinct(sorted(candidates, key=lambda candidate: candidate.score, reverse=True))
    candidates = [candidate for candidate in candidates if candidate.score >= sure * _BEAR.get(candidate.by, 1.0)]
    return _numbered(phrase, candidates) if phrase.ordinal else candidates


LIKELY = 1.1
"""On a full screen some icon is a little like anything, so one has to be likelier than a text."""
_BEAR = {"icon": 0.75}
"""An icon is likely enough by what it shows; where it stands may take this much off, and chooses among its like."""


def _icons(phrase: Phrase, screen: ScreenContents, words: IconWords, *, sure: float, doubt: float) -> list[Candidate]:
    found = icons_matching(phrase, screen.icons, screen.labels, words)
    return [
        Candidate(icon.rect, icon.name, icon.score * doubt, "icon") for icon in found if icon.score >= LIKELY * sure
    ]


def _of_kind(phrase: Phrase, found: Iterable[TextMatch], screen: ScreenContents) -> Iterable[Candidate]:
    """All controls of a role, for want of a name; unless the role word itself is written somewhere."""
    if any(match.score > 0.9 for match in found):
        return
    seen = screen.expanders if phrase.role == "expander" else screen.widgets
    if phrase.role == "button" and any(control.kind == "button" for control in screen.layout.controls):
        shaped = []
    else:
        shaped = _shaped(phrase.role, seen)
    yield from (Candidate(widget.rect, phrase.name, 0.7, "field") for widget in shaped)
    if not shaped and phrase.role in _KINDS:
        for control in screen.layout.controls:
            if control.kind in _KINDS[phrase.role]:
                yield Candidate(control.rect, phrase.name, 0.7, "field")


def _shaped(role: Role | None, widgets: Sequence[Widget]) -> list[Widget]:
    """The widgets of a role; a text area is an entry, too, where there is no other."""
    for shape in _SHAPES.get(role, ()) if role else ():
        if found := [widget for widget in widgets if widget.shape == shape]:
            return found
    return []


def _controls(role: Role, found: Iterable[TextMatch], screen: ScreenContents) -> Iterable[Candidate]:
    """What stands at the labels that match; the label alone is a last resort."""
    for match in found:
        ties = screen.layout.ties(match.label)
        for control, strength in ties:
            written = match.rect if control.rect.holds(*match.rect.center) else None
            score = match.score * strength * _FITS[role].get(control.kind, 0.3)
            yield Candidate(control.rect, match.text, score, "field", written)
        alone = 0.8 if role == "setting" and all(control.kind == "button" for control, _ in ties) else 0.6
        if match.label.text.endswith(":"):  # it names something else, which wasn't found
            alone = 0.35
        yield Candidate(match.rect, match.text, match.score * alone, "text")


def _told(phrase: Phrase, screen: ScreenContents) -> Iterator[Candidate]:
    """What the program itself calls so; less sure where nothing of it can be read."""
    named = {id(told.label): told for told in screen.told if told.fits(phrase.role)}
    for match in () if phrase.nameless else matches(phrase, [told.label for told in named.values()]):
        told = named[id(match.label)]
        yield Candidate(told.rect, match.text, match.score * (1.0 if told.read else 0.9), "accessibility")


def _joined(seen: Iterable[Candidate], told: Iterable[Candidate]) -> Iterator[Candidate]:
    """Where sight and the program mean one place, the one that is surer of its name counts; they may err alike, as by
    taking "Save" for "Save As"."""
    rest = list(told)
    for candidate in seen:
        same = [other for other in rest if _one_place(candidate, other)]
        if not same:
            yield candidate
            continue
        best = max(same, key=lambda other: other.score)
        rest = [other for other in rest if other not in same]
        surer = max(candidate.score, best.score)
        yield candidate._replace(rect=best.rect, written=candidate.spot, score=surer, by="accessibility")
    yield from rest


def _one_place(seen: Candidate, told: Candidate) -> bool:
    return told.rect.holds(*seen.spot.center) or (
        seen.rect.holds(*told.rect.center) and seen.rect.area < 4 * told.rect.area
    )


def _labelled(phrase: Phrase, match: TextMatch, screen: ScreenContents) -> Candidate:
    score = match.score * _cue(phrase, match, screen)
    if phrase.indefinite and likeness(phrase.name, match.text) > 0.9:
        score *= ANY_SUCH
    elif match.score < 0.75 and phrase.role not in ("menu", "tab") and _in_row(match.label, screen.labels) >= 3:
        score *= HEADING
    return Candidate(match.rect, match.text, score, "text")


PLAIN_LINK = 0.75
"""How surely a word that has no colour is the link of that name: in a text it may stand as a plain word, too."""
ANY_SUCH = 0.4
"""How surely "File" is what is meant by "open a file"."""
HEADING = 0.85
"""The same of "Reports", in a menu bar, by "show the balance report": it names a kind, not what is done."""


def _cue(phrase: Phrase, match: TextMatch, screen: ScreenContents) -> float:
    """Less for what doesn't look like its role; a little only, to choose between equals."""
    role, rect, inside = phrase.role, match.label.rect, screen.layout.around(match.label.rect)
    fits = True
    if role == "menu" or phrase.container in ("menu bar", "toolbar", "title bar"):
        fits = _in_row(match.label, screen.labels) + len(match.label.words) >= 3
    elif role == "item" or phrase.container == "menu":
        fits = _in_stack(match.label, screen.labels) >= 2
    elif role == "tab":
        fits = max(_in_row(match.label, screen.labels), _in_stack(match.label, screen.labels)) >= 1
    elif role == "button":
        fits = inside is not None and inside.kind in ("button", "dropdown")
    elif role == "link":
        fits = screen.is_coloured(match.rect)
    usual = sorted(label.rect.height for label in screen.labels)[len(screen.labels) // 2]
    heading = rect.height > 1.6 * usual and inside is None
    doubt = 0.94 if phrase.named or phrase.quoted or role != "button" else 0.7
    doubt = PLAIN_LINK if role == "link" else doubt
    placeholder = inside is not None and inside.kind == "field" and len(match.label.words) < 3
    if placeholder and role in ("menu", "button"):
        fits, doubt = False, 0.8
    return (1.0 if fits else doubt) * (0.95 if heading else 1.0)


def _in_row(label: Label, others: Sequence[Label]) -> int:
    """How many labels of its height stand beside it, each a few letters from the next."""
    row = sorted(
        (other.rect for other in others if abs(other.rect.center_y - label.rect.center_y) < 0.35 * label.rect.height),
        key=lambda rect: rect.left,
    )
    return _chained(row, row.index(label.rect), lambda one, other: other.left - one.right < 2.5 * label.rect.height)


def _in_stack(label: Label, others: Sequence[Label]) -> int:
    """How many labels stand above and below it with the same left edge, a line or two apart."""
    height = label.rect.height
    stack = sorted(
        (other.rect for other in others if abs(other.rect.left - label.rect.left) < 0.6 * height),
        key=lambda rect: rect.top,
    )
    return _chained(stack, stack.index(label.rect), lambda one, other: other.top - one.bottom < 1.2 * height)


def _chained(rects: Sequence[PixelBox], at: int, near: Callable[[PixelBox, PixelBox], bool]) -> int:
    """How many rectangles hang together with the one at `at`, each near the next."""
    first = last = at
    while first > 0 and near(rects[first - 1], rects[first]):
        first -= 1
    while last + 1 < len(rects) and near(rects[last], rects[last + 1]):
        last += 1
    return last - first


def _related(relation: Relation, candidates: Sequence[Candidate], screen: ScreenContents) -> list[Candidate]:
    other = parse(relation.other)
    anchors = [match for match in matches(other, screen.labels) if match.score > 0.7]
    if not anchors:
        if relation.kind == "inside":  # people name the application, the list, the page, which bear no such words
            return list(candidates)
        raise NothingFits(f"“{relation.other}” is not on the screen, so nothing can be {_WHERE[relation.kind]} it")
    best = max(anchor.score for anchor in anchors)
    rects = [anchor.rect for anchor in anchors if anchor.score >= best - 0.05]
    if relation.kind == "inside":
        candidates = [_cell(candidate, rects, screen.labels) or candidate for candidate in candidates]
    return [
        candidate._replace(score=candidate.score * max(_bond(relation, candidate.rect, rect, screen) for rect in rects))
        for candidate in candidates
    ]


def _cell(head: Candidate, rows: Sequence[PixelBox], labels: Sequence[Label]) -> Candidate | None:
    """What stands below the head of a column in one of the rows: "the amount in Ada's row". It is a table where the
    name of the row stands in a column that has a head, too."""
    heads = [label.rect for label in labels if abs(label.rect.center_y - head.rect.center_y) < 0.4 * head.rect.height]
    for row in rows:
        named = any(other != head.rect and _aligned(other, row) for other in heads)
        if not named or row.top < head.rect.bottom or _aligned(head.rect, row):
            continue
        for label in labels:
            if abs(label.rect.center_y - row.center_y) < 0.4 * row.height and _aligned(head.rect, label.rect):
                return Candidate(label.rect, label.text, head.score, head.by)
    return None


def _aligned(one: PixelBox, other: PixelBox) -> bool:
    """Whether both stand in one column: they share some of it, and one of their edges or their middle."""
    near = 0.6 * min(one.height, other.height)
    edges = (one.left - other.left, one.right - other.right, one.center_x - other.center_x)
    return one.shared_width(other) > 0 and min(map(abs, edges)) < near


_WHERE = {"near": "near", "left": "left of", "right": "right of", "above": "above", "below": "below"}


def _bond(relation: Relation, rect: PixelBox, other: PixelBox, screen: ScreenContents) -> float:
    """How well `rect` stands in the relation to `other`: near before far, in line before aslant, else not at all."""
    if rect == other:
        return 0.3
    across, down = max(0.0, -rect.shared_width(other)), max(0.0, -rect.shared_height(other))
    far = (across + down) / (screen.size.width + screen.size.height)
    match relation.kind:
        case "left" | "right":
            holds = rect.center_x < other.center_x if relation.kind == "left" else rect.center_x > other.center_x
            aslant = 0.0 if rect.beside(other) else 0.2
        case "above" | "below":
            holds = rect.center_y < other.center_y if relation.kind == "above" else rect.center_y > other.center_y
            aslant = 0.0 if rect.shared_width(other) > 0 else 0.2
        case "near":
            holds, aslant = True, 0.0
        case "inside":
            return 1.0 if rect.beside(other) else 1.0 - 0.2 * far
    return (1.0 - aslant - 0.4 * far) if holds else 0.3


def _placed(candidate: Candidate, sides: Sequence[Side], size: Size) -> Candidate:
    """Less for what isn't at the side of the screen that the phrase speaks of."""
    x, y = candidate.rect.center_x / size.width, candidate.rect.center_y / size.height
    towards = {"left": 1 - x, "right": x, "top": 1 - y, "bottom": y, "center": 1 - abs(x - 0.5) - abs(y - 0.5)}
    factor = 1.0
    for side in sides:
        factor *= 0.7 + 0.3 * towards[side]
    return candidate._replace(score=candidate.score * factor)


def _distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Without those that point where a better one does."""
    kept: list[Candidate] = []
    for candidate in candidates:
        if not any(other.rect.holds(*candidate.rect.center) for other in kept):
            kept.append(candidate)
    return kept


def _numbered(phrase: Phrase, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The one whose turn it is in reading order, of those that fit about as well as the best."""
    alike = [candidate for candidate in candidates if candidate.score >= 0.9 * candidates[0].score]
    order = {rect: number for number, rect in enumerate(in_reading_order(candidate.rect for candidate in alike))}
    alike.sort(key=lambda candidate: order[candidate.rect])
    place = phrase.ordinal - 1 if phrase.ordinal > 0 else phrase.ordinal
    if not -len(alike) <= place < len(alike):
        raise NothingFits(f"only {len(alike)} like “{phrase.name}” can be seen")
    return [alike[place]]
