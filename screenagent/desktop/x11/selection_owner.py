"""A process that owns an X selection for the agent: it lends it text to paste and gives it back its former contents.

It reads a JSON line for each wish, says a JSON line for each thing that happened, and lives on after the agent as long
as it keeps what the user had copied.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from Xlib import X, Xatom, display, error
from Xlib.protocol import event, request

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
CHUNK: Final = 64 * 1024  # a property longer than a request is handed over piece by piece


@dataclass(frozen=True)
class Content:
    kind: int
    data: bytes
    format: int = 8


@dataclass
class Selection:
    """One of the server's selections, and who asked us for it."""

    server: Any
    name: str
    lent: dict[int, Content] | None = None
    lent_to: int = 0
    kept: dict[int, Content] = field(default_factory=dict)
    owned: bool = False
    missed: list[Any] = field(default_factory=list)
    """Events that came while an answer was awaited."""

    def __post_init__(self) -> None:
        screen = self.server.screen()
        self.window = screen.root.create_window(
            0, 0, 1, 1, 0, X.CopyFromParent, window_class=X.InputOnly, event_mask=X.PropertyChangeMask
        )
        self.atom = self.server.intern_atom(self.name)
        self._pieces: dict[tuple[int, int], Iterator[bytes]] = {}
        self._kinds: dict[tuple[int, int], int] = {}
        self._text = b""  # what was lent last
        self._given_back_at = float("-inf")
        self._taken_back = 0

    def lend(self, text: str, *, to: int) -> None:
        if not self.owned and not (self.lent is not None and self._holds_lent()):
            self.kept = dict(self._contents())
        self._text = text.encode()
        self.lent = self._as_contents(self._text)
        utf8 = self.server.intern_atom("UTF8_STRING")
        self.lent[self.server.intern_atom(PASSING[0])] = Content(utf8, PASSING[1])
        self.lent_to = to & ~self.server.display.info.resource_id_mask
        self._take()
        report_content("lent", owner=self.owned)

    def tell(self) -> None:
        """Say the text that somebody has copied; None if nothing was, or something else than text."""
        said = self._ask(self.server.intern_atom("UTF8_STRING")) or self._ask(Xatom.STRING)
        encoding = "latin-1" if said and said.kind == Xatom.STRING else "utf-8"
        report_content("told", text=said.data.decode(encoding, "replace") if said else None)

    def keep(self, text: str) -> None:
        """Hold a text as if it had been copied, until something else is."""
        self.kept = self._as_contents(text.encode())
        self._put_back()
        report_content("kept", owner=self.owned)

    def check(self) -> None:
        """Say whether a paste brings the text that is lent, be it from us or from who has taken it over."""
        report_content("checked", ours=self._holds_lent(), owner=self.owned)

    def give_back(self) -> None:
        """Let the selection say what it said before; where that was nothing, nobody owns it.

        What somebody copied meanwhile is left as it is. A clipboard manager that has taken our text over has not copied
        anything.
        """
        if self.lent is None:
            report_content("given_back")
            return
        is_ours = self._holds_lent()
        self.lent = None
        self._given_back_at, self._taken_back = time.monotonic(), 0
        if is_ours:
            self._put_back()
        else:
            self.kept = {}
        report_content("given_back")

    def lost(self) -> None:
        """Somebody copied something else, or a clipboard manager has taken over what it saw."""
        self.owned = False
        is_late = self.lent is None and time.monotonic() < self._given_back_at + TAKEN_BACK_SECONDS
        if is_late and self._taken_back < TAKEN_BACK and self._holds_lent() and not self._is_lent_by_another():
            self._taken_back += 1
            self._put_back()
        elif self.lent is None:
            self.kept = {}
        else:
            report_content("lost")

    def _holds_lent(self) -> bool:
        """Whether the selection says the text that was lent last."""
        if self.owned:
            return self.lent is not None
        said = self._ask(self.server.intern_atom("UTF8_STRING"))
        return said is not None and said.data == self._text

    def _is_lent_by_another(self) -> bool:
        """Whether a process of this kind, for another run, owns the selection."""
        return self.server.intern_atom(PASSING[0]) in self._offered()

    def _put_back(self) -> None:
        self._take()
        if self.owned and not self.kept:
            nobody = {"window": X.NONE, "selection": self.atom, "time": X.CurrentTime}
            request.SetSelectionOwner(display=self.server.display, **nobody)
            self.owned = False
        self.server.sync()

    def _as_contents(self, text: bytes) -> dict[int, Content]:
        utf8 = self.server.intern_atom("UTF8_STRING")
        return {self.server.intern_atom(name): Content(utf8, text) for name in TEXT}

    def serve(self, asked: Any) -> None:
        at = asked.property or asked.target  # clients of the first days name no property
        said = self._reply(asked, at)
        answered = {name: getattr(asked, name) for name in ("time", "requestor", "selection", "target")}
        asked.requestor.send_event(event.SelectionNotify(**answered, property=at if said else X.NONE))
        self.server.flush()
        text = said and self.lent is not None and asked.target in self.lent
        fetched = text and (asked.requestor.id, at) not in self._pieces
        self._tell("fetched" if fetched else "asked", asked.requestor.id)

    def hand_on(self, happened: Any) -> None:
        """The requestor has taken a piece: give it the next, an empty one being the last."""
        place = happened.window.id, happened.atom
        if happened.state != X.PropertyDelete or place not in self._pieces:
            return
        piece = next(self._pieces[place], b"")
        happened.window.change_property(happened.atom, self._kinds[place], 8, piece)
        self.server.flush()
        if not piece:
            del self._pieces[place]
            self._tell("fetched", happened.window.id)

    def _take(self) -> None:
        self.window.set_selection_owner(self.atom, X.CurrentTime)
        owner = self.server.get_selection_owner(self.atom)
        self.owned = owner != X.NONE and owner.id == self.window.id

    def _reply(self, asked: Any, at: int) -> bool:
        contents = self.lent if self.lent is not None else self.kept
        window, target = asked.requestor, asked.target
        if target == self.server.intern_atom("TARGETS"):
            window.change_property(at, Xatom.ATOM, 32, [target, *contents])
            return True
        if (content := contents.get(target)) is None:
            return False
        if len(content.data) <= CHUNK:
            window.change_property(at, content.kind, content.format, _units(content))
            return True
        window.change_attributes(event_mask=X.PropertyChangeMask)
        pieces = (content.data[start : start + CHUNK] for start in range(0, len(content.data), CHUNK))
        self._pieces[window.id, at], self._kinds[window.id, at] = pieces, content.kind
        window.change_property(at, self.server.intern_atom("INCR"), 32, [len(content.data)])
        return True

    def _tell(self, happened: str, requestor: int) -> None:
        if self.lent is not None:
            client = requestor & ~self.server.display.info.resource_id_mask
            report_content(happened, by_target=client == self.lent_to)

    def _contents(self) -> Iterator[tuple[int, Content]]:
        """What the present owner offers, of the kinds that are kept."""
        if self.server.get_selection_owner(self.atom) == X.NONE:
            return
        targets = self._offered()
        first = [target for name in KEPT_FIRST if (target := self.server.intern_atom(name)) in targets]
        end, room = time.monotonic() + KEEP_SECONDS, KEEP_BYTES
        for target in dict.fromkeys((*first, *targets)):
            is_first = target in first
            if not is_first and (time.monotonic() > end or room <= 0 or self._is_no_content(target)):
                continue
            if content := self._ask(target):
                room -= len(content.data)
                yield target, content

    def _offered(self) -> list[int]:
        offered = self._ask(self.server.intern_atom("TARGETS"))
        return list(memoryview(offered.data).cast("I")) if offered else []

    def _is_no_content(self, target: int) -> bool:
        return target == X.NONE or self.server.get_atom_name(target) in NOT_CONTENTS

    def _ask(self, target: int) -> Content | None:
        place = self.server.intern_atom("SCREENAGENT")
        self.window.convert_selection(self.atom, target, place, X.CurrentTime)
        answer = self._next(lambda happened: happened.type == X.SelectionNotify)
        if answer is None or answer.property == X.NONE:
            return None
        content = self._take_property(place)
        if content is None or content.kind != self.server.intern_atom("INCR"):
            return content
        pieces = []
        while (piece := self._next_piece(place)) is not None and piece.data:
            pieces.append(piece)
        return Content(pieces[0].kind, b"".join(part.data for part in pieces)) if pieces and piece else None

    def _next_piece(self, place: int) -> Content | None:
        came = self._next(
            lambda happened: (
                happened.type == X.PropertyNotify and happened.atom == place and happened.state == X.PropertyNewValue
            )
        )
        return self._take_property(place) if came else None

    def _take_property(self, place: int) -> Content | None:
        found = self.window.get_full_property(place, X.AnyPropertyType)
        self.window.delete_property(place)
        if found is None:
            return None
        value = found.value
        data = value.encode("latin-1") if isinstance(value, str) else bytes(value)
        return Content(found.property_type, data, found.format)

    def _next(self, wanted: Callable[[Any], bool]) -> Any:
        deadline = time.monotonic() + OWNER_SECONDS
        self.server.flush()
        while time.monotonic() < deadline:
            if not self.server.pending_events():
                select.select([self.server.fileno()], [], [], max(0.0, deadline - time.monotonic()))
                continue
            happened = self.server.next_event()
            if wanted(happened):
                return happened
            self.missed.append(happened)
        return None


