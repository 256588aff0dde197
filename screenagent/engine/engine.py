"""The engine: messages and pictures in; thought, answer and what they cost out. One sequence at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from PIL import Image
from torch import Tensor

from screenagent.engine import checkpoint, decoding
from screenagent.engine.cache import Cache, kv_bytes_per_token
from screenagent.engine.chat import Chat, ChatMessage, ChatMode, ChatPrompt
from screenagent.engine.config import Config, Quant
from screenagent.engine.errors import EngineError
from screenagent.engine.grammar import Grammars, TokenGrammar
from screenagent.engine.image import PatchLimits, picture_patches
from screenagent.engine.model import Check, Phi4Network, keep_going
from screenagent.engine.sequence import CompiledStep, DecodeStep, EagerStep, LongSequence


class TooLong(EngineError):
    """More than the model was trained on, with no picture left to shrink; the question is never cut."""

    code = "too_long"


@dataclass(frozen=True)
class EngineTurn:
    """What one side said, its pictures as they are."""

    role: Literal["user", "assistant"]
    text: str
    pictures: tuple[Image.Image, ...] = ()


@dataclass(frozen=True)
class EngineCost:
    """What a reply took, counted and timed."""

    prompt_positions: int = 0
    reused_positions: int = 0
    forwards: int = 0  # after the prefill
    thought_tokens: int = 0
    answer_tokens: int = 0
    prepare_seconds: float = 0.0
    encode_seconds: float = 0.0
    prefill_seconds: float = 0.0
    decode_seconds: float = 0.0

    @property
    def new_positions(self) -> int:
        return self.prompt_positions - self.reused_positions

    @property
    def seconds(self) -> dict[Literal["encode", "prefill", "decode"], float]:
        """The seconds of each phase; preparing the prompt counts as encoding."""
        encode = self.prepare_seconds + self.encode_seconds
        return {"encode": encode, "prefill": self.prefill_seconds, "decode": self.decode_seconds}


class EngineText(NamedTuple):
    """A piece of text as it forms, and the tokens it stands for."""

    text: str
    part: decoding.ReplyPart
    token: int


@dataclass(frozen=True)
class EngineEnd:
    """The last thing of a reply; `notes` say in the open what was changed to make it possible."""

    reason: decoding.Reason
    cost: EngineCost
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class EngineSettings:
    """How the engine uses the machine; none of it changes an answer except `largest_picture`."""

    longest: int = 8192  # positions of prompt, thought and answer; the model was never trained on more
    kept_bytes: int = 2 << 30  # keys and values of pictures seen before
    largest_picture: int = 3600  # patches
    fast: bool = True  # guessed tokens ride along; False is the slow twin
    compiler: str | None = (
        None  # of the decode step, a backend of torch.compile; on CUDA it is captured as a graph, too
    )


class Engine:
    def __init__(self, model: Phi4Network, chat: Chat, settings: EngineSettings = EngineSettings()) -> None:
        self.model = model
        self.chat = chat
        self.settings = settings
        weight = model.language.norm.weight
        self.device, self.dtype = weight.device, weight.dtype
        self.grammars = Grammars(chat, vocab_size=model.config.vocab_size, device=self.device)
        self.limits = PatchLimits(
            model.config.min_num_patches, min(settings.largest_picture, model.config.max_num_patches)
        )
        self.longest = min(settings.longest, model.config.tokenizer_model_max_length)
        self.cache = Cache(
            model.config,
            capacity=self.longest
            + 2 * decoding.WIDEST,  # guesses and what fills up a step may stand beyond the last token
            device=self.device,
            dtype=self.dtype,
            kept_bytes=settings.kept_bytes,
        )
        self._step: DecodeStep = (
            CompiledStep(model, self.cache, settings.compiler) if settings.compiler else EagerStep(model, self.cache)
        )
        self._any_but_end = ~self.grammars.mask(chat.special.end)
        self._busy = threading.Lock()

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        device: torch.device,
        dtype: torch.dtype,
        settings: EngineSettings = EngineSettings(),
        quant: Quant = "none",
    ) -> Engine:
        """Everything that can be wrong with the folder is found before its weights are read."""
        chat = Chat.read(folder, Config.read(folder))
        return cls(checkpoint.load_network(folder, device=device, dtype=dtype, quant=quant), chat, settings)

    @property
    def kv_bytes_per_token(self) -> int:
        return kv_bytes_per_token(self.model.config, self.dtype)

    def prompt(
        self,
        turns: Sequence[EngineTurn],
        *,
        mode: ChatMode,
        budget: decoding.DecodeBudget,
        limits: PatchLimits | None = None,
    ) -> tuple[ChatPrompt, tuple[str, ...]]:
        """The prompt, counted with its budget before anything runs. To make room pictures are shrunk, and the notes
        say so; text is never cut."""
        limits = limits or self.limits
        prompt = self._prompt(turns, mode, limits)
        beyond = prompt.length + budget.thought + budget.answer - self.longest
        if beyond <= 0:
            return prompt, ()
        room = room_for_each([len(picture) for picture in prompt.pictures], beyond)
        if room < limits.smallest:
            raise TooLong(
                f"{prompt.length} tokens of prompt, {budget.thought} of thought and {budget.answer} of answer are "
                f"more than {self.longest}, and pictures cannot be shrunk enough; shorten the text or the budget"
            )
        prompt = self._prompt(turns, mode, replace(limits, largest=room))
        return prompt, (f"to fit {self.longest} tokens, pictures were shrunk to at most {room} patches each",)

    def _prompt(self, turns: Sequence[EngineTurn], mode: ChatMode, limits: PatchLimits) -> ChatPrompt:
        messages = [
            ChatMessage(t.role, t.text, tuple(picture_patches(image, limits) for image in t.pictures)) for t in turns
        ]
        return self.chat.prompt(messages, mode=mode)

    def reply(
        self,
        turns: Sequence[EngineTurn],
        *,
        mode: ChatMode = "auto",
        grammar: TokenGrammar | None = None,
        budget: decoding.DecodeBudget = decoding.DEFAULT_BUDGET,
        sampling: decoding.Sampling = decoding.GREEDY,
        check: Check = keep_going,
        pick: decoding.Pick | None = None,
    ) -> Iterator[EngineText | EngineEnd]:
        """Yield text as it forms, and an `EngineEnd` last.

        `check` is called within every token and layer and may raise; `pick` replaces the sampling, to measure with an
        answer that is known.
        """
        if not self._busy.acquire(blocking=False):
            raise RuntimeError("the engine is busy with another reply; close that one first")
        try:
            asked = PendingQuestion(turns, mode, grammar, replace(budget, thought=0) if mode == "nothink" else budget)
            yield from self._reply(asked, pick or sampling.pick(self.device), check)
        finally:
            self._busy.release()

    def _reply(self, asked: PendingQuestion, pick: decoding.Pick, check: Check) -> Iterator[EngineText | EngineEnd]:
        start = self._start(asked, check)
        decoded = self.chat.decoder()
        clock = PhaseClock(self.device)
        if self.settings.fast:
            tokens = decoding.decode(start.sequence, start.rows, start.guesses, start.rules, pick)
        else:
            tokens = decoding.decode_plainly(start.sequence, start.rows[-1], start.rules, pick)
        for token in tokens:
            check()
            if token.part:
                yield EngineText(decoded(token.id), token.part, token.id)
        assert start.rules.ended
        cost = replace(
            start.cost,
            forwards=start.sequence.forwards,
            thought_tokens=start.rules.thought,
            answer_tokens=start.rules.answer,
            decode_seconds=clock.lap(),
        )
        yield EngineEnd(start.rules.ended, cost, start.notes)

    def _start(self, asked: PendingQuestion, check: Check) -> Prefilled:
        """Prefill; if memory runs out, once more with what was kept freed and half the patches."""
        try:
            return self._prefill(asked, check, self.limits)
        except torch.OutOfMemoryError:
            self.cache.clear()
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
        fewer = replace(self.limits, largest=max(self.limits.smallest, self.limits.largest // 2))
        started = self._prefill(asked, check, fewer)
        note = f"memory ran out: kept pictures were freed, and pictures were shrunk to at most {fewer.largest} patches"
        return replace(started, notes=(*started.notes, note))

    def _prefill(self, asked: PendingQuestion, check: Check, limits: PatchLimits) -> Prefilled:
        clock = PhaseClock(self.device)
        matcher = self.grammars.start(asked.grammar) if asked.grammar else None
        prompt, notes = self.prompt(asked.turns, mode=asked.mode, budget=asked.budget, limits=limits)
        rules = decoding.Rules(
            asked.mode, self.chat.special, budget=asked.budget, matcher=matcher, any_but_end=self._any_but_end
        )
        guesses = rules.guesses() if self.settings.fast else []
        reused = self.cache.begin(prompt)
        prepared = clock.lap()
        sequence = LongSequence(self.model, self.cache, self._step, check=check)
        x = sequence.embed(prompt, reused, guesses)
        encoded = clock.lap()
        rows = sequence.prefill(x, prompt, guesses)
        cost = EngineCost(
            prompt_positions=prompt.length,
            reused_positions=reused,
            prepare_seconds=prepared,
            encode_seconds=encoded,
            prefill_seconds=clock.lap(),
        )
        return Prefilled(sequence, rows, guesses, rules, cost, notes)


@dataclass(frozen=True)
class PendingQuestion:
    turns: Sequence[EngineTurn]
    mode: ChatMode
    grammar: TokenGrammar | None
    budget: decoding.DecodeBudget


@dataclass(frozen=True)
class Prefilled:
    """A prefilled sequence, ready to be decoded."""

    sequence: LongSequence
    rows: Tensor  # (guesses + 1, vocabulary)
    guesses: list[int]
    rules: decoding.Rules
    cost: EngineCost
    notes: tuple[str, ...]


class PhaseClock:
    """Seconds between laps, each taken when the device is done."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._last = time.perf_counter()

    def lap(self) -> float:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        last, self._last = self._last, time.perf_counter()
        return self._last - last


def room_for_each(lengths: Sequence[int], beyond: int) -> int:
    """The largest number of patches that, put as a limit on each picture, makes all of them `beyond` fewer."""
    wanted = sum(lengths) - beyond
    return max(
        (limit for limit in range(1, max(lengths, default=0)) if sum(min(n, limit) for n in lengths) <= wanted),
        default=0,
    )
