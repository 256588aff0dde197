"""Icons and words learn to meet; what is learned is saved every few minutes, and goes on from there."""

from __future__ import annotations

import math
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from augment import plain, seen
from model import IconNet, Words
from render import Drawings
from torch import Tensor
from torch.nn.functional import cross_entropy, log_softmax
from words import Lexicon, by_text, missed

THEMES = {"Adwaita": 6.0, "Tango": 6.0, "Colibre": 3.0, "Silk": 3.0}
"""How much more often than their number these are drawn, since desktops show such most."""


@dataclass
class Learned:
    net: IconNet
    words: Words
    step: int = 0
    log: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Course:
    """Learning ends after `seconds`, or sooner after `steps`."""

    seconds: float
    steps: int = 1_000_000
    batch: int = 192
    rate: float = 8e-4
    tell_every: float = 2
    save_every: float = 150
    test_every: float = 600
    seed: int = 0
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))


def learn(
    learned: Learned,
    drawings: Drawings,
    lexicon: Lexicon,
    course: Course,
    *,
    checkpoint: Path,
    tests: Mapping[str, Drawings],
    say: Callable[[str], None],
) -> None:
    """For `course.seconds`; where `checkpoint` is there already, from it."""
    device = course.device
    net, words = learned.net.to(device), learned.words.to(device)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's types leave it out
    optimiser = _optimiser(net, words, course)
    if checkpoint.is_file():
        _restore(learned, optimiser, checkpoint)
        say(f"going on from step {learned.step} in {checkpoint}")
    pixels, coloured, labels, weights = (part.to(device) for part in _chosen(drawings, lexicon))
    generator = torch.Generator(device).manual_seed(course.seed + learned.step)
    began = saved = tested = told = time.monotonic()
    while (spent := time.monotonic() - began) < course.seconds and learned.step < course.steps:
        for group in optimiser.param_groups:
            group["lr"] = group["pace"] * _rate(course, learned.step, spent)
        picked = torch.multinomial(weights, course.batch, replacement=True, generator=generator)
        icons = seen(pixels[picked], coloured[picked], generator).contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            vectors = net(icons)
        loss = _loss(vectors.float(), words, labels[picked], lexicon, generator)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimiser.step()
        learned.step += 1
        now = time.monotonic()
        if learned.step % 20 == 0 and now - told > course.tell_every:
            told = now
            learned.log.append({"step": learned.step, "loss": float(loss.detach())})
            say(f"step {learned.step}: loss {float(loss.detach()):.2f}")
        if now - tested > course.test_every:
            tested = now
            learned.log.append({"step": learned.step, "held_out": examined(learned, lexicon, tests)})
        if now - saved > course.save_every:
            saved = now
            _save(learned, optimiser, checkpoint)
    learned.log.append({"step": learned.step, "held_out": examined(learned, lexicon, tests)})
    _save(learned, optimiser, checkpoint)


@torch.no_grad()
def examined(learned: Learned, lexicon: Lexicon, tests: Mapping[str, Drawings]) -> dict[str, dict[str, float]]:
    """For each set kept aside, how often an icon is the best of 60 for its name, and for what people say for it."""
    learned.net.eval()
    chance = random.Random(0)
    found = {title: _shares(learned, lexicon, drawings, chance) for title, drawings in tests.items()}
    learned.net.train()
    return {title: shares for title, shares in found.items() if shares}


def _shares(learned: Learned, lexicon: Lexicon, drawings: Drawings, chance: random.Random) -> dict[str, float]:
    """Of one set; empty where it has no two names that are known."""
    known = [place for place, name in enumerate(drawings.names) if name in lexicon.number]
    names = [drawings.names[place] for place in known]
    if len(set(names)) < 2:
        return {}
    device = learned.words.scale.device
    pixels, coloured = torch.from_numpy(drawings.pixels[known]), torch.from_numpy(drawings.coloured[known])
    icons = plain(pixels.to(device), coloured.to(device)).contiguous(memory_format=torch.channels_last)
    vectors = learned.net(icons)
    others = [[other for other, name in enumerate(names) if name != own] for own in names]
    shown = torch.tensor([[place, *chance.choices(others[place], k=59)] for place in range(len(names))])
    said = [place for place, name in enumerate(names) if lexicon.sayings[name].phrases]
    phrases = [chance.choice(lexicon.sayings[names[place]].phrases) for place in said]
    return {
        "icons": len(known),
        "by_name": _first(vectors[shown], learned.words, lexicon, names),
        "by_phrase": _first(vectors[shown[said]], learned.words, lexicon, phrases) if said else 0.0,
    }


