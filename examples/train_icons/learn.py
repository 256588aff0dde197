"""Icons and words learn to meet; what is learned is saved every few minutes, and goes on from there."""

from __future__ import annotations

import math
import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from augment import plain, seen
from model import IconNet, Words
from render import Drawings
from torch import Tensor
from torch.nn.functional import cross_entropy, log_softmax
from words import Lexicon, missed

THEMES = ("Adwaita", "Tango")
"""Drawn more often than their number, since desktops show them most."""


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
    save_every: float = 150
    test_every: float = 600
    seed: int = 0


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
    net, words = learned.net.to(memory_format=torch.channels_last), learned.words
    optimiser = _optimiser(net, words, course)
    if checkpoint.is_file():
        _restore(learned, optimiser, checkpoint)
        say(f"going on from step {learned.step} in {checkpoint}")
    pixels, coloured, labels, weights = _chosen(drawings, lexicon)
    generator = torch.Generator().manual_seed(course.seed + learned.step)
    chance = random.Random(course.seed + learned.step)
    began = saved = tested = time.monotonic()
    while (spent := time.monotonic() - began) < course.seconds and learned.step < course.steps:
        for group in optimiser.param_groups:
            group["lr"] = group["pace"] * _rate(course, learned.step, spent)
        picked = torch.multinomial(weights, course.batch, replacement=True, generator=generator)
        icons = seen(pixels[picked], coloured[picked], generator).contiguous(memory_format=torch.channels_last)
        loss = _loss(net(icons), words, labels[picked].tolist(), lexicon, chance)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        learned.step += 1
        if learned.step % 20 == 0:
            learned.log.append({"step": learned.step, "loss": float(loss.detach())})
            say(f"step {learned.step}: loss {float(loss.detach()):.2f}")
        if time.monotonic() - tested > course.test_every:
            tested = time.monotonic()
            learned.log.append({"step": learned.step, "held_out": examined(learned, lexicon, tests)})
        if time.monotonic() - saved > course.save_every:
            saved = time.monotonic()
            _save(learned, optimiser, checkpoint)
    learned.log.append({"step": learned.step, "held_out": examined(learned, lexicon, tests)})
    _save(learned, optimiser, checkpoint)


@torch.no_grad()
def examined(learned: Learned, lexicon: Lexicon, tests: Mapping[str, Drawings]) -> dict[str, dict[str, float]]:
    """For each set kept aside, how often an icon is the best of 60 for its name, and for what people say for it."""
    learned.net.eval()
    found = {}
    for title, drawings in tests.items():
        chance = random.Random(0)
        known = [place for place, name in enumerate(drawings.names) if name in lexicon.number]
        if len(known) < 2:
            continue
        pixels, coloured = torch.from_numpy(drawings.pixels[known]), torch.from_numpy(drawings.coloured[known])
        vectors = learned.net(plain(pixels, coloured).contiguous(memory_format=torch.channels_last))
        named, said = [], []
        for place, number in enumerate(known):
            name = drawings.names[number]
            others = [other for other, n in enumerate(known) if drawings.names[n] != name]
            shown = vectors[[place, *chance.sample(others, min(59, len(others)))]]
            named.append(_first(shown, learned.words([lexicon.bag(name) or [0]])))
            if phrases := lexicon.sayings[name].phrases:
                said.append(_first(shown, learned.words([lexicon.bag(chance.choice(phrases)) or [0]])))
        found[title] = {"icons": len(known), "by_name": _mean(named), "by_phrase": _mean(said)}
    learned.net.train()
    return found


def _first(vectors: Tensor, text: Tensor) -> bool:
    likeness = vectors @ text[0]
    return bool(likeness[0] > likeness[1:].max())


def _mean(hits: list[bool]) -> float:
    return round(sum(hits) / max(1, len(hits)), 3)


def _loss(vectors: Tensor, words: Words, labels: list[int], lexicon: Lexicon, chance: random.Random) -> Tensor:
    """Icons against all names, icons against what is said for them in the batch, and texts against all names."""
    scale = words.scale.exp().clamp(max=60)
    names = words(lexicon.name_bags)
    by_name = missed(log_softmax(scale * vectors @ names.T, 1), [sorted(lexicon.same[label]) for label in labels])
    said = words([lexicon.said(lexicon.names[label], chance) for label in labels])
    likeness = scale * vectors @ said.T
    alike = [
        [j != i and other in lexicon.same[label] for j, other in enumerate(labels)] for i, label in enumerate(labels)
    ]
    mask = torch.tensor(alike)
    likeness = likeness.masked_fill(mask | mask.T, -1e4)
    own = torch.arange(len(labels))
    in_batch = (cross_entropy(likeness, own) + cross_entropy(likeness.T, own)) / 2
    texts = [chance.choice(lexicon.phrases or lexicon.tags) for _ in labels]
    spoken = words([lexicon.wrapped(bag, chance) for bag, _ in texts])
    by_text = missed(log_softmax(scale.detach() * spoken @ names.T, 1), [meant for _, meant in texts])
    return by_name + in_batch + 0.5 * by_text


def _chosen(drawings: Drawings, lexicon: Lexicon) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The icons whose names are known, and how often to draw each: rare names and desktops' own themes more often."""
    places = [place for place, name in enumerate(drawings.names) if name in lexicon.number]
    labels = torch.tensor([lexicon.number[drawings.names[place]] for place in places])
    weights = torch.bincount(labels)[labels].double() ** -0.4
    for row, place in enumerate(places):
        theme, phrases = drawings.sets[place] in THEMES, lexicon.sayings[drawings.names[place]].phrases
        weights[row] *= (6.0 if theme else 1.6 if drawings.coloured[place] else 1.0) * (1.5 if phrases else 1.0)
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
    state = torch.load(path, weights_only=True)
    learned.net.load_state_dict(state["net"])
    learned.words.load_state_dict(state["words"])
    optimiser.load_state_dict(state["opt"])
    learned.step, learned.log = state["step"], state["log"]
