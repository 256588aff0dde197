"""What a person should know about a recording before it is played. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from screenagent.scripts.schema import ClickStep, DragStep, KeyboardStep, PressStep, Script, TargetStep, expected_of
from screenagent.showing import abridged

LONGEST: Final = 30  # letters of a text that are said


def remarks_on(script: Script, untargeted: Iterable[tuple[str, str]] = ()) -> tuple[str, ...]:
    """Return what may go wrong when the script is played, in sentences. `untargeted` are fields that had the focus, and
    the texts that were added to what they held."""
    return (*_remarks(script), *(_untargeted(*each) for each in untargeted))


def _untargeted(field: str, text: str) -> str:
    return (
        f"“{abridged(text, LONGEST)}” was typed into {field}, which had the focus and did not hold just that"
        " afterwards: a replay types it to whatever has the focus then"
    )


def _remarks(script: Script) -> Iterator[str]:
    first = script.steps[0]
    if isinstance(first, KeyboardStep) and not (isinstance(first, TargetStep) and first.targets):
        yield (
            "the first step sends keys to whatever has the focus when the script is played: add `into: …`, or record"
            " again and begin with a click into the field"
        )
    answerable = [step for step in script.steps if isinstance(step, ClickStep | DragStep | PressStep)]
    if not any(expected_of(step) is not None for step in script.steps[-1:] + tuple(answerable[-1:])):
        yield (
            "no new words were seen after the last step, so a replay cannot tell whether it worked: add `expect: …`"
            " with words that only a success shows, or record again and wait for them before you end"
        )
