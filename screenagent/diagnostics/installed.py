"""What is installed with the project, and how much room each distribution takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

from screenagent.geometry import Value

PROJECT: Final = "screenagent"


class Installed(Value):
    """One distribution. `megabytes` is without `bytecode`, which Python writes again when it is missing.

    `needed_by` names the distributions that require it; if it is empty, at most an extra of one does.
    """

    name: str
    version: str
    megabytes: float
    bytecode: float
    needed_by: tuple[str, ...]


def installed(found: Iterable[Distribution] | None = None) -> list[Installed]:
    """Return the distributions of this environment, the largest first."""
    present = {_key(each.name): each for each in (distributions() if found is None else found)}
    needs = {each.name: set(_required(each)) for each in present.values()}
    rows = [
        _measured(each, tuple(sorted(name for name, asked in needs.items() if key in asked)))
        for key, each in present.items()
    ]
    return sorted(rows, key=lambda row: (-row.megabytes, row.name))


def _required(distribution: Distribution) -> Iterator[str]:
    """Yield the keys of what a distribution needs; of extras only the project's own count."""
    for line in distribution.requires or ():
        if distribution.name == PROJECT or "extra ==" not in line:
            yield _key(line)


def _key(requirement: str) -> str:
    """Return the name that a requirement begins with, in the one spelling that names are compared by."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0]).lower()


def _measured(distribution: Distribution, needed_by: tuple[str, ...]) -> Installed:
    files = [Path(str(each.locate())) for each in distribution.files or ()]
    if distribution.name == PROJECT:  # which may be installed as a link to its source
        files = sorted({*files, *Path(__file__).parents[1].rglob("*")})
    sizes = [(each.suffix == ".pyc", each.stat().st_size) for each in files if each.is_file()]
    return Installed(
        name=distribution.name,
        version=distribution.version,
        megabytes=sum(size for cached, size in sizes if not cached) / 1e6,
        bytecode=sum(size for cached, size in sizes if cached) / 1e6,
        needed_by=needed_by,
    )
