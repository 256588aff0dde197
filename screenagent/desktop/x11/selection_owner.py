"""A process that owns an X selection for the agent: it lends it text to paste and gives it back its former contents
(`lent_selection`)."""

from __future__ import annotations

import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from Xlib import X, Xatom, display, error
from Xlib.protocol import event, request

from screenagent.desktop.lent_selection import (
    KEEP_BYTES,
    KEEP_SECONDS,
    KEPT_FIRST,
    NOT_CONTENTS,
    OWNER_SECONDS,
    PASSING,
    SELECTIONS,
    TEXT,
    LentSelection,
    Wishes,
)

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
    owned: bool = False
    missed: list[Any] = field(default_factory=list)
    """Events that came while an answer was awaited."""

    def __post_init__(self) -> None:
        screen = self.server.screen()
        self.window = screen.root.create_window(
            0, 0, 1, 1, 0, X.CopyFromParent, window_class=X.InputOnly, event_mask=X.PropertyChangeMask
        )
        self.atom = self.server.intern_atom(self.name)
        self.lending = LentSelection(self)
        self._lent_to = 0
        self._contents: Mapping[int, Content] = {}
        self._pieces: dict[tuple[int, int], Iterator[bytes]] = {}
        self._kinds: dict[tuple[int, int], int] = {}

    def meant_for(self, wish: Mapping[str, Any]) -> None:
        self._lent_to = wish["to"] & ~self.server.display.info.resource_id_mask

    def text_contents(self, text: str, *, passing: bool) -> dict[int, Content]:
        utf8 = self.server.intern_atom("UTF8_STRING")
        contents = {self.server.intern_atom(name): Content(utf8, text.encode()) for name in TEXT}
        return contents | ({self.server.intern_atom(PASSING[0]): Content(utf8, PASSING[1])} if passing else {})

    def text(self) -> str | None:
        said = self._ask(self.server.intern_atom("UTF8_STRING")) or self._ask(Xatom.STRING)
        encoding = "latin-1" if said and said.kind == Xatom.STRING else "utf-8"
        return said.data.decode(encoding, "replace") if said else None

    def is_lent_by_another(self) -> bool:
        return self.server.intern_atom(PASSING[0]) in self._offered()

    def take(self, contents: Mapping[int, Content]) -> None:
        self._contents = contents
        self.window.set_selection_owner(self.atom, X.CurrentTime)
        owner = self.server.get_selection_owner(self.atom)
        self.owned = owner != X.NONE and owner.id == self.window.id

    def drop(self) -> None:
        """Let nobody own the selection, which takes that it is ours first."""
        self.take({})
        if self.owned:
            nobody = {"window": X.NONE, "selection": self.atom, "time": X.CurrentTime}
            request.SetSelectionOwner(display=self.server.display, **nobody)
            self.owned = False
        self.server.sync()

    def lost(self) -> None:
        self.owned = False
        self.lending.lost()

    def serve(self, asked: Any) -> None:
        at = asked.property or asked.target  # clients of the first days name no property
        said = self._reply(asked, at)
        answered = {name: getattr(asked, name) for name in ("time", "requestor", "selection", "target")}
        asked.requestor.send_event(event.SelectionNotify(**answered, property=at if said else X.NONE))
        self.server.flush()
        is_text = said and asked.target in self._contents
        self._tell(asked.requestor.id, fetched=is_text and (asked.requestor.id, at) not in self._pieces)

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
            self._tell(happened.window.id, fetched=True)

    def _reply(self, asked: Any, at: int) -> bool:
        window, target = asked.requestor, asked.target
        if target == self.server.intern_atom("TARGETS"):
            window.change_property(at, Xatom.ATOM, 32, [target, *self._contents])
            return True
        if (content := self._contents.get(target)) is None:
            return False
        if len(content.data) <= CHUNK:
            window.change_property(at, content.kind, content.format, _units(content))
            return True
        window.change_attributes(event_mask=X.PropertyChangeMask)
        pieces = (content.data[start : start + CHUNK] for start in range(0, len(content.data), CHUNK))
        self._pieces[window.id, at], self._kinds[window.id, at] = pieces, content.kind
        window.change_property(at, self.server.intern_atom("INCR"), 32, [len(content.data)])
        return True

    def _tell(self, requestor: int, *, fetched: bool) -> None:
        client = requestor & ~self.server.display.info.resource_id_mask
        self.lending.was_asked(fetched=fetched, by_target=client == self._lent_to)

    def contents(self) -> dict[int, Content]:
        return dict(self._kept_kinds())

    def _kept_kinds(self) -> Iterator[tuple[int, Content]]:
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


def own_selections(server: Any, wishes: Wishes) -> None:
    """Until the agent has ended and nothing is kept any longer."""
    selections = [Selection(server, name) for name in SELECTIONS]
    by_atom = {selection.atom: selection for selection in selections}
    lendings = {selection.name: selection.lending for selection in selections}
    while wishes.are_open or any(selection.owned for selection in selections):
        while (missed := _missed(selections)) or server.pending_events():
            _answer(missed or server.next_event(), by_atom)
        ready, _, _ = select.select([server.fileno(), *([wishes] if wishes.are_open else [])], [], [])
        if wishes in ready:
            wishes.carry_out(lendings)


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
        own_selections(server, Wishes(sys.stdin.buffer))
    except (error.DisplayError, error.ConnectionClosedError):
        return  # the display has ended, and with it every selection


if __name__ == "__main__":
    main(sys.argv[1])