def _first(shown: Tensor, words: Words, lexicon: Lexicon, texts: Sequence[str]) -> float:
    """The share of texts that the first of their icons, (texts, icons, WIDTH), fits best."""
    bags = lexicon.padded([lexicon.bag(text) for text in texts]).to(shown.device)
    likeness = torch.einsum("tiw,tw->ti", shown, words(bags))
    return round(float((likeness[:, 0] > likeness[:, 1:].amax(1)).float().mean()), 3)


def _loss(vectors: Tensor, words: Words, labels: Tensor, lexicon: Lexicon, generator: torch.Generator) -> Tensor:
    """Icons against all names, icons against what is said for them in the batch, and texts against all names."""
    scale = words.scale.exp().clamp(max=60)
    names, same = words(lexicon.name_bags), lexicon.same[labels]
    by_name = missed(log_softmax(scale * vectors @ names.T, 1), same)
    likeness = scale * vectors @ words(lexicon.spoken(labels, generator)).T
    own = torch.arange(len(labels), device=labels.device)
    alike = same[:, labels].fill_diagonal_(False)
    likeness = likeness.masked_fill(alike | alike.T, -1e4)
    in_batch = (cross_entropy(likeness, own) + cross_entropy(likeness.T, own)) / 2
    return by_name + in_batch + 0.5 * by_text(words, lexicon, names, len(labels), scale.detach(), generator=generator)


def _chosen(drawings: Drawings, lexicon: Lexicon) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The icons whose names are known, and how often to draw each: rare names and desktops' own themes more often."""
    places = [place for place, name in enumerate(drawings.names) if name in lexicon.number]
    labels = torch.tensor([lexicon.number[drawings.names[place]] for place in places])
    weights = torch.bincount(labels)[labels].double() ** -0.4
    for row, place in enumerate(places):
        often = THEMES.get(drawings.sets[place], 1.6 if drawings.coloured[place] else 1.0)
        weights[row] *= often * (1.5 if lexicon.sayings[drawings.names[place]].phrases else 1.0)
    return torch.from_numpy(drawings.pixels[places]), torch.from_numpy(drawings.coloured[places]), labels, weights


def _optimiser(net: IconNet, words: Words, course: Course) -> torch.optim.Optimizer:
    groups = [
        {"params": [*net.parameters()], "weight_decay": 1e-2, "pace": 1.0},
        {"params": [*words.table.parameters()], "weight_decay": 0.0, "pace": 1.5},
        {"params": [words.scale], "weight_decay": 0.0, "pace": 1.0},
    ]
    return torch.optim.AdamW(groups, lr=course.rate)


def _rate(course: Course, step: int, spent: float) -> float:
    warm = min(1.0, (step + 1) / 100)
    return course.rate * warm * max(0.02, 0.5 * (1 + math.cos(math.pi * spent / course.seconds)))


def _save(learned: Learned, optimiser: torch.optim.Optimizer, path: Path) -> None:
    state = {"net": learned.net.state_dict(), "words": learned.words.state_dict(), "opt": optimiser.state_dict()}
    torch.save({**state, "step": learned.step, "log": learned.log}, path.with_suffix(".part"))
    os.replace(path.with_suffix(".part"), path)


def _restore(learned: Learned, optimiser: torch.optim.Optimizer, path: Path) -> None:
    state = torch.load(path, weights_only=True, map_location=learned.words.scale.device)
    learned.net.load_state_dict(state["net"])
    learned.words.load_state_dict(state["words"])
    optimiser.load_state_dict(state["opt"])
    learned.step, learned.log = state["step"], state["log"]
