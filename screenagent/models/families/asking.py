"""Asks a model where something is on a picture, with the prompt of its family."""

from __future__ import annotations

from screenagent.models.families.family import Family, ModelPlace
from screenagent.models.vision import Refused, Reply, VisionModel, complete
from screenagent.screenshot import Screenshot


def ask_place(
    model: VisionModel, family: Family, target: str, picture: Screenshot, *, absent: bool = False, bound: bool = True
) -> ModelPlace | Refused:
    """Return where the target is on `picture`; raise `Retry` if the answer cannot be read as a place.

    With `absent`, the model may answer that the target is not there. Without `bound`, decoding is unconstrained.
    """
    reply = ask_target(model, family, target, picture, absent=absent, bound=bound)
    return reply if isinstance(reply, Refused) else family.read(reply.text, picture.size)


def ask_target(
    model: VisionModel, family: Family, target: str, picture: Screenshot, *, absent: bool = False, bound: bool = True
) -> Reply | Refused:
    """Return the model's answer to the question where the target is, not yet read as a place."""
    return complete(
        model.generate(
            family.question(target, picture, absent=absent),
            mode="nothink",
            grammar=family.grammar(absent=absent) if bound else None,
            budget=family.budget,
        )
    )
