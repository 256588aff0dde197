"""Steps that phrases and skills are composed of."""

from __future__ import annotations

import difflib
import re
from typing import Final

from screenagent import keys as key_names
from screenagent.actions import Button, Change, Click, Drag, Modifier, PressKeys, TypeText, WaitFor, usual_expectation
from screenagent.events import PlannedStep
from screenagent.planning.instructions.refusals import Unreadable
from screenagent.planning.instructions.tokens import compile_pattern

_SIDE: Final = (
    r"the (?:(?:top|upper|bottom|lower|left|right|middle|center|centre)[ -]?)+(?<=\w)"
    r"(?: (?:hand )?(?:corner|side|edge|part))?"
)
_PART: Final = re.compile(rf"(?P<part>{_SIDE})(?: of it)?", re.IGNORECASE)
_PART_OF: Final = re.compile(rf"{_SIDE} of (?P<whole>the .+)", re.IGNORECASE)
_ENDS_IN_FIELD: Final = compile_pattern(r"\b{FIELD}$")


def click_on(target: str) -> PlannedStep:
    action = Click(target=target)
    return PlannedStep(action=action, expectation=expectation_of(action))


def drag_over(
    path: tuple[str, ...], button: Button, modifiers: tuple[Modifier, ...], *, slowly: bool = False
) -> tuple[PlannedStep, ...]:
    action = Drag(path=_with_its_whole(path), button=button, modifiers=modifiers, slowly=slowly)
    return (PlannedStep(action=action, expectation=Change()),)


def _with_its_whole(path: tuple[str, ...]) -> tuple[str, ...]:
    """Say of each part what it is a part of: "from the top left to the bottom right of the canvas"."""
    whole = next((stop["whole"] for place in path if (stop := _PART_OF.fullmatch(place))), "")
    parts = ((_PART.fullmatch(place), place) for place in path)
    return tuple(f"{part['part']} of {whole}" if part and whole else place for part, place in parts)


def expectation_of(click: Click) -> Change | None:
    """Expect a change from every click except one that only moves the caret."""
    head = re.split(
        r"\s(?:in|of|on|near|next|above|below|under|label+ed|named|called|with|at|for)\s", click.target.words
    )[0]
    caret_only = click.button == "left" and click.count == 1 and _ENDS_IN_FIELD.search(head)
    return None if caret_only else Change()


def type_text(text: str) -> PlannedStep:
    return PlannedStep(action=TypeText(text=text), expectation=Change())


def press(*keys: str, times: int = 1) -> PlannedStep:
    """Press `keys` together."""
    return PlannedStep(action=PressKeys(keys=keys, times=times))


def press_as_told(*keys: str, times: int = 1) -> PlannedStep:
    """Press `keys` because the user says so: something has to come of it."""
    action = PressKeys(keys=keys, times=times)
    return PlannedStep(action=action, expectation=usual_expectation(action))


def click_into(place: str | None) -> tuple[PlannedStep, ...]:
    """Move the caret into `place`; without a place, the caret is there already."""
    return (PlannedStep(action=Click(target=place)),) if place else ()


def wait_for_words(words: str, *, gone: bool = False, seconds: float | None = None) -> PlannedStep:
    action = WaitFor(words=words, gone=gone)
    return PlannedStep(action=action if seconds is None else WaitFor(words=words, gone=gone, seconds=seconds))


def parse_keys(text: str) -> tuple[str, ...]:
    """Return the keys of a chord such as "ctrl+s"; `Unreadable` if one is unknown."""
    try:
        return key_names.chord(text)
    except ValueError as unknown:
        raise Unreadable(text, str(unknown), "unknown_key") from None


def reads_as_keys(text: str) -> bool:
    """Whether `text` names keys, also misspelled ones. "press Save" does not: it refers to a button."""
    try:
        key_names.chord(text)
    except ValueError:
        misspelled = difflib.get_close_matches(text.lower(), [*key_names.NAMED, *key_names.ALIASES], n=1, cutoff=0.88)
        return bool(misspelled) or bool(re.match(r"\w+\s?\+\s?\S", text))
    return True
