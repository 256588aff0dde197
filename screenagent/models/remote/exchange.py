"""One request and its answer on a separate connection, which closes as soon as the caller stops reading."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any, Final, Generic, TypeVar

from screenagent.models.remote.errors import Closed, Silent, TooSlow

ItemT = TypeVar("ItemT")

POLL_SECONDS: Final = 0.02
QUEUED: Final = 256
"""The most items read ahead; then the reader waits for the caller."""
JOIN_SECONDS: Final = 2.0

Extensions = Mapping[str, Any]
"""Instructions to the HTTP client that accompany a request."""


class _Sign(Enum):
    """What the queue says beside items, of which one may be None: a listing may be `null`."""

    NOTHING_YET = "nothing yet"
    END = "end"


class Exchange(Generic[ItemT]):
    """Reads an answer in a thread, so that the caller can stop while the server is silent.

    `read` sends the request with the given extensions and yields the answer. The HTTP client's `trace` extension
    reports the request's connection, even before an answer begins. `close` shuts that connection down, which ends the
    thread's read or write.
    """

    def __init__(self, read: Callable[[Extensions], Iterator[ItemT]]) -> None:
        self._read = read
        self._arrived: queue.Queue[ItemT | Exception | _Sign] = queue.Queue(QUEUED)
        self._closed = threading.Event()
        self._lock = threading.Lock()  # protects `_socket`: it is shut down as soon as both it and a close are known
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="server")

    def items(
        self,
        *,
        check: Callable[[], None],
        patience: float,
        longest: float,
        counts: Callable[[ItemT], bool] = lambda _: True,
    ) -> Iterator[ItemT]:
        """Yield the answer as it arrives.

        `check` is called during the wait and may raise. Raise `Silent` if no item for which `counts` is true arrives
        for `patience` seconds, and `TooSlow` if the whole answer takes more than `longest`. Errors in the thread are
        raised here.
        """
        self._thread.start()
        silent = waited = 0.0
        try:
            while True:
                check()
                began = time.monotonic()
                item = self._next()
                passed = time.monotonic() - began
                silent, waited = silent + passed, waited + passed
                match item:
                    case _Sign.END:
                        return
                    case Exception():
                        raise item
                    case _Sign.NOTHING_YET:
                        pass
                    case _:
                        silent = 0.0 if counts(item) else silent
                        yield item
                if silent > patience:
                    raise Silent(patience)
                if waited > longest:
                    raise TooSlow(longest)
        finally:
            self.close()

    def _next(self) -> ItemT | Exception | _Sign:
        """Return the next item if one has arrived."""
        try:
            return self._arrived.get(timeout=POLL_SECONDS)
        except queue.Empty:
            return Closed() if self._closed.is_set() else _Sign.NOTHING_YET

    def close(self) -> None:
        """Close the connection, whatever the server does. The thread then ends, unless it is still connecting."""
        with self._lock:
            self._closed.set()
            connected = self._socket is not None
            self._shut()
        if connected and self._thread is not threading.current_thread():
            self._thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        try:
            for item in self._read({"trace": self._trace}):
                self._put(item)
                if self._closed.is_set():
                    return
            self._put(_Sign.END)
        except Exception as error:  # noqa: BLE001 -- `items` raises it again in the caller's thread
            self._put(error)
        finally:
            self._connected(None)

    def _put(self, item: ItemT | Exception | _Sign) -> None:
        while not self._closed.is_set():
            with suppress(queue.Full):
                self._arrived.put(item, timeout=POLL_SECONDS)
                break

    def _trace(self, event: str, details: Mapping[str, Any]) -> None:
        if event.endswith((".connect_tcp.complete", ".connect_unix_socket.complete")):
            self._connected(details["return_value"].get_extra_info("socket"))

    def _connected(self, connection: socket.socket | None) -> None:
        """Duplicate the socket: the client's own handle is detached during the TLS handshake."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
            self._socket = connection.dup() if connection is not None else None
            if self._closed.is_set():
                self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # closed already
                self._socket.shutdown(socket.SHUT_RDWR)
