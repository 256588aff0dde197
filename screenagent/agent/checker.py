"""What an action brought about, as far as can be seen: by words where words are expected, by pixels where any change
will do, and by a model's yes or no where neither decides. What tells of a failure contradicts all of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from screenagent.actions import Change, Gone, Holds, TypeText, Visible, WaitFor, WindowInput, targets
from screenagent.agent.bad_news import bad_news
from screenagent.agent.state_check import check_state
from screenagent.agent.typed_text import read_back
from screenagent.agent.window_check import check_window
from screenagent.events import Effect, EffectCode, Outcome, PlannedStep, Witness
from screenagent.geometry import WHOLE, Absent, Box, Location
from screenagent.grounding.expression import parse
from screenagent.models import crop, parsing, prompts
from screenagent.models.vision import AnswerGrammar, Refused, Regex, Request, TokenBudget, VisionModel, complete
from screenagent.perception.changes import difference
from screenagent.perception.labels import TextLine, text_lines
from screenagent.perception.news import new_lines, new_places
from screenagent.perception.text_test import TextFinding, TextQuery, TextTest, find_text
from screenagent.protocols import Grounder, Retry, StateReader, TextReader, TypedText
from screenagent.screenshot import Screenshot, Word

SURE: Final = 0.7
"""A control that is described, as in "the Save button", counts as seen from this confidence on."""
SAID: Final = 3
"""How many of the new lines the evidence quotes."""

STATUS: Final = 0.06
"""The part of the screen's height, above the lower edge of a browser, in which it shows where a link leads."""
ADDRESS: Final = re.compile(r"\W*(https?|file|ftp|mailto|javascript):", re.IGNORECASE)
YES_OR_NO: Final[AnswerGrammar] = Regex(pattern="yes|no")
JUDGED: Final = TokenBudget(answer=4)


