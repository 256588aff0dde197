from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier

from screenagent.perception.timing import Timing


def seconds_apart() -> Callable[[], float]:
    """A clock that is a second later each time."""
    seconds = count()
    return lambda: float(next(seconds))


def test_a_stage_is_counted_without_the_stages_within_it() -> None:
    stages = Timing(seconds_apart())
    with stages.timing("match"), stages.timing("layout"):
        pass
    with stages.timing("icons"):
        pass
    assert stages.take() == {"match": 2, "layout": 1, "icons": 1}
    assert stages.take() == {}


def test_a_stage_is_not_counted_within_that_of_another_thread() -> None:
    stages, inside = Timing(seconds_apart()), Barrier(2, timeout=5)

    def layout() -> None:
        inside.wait()
        with stages.timing("layout"):
            pass

    with ThreadPoolExecutor(1) as pool:
        with stages.timing("match"):
            other = pool.submit(layout)
            inside.wait()
            other.result()
        assert stages.take() == {"match": 3, "layout": 1}
