"""Finds a target given in words on a screenshot, on the CPU, by the text, the controls and the icons that are there."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, replace
from typing import Final

from rapidfuzz import fuzz, process

from screenagent.geometry import Absent, Box, Doubt, Guess, Location, Size
from screenagent.grounding.certainty import Signs, confidence, is_measured, signs_of
from screenagent.grounding.expression import described, parse
from screenagent.grounding.neighbours import NothingFits, holder_relations
from screenagent.grounding.phrase import Phrase
from screenagent.grounding.ranking import ranked
from screenagent.grounding.scoring import SURE, Candidate
from screenagent.grounding.text_match import is_written
from screenagent.grounding.vocabulary import SIGNS
from screenagent.perception.cache import SharedLRU
from screenagent.perception.closer import enlarged, read_closer
from screenagent.perception.icon_encoder import IconEncoder, IconWords
from screenagent.perception.icon_meanings import IconMeanings
from screenagent.perception.labels import Label
from screenagent.perception.rendered_text import READ_AS_CJK, can_find_typefaces, scripts_in
from screenagent.perception.screen import ScreenContents
from screenagent.perception.sentence_encoder import SentenceEncoder
from screenagent.perception.similarity import likeness
from screenagent.perception.timing import Timing
from screenagent.protocols import Accessibility, TextReader
from screenagent.screenshot import Element, Screenshot

EQUAL: Final = 0.97  # of the best score: a candidate with more fits as well
MOST_GUESSES: Final = 5  # that a person is shown
_KIND: Final = re.compile(
    r"(?P<name>.+?) (?:(?P<number>(?:(?:page|line|row|column) )?number|numeric value)|(?P<list>list|picker)"
    r"|text|value|amount|date|time|input)",
    re.I,
)
"""What may be said of the kind of a field beside its name."""
_ARTICLE: Final = re.compile(r"^(?:the|an?|my|your)\s+", re.I)
_LISTS: Final = (" list", " picker")
MOST_LOOKED_AT: Final = 4  # texts that fit alike, each of which may be misread
LONGEST_SLIP: Final = 200  # letters of a name that may differ from what is written by a slip of the pen
PLAUSIBLE: Final = 0.25  # the score of what a model may be asked about
LEAST_GUESS: Final = 0.05  # the confidence of one that is worth showing
PROMPT_SECONDS: Final = 0.2  # a program that tells of its controls within these is prompt enough


@dataclass(frozen=True)
class GroundingOptions:
    """How a grounder answers: whether it may guess between equal candidates, whether it asks the focused program for
    its controls, and the score below which a candidate counts as absent."""

    may_guess: bool = True
    asks_programs: bool = True
    sure: float = SURE


class ScreenSource:
    """Reads each screenshot once. All variants of a grounder and several threads share one source: its caches."""

    def __init__(
        self, reader: TextReader, accessibility: Accessibility | None, icons: IconEncoder, stages: Timing
    ) -> None:
        self._reader = reader
        self._accessibility = accessibility
        self._icons = icons
        self._stages = stages
        self._seen: SharedLRU[str, ScreenContents] = SharedLRU(4)
        self._told: SharedLRU[str, ScreenContents] = SharedLRU(4)

    def seen(self, screenshot: Screenshot) -> ScreenContents:
        """Return what the picture shows."""
        if (known := self._seen.get(screenshot.digest)) is None:
            known = ScreenContents(screenshot, self._reader.read(screenshot), self._icons, stages=self._stages)
            self._seen.keep(screenshot.digest, known)
        return known

    def told(self, screenshot: Screenshot) -> ScreenContents:
        """Return what the picture shows, with what the focused program says of its controls if it can be asked."""
        if self._accessibility is None:
            return self.seen(screenshot)
        if (known := self._told.get(screenshot.digest)) is None:
            known = self._told_by(self._accessibility, screenshot)
            self._told.keep(screenshot.digest, known)
        return known

    def _told_by(self, accessibility: Accessibility, screenshot: Screenshot) -> ScreenContents:
        """Ask the program while the picture is read, and note which of them was sooner if both began anew."""
        is_new, began = self._seen.get(screenshot.digest) is None, time.monotonic()
        with ThreadPoolExecutor(1, thread_name_prefix="accessibility") as pool:
            telling = pool.submit(_told_at, accessibility, screenshot)
            seen, read_at = self.seen(screenshot), time.monotonic()
            elements, told_at = telling.result()
        if is_new:
            accessibility.note_pace(screenshot, late=told_at > max(read_at, began + PROMPT_SECONDS))
        return seen.told_of(elements)

    def read_closer(self, wanted: str, screenshot: Screenshot) -> Iterator[ScreenContents]:
        """Yield the screen as it reads where lines that are almost `wanted` are read again, enlarged."""
        for words in read_closer(wanted, self._reader.read(screenshot), screenshot, self._reader):
            yield ScreenContents(screenshot, words, self._icons, stages=self._stages)

    def forget(self) -> None:
        self._seen.clear()
        self._told.clear()
        self._icons.forget()


def _told_at(accessibility: Accessibility, screenshot: Screenshot) -> tuple[Sequence[Element], float]:
    """Return what the program tells of its controls, and when it has."""
    return accessibility.elements(screenshot), time.monotonic()


class EmbeddedGrounder:
    """Grounds a target by text, controls and icons, and answers `Absent` rather than point at something else.

    Of two candidates that fit equally well it returns the first, with half the confidence. With `accessibility`, the
    focused program is asked for its controls while the picture is read.
    """

    def __init__(
        self,
        reader: TextReader,
        *,
        accessibility: Accessibility | None = None,
        icons: IconEncoder | None = None,
        words: IconWords | None = None,
        sentences: SentenceEncoder | None = None,
        stages: Timing | None = None,
    ) -> None:
        self.sentences = sentences or SentenceEncoder()
        self.words = words or IconWords(meanings=IconMeanings(self.sentences))
        self._stages = stages or Timing()
        self._source = ScreenSource(reader, accessibility, icons or IconEncoder(), self._stages)
        self._options = GroundingOptions()

    def strict(self) -> EmbeddedGrounder:
        """Return a variant that asks which of two equal candidates is meant, since its answers are acted on."""
        return self._variant(replace(self._options, may_guess=False))

    def by_sight(self) -> EmbeddedGrounder:
        """Return a variant that asks no program: a check must find what can be seen."""
        return self._variant(replace(self._options, asks_programs=False))

    def insisting(self) -> EmbeddedGrounder:
        """Return a variant that names the likeliest place however unlikely: a bench measures what `Absent` loses."""
        return self._variant(replace(self._options, sure=0.0))

    def _variant(self, options: GroundingOptions) -> EmbeddedGrounder:
        """Return a grounder with other options that shares everything else, so each screenshot is read once."""
        variant = copy(self)
        variant._options = options
        return variant

    def forget(self) -> None:
        """Empty the caches, those of all variants."""
        self._source.forget()
        self.sentences.forget()

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        if near is not None:
            region = Box.around(near.point, width=0.4, height=0.4)
            closer = self._find(target, enlarged(screenshot, region.pixels(screenshot.size), 2))
            if isinstance(closer, Location):
                box = closer.box.within(region) if closer.box else None
                return closer.model_copy(update={"point": closer.point.within(region), "box": box})
        return self._find(target, screenshot)

    def _find(self, target: str, screenshot: Screenshot) -> Location | Absent:
        screen = self.screen(screenshot)
        with self._stages.timing("match"):
            phrase = _meant(target, screen)
            found = self._chosen(phrase, screen)
            if isinstance(found, Location):
                return found
            closer = (self._chosen(phrase, again) for again in self._source.read_closer(phrase.name, screenshot))
            return next((answer for answer in closer if isinstance(answer, Location)), found)

    def meant(self, target: str, screenshot: Screenshot) -> Phrase:
        """Return the parts of `target`; a verb belongs to the name if a label says so."""
        return _meant(target, self.screen(screenshot))

    def candidates(self, target: str, screenshot: Screenshot) -> list[Candidate]:
        """Return what `locate` chooses from, the best first, to explain its answer."""
        screen = self.screen(screenshot)
        try:
            return self._ranked(_meant(target, screen), screen)
        except NothingFits:
            return []

    def likely(self, target: str, screenshot: Screenshot) -> list[Box]:
        """Return the places that may be meant, the likeliest first, even if none is likely enough to be the answer: a
        model is shown the part of the screen that has them."""
        candidates = self._variant(replace(self._options, sure=PLAUSIBLE)).candidates(target, screenshot)
        size = self.screen(screenshot).size
        return [candidate.rect.box(size) for candidate in candidates[:MOST_GUESSES]]

    def look_closer(self, target: str, screenshot: Screenshot, found: Location) -> Location:
        """Return what a closer look round `found` is surer of, since it may read the name; otherwise `found`."""
        if not is_measured(found.by):
            return found
        closer = self.locate(target, screenshot, near=found)
        return closer if isinstance(closer, Location) and closer.confidence > found.confidence else found

    def signs(self, target: str, screenshot: Screenshot) -> Signs | None:
        """Return the signs that the confidence in the likeliest place is made of; None if there is none."""
        candidates = self.candidates(target, screenshot)
        return signs_of(_meant(target, self.screen(screenshot)), candidates[0]) if candidates else None

    def doubt(self, target: str, screenshot: Screenshot, *, found: Location | None = None) -> Doubt | None:
        """Say what may be meant by `target`: beside `found`, which is not sure, or if several places fit alike."""
        candidates = self.candidates(target, screenshot)
        alike = sum(candidate.score > EQUAL * candidates[0].score for candidate in candidates)
        if (found is None and alike < 2) or (found is not None and not is_measured(found.by)):
            return None
        screen = self.screen(screenshot)
        phrase = _meant(target, screen)
        guesses = tuple(_guesses(phrase, candidates, alike, screen.size))
        if found is not None:
            others = [guess for guess in guesses if guess.location.point != found.point]
            name = next((guess.words for guess in guesses if guess not in others), "the place that it found")
            guesses = (Guess(words=name, location=found), *others)
        return Doubt(why=_unsure(phrase, guesses, alike), guesses=guesses[:MOST_GUESSES])

    def _ranked(self, phrase: Phrase, screen: ScreenContents) -> list[Candidate]:
        """Return the candidates, the best first. Raise `NothingFits` if something that the phrase names is missing."""
        try:
            return self._found(phrase, screen)
        except NothingFits:
            # "under a new name" speaks of no place: what can't be a relation may be part of a description.
            if phrase.quoted or phrase.ordinal or holder_relations(phrase):
                raise
            found = self._found(described(phrase), screen)
            if not found:
                raise
            return found

    def _found(self, phrase: Phrase, screen: ScreenContents) -> list[Candidate]:
        return ranked(phrase, screen, self.words, sentences=self.sentences, sure=self._options.sure)

    def _chosen(self, phrase: Phrase, screen: ScreenContents) -> Location | Absent:
        try:
            found = self._ranked(phrase, screen)
        except NothingFits as missing:
            return Absent(why=str(missing))
        if not found:
            return Absent(why=_nearest(phrase, screen))
        found, misread = _as_written(phrase, found, screen)
        if misread:
            return Absent(why=misread)
        best, *others = found
        guess = sum(other.score > EQUAL * best.score for other in others)
        if guess and not self._options.may_guess:
            return Absent(why=_which(phrase, guess + 1))
        spot, box = best.spot.box(screen.size), best.rect.box(screen.size)
        sure = confidence(signs_of(phrase, best), best.by)
        return Location(point=spot.center, box=box, confidence=sure / (1 + guess), by=best.by)

    def screen(self, screenshot: Screenshot) -> ScreenContents:
        """Return what is on the screenshot; it is read at most once."""
        return self._source.told(screenshot) if self._options.asks_programs else self._source.seen(screenshot)


def _meant(target: str, screen: ScreenContents) -> Phrase:
    """Read `target`; one that is written on the screen as a whole is a name even if it begins with a verb, and the word
    for a sign names the key that bears the sign."""
    phrase, name = parse(target), " ".join(target.split())
    shown = [*screen.labels, *(told.label for told in screen.told)]
    if bare := _sign(phrase, shown) or _filed(phrase, shown):
        return phrase.model_copy(update={"name": bare, "named": True})
    if bare := _without_kind(phrase, shown):
        role = phrase.role or ("dropdown" if phrase.name.lower().endswith(_LISTS) else "field")
        return phrase.model_copy(update={"name": bare, "named": True, "nameless": False, "role": role})
    if whole := _with_role_word(phrase, name, shown):
        return phrase.model_copy(update={"name": whole, "role": None})
    if phrase.quoted or phrase.named or not any(is_written(name, label) for label in screen.labels):
        return phrase
    if name.lower().endswith(f" {phrase.name.lower()}"):
        return phrase.model_copy(update={"name": name, "verb": ""})
    return Phrase(name=name, named=True) if phrase.relations or phrase.sides else phrase


def _as_written(phrase: Phrase, found: Sequence[Candidate], screen: ScreenContents) -> tuple[list[Candidate], str]:
    """Return the candidates without the best ones that look like another text than was read, or why none is left."""
    best = [one for one in found if one.score > EQUAL * found[0].score][:MOST_LOOKED_AT]
    looks = {
        one.spot: other
        for one in best
        if one.by == "text" and phrase.role != "text" and likeness(phrase.name, one.text)
        if (other := screen.looks_like_another(one.text, one.spot)) and not likeness(phrase.name, other)
    }
    if len(looks) < len(best):
        return [one for one in found if one.spot not in looks], ""
    read, seen = best[0].text, looks[best[0].spot]
    return [], f"“{phrase.name}” is not surely there: what reads like “{read}” looks like “{seen}”"


def _sign(phrase: Phrase, shown: Sequence[Label]) -> str | None:
    """Return the sign that the phrase calls by its word, as "plus", if a label is that sign and none is the word."""
    signs = () if phrase.quoted else SIGNS.get(phrase.name.lower(), ())
    if any(is_written(phrase.name, label) for label in shown if signs):
        return None
    return next((sign for sign in signs if any(label.text == sign for label in shown)), None)


def _filed(phrase: Phrase, shown: Sequence[Label]) -> str | None:
    """Return the name of "the letters folder" or "the notes.txt file" if a label is that, capitals and all."""
    name, _, kind = phrase.name.rpartition(" ")
    if phrase.quoted or kind not in ("file", "folder", "directory"):
        return None
    return name if name and any(label.text == name for label in shown) else None


def _with_role_word(phrase: Phrase, said: str, shown: Sequence[Label]) -> str | None:
    """Return the name with its role word if a label is both, as "Compact rows". If another label is the name alone, a
    capital says that the role word belongs to the name: "Custom Checkbox"."""
    whole = _ARTICLE.sub("", said)
    if phrase.quoted or not (phrase.named and phrase.role) or not whole.lower().startswith(f"{phrase.name.lower()} "):
        return None
    if not whole.rpartition(" ")[2][:1].isupper() and any(is_written(phrase.name, label) for label in shown):
        return None
    return whole if any(is_written(whole, label) for label in shown) else None


def _without_kind(phrase: Phrase, shown: Sequence[Label]) -> str | None:
    """Return the name of "the Copies number field" and "the From page number" if a label is that, and none is both."""
    kind = _KIND.fullmatch(phrase.name)
    if (
        kind is None
        or phrase.quoted
        or (phrase.role != "field" and (phrase.role or not (kind["number"] or kind["list"])))
    ):
        return None
    if any(is_written(phrase.name, label) for label in shown):
        return None
    return kind["name"] if any(is_written(kind["name"], label) for label in shown) else None


def _guesses(phrase: Phrase, candidates: Sequence[Candidate], alike: int, size: Size) -> Iterator[Guess]:
    """Yield the places that may be meant, each with what confidence the better ones leave it."""
    left = 1.0
    for number, candidate in enumerate(candidates):
        sure = confidence(signs_of(phrase, candidate), candidate.by)
        share = sure / alike if number < alike else min(sure, left)
        left = max(0.0, left - share)
        if number < alike or share >= LEAST_GUESS:
            spot, box = candidate.spot.box(size), candidate.rect.box(size)
            yield Guess(
                words=_called(candidate),
                location=Location(point=spot.center, box=box, confidence=share, by=candidate.by),
            )


def _called(candidate: Candidate) -> str:
    match candidate.by:
        case "icon":
            return f"an icon like “{candidate.text}”"
        case "field":
            return f"a control of “{candidate.text}”" if candidate.text else "a control"
        case _:
            return f"“{candidate.text}”"


def _unsure(phrase: Phrase, guesses: Sequence[Guess], alike: int) -> str:
    if alike > 1:
        return _which(phrase, alike)
    nearest = guesses[0]
    return f"“{phrase.name}” is not surely there: the nearest is {nearest.words} ({nearest.location.confidence:.0%})"


def _which(phrase: Phrase, count: int) -> str:
    name = phrase.name
    return f"“{name}” is there {count} times; say which: “the second {name}”, or “{name}” next to what"


def _nearest(phrase: Phrase, screen: ScreenContents) -> str:
    """Why nothing was found, with what comes nearest, since that may be a slip of the pen."""
    name = phrase.name
    if unread := _unread(name, screen):
        return f"“{name}” is not seen on the screen: {unread}"
    if len(name) > LONGEST_SLIP:
        return f"“{name[:LONGEST_SLIP]}…” is not on the screen"
    texts = [label.text for label in screen.labels if len(label.text) > min(2, len(name) - 1)]
    if not texts:
        return f"“{name}” is not on the screen: there is no text on it"
    text, _, _ = process.extractOne(name, texts, scorer=fuzz.WRatio)
    return f"“{name}” is not on the screen; the nearest text is “{text}”"


def _unread(name: str, screen: ScreenContents) -> str:
    """Say which letters of a name the reader does not know, and what helps; nothing if they are read."""
    scripts = scripts_in(name)
    if not scripts or any(scripts & scripts_in(label.text) for label in screen.labels):
        return ""
    letters = f"{' and '.join(sorted(scripts))} letters are not read"
    if scripts <= READ_AS_CJK:
        return f'{letters} unless ocr_alphabet is set to cjk (pip install "screenagent[cjk]")'
    if not can_find_typefaces():
        return f"{letters}, and to find them as they are drawn takes fontconfig, which is not installed"
    return f"{letters}, and nothing looks as the fonts here draw them; install the program's font, or name what is near"
