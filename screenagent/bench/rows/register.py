"""The server behind the form: it keeps what was truly saved, and is slow or away where the job says so."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any, Final

from pydantic import ValidationError

from screenagent.bench.rows.job import Customer, RowsJob

SLOW_SECONDS: Final = 4.0


class Register(ThreadingHTTPServer):
    """Answers `GET /` with the form and `POST /save` with the number under which a customer was saved."""

    daemon_threads = True

    def __init__(self, job: RowsJob) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.job = job
        self.is_away = True
        """Whether it does not answer for the row that it is away for."""
        self.saved: list[Customer] = []
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def save(self, customer: Customer) -> dict[str, Any] | None:
        """Keep a customer, and return the answer; None where the server is away."""
        if customer == self.job.row(self.job.away) and self.is_away:
            return None
        with self._lock:
            self.saved.append(customer)
            number = len(self.saved)
        if customer == self.job.row(self.job.slow):
            time.sleep(SLOW_SECONDS)
        return {"number": number, "popup": customer == self.job.row(self.job.popup_after)}


class _Request(BaseHTTPRequestHandler):
    server: Register

    def do_GET(self) -> None:
        self._answer("text/html", (files("screenagent.bench.rows") / "form.html").read_bytes())

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            customer = Customer.model_validate_json(sent)
        except ValidationError:
            self.send_error(400)
            return
        if (answer := self.server.save(customer)) is not None:
            self._answer("application/json", json.dumps(answer).encode())

    def _answer(self, kind: str, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Requests are not printed."""


@contextmanager
def serving(job: RowsJob) -> Iterator[Register]:
    """A register that answers while this is entered."""
    with Register(job) as register:
        thread = threading.Thread(target=register.serve_forever, daemon=True)
        thread.start()
        try:
            yield register
        finally:
            register.shutdown()
            thread.join()
