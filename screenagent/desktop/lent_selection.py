"""A selection that lends a text for one paste and then says again what the user had copied, on any display.

It is carried out in a process of its own, which reads a JSON line for each wish and says a JSON line for each thing
that happened. The process lives on after the agent as long as it keeps what the user had copied.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from typing import IO, Any, Final, Protocol

SELECTIONS: Final = ("CLIPBOARD", "PRIMARY")
TEXT: Final = ("UTF8_STRING", "text/plain;charset=utf-8", "text/plain", "STRING", "TEXT")
# What is kept of the user's clipboard first: text, and what else people copy. An office suite offers dozens of further
# kinds, and makes each only when it is asked for: they are kept as far as time and room allow.
KEPT_FIRST: Final = (*TEXT, "text/html", "text/uri-list", "x-special/gnome-copied-files", "image/png")
NOT_CONTENTS: Final = frozenset(
    ("TARGETS", "MULTIPLE", "TIMESTAMP", "SAVE_TARGETS", "DELETE", "INSERT_SELECTION", "INSERT_PROPERTY")
)
KEEP_SECONDS: Final = 1.5  # for all that is kept beside the first kinds
KEEP_BYTES: Final = 64 << 20
OWNER_SECONDS: Final = 0.5  # for the present owner to answer; one that hangs keeps its contents to itself
PASSING: Final = ("x-kde-passwordManagerHint", b"secret")  # tells clipboard managers that this is not to be kept
TAKEN_BACK: Final = 3  # times that what the user had copied is put back after a clipboard manager took our text for it
TAKEN_BACK_SECONDS: Final = 3.0

Contents = Mapping[Any, Any]
"""What a selection offers, by kind; what a kind and its content are is the display's matter."""


class SelectionHolder(Protocol):
    """A selection of a display, which we own or somebody else does."""

    @property
    def owned(self) -> bool:
        """Whether it is we who own it."""
        ...

    def meant_for(self, wish: Mapping[str, Any]) -> None:
        """Take from a wish which window or program the text is lent to, so that its fetch can be told from others'."""
        ...

    def text_contents(self, text: str, *, passing: bool) -> Contents:
        """Return a text in the kinds that programs ask for; `passing` marks it as not to be kept by others."""
        ...

    def contents(self) -> Contents:
        """Return what the present owner offers, of the kinds that are kept."""
        ...

    def text(self) -> str | None:
        """Return the text that the present owner offers; None if it offers none."""
        ...

    def is_lent_by_another(self) -> bool:
        """Whether a process of this kind, for another run, owns the selection."""
        ...

    def take(self, contents: Contents) -> None:
        """Own the selection and offer these contents."""
        ...

    def drop(self) -> None:
        """Let the selection be owned by nobody."""
        ...


class LentSelection:
    """Decides what a selection says, and tells what became of it."""

    def __init__(self, holder: SelectionHolder) -> None:
        self.holder = holder
        self.is_lent = False
        self._kept: Contents = {}
        self._text = ""  # what was lent last
        self._given_back_at = float("-inf")
        self._taken_back = 0

    def carry_out(self, wish: Mapping[str, Any]) -> None:
        if "lend" in wish:
            self.holder.meant_for(wish)
            self._lend(wish["lend"])
        elif "check" in wish:
            self._check()
        elif "tell" in wish:
            report_content("told", text=self.holder.text())
        elif "keep" in wish:
            self._keep(wish["keep"])
        else:
            self.give_back()

    def _lend(self, text: str) -> None:
        if not self.holder.owned and not (self.is_lent and self._says_lent()):
            self._kept = self.holder.contents()
        self._text, self.is_lent = text, True
        self.holder.take(self.holder.text_contents(text, passing=True))
        report_content("lent", owner=self.holder.owned)

    def _keep(self, text: str) -> None:
        """Hold a text as if it had been copied, until something else is."""
        self._kept = self.holder.text_contents(text, passing=False)
        self._put_back()
        report_content("kept", owner=self.holder.owned)

    def _check(self) -> None:
        """Say whether a paste brings the text that is lent, be it from us or from who has taken it over."""
        report_content("checked", ours=self._says_lent(), owner=self.holder.owned)

    def give_back(self) -> None:
        """Let the selection say what it said before; where that was nothing, nobody owns it.

        What somebody copied meanwhile is left as it is. A clipboard manager that has taken our text over has not copied
        anything.
        """
        if self.is_lent:
            is_ours = self._says_lent()
            self.is_lent = False
            self._given_back_at, self._taken_back = time.monotonic(), 0
            if is_ours:
                self._put_back()
            else:
                self._kept = {}
        report_content("given_back")

    def lost(self) -> None:
        """Somebody copied something else, or a clipboard manager has taken over what it saw."""
        is_late = not self.is_lent and time.monotonic() < self._given_back_at + TAKEN_BACK_SECONDS
        if is_late and self._taken_back < TAKEN_BACK and self._says_lent() and not self.holder.is_lent_by_another():
            self._taken_back += 1
            self._put_back()
        elif not self.is_lent:
            self._kept = {}
        else:
            report_content("lost")

    def was_asked(self, *, fetched: bool, by_target: bool) -> None:
        """Tell that a program asked what is lent, or has it whole."""
        if self.is_lent:
            report_content("fetched" if fetched else "asked", by_target=by_target)

    def _says_lent(self) -> bool:
        """Whether the selection says the text that was lent last."""
        if self.holder.owned:
            return self.is_lent
        return self.holder.text() == self._text

    def _put_back(self) -> None:
        if self._kept:
            self.holder.take(self._kept)
        else:
            self.holder.drop()


class Wishes:
    """What the agent asks for, a JSON line each."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._rest = b""
        self.are_open = True
        """Whether more may come: not once the agent has ended."""

    def fileno(self) -> int:
        return self._source.fileno()

    def carry_out(self, selections: Mapping[str, LentSelection]) -> None:
        """Carry out what has come; at the end of it, give everything back."""
        read = os.read(self.fileno(), 1 << 20)
        if not read:
            self.are_open = False
            for selection in selections.values():
                selection.give_back()
        *lines, self._rest = (self._rest + read).split(b"\n")
        for wish in map(json.loads, lines):
            selections[wish["selection"]].carry_out(wish)


def report_content(happened: str, **facts: object) -> None:
    try:
        print(json.dumps({"event": happened, **facts}), flush=True)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 # nobody listens any longer, to the end of this process
