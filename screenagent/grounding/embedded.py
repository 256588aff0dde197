"""Finds a target given in words on a screenshot, on the CPU, by the text, the controls and the icons that are there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy

from PIL import Image
from rapidfuzz import fuzz, process

from screenagent.geometry import Absent, Box, Location
from screenagent.grounding.confidence import calibrated
from screenagent.grounding.expression import Phrase, described, parse
from screenagent.grounding.ranking import SURE, NothingFits, ranked
from screenagent.perception.icon_encoder import IconEncoder, IconWords
from screenagent.perception.reader import LRU
from screenagent.perception.screen import ScreenContents
from screenagent.perception.timing import Timing
from screenagent.protocols import Accessibility, TextReader
from screenagent.screenshot import Screenshot


class EmbeddedGrounder:
    """Says `Absent` rather than take something else for it; how sure it is says `confidence`.

    Of two that fit alike it gives the first, with half the confidence. With `accessibility` the program in front is
    asked for its controls while the picture is read; without, sight alone decides.
    """

    def __init__(
        self,
        reader: TextReader,
        *,
        accessibility: Accessibility | None = None,
        icons: IconEncoder | None = None,
        words: IconWords | None = None,
        stages: Timing | None = None,
    ) -> None:
        self._reader = reader
        self._accessibility = accessibility
        self._icons = icons or IconEncoder()
        self.words = words or IconWords()
        self._stages = stages or Timing()
        self._may_guess = True
        self._sure = SURE
        self._confidence: Callable[[float, str], float] = calibrated
        self._screens: LRU[str, ScreenContents] = LRU(4)
        self._told: LRU[str, ScreenContents] = LRU(4)

    def strict(self) -> EmbeddedGrounder:
        """The same eyes, that ask which of two is meant: one may look at a guess, but not act on it."""
        strict = copy(self)
        strict._may_guess = False
        return strict

    def by_sight(self) -> EmbeddedGrounder:
        """The same eyes, that ask no program: what it says isn't there to be seen."""
        sighted = copy(self)
        sighted._accessibility = None
        return sighted

    def insisting(self) -> EmbeddedGrounder:
        """The same eyes, that name the likeliest place however little it is like what was said: a bench tells by them
        what is lost by saying `Absent`."""
        insisting = copy(self)
        insisting._sure = 0.0
        return insisting

    def uncalibrated(self) -> EmbeddedGrounder:
        """The same eyes, whose confidence is the bare score of a match: what a calibration starts from."""
        bare = copy(self)
        bare._confidence = lambda score, by: min(1.0, score)  # noqa: ARG005
        return bare

    def forget(self) -> None:
        self._screens.clear()
        self._told.clear()
        self._icons.forget()

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        phrase = parse(target)
        if near is not None:
            region = Box.around(near.point, width=0.4, height=0.4)
            closer = self._find(phrase, _enlarged(screenshot, region))
            if isinstance(closer, Location):
                box = closer.box.within(region) if closer.box else None
                return closer.model_copy(update={"point": closer.point.within(region), "box": box})
        return self._find(phrase, screenshot)

    def _find(self, phrase: Phrase, screenshot: Screenshot) -> Location | Absent:
        screen = self.screen(screenshot)
        with self._stages.timing("match"):
            return self._chosen(phrase, screen)

    def _chosen(self, phrase: Phrase, screen: ScreenContents) -> Location | Absent:
        try:
            found = ranked(phrase, screen, self.words, sure=self._sure)
        except NothingFits as missing:
            # "under a new name" speaks of no place: what can't be a relation may be part of a description.
            found = (
                []
                if phrase.quoted or phrase.ordinal
                else ranked(described(phrase), screen, self.words, sure=self._sure)
            )
            if not found:
                return Absent(why=str(missing))
        if not found:
            return Absent(why=_nearest(phrase, screen))
        best, *others = found
        guess = sum(other.score > 0.97 * best.score for other in others)
        if guess and not self._may_guess:
            return Absent(why=_which(phrase, guess + 1))
        spot, box = best.spot.box(screen.size), best.rect.box(screen.size)
        confidence = self._confidence(best.score, best.by) / (1 + guess)
        return Location(point=spot.center, box=box, confidence=confidence, by=best.by)

    def screen(self, screenshot: Screenshot) -> ScreenContents:
        if self._accessibility is None:
            return self._seen(screenshot)
        if (known := self._told.get(screenshot.digest)) is None:
            with ThreadPoolExecutor(1, thread_name_prefix="accessibility") as pool:
                telling = pool.submit(self._accessibility.elements, screenshot)
                seen = self._seen(screenshot)
                known = seen.told_of(telling.result())
            self._told.keep(screenshot.digest, known)
        return known

    def _seen(self, screenshot: Screenshot) -> ScreenContents:
        if (known := self._screens.get(screenshot.digest)) is None:
            known = ScreenContents(screenshot, self._reader.read(screenshot), self._icons, stages=self._stages)
            self._screens.keep(screenshot.digest, known)
        return known


def _which(phrase: Phrase, count: int) -> str:
    name = phrase.name
    return f"“{name}” is there {count} times; say which: “the second {name}”, or “{name}” next to what"


def _nearest(phrase: Phrase, screen: ScreenContents) -> str:
    """Why nothing was found, with what comes nearest, since that may be a slip of the pen."""
    texts = [label.text for label in screen.labels if len(label.text) > min(2, len(phrase.name) - 1)]
    if not texts:
        return f"“{phrase.name}” is not on the screen: there is no text on it"
    text, _, _ = process.extractOne(phrase.name, texts, scorer=fuzz.WRatio)
    return f"“{phrase.name}” is not on the screen; the nearest text is “{text}”"


def _enlarged(screenshot: Screenshot, region: Box) -> Screenshot:
    """Twice the size shows the reader letters that it mistook."""
    part = screenshot.pixels.crop(region.pixels(screenshot.size))
    return Screenshot.of(part.resize((part.width * 2, part.height * 2), Image.Resampling.BICUBIC))
