"""The public suites by their names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from screenagent.bench.suites.cua_basic import prove_cua_basic, read_cua_basic
from screenagent.bench.suites.listed import LeftOut, ListedSuite
from screenagent.bench.suites.opencomputer import LAUNCHED, read_opencomputer


def read_suite(name: str, folder: Path, launched: Mapping[str, str]) -> ListedSuite:
    """Return what a checkout holds; `launched` says how applications are started, where that is not the usual way."""
    if name == "opencomputer":
        return read_opencomputer(folder, {**LAUNCHED, **launched})
    return read_cua_basic(folder)


def prove_by_pages(name: str, folder: Path, ids: set[str]) -> list[LeftOut] | None:
    """Return the tasks of these ids that their own pages do not prove; None if they have to be proved on desktops."""
    if name != "cua-bench-basic":
        return None
    return [one for one in prove_cua_basic(folder) if one.id in ids]
