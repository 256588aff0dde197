"""`see`, `find`, `wait_for`: what a client is shown, and how large it may be."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
import pytest
from mcp import types
from PIL import Image

from screenagent.fakes import FakeAccessibility, FakeDesktop, FakeReader, plain_screen
from screenagent.geometry import WHOLE
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.mcp.arguments import WaitArguments
from screenagent.mcp.server import WordsWatch
from screenagent.mcp.sight import MOST_BYTES, MOST_LISTED, Sight, jpeg
from screenagent.screenshot import Element
from tests.builders import words
from tests.mcp.conftest import FakeView, Served, data, text


@pytest.mark.anyio
async def test_a_look_is_a_picture_and_words_without_a_structured_copy(served: Served) -> None:
    async with served.client() as client:
        seen = await client.call_tool("see", {})
    assert seen.structured_content is None
    picture = seen.content[0]
    assert isinstance(picture, types.ImageContent)
    assert Image.open(BytesIO(base64.b64decode(picture.data))).size == (64, 48)
    assert text(seen).startswith("frame f1-")
    assert "text “Save the file”" in text(seen)


@pytest.mark.anyio
async def test_a_region_shows_its_part_alone(served: Served) -> None:
    async with served.client() as client:
        seen = await client.call_tool("see", {"region": "0, 0, 32, 24"})
        wrong = await client.call_tool("see", {"region": "left half"})
    assert isinstance(seen.content[0], types.ImageContent)
    assert Image.open(BytesIO(base64.b64decode(seen.content[0].data))).size == (32, 24)
    assert wrong.is_error
    assert "left,top,right,bottom" in text(wrong)


@pytest.mark.anyio
async def test_a_target_is_found_or_absent(served: Served) -> None:
    async with served.client() as client:
        found = data(await client.call_tool("find", {"target": "Save the file"}))
        absent = data(await client.call_tool("find", {"target": "Fire the rocket"}))
    assert (found["outcome"], len(found["places"])) == ("found", 1)
    assert absent["outcome"] == "absent"


@pytest.mark.anyio
async def test_words_are_waited_for(served: Served) -> None:
    async with served.client() as client:
        there = data(await client.call_tool("wait_for", {"words": "Save the file", "seconds": 0}))
        never = data(await client.call_tool("wait_for", {"words": "Rocket", "gone": True, "seconds": 0}))
        missing = data(await client.call_tool("wait_for", {"words": "Rocket", "seconds": 0}))
    assert [told["outcome"] for told in (there, never, missing)] == ["satisfied", "unknown", "unsatisfied"]


def test_words_are_gone_only_if_they_were_there() -> None:
    watch = WordsWatch(WaitArguments(words="Busy", gone=True))
    assert [watch.after(shown).outcome for shown in ("not_seen", "seen", "unclear", "not_seen")] == [
        "unknown",
        "unsatisfied",
        "unknown",
        "satisfied",
    ]


def test_the_noisiest_picture_is_small_enough_to_be_sent() -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (1440, 2560, 3), dtype=np.uint8))
    assert len(jpeg(noise)) <= MOST_BYTES


def test_a_screen_full_of_texts_lists_the_first_of_them() -> None:
    many = FakeReader(words([(f"text{number}", number % 20 * 45, number // 20 * 25) for number in range(300)]))
    lines = Sight(FakeView(FakeDesktop(), EmbeddedGrounder(many), reader=many)).listed(plain_screen(0), WHOLE)
    assert len(lines) == MOST_LISTED + 1
    assert lines[-1].startswith("and 100 more")


def test_what_a_field_holds_is_not_told_by_its_program_since_it_may_be_a_secret() -> None:
    field = Element(role="field", name="PIN", box=WHOLE, value="Zebra77")
    reader = FakeReader([])
    view = FakeView(FakeDesktop(), EmbeddedGrounder(reader), FakeAccessibility([field]), reader)
    assert Sight(view).listed(plain_screen(0), WHOLE) == ("1 field “PIN” (32,24)",)
