"""An icon gains by neighbours that stand beside it in most tool bars."""

from __future__ import annotations

import numpy as np

from screenagent.geometry import PixelBox
from screenagent.grounding.icon_order import gained_by_neighbours
from screenagent.perception.icon_encoder import IconWords

WORDS = IconWords()


def gains(said: str, *shown: str, step: int = 40) -> list[np.float32]:
    """What each icon of a tool bar gains; each looks exactly as it is called."""
    seen = np.stack([WORDS.vector([(name, 1.0)]) for name in shown])
    rects = [PixelBox.at(20 + step * place, 30, width=20, height=20) for place in range(len(shown))]
    return list(gained_by_neighbours(WORDS.vector([(said, 1.0)]), seen, rects, WORDS))


def test_what_stands_between_cut_and_paste_may_be_copy() -> None:
    found = gains("copy", "printer", "cut", "star", "paste")
    assert found[2] > 0.1 + max(found[:2] + found[3:])


def test_the_order_counts() -> None:
    in_order, reversed_ = gains("copy", "cut", "star", "paste"), gains("copy", "paste", "star", "cut")
    assert in_order[1] > reversed_[1] + 0.05


def test_neighbours_far_away_say_nothing() -> None:
    assert not any(gains("copy", "cut", "star", "paste", step=200))


def test_what_has_no_usual_place_gains_nothing() -> None:
    assert not any(gains("brightness of the lamp", "cut", "star", "paste"))
