from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from PIL import Image

from screenagent.geometry import Absent, Box, Location, Point, Size
from screenagent.grounder import ModelGrounder
from screenagent.protocols import Budget, Chunk, Finished, Grammar, Mode, Refused, Request, Said
from screenagent.screenshot import Screenshot

SCREEN = Screenshot.of(Image.new("RGB", (1280, 720)))


@dataclass
class Answering:
    """A vision model that always says the same, and keeps what it was asked."""

    chunks: tuple[Chunk, ...]
    asked: list[tuple[Request, Mode, Grammar | None]] = field(default_factory=list)

    def generate(
        self,
        request: Request,
        *,
        mode: Mode = "auto",
        grammar: Grammar | None = None,
        budget: Budget | None = None,
    ) -> Iterator[Chunk]:
        self.asked.append((request, mode, grammar))
        yield from self.chunks


def answering(text: str) -> Answering:
    return Answering((Said(text=text, part="answer"), Finished(reason="end")))


def test_the_point_is_the_centre_of_the_models_box() -> None:
    found = ModelGrounder(answering("[0.2, 0.4, 0.4, 0.6]")).locate("the Save button", SCREEN)
    assert isinstance(found, Location)
    assert (found.point.x, found.point.y) == pytest.approx((0.3, 0.5))
    assert (found.box, found.by) == (Box(left=0.2, top=0.4, right=0.4, bottom=0.6), "model")


def test_it_asks_without_thinking_and_for_a_box() -> None:
    model = answering("[0.2, 0.4, 0.4, 0.6]")
    ModelGrounder(model).locate("the Save button", SCREEN)
    [(request, mode, grammar)] = model.asked
    assert (mode, grammar and grammar.kind, request.pictures) == ("nothink", "numbers", (SCREEN,))
    assert "describes: the Save button. Output" in request.text


def test_a_second_look_sees_a_part_and_answers_for_the_whole() -> None:
    model = answering("[0.0, 0.0, 0.5, 0.5]")
    near = Location(point=Point(x=0.5, y=0.5), confidence=0.5, by="model")
    found = ModelGrounder(model).locate("the Save button", SCREEN, near=near)
    assert isinstance(found, Location)
    assert model.asked[0][0].pictures[0].size == Size(width=640, height=360)
    assert found.box == Box(left=0.25, top=0.25, right=0.5, bottom=0.5)
    assert (found.point.x, found.point.y) == pytest.approx((0.375, 0.375))


def test_a_refusal_is_absence_with_the_models_words() -> None:
    model = Answering((Refused(text="I'm sorry, but I can't help with that."),))
    found = ModelGrounder(model).locate("the Save button", SCREEN)
    assert found == Absent(why="the model will not look for it: I'm sorry, but I can't help with that.")
