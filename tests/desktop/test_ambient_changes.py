"""What changes by itself is learned by one thread while another asks and forgets."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import numpy as np
import pytest

from screenagent.desktop.ambient_changes import ENOUGH_SECONDS, PAGE_SECONDS, AmbientChanges, IdleWatch
from screenagent.desktop.frames import Patch, ScreenFrame

CLOCK = Patch(8, 8, 16, 16)
CARET = Patch(30, 100, 32, 118)
BEFORE = np.zeros((160, 160), dtype=np.uint32)
AFTER = BEFORE.copy()
AFTER[8:16, 8:16] = 1


class InTheMiddle(float):
    """A moment that starts another thread as soon as the learning counts with it, and lets that thread run."""

    other: threading.Thread

    def __sub__(self, seconds: float) -> float:
        if self.other.ident is None:
            self.other.start()
            self.other.join(timeout=0.2)
        return float(self) - seconds


def test_what_is_forgotten_in_the_middle_of_learning_stays_forgotten() -> None:
    ambient = AmbientChanges()
    ambient.learn(BEFORE, AFTER, at=1.0)
    assert ambient.holds(CLOCK, at=1.0)
    moment = InTheMiddle(2.0)
    moment.other = threading.Thread(target=ambient.forget)
    ambient.learn(BEFORE, BEFORE, at=moment)
    moment.other.join()
    assert not ambient.holds(CLOCK, at=2.0)


def page(*rows: int) -> ScreenFrame:
    """White, with text in a few rows: most of any two pages is alike."""
    frame = np.full((360, 640), 0xFFFFFF, dtype=np.uint32)
    for row in rows:
        frame[row : row + 10, 40:200:4] = 0
    return frame


@pytest.mark.parametrize(("frame", "is_new"), [(page(80, 120, 160), True), (page(20, 40, 60, 300), False)])
def test_another_page_is_watched_anew_though_its_ground_is_the_same(frame: ScreenFrame, is_new: bool) -> None:
    known = page(20, 40, 60)
    with closing(IdleWatch(lambda: known, AmbientChanges())) as watch:
        watch.begin(known, app=1)
        before = watch.enough_at(app=1)
        time.sleep(0.02)
        watch.begin(frame, app=1)
        moved = watch.enough_at(app=1) - before
        assert moved == pytest.approx(0.02 if is_new else ENOUGH_SECONDS - PAGE_SECONDS, abs=0.015)


@pytest.mark.parametrize(("change", "seconds"), [(None, PAGE_SECONDS), (CLOCK, ENOUGH_SECONDS), (CARET, PAGE_SECONDS)])
def test_what_rests_is_watched_for_a_shorter_time_than_what_moves(change: Patch | None, seconds: float) -> None:
    after = page(20, 40, 60)
    if change:
        after[change.top : change.bottom, change.left : change.right] = 1
    with closing(IdleWatch(lambda: after, AmbientChanges())) as watch:
        watch.begin(page(20, 40, 60), app=1)
        began = watch.enough_at(app=1) - PAGE_SECONDS
        watch.begin(after, app=1)
        assert watch.enough_at(app=1) - began == pytest.approx(seconds)


@pytest.mark.parametrize(("later", "by_itself"), [(0.0, False), (PAGE_SECONDS, True)])
def test_what_a_page_is_built_up_of_does_not_change_by_itself(
    later: float, by_itself: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment, ambient, after = [10.0], AmbientChanges(), page(20, 40, 60)
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    after[CLOCK.top : CLOCK.bottom, CLOCK.left : CLOCK.right] = 1
    with closing(IdleWatch(lambda: after, ambient)) as watch:
        watch.begin(page(20, 40, 60), app=1)
        moment[0] += later
        watch.begin(after, app=1)
        assert ambient.holds(CLOCK, at=moment[0]) == by_itself


def test_only_the_time_counts_as_idle_in_which_an_application_was_watched_and_left_alone() -> None:
    frame = page(20)
    with closing(IdleWatch(lambda: frame, AmbientChanges())) as watch:
        for _ in range(2):
            watch.begin(frame, app=1)
            time.sleep(0.02)
            watch.end(frame)
            time.sleep(0.05)
        assert watch.idle(app=1) == pytest.approx(0.04, abs=0.015)
        assert watch.idle(app=2) == 0
        watch.watched_through(since=time.monotonic() - 0.5, app=1)
        assert watch.idle(app=1) < ENOUGH_SECONDS
        watch.watched_through(since=time.monotonic() - ENOUGH_SECONDS, app=1)
        assert watch.idle(app=1) >= ENOUGH_SECONDS
        watch.look_away()
        assert watch.idle(app=1) == 0


def test_an_application_that_came_to_the_front_unseen_is_waited_for_once() -> None:
    frame, waited = page(20), list[float]()

    def until(moment: float) -> None:
        assert len(waited) < 3, "it is waited for anew each time"
        waited.append(moment - time.monotonic())
        time.sleep(max(0.0, waited[-1]))

    with closing(IdleWatch(lambda: frame, AmbientChanges())) as watch:
        watch.begin(frame, app=1)
        watch.wait(until, app=2)
    assert waited[0] == pytest.approx(PAGE_SECONDS, abs=0.1)
