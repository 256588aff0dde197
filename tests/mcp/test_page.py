"""A page that changes under the same window between a client's look and its call, and one that quotes a secret.

What is sent is counted by a listener of its own on the X server.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import pytest
from mcp.client import Client

pytest.importorskip("Xlib")

from screenagent.control import Control
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.x11.raw_events import RawEvents
from screenagent.desktop.x11.windows import X11Windows
from tests.builders import eventually
from tests.desktop.test_apps import CHROMIUM
from tests.mcp.conftest import act, click, data, frame_of, text
from tests.mcp.remote_person import RemotePerson
from tests.mcp.test_display import server
from tests.paths import ROOT

pytestmark = [
    pytest.mark.display,
    pytest.mark.slow,
    pytest.mark.anyio,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]

PAGE: Final = """<!doctype html><title>Orders</title>
<body style="margin: 0; font: 20px sans-serif"><div id=shown></div>
<p id=done style="position: absolute; left: 300px; top: 250px"></p><script>
let last = ""
async function follow() {
  const now = await (await fetch("/state?" + encodeURIComponent(last))).text()
  if (now !== last) { shown.innerHTML = now; done.textContent = ""; last = now }
  requestAnimationFrame(() => requestAnimationFrame(follow))
}
follow()
</script>
"""

BUTTON: Final = (
    "<button onclick='done.textContent += 1'"
    " style='position:absolute; left:{x}px; top:{y}px; width:160px; height:44px'>{name}</button>"
)
NAME: Final = "<p style='position:absolute; left:40px; top:180px'>{name}</p>"
LINE: Final = "<p style='position:absolute; left:40px; top:400px'>{words}</p>"
COVER: Final = "<div style='position:fixed; inset:0; background:rgba(0,0,0,.5)'></div>"


def button(name: str, *, x: int = 300, y: int = 190) -> str:
    return BUTTON.format(name=name, x=x, y=y)


SEEN: Final = NAME.format(name="Ada Lovelace") + button("Archive") + LINE.format(words="three orders")


@dataclass
class ServedPage:
    """A page that shows what `show` says; it tells what it has drawn."""

    markup: str = SEEN
    drawn: str = ""
    port: int = 0

    def show(self, markup: str) -> None:
        """Show this, and wait until it is drawn."""
        self.markup = markup
        eventually(lambda: self.drawn == markup, seen=lambda: self.drawn)

    @contextmanager
    def served(self) -> Iterator[None]:
        page = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = urlsplit(self.path)
                is_state = asked.path == "/state"
                if is_state:
                    page.drawn = unquote(asked.query)
                body = (page.markup if is_state else PAGE).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        serving.daemon_threads = True
        self.port = serving.server_port
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            serving.shutdown()
            serving.server_close()
            thread.join(10)


@contextmanager
def browsed(page: ServedPage, profile: Path) -> Iterator[VirtualDesktop]:
    """A virtual desktop with the page in a browser."""
    rules = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    flags = [flag if not flag.startswith("--host-resolver") else rules for flag in CHROMIUM]
    with page.served():
        address = f"--app=http://127.0.0.1:{page.port}/"
        command = ("chromium", *flags, "--force-renderer-accessibility", f"--user-data-dir={profile}", address)
        with VirtualDesktop(command, control=Control()) as virtual:
            yield virtual


class Witness:
    """Counts the presses of keys and buttons that reach an X server."""

    def __init__(self, display: str) -> None:
        self._events = RawEvents(display)
        self.presses = 0

    def close(self) -> None:
        self._events.close()

    def counted(self) -> int:
        while found := list(self._events.within(0.3)):
            self.presses += sum(event.pressed and event.kind in ("key", "button") for event in found)
        return self.presses


def environment_of(virtual: VirtualDesktop, runtime: Path, **more: str) -> Mapping[str, str]:
    told = {"XDG_RUNTIME_DIR": str(runtime), "DISPLAY": virtual.display, "PYTHONPATH": str(ROOT)}
    return os.environ | virtual.environment | told | more


ANOTHER: Final[Mapping[str, str]] = {
    "another button at that place": SEEN.replace("Archive", "Delete"),
    "moved": SEEN.replace("left:300px", "left:500px"),
    "renamed": SEEN.replace("Archive", "Archive all"),
    "of another line": SEEN.replace("Ada Lovelace", "Alan Turing"),
    "covered": SEEN + COVER,
    "moved, and another at its place": button("Archive", y=300) + SEEN.replace("Archive", "Delete"),
}


async def test_what_stands_as_it_was_seen_is_acted_on_and_what_has_become_another_thing_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    page = ServedPage()
    with (
        browsed(page, tmp_path / "profile") as virtual,
        RemotePerson().at_work() as person,
        closing(Witness(virtual.display)) as witness,
    ):
        page.show(SEEN)
        async with Client(server(environment_of(virtual, tmp_path))) as client:
            frame = await frame_of(client)
            page.show(SEEN.replace("three orders", "four orders"))
            same = data(await client.call_tool("act", act(frame, click("Archive"))))
            assert (same["outcome"], witness.counted(), len(person.notes)) == ("changed", 1, 1), same
            for what, markup in ANOTHER.items():
                page.show(SEEN)
                frame = await frame_of(client)
                page.show(markup)
                told = data(await client.call_tool("act", act(frame, click("Archive"))))
                assert told["outcome"] in ("refused", "unmet"), (what, told)
                assert told["steps"][0]["reason"], (what, told)
                assert witness.counted() == 1, (what, told)
            page.show(SEEN)
            frame = await frame_of(client)
            page.show(SEEN + COVER + button("Really delete?", x=340, y=250))
            told = data(await client.call_tool("act", act(frame, {"do": "press", "keys": "enter"})))
            assert (told["outcome"], told["by"]) == ("refused", "guard"), told
            assert witness.counted() == 1
    assert len(person.notes) == 1  # nobody was asked to say yes to another thing


VALUE: Final = "Hunter2-Xyzzy"
WRONG: Final = "Zebra77-Plugh"
FIELD: Final = """<style>label, #named { position: absolute; left: 40px } input { width: 300px; height: 36px }</style>
<label style='top: 60px'>Code <input id=code oninput='document.title = `for ${value}`;
 named.ariaLabel = `Send ${value}`; named.textContent = `Send (${value.length})`; other.value = `is ${value}`'></label>
