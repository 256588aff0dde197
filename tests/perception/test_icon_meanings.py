"""What icons may be called is found by what a text means, in whatever words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from screenagent.perception.icon_encoder import IconWords
from screenagent.perception.icon_meanings import IconMeanings
from screenagent.perception.weights import BrokenWeights

MEANINGS = IconMeanings()


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("take back what I did", "edit undo"),
        ("throw the entry away", "trash"),
        ("get the file onto this computer", "download"),
        ("turn the volume off", "audio volume muted"),
    ],
)
def test_the_names_that_mean_what_was_said_are_the_likeliest(said: str, name: str) -> None:
    called = sorted(MEANINGS.meant(said), key=lambda one: -one.likely)
    assert called[0].likely == 0
    assert any(name in one.names for one in called[:10])


def test_an_icon_of_one_of_the_names_is_more_like_them_than_another() -> None:
    words = IconWords()
    meant = words.meant("take back what I did")
    undo, printer = (words.vector([(name, 1.0)]) for name in ("edit undo", "printer"))
    alike = meant.likeness(np.stack([undo, printer]))
    assert alike[0] > alike[1] + 0.2


def test_missing_meanings_are_named_with_how_to_restore_them(tmp_path: Path) -> None:
    with pytest.raises(BrokenWeights, match=r"icon_meanings\.npz.*restore them"):
        IconMeanings(path=tmp_path / "icon_meanings.npz").meant("save")
