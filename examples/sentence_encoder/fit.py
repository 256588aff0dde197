"""Fits how likely the nearest label is meant, the weights of screenagent/grounding/meaning.py.

    python examples/sentence_encoder/fit.py FOLDER… [--near FILE]

FOLDER is one of `screenagent bench ground`. Beside what is asked there, each phrase is asked of other screens, where
what it means is absent, and phrasings of icons are asked of screens with the icon's name on them and without. Prints
the weights, and for each source how many answers are right and wrong; each is judged by weights that were fitted
without its application.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from screenagent.bench import questions
from screenagent.geometry import PixelBox
from screenagent.grounding.expression import parse
from screenagent.grounding.meaning import LIKELY, MOST_LEAD, nearest
from screenagent.grounding.scoring import SURE
from screenagent.grounding.text_match import matches
from screenagent.perception.labels import Label, labels
from screenagent.perception.reader import ScreenReader
from screenagent.perception.sentence_encoder import SentenceEncoder
from screenagent.screenshot import Screenshot

PHRASINGS = Path(__file__).parents[1] / "train_icons" / "phrasings.txt"
SAID, ELSEWHERE, PARTS = 1200, 8, 5
BELOW = 4000  # pixels: below all that is on a screen
COUNTS: Final = {"asked": 2.0, "near": 2.0, "icon": 1.0, "elsewhere": 0.6, "said": 0.6, "not said": 0.6}
"""How much an answer of each source counts."""

Screen = list[Label]
Floats = npt.NDArray[np.float64]


class Answer(NamedTuple):
    """The nearest label for a phrase: `app` is what it is held out with."""

    source: str
    app: str
    signs: tuple[float, float, float, float]
    right: bool


class Asker:
    def __init__(self) -> None:
        self._sentences = SentenceEncoder()

    def ask(
        self, source: str, app: str, target: str, screen: Screen, is_right: Callable[[PixelBox], bool]
    ) -> Iterator[Answer]:
        """Yield the answer, if meaning is asked for at all."""
        phrase = parse(target)
        if found := nearest(phrase, screen, matches(phrase, screen), self._sentences):
            signs = (1.0, found.near.whole, found.near.rest, min(found.near.lead, MOST_LEAD))
            yield Answer(source, app, signs, is_right(found.shown[0].run.rect))


def answers(folders: Sequence[Path], near: Path | None, chance: random.Random) -> Iterator[Answer]:
    asker, reader = Asker(), ScreenReader()
    asked: list[questions.GroundQuestion] = []
    screens: dict[str, Screen] = {}
    for folder in folders:
        own = questions.read_questions(folder)
        for picture in sorted({one.picture for one in own}):
            shot = Screenshot.of(questions.open_picture(folder, picture))
            screens[picture] = labels(reader.read(shot), shot.size)
            print(picture, file=sys.stderr)
        asked += [*own, *(questions.near_misses(near, own) if near else ())]
    for one in asked:
        source = "near" if one.bbox is None else "icon" if one.data_type == "icon" else "asked"
        yield from asker.ask(source, one.app, one.instruction, screens[one.picture], _within(one.bbox))
        for picture in chance.sample(sorted(screens), ELSEWHERE if one.bbox else 0):
            if picture != one.picture and _is_absent(one.instruction, screens[picture]):
                yield from asker.ask("elsewhere", one.app, one.instruction, screens[picture], _within(None))
    for names, phrase in chance.sample(list(phrasings()), SAID):
        screen = chance.choice(list(screens.values()))
        screen = chance.sample(screen, min(len(screen), chance.choice((3, 6, len(screen)))))
        if _is_absent(phrase, screen):
            yield from asker.ask("not said", names[0], phrase, screen, _within(None))
        with_it = [*screen, _written(chance.choice(names))]
        yield from asker.ask("said", names[0], phrase, with_it, lambda rect: rect.top >= BELOW)


def phrasings() -> Iterator[tuple[list[str], str]]:
    """Yield the names of an icon and a phrase that is said for it."""
    for line in PHRASINGS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            names, _, phrases = line.partition(":")
            known = [name.strip().replace("-", " ").capitalize() for name in names.split(",")]
            yield from ((known, phrase.strip()) for phrase in phrases.split("|") if phrase.strip())


def _written(text: str) -> Label:
    return Label([(w, PixelBox(60 * n, BELOW, 60 * n + 50, BELOW + 18)) for n, w in enumerate(text.split())])


def _is_absent(target: str, screen: Screen) -> bool:
    return all(match.score < SURE for match in matches(parse(target), screen))


def _within(bbox: questions.PixelEdges | None) -> Callable[[PixelBox], bool]:
    if bbox is None:
        return lambda _: False
    left, top, width, height = bbox
    around = PixelBox.at(left, top, width=width, height=height).grown(8)
    return lambda rect: around.holds(*rect.center)


def fitted(known: Sequence[Answer]) -> Floats:
    """Logistic regression by Newton's method; all weights but the bias are held towards 0 a little."""
    signs, right = np.array([one.signs for one in known]), np.array([one.right for one in known], float)
    counts, pull = np.array([COUNTS[one.source] for one in known]), np.array([0.003, 0.3, 0.3, 0.3])
    weights = np.zeros(4)
    for _ in range(60):
        likely = 1 / (1 + np.exp(-signs @ weights))
        gradient = signs.T @ (counts * (right - likely)) - pull * weights
        curvature = (signs * (counts * likely * (1 - likely))[:, None]).T @ signs + np.diag(pull)
        weights += np.linalg.solve(curvature, gradient)
    return weights


def held_out(known: Sequence[Answer]) -> Iterator[tuple[Answer, float]]:
    """Yield each answer with how likely it is by weights that were fitted without its application."""
    for part in range(PARTS):
        weights = fitted([one for one in known if _part(one) != part])
        rest = [one for one in known if _part(one) == part]
        yield from ((one, float(1 / (1 + np.exp(-np.array(one.signs) @ weights)))) for one in rest)


def _part(answer: Answer) -> int:
    return zlib.crc32(answer.app.encode()) % PARTS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--near", type=Path)
    given = parser.parse_args()
    known = list(answers(given.folders, given.near, random.Random(1)))
    judged = list(held_out(known))
    for source in COUNTS:
        named = [one.right for one, likely in judged if one.source == source and likely >= LIKELY]
        asked = sum(one.source == source for one in known)
        print(json.dumps({"source": source, "asked": asked, "right": sum(named), "wrong": len(named) - sum(named)}))
    print(json.dumps(dict(zip(("bias", "whole", "rest", "lead"), fitted(known).round(2).tolist(), strict=True))))


if __name__ == "__main__":
    main()
