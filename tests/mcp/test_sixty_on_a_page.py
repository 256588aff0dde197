"""A client works on a page in a browser: what the page got, and what the display got, is what was asked for, once."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

from screenagent.control import Control
from screenagent.desktop.virtual import VirtualDesktop
from tests.mcp.conftest import act, click
from tests.mcp.input_witness import input_witness, unapproved
from tests.mcp.remote_person import RemotePerson
from tests.mcp.wire_client import wire_client

pytestmark = [pytest.mark.display, pytest.mark.soak]

ROUNDS: Final = 20
BROWSER: Final = (
    *("chromium", "--no-sandbox", "--test-type", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--password-store=basic"),
    *("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--window-position=40,40", "--window-size=900,600"),
)
PAGE: Final = """<!doctype html><meta charset=utf-8><title>Orders</title>
<style>body { font: 22px sans-serif; margin: 30px } input, button { font: inherit; padding: 8px; margin: 8px }</style>
<label>Customer <input id=customer autocomplete=off></label><br><button id=add>Add order</button>
<p id=last>No orders yet</p>
<script>
const tell = (what, text) => fetch("/" + what, {method: "POST", body: text, keepalive: true});
document.addEventListener("pointerdown", event => event.isTrusted && tell("press", event.target.tagName));
add.onclick = () => {
    last.textContent = "Saved order of " + customer.value;
    tell("order", customer.value);
    customer.value = "";
};
</script>
"""
NAMES: Final = tuple(f"{name} {number}" for number in range(1, 6) for name in ("ada", "grace", "edsger", "barbara"))


@dataclass
class PageWitness:
    """Serves the page, and is told by it of each press and order, in their order."""

    told: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""

    def of(self, what: str) -> Sequence[str]:
        return [text for kind, text in self.told if kind == what]


@contextmanager
def page_witness() -> Iterator[PageWitness]:
    witness = PageWitness()

    class Answering(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._answer(PAGE.encode())

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            witness.told.append((self.path.removeprefix("/"), text))
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        witness.address = f"http://127.0.0.1:{server.server_port}/"
        serving = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        serving.start()
        try:
            yield witness
        finally:
            server.shutdown()
            serving.join()


@pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed")
@pytest.mark.parametrize("again", [False, True], ids=["each call once", "each call repeated"])
def test_sixty_steps_on_a_page_arrive_once_each(again: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with page_witness() as page, VirtualDesktop(control=Control()) as desktop:
        desktop.launch([*BROWSER, f"--user-data-dir={tmp_path / 'profile'}", f"--app={page.address}"], seconds=60)
        environment = {**desktop.environment, "XDG_RUNTIME_DIR": str(tmp_path), "DISPLAY": desktop.display}
        with (
            input_witness(desktop.display) as witness,
            RemotePerson().at_work() as person,
            wire_client(environment) as client,
        ):
            client.open()
            assert client.call("wait_for", {"words": "No orders yet", "seconds": 45})["structuredContent"] == {
                "outcome": "satisfied"
            }
            frame = client.frame()
            for name in NAMES:
                call = act(frame, *ordered(name))
                result = client.call("act", call)
                assert result["structuredContent"]["left"] == 0, result
                assert result["structuredContent"]["outcome"] == "confirmed", result
                if again:
                    assert client.call("act", call) == result
                frame = result["structuredContent"]["frame"]
            presses, begun = witness.presses(quiet=1), witness.actions()
    assert page.of("order") == list(NAMES)
    assert len(page.of("press")) == 2 * ROUNDS
    assert [press.kind for press in presses].count("button") == 2 * ROUNDS
    assert [press.kind for press in presses].count("key") == sum(map(len, NAMES))
    assert len(person.asked) == 3 * ROUNDS
    assert len(begun) == 3 * ROUNDS
    assert unapproved(begun, person.yeses) == 0


def ordered(name: str) -> Sequence[Mapping[str, Any]]:
    return click("Customer"), {"do": "type", "text": name, "expect": name}, click("Add order", f"order of {name}")
