"""The model behind a server: what it is asked in each mode, and what comes of what it says."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, Final

from screenagent.models.parsing import refuses
from screenagent.models.remote.asking import messages
from screenagent.models.remote.clock import ReplyClock
from screenagent.models.remote.pieces import END_OF_THOUGHT, Split, StreamPiece, stream_pieces
from screenagent.models.remote.providers import EFFORTS, OPENINGS, STYLES, Provider
from screenagent.models.remote.transport import Wire
from screenagent.models.vision import (
    AnswerGrammar,
    Chunk,
    Finished,
    Refused,
    Request,
    TextChunk,
    TokenBudget,
)
from screenagent.protocols import Retry
from screenagent.usage import Mode

STALLED_SECONDS: Final = 120.0
"""A server that says nothing for so long has stalled; the first words of a long prompt may take a minute."""
ATTEMPTS: Final = 3


def keep_waiting() -> None:
    """Nobody says stop."""


class RemoteModel:
    """`check` is called while waiting for the server, and may raise to stop at once.

    Only `think` and `nothink` begin the assistant's turn; a thought ends at its budget, and the answer is then asked
    for with the thought in place, so that a grammar binds the answer alone.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str,
        kind: Provider = "openai",
        deployment: str | None = None,
        key: str | None = None,
        check: Callable[[], None] = keep_waiting,
        stalled_seconds: float = STALLED_SECONDS,
        attempts: int = ATTEMPTS,
    ) -> None:
        self.url, self.name, self.kind = url, name, kind
        self._style = STYLES[kind]
        self._wire = Wire(
            url,
            name=name,
            kind=kind,
            deployment=deployment,
            key=key,
            check=check,
            stalled_seconds=stalled_seconds,
            attempts=attempts,
        )

    def close(self) -> None:
        self._wire.close()

    def generate(
        self,
        request: Request,
        *,
        mode: Mode = "auto",
        grammar: AnswerGrammar | None = None,
        budget: TokenBudget | None = None,
    ) -> Iterator[Chunk]:
        """As `VisionModel` says. `Retry` where an answer broke off; `ServerError` where the set-up is wrong."""
        budget = budget or TokenBudget()
        clock = ReplyClock()
        opening = OPENINGS.get(mode, "") if self._style.opens else ""
        if opening and mode == "think":
            thought = yield from self._thought(request, budget, clock=clock, opening=opening)
            opening = f"{opening}{thought}{END_OF_THOUGHT}"
        yield from self._answer(request, budget, mode=mode, grammar=grammar, clock=clock, opening=opening)

    def _thought(
        self, request: Request, budget: TokenBudget, *, clock: ReplyClock, opening: str
    ) -> Generator[Chunk, None, str]:
        """Yield the thought up to its end or its budget's; return it whole."""
        body = {"max_tokens": budget.thought, "stop": [END_OF_THOUGHT]}
        thought = ""
        for piece in self._pieces(request, body, clock, opening):
            thought += piece.text
            if piece.text:
                yield TextChunk(text=piece.text, part="thought")
        clock.thought_over()
        return thought

    def _answer(
        self,
        request: Request,
        budget: TokenBudget,
        *,
        mode: Mode,
        grammar: AnswerGrammar | None,
        clock: ReplyClock,
        opening: str,
    ) -> Iterator[Chunk]:
        thinks = mode != "nothink" and not opening
        body: dict[str, Any] = {
            "max_tokens": budget.answer + (budget.thought if thinks and not self._style.modes else 0)
        }
        if grammar is not None:
            body |= self._style.grammar(grammar)
        if self._style.modes:
            body |= {"mode": mode, "thought_tokens": budget.thought}
        if self._style.effort and mode in EFFORTS:
            body["reasoning_effort"] = EFFORTS[mode]
        answer, reason = "", None
        said = self._pieces(request, body, clock, opening)
        for piece in said if self._style.modes else Split(thinks).parts(said):
            reason = reason if reason == "content_filter" else piece.reason or reason
            answer += piece.text if piece.part == "answer" else ""
            if piece.text:
                yield TextChunk(text=piece.text, part=piece.part)
        usage = clock.usage()
        if reason == "content_filter" or refuses(answer):
            yield Refused(text=answer or "the server's content filter stopped the answer", usage=usage)
        else:
            yield Finished(reason="length" if reason == "length" else "end", usage=usage)

    def _pieces(
        self, request: Request, body: Mapping[str, Any], clock: ReplyClock, opening: str
    ) -> Iterator[StreamPiece]:
        """What the server says, as it says it; the last piece has the reason why it ended."""
        ended = False
        chunks = self._wire.chunks(messages(request, opening), {**(self._style.body if opening else {}), **body})
        for chunk in chunks:
            clock.tick(chunk)
            for piece in stream_pieces(chunk):
                ended = ended or piece.reason is not None
                yield piece
        if not ended:
            raise Retry(f"the answer of {self.url} broke off; nothing of it is used", "model_answer")
