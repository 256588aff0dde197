"""What many tests share: a virtual desktop, opened once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from screenagent.control import Control

if TYPE_CHECKING:
    from screenagent.desktop.virtual import VirtualDesktop

pytest.register_assert_rewrite("screenagent.desktop.contract")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A starved machine may let a real application miss its time: what drives one is tried again, and marked R."""
    for item in items:
        if item.get_closest_marker("display"):
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.fixture(scope="session")
def virtual() -> Iterator[VirtualDesktop]:
    from screenagent.desktop.virtual import VirtualDesktop  # noqa: PLC0415 # only tests that drive a display load it

    with VirtualDesktop(control=Control()) as desktop:
        yield desktop
