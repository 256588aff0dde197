"""How the console looks, at both sizes and in both themes.

What is compared is the text, which can be read in `tests/console/golden`; `pytest tests/console/test_golden.py
--update-golden` writes it anew. Colours have to stand out from their ground.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from rich.color import Color
from rich.segment import Segment
from textual.containers import VerticalScroll
from textual.pilot import Pilot
from textual.widgets import OptionList
from textual.widgets._footer import FooterKey

from screenagent.actions import Click
from screenagent.console.app import Console
from screenagent.console.dialogs import KeysScreen
from screenagent.settings import SettingInForce
from tests.console.console_runs import DONE, SAVE, Stage, piloted, until
from tests.console.told_runs import record, whole_run

pytestmark = pytest.mark.slow

GOLDEN: Final = Path(__file__).parent / "golden"
SIZES: Final = {"narrow": (80, 24), "wide": (200, 60)}
PAGES: Final = ("start", "asked", "keys", "done")
LEAST_CONTRAST: Final = 3.0
SETTINGS: Final = (
    SettingInForce(name="approve", value="each", source="default", meaning="ask before each input"),
    SettingInForce(name="look", value="full", source="SCREENAGENT_LOOK", meaning="what the model is shown"),
)


@asynccontextmanager
async def page(name: str, size: str, folder: Path) -> AsyncIterator[Console]:
    """The console as it is at that moment."""
    if name == "done":
        stage = Stage(task=None, past=record(folder / "run", whole_run()))
    else:
        task = None if name == "start" else "save it, then throw it away"
        places: dict[str, Any] = {"runs": Path("/runs"), "scripts": Path("/scripts")}
        stage = Stage(SAVE, Click(target="Trash"), DONE, task=task, settings=SETTINGS, **places)
    async with stage.console.run_test(size=SIZES[size]) as pilot:
        await _come_to(name, stage, pilot)
        yield stage.console
        if stage.console.supervising is not None:
            stage.live.control.stop()
            await until(pilot, lambda: stage.live.is_over)


async def _come_to(name: str, stage: Stage, pilot: Pilot[Any]) -> None:
    match name:
        case "start":
            scripts = stage.console.screen.query_one("#scripts", OptionList)
            await until(pilot, lambda: scripts.option_count)
        case "done":
            await until(pilot, lambda: stage.screen.episode.ended)
        case "asked" | "keys":
            await until(pilot, lambda: stage.live.question)
    shows = {"start": "Keys", "done": "Leave"}.get(name, "Yes")
    await until(pilot, lambda: shows in [key.description for key in stage.console.screen.query(FooterKey)])
    if name == "keys":
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(stage.console.screen, KeysScreen))


def drawn(console: Console) -> list[list[Segment]]:
    strips = console.screen._compositor.render_strips()
    assert (len(strips), {strip.cell_length for strip in strips}) == (console.size.height, {console.size.width})
    return [list(strip) for strip in strips]


def text(console: Console) -> str:
    """Without times, which differ from run to run, and with two blanks or half-blocks for several."""
    said = "\n".join("".join(segment.text for segment in line) for line in drawn(console))
    timeless = re.sub(r"( *· )?\b\d+\.\d s|(\w+ \d+ · )*\w+ \d+ ms", "", said)
    return "\n".join(re.sub("([ ▀─])\\1+", r"\1\1", line).rstrip() for line in timeless.split("\n")) + "\n"


def written(console: Console) -> Iterator[Segment]:
    """What is to be read: not what lies dimmed under the keys."""
    keys = isinstance(console.screen, KeysScreen)
    region = (console.screen.query_one(VerticalScroll) if keys else console.screen).region
    for line in drawn(console)[region.y : region.bottom]:
        column = 0
        for segment in line:
            if region.x <= column < region.right and re.search(r"\w", segment.text):
                yield segment
            column += segment.cell_length


def luminance(colour: Color) -> float:
    parts = [part / 255 for part in colour.get_truecolor()]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(segment: Segment) -> float:
    assert segment.style is not None
    assert segment.style.color is not None
    assert segment.style.bgcolor is not None
    darker, lighter = sorted((luminance(segment.style.color), luminance(segment.style.bgcolor)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
@piloted
async def test_it_looks_as_it_did_when_it_was_looked_at(
    name: str, size: str, tmp_path: Path, golden: Callable[[Path, str], str]
) -> None:
    async with page(name, size, tmp_path) as console:
        found = text(console)
        assert found == golden(GOLDEN / f"{name}-{size}.txt", found)
        for theme in ("textual-dark", "textual-light"):
            console.theme = theme
            await console.animator.wait_until_complete()
            assert [part.text for part in written(console) if contrast(part) < LEAST_CONTRAST] == []
