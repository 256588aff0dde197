"""Turns at a model that several processes share: only so many ask it at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from filelock import lock_descriptor

from screenagent.control import POLL_SECONDS
from screenagent.models.vision import AnswerGrammar, Chunk, Request, TokenBudget, VisionModel
from screenagent.usage import Mode

PRIVATE: Final = 0o700


@dataclass(frozen=True)
class ModelTurns:
    """`count` turns at the model behind `address`, for all processes that keep them in the same `folder`.

    A turn is a lock on a file, so it ends with its process, however that ends. `wait` takes the seconds until the next
    try, and may raise to stop.
    """

    folder: Path
    address: str
    count: int
    wait: Callable[[float], object]

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a turn, once one is free."""
        folder = self.folder / hashlib.sha256(self.address.encode()).hexdigest()[:16]
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        with ExitStack() as stack:
            files = [stack.enter_context((folder / str(number)).open("wb")) for number in range(self.count)]
            while not any(_locks(file) for file in files):
                self.wait(POLL_SECONDS)
            yield


def _locks(file: IO[bytes]) -> bool:
    return lock_descriptor(file.fileno(), blocking=False)


@dataclass(frozen=True)
class TakesTurns:
    """A `VisionModel` that is asked only while a turn is held."""

    model: VisionModel
    turns: ModelTurns

    def generate(
        self,
        request: Request,
        *,
        mode: Mode = "auto",
        grammar: AnswerGrammar | None = None,
        budget: TokenBudget | None = None,
    ) -> Iterator[Chunk]:
        with self.turns.taken():
            yield from self.model.generate(request, mode=mode, grammar=grammar, budget=budget)
