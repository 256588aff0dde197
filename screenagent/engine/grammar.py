"""Answers that are well-formed by construction: which tokens may come next, which must, and which probably will."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from llguidance import LLMatcher, LLTokenizer
from torch import Tensor

from screenagent.engine.chat import Chat
from screenagent.engine.config import EngineError


class GrammarError(EngineError):
    """A pattern or schema that cannot be compiled."""

    code = "grammar"


class Likely(NamedTuple):
    """After an answer that ends as the pattern `after` says, the token `then` is assumed and checked, never trusted."""

    after: str
    then: str


@dataclass(frozen=True)
class TokenGrammar:
    source: str = field(repr=False)  # as llguidance takes it
    likely: tuple[Likely, ...] = ()

    @classmethod
    def regex(cls, pattern: str, *, likely: tuple[Likely, ...] = ()) -> TokenGrammar:
        return cls(LLMatcher.grammar_from_regex(pattern), likely)

    @classmethod
    def json(cls, schema: Mapping[str, Any], *, likely: tuple[Likely, ...] = ()) -> TokenGrammar:
        return cls(LLMatcher.grammar_from_json_schema(json.dumps(schema)), likely)


NUMBERS = (Likely(after=r"[\[ ]", then="0"), Likely(after=r"\.[0-9]+", then=","))


def numbers(count: int, *, decimals: tuple[int, int] = (1, 4)) -> TokenGrammar:
    """`[0.174, 0.868]`: so many numbers from 0 to 1, of so many decimals each."""
    many = f"{{{decimals[0]},{decimals[1]}}}"
    number = rf"(0\.[0-9]{many}|1\.0{many})"
    return TokenGrammar.regex(rf"\[{', '.join([number] * count)}\]", likely=NUMBERS)


Allowed = int | Tensor | None  # the one token, a mask over the vocabulary, or any token


class Grammars:
    """Compiles grammars against one tokenizer. Built once: it reads the whole vocabulary."""

    def __init__(self, chat: Chat, *, vocab_size: int, device: torch.device) -> None:
        self.chat = chat
        self.device = device
        self.vocab_size = vocab_size
        self._tokenizer = LLTokenizer(chat.tokenizer.to_str(), n_vocab=vocab_size, eos_token=chat.special.end)

    def start(self, grammar: TokenGrammar) -> Matcher:
        refused = LLMatcher.validate_grammar(grammar.source, self._tokenizer)
        if refused:
            raise GrammarError(f"no grammar: {refused}")
        likely = tuple(
            (re.compile(rf"(?:{rule.after})\Z"), self.chat.encode_plain(rule.then)) for rule in grammar.likely
        )
        return Matcher(self, LLMatcher(self._tokenizer, grammar.source), likely, "")

    def mask(self, *allowed: int) -> Tensor:
        """A mask of these tokens."""
        mask = torch.zeros(self.vocab_size, dtype=torch.bool, device=self.device)
        mask[list(allowed)] = True
        return mask


class Matcher:
    """How far an answer has come in its grammar."""

    def __init__(
        self, grammars: Grammars, matcher: LLMatcher, likely: tuple[tuple[re.Pattern[str], list[int]], ...], text: str
    ) -> None:
        self._grammars = grammars
        self._matcher = matcher
        self._likely = likely
        self._text = text

    def fork(self) -> Matcher:
        return Matcher(self._grammars, self._matcher.deep_copy(), self._likely, self._text)

    def allowed(self) -> int | Tensor:
        packed = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        if self._matcher.is_error():
            raise GrammarError(f"the grammar grew too large: {self._matcher.get_error()}")
        bits = np.unpackbits(packed, bitorder="little")[: self._grammars.vocab_size]
        only = np.flatnonzero(bits)
        if len(only) == 1:
            return int(only[0])
        return torch.from_numpy(bits).to(self._grammars.device).bool()

    def take(self, token: int) -> None:
        if not self._matcher.consume_token(token):
            raise GrammarError(f"token {token} is not allowed here: {self._matcher.get_error()}")
        self._text += self._grammars.chat.tokenizer.decode([token])

    def guess(self, allowed: int | Tensor) -> int | None:
        """The token that must come next, or the one that is likely; None where anything may come."""
        if isinstance(allowed, int):
            return allowed
        for after, then in self._likely:
            if len(then) == 1 and allowed[then[0]] and after.search(self._text):
                return then[0]
        return None
