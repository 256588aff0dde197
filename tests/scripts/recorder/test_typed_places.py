"""A typed value is in no anchor's picture, and other values in its place make no other target."""

from __future__ import annotations

import numpy as np
import pytest

from screenagent.geometry import Box, Pixel, Point
from screenagent.screenshot import Screenshot
from screenagent.scripts.replay.appearance import Appearance
from screenagent.scripts.replay.template_match import TemplateMatcher
from screenagent.scripts.replay.typed_places import TypedPlaces
from tests.builders import Drawing, DrawnReader


class Form:
    """A form in which a name was typed, and the appearance of its button."""

    def __init__(self) -> None:
        self.reader = DrawnReader()
        empty, full = self.screen(""), self.screen("Ada Lovelace")
        field = Box.of_pixels((160, 45, 360, 75), full.size)
        typed, read = TypedPlaces(), self.reader.read(full)
        typed.note("Ada Lovelace", empty, full, read, area=field)
        at = Point.of_pixel(Pixel(x=205, y=100), full.size)
        self.recorded = full
        self.look = typed.unknowing(Appearance.capture("Save", full, at, words=typed.without(read)), read)

    def screen(self, name: str, *, label: str = "Name") -> Screenshot:
        return self.reader.screen(Drawing().text(label, 116, 60).entry(name, 160, 60).button("Save", 160, 100))

    def is_whole_on(self, screen: Screenshot) -> bool:
        """Whether the target and its surroundings are where they were, on a screen that is as large."""
        corner, hidden = self.look.anchor.corner, self.look.anchor.hidden
        return TemplateMatcher(screen.pixels).is_at(self.look.pixels, corner.x, corner.y, hidden=hidden)


def test_the_picture_shows_its_target_and_nothing_of_the_value() -> None:
    form = Form()
    ((start, top, end, bottom),) = form.look.anchor.hidden
    assert bottom - top > 20
    columns = form.look.pixels[top:bottom, start:end].astype(int)
    assert int(np.ptp(columns, axis=0).max()) == 0  # each row is like the others: there are no letters
    x, y = form.look.anchor.corner.x, form.look.anchor.corner.y
    left, upper, right, lower = form.look.anchor.box
    sharp = form.recorded.pixels.crop((x + left, y + upper, x + right, y + lower))
    assert form.look.picture.crop(form.look.anchor.box).tobytes() == sharp.tobytes()


@pytest.mark.parametrize("name", ["Ada Lovelace", "Grace Hopper", ""])
def test_another_value_makes_no_other_surroundings(name: str) -> None:
    form = Form()
    assert form.is_whole_on(form.screen(name))


def test_what_else_stands_round_the_target_is_compared() -> None:
    form = Form()
    assert not form.is_whole_on(form.screen("Ada Lovelace", label="Mail"))


def test_of_a_high_field_only_the_words_are_hidden() -> None:
    reader = DrawnReader()

    def notes(words: str) -> Screenshot:
        drawing = Drawing().cell(100, 60, width=300, height=150).text(words, 110, 190).button("Save", 100, 230)
        return reader.screen(drawing)

    empty, full = notes(""), notes("VIP")
    typed, read = TypedPlaces(), reader.read(full)
    typed.note("VIP", empty, full, read, area=Box.of_pixels((100, 60, 400, 210), full.size))
    at = Point.of_pixel(Pixel(x=145, y=230), full.size)
    look = typed.unknowing(Appearance.capture("Save", full, at, words=typed.without(read)), read)
    ((start, top, end, bottom),) = look.anchor.hidden
    assert end - start < 40
    assert bottom - top < 20
