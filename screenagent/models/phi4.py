"""Phi-4-reasoning-vision as a `VisionModel`, run in this process from a local folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import torch

from screenagent.engine import checkpoint, decoding, grammar, memory
from screenagent.engine.config import Config, Quant
from screenagent.engine.engine import Engine, EngineEnd, EngineSettings, EngineTurn
from screenagent.engine.model import keep_going
from screenagent.errors import WrongUsage
from screenagent.models import vision
from screenagent.models.parsing import refuses
from screenagent.usage import Mode, Usage

COMPACT: Final = {"x-guidance": {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}}
"""JSON as usually printed, so that punctuation needs no decision and an answer cannot be padded with whitespace."""


class Phi4:
    """Phi-4 in this process. `check` is called for every token and every layer of a prefill, and may raise to stop."""

    def __init__(
        self, engine: Engine, *, sampling: decoding.Sampling = decoding.GREEDY, check: Callable[[], None] = keep_going
    ) -> None:
        self.engine = engine
        self._sampling = sampling
        self._check = check

    def count(self, text: str) -> int:
        """Return the number of tokens in a text."""
        return len(self.engine.chat.encode_plain(text))

    def generate(
        self,
        request: vision.Request,
        *,
        mode: Mode = "auto",
        grammar: vision.AnswerGrammar | None = None,
        budget: vision.TokenBudget | None = None,
    ) -> Iterator[vision.Chunk]:
        turn = EngineTurn("user", request.text, tuple(picture.pixels for picture in request.pictures))
        budget = budget or vision.TokenBudget()
        answer = ""
        for piece in self.engine.reply(
            (turn,),
            mode=mode,
            grammar=compiled(grammar),
            budget=decoding.DecodeBudget(thought=budget.thought, answer=budget.answer),
            sampling=self._sampling,
            check=self._check,
        ):
            if isinstance(piece, EngineEnd):
                yield last(piece, answer)
            elif piece.text:
                answer += piece.text if piece.part == "answer" else ""
                yield vision.TextChunk(text=piece.text, part=piece.part)


def compiled(wanted: vision.AnswerGrammar | None) -> grammar.TokenGrammar | None:
    match wanted:
        case None:
            return None
        case vision.Numbers():
            return grammar.numbers(wanted.count, decimals=wanted.decimals)
        case vision.Regex():
            return grammar.TokenGrammar.regex(wanted.pattern)
        case vision.JsonSchema():
            return grammar.TokenGrammar.json({**wanted.definition, **COMPACT})


def last(ended: EngineEnd, answer: str) -> vision.Finished | vision.Refused:
    cost = ended.cost
    usage = Usage(
        seconds={**cost.seconds},
        prompt_tokens=cost.prompt_positions,
        thought_tokens=cost.thought_tokens,
        answer_tokens=cost.answer_tokens,
    )
    if refuses(answer):
        return vision.Refused(text=answer, usage=usage, notes=ended.notes)
    return vision.Finished(reason=ended.reason, usage=usage, notes=ended.notes)


def load_phi4(
    folder: Path,
    *,
    device: str | None = None,
    quant: Quant | None = None,
    largest_picture: int = 3600,
    check: Callable[[], None] = keep_going,
    say: Callable[[str], None] = lambda _: None,
) -> Phi4:
    """Load the checkpoint in `folder`. Without `quant`, use the largest form of the weights that fits the free memory.

    The checkpoint is always a local folder: given a hub name, the published code would load a different vision encoder.
    """
    where = chosen_device(device)
    config = Config.read(folder)
    stored = checkpoint.quant_of(folder)
    asked = quant or (None if stored == "none" else stored)
    choice = memory.choose_form(memory.free_bytes(where), config, capability=memory.capability(where), asked=asked)
    say(choice.line)
    settings = EngineSettings(
        kept_bytes=choice.kept_bytes,
        largest_picture=largest_picture,
        compiler="inductor" if where.type == "cuda" else None,
    )
    engine = Engine.load(folder, device=where, dtype=chosen_dtype(where), settings=settings, quant=choice.quant)
    return Phi4(engine, check=check)


def chosen_device(name: str | None) -> torch.device:
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise WrongUsage(f"the device {name!r} is unknown; use cuda, mps or cpu") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise WrongUsage("no CUDA device was found; check `nvidia-smi`, or use --device cpu")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise WrongUsage("no Metal device was found; use --device cpu")
    return device


def chosen_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16, in which the weights are stored, if the device is fast at it.

    GPUs before Ampere lack bfloat16 and use float16. CPUs without bfloat16 instructions would be a thousand times
    slower with it and use float32.
    """
    if device.type == "cpu" and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return torch.float32
    if device.type == "cuda" and torch.cuda.get_device_capability(device) < (8, 0):
        return torch.float16
    return torch.bfloat16
