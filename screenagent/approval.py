"""Who lets an action through: everyone, no one, or a person who is asked. No answer means no."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from screenagent.actions import (
    Action,
    Ask,
    Finish,
    HoldKeys,
    Input,
    PressKeys,
    TypeText,
    Wait,
    WaitFor,
    describe,
    targets,
)
from screenagent.episode import Episode
from screenagent.events import Approve, Reject, Verdict
from screenagent.geometry import Location

RISKY_WORDS: Final = (
    *("delete", "remove", "erase", "wipe", "format", "trash", "discard", "overwrite", "replace", "empty", "reset"),
    *("uninstall", "install", "shut down", "shutdown", "restart", "reboot", "power off", "log out", "logout"),
    *("sign out", "quit", "don't save", "close without saving", "send", "submit", "post", "publish", "share"),
    *("pay", "buy", "order", "purchase", "checkout", "transfer", "donate", "subscribe", "unsubscribe"),
    *("revoke", "allow", "grant", "accept", "agree", "password", "passphrase", "pin", "sudo", "root"),
)

RISKY: Final = re.compile(rf"\b({'|'.join(RISKY_WORDS)})\b", re.IGNORECASE)

RISKY_KEYS: Final = (
    frozenset(("delete",)),
    frozenset(("alt", "f4")),
    frozenset(("ctrl", "q")),
    frozenset(("ctrl", "w")),
    frozenset(("super",)),
    frozenset(("ctrl", "alt")),
)


class AllowAll:
    """Unattended: every input goes through. Where this is used, it stands in sight at the call."""

    def review(self, action: Action, locations: tuple[Location, ...], episode: Episode) -> Verdict:  # noqa: ARG002
        return Reject(reason="there is nobody to ask") if isinstance(action, Ask) else Approve()


class DenyAll:
    """Nothing is sent; looking and finishing are allowed. For a dry run."""

    def review(self, action: Action, locations: tuple[Location, ...], episode: Episode) -> Verdict:  # noqa: ARG002
        return Approve() if isinstance(action, Wait | WaitFor | Finish) else Reject(reason="nothing may be sent")


@dataclass(frozen=True)
class Question:
    """What a person is asked: the action in words, where, and why it is asked about."""

    action: Action
    locations: tuple[Location, ...]
    risk: str | None
    episode: Episode


@dataclass(frozen=True)
class AskPerson:
    """Asks about every input, or about the risky ones only. `ask` gives None where nobody answered."""

    ask: Callable[[Question], Verdict | None]
    risky_only: bool = False

    def review(self, action: Action, locations: tuple[Location, ...], episode: Episode) -> Verdict:
        if isinstance(action, Wait | WaitFor | Finish):
            return Approve()
        risk = risk_of(action, episode)
        if self.risky_only and risk is None and isinstance(action, Input):
            return Approve()
        return self.ask(Question(action, locations, risk, episode)) or Reject(reason="nobody answered")


def risk_of(action: Action, episode: Episode) -> str | None:
    """Why this is worth asking about, or None: it deletes, sends, pays, ends, or types into a terminal."""
    window = episode.screenshot.window if episode.screenshot else None
    match action:
        case TypeText() | HoldKeys() | PressKeys() if window and window.is_terminal:
            return f"it goes into a terminal, {window.title!r}"
        case PressKeys(keys=pressed) | HoldKeys(keys=pressed) if any(risky <= set(pressed) for risky in RISKY_KEYS):
            return f"{'+'.join(pressed)} may close or delete something"
        case TypeText() if window and RISKY.search(window.title):
            return f"the window is titled {window.title!r}"
        case _:
            words = " ".join(targets(action))
            found = RISKY.search(words)
            return f"{found.group()!r} in {describe(action)}" if found else None
