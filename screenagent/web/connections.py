"""Connections to the page's server: those that ask for nothing make way, so that no process keeps a person from it."""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS: Final = 5.0
"""A connection whose request is not whole by then is closed."""
MOST_IDLE: Final = 64
"""So many connections may be without a whole request; of more the oldest is closed."""


class PromptConnection(H11Protocol):
    """A connection that is closed if its next request does not come soon, or sooner if newer ones need the place."""

    _late: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether there is no whole request to answer."""
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait_for_request()
        waiting = [one for one in self.connections if isinstance(one, PromptConnection) and one._late is not None]
        if len(waiting) > MOST_IDLE:
            min(waiting, key=PromptConnection._closes_at).transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.is_idle:
            self._wait_no_more()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.is_idle:
            self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait_for_request(self) -> None:
        self._wait_no_more()
        self._late = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _closes_at(self) -> float:
        return self._late.when() if self._late is not None else 0.0
