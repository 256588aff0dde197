"""A process that owns the selections of a wlroots compositor for the agent, by the protocol for clipboard managers.

It lends text to paste and gives back what the user had copied (`lent_selection`). The compositor does not say who asks;
the asking program holds the other end of the pipe that it wants filled, and is known by that.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from screenagent.desktop import NoDesktop
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
    report_content,
)
from screenagent.desktop.wayland.connection import CompositorConnection, CompositorGone
from screenagent.desktop.wayland.session import WaylandSession

MANAGERS: Final = {"zwlr_data_control_manager_v1": 2, "ext_data_control_manager_v1": 1}
"""The protocol for clipboard managers by its older and its newer name, each with the version that knows `PRIMARY`."""
FIRST_SECONDS: Final = 2.0  # for all kinds that are kept first, so that the agent is not kept waiting
PIECE: Final = 1 << 16


@dataclass
class DataOffer:
    """What somebody offers to who pastes: the kinds, in the order of the source."""

    proxy: Any
    kinds: list[str] = field(default_factory=list)


@dataclass
class _Filling:
    """A pipe that is being filled for who asked, as fast as it is emptied."""

    into: int
    left: memoryview
    done: Callable[[], None]

    def fileno(self) -> int:
        return self.into

    def fill(self) -> bool:
        """Write what the pipe takes; return whether that is the end of it."""
        try:
            self.left = self.left[os.write(self.into, self.left[:PIECE]) :]
        except BlockingIOError:
            return False
        except OSError:  # who asked has closed it
            os.close(self.into)
            return True
        if self.left:
            return False
        os.close(self.into)
        self.done()
        return True


class ControlledSelection:
    """One of the compositor's selections: what is offered on it by others, or by us."""

    def __init__(self, board: SelectionBoard, name: str) -> None:
        self.name = name
        self.lending = LentSelection(self)
        self._board = board
        self._offer: DataOffer | None = None
        self._source: Any = None
        self._contents: Mapping[str, bytes] = {}
        self._pid = 0

    @property
    def owned(self) -> bool:
        return self._source is not None

    def meant_for(self, wish: Mapping[str, Any]) -> None:
        self._pid = wish["pid"] or 0

    def text_contents(self, text: str, *, passing: bool) -> dict[str, bytes]:
        contents = dict.fromkeys(TEXT, text.encode())
        return contents | dict([PASSING]) if passing else contents

    def contents(self) -> dict[str, bytes]:
        self._board.look()
        return dict(_read_kinds(self._board, self._offer)) if self._offer else {}

    def text(self) -> str | None:
        if self.owned:
            return self._contents[TEXT[0]].decode() if TEXT[0] in self._contents else None
        self._board.look()
        kind = next((kind for kind in TEXT if self._offer and kind in self._offer.kinds), None)
        if kind is None or self._offer is None:
            return None
        said = self._board.read(self._offer, kind, until=time.monotonic() + FIRST_SECONDS, room=KEEP_BYTES)
        return None if said is None else said.decode("utf-8", "replace")

    def is_lent_by_another(self) -> bool:
        return self._offer is not None and PASSING[0] in self._offer.kinds

    def take(self, contents: Mapping[str, bytes]) -> None:
        if not self._board.knows(self.name):
            return
        source, former = self._board.source(contents), self._source
        source.dispatcher["send"] = self._asked
        source.dispatcher["cancelled"] = self._cancelled
        self._source, self._contents = source, contents
        self._board.put(self.name, source)
        if former:
            former.destroy()
        self._board.look()

    def drop(self) -> None:
        if self._board.knows(self.name):
            self._board.put(self.name, None)
        if self._source:
            self._source.destroy()
            self._source = None
        self._board.look()

    def offered(self, offer: DataOffer | None) -> None:
        """Somebody offers something else, or nothing any more."""
        if self._offer and self._offer is not offer:
            self._offer.proxy.destroy()
        self._offer = offer

    def _asked(self, _: object, kind: str, into: int) -> None:
        os.set_blocking(into, False)
        by_target = self._pid != 0 and reads_from(self._pid, into)
        is_text = kind in TEXT
        done = partial(self.lending.was_asked, fetched=is_text, by_target=by_target)
        self._board.fillings.append(_Filling(into, memoryview(self._contents.get(kind, b"")), done))

    def _cancelled(self, source: Any) -> None:
        if source is self._source:
            source.destroy()
            self._source = None
            self._board.happened.append(self.lending.lost)


