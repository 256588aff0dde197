"""Settling, on made-up screens with a made-up clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from screenagent.desktop.ambient_changes import ENOUGH_SECONDS, AmbientChanges
from screenagent.desktop.frames import CapturedFrame, FramePoint, Patch, ScreenFrame, changed_patches
from screenagent.desktop.settle import (
    DELIVERED_SECONDS,
    EARLY_SECONDS,
    GRACE_SECONDS,
    MOVING_SECONDS,
    QUIET_SECONDS,
    REACTION_SECONDS,
    SHORTCUT_SECONDS,
    SHOWN_SECONDS,
    SILENT_SECONDS,
    TYPED_QUIET_SECONDS,
    UNTIL_SECONDS,
    WATCHED_SECONDS,
    SentAction,
    Settling,
)
from screenagent.geometry import Display, Size

WIDTH, HEIGHT = 640, 360
DISPLAY = Display(name="screen", size=Size(width=WIDTH, height=HEIGHT))
MOUSE = FramePoint(100, 100)
Paint = Callable[[ScreenFrame, float], None]


@dataclass
class Screen:
    """What is painted on it, each a function of the time, which `wait` and `look` let pass."""

    paints: list[Paint] = field(default_factory=list)
    time: float = 0.0
    look_seconds: float = 0.001

    def look(self) -> CapturedFrame:
        self.time += self.look_seconds
        return CapturedFrame(self.at(self.time), DISPLAY)

    def at(self, moment: float) -> ScreenFrame:
        frame = np.zeros((HEIGHT, WIDTH), dtype=np.uint32)
        for paint in self.paints:
            paint(frame, moment)
        return frame

    def wait(self, seconds: float) -> None:
        self.time += seconds

    def settling(self, *, acted: bool = True, ambient: AmbientChanges | None = None) -> Settling:
        return Settling(
            look=self.look,
            now=lambda: self.time,
            wait=self.wait,
            ambient=ambient or AmbientChanges(),
            action=SentAction(before=self.at(-1.0), at=0.0, mouse=(MOUSE,)) if acted else None,
        )


def box(left: int, top: int, width: int, height: int, *, since: float = 0.0, to: float = 1e9, color: int = 7) -> Paint:
    def paint(frame: ScreenFrame, moment: float) -> None:
        if since <= moment < to:
            frame[top : top + height, left : left + width] = color

    return paint


def caret(frame: ScreenFrame, moment: float) -> None:
    frame[300:318, 50] = int(moment / 0.53) % 2


def clock(frame: ScreenFrame, moment: float) -> None:
    frame[5:17, 600:608] = int(moment + 10)


def growing_log(period: float, *, first: float) -> Paint:
    def paint(frame: ScreenFrame, moment: float) -> None:
        for line in range(int((moment - first) // period) + 1 if moment >= first else 0):
            frame[100 + 16 * line : 112 + 16 * line, 400:600] = line + 1

    return paint


def message(period: float, *, first: float, shown: float) -> Paint:
    def paint(frame: ScreenFrame, moment: float) -> None:
        if moment >= first and (moment - first) % period < shown:
            frame[300:340, 400:500] = 5

    return paint


def film(frame: ScreenFrame, moment: float) -> None:
    frame[100:300, 300:600] = int(moment / 0.02) + 200


def answer(since: float) -> Paint:
    return box(200, 150, 300, 120, since=since)


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.15, 0.6])
def test_an_answer_is_waited_for_however_late_it_is(delay: float) -> None:
    screen = Screen([answer(delay), caret])
    settled = screen.settling().frame()
    assert settled.pixels[200, 300] == 7
    assert screen.time - delay < QUIET_SECONDS + 0.02


def test_a_screen_that_does_not_answer_is_returned_when_its_time_is_over() -> None:
    screen = Screen([caret])
    screen.settling().frame()
    assert REACTION_SECONDS <= screen.time < REACTION_SECONDS + 0.02


@pytest.mark.parametrize("paints", [[], [box(80, 90, 60, 24, since=0.01)]])
def test_an_application_that_will_do_nothing_more_is_waited_for_no_longer(paints: list[Paint]) -> None:
    screen = Screen(paints)
    replace(screen.settling(), rests_until=lambda: float("inf")).frame()
    assert DELIVERED_SECONDS <= screen.time < DELIVERED_SECONDS + QUIET_SECONDS


def test_an_application_that_rests_for_a_while_only_is_waited_for() -> None:
    screen = Screen([answer(0.6)])
    settled = replace(screen.settling(), rests_until=lambda: 0.6).frame()
    assert settled.pixels[200, 300] == 7


def test_without_an_action_a_quiet_screen_is_returned_at_once() -> None:
    screen = Screen([box(0, 0, 640, 360)])
    screen.settling(acted=False).frame()
    assert screen.time < QUIET_SECONDS + 0.02


def test_an_answer_painted_in_steps_is_waited_for_to_its_end() -> None:
    steps = [box(200, 20 * step, 300, 20, since=0.016 * step) for step in range(10)]
    settled = Screen(steps).settling().frame()
    assert settled.pixels[190, 300] == 7


def test_an_animation_is_waited_for_to_its_end() -> None:
    moments = (0.0, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3)
    slides = [box(40 * step, 100, 200, 100, since=since, color=step) for step, since in enumerate(moments)]
    assert Screen(slides).settling().frame().pixels[150, 400] == 8


def test_a_button_that_looks_pressed_is_not_yet_the_answer() -> None:
    screen = Screen([box(80, 90, 60, 24, since=0.01), answer(0.2)])
    assert screen.settling().frame().pixels[200, 300] == 7


def test_a_button_that_stays_pressed_is_waited_for_no_longer_than_the_grace() -> None:
    screen = Screen([box(80, 90, 60, 24, since=0.01)])
    screen.settling().frame()
    assert GRACE_SECONDS < screen.time < GRACE_SECONDS + 0.05


@dataclass
class SlowPing:
    """A program that answers each question so many seconds after it was asked."""

    screen: Screen
    seconds: float
    asked_at: float = 0.0

    def ask(self, window: int | None = None) -> None:
        self.asked_at = self.screen.time

    def is_awaited(self) -> bool:
        return self.screen.time < self.asked_at + self.seconds


def going_on(screen: Screen, *, quiet: float = QUIET_SECONDS, may: Sequence[bool] = (True,)) -> Settling:
    """A wait for an answer that may be cut short if what comes next can begin: where the action shows, or not."""
    action = SentAction(before=screen.at(-1.0), at=0.0, mouse=(MOUSE,), quiet=quiet)
    return replace(screen.settling(), action=action, goes_on=lambda _, shows: shows in may)


def test_what_may_follow_a_button_that_looks_pressed_is_not_waited_for_if_what_comes_next_can_begin() -> None:
    screen = Screen([box(80, 90, 60, 24, since=0.01)])
    going_on(screen).frame()
    assert screen.time < 0.01 + EARLY_SECONDS + 0.02


def test_what_a_program_brings_about_before_it_answers_is_waited_for_though_what_comes_next_can_begin() -> None:
    screen = Screen([box(80, 90, 60, 24, since=0.01), answer(0.26)])
    settling = replace(going_on(screen), ping=SlowPing(screen, 0.2))
    assert settling.frame().pixels[200, 300] == 7


def test_a_button_is_waited_for_to_look_pressed_before_what_comes_next_can_begin() -> None:
    steps = [box(80, 90, 10 * step, 24, since=0.016 * step) for step in range(1, 6)]
    assert going_on(Screen(steps)).frame().pixels[100, 125] == 7


def test_an_action_that_does_not_show_is_waited_for_although_what_comes_next_can_begin_on_one_that_does() -> None:
    screen = Screen([caret])
    going_on(screen).frame()
    assert screen.time >= REACTION_SECONDS


def test_a_click_that_need_not_show_is_waited_for_as_long_as_a_caret_takes_to_come() -> None:
    screen = Screen([])
    going_on(screen, may=(True, False)).frame()
    assert SHOWN_SECONDS <= screen.time < SHOWN_SECONDS + 0.02


def test_what_comes_next_is_asked_about_once_on_each_screen() -> None:
    asked: list[bool] = []
    screen = Screen([box(80, 90, 60, 24, since=0.01), caret])

    def never(_: CapturedFrame, shows: bool) -> bool:
        asked.append(shows)
        return False

    replace(screen.settling(), goes_on=never).frame()
    assert asked == [True]


def test_a_text_rests_for_less_time_if_what_comes_next_can_begin() -> None:
    typed = [box(100 + 8 * letter, 100, 6, 12, since=0.02 * letter) for letter in range(4)]
    screen = Screen(typed)
    settled = going_on(screen, quiet=TYPED_QUIET_SECONDS).frame()
    assert settled.pixels[105, 126] == 7
    assert screen.time < 0.06 + EARLY_SECONDS + 0.02
    waited = Screen(typed)
    going_on(waited, quiet=TYPED_QUIET_SECONDS, may=()).frame()
    assert waited.time >= 0.06 + TYPED_QUIET_SECONDS


def test_a_text_that_its_program_has_yet_to_draw_is_waited_for() -> None:
    screen = Screen([box(100, 100, 6, 12, since=0.0), box(108, 100, 6, 12, since=0.24)])
    settling = replace(going_on(screen, quiet=TYPED_QUIET_SECONDS), ping=SlowPing(screen, 0.2))
    assert settling.frame().pixels[105, 110] == 7


@pytest.mark.parametrize(("top", "waits"), [(94, False), (200, True)])
def test_a_text_that_comes_late_in_the_row_of_its_field_is_not_watched_for_whether_it_comes_again(
    top: int, waits: bool
) -> None:
    screen = Screen([box(400, top, 60, 12, since=0.3)])
    action = SentAction(before=screen.at(-1.0), at=0.0, mouse=(MOUSE,), quiet=TYPED_QUIET_SECONDS, watched=1.0)
    replace(screen.settling(), action=action).frame()
    assert (screen.time > 0.3 + TYPED_QUIET_SECONDS + 0.05) is waits


def test_a_caret_is_not_watched_for_whether_it_comes_again() -> None:
    screen = Screen([lambda frame, moment: frame.__setitem__((slice(300, 318), 500), int(moment > 0.3))])
    action = SentAction(before=screen.at(-1.0), at=0.0, mouse=(MOUSE,), watched=1.0)
    replace(screen.settling(), action=action).frame()
    assert screen.time < REACTION_SECONDS + 0.02


def test_keys_that_may_show_nothing_are_waited_for_less() -> None:
    screen = Screen()
    silent = SentAction(before=screen.at(-1.0), at=0.0, mouse=(MOUSE,), silent=True)
    replace(screen.settling(), action=silent).frame()
    assert SILENT_SECONDS <= screen.time < SILENT_SECONDS + 0.02


def test_a_button_whose_shortcut_was_pressed_is_waited_for_while_it_looks_pressed() -> None:
    pressed, done = box(500, 200, 24, 23, since=0.05, to=0.16), box(0, 0, 600, 300, since=0.17)
    screen = Screen([pressed, done])
    settling = replace(
        screen.settling(), action=SentAction(before=screen.at(-1.0), at=0.0, mouse=(MOUSE,), shortcut=True)
    )
    assert np.array_equal(settling.frame().pixels, screen.at(1.0))
    assert screen.time < 0.17 + REACTION_SECONDS / 2


def test_what_a_shortcut_changes_but_a_little_is_not_waited_for_long() -> None:
    screen = Screen([box(500, 200, 24, 23, since=0.05)])
    settling = replace(
        screen.settling(), action=SentAction(before=screen.at(-1.0), at=0.0, mouse=(MOUSE,), shortcut=True)
    )
    settling.frame()
    assert screen.time < 0.05 + SHORTCUT_SECONDS + 0.05


def test_a_highlight_that_comes_and_goes_is_no_answer() -> None:
    screen = Screen([box(80, 90, 60, 24, since=0.01, to=0.1), answer(0.6)])
    assert screen.settling().frame().pixels[200, 300] == 7


def test_a_clock_that_was_learned_is_no_answer() -> None:
    screen = Screen([clock, answer(0.6)])
    ambient = AmbientChanges()
    ambient.learn(screen.at(-1.5), screen.at(-0.5), at=-0.5)
    screen.time = -0.01  # its next tick comes before the answer
    assert screen.settling(ambient=ambient).frame().pixels[200, 300] == 7


def test_a_clock_does_not_hold_up_the_answer() -> None:
    def ticking_fast(frame: ScreenFrame, moment: float) -> None:
        frame[5:17, 600:608] = int(moment / 0.02) + 200

    screen = Screen([ticking_fast, answer(0.1)])
    ambient = AmbientChanges()
    ambient.learn(screen.at(-2.0), screen.at(-1.0), at=-1.0)
    screen.settling(ambient=ambient).frame()
    assert screen.time < 0.2


def test_a_film_that_was_learned_neither_answers_nor_holds_up() -> None:
    screen = Screen([film, box(20, 150, 200, 150, since=0.3)])
    ambient = AmbientChanges()
    for look in range(8):
        ambient.learn(screen.at(look * 0.2 - 2.0), screen.at(look * 0.2 - 1.8), at=look * 0.2 - 1.8)
    settled = screen.settling(ambient=ambient).frame()
    assert settled.pixels[200, 100] == 7
    assert screen.time < 0.4


def test_a_film_nobody_knew_of_is_left_at_the_cap() -> None:
    screen = Screen([film])
    screen.settling().frame()
    assert MOVING_SECONDS <= screen.time < MOVING_SECONDS + 0.05


def test_a_window_that_came_and_went_is_no_film() -> None:
    screen = Screen([answer(0.0)])
    ambient = AmbientChanges()
    for at in (-3.0, -2.0, -1.0):
        ambient.learn(screen.at(-1.0), screen.at(1.0), at=at)
    screen.settling(ambient=ambient).frame()
    assert screen.time < 0.1


def test_what_has_come_to_rest_is_forgotten() -> None:
    screen = Screen([clock])
    ambient = AmbientChanges()
    ambient.learn(screen.at(0.5), screen.at(1.5), at=0.0)
    patch = Patch(600, 5, 608, 17)
    assert ambient.holds(patch, at=5.0)
    assert ambient.holds(patch, at=14.0), "seen again at 5, it is kept in mind"
    assert not ambient.holds(patch, at=30.0)


def shortly_watched(screen: Screen, ambient: AmbientChanges, *, watched: float = 1.5) -> Settling:
    """What was watched for a moment before a click on the target at the mouse."""
    action = SentAction(before=screen.at(0.0), at=0.0, mouse=(MOUSE,), watched=watched)
    return replace(screen.settling(ambient=ambient), action=action)


def moving_pixels(ambient: AmbientChanges, screen: Screen) -> list[tuple[int, int]]:
    """Return those of the pixels that the tests paint on that are known to move by themselves."""
    places = ambient.moving(at=screen.time)
    looked_at = ((500, 105), (450, 320), (450, 20))
    return [(x, y) for x, y in looked_at if any(place.holds(Patch(x, y, x + 1, y + 1)) for place in places)]


def test_a_log_that_grows_by_itself_is_no_answer() -> None:
    screen, ambient = Screen([growing_log(2.0, first=0.3)]), AmbientChanges()
    shortly_watched(screen, ambient).frame()
    assert moving_pixels(ambient, screen) == [(500, 105)]
    assert screen.time < 2.6


def test_a_message_that_comes_again_by_itself_is_no_answer() -> None:
    screen, ambient = Screen([message(3.0, first=0.5, shown=2.9)]), AmbientChanges()
    settling = replace(shortly_watched(screen, ambient), seconds=4.0)
    settling.frame()
    assert moving_pixels(ambient, screen) == [(450, 320)]
    assert screen.time < 5.0


def test_a_message_that_comes_late_and_goes_is_an_answer() -> None:
    screen, ambient = Screen([box(400, 300, 100, 40, since=0.5, to=5.0, color=5)]), AmbientChanges()
    assert shortly_watched(screen, ambient).frame().pixels[320, 450] == 5
    assert moving_pixels(ambient, screen) == []


def test_what_changes_elsewhere_at_once_is_an_answer_that_costs_no_wait() -> None:
    screen, ambient = Screen([growing_log(2.0, first=0.05)]), AmbientChanges()
    assert shortly_watched(screen, ambient).frame().pixels[105, 500] == 1
    assert screen.time < 0.2
    assert moving_pixels(ambient, screen) == []


def at_once(screen: Screen, ambient: AmbientChanges, *, idle: float = 0.6) -> Settling:
    """A click on the target at the mouse, before which nothing was seen to move, but not for long."""
    settling = shortly_watched(screen, ambient, watched=idle)
    assert settling.action is not None
    return replace(settling, action=replace(settling.action, idle=idle))


PRESSED = box(80, 90, 60, 24, color=3)


@pytest.mark.parametrize("beside", [[], [PRESSED]])
@pytest.mark.parametrize("period", [0.5, 1.0])
def test_a_clock_that_ticks_right_after_a_sudden_input_is_no_answer(period: float, beside: list[Paint]) -> None:
    ticking = growing_log(period, first=0.05)
    screen, ambient = Screen([ticking, *beside]), AmbientChanges()
    at_once(screen, ambient).frame()
    assert moving_pixels(ambient, screen) == [(500, 105)]
    assert screen.time < 2 * period + 1.0


def test_a_clock_beside_the_target_is_no_answer_to_a_sudden_input() -> None:
    def ticking(frame: ScreenFrame, moment: float) -> None:
        frame[85:105, 130:160] = int(moment + 0.95)

    screen, ambient = Screen([ticking]), AmbientChanges()
    at_once(screen, ambient).frame()
    assert any(place.overlaps(Patch(130, 85, 160, 105)) for place in ambient.moving(at=screen.time))


def test_an_answer_in_two_steps_to_a_sudden_input_is_no_clock() -> None:
    saving, saved = box(400, 300, 100, 40, since=0.05, color=5), box(400, 300, 90, 40, since=0.75, color=6)
    screen, ambient = Screen([saving, saved]), AmbientChanges()
    assert at_once(screen, ambient).frame().pixels[320, 450] == 6
    assert moving_pixels(ambient, screen) == []
    assert screen.time < 2.0


def test_a_sudden_input_is_watched_only_until_a_clock_would_have_ticked_again() -> None:
    screen = Screen([box(400, 300, 100, 40, since=0.05, color=5)])
    assert at_once(screen, AmbientChanges()).frame().pixels[320, 450] == 5
    assert screen.time < 0.05 + ENOUGH_SECONDS + 0.1


def test_a_window_that_answers_a_sudden_input_is_not_doubted() -> None:
    screen = Screen([answer(0.05)])
    assert at_once(screen, AmbientChanges()).frame().pixels[200, 300] == 7
    assert screen.time < 0.2


def bar(period: float) -> Paint:
    def paint(frame: ScreenFrame, moment: float) -> None:
        frame[300:310, 100 : 200 + 10 * int(moment / period)] = 9

    return paint


def test_a_bar_that_moved_before_and_never_rests_is_no_answer_however_soon_it_moves() -> None:
    screen, ambient = Screen([bar(0.15)], time=-0.5), AmbientChanges()
    for moment in (-0.4, -0.2, 0.0):
        ambient.learn(screen.at(moment - 0.2), screen.at(moment), at=moment)
    shortly_watched(screen, ambient, watched=0.6).frame()
    changed = changed_patches(screen.at(0.0), screen.at(screen.time))
    assert all(any(place.holds(patch) for place in ambient.moving(at=screen.time)) for patch in changed)


def test_a_place_that_moves_is_followed_along_its_rows_and_not_beyond() -> None:
    ambient = AmbientChanges()
    ambient.add(Patch(100, 300, 120, 310), at=0.0)
    (place,) = ambient.moving(at=0.0)
    further, below = Patch(place.right, 300, place.right + 10, 310), Patch(100, place.bottom, 120, place.bottom + 30)
    ambient.note([further, below], at=0.1)
    (place,) = ambient.moving(at=0.1)
    assert place.holds(further)
    assert not place.overlaps(below)


def test_what_changes_more_often_than_it_could_have_before_is_an_answer() -> None:
    screen, ambient = Screen([growing_log(0.9, first=0.3)]), AmbientChanges()
    assert shortly_watched(screen, ambient, watched=3.0).frame().pixels[105, 500] == 1
    assert moving_pixels(ambient, screen) == []


def test_an_application_that_was_watched_for_long_is_not_doubted() -> None:
    screen, ambient = Screen([growing_log(2.0, first=0.3)]), AmbientChanges()
    shortly_watched(screen, ambient, watched=WATCHED_SECONDS).frame()
    assert screen.time < 0.5


def test_a_dialog_is_an_answer_however_late_it_is_and_whatever_else_changes() -> None:
    screen, ambient = Screen([box(420, 140, 60, 20, since=0.3), answer(0.5)]), AmbientChanges()
    shortly_watched(screen, ambient).frame()
    assert screen.time < 0.6


def test_a_change_at_the_target_is_an_answer_however_late_it_is() -> None:
    screen, ambient = Screen([growing_log(2.0, first=0.3), box(80, 90, 60, 24, since=0.4)]), AmbientChanges()
    shortly_watched(screen, ambient).frame()
    assert screen.time < 0.4 + GRACE_SECONDS + 0.1


def test_a_late_answer_is_waited_for_as_long_as_is_said() -> None:
    screen = Screen([answer(1.7)])
    settling = replace(screen.settling(), seconds=3.0)
    assert settling.frame().pixels[200, 300] == 7
    assert screen.time < 1.8


def test_a_clock_seen_to_tick_more_than_once_is_known_to_move() -> None:
    ambient, screen = AmbientChanges(), Screen([clock])
    for tick in (0.5, 1.5):
        ambient.learn(screen.at(tick - 1), screen.at(tick), at=tick)
        ambient.conclude(at=tick)
        assert bool(ambient.moving(at=tick)) == (tick > 1)


def test_a_window_that_is_being_built_up_does_not_move() -> None:
    ambient, screen = AmbientChanges(), Screen([clock])
    for number, tick in enumerate((0.2, 0.4, 0.6)):
        ambient.learn(screen.at(number), screen.at(number + 1), at=tick)
    ambient.conclude(at=1.2)
    assert ambient.moving(at=1.2) == ()


def test_what_has_come_to_rest_does_not_move() -> None:
    ambient, screen = AmbientChanges(), Screen([clock])
    for tick in (0.5, 1.5):
        ambient.learn(screen.at(tick - 1), screen.at(tick), at=tick)
    ambient.conclude(at=4.0)
    assert ambient.moving(at=4.0) == ()


@pytest.mark.parametrize("delay", [0.05, 0.4, 0.8, 2.0])
def test_what_is_expected_is_waited_for(delay: float) -> None:
    screen = Screen([answer(0.0), caret, clock, box(20, 20, 200, 100, since=delay, color=9)])
    settling = screen.settling()
    settling.until = lambda frame: bool(frame.pixels[50, 50] == 9)
    assert settling.frame().pixels[50, 50] == 9
    assert screen.time - delay < 0.1


@pytest.mark.slow
def test_what_is_expected_is_asked_only_of_screens_that_differ() -> None:
    asked: list[CapturedFrame] = []
    screen = Screen([caret, answer(0.1)])
    settling = screen.settling()

    def never(frame: CapturedFrame) -> bool:
        asked.append(frame)
        return False

    settling.until = never
    settling.frame()
    assert UNTIL_SECONDS <= screen.time < UNTIL_SECONDS + 0.05
    assert len(asked) == 1


def test_what_was_there_before_the_action_is_not_taken_for_its_answer() -> None:
    screen = Screen([box(20, 20, 50, 50, since=-10.0, color=9), answer(0.4)])
    settling = screen.settling()
    settling.until = lambda frame: bool(frame.pixels[30, 30] == 9)
    assert settling.frame().pixels[200, 300] == 7


@pytest.mark.slow
def test_what_is_expected_is_seen_beside_a_film() -> None:
    screen = Screen([film, box(20, 20, 200, 100, since=1.0, color=9)])
    settling = screen.settling()
    settling.until = lambda frame: bool(frame.pixels[50, 50] == 9)
    settling.seconds = 20.0
    assert settling.frame().pixels[50, 50] == 9
    assert screen.time < 1.5 + MOVING_SECONDS


def test_one_look_that_was_wrong_does_not_end_the_wait() -> None:
    """What was taken for the answer at 1.4 seconds is no longer there when it is looked at again."""
    screen = Screen([box(50, 50, 99, 99, since=1.4, to=1.42), box(300, 50, 99, 99, since=8.0)])
    settling = replace(screen.settling(), seconds=10.0)
    settling.until = lambda frame: bool(frame.pixels[60, 60] or frame.pixels[60, 310])
    assert settling.frame().pixels[60, 310]
    assert 8.0 <= screen.time < 8.2


def test_no_time_means_one_look_and_one_question() -> None:
    screen = Screen([box(20, 20, 200, 100, color=9)])
    settling = screen.settling(acted=False)
    settling.seconds = 0.0
    settling.until = lambda _: True
    settling.frame()
    assert screen.time < 0.01


def test_what_is_returned_was_prepared_while_it_rested() -> None:
    prepared: list[CapturedFrame] = []
    settling = Screen([answer(0.1)]).settling()
    settling.meanwhile = prepared.append
    settled = settling.frame()
    assert np.array_equal(prepared[-1].pixels, settled.pixels)


def test_patches_are_the_rectangles_that_differ() -> None:
    before = Screen().at(0.0)
    after = Screen([box(10, 20, 5, 6), box(300, 200, 33, 44)]).at(0.0)
    assert sorted(changed_patches(before, after)) == [Patch(10, 20, 15, 26), Patch(300, 200, 333, 244)]
    assert changed_patches(after, after.copy()) == []


def test_a_screen_of_another_size_is_all_changed() -> None:
    assert changed_patches(Screen().at(0.0), np.zeros((10, 20), dtype=np.uint32)) == [Patch(0, 0, 20, 10)]


def test_many_scattered_changes_are_one() -> None:
    before, after = Screen().at(0.0), Screen().at(0.0)
    after[8::32, 8::32] = 1
    assert changed_patches(before, after) == [Patch(8, 8, 617, 329)]