@dataclass(frozen=True)
class ScreenChecker:
    """Compares two screens. Words are looked for to the letter, and controls, such as "the Save button", by `grounder`.

    With a `model`, what is expected but not to be read is asked of it, once a check, if the screen changed at all.
    """

    reader: TextReader
    grounder: Grounder | None = None
    model: VisionModel | None = None
    patches: int = 1024
    states: StateReader | None = None

    def check(
        self,
        step: PlannedStep,
        before: Screenshot | None,
        after: Screenshot,
        *,
        at: tuple[Location, ...] = (),
        typed: tuple[TypedText, ...] = (),
    ) -> Effect:
        effect = self.quick_check(step, before, after, at=at, typed=typed)
        if before is None or before.digest == after.digest or isinstance(step.action, WindowInput):
            return effect  # what a window shows that was brought to the front, or uncovered, is no news
        if (value := self._read_back(step, before, after, at)) and _decides(value, step):
            effect = value
        elif self.model is not None and difference(before, after) is not None:
            effect = self._judged_if_unread(self.model, step, effect, before, after)
        return self._told(step, effect, before, after, typed)

    def _read_back(
        self, step: PlannedStep, before: Screenshot, after: Screenshot, at: tuple[Location, ...]
    ) -> Effect | None:
        """What the field reads that was typed into; None if nothing was, or it cannot be read."""
        if not isinstance(step.action, TypeText):
            return None
        return read_back(step.action, before, after, self.reader.read, at=at)

    def quick_check(
        self,
        step: PlannedStep,
        before: Screenshot | None,
        after: Screenshot,
        *,
        at: tuple[Location, ...] = (),
        typed: tuple[TypedText, ...] = (),
    ) -> Effect:
        if isinstance(step.action, WindowInput) and step.expected is None:
            return check_window(step.action, before, after)
        match step.expected:
            case Visible() if _is_its_own_text(step) and before and difference(before, after) is None:
                return _changed(before, after, at, otherwise="unchanged")
            case Visible(words=words):
                return self._seen(words, before, after, typed)
            case Gone(words=words):
                return self._gone(words, before, after, waited=isinstance(step.action, WaitFor))
            case Holds() as wanted:
                return check_state(wanted, after, self.states)
            case Change():
                return _changed(before or after, after, at, otherwise="unchanged")
            case None:
                return _changed(before or after, after, at, otherwise="unknown")

    def _seen(self, words: str, before: Screenshot | None, after: Screenshot, typed: tuple[TypedText, ...]) -> Effect:
        """Only what is new since `before` answers an input; without one, what stands there will do."""
        if _titled(words, after) and not (before and _titled(words, before)):
            return _effect("confirmed", "in_title", f"“{words}” is in the title of the front window")
        found = self._look(words, after)
        if found.answer != "seen" and not _titled(words, after):
            return _unseen(words, found)
        if before is None:
            return _effect("confirmed", "seen", f"“{words}” is on the screen", by="", where=found.places[0])
        fresh = self._fresh(words, found, before, after)
        of_links = _link_addresses(after, self.reader.read(after))
        answers = tuple(box for box in fresh if not any(box.center in address for address in of_links))
        if news := [box for box in answers if box not in _where_typed(words, answers, typed)]:
            return _effect("confirmed", "seen", f"“{words}” is on the screen", where=news[0])
        if fresh and not answers:
            why = f"“{words}” is only in the address of the link under the mouse, which says nothing of what it did"
            return _effect("unknown", "already_there", why, where=fresh[0])
        if fresh:
            return _effect("unknown", "typed", f"“{words}” is on the screen only where it was typed", where=fresh[0])
        why = f"“{words}” is on the screen, as it was before the input, which says nothing of it"
        return _effect("unknown", "already_there", why, where=next(iter(found.places), None))

    def _fresh(self, words: str, found: TextFinding, before: Screenshot, after: Screenshot) -> tuple[Box, ...]:
        """The places of the words at which they did not stand before, or in a line that reads otherwise now."""
        elsewhere = new_places(self._look(words, before).places, found.places)
        lines = new_lines(before, self.reader.read(before), after, self.reader.read(after))
        changed = (box for box in found.places if any(box.center in line.box for line in lines))
        return (*elsewhere, *(box for box in changed if box not in elsewhere))

    def _gone(self, words: str, before: Screenshot | None, after: Screenshot, *, waited: bool) -> Effect:
        """Gone is what was there. Who waits for words to go may find that they are not there, and was told no more."""
        now = self._answer(words, after)
        if now == "seen":
            return _effect("contradicted" if waited else "unmet", "still_there", f"“{words}” is still on the screen")
        if now == "unclear":
            return _effect("unknown", "unsure", f"“{words}” was to go, and something like it is on the screen")
        if before is not None and self._answer(words, before) == "seen":
            return _effect("confirmed", "gone", f"“{words}” was on the screen and is gone")
        if waited:
            return _effect("confirmed", "never_there", f"“{words}” is not on the screen, and was not before", by="")
        if before is None or difference(before, after) is None:
            return _effect("unmet", "unchanged", f"“{words}” was to go: the screen did not change", by="pixels")
        return _effect("unknown", "never_there", f"“{words}” was to go, and could not be read before, either", by="")

    def _answer(self, words: str, screenshot: Screenshot) -> str:
        return "seen" if _titled(words, screenshot) else self._look(words, screenshot).answer

    def _look(self, words: str, screenshot: Screenshot) -> TextFinding:
        """To the letter, or else as the description of a control: "Save dialog" is a text first."""
        found = TextTest(self.reader).look(TextQuery(words=words.strip("“”\"'")), screenshot)
        if found.answer == "seen" or self.grounder is None or parse(words).role is None:
            return found
        match self.grounder.locate(words, screenshot):
            case Location(point=point, box=box, confidence=confidence) if confidence >= SURE:
                return TextFinding(answer="seen", places=(box or Box.around(point, width=0, height=0),))
            case Location():
                return TextFinding(answer="unclear", nearest=found.nearest)
            case Absent():
                return found

    def _told(
        self, step: PlannedStep, effect: Effect, before: Screenshot, after: Screenshot, typed: tuple[TypedText, ...]
    ) -> Effect:
        """The effect with what has newly come in words, contradicted if that tells of a failure."""
        lines = new_lines(before, self.reader.read(before), after, self.reader.read(after))
        if news := bad_news(lines, titles=_new_titles(before, after), unless=_own_words(step, typed)):
            said, where = (news, None) if isinstance(news, str) else (news.text, news.box)
            return _effect("contradicted", "bad_news", f"the screen says: “{said}”", where=where)
        if effect.outcome == "changed" and lines:
            return effect.model_copy(update={"evidence": f"{_came(lines)}; {effect.evidence}"})
        return effect

    def _judged_if_unread(
        self, model: VisionModel, step: PlannedStep, effect: Effect, before: Screenshot, after: Screenshot
    ) -> Effect:
        match step.expected:
            case Visible(words=words) if effect.outcome == "unmet":
                return self._judged(model, words, before, after, gone=False)
            case Gone(words=words) if not effect.by:
                return self._judged(model, words, before, after, gone=True)
            case _:
                return effect

    def _judged(self, model: VisionModel, words: str, before: Screenshot, after: Screenshot, *, gone: bool) -> Effect:
        """What the model says of the two pictures; `unknown` where it says neither yes nor no."""
        request = Request(
            text=prompts.render_prompt("check", {"words": words, "gone": gone}),
            pictures=tuple(crop.cropped(screen, patches=self.patches) for screen in (before, after)),
        )
        try:
            answer = complete(model.generate(request, mode="nothink", grammar=YES_OR_NO, budget=JUDGED))
            if isinstance(answer, Refused):
                return _effect("unknown", "not_judged", f"“{words}”: the model will not say: {answer.text}", by="model")
            agreed = parsing.parse_yes(answer.text)
        except Retry as retry:
            return _effect("unknown", "not_judged", f"“{words}”: {retry}", by="model")
        said = f"“{words}” cannot be read; by the looks of both screens it is {'gone' if gone == agreed else 'there'}"
        return _effect("confirmed" if agreed else "unmet", "judged", said, by="model")


