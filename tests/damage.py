"""Ways in which a file or an answer is broken: bytes that flip, values of another kind, texts without an end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Final

DEEP: Final = 3000
LONG: Final = 20_000
ODD_TEXTS: Final = (
    "", "x" * LONG, "\0", "\x1b]0;owned\x07", "\u202egnp.exe", "\ud83d", "é", "../../../outside",
    "/outside", "{{secret:A}}",
    "a\nb", "NaN", "%s%n", "<script>", "👩‍👩‍👧", "1e999", "null", "-0", "file:///etc/passwd",
)  # fmt: skip
ODD_VALUES: Final[Sequence[Any]] = (
    None, True, False, 0, -1, 1, 10**30, 10**400, -(10**25), 0.5, 1e308, float("nan"), float("inf"), [], {}, [[]],
    [None], {"": None}, {"x": {"x": {"x": 1}}}, *ODD_TEXTS,
)  # fmt: skip

Place = tuple[Any, Any]
"""A list or a mapping, and the index or the key of a value in it."""


def broken_bytes(data: bytes, random: Random) -> bytes:
    """Return `data` with one to three faults of the kind that a disk, a copy or an editor makes."""
    for _ in range(random.randint(1, 3)):
        data = random.choice(_BYTE_FAULTS)(data, random)
    return data


def _flipped(data: bytes, random: Random) -> bytes:
    if not data:
        return b"\xff"
    place = random.randrange(len(data))
    return data[:place] + bytes((data[place] ^ 1 << random.randrange(8),)) + data[place + 1 :]


def _cut(data: bytes, random: Random) -> bytes:
    return data[: random.randint(0, len(data))]


def _hole(data: bytes, random: Random) -> bytes:
    start, end = sorted((random.randint(0, len(data)), random.randint(0, len(data))))
    return data[:start] + random.choice((b"", bytes(end - start), data[start:end] * 2)) + data[end:]


def _put_in(data: bytes, random: Random) -> bytes:
    place = random.randint(0, len(data))
    odd = random.choice(ODD_TEXTS).encode("utf-8", "surrogatepass")
    return (
        data[:place]
        + random.choice((odd, b"\xff\xfe", b"[" * DEEP, b"{" * DEEP, b'"', b"\n", b"9" * 5000))
        + data[place:]
    )


def _lines_changed(data: bytes, random: Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    match random.randrange(3):
        case 0:
            random.shuffle(lines)
        case 1:
            lines.insert(random.randint(0, len(lines)), random.choice(lines))
        case _:
            del lines[random.randrange(len(lines))]
    return b"".join(lines)


_BYTE_FAULTS: Final[Sequence[Callable[[bytes, Random], bytes]]] = (_flipped, _cut, _hole, _put_in, _lines_changed)


def broken_value(value: Any, random: Random) -> Any:
    """Return JSON like `value`, of which one to three parts are missing, of another kind, or under another name."""
    value = json.loads(json.dumps(value))
    for _ in range(random.randint(1, 3)):
        if not (places := list(_places(value))):
            return random.choice(ODD_VALUES)
        holder, key = random.choice(places)
        match random.randrange(8):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[random.choice(ODD_TEXTS)] = holder.pop(key)
            case 2:
                holder[key] = _nested(holder[key], random.choice((3, 60, 250)))
            case 3:
                other, place = random.choice(places)
                holder[key] = json.loads(json.dumps(other[place])) if _is_there(other, place) else None
            case 4 if isinstance(holder[key], list):
                holder[key] = holder[key] * 3
            case _:
                holder[key] = random.choice(ODD_VALUES)
        value = json.loads(json.dumps(value))  # no part is shared, or holds itself
    return random.choice(ODD_VALUES) if random.random() < 0.02 else value


def _places(value: Any) -> Sequence[Place]:
    found: list[Place] = []
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        keys = [*holder] if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        found += [(holder, key) for key in keys]
        waiting += [holder[key] for key in keys]
    return found


def _is_there(holder: Any, key: Any) -> bool:
    return key in holder if isinstance(holder, dict) else key < len(holder)


def _nested(value: Any, deep: int) -> Any:
    for _ in range(deep):
        value = [value]
    return value


def damages(count: int, *, seed: int) -> Iterator[Random]:
    """Yield as many sources of damage, the same ones each time."""
    return (Random(f"{seed}-{number}") for number in range(count))
