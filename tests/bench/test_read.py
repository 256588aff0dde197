"""`bench read`, on one page."""

from __future__ import annotations

import pytest

from screenagent.bench.read import TYPEFACES, run_read
from screenagent.errors import WrongUsage
from screenagent.perception.reader import ScreenReader


@pytest.mark.slow
def test_each_value_of_a_page_is_right_or_set_aside() -> None:
    try:
        found = run_read(ScreenReader(threads=2), pages=1)
    except WrongUsage:
        pytest.skip(f"none of {', '.join(TYPEFACES)} is installed")
    assert found.n == 12
    assert found.wrong == ()
    assert found.set_aside is not None
    assert found.set_aside < 0.5
