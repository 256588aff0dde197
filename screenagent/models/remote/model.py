"""A vision-language model behind a server: how it is found, what it is asked, and what its reply becomes."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

from screenagent.models.parsing import refuses
from screenagent.models.remote import transport
from screenagent.models.remote.facts import server_facts
from screenagent.models.remote.providers import EFFORTS, OPENINGS, STYLES, Endpoint, Provider
from screenagent.models.vision import AnswerGrammar, Chunk, Finished, Refused, Request, TextChunk, TokenBudget
from screenagent.protocols import Retry
from screenagent.screenshot import Screenshot
from screenagent.usage import Mode


class RemoteModel:
    """A `VisionModel` behind a server.

    `check` is called while the model waits for the server, and may raise to stop at once. Only `think` and `nothink`
    begin the assistant's turn. A thought ends at its budget; a second request then asks for the answer with the thought
    in place, so that the grammar constrains the answer alone.
    """

    def __init__(self, endpoint: Endpoint, *, check: Callable[[], None] = lambda: None) -> None:
        self.endpoint = endpoint
        self._style = STYLES[endpoint.kind]
        self._wire = transport.Wire(endpoint, check=check)

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
        """As in `VisionModel`; raise `Retry` if the answer breaks off and `ServerError` if the set-up is wrong."""
        budget = budget or TokenBudget()
        clock = transport.ReplyClock()
        opening = OPENINGS.get(mode, "") if self._style.opens else ""
        if opening and mode == "think":
            thought = yield from self._thought(request, budget, clock=clock, opening=opening)
            opening = f"{opening}{thought}{transport.END_OF_THOUGHT}"
        yield from self._answer(request, budget, mode=mode, grammar=grammar, clock=clock, opening=opening)

    def _thought(
        self, request: Request, budget: TokenBudget, *, clock: transport.ReplyClock, opening: str
    ) -> Generator[Chunk, None, str]:
        """Yield the thought, which ends by itself or at its budget; return all of it."""
        body = {"max_tokens": budget.thought, "stop": [transport.END_OF_THOUGHT]}
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
        clock: transport.ReplyClock,
        opening: str,
    ) -> Iterator[Chunk]:
        """Yield the answer, and before it the thought if the opening does not hold one already."""
        thinks = mode != "nothink" and not opening
        body = self._answer_body(budget, mode=mode, grammar=grammar, thinks=thinks)
        answer, reason = "", None
        said = self._pieces(request, body, clock, opening)
        for piece in said if self._style.modes else transport.ThoughtSplitter().parts(said):
            reason = reason if reason == "content_filter" else piece.reason or reason
            answer += piece.text if piece.part == "answer" else ""
            if piece.text:
                yield TextChunk(text=piece.text, part=piece.part)
        usage = clock.usage()
        if reason == "content_filter" or refuses(answer):
            yield Refused(text=answer or "the server's content filter stopped the answer", usage=usage)
        else:
            yield Finished(reason="length" if reason == "length" else "end", usage=usage)

    def _answer_body(
        self, budget: TokenBudget, *, mode: Mode, grammar: AnswerGrammar | None, thinks: bool
    ) -> Mapping[str, Any]:
        """Return the fields of the request that hold the answer to its budget, grammar and mode."""
        thought = budget.thought if thinks and not self._style.modes else 0
        body: dict[str, Any] = {"max_tokens": budget.answer + thought}
        if grammar is not None:
            body |= self._style.grammar(grammar)
        if self._style.modes:
            body |= {"mode": mode, "thought_tokens": budget.thought}
        if self._style.effort and mode in EFFORTS:
            body["reasoning_effort"] = EFFORTS[mode]
        return body

    def _pieces(
        self, request: Request, body: Mapping[str, Any], clock: transport.ReplyClock, opening: str
    ) -> Iterator[transport.StreamPiece]:
        """Yield the reply as it arrives; the last piece has the reason why it ended."""
        ended = False
        chunks = self._wire.chunks(messages(request, opening), {**(self._style.body if opening else {}), **body})
        for chunk in chunks:
            clock.tick(chunk)
            for piece in transport.stream_pieces(chunk):
                ended = ended or piece.reason is not None
                yield piece
        if not ended:
            raise Retry(f"the answer of {self.endpoint.url} broke off; nothing of it is used", "model_answer")


def messages(request: Request, opening: str = "") -> list[transport.Message]:
    """Return the request as messages: its pictures, its text and, with `opening`, the beginning of the reply."""
    content: list[Mapping[str, Any]] = [
        {"type": "image_url", "image_url": {"url": _data_url(picture)}} for picture in request.pictures
    ]
    content.append({"type": "text", "text": request.text})
    said: list[transport.Message] = [{"role": "user", "content": content}]
    if opening:
        said.append({"role": "assistant", "content": opening})
    return said


def _data_url(picture: Screenshot) -> str:
    file = io.BytesIO()
    picture.pixels.save(file, format="PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def connect_server(
    url: str, *, name: str | None = None, kind: Provider | None = None, check: Callable[[], None] = lambda: None
) -> RemoteModel:
    """Return the model `name` on the server at `url`; whatever is not given is taken from what the server lists.

    A deployment may follow the address: `https://…/v1#blue`.
    """
    base, _, deployment = url.partition("#")
    if not (name and kind):
        facts = server_facts(base, kind, name=name, check=check)
        name, kind = facts.name, facts.kind
    endpoint = Endpoint(url=base, name=name, kind=kind, deployment=deployment or None)
    return RemoteModel(endpoint, check=check)
