"""How each model family is asked for a target: its prompt, the form of its answer, and its coordinate convention.

To add a family, add a `Dialect` to `DIALECTS` and its prompt to `prompts/`; a new coordinate convention also needs a
function in `parsing.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from screenagent.geometry import Size
from screenagent.models.parsing import ModelPlace, fraction_box, pixel_point, thousandth_box
from screenagent.models.vision import AnswerGrammar, Numbers, Regex


@dataclass(frozen=True)
class Dialect:
    """How one model family grounds.

    `read` turns an answer about a picture of some size into a place. Pictures whose sides are multiples of `multiple`
    are not resized by the model's preprocessing. `families` are parts of the names of its models.
    """

    name: str
    prompt: str
    read: Callable[[str, Size], ModelPlace]
    multiple: int
    grammar: AnswerGrammar
    grammar_or_absent: AnswerGrammar
    families: tuple[str, ...]

    def answers(self, *, absent: bool) -> AnswerGrammar:
        """Return the grammar of an answer; with `absent`, the model may also answer that the target is not there."""
        return self.grammar_or_absent if absent else self.grammar


_FRACTIONS = Numbers(count=4)
_THOUSANDTHS = r'\{"bbox_2d": \[[0-9]{1,4}, [0-9]{1,4}, [0-9]{1,4}, [0-9]{1,4}\]\}'
_CLICK = r"Action: click\(start_box='\([0-9]{1,4},[0-9]{1,4}\)'\)"

PHI4: Final = Dialect(
    name="phi4",
    prompt="ground_phi4",
    read=fraction_box,
    multiple=16,
    grammar=_FRACTIONS,
    grammar_or_absent=Regex(pattern=rf"{_FRACTIONS.pattern}|not there"),
    families=("phi-4", "phi4"),
)
QWEN: Final = Dialect(
    name="qwen",
    prompt="ground_qwen",
    read=thousandth_box,
    multiple=32,
    grammar=Regex(pattern=_THOUSANDTHS),
    grammar_or_absent=Regex(pattern=rf"{_THOUSANDTHS}|not there"),
    families=("qwen3-vl", "qwen3.5", "qwen"),
)
UI_TARS: Final = Dialect(
    name="ui-tars",
    prompt="ground_uitars",
    read=pixel_point,
    multiple=28,
    grammar=Regex(pattern=_CLICK),
    grammar_or_absent=Regex(pattern=rf"{_CLICK}|not there"),
    families=("ui-tars", "uitars"),
)
DIALECTS: Final = {dialect.name: dialect for dialect in (PHI4, QWEN, UI_TARS)}


def dialect_of(model: str) -> Dialect:
    """Return the dialect of the model of this name; Phi-4's if the name does not tell."""
    spoken = (d for d in DIALECTS.values() if any(family in model.lower() for family in d.families))
    return next(spoken, PHI4)
