"""Texts that go to a client name the secrets that were typed, whoever wrote them: a window, a person, an error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from pydantic import SecretStr

from screenagent.desktop.lock import Driver, TakenDesktop
from screenagent.fakes import FakeAccessibility, FakeDesktop, FakeReader
from screenagent.geometry import WHOLE
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.mcp.outcomes import ClientTexts, StepTold, Told
from screenagent.mcp.server import CallPatience
from screenagent.mcp.sight import Sight
from screenagent.screenshot import Element, Window
from screenagent.secrets import with_secrets_named
from screenagent.sessions.answers import No
from tests.builders import words
from tests.mcp.conftest import FakeView, OfferedDesktop, Person, Served, act, click, frame_of, text

VALUE: Final = "Hunter2-Xyzzy"
SECRETS: Final = (("BANK", SecretStr(VALUE)), ("PIN", SecretStr("42")), ("WORDS", SecretStr("correct horse")))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"for {VALUE}, and {VALUE.lower()} again", "for {{secret:BANK}}, and {{secret:BANK}} again"),
        ("Hunter2… is cut off", "{{secret:BANK}}… is cut off"),
        ("q=zHunter2-Xq", "q=z{{secret:BANK}}q"),
        ("Hunt and Xyzzy", "{{secret:BANK}} and {{secret:BANK}}"),
        ("Hunting for a page at (420,142)", "Hunting for a page at (420,142)"),
        ("room 42, not 142", "room {{secret:PIN}}, not 142"),
        ("the correct\n horse", "the {{secret:WORDS}}"),
        ("as {{secret:BANK}} says", "as {{secret:BANK}} says"),
    ],
)
def test_a_text_names_a_secret_instead_of_quoting_it(said: str, told: str) -> None:
    assert with_secrets_named(said, SECRETS) == told


def test_the_name_of_a_secret_is_not_taken_for_another_secret() -> None:
    both = (("zebra77", SecretStr("secret")), ("secret", SecretStr("zebra77")))
    assert with_secrets_named("a secret, a zebra77", both) == "a {{secret:zebra77}}, a {{secret:secret}}"
    assert with_secrets_named("nothing", (("EMPTY", SecretStr("")), ("BLANK", SecretStr("  ")))) == "nothing"


def texts() -> ClientTexts:
    return ClientTexts(lambda text: with_secrets_named(text, SECRETS))


def test_a_secret_is_named_before_a_long_text_is_cut() -> None:
    long = "x" * 50 + f" {VALUE} " + "y" * 400
    assert texts()(long, 120).startswith("x" * 50 + " {{secr")
    assert VALUE[:4] not in texts()(long, 2 * 56)


def leaves(value: object) -> Iterator[str]:
    """Yield every text in a structure."""
    match value:
        case str():
            yield value
        case Mapping():
            for inner in value.values():
                yield from leaves(inner)
        case list() | tuple():
            for inner in value:
                yield from leaves(inner)


def test_every_field_of_a_result_that_others_write_is_told_so() -> None:
    ours = {"outcome", "left", "frame", "handle", "places", "steps"}
    others = {
        name: (VALUE,) if field.default == () else VALUE
        for name, field in Told.model_fields.items()
        if name not in ours
    }
    step = StepTold(step=f"type {VALUE}", outcome="changed", reason=f"{VALUE} came")
    told = texts().told(Told.model_validate({"outcome": "changed", "frame": "f42-42", "steps": (step,), **others}))
    assert told.frame == "f42-42"
    assert others.keys() == {"by", "reason", "question", "scripts", "said"}
    assert not [words for words in leaves(told.model_dump()) if "unter" in words]


def test_what_is_seen_is_told_so_and_the_places_are_not_touched() -> None:
    field = Element(role="button", name=f"Send {VALUE}", box=WHOLE)
    reader = FakeReader(words([(VALUE, 42, 10)]))
    view = FakeView(FakeDesktop(), EmbeddedGrounder(reader), FakeAccessibility([field]), reader)
    sight, screen = Sight(view, texts()), FakeDesktop().screenshot()
    lines = "\n".join(sight.listed(screen, WHOLE))
    assert "“Send {{secret:BANK}}” (32,24)" in lines
    assert "unter" not in lines
    titled = screen.model_copy(update={"window": Window(id=1, title=f"for {VALUE}", app=VALUE)})
    assert sight.windows(titled) == ["window in front: “for {{secret:BANK}}” of {{secret:BANK}}"]


async def answered(served: Served, offered: OfferedDesktop, person: Person) -> list[str]:
    """Return all that a client is told in which somebody quotes the secret."""
    told: list[str] = []
    served.patience = CallPatience(seconds=0.3, beat=0.05)
    async with served.client() as client:

        async def heard(progress: float, total: float | None, message: str | None) -> None:
            told.append(message or "")

        async def call(name: str, arguments: dict[str, Any]) -> None:
            result = await client.call_tool(name, arguments, progress_callback=heard)
            told.append(text(result) + json.dumps(result.structured_content))

        offered.window = Window(id=1, title=f"for {VALUE}")
        await call("see", {})
        await call("find", {"target": VALUE})
        await call("act", act(await frame_of(client), {"do": "focus_window", "target": VALUE}))
        asked = act(await frame_of(client), click("Save", f"is {VALUE}"))
        await call("act", asked)
        await call("run_status", {"handle": VALUE})
        await asyncio.to_thread(person.say, No(reason=f"not {VALUE}"))
        await call("act", asked)
        await call("stop", {})
        driver = Driver.model_validate({"pid": 1, "display": ":0", "task": f"type {VALUE}", "since": 0})
        offered.taken = driver
        await call("act", act(await frame_of(client), click("Save")))
        offered.breaks = TakenDesktop(driver, VALUE)
        await call("see", {})
        offered.breaks = RuntimeError(f"no {VALUE}")
        await call("see", {})
    return told


@pytest.mark.anyio
async def test_whoever_quotes_a_secret_the_client_is_told_its_name(
    served: Served, offered: OfferedDesktop, person: Person
) -> None:
    offered.secrets += SECRETS
    told = await answered(served, offered, person)
    assert len([words for words in told if "{{secret:BANK}}" in words]) > 8, told
    assert not [words for words in told if "unter" in words.lower() or "xyzz" in words.lower()]
