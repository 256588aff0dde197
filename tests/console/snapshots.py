"""Pictures of the console's states as SVG, at three sizes and in both themes, for someone to look at.

usage: python -m tests.console.snapshots FOLDER
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Final

from tests.console.console_runs import Stage, until

SIZES: Final = ((80, 24), (120, 40), (200, 60))
THEMES: Final = ("textual-dark", "textual-light")
KEYS: Final = (("asked", ""), ("keys", "question_mark"), ("asked-again", "escape"), ("over", "y"))
"""A state, and the key that leads there from the one before."""


async def snapshots(folder: Path) -> None:
    for width, height in SIZES:
        for theme in THEMES:
            stage = Stage()

            def is_asked(stage: Stage = stage) -> bool:
                return stage.live.question is not None

            async with stage.console.run_test(size=(width, height)) as pilot:
                stage.console.theme = theme
                await until(pilot, is_asked)
                for state, key in KEYS:
                    if key:
                        await pilot.press(key)
                    await pilot.pause(0.5)  # a frame is drawn by then
                    stage.console.save_screenshot(f"{state}-{width}x{height}-{theme}.svg", str(folder))
            start = Stage(task=None)
            async with start.console.run_test(size=(width, height)) as pilot:
                start.console.theme = theme
                await pilot.pause(0.5)
                start.console.save_screenshot(f"start-{width}x{height}-{theme}.svg", str(folder))


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(snapshots(Path(sys.argv[1])))
