"""How a model behind a server is told to think or not: the switch of its family, as far as the server passes it on."""

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
    """What tells a model its mode: the beginning of its turn, or fields of the request; nothing where nothing can."""

    opening: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def given(self) -> bool:
        return bool(self.opening or self.fields)


def order_mode(switch: ThinkSwitch, style: ProviderStyle, mode: Mode) -> ModeOrder:
    """Return what tells a model with this switch to think or not, behind a server of this style."""
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
    """Return the request with a thought of the model as its own notes, to be answered without more thinking."""
    return request.model_copy(update={"text": request.text + NOTES.format(thought=thought.strip())})
