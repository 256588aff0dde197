"""A cache that threads can share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Generic, TypeVar

from cachetools import LRUCache

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")
ItemT = TypeVar("ItemT")


class SharedLRU(Generic[KeyT, ValueT]):
    """A mapping that forgets the least recently used entry.

    The loop grounds targets while the policy reads the screen for a person who is being asked in another thread, both
    through the same reader. The lock protects the entries and their order, which a look-up changes, too. Two threads
    that miss the same key both compute its value, and the later one is kept.
    """

    def __init__(self, most: int) -> None:
        self._entries: LRUCache[KeyT, ValueT] = LRUCache(most)
        self._lock = Lock()

    def get(self, key: KeyT) -> ValueT | None:
        """Return the value and count it as used, or None if the key is not there."""
        with self._lock:
            return self._entries.get(key)

    def keep(self, key: KeyT, value: ValueT) -> None:
        with self._lock:
            self._entries[key] = value

    def completed(
        self, items: Mapping[KeyT, ItemT], compute: Callable[[list[ItemT]], Iterable[ValueT]]
    ) -> dict[KeyT, ValueT]:
        """Return the value of each key. Those that are not there are computed from their items, all at once."""
        known = {key: value for key in items if (value := self.get(key)) is not None}
        missing = {key: item for key, item in items.items() if key not in known}
        for key, value in zip(missing, compute(list(missing.values())), strict=True):
            self.keep(key, value)
            known[key] = value
        return known

    def values(self) -> tuple[ValueT, ...]:
        """Return the values as they are now; none counts as used."""
        with self._lock:
            return tuple(self._entries.values())

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


class Turns(Generic[KeyT]):
    """Lets one thread at a time work on a key, so that the next one finds the work done."""

    def __init__(self) -> None:
        self._lock = Lock()  # protects `_taken`: for each key its lock, and how many threads hold it or wait for it
        self._taken: dict[KeyT, tuple[Lock, int]] = {}

    @contextmanager
    def turn(self, key: KeyT) -> Iterator[None]:
        with self._lock:
            mine, others = self._taken.get(key, (Lock(), 0))
            self._taken[key] = mine, others + 1
        try:
            with mine:
                yield
        finally:
            with self._lock:
                mine, here = self._taken.pop(key)
                if here > 1:
                    self._taken[key] = mine, here - 1
