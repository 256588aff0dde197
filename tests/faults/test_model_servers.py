"""A command and its misbehaving model server: a stop ends the wait at once, and a wrong answer is a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

pytest.importorskip("httpx2")  # an extra

from screenagent.control import until
from tests.paths import ROOT
from tests.raw_server import HEADERS, Manner, RawServer, event, raw_server, sends, text_event, with_body

LISTING: Final = with_body("200 OK", json.dumps({"object": "list", "data": [{"id": "m", "object": "model"}]}))
JSON_HEADERS: Final = HEADERS.replace(b"text/event-stream", b"application/json")
GONE_SECONDS: Final = 2.0


def started(server: RawServer, work: Path) -> subprocess.Popen[bytes]:
    """Start a run whose model is behind `server`; it comes to no desktop."""
    command = [sys.executable, "-m", "screenagent", "run", "write a letter", "--plain", "--no-record"]
    own = {"PYTHONPATH": str(ROOT), "SCREENAGENT_PROVEN_MODELS": str(work / "proven.json")}
    return subprocess.Popen(
        [*command, "--approve", "never", "--model", server.url],
        cwd=work,
        env=os.environ | own,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def trickling(*begin: bytes, forever: bytes) -> Manner:
    def manner() -> Iterator[bytes]:
        yield from begin
        while True:
            yield forever
            time.sleep(0.1)

    return manner


def listed_first(manner: Manner) -> Manner:
    """List a model when asked the first time, and then behave as `manner` says."""
    answers = iter([sends(LISTING)])

    def answer() -> Iterator[bytes]:
        return next(answers, manner)()

    return answer


SLOW: Final[dict[str, Callable[[], Manner]]] = {
    "silent at the listing": sends,
    "trickles the listing": lambda: trickling(JSON_HEADERS, forever=b" "),
    "trickles its headers": lambda: trickling(b"HTTP/1.1 200 OK\r\n", forever=b"X: y\r\n"),
    "promises an answer for ever": lambda: trickling(forever=b"HTTP/1.1 100 Continue\r\n\r\n"),
    "silent at the answer": lambda: listed_first(sends(HEADERS)),
    "trickles the answer": lambda: listed_first(trickling(HEADERS, forever=text_event(" "))),
    "keeps the connection alive": lambda: listed_first(trickling(HEADERS, forever=b": still here\n\n")),
}
QUICK: Final = "silent at the listing"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(
    "manner",
    [pytest.param(manner, id=name, marks=[pytest.mark.soak] * (name != QUICK)) for name, manner in SLOW.items()],
)
def test_a_stop_ends_a_run_that_waits_for_its_model_server(manner: Callable[[], Manner], tmp_path: Path) -> None:
    with raw_server(manner(), hold=True) as server, started(server, tmp_path) as process:
        assert until(lambda: server.requests or process.poll() is not None, seconds=30)
        until(lambda: process.poll() is not None, seconds=0.5)
        stopped_at = time.monotonic()
        process.terminate()
        _, said = process.communicate(timeout=10)
        assert time.monotonic() - stopped_at < GONE_SECONDS
    assert process.returncode == 130
    assert said.decode().splitlines()[-1].startswith("stopped")


WRONG: Final[dict[str, tuple[Callable[[], Manner], str]]] = {
    "null for a listing": (lambda: sends(with_body("200 OK", "null")), "lists no models: is that a model server"),
    "a listing without an end": (
        lambda: trickling(JSON_HEADERS + b'{"data": [{"id": "', forever=b"y" * (1 << 20)),
        "sends an answer that is not a stream",
    ),
    "a web page": (
        lambda: sends(with_body("200 OK", "<html>Login</html>", media="text/html")),
        "answers with a web page, not like a model server",
    ),
    "an answer without an end": (
        lambda: listed_first(trickling(HEADERS, forever=text_event("and then " * 20) * 1000)),
        "exceeds the maximum length of an answer",
    ),
    "another character set": (
        lambda: listed_first(
            sends(HEADERS.replace(b"stream\r", b"stream; charset=zlib_codec\r"), text_event("no"), event("[DONE]"))
        ),
        "does not point like any known family",
    ),
}


@pytest.mark.soak
@pytest.mark.parametrize(("manner", "sentence"), WRONG.values(), ids=WRONG)
def test_what_a_model_server_says_wrong_is_a_sentence(
    manner: Callable[[], Manner], sentence: str, tmp_path: Path
) -> None:
    with raw_server(manner()) as server, started(server, tmp_path) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in said.decode()
    assert sentence in said.decode().splitlines()[-1]
