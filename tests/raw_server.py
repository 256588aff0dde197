"""A server without manners: each connection gets bytes as a test wants them, and a test sees when it was closed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

HEADERS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
MANNER_SECONDS = 10.0


def event(data: str) -> bytes:
    return f"data: {data}\n\n".encode()


def text_event(text: str) -> bytes:
    return event(f'{{"choices": [{{"index": 0, "delta": {{"content": "{text}"}}}}]}}')


def with_body(status: str, body: str = "", *, media: str = "application/json", headers: str = "") -> bytes:
    """Return a whole answer with a status line such as `404 Not Found`."""
    start = f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {len(body.encode())}\r\n{headers}\r\n"
    return f"{start}{body}".encode()


@dataclass
class RawServer:
    """`requests` came whole; `closed` is when the client left each connection; `silent` is set once it is held open."""

    url: str
    requests: list[bytes] = field(default_factory=list)
    closed: list[float] = field(default_factory=list)
    silent: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    sent: int = 0

    def was_left(self) -> float:
        """Return when the client closed a connection."""
        assert self.left.wait(MANNER_SECONDS), "the client never closed its connection"
        return self.closed[0]


Manner = Callable[[], Iterator[bytes]]
"""What a connection sends; at the end it waits for the client to leave."""


def sends(*parts: bytes) -> Manner:
    return lambda: iter(parts)


@contextmanager
def raw_server(manner: Manner, *, hold: bool = False, listens: bool = True) -> Iterator[RawServer]:
    """Answer each request as `manner` says, then close, or `hold` the connection open.

    One that does not listen waits for no request.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    server = RawServer(f"http://127.0.0.1:{listening.getsockname()[1]}/v1")
    ended = threading.Event()
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if listens:
                server.requests.append(_request(connection))
            for part in manner():
                connection.sendall(part)
                server.sent += len(part)
            if hold:
                server.silent.set()
                connection.settimeout(0.01)
                _wait_for_end(connection, ended)
        if not ended.is_set():
            server.closed.append(time.monotonic())
            server.left.set()

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
                threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        ended.set()
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for thread in [accepting, *threads]:
            thread.join(5)


def _request(connection: socket.socket) -> bytes:
    """Read a request to the end of its body."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += connection.recv(65536)
    head, _, body = read.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def _wait_for_end(connection: socket.socket, ended: threading.Event) -> None:
    while not ended.is_set():
        with suppress(TimeoutError):
            if connection.recv(65536) == b"":
                return
