"""A vision-language model behind a server: how it is found, asked and read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Final

from screenagent.models.families import Family, family_named, family_of
from screenagent.models.families.family import NoSwitch
from screenagent.models.parsing import refuses
from screenagent.models.remote import constraints
from screenagent.models.remote.clock import ReplyClock
from screenagent.models.remote.errors import RefusedByServer, ServerError
from screenagent.models.remote.facts import ServerFacts, server_facts
from screenagent.models.remote.messages import messages
from screenagent.models.remote.providers import STYLES, Endpoint, Provider
from screenagent.models.remote.stream import StreamChunk, StreamPiece, stream_pieces
from screenagent.models.remote.thinking import ModeOrder, order_mode, with_notes
from screenagent.models.remote.thoughts import END_OF_THOUGHT, EchoStripper, ThoughtSplitter
from screenagent.models.remote.transport import Wire
from screenagent.models.vision import AnswerGrammar, Chunk, Finished, Refused, Request, TextChunk, TokenBudget
from screenagent.protocols import Retry
from screenagent.usage import Mode

THINKS_ANYWAY: Final = (
    "the model behind {url} reasons although it was told not to; set model_family to its family, and if the server "
    "treats every answer as reasoning, start it without a reasoning parser"
)
ONLY_THOUGHT: Final = (
    "the model behind {url} reasoned but gave no answer; raise its context length, or set another model_family"
)


@dataclass(frozen=True)
class _Asked:
    """One question, which may take several requests; `clock` measures the cost of all of them."""

    request: Request
    mode: Mode
    grammar: AnswerGrammar | None
    budget: TokenBudget
    clock: ReplyClock


class RemoteModel:
    """A `VisionModel` behind a server.

    `family` determines how reasoning is switched; without a known family, nothing is sent to switch it. `check` is
    called during the wait for the server and may raise to stop at once.

    A grammar constrains only the answer, never the reasoning. A server that supports this gets one request. Any other
    server gets two: one for the reasoning, up to its budget, and one for the answer with that reasoning in place.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        family: Family | None = None,
        facts: ServerFacts | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self.endpoint = endpoint
        self.family = family
        self.facts = facts or ServerFacts(name=endpoint.name, kind=endpoint.kind)
        self._style = STYLES[endpoint.kind]
        self._wire = Wire(endpoint, check=check)
        self._tells_thoughts = True

    def as_family(self, family: Family) -> RemoteModel:
        """Return the same model on the same connection, asked as a member of `family`."""
        asked = copy(self)
        asked.family, asked._tells_thoughts = family, True
        return asked

    def binds(self, grammar: AnswerGrammar) -> bool:
        """Return whether this kind of server can constrain an answer to `grammar`."""
        return constraints.binding(self.endpoint.kind, grammar, thinks=False) is not None

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
        """Generate as `VisionModel` does. Raise `Retry` if it breaks off, `ServerError` for wrong configuration."""
        asked = _Asked(request, mode, grammar, budget or TokenBudget(), ReplyClock())
        order = self._order(mode)
        if mode == "think" and order.opening:
            thought = yield from self._thought(asked, order)
            opening = f"{order.opening}{thought}{END_OF_THOUGHT}"
            yield from self._answer(asked, ModeOrder(opening=opening))
        elif mode == "think" and order.fields:
            yield from self._after_thought(asked, order)
        else:
            yield from self._answer(asked, order, thinks=mode != "nothink")

    def _order(self, mode: Mode) -> ModeOrder:
        return order_mode(self.family.think if self.family else NoSwitch(), self._style, mode)

    def _after_thought(self, asked: _Asked, order: ModeOrder) -> Iterator[Chunk]:
        """Ask once if the server can tell where reasoning ends, else twice, the second time without reasoning."""
        fields = self._constraint(asked, thinks=True)
        if self._tells_thoughts and (fields is not None or asked.grammar is None):
            try:
                yield from self._answer(asked, order, fields=fields, thinks=True)
                return
            except RefusedByServer:  # such as a vLLM without a reasoning parser, which cannot tell where reasoning ends
                self._tells_thoughts = False
        thought = yield from self._thought(asked, order)
        answered = replace(asked, request=with_notes(asked.request, thought), mode="nothink")
        yield from self._answer(answered, self._order("nothink"))

    def _constraint(self, asked: _Asked, *, thinks: bool) -> Mapping[str, Any] | None:
        return None if asked.grammar is None else constraints.binding(self.endpoint.kind, asked.grammar, thinks=thinks)

    def _thought(self, asked: _Asked, order: ModeOrder) -> Generator[Chunk, None, str]:
        """Yield the reasoning, which ends by itself or at its budget; return all of it."""
        body = {**order.fields, "max_tokens": asked.budget.thought, "stop": [END_OF_THOUGHT]}
        thought, marked = "", False
        for piece in ThoughtSplitter().parts(self._pieces(asked, body, order.opening)):
            marked = marked or piece.part == "thought"
            if piece.text and not (marked and piece.part == "answer"):  # not every server honours `stop`
                thought += piece.text
                yield TextChunk(text=piece.text, part="thought")
        asked.clock.thought_over()
        return thought.partition(END_OF_THOUGHT)[0]

    def _answer(
        self, asked: _Asked, order: ModeOrder, *, fields: Mapping[str, Any] | None = None, thinks: bool = False
    ) -> Iterator[Chunk]:
        """Yield the answer and, if one request produces both (`thinks`), the reasoning before it."""
        bound = fields if fields is not None else self._constraint(asked, thinks=False)
        body = {**order.fields, **(bound or {}), **self._limits(asked, order, thinks=thinks)}
        answer, thought, reason = "", "", None
        for piece in ThoughtSplitter().parts(self._pieces(asked, body, order.opening)):
            reason = reason if reason == "content_filter" else piece.reason or reason
            answer, thought = _added(piece, answer, thought)
            if asked.mode == "nothink" and order.given and (thought.strip() or _ends_a_thought(answer)):
                raise Retry(THINKS_ANYWAY.format(url=self.endpoint.url), "model_answer")
            if piece.text:
                yield TextChunk(text=piece.text, part=piece.part)
        yield self._end(asked, answer, thought, reason)

    def _end(self, asked: _Asked, answer: str, thought: str, reason: str | None) -> Chunk:
        usage = asked.clock.usage()
        if reason == "content_filter" or refuses(answer):
            return Refused(text=answer or "the server's content filter stopped the answer", usage=usage)
        if thought.strip() and not answer.strip() and reason != "length":
            raise Retry(ONLY_THOUGHT.format(url=self.endpoint.url), "model_answer")
        return Finished(reason="length" if reason == "length" else "end", usage=usage)

    def _limits(self, asked: _Asked, order: ModeOrder, *, thinks: bool) -> Mapping[str, Any]:
        """Return the fields that limit reasoning and answer to their budgets."""
        budget = asked.budget
        if self._style.modes:
            return {"max_tokens": budget.answer, "mode": asked.mode, "thought_tokens": budget.thought}
        if not thinks:
            return {"max_tokens": budget.answer}
        limit = {self._style.thought_limit: budget.thought} if self._style.thought_limit and order.fields else {}
        return {"max_tokens": budget.thought + budget.answer, **limit}

    def _pieces(self, asked: _Asked, body: Mapping[str, Any], opening: str) -> Iterator[StreamPiece]:
        """Yield the reply as it arrives; the last piece says why it ended."""
        between, after = self._breaks()
        said = messages(asked.request, opening=opening, between=between, after=after)
        ended = False
        asked.clock.sent()
        chunks = self._wire.chunks(said, {**(self._style.body if opening else {}), **body})
        for piece in EchoStripper(opening).parts(self._heard(asked, chunks)):
            ended = ended or piece.reason is not None
            yield piece
        if not ended:
            raise Retry(f"the answer from {self.endpoint.url} broke off; it is discarded", "model_answer")

    def _heard(self, asked: _Asked, chunks: Iterator[StreamChunk]) -> Iterator[StreamPiece]:
        for chunk in chunks:
            asked.clock.tick(chunk)
            yield from stream_pieces(chunk)

    def _breaks(self) -> tuple[str, str]:
        """Return the texts between two pictures and after the last, unless the server inserts them itself.

        Some servers treat two consecutive pictures as a video and show the model only one.
        """
        trained = self.family.after_picture if self.family else ""
        return ("", "") if trained and self._style.breaks_after_pictures else (trained or "\n", trained)


