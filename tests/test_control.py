"""What control promises whoever waits, in threads and in signal handlers."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from screenagent.control import Control, Interrupted, Stopped, until


def wait_for_ever(control: Control, wait: str) -> None:
    while True:
        if wait == "checkpoint":
            control.checkpoint()
        else:
            getattr(control, wait)(0.00005)


@pytest.mark.parametrize("wait", ["wait", "hold", "checkpoint"])
def test_a_stop_from_a_signal_handler_ends_a_wait_wherever_it_comes(wait: str) -> None:
    """A handler runs in the middle of whatever its thread is at, so a lock taken there would never be released."""
    controls: list[Control] = [Control()]
    before = signal.signal(signal.SIGALRM, lambda *_: controls[-1].stop())
    try:
        for microseconds in range(200, 900, 2):
            control = Control()
            controls.append(control)
            control.pause()
            signal.setitimer(signal.ITIMER_REAL, microseconds / 1e6)
            with pytest.raises(Stopped):
                wait_for_ever(control, wait)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_an_interruption_ends_a_hold_but_no_other_wait() -> None:
    control = Control()
    threading.Timer(0.02, control.interrupt, ("you touched the mouse",)).start()
    with pytest.raises(Interrupted, match="you touched the mouse"):
        control.hold(20)
    control.wait(0.01)
    with pytest.raises(Interrupted):
        control.check_input()
    control.resume()
    control.check_input()
    assert control.was_handed_back()
    assert not control.was_handed_back()


def test_a_plain_pause_lets_the_input_under_way_be_finished() -> None:
    control = Control()
    control.pause()
    control.check_input()
    control.resume()
    assert not control.was_handed_back()


def test_the_first_reason_to_wait_is_the_one_that_is_told() -> None:
    control = Control()
    control.interrupt("the screen is locked")
    control.interrupt("you touched the mouse")
    assert control.why == "the screen is locked"


def test_every_thread_that_waits_hears_the_stop() -> None:
    control = Control()
    heard: list[float] = []

    def wait() -> None:
        with pytest.raises(Stopped):
            control.wait(20)
        heard.append(time.monotonic())

    threads = [threading.Thread(target=wait) for _ in range(8)]
    for thread in threads:
        thread.start()
    control.stop()
    for thread in threads:
        thread.join(5)
    assert len(heard) == 8


def test_a_signal_that_comes_as_the_time_is_over_prolongs_no_wait() -> None:
    control = Control()
    rescue = threading.Timer(5, control.stop)
    rescue.start()
    before = signal.signal(signal.SIGALRM, lambda *_: time.sleep(0.004))
    try:
        for early in (0.0005, 0.001, 0.0015, 0.002):
            signal.setitimer(signal.ITIMER_REAL, 0.02 - early)
            control.wait(0.02)  # raises `Stopped` where it had to be rescued
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        rescue.cancel()


def test_until_waits_for_what_holds_at_last_and_no_longer() -> None:
    looks = iter((False, False, True, False))
    assert until(lambda: next(looks), seconds=60, poll=0.001)
    assert not next(looks)


def test_until_gives_up_when_the_time_is_over_but_looks_once_whatever_it_is() -> None:
    start = time.monotonic()
    assert not until(lambda: False, seconds=0.03, poll=0.01)
    assert 0.03 <= time.monotonic() - start < 1.0
    assert until(lambda: True, seconds=0.0)


def test_until_can_be_woken_before_the_next_look() -> None:
    woken: list[float] = []
    assert until(lambda: woken, seconds=60, poll=30, wait=woken.append)
    assert woken == [30]


def test_a_stop_ends_until() -> None:
    control = Control()
    threading.Timer(0.02, control.stop).start()
    with pytest.raises(Stopped):
        control.until(lambda: False, seconds=60, poll=30)
    with pytest.raises(Stopped):
        control.until(lambda: True, seconds=60)


def test_a_stop_ends_until_however_it_waits() -> None:
    control = Control()
    with pytest.raises(Stopped):
        control.until(lambda: False, seconds=60, wait=lambda _: control.stop())
