"""Switches reasoning on or off for a model behind a server, by its family's switch if the server supports it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from screenagent.models.families.family import Effort, Opening, TemplateSwitch, ThinkSwitch
from screenagent.models.remote.providers import ProviderStyle
from screenagent.models.vision import Request
from screenagent.usage import Mode

NOTES: Final = "\n\nWhat you have thought about this so far:\n{thought}\n\nNow answer."


@dataclass(frozen=True)
class ModeOrder:
    """What sets a model's mode: the beginning of its turn, or request fields. Both are empty if neither works."""

    opening: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def given(self) -> bool:
        return bool(self.opening or self.fields)


def order_mode(switch: ThinkSwitch, style: ProviderStyle, mode: Mode) -> ModeOrder:
    """Return what switches a model's reasoning on or off behind a server of this style."""
    thinks = mode == "think"
    match switch:
        case _ if mode == "auto":
            return ModeOrder()
        case Opening() if style.opens:
            return ModeOrder(opening=switch.think if thinks else switch.nothink)
        case TemplateSwitch() if style.template:
            return ModeOrder(fields={"chat_template_kwargs": {switch.variable: thinks}})
        case Effort() if style.effort:
            return ModeOrder(fields={"reasoning_effort": switch.think if thinks else switch.nothink})
        case _:
            return ModeOrder()


def with_notes(request: Request, thought: str) -> Request:
    """Return the request with the model's reasoning added as notes, to be answered without further reasoning."""
    return request.model_copy(update={"text": request.text + NOTES.format(thought=thought.strip())})
