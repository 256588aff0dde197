"""What an action brought about, as far as can be seen: by pixels first, by words where words are expected, and by a
model's yes or no where neither decides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops

from screenagent import looks, parsing, prompts
from screenagent.actions import Change, Expectation, Gone, Seen
from screenagent.answers import heard
from screenagent.events import Effect
from screenagent.geometry import Absent, Box, Location, Size
from screenagent.protocols import Budget, Grammar, Grounder, Refused, Regex, Request, Retry, VisionModel
from screenagent.screenshot import Screenshot

SURE: Final = 0.6
"""What was found with less confidence is something like the words, not the words."""

CARET: Final = Size(width=3, height=40)
"""A change no larger than this is a blinking caret, in pixels."""

YES_OR_NO: Final[Grammar] = Regex(pattern="yes|no")


@dataclass(frozen=True)
class SightChecker:
    """Compares two screens; words are looked for by the grounder, which knows what "the Save dialog" may look like.

    With a `model`, what is expected but not to be read is asked of it, once a check, if the screen changed at all.
    """

    grounder: Grounder
    model: VisionModel | None = None
    patches: int = 1024

    def check(self, expectation: Expectation | None, before: Screenshot, after: Screenshot) -> Effect:
        effect = self.glance(expectation, before, after)
        if self.model is None or changed_box(before, after) is None:
            return effect
        match expectation:
            case Seen(words=words) if effect.outcome == "unmet":
                return self._judged(self.model, words, before, after, gone=False)
            case Gone(words=words) if effect.outcome == "met" and self._is_unread(words, before):
                return self._judged(self.model, words, before, after, gone=True)
            case _:
                return effect

    def glance(self, expectation: Expectation | None, before: Screenshot, after: Screenshot) -> Effect:
        match expectation:
            case Seen(words=words):
                return self._seen(words, after)
            case Gone(words=words):
                return self._gone(words, after)
            case Change():
                return _changed(before, after, otherwise="unchanged")
            case None:
                return _changed(before, after, otherwise="unknown")

    def _seen(self, words: str, after: Screenshot) -> Effect:
        if _titled(words, after):
            return Effect(outcome="met", evidence=f"“{words}” is in the title of the front window", by="words")
        match self._found(words, after):
            case Location(point=point, box=box, confidence=confidence) if confidence >= SURE:
                place = box or Box.around(point, width=0, height=0)
                return Effect(outcome="met", evidence=f"“{words}” is on the screen", where=place, by="words")
            case Location(confidence=confidence):
                only = f"“{words}” was to be seen: only {confidence:.0%} like it is"
                return Effect(outcome="unmet", evidence=only, by="words")
            case Absent(why=why):
                return Effect(outcome="unmet", evidence=f"“{words}” was to be seen: {why}", by="words")

    def _gone(self, words: str, after: Screenshot) -> Effect:
        if _titled(words, after):
            return Effect(
                outcome="unmet", evidence=f"“{words}” is still in the title of the window in front", by="words"
            )
        match self._found(words, after):
            case Location(box=box, confidence=confidence) if confidence >= SURE:
                return Effect(outcome="unmet", evidence=f"“{words}” is still on the screen", where=box, by="words")
            case _:
                return Effect(outcome="met", evidence=f"“{words}” is not on the screen", by="words")

    def _is_unread(self, words: str, screenshot: Screenshot) -> bool:
        return isinstance(self._found(words, screenshot), Absent)

    def _found(self, words: str, screenshot: Screenshot) -> Location | Absent:
        """To the letter, or else as a description: "Hello from Ada" is a text first, and only then a "Hello" in it."""
        if not any(quote in words for quote in "“”\"'"):
            letters = self.grounder.locate(f"“{words}”", screenshot)
            if isinstance(letters, Location):
                return letters
        return self.grounder.locate(words, screenshot)

    def _judged(self, model: VisionModel, words: str, before: Screenshot, after: Screenshot, *, gone: bool) -> Effect:
        """What the model says of the two pictures; `unknown` where it says neither yes nor no."""
        request = Request(
            text=prompts.render("check", {"words": words, "gone": gone}),
            pictures=tuple(looks.shown(screen, patches=self.patches) for screen in (before, after)),
        )
        try:
            answer = heard(model.generate(request, mode="nothink", grammar=YES_OR_NO, budget=Budget(answer=4)))
            if isinstance(answer, Refused):
                return Effect(
                    outcome="unknown", evidence=f"“{words}”: the model will not say: {answer.text}", by="model"
                )
            agreed = parsing.yes(answer.text)
        except Retry as retry:
            return Effect(outcome="unknown", evidence=f"“{words}”: {retry}", by="model")
        said = f"“{words}” cannot be read; by the looks of both screens it is {'gone' if gone == agreed else 'there'}"
        return Effect(outcome="met" if agreed else "unmet", evidence=said, by="model")


def _titled(words: str, screenshot: Screenshot) -> bool:
    """Whether the window system knows a title with these words: it misreads nothing."""
    title = screenshot.window.title if screenshot.window else ""
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", title, re.IGNORECASE) is not None


def _changed(before: Screenshot, after: Screenshot, *, otherwise: str) -> Effect:
    box = changed_box(before, after)
    if box is None:
        return Effect.model_validate({"outcome": otherwise, "evidence": "the screen did not change", "by": "pixels"})
    left, top, right, bottom = box.pixels(after.size)
    return Effect(
        outcome="changed",
        evidence=f"{right - left}×{bottom - top} pixels changed at ({left}, {top})",
        where=box,
        by="pixels",
    )


def changed_box(before: Screenshot, after: Screenshot) -> Box | None:
    """The box of all that differs, or None where it's nothing or a caret. Another size is a change of everything."""
    if before.digest == after.digest:
        return None
    if before.size != after.size:
        return Box(left=0, top=0, right=1, bottom=1)
    edges = _difference(before.pixels, after.pixels).getbbox()
    if edges is None:
        return None
    left, top, right, bottom = edges
    if right - left <= CARET.width and bottom - top <= CARET.height:
        return None
    return Box.of_pixels(edges, after.size)


def _difference(before: Image.Image, after: Image.Image) -> Image.Image:
    return ImageChops.difference(before, after)
