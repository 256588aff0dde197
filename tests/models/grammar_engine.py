"""A grammar in GBNF, run by llguidance over single bytes: whether it takes a text, and texts that it makes."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("llguidance")  # an extra

from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper
from llguidance.gbnf_to_lark import gbnf_to_lark


class _Bytes:
    """A tokenizer whose tokens are the bytes and an end."""

    def __init__(self) -> None:
        self.tokens = [*(bytes([value]) for value in range(256)), b"<end>"]
        self.eos_token_id = END
        self.bos_token_id = None
        self.special_token_ids = [END]

    def __call__(self, text: str | bytes) -> list[int]:
        return list(text.encode() if isinstance(text, str) else text)


END = 256
_TOKENIZER = LLTokenizer(TokenizerWrapper(_Bytes()), slices=[])
_QUOTE = ord('"')


class GrammarEngine:
    def __init__(self, rules: str) -> None:
        self._matcher = LLMatcher(_TOKENIZER, LLMatcher.grammar_from_lark(gbnf_to_lark(rules)))
        assert not self._matcher.is_error(), self._matcher.get_error()

    def accepts(self, text: str) -> bool:
        matcher = self._matcher.deep_copy()
        tokens = list(text.encode())
        return matcher.try_consume_tokens(tokens) == len(tokens) and bool(matcher.is_accepting())

    def sample(self, chance: random.Random, *, longest: int = 20_000) -> str:
        """Return a random walk through the grammar, which ends strings and itself often enough to come to an end."""
        matcher, walked = self._matcher.deep_copy(), bytearray()
        for _ in range(longest):
            allowed = [token for token, bias in enumerate(matcher.compute_logit_bias()) if bias]
            if matcher.is_accepting() and (allowed == [END] or chance.random() < 0.3):
                return walked.decode()
            choices = [token for token in allowed if token != END]
            ends = _QUOTE in choices and len(choices) > 40 and chance.random() < 0.2
            token = _QUOTE if ends else chance.choice(choices)
            matcher.consume_token(token)
            walked.append(token)
        raise AssertionError(f"no end after {longest} bytes: {bytes(walked[-80:])!r}")
