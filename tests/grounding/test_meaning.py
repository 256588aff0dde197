"""Labels that say in other words what was asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from screenagent.geometry import Absent, Location
from screenagent.grounding.certainty import confidence, signs_of
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.expression import parse
from screenagent.grounding.scoring import Candidate, explain
from screenagent.perception.sentence_encoder import Floats, SentenceEncoder
from screenagent.screenshot import Screenshot
from tests.builders import Drawing, DrawnReader

SENTENCES = SentenceEncoder()
UNATTENDED = 0.95  # the confidence from which on an answer is acted on without a question


class CountingEncoder(SentenceEncoder):
    """Counts the texts that it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def vectors(self, texts: Sequence[str]) -> Floats:
        self.asked += len(texts)
        return np.zeros((len(texts), 384), np.float32)


def screen(reader: DrawnReader, *labels: str) -> Screenshot:
    """Buttons in a column, below a heading if one begins with #."""
    drawing = Drawing(640, 420)
    for number, label in enumerate(labels):
        y = 40 + 40 * number
        drawing.text(label[1:], 40, y) if label.startswith("#") else drawing.button(label, 40, y, width=180)
    return reader.screen(drawing)


def candidates(target: str, *labels: str) -> list[Candidate]:
    reader = DrawnReader()
    return EmbeddedGrounder(reader, sentences=SENTENCES).candidates(target, screen(reader, *labels))


def answer(target: str, *labels: str) -> Location | Absent:
    reader = DrawnReader()
    return EmbeddedGrounder(reader, sentences=SENTENCES).strict().locate(target, screen(reader, *labels))


@pytest.mark.parametrize(
    ("target", "button", "others"),
    [
        ("Start the update", "Begin Updating", ("#Software Updates", "Settings", "Cancel")),
        ("abort the download", "Stop Downloading", ("#Downloads", "Open Folder", "Help")),
    ],
)
def test_a_button_is_found_by_other_words_than_it_bears(target: str, button: str, others: tuple[str, ...]) -> None:
    best = candidates(target, *others, button)[0]
    assert best.text == button
    assert explain(best).startswith("meaning 0.")


@pytest.mark.parametrize(
    ("target", "labels"),
    [
        ("enable the firewall rules", ("Disable Firewall Rules", "Cancel", "Help")),
        ("start the update", ("Stop Updating", "Cancel", "Help")),
        ("delete the account", ("Create an Account", "Log In", "Help")),
        ("show the last 30 days", ("Display Past 7 Days", "Cancel", "Help")),
        ("encrypt the archive", ("Help", "Quit", "Preferences")),
    ],
)
def test_an_opposite_another_number_and_another_thing_are_not_meant(target: str, labels: tuple[str, ...]) -> None:
    assert not [one for one in candidates(target, *labels) if one.evidence.meaning]


@pytest.mark.parametrize("target", ["'Start Update'", "the Start Update button", "click on Start Update", "Starting"])
def test_a_name_is_looked_for_by_its_letters_alone(target: str) -> None:
    assert isinstance(answer(target, "Begin Updating", "Settings", "Cancel"), Absent)


def test_of_two_labels_that_mean_it_alike_neither_is_named() -> None:
    assert candidates("abort the download", "Stop Downloading", "Help", "Share")[0].text == "Stop Downloading"
    assert not candidates("abort the download", "Stop Downloading", "Quit Downloading", "Help", "Share")


def test_a_place_found_by_meaning_alone_is_asked_about_rather_than_acted_on() -> None:
    target = "Start the update"
    best = candidates(target, "Begin Updating", "Settings", "Cancel")[0]
    assert confidence(signs_of(parse(target), best), best.by) < UNATTENDED


def test_where_the_letters_decide_nothing_is_encoded() -> None:
    reader, encoder = DrawnReader(), CountingEncoder()
    grounder = EmbeddedGrounder(reader, sentences=encoder)
    shot = screen(reader, "Save changes", "Begin Updating", "Cancel")
    for target in ("'Cancel'", "click on Cancel", "save the changes", "the Begin Updating button", "'Undo'"):
        grounder.locate(target, shot)
    assert encoder.asked == 0
