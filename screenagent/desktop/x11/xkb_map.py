"""What each key of an X keyboard means with the modifiers, locks and the layout that are on, by the server (XKB)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from Xlib.protocol import rq

EXTENSION: Final = "XKEYBOARD"
CORE_KEYBOARD: Final = 0x100
TYPES_AND_SYMBOLS: Final = 0b11
LOCK: Final = 1 << 1
GROUP: Final = 13
"""From this bit on, two of an event's state say which layout is on."""
HEADER: Final = struct.Struct("<2xBB2xBBBBHB19x")
"""First and last key, first type, types, all types, first key with symbols, symbols, keys with symbols."""
TYPE: Final = struct.Struct("<BBHBBBx")  # modifiers (mask, real, virtual), levels, entries, whether it preserves some
ENTRY: Final = struct.Struct("<BBBBHxx")  # whether it is active, the modifiers' mask, level, modifiers
PRESERVED: Final = 4  # bytes for each entry
KEY: Final = struct.Struct("<4sBBH")  # types of its groups, how many groups, levels in each, symbols
CLAMP, REDIRECT = 0x40, 0x80  # what becomes of a group that a key does not have; else it is wrapped


class _UseExtension(rq.ReplyRequest):  # type: ignore[misc] # Xlib has no types
    _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(0), rq.RequestLength(), rq.Card16("major"), rq.Card16("minor"))
    _reply = rq.Struct(
        rq.ReplyCode(), rq.Card8("supported"), rq.Card16("sequence_number"), rq.ReplyLength(), rq.Pad(24)
    )


class _GetMap(rq.ReplyRequest):  # type: ignore[misc] # likewise
    _request = rq.Struct(
        rq.Card8("opcode"), rq.Opcode(8), rq.RequestLength(), rq.Card16("device"), rq.Card16("full"), rq.Pad(20)
    )
    _reply = rq.Struct(
        rq.ReplyCode(), rq.Card8("device"), rq.Card16("sequence_number"), rq.ReplyLength(), rq.Binary("data")
    )


class KeyType(NamedTuple):
    """Which modifiers a key heeds, and the level that each set of them chooses."""

    mask: int
    levels: Mapping[int, int]


class KeySymbols(NamedTuple):
    """The symbols of a key: `width` levels for each group, whose types are these; `beyond` says which group stands for
    one that it does not have."""

    types: tuple[int, ...]
    beyond: int
    width: int
    symbols: tuple[int, ...]

    def group(self, wanted: int) -> int:
        if wanted < len(self.types):
            return wanted
        if self.beyond & REDIRECT:
            return min(self.beyond >> 4 & 3, len(self.types) - 1)
        return len(self.types) - 1 if self.beyond & CLAMP else wanted % len(self.types)


@dataclass(frozen=True)
class XkbMap:
    types: tuple[KeyType, ...]
    keys: Mapping[int, KeySymbols]

    @classmethod
    def of(cls, display: Any) -> XkbMap:
        """Ask the server of `display`."""
        opcode = display.query_extension(EXTENSION).major_opcode
        _UseExtension(display=display.display, opcode=opcode, major=1, minor=0)
        reply = _GetMap(display=display.display, opcode=opcode, device=CORE_KEYBOARD, full=TYPES_AND_SYMBOLS)
        return cls.read(reply.data)

    @classmethod
    def read(cls, data: bytes) -> XkbMap:
        """Return the map that a reply holds."""
        _, _, _, types, _, first, _, count = HEADER.unpack_from(data)
        at, found = HEADER.size, []
        for _ in range(types):
            kind, at = _read_type(data, at)
            found.append(kind)
        keys = {}
        for code in range(first, first + count):
            keys[code], at = _read_key(data, at)
        return cls(tuple(found), keys)

    def keysym(self, code: int, state: int) -> tuple[int, bool]:
        """Return the symbol of a key, 0 if it has none, and whether Caps Lock has still to be applied to it."""
        key = self.keys.get(code)
        if key is None or not key.types:
            return 0, False
        group = key.group(state >> GROUP & 3)
        kind = self.types[key.types[group]]
        level = kind.levels.get(state & kind.mask, 0)
        return key.symbols[group * key.width + level], bool(state & LOCK & ~kind.mask)

    def keysyms(self, code: int, state: int) -> list[int]:
        """Return what the key means in each of the layouts, the one that is on first."""
        on = state >> GROUP & 3
        others = (group for group in range(4) if group != on)
        plain = state & ~(3 << GROUP)
        return [self.keysym(code, plain | group << GROUP)[0] for group in (on, *others)]


def _read_type(data: bytes, at: int) -> tuple[KeyType, int]:
    mask, _, _, _, entries, preserves = TYPE.unpack_from(data, at)
    at += TYPE.size
    found = [ENTRY.unpack_from(data, at + number * ENTRY.size) for number in range(entries)]
    levels = {modifiers: level for active, modifiers, level, *_ in found if active}
    return KeyType(mask, levels), at + entries * (ENTRY.size + (PRESERVED if preserves else 0))


def _read_key(data: bytes, at: int) -> tuple[KeySymbols, int]:
    types, groups, width, count = KEY.unpack_from(data, at)
    symbols = struct.unpack_from(f"<{count}I", data, at + KEY.size)
    return KeySymbols(tuple(types[: groups & 0xF]), groups & 0xF0, width, symbols), at + KEY.size + 4 * count
