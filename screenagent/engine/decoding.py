"""From logits to tokens: one a forward, or several where the next are known or likely, and the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Protocol

import torch
from torch import Tensor

from screenagent.engine.chat import ChatMode, Special
from screenagent.engine.grammar import Allowed, Matcher

ReplyPart = Literal["thought", "answer"]
Reason = Literal["end", "length"]
WIDEST = 8  # tokens in one decode forward: the one that was picked and seven that are guessed


class Forward(Protocol):
    """A sequence that can go on: `forward` adds tokens to it and gives the logits that follow each."""

    @property
    def length(self) -> int: ...

    def forward(self, tokens: Sequence[int]) -> Tensor: ...  # (tokens, vocabulary)

    def cut(self, length: int) -> None: ...


Pick = Callable[[Tensor, Allowed], int]  # logits of one position, what is allowed -> token


@dataclass(frozen=True)
class Sampling:
    """Greedy, unless a temperature is given."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.temperature < 0 or not 0 < self.top_p <= 1:
            raise ValueError(f"temperature {self.temperature} or top_p {self.top_p} is out of range")

    def pick(self, device: torch.device) -> Pick:
        if self.temperature == 0:
            return greedy
        generator = torch.Generator(device).manual_seed(self.seed)

        def sample(logits: Tensor, allowed: Allowed) -> int:
            if isinstance(allowed, int):
                return allowed
            weights = torch.softmax(masked(logits, allowed) / self.temperature, -1)
            ordered, tokens = weights.sort(descending=True)
            before = ordered.cumsum(-1) - ordered  # what the more likely ones weigh together; the first is always kept
            kept = ordered.masked_fill(before >= self.top_p, 0.0)
            return int(tokens[torch.multinomial(kept, 1, generator=generator)])

        return sample


def greedy(logits: Tensor, allowed: Allowed) -> int:
    return allowed if isinstance(allowed, int) else int(masked(logits, allowed).argmax())


def masked(logits: Tensor, allowed: Tensor | None) -> Tensor:
    return logits if allowed is None else logits.masked_fill(~allowed, -torch.inf)


GREEDY: Final = Sampling()


@dataclass(frozen=True)
class DecodeBudget:
    """How many tokens may be thought and answered; at the first the thought is closed, at the second all ends."""

    thought: int = 2048
    answer: int = 1024


DEFAULT_BUDGET: Final = DecodeBudget()


class DecodedToken(NamedTuple):
    """`part` is None for the tokens that only divide the parts."""

    id: int
    part: ReplyPart | None


FIRST: dict[ChatMode, ReplyPart | None] = {"think": "thought", "nothink": "answer", "auto": None}


class Rules:
    """What may come next: thought or answer, within their budgets, the answer in its grammar."""

    def __init__(
        self, mode: ChatMode, special: Special, *, budget: DecodeBudget, matcher: Matcher | None, any_but_end: Tensor
    ) -> None:
        self.ended: Reason | None = None
        self._part: ReplyPart | None = FIRST[mode]
        self._special = special
        self._budget = budget
        self._matcher = matcher
        self._any_but_end = any_but_end
        self.thought = 0
        self.answer = 0

    def fork(self) -> Rules:
        other = Rules.__new__(Rules)
        other.__dict__.update(self.__dict__)
        other._matcher = self._matcher and self._matcher.fork()
        return other

    def allowed(self) -> Allowed:
        if self._part == "thought":
            if self.thought >= self._budget.thought:
                return self._special.think_end
            return self._any_but_end if self._matcher else None
        if self._matcher is None:
            return None
        answers = self._matcher.allowed()
        return answers if self._part == "answer" else self._with_openings(answers)

    def _with_openings(self, answers: int | Tensor) -> Tensor:
        """Where the model chooses its mode, its first token may also be one that says so."""
        either = torch.zeros_like(self._any_but_end)
        either[[self._special.think, self._special.nothink]] = True
        if isinstance(answers, Tensor):
            return either | answers
        either[answers] = True
        return either

    def take(self, token: int) -> DecodedToken:
        if self._part is None and token in (self._special.think, self._special.nothink):
            self._part = "thought" if token == self._special.think else "answer"
            return DecodedToken(token, None)
        if self._part == "thought":
            if token == self._special.think_end:
                self._part = "answer"
                return DecodedToken(token, None)
        else:
            self._part = "answer"
            if self._matcher:
                self._matcher.take(token)
        if token == self._special.end:
            self.ended = "end"
            return DecodedToken(token, None)
        if self._part == "thought":
            self.thought += 1
        else:
            self.answer += 1
            if self.answer >= self._budget.answer:
                self.ended = "length"
        return DecodedToken(token, self._part)

    def guesses(self) -> list[int]:
        """The tokens that must or probably will come next."""
        ahead = self.fork()
        found: list[int] = []
        while len(found) < WIDEST - 1 and (token := ahead._guess()) is not None and token != self._special.end:
            found.append(token)
            ahead.take(token)
            if ahead.ended:
                break
        return found

    def _guess(self) -> int | None:
        if self._part == "answer" and self._matcher:
            return self._matcher.guess(self._matcher.allowed())
        allowed = self.allowed()
        return allowed if isinstance(allowed, int) else None


def decode_plainly(sequence: Forward, logits: Tensor, rules: Rules, pick: Pick) -> Iterator[DecodedToken]:
    """The slow twin: one forward a token. `logits` are those of the prompt's last position."""
    while True:
        token = rules.take(pick(logits, rules.allowed()))
        yield token
        if rules.ended:
            return
        logits = sequence.forward([token.id])[-1]


def decode(sequence: Forward, rows: Tensor, guesses: Sequence[int], rules: Rules, pick: Pick) -> Iterator[DecodedToken]:
    """The same tokens in fewer forwards. `rows` are the logits after the prompt and after each of the guesses that the
    sequence already holds. A token is picked from its own logits, or is the only one allowed; a guess only says where
    the logits already are."""
    while True:
        right = sequence.length - len(guesses)
        for row, guess in zip(rows, [*guesses, None], strict=True):
            token = rules.take(pick(row, rules.allowed()))
            yield token
            if rules.ended:
                return
            if token.id != guess:
                break
            right += 1
        sequence.cut(right)
        pending = [token.id]
        while isinstance(only := rules.allowed(), int):
            token = rules.take(only)
            yield token
            if rules.ended:
                return
            pending.append(token.id)
        guesses = rules.guesses()
        rows = sequence.forward([*pending, *guesses])[len(pending) - 1 :]
