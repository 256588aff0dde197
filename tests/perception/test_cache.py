from __future__ import annotations

import threading

from screenagent.perception.cache import SharedLRU, Turns


class LookedUp:
    """A key that lets another thread run while it is looked up: before its second hash."""

    def __init__(self) -> None:
        self.hashes = 0
        self.meanwhile: threading.Thread | None = None

    def __hash__(self) -> int:
        if self.meanwhile and threading.current_thread() is not self.meanwhile:
            self.hashes += 1
            if self.hashes == 2:
                self.meanwhile.start()
                self.meanwhile.join(0.1)
        return 1


def test_the_least_recently_used_entry_is_forgotten() -> None:
    cache: SharedLRU[str, int] = SharedLRU(2)
    for key, value in {"a": 1, "b": 2}.items():
        cache.keep(key, value)
    assert cache.get("a") == 1
    cache.keep("c", 3)
    assert {key: cache.get(key) for key in "abc"} == {"a": 1, "b": None, "c": 3}
    assert set(cache.values()) == {1, 3}
    cache.clear()
    assert cache.values() == ()


def test_an_entry_is_not_evicted_by_another_thread_while_it_is_looked_up() -> None:
    cache: SharedLRU[object, int] = SharedLRU(2)
    key = LookedUp()
    cache.keep(key, 1)
    cache.keep("used later", 2)
    key.meanwhile = threading.Thread(target=cache.keep, args=("new", 3))
    assert cache.get(key) == 1
    assert key.hashes >= 2
    key.meanwhile.join()
    assert set(cache.values()) == {1, 3}


def test_values_are_not_disturbed_by_what_is_kept_meanwhile() -> None:
    cache: SharedLRU[str, int] = SharedLRU(4)
    cache.keep("a", 1)
    seen = []
    for value in cache.values():
        cache.keep("b", 2)
        seen.append(value)
    assert seen == [1]


def test_whoever_asks_for_what_another_thread_works_on_finds_the_work_done() -> None:
    turns: Turns[str] = Turns()
    working, may_end = threading.Event(), threading.Event()
    done: list[str] = []

    def work(name: str, begun: threading.Event) -> None:
        with turns.turn("a screen"):
            begun.set()
            may_end.wait(5)
            done.append(name)

    first = threading.Thread(target=work, args=("first", working))
    first.start()
    working.wait(5)
    second = threading.Thread(target=work, args=("second", threading.Event()))
    second.start()
    with turns.turn("another screen"):
        assert done == []
    may_end.set()
    first.join()
    second.join()
    assert done == ["first", "second"]
