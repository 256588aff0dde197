"""Who may read the page and answer in it: whoever has the link that the terminal printed, and nobody else.

The link's token is in the fragment of the address, which a browser sends to nobody. The page exchanges it once for two
secrets: a cookie, which scripts cannot read, and a key that the page keeps for its own origin. Each request needs both,
since a cookie of this machine is sent to every port of it, whoever listens there.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

HOST: Final = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE | re.ASCII)
"""A page that is reached through a tunnel has another port than the one that is listened at."""

KEY_HEADER: Final = "x-screenagent-key"
MOST_PASSES: Final = 32
"""Browsers that may be let in, one after the other."""
READS: Final = frozenset(("GET", "HEAD"))


@dataclass(frozen=True)
class Pass:
    """What a browser that was let in shows with each request."""

    cookie: str
    key: str


class Access:
    """The token of the link, and the passes that were given for it."""

    def __init__(self, *, renewed: Callable[[str], object] = str) -> None:
        """`renewed` is told the token of the next link, when one was used up."""
        self.cookie_name = f"screenagent-{secrets.token_hex(6)}"
        self.token = secrets.token_urlsafe(32)
        self._renewed = renewed
        self._passes: list[Pass] = []

    def exchange(self, token: str) -> Pass | None:
        """Return a pass for the token, which is of no use afterwards; None if it is not the one that counts now."""
        if not _same(token, self.token) or len(self._passes) >= MOST_PASSES:
            return None
        given = Pass(cookie=secrets.token_urlsafe(32), key=secrets.token_urlsafe(32))
        self._passes.append(given)
        self.token = secrets.token_urlsafe(32)
        self._renewed(self.token)
        return given

    def admits(self, cookie: str, key: str) -> bool:
        """Return whether both are of one pass."""
        return any(_same(cookie, given.cookie) and _same(key, given.key) for given in self._passes)


def misdirection(method: str, path: str, headers: Mapping[str, list[str]]) -> str:
    """Return why a request cannot come from our own page on this machine; empty if it can."""
    hosts, origins, sites = (headers.get(name, []) for name in ("host", "origin", "sec-fetch-site"))
    if len(hosts) != 1 or not HOST.fullmatch(hosts[0]):
        return f"this page is reached as 127.0.0.1 or localhost alone, not as {', '.join(hosts)[:100] or 'nothing'}"
    if any(origin.lower() != f"http://{hosts[0]}".lower() for origin in origins) or len(origins) > 1:
        return f"a page of {origins[0][:100]} may not use this one"
    if not origins and method not in READS:
        return "a request that changes something says from which page it comes"
    if path != "/" and any(site not in ("same-origin", "none") for site in sites):  # a link to the page may be followed
        return "another page may not use this one"
    return ""


def _same(one: str, other: str) -> bool:
    return compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())