class SelectionBoard:
    """The selections of a compositor, and the pipes that are being filled from them."""

    def __init__(self, connection: CompositorConnection) -> None:
        self.connection = connection
        self.fillings: list[_Filling] = []
        self.happened: deque[Callable[[], None]] = deque()
        """What is to be done once the compositor has been heard: a handler must not wait for it."""
        offered = offered_control(connection)
        self._knows_primary = connection.version(offered) >= MANAGERS[offered]
        self._manager = connection.bind(offered)
        self._device = self._manager.get_data_device(connection.seat)
        self._offers: dict[Any, DataOffer] = {}
        self.selections = {name: ControlledSelection(self, name) for name in SELECTIONS}
        self._device.dispatcher["data_offer"] = self._announced
        self._device.dispatcher["selection"] = self._selected(self.selections["CLIPBOARD"])
        if self._knows_primary:
            self._device.dispatcher["primary_selection"] = self._selected(self.selections["PRIMARY"])
        self.look()

    def knows(self, name: str) -> bool:
        return name == "CLIPBOARD" or self._knows_primary

    def source(self, contents: Mapping[str, bytes]) -> Any:
        source = self._manager.create_data_source()
        for kind in contents:
            source.offer(kind)
        return source

    def put(self, name: str, source: Any) -> None:
        (self._device.set_selection if name == "CLIPBOARD" else self._device.set_primary_selection)(source)

    def look(self) -> None:
        """Hear everything that the compositor has to say up to now."""
        self.connection.roundtrip()

    def read(self, offer: DataOffer, kind: str, *, until: float, room: int) -> bytes | None:
        """Return what is offered of a kind; None if it does not come whole, in time and within `room` bytes."""
        out, into = os.pipe()
        offer.proxy.receive(kind, into)
        self.connection.flush()
        os.close(into)
        try:
            return _read_whole(out, until=until, room=room)
        finally:
            os.close(out)

    def serve(self, wishes: Wishes) -> None:
        """Until the agent has ended and nothing is kept any longer."""
        lendings = {name: selection.lending for name, selection in self.selections.items()}
        while wishes.are_open or any(selection.owned for selection in self.selections.values()):
            while self.connection.take_in() or self.happened:
                while self.happened:
                    self.happened.popleft()()
            listening: list[Any] = [self.connection, *([wishes] if wishes.are_open else [])]
            ready, to_fill, _ = select.select(listening, self.fillings, [])
            for filling in to_fill:
                if filling.fill():
                    self.fillings.remove(filling)
            if wishes in ready:
                wishes.carry_out(lendings)

    def _announced(self, _: object, proxy: Any) -> None:
        self.connection.adopt(proxy)
        offer = self._offers[proxy] = DataOffer(proxy)

        def offers(_: object, kind: str) -> None:
            offer.kinds.append(kind)

        proxy.dispatcher["offer"] = offers

    def _selected(self, selection: ControlledSelection) -> Callable[[object, Any], None]:
        def selected(_: object, proxy: Any) -> None:
            selection.offered(None if proxy is None else self._offers.pop(proxy))

        return selected


def offered_control(connection: CompositorConnection) -> str:
    """Return the name of the protocol for clipboard managers. Raise `NoDesktop` if there is none."""
    offered = next((name for name in MANAGERS if connection.offers(name)), None)
    if offered is None:
        raise NoDesktop("this compositor has no protocol for the clipboard (wlr-data-control or ext-data-control)")
    return offered


def _read_kinds(board: SelectionBoard, offer: DataOffer) -> Iterator[tuple[str, bytes]]:
    """Return what is kept of an offer. A source that has not answered once is not asked again."""
    first = [kind for kind in KEPT_FIRST if kind in offer.kinds]
    others = [kind for kind in dict.fromkeys(offer.kinds) if kind not in first and kind not in NOT_CONTENTS]
    room = KEEP_BYTES
    for kinds, seconds in ((first, FIRST_SECONDS), (others, KEEP_SECONDS)):
        until = time.monotonic() + seconds
        for kind in kinds:
            if (content := board.read(offer, kind, until=until, room=room)) is None:
                return
            room -= len(content)
            yield kind, content


def _read_whole(out: int, *, until: float, room: int) -> bytes | None:
    pieces = bytearray()
    while True:
        left = min(OWNER_SECONDS, until - time.monotonic())
        if left <= 0 or not select.select([out], [], [], left)[0]:
            return None
        piece = os.read(out, PIECE)
        if not piece:
            return bytes(pieces)
        pieces += piece
        if len(pieces) > room:
            return None


def reads_from(pid: int, pipe: int) -> bool:
    """Return whether a process holds an end of a pipe."""
    wanted = f"pipe:[{os.fstat(pipe).st_ino}]"
    with suppress(OSError):  # a process of another user keeps its descriptors to itself
        return any(_leads_to(one) == wanted for one in Path(f"/proc/{pid}/fd").iterdir())
    return False


def _leads_to(link: Path) -> str:
    with suppress(OSError):  # closed meanwhile
        return os.readlink(link)
    return ""


def main(arguments: Sequence[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        connection = CompositorConnection(WaylandSession({"WAYLAND_DISPLAY": arguments[0]}))
    except NoDesktop as reason:
        return report_content("refused", reason=str(reason))
    try:
        SelectionBoard(connection).serve(Wishes(sys.stdin.buffer))
    except CompositorGone:
        return None  # and with it every selection
    except NoDesktop as reason:
        report_content("refused", reason=str(reason))
    finally:
        connection.close()


if __name__ == "__main__":
    main(sys.argv[1:])
