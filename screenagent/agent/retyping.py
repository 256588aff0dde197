"""Whether what did not arrive in a field when it was typed may be pasted in place of what is there."""

from __future__ import annotations

from typing import Final

import numpy as np

from screenagent.actions import TypeText
from screenagent.episode import Step
from screenagent.events import PlannedStep
from screenagent.geometry import PixelBox
from screenagent.perception.ink import INK, InkPart, Pixels
from screenagent.secrets import typed_pieces

BORDER: Final = 0.9  # a row of which more than this is ink is the border of a field


def is_retypable(step: Step) -> bool:
    """Whether the field holds nothing but what was typed there, and reads otherwise: nothing else is lost then."""
    effect, action, after = step.effect, step.action, step.after
    if effect is None or effect.where is None or effect.code != "value" or effect.outcome != "contradicted":
        return False
    if not isinstance(action, TypeText) or action.afresh or any(piece.is_secret for piece in typed_pieces(action)):
        return False
    if after is None or after.image is None or step.before.image is None or step.before.size != after.size:
        return False
    rect = PixelBox(*effect.where.pixels(after.size))
    return InkPart(np.asarray(step.before.pixels), rect).is_blank and _stands_alone(np.asarray(after.pixels), rect)


def pasted(step: PlannedStep) -> PlannedStep:
    """Return the step that pastes what `step` types."""
    if not isinstance(step.action, TypeText):
        raise ValueError(f"{step} types nothing that could be pasted")
    return step.model_copy(update={"action": step.action.model_copy(update={"afresh": True})})


def _stands_alone(after: Pixels, rect: PixelBox) -> bool:
    """Whether the text is all that is between the borders above and below it, and nothing goes on beside it."""
    part = InkPart(after, rect)
    left, top, right, bottom = rect.rounded
    above, below = after[:top, left:right][::-1], after[bottom:, left:right]
    return part.whole.rect == rect and all(_ends_at_border(part, rows) for rows in (above, below))


def _ends_at_border(part: InkPart, rows: Pixels) -> bool:
    inked = (np.abs(rows.astype(np.int16) - part.ground).max(axis=2) > INK).mean(axis=1)
    first = int(np.argmax(inked > 0))
    return bool((inked > 0).any() and inked[first] > BORDER)
