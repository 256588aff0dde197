"""What many tests share: a virtual desktop, opened once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from screenagent.control import Control

if TYPE_CHECKING:
    from screenagent.desktop.virtual import VirtualDesktop

pytest.register_assert_rewrite("screenagent.desktop.contract")


@pytest.fixture(scope="session")
def virtual() -> Iterator[VirtualDesktop]:
    from screenagent.desktop.virtual import VirtualDesktop  # noqa: PLC0415 # only tests that drive a display load it

    with VirtualDesktop(control=Control()) as desktop:
        yield desktop
