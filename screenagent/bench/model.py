"""`bench model`: what a question costs on this machine, beside the least that it could cost on it."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from screenagent.bench.results import rss_peak_mb
from screenagent.engine import synthetic
from screenagent.engine.cache import kv_bytes_per_token
from screenagent.engine.config import Config, Quant, published_config
from screenagent.engine.decoding import DecodeBudget, Pick
from screenagent.engine.engine import Engine, EngineCost, EngineEnd, EngineSettings, EngineTurn
from screenagent.engine.grammar import Allowed, TokenGrammar, numbers
from screenagent.engine.image import picture_patches
from screenagent.engine.memory import weight_bytes
from screenagent.engine.model import Phi4Network
from screenagent.geometry import Value

SCREEN = (1280, 720)
QUESTION = "Locate: start playback. Box, 0.0000 to 1.0000"
SECOND = "Locate: the stop button. Box, 0.0000 to 1.000"
BEFORE_PICTURE = 416  # tokens of the published system prompt
THREE = "[0.174, 0.868, 0.224, 0.977]"
FOUR = "[0.1740, 0.8680, 0.2240, 0.9770]"


class ModelSummary(Value):
    """Milliseconds and gigabytes; a first question sees a new screen, a next one the same again. Both answer with a
    box of three decimals."""

    preprocess_ms_p50: float
    forwards_4_decimals: int
    forwards_3_decimals: int
    plain_forwards_4_decimals: int
    next_question_positions: int
    first_ms: float
    next_ms: float
    first_floor_ms: float
    next_floor_ms: float
    decode_ms_per_token: float
    prefill_tokens_per_s: float
    resident_gb: float
    load_peak_gb: float
    device: str
    quant: str


@dataclass(frozen=True)
class Setup:
    """What is measured: the checkpoint in a folder, or random weights of the published widths in some layers."""

    device: torch.device
    dtype: torch.dtype
    checkpoint: Path | None = None
    layers: int = 40
    quant: Quant = "none"
    compiler: str | None = None
    rounds: int = 3


class TimedAnswer(NamedTuple):
    cost: EngineCost
    seconds: float


def run_model(
    setup: Setup, *, progress: Callable[[str], None] = lambda line: print(line, file=sys.stderr)
) -> ModelSummary:
    before = peak_bytes(setup.device)
    engine = opened_model(setup)
    loaded = peak_bytes(setup.device) - before  # first of all, since a peak that is past would hide it
    progress(f"weights: {weight_bytes(engine.model) / 1e9:.2f} GB, {engine.dtype} on {engine.device}")
    preprocess = preprocess_ms()
    progress(f"preprocessing {SCREEN[0]}x{SCREEN[1]}: {preprocess:.2f} ms (median)")
    progress(f"  {transformers_preprocess() or 'transformers is not installed to compare with'}")
    machine = Machine.measured(setup.device, setup.dtype)
    progress(f"this device: {machine.flops / 1e12:.2f} TFLOP/s, {machine.bandwidth / 1e9:.1f} GB/s")

    three, four = numbers(4, decimals=(3, 3)), numbers(4, decimals=(4, 4))
    ask_timed(engine, QUESTION, model_screen(0), THREE, three)  # compiles, and computes the system prompt
    firsts, seconds = [], []
    for number in range(1, setup.rounds + 1):
        firsts.append(ask_timed(engine, QUESTION, model_screen(number), THREE, three))
        seconds.append(ask_timed(engine, SECOND, model_screen(number), THREE, three))
    first = min(firsts, key=lambda asked: asked.seconds)
    following = min(seconds, key=lambda asked: asked.seconds)
    boxed = ask_timed(engine, QUESTION, model_screen(1), FOUR, four)
    engine.settings = replace(engine.settings, fast=False)
    plain = ask_timed(engine, QUESTION, model_screen(1), FOUR, four)
    seen = len(picture_patches(model_screen(1), engine.limits))
    progress(f"first question: {phases(first.cost)}")
    progress(f"next question: {phases(following.cost)}")
    return ModelSummary(
        preprocess_ms_p50=round(preprocess, 3),
        forwards_4_decimals=boxed.cost.forwards,
        forwards_3_decimals=following.cost.forwards,
        plain_forwards_4_decimals=plain.cost.forwards,
        next_question_positions=following.cost.new_positions,
        first_ms=round(first.seconds * 1e3, 2),
        next_ms=round(following.seconds * 1e3, 2),
        first_floor_ms=round(question_floor(engine.model, machine, first.cost, patches=seen) * 1e3, 2),
        next_floor_ms=round(question_floor(engine.model, machine, following.cost, patches=0) * 1e3, 2),
        decode_ms_per_token=round(plain.cost.decode_seconds / plain.cost.forwards * 1e3, 3),
        prefill_tokens_per_s=round(first.cost.new_positions / first.cost.prefill_seconds, 1),
        resident_gb=round((weight_bytes(engine.model) + engine.cache.nbytes) / 1e9, 3),
        load_peak_gb=round(loaded / 1e9, 3),
        device=torch.cuda.get_device_name(setup.device) if setup.device.type == "cuda" else setup.device.type,
        quant=setup.quant,
    )


def opened_model(setup: Setup) -> Engine:
    settings = EngineSettings(compiler=setup.compiler)
    if setup.checkpoint:
        return Engine.load(
            setup.checkpoint, device=setup.device, dtype=setup.dtype, settings=settings, quant=setup.quant
        )
    model = synthetic.random_model(widths(setup.layers), device=setup.device, dtype=setup.dtype, quant=setup.quant)
    return Engine(model, synthetic.random_chat(before_picture=BEFORE_PICTURE), settings)


def widths(layers: int) -> Config:
    """The published config with fewer layers, of the picture encoder too where there are less than it has."""
    vision = published_config().vision_config
    used = min(layers, vision.layers_used)
    fewer = vision.model_copy(update={"num_hidden_layers": used + 1})
    return published_config().model_copy(update={"num_hidden_layers": layers, "vision_config": fewer})


def model_screen(number: int) -> Image.Image:
    """A 1280x720 picture, another for each number."""
    noise = np.random.default_rng(number).integers(0, 256, (SCREEN[1] // 8, SCREEN[0] // 8, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize(SCREEN, Image.Resampling.NEAREST)


def ask_timed(engine: Engine, text: str, picture: Image.Image, answer: str, grammar: TokenGrammar) -> TimedAnswer:
    """Ask for a box, and let the answer be a known one, whatever the weights say."""
    pick = spelled(engine, answer, grammar)
    start = time.perf_counter()
    turn = EngineTurn("user", text, (picture,))
    *_, last = engine.reply((turn,), mode="nothink", grammar=grammar, budget=DecodeBudget(answer=64), pick=pick)
    assert isinstance(last, EngineEnd)
    return TimedAnswer(last.cost, time.perf_counter() - start)


def spelled(engine: Engine, answer: str, grammar: TokenGrammar) -> Pick:
    """Picks the tokens of `answer` wherever the grammar leaves a choice."""
    choices = iter(list(chosen_tokens(engine, answer, grammar)))

    def pick(logits: Tensor, allowed: Allowed) -> int:
        if isinstance(allowed, int):
            return allowed
        logits.argmax().item()  # as much waiting for the device as in earnest
        return next(choices)

    return pick


def chosen_tokens(engine: Engine, answer: str, grammar: TokenGrammar) -> Iterator[int]:
    matcher = engine.grammars.start(grammar)
    for token in engine.chat.encode_plain(answer):
        if not isinstance(matcher.allowed(), int):
            yield token
        matcher.take(token)


def phases(cost: EngineCost) -> str:
    return (
        f"{cost.new_positions} new positions, prepare {cost.prepare_seconds * 1e3:.1f}, "
        f"encode {cost.encode_seconds * 1e3:.1f}, prefill {cost.prefill_seconds * 1e3:.1f}, "
        f"decode {cost.decode_seconds * 1e3:.1f} ms in {cost.forwards} forwards"
    )


def preprocess_ms(*, times: int = 41) -> float:
    """Median, of one picture, on one core: Pillow and NumPy use no more."""
    picture = model_screen(0)
    return median_ms(lambda: picture_patches(picture), times=times)


class Compared(NamedTuple):
    """Another processor's time for the same picture in the same run, and whether its patches are the same."""

    name: str
    ms: float
    same: bool

    def __str__(self) -> str:
        return f"{self.name}: {self.ms:.2f} ms (median), patches {'the same' if self.same else 'differ'}"


