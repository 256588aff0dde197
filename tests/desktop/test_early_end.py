"""Waits that end early: what comes between them and the next input."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from screenagent.desktop.ambient_changes import AmbientChanges
from screenagent.desktop.early_end import EarlyEnd
from screenagent.desktop.frames import CapturedFrame, FramePoint, ScreenFrame
from screenagent.geometry import Display, Size
from screenagent.protocols import LateAnswer
from screenagent.screenshot import Screenshot

DISPLAY = Display(name="screen", size=Size(width=640, height=360))
MOUSE = FramePoint(100, 100)


SHOWN = Screenshot.of(Image.new("RGB", (640, 360)))


def blank() -> ScreenFrame:
    return np.zeros((360, 640), dtype=np.uint32)


def captured(pixels: ScreenFrame) -> CapturedFrame:
    return CapturedFrame(pixels, DISPLAY, at=1.0)


def early(*, goes_on: bool = True, ambient: AmbientChanges | None = None) -> EarlyEnd:
    """A wait that has ended with a blank screen: early if what comes next can begin."""

    def may_go_on(screenshot: Screenshot, *, shows: bool) -> bool:
        return goes_on and shows and screenshot is SHOWN

    end = EarlyEnd(ambient or AmbientChanges(), lambda _: SHOWN, may_go_on)
    assert end.goes_on(captured(blank()), True) is goes_on
    end.ended(captured(blank()))
    return end


def with_box(left: int, top: int, width: int, height: int) -> CapturedFrame:
    pixels = blank()
    pixels[top : top + height, left : left + width] = 7
    return captured(pixels)


@pytest.mark.parametrize("box", [(300, 300, 120, 14), (300, 20, 8, 8), (20, 20, 500, 300)])
def test_what_has_come_since_the_last_input_was_judged_keeps_the_next_from_being_sent(
    box: tuple[int, int, int, int],
) -> None:
    end = early()
    with pytest.raises(LateAnswer):
        end.refuse_late(with_box(*box), mouse=(MOUSE,))
    end.refuse_late(with_box(*box), mouse=(MOUSE,))  # it is judged anew, with this


@pytest.mark.parametrize("box", [(80, 90, 60, 24), (120, 92, 16, 16), (400, 300, 1, 16)])
def test_what_the_mouse_lights_up_and_a_caret_are_no_late_answer(box: tuple[int, int, int, int]) -> None:
    early().refuse_late(with_box(*box), mouse=(MOUSE,))


def test_what_changes_by_itself_is_no_late_answer() -> None:
    ambient = AmbientChanges()
    ambient.learn(blank(), with_box(300, 300, 120, 14).pixels, at=0.5)
    early(ambient=ambient).refuse_late(with_box(300, 300, 120, 14), mouse=(MOUSE,))


def test_a_wait_that_had_all_its_time_refuses_nothing() -> None:
    early(goes_on=False).refuse_late(with_box(300, 300, 120, 14), mouse=(MOUSE,))
