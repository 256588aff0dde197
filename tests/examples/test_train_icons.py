"""The recipe of the icon weights, on icons that it draws itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from screenagent.geometry import PixelBox
from screenagent.perception.icon_encoder import IconEncoder, IconWords
from tests.paths import ROOT


@pytest.mark.engine
@pytest.mark.soak
def test_the_recipe_runs_from_drawings_to_weights_that_the_package_reads(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "examples/train_icons/train_icons.py", "--folder", tmp_path, "--smoke"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    log = json.loads((tmp_path / "log.json").read_text("utf-8"))
    losses = [entry["loss"] for entry in log if "loss" in entry]
    assert losses == sorted(losses, reverse=True)
    assert log[-1]["held_out"]["made up"]["icons"] == 6
    assert (tmp_path / "curve.png").stat().st_size > 1000
    picture = np.full((60, 60, 3), 240, np.uint8)
    picture[28:32, 20:40] = 30
    (icon,) = IconEncoder(tmp_path / "icons.onnx").look(picture, [PixelBox(20, 28, 40, 32)])
    words = IconWords(tmp_path / "icon_words.npz")
    assert words.names([icon])[0] in {"plus", "menu", "close", "maximize", "back", "up"}
    assert words.vector([("add an item", 1.0)]).any()
