"""One request and its answer on a connection of its own, which closes at once when the caller leaves."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any, Final, Generic, TypeVar

from screenagent.models.remote.errors import Closed, Silent

ItemT = TypeVar("ItemT")

POLL_SECONDS: Final = 0.02
QUEUED: Final = 256
"""Items that are read ahead; the reader waits while the caller does not take them."""
JOIN_SECONDS: Final = 2.0

Extensions = Mapping[str, Any]
"""What a request carries beside its headers and body, for the HTTP client."""


class _Nothing(Enum):
    YET = "yet"


class Exchange(Generic[ItemT]):
    """Reads an answer in a thread, so that the caller can stop while the server is silent.

    `read` sends the request with the given extensions and yields the answer. The HTTP client reports by its `trace`
    extension which connection the request got, whether or not an answer has begun. `close` shuts that connection down,
    at which the thread's read or write ends.
    """

    def __init__(self, read: Callable[[Extensions], Iterator[ItemT]]) -> None:
        self._read = read
        self._arrived: queue.Queue[ItemT | Exception | None] = queue.Queue(QUEUED)
        self._closed = threading.Event()
        self._lock = threading.Lock()  # protects `_socket`: it is shut down as soon as both it and a close are known
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="server")

    def items(
        self, *, check: Callable[[], None], patience: float, counts: Callable[[ItemT], bool] = lambda _: True
    ) -> Iterator[ItemT]:
        """Yield the answer as it arrives.

        `check` is called while it waits, and may raise. Raise `Silent` if nothing that `counts` arrives for `patience`
        seconds, and whatever went wrong in the thread.
        """
        self._thread.start()
        silent = 0.0
        try:
            while True:
                check()
                began = time.monotonic()
                item = self._next()
                silent += time.monotonic() - began
                match item:
                    case None:
                        return
                    case Exception():
                        raise item
                    case _Nothing.YET:
                        pass
                    case _:
                        silent = 0.0 if counts(item) else silent
                        yield item
                if silent > patience:
                    raise Silent(patience)
        finally:
            self.close()

    def _next(self) -> ItemT | Exception | _Nothing | None:
        """Return what has arrived, if anything has; None at the end."""
        try:
            return self._arrived.get(timeout=POLL_SECONDS)
        except queue.Empty:
            return Closed() if self._closed.is_set() else _Nothing.YET

    def close(self) -> None:
        """Close the connection, whatever the server does. The thread has ended then, unless it is still connecting."""
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
            self._put(None)
        except Exception as error:  # noqa: BLE001 -- `items` raises it again in the caller's thread
            self._put(error)
        finally:
            self._connected(None)

    def _put(self, item: ItemT | Exception | None) -> None:
        while not self._closed.is_set():
            with suppress(queue.Full):
                self._arrived.put(item, timeout=POLL_SECONDS)
                break

    def _trace(self, event: str, details: Mapping[str, Any]) -> None:
        if event.endswith((".connect_tcp.complete", ".connect_unix_socket.complete")):
            self._connected(details["return_value"].get_extra_info("socket"))

    def _connected(self, connection: socket.socket | None) -> None:
        """Keep a handle of our own on the connection: encryption takes the client's away while hands are shaken."""
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