def transformers_preprocess(*, times: int = 9) -> Compared | None:
    """None where transformers is not installed; nothing else here needs it."""
    try:
        from transformers import Siglip2ImageProcessor  # noqa: PLC0415 -- only to compare with
    except ImportError:
        return None
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        processor = Siglip2ImageProcessor(max_num_patches=published_config().max_num_patches)
        picture = model_screen(0)
        theirs = processor(picture, return_tensors="np")["pixel_values"][0]
        taken = median_ms(lambda: processor(picture, return_tensors="np"), times=times)
    finally:
        torch.set_num_threads(threads)
    same = np.array_equal(np.round((theirs + 1) * 127.5).astype(np.uint8), picture_patches(picture).pixels)
    return Compared(f"transformers' {type(processor).__name__}", taken, same)


def median_ms(work: Callable[[], object], *, times: int) -> float:
    """Of this thread's own time on its core, so that a busy machine does not count."""

    def taken() -> float:
        start = time.thread_time()
        work()
        return time.thread_time() - start

    return statistics.median(taken() for _ in range(times)) * 1e3


def peak_bytes(device: torch.device) -> int:
    """The most memory that was ever taken: the card's, or this process's."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return int((rss_peak_mb() or 0) * (1 << 20))


@dataclass(frozen=True)
class Machine:
    """What the device reaches in this very run."""

    flops: float  # a second, in matrix products of the model's precision
    bandwidth: float  # bytes a second

    @classmethod
    def measured(cls, device: torch.device, dtype: torch.dtype) -> Machine:
        gpu = device.type == "cuda"
        side = 8192 if gpu else 1536
        one, other = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
        product = fastest(lambda: one @ other, device)
        large = torch.empty((4 << 30) if gpu else (256 << 20), dtype=torch.uint8, device=device)
        target = torch.empty_like(large)
        copy = fastest(lambda: target.copy_(large), device)
        return cls(flops=2 * side**3 / product, bandwidth=2 * large.nbytes / copy)


def fastest(work: Callable[[], object], device: torch.device, *, times: int = 8) -> float:
    """Seconds."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - start)
    return best