def _units(content: Content) -> Any:
    return content.data if content.format == 8 else memoryview(content.data).cast("I" if content.format == 32 else "H")


def report_content(happened: str, **facts: object) -> None:
    try:
        print(json.dumps({"event": happened, **facts}), flush=True)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 # nobody listens any longer, to the end of this process


def own_selection(server: Any) -> None:
    selections = {name: Selection(server, name) for name in ("CLIPBOARD", "PRIMARY")}
    by_atom = {selection.atom: selection for selection in selections.values()}
    listening = True
    rest = b""
    while listening or any(selection.owned for selection in selections.values()):
        while (missed := _missed(selections.values())) or server.pending_events():
            _answer(missed or server.next_event(), by_atom)
        ready, _, _ = select.select([server.fileno(), *([sys.stdin] if listening else [])], [], [])
        if sys.stdin not in ready:
            continue
        read = os.read(sys.stdin.fileno(), 1 << 20)
        if not read:
            listening = False
            for selection in selections.values():
                selection.give_back()
        *lines, rest = (rest + read).split(b"\n")
        for wish in map(json.loads, lines):
            selection = selections[wish["selection"]]
            if "lend" in wish:
                selection.lend(wish["lend"], to=wish["to"])
            elif "check" in wish:
                selection.check()
            elif "tell" in wish:
                selection.tell()
            elif "keep" in wish:
                selection.keep(wish["keep"])
            else:
                selection.give_back()


def _missed(selections: Iterable[Selection]) -> Any:
    """Return the next event that came while an answer was awaited; None if there is none."""
    return next((selection.missed.pop(0) for selection in selections if selection.missed), None)


def _answer(happened: Any, selections: dict[int, Selection]) -> None:
    if happened.type == X.SelectionRequest:
        selections[happened.selection].serve(happened)
    elif happened.type == X.SelectionClear:
        selections[happened.atom].lost()
    elif happened.type == X.PropertyNotify:
        for selection in selections.values():
            selection.hand_on(happened)


def main(name: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        server = display.Display(name)
        server.set_error_handler(lambda *_: None)  # a requestor may be gone before it is answered
        own_selection(server)
    except (error.DisplayError, error.ConnectionClosedError):
        return  # the display has ended, and with it every selection


if __name__ == "__main__":
    main(sys.argv[1])
