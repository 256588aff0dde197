"""Prints what the tests on GNOME need of what pyproject.toml names, a requirement a line."""

from __future__ import annotations

import tomllib
from typing import Final

from packaging.requirements import Requirement

from tests.paths import ROOT

EXTRAS: Final = ("desktop", "wayland")
OF_DEV: Final = ("pytest", "pytest-rerunfailures", "pytest-timeout", "pytest-xdist", "hatchling", "textual")
BESIDE: Final = ("editables",)  # what hatchling takes to install a folder as it is

project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
optional = project["optional-dependencies"]
wanted = [*project["dependencies"], *(line for extra in EXTRAS for line in optional[extra])]
wanted += [line for line in optional["dev"] if Requirement(line).name in OF_DEV]
for requirement in map(Requirement, [*wanted, *BESIDE]):
    if requirement.marker is None or requirement.marker.evaluate({"python_version": "3.13"}):
        requirement.marker = None
        print(requirement)
