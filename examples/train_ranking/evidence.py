"""What the embedded grounder sees of each question: its candidates, their evidence, and which of them is right."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Final

from screenagent.bench.questions import GroundQuestion, open_picture, read_questions
from screenagent.geometry import PixelBox, Value
from screenagent.grounding.certainty import Signs, signs_of
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.mentions import look_of, same_words
from screenagent.grounding.phrase import Phrase
from screenagent.grounding.scoring import Candidate
from screenagent.perception.reader import ScreenReader
from screenagent.screenshot import Screenshot

SLACK: Final = 8  # pixels round a box that still count as within it, as in the benches
MOST: Final = 30  # candidates of a question


class Shown(Value):
    """A candidate by its evidence; `group` numbers the texts of the same words, `look` is how one of these looks."""

    by: str
    text: str
    right: bool
    score: float
    factors: dict[str, float]
    signs: Signs
    group: int | None = None
    look: tuple[float, ...] = ()


class Asked(Value):
    """A question and the candidates for it, the best first, none of them judged as a mention yet."""

    folder: str
    app: str
    picture: str
    kind: str
    instruction: str
    absent: bool
    shown: tuple[Shown, ...]


def collected(folders: Sequence[Path], kept: Path) -> list[Asked]:
    """Ask every question of the folders about pictures that `kept` knows nothing of, and append what is found."""
    known = [Asked.model_validate_json(line) for line in kept.read_text("utf-8").splitlines()] if kept.exists() else []
    done = {(one.folder, one.picture) for one in known}
    reader = ScreenReader()
    grounder = EmbeddedGrounder(reader).insisting()
    for folder in folders:
        kinds = _kinds(folder)
        questions = sorted(read_questions(folder), key=lambda one: one.picture)
        for picture, group in groupby(questions, key=lambda one: one.picture):
            if (folder.name, picture) in done:
                continue
            reader.forget()
            grounder.forget()
            screenshot = Screenshot.of(open_picture(folder, picture))
            fresh = [_asked(folder.name, one, kinds, screenshot, grounder) for one in group]
            with kept.open("a", encoding="utf-8") as file:
                file.writelines(f"{one.model_dump_json()}\n" for one in fresh)
            known += fresh
            print(folder.name, picture, file=sys.stderr, flush=True)
    return known


def _kinds(folder: Path) -> dict[tuple[str, str], str]:
    """Return what each question asks for, as finely as the folder tells."""
    told = json.loads((folder / "annotations.json").read_text("utf-8"))
    return {(one["img_filename"], one["instruction"]): one.get("kind", one.get("data_type", "")) for one in told}


def _asked(
    folder: str,
    question: GroundQuestion,
    kinds: dict[tuple[str, str], str],
    screenshot: Screenshot,
    grounder: EmbeddedGrounder,
) -> Asked:
    phrase, screen = grounder.meant(question.instruction, screenshot), grounder.screen(screenshot)
    found = [_unjudged(one) for one in grounder.candidates(question.instruction, screenshot)[:MOST]]
    groups = {id(one): number for number, some in enumerate(same_words(phrase, found)) for one in some}
    place = _place(question)
    shown = [
        _shown(phrase, one, place, groups.get(id(one)), look_of(phrase, one, screen) if id(one) in groups else ())
        for one in found
    ]
    kind = kinds.get((question.picture, question.instruction), question.data_type)
    return Asked(
        folder=folder,
        app=question.app,
        picture=question.picture,
        kind=kind,
        instruction=question.instruction,
        absent=question.bbox is None,
        shown=tuple(shown),
    )


def _unjudged(candidate: Candidate) -> Candidate:
    return replace(candidate, evidence=replace(candidate.evidence, mention=1.0))


def _place(question: GroundQuestion) -> PixelBox | None:
    if question.bbox is None:
        return None
    left, top, width, height = question.bbox
    return PixelBox.at(left, top, width=width, height=height).grown(SLACK)


def _shown(phrase: Phrase, one: Candidate, place: PixelBox | None, group: int | None, look: tuple[float, ...]) -> Shown:
    evidence = one.evidence
    near = 1.0
    for neighbour in evidence.neighbours:
        near *= neighbour.fit
    return Shown(
        by=one.by,
        text=one.text,
        right=place is not None and place.holds(*one.spot.center),
        score=one.score,
        factors={
            "name": max(evidence.name, evidence.meaning), "tie": evidence.tie, "role": evidence.role,
            "headline": evidence.headline, "text_kind": evidence.text_kind, "rival": evidence.rival,
            "neighbours": near, "place": evidence.place,
        },
        signs=signs_of(phrase, one),
        group=group,
        look=look,
    )  # fmt: skip
