"""Counts the tokens and seconds that a vision model uses."""

from __future__ import annotations

from collections.abc import Iterator

from screenagent.models.vision import AnswerGrammar, Chunk, Finished, Refused, Request, TokenBudget, VisionModel
from screenagent.usage import Meter, Mode


class Metered:
    """A vision model that adds the usage of each reply to a meter."""

    def __init__(self, model: VisionModel, meter: Meter) -> None:
        self._model = model
        self._meter = meter

    def generate(
        self,
        request: Request,
        *,
        mode: Mode = "auto",
        grammar: AnswerGrammar | None = None,
        budget: TokenBudget | None = None,
    ) -> Iterator[Chunk]:
        for chunk in self._model.generate(request, mode=mode, grammar=grammar, budget=budget or TokenBudget()):
            if isinstance(chunk, Finished | Refused):
                self._meter.add(chunk.usage, mode)
            yield chunk
