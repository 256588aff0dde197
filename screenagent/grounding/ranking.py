"""Ranks the elements that a phrase may mean: by name, role, neighbours, number and place on the screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from screenagent.geometry import PixelBox
from screenagent.grounding import scoring
from screenagent.grounding.cells import cell_named
from screenagent.grounding.document_part import document_part
from screenagent.grounding.icon_match import icons_matching
from screenagent.grounding.meaning import meant
from screenagent.grounding.mentions import without_mentions
from screenagent.grounding.neighbours import (
    NothingFits,
    at_place,
    holder_relations,
    named_rows,
    not_held,
    related,
    within_cards,
    within_rows,
)
from screenagent.grounding.phrase import Phrase
from screenagent.grounding.rows import in_list
from screenagent.grounding.scoring import Candidate, Evidence
from screenagent.grounding.surroundings import (
    in_dialog,
    is_address_bar,
    of_browser_or_page,
    of_page,
    within_menu,
    within_window,
)
from screenagent.grounding.text_match import TextMatch, matches
from screenagent.grounding.vocabulary import SIGNS, is_bars, is_dots
from screenagent.perception.controls import ControlBox, Tie
from screenagent.perception.icon_encoder import IconWords
from screenagent.perception.key_signs import SHAPES
from screenagent.perception.labels import Label, split_where
from screenagent.perception.misread import may_be_read_as
from screenagent.perception.places import PlaceIndex
from screenagent.perception.reader import in_reading_order
from screenagent.perception.rendered_text import is_strange
from screenagent.perception.roles import TICKED, Role, satisfying
from screenagent.perception.screen import ScreenContents
from screenagent.perception.sentence_encoder import SentenceEncoder
from screenagent.perception.similarity import likeness

LISTS: Final = re.compile(r"\b(?:list|table|grid)$", re.IGNORECASE)
SWITCH: Final = 1.4  # how much wider than high a switch is at least
TICKS: Final = ("tick", "untick", "check", "uncheck")  # what is done to a check box itself
MOST_LABELS: Final = 8  # of the same name, in whose rows a control is looked for
COLUMN: Final = 4  # pixels by which the edges of the controls of one column differ at most


def ranked(
    phrase: Phrase, screen: ScreenContents, words: IconWords, *, sentences: SentenceEncoder, sure: float = scoring.SURE
) -> list[Candidate]:
    """Return the candidates of at least the score `sure`, the best first. Raise `NothingFits` if a neighbour that the
    phrase names is not on the screen."""
    if cell := cell_named(phrase.name, screen):
        return [Candidate(cell, phrase.name, Evidence(name=1.0), "field")]
    if phrase.role == "document" and (area := document_part(phrase, screen)):
        return [Candidate(area, phrase.name, Evidence(name=1.0), "field")]
    told = [] if phrase.nameless else [control.label for control in screen.told if control.fits(phrase.role)]
    seen, stated = matches(phrase, screen.labels), matches(phrase, told)
    seen += _misread(phrase, seen, screen)
    for match in meant(phrase, [*screen.labels, *told], [*seen, *stated], sentences):
        (stated if match.label in told else seen).append(match)
    candidates = _within(phrase, list(_joined(_seen(phrase, seen, screen), _told(stated, screen))), screen)
    if not any(likeness(phrase.name, one.text) for one in candidates):
        marks = of_browser_or_page(phrase, _menu_signs(phrase, screen), screen)
        candidates = _within(phrase, [_sign(phrase, rect) for rect in marks], screen) or candidates
    candidates = _keys(phrase, candidates, screen)
    written = _best(candidates)
    if written < scoring.SURE and is_strange(phrase.name):
        candidates += _rendered(phrase, screen)
    elif written <= scoring.WRITTEN:
        rival = scoring.BESIDE_TEXT if written >= scoring.SURE else 1.0
        icons = list(_icons(phrase, screen, words, sure=sure, rival=rival))
        if signs := _named_signs(phrase, candidates):
            icons = _unlike(icons, signs, screen)
        candidates += _within(phrase, icons, screen)
    for relation in phrase.relations:
        if relation.kind not in ("row", "card"):
            candidates = related(relation, candidates, screen, phrase=phrase)
    if phrase.sides:
        candidates = [at_place(candidate, phrase.sides, screen.size) for candidate in candidates]
    candidates = within_menu(within_window(phrase, candidates, screen, words), screen)
    candidates = without_mentions(phrase, candidates, screen)
    candidates = _distinct(sorted(candidates, key=lambda candidate: candidate.score, reverse=True))
    least = {"icon": sure * scoring.MOVED_ICON}
    candidates = [candidate for candidate in candidates if candidate.score >= least.get(candidate.by, sure)]
    if not candidates and holder_relations(phrase):
        raise NothingFits(not_held(phrase, screen))
    candidates = in_dialog(candidates, screen)
    return _numbered(phrase, candidates) if phrase.ordinal else candidates


def _within(phrase: Phrase, candidates: Sequence[Candidate], screen: ScreenContents) -> list[Candidate]:
    """Return the candidates in the rows and on the cards that the phrase names, which is a must."""
    return within_cards(phrase, within_rows(phrase, candidates, screen), screen)


def _misread(phrase: Phrase, found: Sequence[TextMatch], screen: ScreenContents) -> Iterator[TextMatch]:
    """Yield the labels that were read as another text, but look like the name."""
    if any(likeness(phrase.name, match.text) for match in found):
        return
    read = may_be_read_as(phrase.name)
    for label in [label for label in screen.labels if label.text in read][:MOST_LABELS]:
        if screen.looks_like_another(label.text, label.rect) == phrase.name:
            yield TextMatch(phrase.name, label.rect, scoring.LOOKS_SO, label)


def _best(candidates: Iterable[Candidate]) -> float:
    return max((candidate.score for candidate in candidates), default=0.0)


def _seen(phrase: Phrase, found: Sequence[TextMatch], screen: ScreenContents) -> list[Candidate]:
    """Return the candidates that the picture shows, icons aside."""
    unnamed = list(_of_role(phrase, found, screen)) if phrase.nameless else []
    if unnamed:
        return unnamed
    if phrase.role and satisfying(phrase.role).framed:
        found = [*found, *_placeholders(phrase, screen)]
        return list(_framed(phrase.role, found, screen, column=bool(phrase.ordinal)))
    labelled = [_labelled(phrase, match, screen) for match in found]
    if phrase.role in TICKED and sum(one.score >= scoring.SURE for one in labelled) <= MOST_LABELS:
        return [_with_its_mark(phrase, one, screen) for one in labelled]
    return labelled


def _with_its_mark(phrase: Phrase, label: Candidate, screen: ScreenContents) -> Candidate:
    """Return what is ticked or switched: the label of a switch may do nothing. A button does it itself, and so does the
    label of a check box, unless the box was asked for."""
    around = screen.layout.around(*label.rect.center)
    if phrase.role is None or label.score < scoring.SURE or (around and around.role == "button"):
        return label
    mark = screen.in_row_of(label.rect, phrase.role)
    asked = phrase.named or phrase.verb in TICKS
    if mark is None or not (asked or mark.width > SWITCH * mark.height):
        return label
    return replace(label, rect=mark, by="field")


def _rendered(phrase: Phrase, screen: ScreenContents) -> Iterator[Candidate]:
    """Yield the places that look like the name, in letters that the reader does not know."""
    for rect, likeness_to_name in screen.drawn(phrase.name):
        yield Candidate(rect, phrase.name, Evidence(name=likeness_to_name), "text")


def _menu_signs(phrase: Phrase, screen: ScreenContents) -> list[PixelBox]:
    """Return the dots or the bars that the phrase means, which a button for a menu bears."""
    if is_dots(phrase.name):
        return screen.dots
    return screen.bars if is_bars(phrase.name) and phrase.role in ("menu", "button", "icon", None) else []


def _keys(phrase: Phrase, candidates: list[Candidate], screen: ScreenContents) -> list[Candidate]:
    """Return the keys that bear the sign that the phrase names, if it names one, in place of the texts that were read
    as that sign: one is easily taken for another."""
    signs = _named_signs(phrase, candidates)
    if not signs:
        return candidates
    keys = [_sign(phrase, key.rect) for key in screen.signs if key.sign in signs]
    return _within(phrase, keys, screen) or _unlike(candidates, signs, screen)


def _named_signs(phrase: Phrase, candidates: Sequence[Candidate]) -> list[str]:
    """Return the signs that the phrase may mean, unless its words are written somewhere."""
    signs = [sign for sign in (phrase.name, *SIGNS.get(phrase.name.lower(), ())) if sign in SHAPES]
    written = any(one.text.casefold() == phrase.name.casefold() not in SHAPES for one in candidates)
    return [] if written else signs


def _unlike(candidates: Iterable[Candidate], signs: Sequence[str], screen: ScreenContents) -> list[Candidate]:
    """Return the candidates that stand on no other sign."""
    others = [key.rect for key in screen.signs if key.sign not in signs]
    return [one for one in candidates if not any(one.spot.holds(*rect.center) for rect in others)]


def _sign(phrase: Phrase, rect: PixelBox) -> Candidate:
    """Return a sign that was recognized by its shape as what the phrase calls it."""
    return Candidate(rect, phrase.name, Evidence(name=1.0), "sign")


def _icons(
    phrase: Phrase, screen: ScreenContents, words: IconWords, *, sure: float, rival: float
) -> Iterator[Candidate]:
    for icon in icons_matching(phrase, screen, words):
        if icon.score >= scoring.LIKELY * sure:
            yield Candidate(icon.rect, icon.name, Evidence(name=icon.score, rival=rival), "icon")


def _of_role(phrase: Phrase, found: Iterable[TextMatch], screen: ScreenContents) -> Iterator[Candidate]:
    """Yield all controls of the role if no name was said, unless the role word itself is written somewhere."""
    if any(match.score > scoring.ROLE_WORD for match in found):
        return
    fitting = satisfying(phrase.role)
    rects = [control.rect for control in screen.layout.controls if control.role in fitting.framed_unnamed]
    if not (phrase.role == "button" and rects):
        widgets = screen.expanders if phrase.role == "expander" else screen.widgets
        shaped = ([widget.rect for widget in widgets if widget.role == role] for role in fitting.shaped)
        # A text area is a field if there is no other, or if it is told by its place.
        rects = [*rects, *chain(*shaped)] if phrase.relations and rects else next(filter(None, shaped), rects)
    seen = list(_unnamed(phrase, screen))
    if phrase.role == "slider":  # a handle at the end of its groove is known by its shape alone
        seen += [rect for rect in rects if not any(other.holds(*rect.center) for other in seen)]
    rects = seen or rects
    for rect in of_page(phrase, rects, screen):
        yield Candidate(rect, phrase.name, Evidence(name=scoring.NAMELESS), "field")


def _unnamed(phrase: Phrase, screen: ScreenContents) -> Iterator[PixelBox]:
    """Yield the marks in the rows that are named, and all handles of sliders if one was asked for."""
    if phrase.role == "slider":
        yield from screen.unnamed_in(PixelBox(0, 0, screen.size.width, screen.size.height), "slider")
    elif phrase.role in TICKED:
        for row in named_rows(phrase, screen):
            yield from screen.unnamed_in(PixelBox(0, row.top, screen.size.width, row.bottom), phrase.role)


def _framed(role: Role, found: Sequence[TextMatch], screen: ScreenContents, *, column: bool) -> Iterator[Candidate]:
    """Yield the controls beside the labels that match, with `column` also those below each other under one, and the
    labels themselves as a last resort."""
    fitting = satisfying(role).framed
    few = len(found) <= MOST_LABELS
    for match in found:
        beside = screen.layout.ties(match.label, match.rect)
        areas = (tie for tie in _areas(role, match.label, screen) if not _lies_under(tie.control, beside))
        ties = [*beside, *areas, *(_sliders(role, match.rect, screen) if few else ())]
        ties += [below for tie in ties for below in _in_column(tie, match.rect, screen)] if column else []
        for control, strength in ties:
            written = match.rect if control.rect.holds(*match.rect.center) else None
            fit = fitting.get(control.role, scoring.MISFIT)
            listed = role == "dropdown" and control.role == "button"
            tie = max(strength, scoring.CLOSED_LIST) if listed else strength
            evidence = Evidence(name=match.score, meaning=match.meaning, tie=tie, role=fit)
            yield Candidate(control.rect, match.text, evidence, "field", written)
        buttons = all(control.role == "button" for control, _ in ties)
        alone = scoring.LABEL_OF_BUTTONS if role == "setting" and buttons else scoring.LABEL_ALONE
        if match.label.text.endswith(":"):
            alone = scoring.LABEL_OF_ANOTHER
        evidence = Evidence(name=match.score, meaning=match.meaning, tie=alone)
        yield Candidate(match.rect, match.text, evidence, "text")


def _placeholders(phrase: Phrase, screen: ScreenContents) -> Iterator[TextMatch]:
    """Yield the texts in fields that begin with the name and go on in small letters: "Search books" is in the Search
    field."""
    count = len(phrase.name.split())
    if phrase.role != "field" or phrase.nameless:
        return
    for label in screen.labels:
        first, rest = label.words[:count], " ".join(text for text, _ in label.words[count:])
        if not rest or not (rest[0].islower() or rest[0] == "."):
            continue
        inside = screen.layout.around(*label.rect.center)
        named = likeness(phrase.name, " ".join(text for text, _ in first)) > 0
        if named and inside and inside.role == "field" and not is_address_bar(label, screen):
            yield TextMatch(label.text, label.rect, scoring.PLACEHOLDER_NAME, label)


def _in_column(tie: Tie, head: PixelBox, screen: ScreenContents) -> Iterator[Tie]:
    """Yield the further controls of a column of which a label heads the first: as wide, and right below it."""
    first = tie.control.rect
    if first.top < head.center_y:
        return
    for control in screen.layout.controls:
        rect = control.rect
        same = abs(rect.left - first.left) <= COLUMN and abs(rect.right - first.right) <= COLUMN
        if control.role == tie.control.role and same and rect.top > first.bottom - COLUMN:
            yield Tie(control, tie.strength)


def _sliders(role: Role, label: PixelBox, screen: ScreenContents) -> Iterator[Tie]:
    """Yield the slider that stands in the row of a label."""
    handle = screen.in_row_of(label, role) if role == "slider" else None
    if handle:
        yield Tie(ControlBox(handle, "slider"), 1.0)


def _lies_under(area: ControlBox, ties: Iterable[Tie]) -> bool:
    """Whether a control of the same label lies in the area: a dialog covers it then."""
    return any(area.rect.holds(*tie.control.rect.center) for tie in ties)


def _areas(role: Role, label: Label, screen: ScreenContents) -> Iterator[Tie]:
    """Yield the text area, too high to be a framed control, that a label stands in, above, or before its first line."""
    text = label.rect
    for area in (
        widget.rect for widget in screen.widgets if role in ("field", "textarea") and widget.role == "textarea"
    ):
        above = -4 <= area.top - text.bottom <= text.height and abs(text.left - area.left) < text.height
        before = area.top - 4 <= text.center_y <= area.top + 2 * text.height and area.left - text.right >= 0
        if area.holds(*text.center):
            yield Tie(ControlBox(area, "field"), 1.0)
        elif above or (before and area.left - text.right < 4 * text.height):
            yield Tie(ControlBox(area, "field"), scoring.AREA)


def _told(found: Iterable[TextMatch], screen: ScreenContents) -> Iterator[Candidate]:
    """Yield the controls that the program itself names so; less sure if nothing of the name can be read."""
    named = {id(told.label): told for told in screen.told}
    for match in found:
        told = named[id(match.label)]
        tie = 1.0 if told.read else scoring.NOT_READ
        evidence = Evidence(name=match.score, meaning=match.meaning, tie=tie)
        yield Candidate(told.rect, match.text, evidence, "accessibility")


def _joined(seen: Iterable[Candidate], told: Iterable[Candidate]) -> Iterator[Candidate]:
    """Join what was seen and what the program states of the same place; the one that is surer of its name counts. Both
    may err alike, as by taking "Save" for "Save As", so they do not make each other surer."""
    rest = list(told)
    for candidate in seen:
        same = [other for other in rest if _one_place(candidate, other)]
        if not same:
            yield candidate
            continue
        best = max(same, key=lambda other: other.score)
        rest = [other for other in rest if other not in same]
        surer = candidate if candidate.score >= best.score else best
        yield replace(candidate, rect=best.rect, written=candidate.spot, evidence=surer.evidence, by="accessibility")
    yield from rest


def _one_place(seen: Candidate, told: Candidate) -> bool:
    return told.rect.holds(*seen.spot.center) or (
        seen.rect.holds(*told.rect.center) and seen.rect.area < 4 * told.rect.area
    )


def _labelled(phrase: Phrase, match: TextMatch, screen: ScreenContents) -> Candidate:
    """Return the text itself as a candidate, judged by how it looks and where it stands."""
    evidence = Evidence(
        name=match.score,
        meaning=match.meaning,
        role=_role_fit(phrase, match, screen),
        headline=scoring.HEADLINE if _is_headline(match.label, screen) else 1.0,
        text_kind=_text_kind(phrase, match, screen),
    )
    return Candidate(match.rect, match.text, evidence, "text")


def _text_kind(phrase: Phrase, match: TextMatch, screen: ScreenContents) -> float:
    if phrase.indefinite and likeness(phrase.name, match.text) > 0.9:
        return scoring.ANY_SUCH
    shares_words = match.score < scoring.SHARED_WORDS and phrase.role not in ("menu", "tab")
    return scoring.BAR_TITLE if shares_words and _in_row(match.label, screen) >= 3 else 1.0


def _is_headline(label: Label, screen: ScreenContents) -> bool:
    return label.rect.height > 1.6 * screen.usual_height and screen.layout.around(*label.rect.center) is None


def _role_fit(phrase: Phrase, match: TextMatch, screen: ScreenContents) -> float:
    """Return how much a text looks like the role; a little less is enough to choose between equals."""
    inside = screen.layout.around(*match.label.rect.center)
    in_field = inside is not None and inside.role == "field"
    if in_field and phrase.role in ("menu", "button") and len(match.label.words) < 3:
        return scoring.PLACEHOLDER
    if _looks_like_its_role(phrase, match, screen):
        return 1.0
    if phrase.role == "link":
        return scoring.PLAIN_LINK
    described = phrase.role == "button" and not (phrase.named or phrase.quoted)
    return scoring.UNLIKE_A_BUTTON if described else scoring.UNLIKE_ITS_ROLE


def _looks_like_its_role(phrase: Phrase, match: TextMatch, screen: ScreenContents) -> bool:
    role, label = phrase.role, match.label
    if role == "menu" or phrase.container in ("menu bar", "toolbar", "title bar"):
        return _in_row(label, screen) + len(label.words) >= 3
    if role == "item" or phrase.container == "menu":
        return _in_stack(label, screen) >= 2
    match role:
        case "tab":
            return max(_in_row(label, screen), _in_stack(label, screen)) >= 1
        case "button":
            inside = screen.layout.around(*label.rect.center)
            return inside is not None and inside.role in ("button", "dropdown")
        case "link":
            return screen.is_coloured(match.rect)
        case _:
            return True


def _in_row(label: Label, screen: ScreenContents) -> int:
    """Return how many labels of its height stand beside it, each a few letters from the next."""
    rect = label.rect
    others = (other.rect for other in screen.placed.in_rows(rect.top, rect.bottom))
    row = (other for other in others if abs(other.center_y - rect.center_y) < 0.35 * rect.height)
    ordered = sorted(row, key=lambda other: other.left)
    return _chained(label, ordered, lambda one, other: other.left - one.right >= 2.5 * rect.height)


def _in_stack(label: Label, screen: ScreenContents) -> int:
    """Return how many labels stand above and below it with the same left edge, a line or two apart."""
    rect = label.rect
    reach = 0.6 * rect.height
    others = (other.rect for other in screen.placed.in_columns(rect.left - reach, rect.left + reach))
    stack = sorted((other for other in others if abs(other.left - rect.left) < reach), key=lambda other: other.top)
    return _chained(label, stack, lambda one, other: other.top - one.bottom >= 1.2 * rect.height)


def _chained(label: Label, rects: Iterable[PixelBox], parted: Callable[[PixelBox, PixelBox], bool]) -> int:
    """Return how many rectangles hang together with that of the label, which is one of them."""
    return next(len(run) - 1 for run in split_where(parted, rects) if label.rect in run)


def _distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates without those that point where a better one does."""
    placed, kept = PlaceIndex(candidates), dict[int, Candidate]()
    for candidate in candidates:
        x, y = candidate.rect.center
        if not any(id(other) in kept for other in placed.meeting(PixelBox(x, y, x, y))):
            kept[id(candidate)] = candidate
    return list(kept.values())


def _numbered(phrase: Phrase, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the one whose turn it is in reading order, of those that fit about as well as the best."""
    alike = [candidate for candidate in candidates if candidate.score >= scoring.ALIKE * candidates[0].score]
    if _is_counted_in_list(phrase) and not (alike := in_list(alike)):
        raise NothingFits(f"which “{phrase.name}” of the list is meant can't be told: say what is written in its row")
    order = {rect: number for number, rect in enumerate(in_reading_order(candidate.rect for candidate in alike))}
    alike.sort(key=lambda candidate: order[candidate.rect])
    place = phrase.ordinal - 1 if phrase.ordinal > 0 else phrase.ordinal
    if not -len(alike) <= place < len(alike):
        raise NothingFits(f"only {len(alike)} like “{phrase.name}” can be seen")
    return [alike[place]]


def _is_counted_in_list(phrase: Phrase) -> bool:
    """Return whether what is counted stands in a list, as "the third check box in the list"."""
    return any(one.kind == "inside" and LISTS.search(one.other) for one in phrase.relations)