def vision_flops(config: Config, patches: int) -> float:
    vision, width = config.vision_config, config.vision_config.hidden_size
    layer = 4 * width**2 + 2 * width * vision.intermediate_size
    embedding = vision.num_channels * vision.patch_size**2 * width
    projector = (width + config.hidden_size) * config.hidden_size
    attention = 2 * vision.layers_used * patches * width
    return 2.0 * patches * (vision.layers_used * layer + embedding + projector + attention)


def prefill_flops(config: Config, positions: int, past: int) -> float:
    heads = config.num_attention_heads * config.head_dim
    qkv = config.hidden_size * (heads + 2 * config.num_key_value_heads * config.head_dim)
    layer = qkv + heads * config.hidden_size + 3 * config.hidden_size * config.intermediate_size
    seen = past + positions / 2
    head = config.hidden_size * config.vocab_size
    return 2.0 * positions * config.num_hidden_layers * (layer + 2 * heads * seen) + 2.0 * head


def step_bytes(model: Phi4Network, length: int) -> float:
    """What one decode forward reads: all weights but the embeddings, and the keys and values."""
    language = model.language
    dtype = language.norm.weight.dtype
    read = weight_bytes(language) - weight_bytes(language.embed_tokens)
    return read + kv_bytes_per_token(model.config, dtype) * length


def question_floor(model: Phi4Network, machine: Machine, cost: EngineCost, *, patches: int) -> float:
    """Return the least seconds of a question that encodes `patches`: its arithmetic and bytes at the measured rates."""
    past, new = cost.reused_positions, cost.new_positions
    reading = step_bytes(model, past + new) / machine.bandwidth
    encode = vision_flops(model.config, patches) / machine.flops if patches else 0.0
    prefill = max(prefill_flops(model.config, new, past) / machine.flops, reading)
    return encode + prefill + cost.forwards * reading