def _ends_a_thought(answer: str) -> bool:
    """Return whether the text begins with reasoning that was opened in the prompt, as some chat templates do."""
    before, end, _ = answer.partition(END_OF_THOUGHT)
    return bool(end and before.strip()) and not before.lstrip().startswith(("{", "["))


def _added(piece: StreamPiece, answer: str, thought: str) -> tuple[str, str]:
    return (answer, thought + piece.text) if piece.part == "thought" else (answer + piece.text, thought)


def connect_server(
    url: str,
    *,
    name: str | None = None,
    kind: Provider | None = None,
    family: Family | None = None,
    proxy: str | None = None,
    check: Callable[[], None] = lambda: None,
) -> RemoteModel:
    """Return the model `name` on the server at `url`; what is not given is taken from the server's list.

    If `family` is not given, it is inferred from the name of the weights or of the model; it may remain unknown. A
    deployment may follow the address: `https://…/v1#blue`.
    """
    base, _, deployment = url.partition("#")
    known = ServerFacts(name=name, kind=kind) if name and kind else None
    facts = known or server_facts(base, kind, name=name, proxy=proxy, check=check)
    if facts.vision is False:
        raise ServerError(f"{base} has loaded {facts.name!r} without its vision encoder (llama.cpp: --mmproj)")
    endpoint = Endpoint(url=base, name=facts.name, kind=facts.kind, deployment=deployment or None, proxy=proxy)
    told = family_named("phi4") if facts.kind == "screenagent" else family_of(facts.weights) or family_of(facts.name)
    return RemoteModel(endpoint, family=family or told, facts=facts, check=check)
