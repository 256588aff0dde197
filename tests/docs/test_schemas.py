"""The references in the documentation say what the types say."""

from __future__ import annotations

import runpy
from pathlib import Path

from tests.paths import ROOT


def test_the_references_are_up_to_date(tmp_path: Path) -> None:
    runpy.run_path(str(ROOT / "docs" / "schemas.py"))["write"](tmp_path)
    written = {file.name: file.read_text("utf-8") for file in tmp_path.iterdir()}
    published = {name: (ROOT / "docs" / name).read_text("utf-8") for name in written}
    assert [name for name in written if written[name] != published[name]] == [], "run `make docs`"
