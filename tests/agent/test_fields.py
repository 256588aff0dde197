"""The field that the keys go to."""

from __future__ import annotations

import pytest

from screenagent.actions import Click
from screenagent.agent.fields import field_of
from screenagent.episode import Episode
from screenagent.events import Acted, Event, Observed, Started
from screenagent.geometry import Box, Location
from screenagent.screenshot import Screenshot, Window
from tests.builders import Drawing

EDITOR, DIALOG = Window(id=1, title="Letter"), Window(id=2, title="Save As")


def screen(window: Window) -> Screenshot:
    return Drawing(window=window).screenshot


@pytest.mark.parametrize(("front", "known"), [(EDITOR, True), (DIALOG, False)])
def test_what_was_clicked_is_no_field_of_a_window_that_came_up(front: Window, known: bool) -> None:
    box = Box.of_pixels((20, 20, 120, 50), screen(EDITOR).size)
    place = Location(point=box.center, box=box, confidence=1, by="accessibility")
    click = Click.model_validate({"target": "Save As"})
    events: list[Event] = [
        Started(task="click Save As, type list.txt"),
        Observed(screenshot=screen(EDITOR)),
        Acted(action=click, locations=(place,)),
        Observed(screenshot=screen(front)),
    ]
    episode = Episode()
    for event in events:
        episode = episode.after(event)
    assert field_of(episode) == ((place,) if known else ())
