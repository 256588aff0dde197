"""A local server that shows the pages and writes down what they report; the agent has no part in it."""

from __future__ import annotations

import math
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from mimetypes import guess_type
from socketserver import ThreadingMixIn
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlencode
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from screenagent.bench.truth.pairs import PAGES, TruthPair, Twin

POSTED: Final = "received.html"
"""What the server answers to a form."""


class Witness:
    """Serves the pages while it is entered. A report counts only for the attempt whose page sent it.

    `/report?attempt=…&number=…&line=…` is a report, and so is what a form posts, which comes last.
    """

    def __init__(self) -> None:
        # The server answers each request in a thread of its own.
        self._lock = threading.Lock()
        self._attempt, self._reports = 0, list[tuple[float, str]]()

    def __enter__(self) -> Self:
        self._server = make_server("127.0.0.1", 0, self._answer, _Server, _QuietRequest)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="witness", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def begin(self, pair: TruthPair, twin: Twin) -> str:
        """Forget earlier reports; return the address of the pair's page for a new attempt."""
        with self._lock:
            self._attempt, self._reports = self._attempt + 1, []
        asked = {"case": pair.id, "twin": twin, "attempt": self._attempt, "closed": _closed_port()}
        return f"{self._origin}/{pair.page}?{urlencode(asked)}"

    @property
    def blank(self) -> str:
        """The address of a page with nothing on it."""
        return f"{self._origin}/blank.html"

    @property
    def _origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def reports(self) -> Sequence[str]:
        with self._lock:
            return tuple(line for _, line in sorted(self._reports))

    def _answer(
        self, request: dict[str, Any], begin: Callable[[str, list[tuple[str, str]]], object]
    ) -> Iterable[bytes]:
        name = request["PATH_INFO"].removeprefix("/")
        if request["REQUEST_METHOD"] == "POST":
            sent = request["wsgi.input"].read(int(request["CONTENT_LENGTH"]))
            given = dict(parse_qsl(sent.decode()))
            self._report(given.pop("attempt"), math.inf, f"posted {' '.join(given.values())}")
            name = POSTED
        elif name == "report":
            given = dict(parse_qsl(request["QUERY_STRING"]))
            self._report(given["attempt"], float(given["number"]), given["line"])
        known = name in {file.name for file in PAGES.iterdir()}
        kind = f"{guess_type(name)[0] or 'text/plain'}; charset=utf-8"
        begin(
            "200 OK" if known or name == "report" else "404 Not Found",
            [("Content-Type", kind), ("Cache-Control", "no-store")],
        )
        return [(PAGES / name).read_bytes()] if known else []

    def _report(self, attempt: str, number: float, line: str) -> None:
        with self._lock:
            if attempt == str(self._attempt):
                self._reports.append((number, line))


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietRequest(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Requests are no news to whoever runs the bench."""


def _closed_port() -> int:
    """Return a port at which nobody answers."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port
