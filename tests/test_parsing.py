from __future__ import annotations

import pytest

from screenagent.geometry import Box
from screenagent.parsing import Unparsable, box


@pytest.mark.parametrize(
    ("text", "edges"),
    [
        ("[0.174, 0.868, 0.224, 0.977]", (0.174, 0.868, 0.224, 0.977)),
        ("[0.1740,0.8680,0.2240,0.9770]", (0.174, 0.868, 0.224, 0.977)),
        ("The box is [0.5, 0.17, 1.0, 0.25].", (0.5, 0.17, 1.0, 0.25)),
        ("[0, 0, 1, 1]", (0.0, 0.0, 1.0, 1.0)),
        ("[0.6, 0.8, 0.2, 0.4]", (0.2, 0.4, 0.6, 0.8)),
        ("[.1, .2, .3, .4]", (0.1, 0.2, 0.3, 0.4)),
    ],
)
def test_a_box_is_read_however_it_is_printed(text: str, edges: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = edges
    assert box(text) == Box(left=left, top=top, right=right, bottom=bottom)


@pytest.mark.parametrize("text", ["", "no", "[0.1, 0.2, 0.3]", "[12, 30, 45, 60]", "[0.1, 0.2, 0.3, nan]"])
def test_text_without_a_box_is_quoted(text: str) -> None:
    with pytest.raises(Unparsable, match="no box in"):
        box(text)
