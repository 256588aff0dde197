"""A tiny checkpoint, made once, and where the published code's own numbers lie, if they are at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

collect_ignore_glob = [] if find_spec("torch") else ["test_*.py"]

ROOT = Path(__file__).parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tiny checkpoint."""
    from screenagent.engine import synthetic  # noqa: PLC0415 -- this file is read where torch is missing, too

    return synthetic.write(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def published() -> Path:
    """Numbers that the published code computes from a tiny checkpoint of its own; kept beside the repository."""
    folder = Path(os.environ.get("SCREENAGENT_GOLDEN", ROOT.parent / "shared" / "golden"))
    if not (folder / "prompts.json").is_file():
        pytest.skip("no ../shared/golden beside the repository, and SCREENAGENT_GOLDEN names none")
    return folder


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """The tiny model's work is smaller than the wait of one core for another, above all where those are busy."""
    import torch  # noqa: PLC0415 -- as above

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
