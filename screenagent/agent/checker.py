"""What an action brought about, as far as can be seen: by pixels first, by words where words are expected, and by a
model's yes or no where neither decides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from screenagent.actions import Change, Gone, Holds, Visible, WaitFor
from screenagent.agent.state_check import check_state
from screenagent.events import Effect, EffectCode, Outcome, PlannedStep, Witness
from screenagent.geometry import Absent, Box, Location
from screenagent.models import crop, parsing, prompts
from screenagent.models.vision import AnswerGrammar, Refused, Regex, Request, TokenBudget, VisionModel, complete
from screenagent.perception.changes import difference
from screenagent.protocols import Grounder, Retry, StateReader
from screenagent.screenshot import Screenshot

SURE: Final = 0.7
"""What was found with less confidence is something like the words, not the words."""

YES_OR_NO: Final[AnswerGrammar] = Regex(pattern="yes|no")


@dataclass(frozen=True)
class ScreenChecker:
    """Compares two screens; words are looked for by the grounder, which knows what "the Save dialog" may look like.

    With a `model`, what is expected but not to be read is asked of it, once a check, if the screen changed at all.
    """

    grounder: Grounder
    model: VisionModel | None = None
    patches: int = 1024
    states: StateReader | None = None

    def check(
        self, step: PlannedStep, before: Screenshot, after: Screenshot, *, at: tuple[Location, ...] = ()
    ) -> Effect:
        effect = self.quick_check(step, before, after, at=at)
        if isinstance(step.expected, Visible) and effect.outcome == "confirmed":
            return effect if self._is_news(step.expected.words, before, effect.where) else _as_before(effect)
        if self.model is None or difference(before, after) is None:
            return effect
        match step.expected:
            case Visible(words=words) if effect.outcome == "unmet":
                return self._judged(self.model, words, before, after, gone=False)
            case Gone(words=words) if not effect.by:
                return self._judged(self.model, words, before, after, gone=True)
            case _:
                return effect

    def quick_check(
        self, step: PlannedStep, before: Screenshot, after: Screenshot, *, at: tuple[Location, ...] = ()
    ) -> Effect:
        match step.expected:
            case Visible(words=words):
                return self._seen(words, after)
            case Gone(words=words):
                return self._gone(words, before, after, waited=isinstance(step.action, WaitFor))
            case Holds() as wanted:
                return check_state(wanted, after, self.states)
            case Change():
                return _changed(before, after, at, otherwise="unchanged")
            case None:
                return _changed(before, after, at, otherwise="unknown")

    def _seen(self, words: str, after: Screenshot) -> Effect:
        if _titled(words, after):
            return _effect("confirmed", "in_title", f"“{words}” is in the title of the front window")
        match self._found(words, after):
            case Location(point=point, box=box, confidence=confidence) if confidence >= SURE:
                place = box or Box.around(point, width=0, height=0)
                return _effect("confirmed", "seen", f"“{words}” is on the screen", where=place)
            case Location(confidence=confidence):
                return _effect("unmet", "unsure", f"“{words}” was to be seen: only {confidence:.0%} like it is")
            case Absent(why=why):
                return _effect("unmet", "not_seen", f"“{words}” was to be seen: {why}")

    def _is_news(self, words: str, before: Screenshot, where: Box | None) -> bool:
        """Whether the words, read at `where` or in the title, were not there before, or stood elsewhere."""
        if where is None:
            return not _titled(words, before)
        earlier = self._found(words, before)
        return isinstance(earlier, Absent) or earlier.confidence < SURE or earlier.point not in where

    def _gone(self, words: str, before: Screenshot, after: Screenshot, *, waited: bool) -> Effect:
        """Gone is what was there. Who waits for words to go may find that they are not there, and was told no more."""
        if place := self._is_read(words, after):
            return _effect("unmet", "still_there", f"“{words}” is still {place}")
        if self._is_read(words, before):
            return _effect("confirmed", "gone", f"“{words}” was on the screen and is gone")
        if waited:
            return _effect("confirmed", "never_there", f"“{words}” is not on the screen, and was not before", by="")
        if difference(before, after) is None:
            return _effect("unmet", "unchanged", f"“{words}” was to go: the screen did not change", by="pixels")
        return _effect("unknown", "never_there", f"“{words}” was to go, and could not be read before, either", by="")

    def _is_read(self, words: str, screenshot: Screenshot) -> str:
        """Where the words are read; empty where they are not."""
        if _titled(words, screenshot):
            return "in the title of the window in front"
        match self._found(words, screenshot):
            case Location(confidence=confidence) if confidence >= SURE:
                return "on the screen"
            case _:
                return ""

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
            text=prompts.render_prompt("check", {"words": words, "gone": gone}),
            pictures=tuple(crop.cropped(screen, patches=self.patches) for screen in (before, after)),
        )
        try:
            answer = complete(model.generate(request, mode="nothink", grammar=YES_OR_NO, budget=TokenBudget(answer=4)))
            if isinstance(answer, Refused):
                return _effect("unknown", "not_judged", f"“{words}”: the model will not say: {answer.text}", by="model")
            agreed = parsing.parse_yes(answer.text)
        except Retry as retry:
            return _effect("unknown", "not_judged", f"“{words}”: {retry}", by="model")
        said = f"“{words}” cannot be read; by the looks of both screens it is {'gone' if gone == agreed else 'there'}"
        return _effect("confirmed" if agreed else "unmet", "judged", said, by="model")


def _effect(
    outcome: Outcome, code: EffectCode, evidence: str, *, by: Witness = "words", where: Box | None = None
) -> Effect:
    return Effect(outcome=outcome, code=code, evidence=evidence, by=by, where=where)


def _titled(words: str, screenshot: Screenshot) -> bool:
    """Whether the window system knows a title with these words: it misreads nothing."""
    title = screenshot.window.title if screenshot.window else ""
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", title, re.IGNORECASE) is not None


def _as_before(effect: Effect) -> Effect:
    """Nobody can say that the step brought this about."""
    return effect.model_copy(update={"by": "", "code": "as_before", "evidence": f"{effect.evidence}, as it was before"})


def _changed(before: Screenshot, after: Screenshot, at: tuple[Location, ...], *, otherwise: Outcome) -> Effect:
    found = difference(before, after, at)
    if found is None:
        return _effect(otherwise, "unchanged", "the screen did not change", by="pixels")
    left, top, right, bottom = found.box.pixels(after.size)
    changed = f"{right - left}×{bottom - top} pixels changed at ({left}, {top}), {found.place}"
    if found.is_expected:
        return _effect("changed", "changed_here", changed, by="pixels", where=found.box)
    return _effect(otherwise, "changed_elsewhere", f"only {changed}", by="pixels", where=found.box)