def _link_addresses(screenshot: Screenshot, words: Iterable[Word]) -> list[Box]:
    """Return where a browser shows, at the lower edge of its window, where the link under the mouse leads."""
    window = screenshot.window
    if window is None or not window.is_browser:
        return []
    bottom = (window.box.bottom if window.box else 1.0) - STATUS
    return [line.box for line in text_lines(words) if line.box.center.y > bottom and ADDRESS.match(line.text)]


def _effect(
    outcome: Outcome, code: EffectCode, evidence: str, *, by: Witness = "words", where: Box | None = None
) -> Effect:
    return Effect(outcome=outcome, code=code, evidence=evidence, by=by, where=where)


def _is_its_own_text(step: PlannedStep) -> bool:
    """Whether a step that types expects no more than to see the text."""
    match step.action, step.expected:
        case TypeText(text=text), Visible(words=words):
            return _said_in(words, text)
        case _:
            return False


def _decides(value: Effect, step: PlannedStep) -> bool:
    """Whether what a field reads settles a step: where it is right, words that the step names still have to come."""
    named = isinstance(step.expected, Visible | Gone) and not _is_its_own_text(step)
    return value.outcome != "confirmed" or not named


def _unseen(words: str, found: TextFinding) -> Effect:
    nearest = f"; the nearest text is “{found.nearest}”" if found.nearest else ""
    if found.answer == "unclear":
        return _effect("unknown", "unsure", f"whether “{words}” is on the screen cannot be told{nearest}")
    return _effect("unmet", "not_seen", f"“{words}” is not on the screen{nearest}")


def _where_typed(words: str, fresh: tuple[Box, ...], typed: tuple[TypedText, ...]) -> tuple[Box, ...]:
    """Return those of the places at which the run itself has typed the words."""
    said = [text for text in typed if _said_in(words, text.text)]
    known = [box for box in fresh if any(_is_at(text.place, box) for text in said)]
    if not known and len(fresh) == 1 and any(text.is_last for text in said):
        return fresh
    return tuple(known)


def _is_at(place: Location | None, box: Box) -> bool:
    if place is None:
        return False
    return box.center in place.box if place.box else place.point in box


def _said_in(words: str, text: str) -> bool:
    return " ".join(words.casefold().split()) in " ".join(text.casefold().split())


def _titled(words: str, screenshot: Screenshot) -> bool:
    """Whether the window system knows a title with these words: it misreads nothing."""
    title = screenshot.window.title if screenshot.window else ""
    said = words.strip("“”\"'")
    read = [Word(text=word, box=WHOLE, line=0) for word in title.split()]
    # Of a file's name its ending is enough: "odt - Writer".
    ending = rf"(?<=[./_-]){re.escape(said)}(?!\w)" if said[:1].isalpha() else "(?!)"
    return find_text(TextQuery(words=said), read).answer == "seen" or bool(re.search(ending, title, re.IGNORECASE))


def _new_titles(before: Screenshot, after: Screenshot) -> tuple[str, ...]:
    """The title of a window that has come to the front."""
    if after.window is None or (before.window and before.window.id == after.window.id):
        return ()
    return (after.window.title,)


def _changed_title(before: Screenshot, after: Screenshot) -> str:
    """What the title of the same window says now; empty if it says the same, or only a number in it has moved on, as a
    counter's or a clock's does by itself."""
    if before.window is None or after.window is None or before.window.id != after.window.id:
        return ""
    was, now = (re.sub(r"\d", "", window.title) for window in (before.window, after.window))
    return after.window.title if was != now else ""


def _own_words(step: PlannedStep, typed: tuple[TypedText, ...]) -> Iterable[str]:
    """What the user said: it is no news where the screen repeats it."""
    yield from (target.words for target in targets(step.action))
    yield from (text.text for text in typed)
    match step.action:
        case TypeText(text=text):
            yield text
    match step.expected:
        case Visible(words=words) | Gone(words=words):
            yield words


def _came(lines: list[TextLine]) -> str:
    shown = ", ".join(f"“{line.text}”" for line in lines[:SAID])
    return f"{shown}{' and more' if len(lines) > SAID else ''} came"


def _changed(before: Screenshot, after: Screenshot, at: tuple[Location, ...], *, otherwise: Outcome) -> Effect:
    found = difference(before, after, at)
    if (found is None or not found.is_expected) and (title := _changed_title(before, after)):
        return _effect("changed", "in_title", f"the title of the window in front is now “{title}”")
    if found is None:
        return _effect(otherwise, "unchanged", "the screen did not change", by="pixels")
    left, top, right, bottom = found.box.pixels(after.size)
    changed = f"{right - left}×{bottom - top} pixels changed at ({left}, {top}), {found.place}"
    if found.doubt:
        return _effect("unknown", "doubtful", f"{found.doubt}: {changed}", by="pixels", where=found.box)
    if found.is_expected:
        return _effect("changed", "changed_here", changed, by="pixels", where=found.box)
    return _effect(otherwise, "changed_elsewhere", f"only {changed}", by="pixels", where=found.box)
