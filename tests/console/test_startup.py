"""What is tuned while the console is open is as it was afterwards."""

from __future__ import annotations

import gc
import os
import sys

import pytest

from screenagent.console.startup import SWITCH_SECONDS, responsive_threads, shorten_escape_delay


@pytest.mark.slow
def test_threads_switch_sooner_while_the_console_is_open() -> None:
    before = (sys.getswitchinterval(), gc.get_freeze_count())
    with responsive_threads():
        assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
        assert gc.get_freeze_count() > before[1]
    assert (sys.getswitchinterval(), gc.get_freeze_count()) == before


@pytest.mark.slow
def test_what_was_tuned_is_undone_after_an_error() -> None:
    before = (sys.getswitchinterval(), gc.get_freeze_count())
    with pytest.raises(RuntimeError), responsive_threads():
        raise RuntimeError
    assert (sys.getswitchinterval(), gc.get_freeze_count()) == before


@pytest.mark.parametrize(("chosen", "found"), [(None, "10"), ("50", "50")])
def test_the_users_own_escape_delay_holds(chosen: str | None, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCDELAY", "")  # has it restored
    monkeypatch.delenv("ESCDELAY")
    if chosen is not None:
        monkeypatch.setenv("ESCDELAY", chosen)
    shorten_escape_delay()
    assert os.environ["ESCDELAY"] == found