<button id=named aria-label='Send' style='top: 140px; width: 240px; height: 44px'>Send</button>
<label style='top: 240px'>Copy <input id=other></label>"""
POLICY: Final = "secrets: [{name: BANK, apps: ['chromium*']}]"


async def test_a_secret_that_a_page_quotes_in_its_title_names_and_values_is_told_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "policy.yaml").write_text(POLICY)
    page, told = ServedPage(FIELD), []
    with browsed(page, tmp_path / "profile") as virtual, RemotePerson().at_work():
        page.show(FIELD)
        environment = environment_of(virtual, tmp_path, SCREENAGENT_SECRET_BANK=VALUE)
        async with Client(server(environment, "--policy", str(tmp_path / "policy.yaml"))) as client:

            async def call(name: str, **arguments: Any) -> str:
                result = await client.call_tool(name, arguments)
                told.append(text(result) + json.dumps(result.structured_content))
                return told[-1]

            typed = {"do": "type", "text": "{{secret:BANK}}"}
            done = await call("act", **act(await frame_of(client), click("the Code field"), typed))
            title = title_of(virtual)
            assert title == f"for {VALUE}", done
            seen = await call("see")
            assert "window in front: “for {{secret:BANK}}" in seen
            assert "“Send {{secret:BANK}}”" in seen, seen
            frame = seen.split()[1]
            await call("find", target="Send")
            await call("find", target="the Copy field")
            await call("wait_for", words=f"is {VALUE}", seconds=0)
            await call("act", **act(frame, {"do": "close_window", "target": "another window"}))
            await call("act", **act(await frame_of(client), click("Send", f"is {VALUE}")))
            await call("act", **act(await frame_of(client), {"do": "focus_window", "target": "chromium"}))
            await call("run_status", handle=f"for {VALUE}")
            guesses = [data(await client.call_tool("find", {"target": f"Send {guess}"})) for guess in (VALUE, WRONG)]
    right, wrong = ((guess["outcome"], guess.get("places")) for guess in guesses)
    assert right == wrong  # so that nobody finds it out by guessing
    assert not [words for words in told if re.search("hunter2?|xyzz", words, re.IGNORECASE)]


def title_of(virtual: VirtualDesktop) -> str:
    """Return the title of the window in front, as the X server tells it."""
    with closing(X11Windows(virtual.display)) as windows:
        front = windows.foreground()
        return front.title if front else ""
