"""The loop's facts, on the shipped fakes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from screenagent.actions import (
    Action,
    Ask,
    Change,
    Click,
    Drag,
    Expectation,
    Finish,
    PressKeys,
    Target,
    TypeText,
    Visible,
    Wait,
)
from screenagent.agent import Agent, drive, guard
from screenagent.approval import DenyAll
from screenagent.control import Control, Interrupted
from screenagent.episode import Episode
from screenagent.events import (
    Abort,
    AnswerAsk,
    Approve,
    Decision,
    Effect,
    Event,
    Failed,
    LookAgain,
    Outcome,
    Paused,
    Plan,
    PlannedStep,
    Reject,
    Revise,
    Skip,
    Verdict,
)
from screenagent.fakes import FakeApprover, FakeDesktop, FakeGrounder, ScriptedPlanner, plain_screen
from screenagent.geometry import Box, Location, Point
from screenagent.protocols import Approved, LateAnswer, Outdated, Retry
from screenagent.screenshot import Screenshot, Window
from tests.builders import ScriptedGrounder, fake_agent
from tests.timeless import timeless

CENTER = Point(x=0.5, y=0.5)
CORNER = Point(x=0.1, y=0.9)
SAVE = Click(target="Save")
TRASH = Click(target="Trash")
DONE = Finish(success=True, message="saved")

ONE_CLICK = [
    "started",
    "observed",
    "decided",
    "grounded",
    "reviewed",
    "acted",
    "observed",
    "checked",
    "decided",
    "grounded",
    "reviewed",
    "ended",
]


def decision(action: Action, expectation: Expectation | None = None, thought: str = "") -> Decision:
    return Decision(plan=Plan(steps=(PlannedStep(action=action, expectation=expectation),)), thought=thought)


def agent(*script: Decision | Action | Exception, **parts: Any) -> Agent:
    decisions = [part if isinstance(part, Decision | Exception) else decision(part) for part in script]
    places = FakeGrounder({"Save": CENTER, "Trash": CORNER})
    return fake_agent(ScriptedPlanner(decisions), **({"grounder": places} | parts))


def performed(agent: Agent) -> list[Any]:
    assert isinstance(agent.desktop, FakeDesktop)
    return agent.desktop.performed


def kinds(events: Iterable[Event]) -> list[str]:
    return [event.event for event in events]


def still(_: int) -> Screenshot:
    return plain_screen(0)


def test_a_click_goes_through_every_station_once() -> None:
    clicker = agent(decision(SAVE, Change()), DONE)
    events = list(clicker.run("save it"))
    assert kinds(events) == ONE_CLICK
    assert performed(clicker) == [SAVE]
    episode = Episode.of(events)
    assert episode.ended is not None
    assert (episode.ended.result, episode.ended.message) == ("done", "saved")
    assert episode.steps[0].locations[0].point == CENTER
    assert episode.steps[0].effect is not None
    assert episode.steps[0].effect.outcome == "changed"


def test_the_planner_sees_what_came_of_the_step_before() -> None:
    clicker = agent(SAVE, DONE)
    list(clicker.run("save it"))
    assert isinstance(clicker.planner, ScriptedPlanner)
    assert [len(episode.steps) for episode in clicker.planner.seen] == [0, 1]
    assert clicker.planner.seen[1].steps[0].acted


def test_thoughts_belong_to_the_step_they_led_to() -> None:
    episode = Episode.of(agent(decision(SAVE, thought="it is below"), decision(DONE, thought="that was all")).run("t"))
    assert [step.thought for step in episode.steps] == ["it is below", "that was all"]


def test_an_absent_target_is_told_and_nothing_is_sent() -> None:
    clicker = agent(Click(target="Nope"), DONE)
    episode = Episode.of(clicker.run("t"))
    assert episode.steps[0].feedback == "no “Nope” on the screen"
    assert performed(clicker) == []


def test_every_place_of_a_drag_is_located_in_order() -> None:
    dragger = agent(Drag(path=("Save", "Trash")), DONE)
    list(dragger.run("t"))
    assert isinstance(dragger.desktop, FakeDesktop)
    assert dragger.desktop.places == [(CENTER, CORNER)]


def test_a_rejection_with_its_reason_reaches_the_planner() -> None:
    clicker = agent(SAVE, SAVE, max_steps=2, approver=FakeApprover([Reject(reason="not that one")]))
    episode = Episode.of(clicker.run("t"))
    assert episode.ended is not None
    assert episode.ended.result == "out_of_steps"
    assert "not that one" in episode.steps[0].feedback
    assert performed(clicker) == []


@pytest.mark.parametrize(("most", "result"), [(2, "out_of_steps"), (3, "done"), (4, "done")])
def test_a_plan_of_as_many_steps_as_are_allowed_comes_to_its_end(most: int, result: str) -> None:
    plan = Plan(steps=tuple(PlannedStep(action=action) for action in (SAVE, SAVE, SAVE, DONE)))
    clicker = agent(*(Decision(plan=plan, at=at) for at in range(4)), max_steps=most)
    episode = Episode.of(clicker.run("t"))
    assert episode.ended is not None
    assert episode.ended.result == result
    assert performed(clicker) == [SAVE] * min(most, 3)


def test_an_end_that_is_put_off_again_and_again_runs_out_of_steps() -> None:
    plan = Plan(steps=(PlannedStep(action=SAVE), PlannedStep(action=DONE)))
    episode = Episode.of(agent(*[Decision(plan=plan)] * 9, max_steps=3).run("t"))
    assert episode.ended is not None
    assert (episode.ended.result, len(episode.steps)) == ("out_of_steps", 4)


def test_an_abort_stops() -> None:
    events = list(agent(SAVE, approver=FakeApprover([Abort()])).run("t"))
    assert events[-1].event == "ended"
    assert events[-1].result == "stopped"


def test_a_revised_action_is_located_and_reviewed_again() -> None:
    approver = FakeApprover([Revise(action=Click(target="Trash")), Approve()])
    clicker = agent(SAVE, DONE, approver=approver)
    list(clicker.run("t"))
    assert approver.asked[:2] == [SAVE, Click(target="Trash")]
    assert performed(clicker) == [Click(target="Trash")]


def test_nothing_passes_an_approver_that_denies() -> None:
    everything: list[Action] = [SAVE, TypeText(text="hi"), PressKeys(keys=("enter",)), Drag(path=("Save", "Trash"))]
    denied = agent(*everything, approver=DenyAll(), max_steps=len(everything))
    list(denied.run("t"))
    assert performed(denied) == []


def test_an_agent_cannot_be_built_without_an_approver() -> None:
    with pytest.raises(TypeError, match="approver"):
        Agent(planner=ScriptedPlanner([]), grounder=FakeGrounder({}), desktop=FakeDesktop(), checker=None)  # type: ignore[call-arg,arg-type]


def test_only_an_approving_verdict_makes_an_input_approved() -> None:
    with pytest.raises(ValueError, match="not approved"):
        Approved(action=SAVE, locations=(), on=plain_screen(0), verdict=Reject(reason="no"))


@pytest.mark.parametrize("position", range(len(ONE_CLICK) + 8))
def test_nothing_is_performed_after_stop(position: int) -> None:
    control = Control()
    clicker = agent(decision(SAVE, Change()), TypeText(text="hi"), DONE, control=control)
    events: list[Event] = []
    sent_at_stop: int | None = None
    for index, event in enumerate(clicker.run("t")):
        events.append(event)
        if index == position:
            control.stop()
            sent_at_stop = len(performed(clicker))
    assert sent_at_stop is None or len(performed(clicker)) == sent_at_stop
    assert kinds(events).count("ended") == 1
    assert events[-1].event == "ended"
    assert len(events) <= position + 2 or events[-1].result == "done"


def test_stop_in_the_middle_of_a_part_ends_the_run() -> None:
    control = Control()

    class Stopping(FakeGrounder):
        def locate(self, *args: Any, **named: Any) -> Any:
            control.stop()
            return super().locate(*args, **named)

    clicker = agent(SAVE, grounder=Stopping({"Save": CENTER}), control=control)
    assert Episode.of(clicker.run("t")).ended is not None
    assert performed(clicker) == []


def test_a_paused_agent_waits_and_a_single_step_lets_one_through() -> None:
    control = Control()
    clicker = agent(SAVE, SAVE, DONE, control=control)
    control.pause()
    control.step()
    supervised = threading.Thread(target=lambda: list(clicker.run("t")))
    supervised.start()
    supervised_for = time.monotonic() + 5
    while not control.paused and time.monotonic() < supervised_for:
        control.wait(0.001)
    assert performed(clicker) == [SAVE]
    control.resume()
    supervised.join(5)
    assert performed(clicker) == [SAVE, SAVE]


def test_what_the_user_says_is_told_before_the_next_decision() -> None:
    control = Control()
    clicker = agent(SAVE, DONE, control=control)
    for event in clicker.run("t"):
        if event.event == "acted":
            control.say("use the other account")
    assert isinstance(clicker.planner, ScriptedPlanner)
    assert clicker.planner.seen[1].told == ("use the other account",)


def test_a_crash_is_an_event_and_is_raised() -> None:
    events: list[Event] = []
    with pytest.raises(RuntimeError, match="boom"):
        drive(agent(RuntimeError("boom")), "t", events.append)
    assert events[-1].event == "ended"
    assert (events[-1].result, events[-1].message) == ("crashed", "RuntimeError: boom")


def test_a_planner_that_never_answers_well_runs_out_of_steps() -> None:
    episode = Episode.of(agent(*[Retry("that was no JSON")] * 3, max_steps=3).run("t"))
    assert episode.ended is not None
    assert episode.ended.result == "out_of_steps"
    assert [step.feedback for step in episode.steps] == ["that was no JSON"] * 3


def test_the_same_events_come_of_the_same_run_times_aside() -> None:
    script = (decision(SAVE, Change()), TypeText(text="hi"), Wait(seconds=0.001), DONE)
    first, second = (timeless(agent(*script).run("t")) for _ in range(2))
    assert first == second


def test_every_event_says_when_and_what_it_cost() -> None:
    events = list(agent(SAVE, DONE).run("t"))
    assert [event.at for event in events] == sorted(event.at for event in events)
    by_kind = {event.event: event.usage.seconds for event in events}
    assert "decide" in by_kind["decided"]
    assert "act" in by_kind["acted"]
    assert "check" in by_kind["checked"]


class TestDone:
    def test_done_without_a_single_step_is_not_believed(self) -> None:
        ended = Episode.of(agent(DONE).run("t")).ended
        assert ended is not None
        assert (ended.result, ended.message) == ("gave_up", "nothing was performed")

    def test_done_after_a_step_that_did_not_show_is_not_believed(self) -> None:
        unmoved = agent(decision(SAVE, Change()), DONE, desktop=FakeDesktop(screen=still))
        ended = Episode.of(unmoved.run("t")).ended
        assert ended is not None
        assert ended.result == "gave_up"
        assert "click “Save”" in ended.message


class TestGuard:
    def test_a_target_that_moved_during_the_review_is_reviewed_again(self) -> None:
        grounder = FakeGrounder({"Save": CENTER})
        shade = [0]

        class Slow(FakeApprover):
            def review(self, *args: Any) -> Any:
                if not self.asked:
                    shade[0] = 100
                    grounder.places = {"Save": CORNER}
                return super().review(*args)

        approver = Slow()
        desktop = FakeDesktop(screen=lambda done: plain_screen(shade[0] + done))
        list(agent(SAVE, DONE, grounder=grounder, approver=approver, desktop=desktop).run("t"))
        assert approver.asked[:2] == [SAVE, SAVE]
        assert desktop.places == [(CORNER,)]

    def test_a_patch_that_changed_under_a_target_that_stayed_is_not_asked_about(self) -> None:
        shades = iter(range(0, 2000, 7))
        desktop = FakeDesktop(screen=lambda _: plain_screen(next(shades)))
        approver = FakeApprover()
        list(agent(SAVE, DONE, approver=approver, desktop=desktop).run("t"))
        assert approver.asked == [SAVE, DONE]

    def test_keys_are_reviewed_again_where_another_window_came_to_the_front(self) -> None:
        windows = iter([Window(id=1), Window(id=2), *[Window(id=2)] * 20])
        desktop = FakeDesktop(screen=lambda done: plain_screen(done, window=next(windows)))
        approver = FakeApprover()
        list(agent(TypeText(text="hi"), DONE, approver=approver, desktop=desktop).run("t"))
        assert approver.asked == [TypeText(text="hi"), TypeText(text="hi"), DONE]

    def test_a_screen_that_never_holds_still_is_given_back_to_the_planner(self) -> None:
        ids = iter(range(1000))
        desktop = FakeDesktop(screen=lambda done: plain_screen(done, window=Window(id=next(ids))))
        clicker = agent(TypeText(text="hi"), DONE, desktop=desktop)
        episode = Episode.of(clicker.run("t"))
        assert "kept changing" in episode.steps[0].feedback
        assert performed(clicker) == []


def test_a_target_that_comes_late_is_waited_for() -> None:
    class Late(FakeGrounder):
        def locate(self, *args: Any, **named: Any) -> Any:
            found = super().locate(*args, **named)
            self.places = {"Save": CENTER}
            return found

    looks = iter(range(1000))
    desktop = FakeDesktop(screen=lambda _: plain_screen(next(looks)))
    clicker = agent(SAVE, DONE, grounder=Late({}), desktop=desktop)
    episode = Episode.of(clicker.run("t"))
    assert performed(clicker) == [SAVE]
    assert episode.steps[0].recoveries[0] == "wait"


class TestLadder:
    def recoveries(self, episode: Episode) -> list[str]:
        return [rung for step in episode.steps for rung in step.recoveries]

    def test_an_effect_that_shows_late_is_waited_for(self) -> None:
        looks = iter(range(1000))
        desktop = FakeDesktop(screen=lambda done: plain_screen(0 if not done or next(looks) < 1 else 9))
        episode = Episode.of(agent(decision(SAVE, Change()), DONE, desktop=desktop).run("t"))
        assert self.recoveries(episode) == ["wait"]
        assert episode.ended is not None
        assert episode.ended.result == "done"

    def test_a_change_that_comes_late_is_not_what_was_typed(self) -> None:
        looks = iter(range(1000))
        desktop = FakeDesktop(screen=lambda done: plain_screen(0 if not done or next(looks) < 1 else 9))
        episode = Episode.of(agent(decision(TypeText(text="Ada"), Change()), DONE, desktop=desktop).run("t"))
        assert self.recoveries(episode) == ["wait", "think"]
        assert episode.steps[0].effect is not None
        assert episode.steps[0].effect.outcome == "unchanged"

    def test_a_wrong_click_is_mended_by_looking_closer(self) -> None:
        grounder = FakeGrounder({"Save": CENTER}, closer={"Save": CORNER})
        desktop = FakeDesktop(screen=lambda done: plain_screen(9 if done > 1 else 0))
        episode = Episode.of(agent(decision(SAVE, Change()), DONE, grounder=grounder, desktop=desktop).run("t"))
        assert self.recoveries(episode) == ["wait", "zoom"]
        assert desktop.places == [(CENTER,), (CORNER,)]
        assert episode.ended is not None
        assert episode.ended.result == "done"

    def test_the_same_place_is_not_clicked_twice_by_zoom(self) -> None:
        unmoved = agent(decision(SAVE, Change()), DONE, desktop=FakeDesktop(screen=still))
        episode = Episode.of(unmoved.run("t"))
        assert self.recoveries(episode) == ["wait", "zoom", "think"]
        assert performed(unmoved) == [SAVE]

    def test_a_clock_that_ticks_elsewhere_does_not_confirm_a_click(self) -> None:
        window = Window(id=1, box=Box(left=0.25, top=0.25, right=0.75, bottom=0.75))

        def ticking(done: int) -> Screenshot:
            image = Image.new("RGB", (320, 200))
            image.paste("red", (280, 0, 290 + 8 * done, 5))
            return Screenshot.of(image, window=window)

        clicker = agent(decision(SAVE, Change()), DONE, desktop=FakeDesktop(screen=ticking))
        episode = Episode.of(clicker.run("t"))
        assert self.recoveries(episode) == ["wait", "zoom", "think"]
        assert episode.steps[0].effect is not None
        assert "elsewhere" in episode.steps[0].effect.evidence
        assert episode.ended is not None
        assert episode.ended.result == "gave_up"

    def test_when_thinking_again_did_not_help_the_user_is_asked(self) -> None:
        approver = FakeApprover([Approve(), Approve(), AnswerAsk(text="try Trash"), Approve()])
        press = decision(PressKeys(keys=("enter",)), Visible(words="Trash can"))
        desktop = FakeDesktop(screen=still)
        stuck = agent(press, press, SAVE, DONE, approver=approver, desktop=desktop)
        episode = Episode.of(stuck.run("t"))
        assert self.recoveries(episode)[:4] == ["wait", "think", "wait", "ask"]
        assert episode.told == ("try Trash",)
        assert isinstance(approver.asked[2], Ask)

    def test_the_same_action_on_the_same_picture_three_times_asks(self) -> None:
        press = PressKeys(keys=("ctrl", "s"))
        approver = FakeApprover([Approve(), Approve(), Approve(), Reject(reason="nobody")])
        ended = Episode.of(
            agent(press, press, press, approver=approver, desktop=FakeDesktop(screen=still)).run("t")
        ).ended
        assert ended is not None
        assert ended.result == "gave_up"
        assert "Nobody answered" in ended.message


def test_a_question_is_answered_by_the_verdict() -> None:
    asking = agent(
        Ask(question="which one?"), SAVE, DONE, approver=FakeApprover([AnswerAsk(text="the red one"), Approve()])
    )
    episode = Episode.of(asking.run("t"))
    assert episode.steps[0].verdict == AnswerAsk(text="the red one")
    assert episode.steps[0].effect is not None
    assert "the red one" in episode.steps[0].effect.evidence


def test_a_sink_hears_of_the_approval_before_the_hand_moves() -> None:
    heard: list[str] = []

    class Watching(FakeDesktop):
        def perform(self, approved: Any) -> Screenshot | None:
            heard.append("hand")
            return super().perform(approved)

    drive(agent(SAVE, DONE, desktop=Watching()), "t", lambda event: heard.append(event.event))
    assert heard.index("reviewed") < heard.index("hand") < heard.index("acted")


def test_a_sink_that_fails_ends_the_run_at_once() -> None:
    def full(event: Event) -> None:
        if event.event == "grounded":
            raise OSError("No space left on device")

    clicker = agent(SAVE, DONE)
    with pytest.raises(OSError, match="No space left"):
        drive(clicker, "t", full)
    assert performed(clicker) == []


def test_a_moved_point_is_where_it_is_performed() -> None:
    moved = Location(point=CORNER, confidence=1.0, by="user")
    clicker = agent(SAVE, DONE, approver=FakeApprover([Approve(locations=(moved,)), Approve()]))
    events = list(clicker.run("t"))
    assert isinstance(clicker.desktop, FakeDesktop)
    assert clicker.desktop.places == [(CORNER,)]
    assert [event.locations for event in events if event.event == "acted"] == [(moved,)]


def test_a_moved_point_is_asked_about_again_where_the_screen_under_it_changed() -> None:
    moved = Location(point=CORNER, confidence=1.0, by="user")
    approver = FakeApprover([Approve(locations=(moved,)), Approve()])
    shades = iter((0, 1))

    class Changing(FakeDesktop):
        def screenshot(self) -> Screenshot:
            return plain_screen(next(shades, 1))

    clicker = agent(SAVE, DONE, approver=approver, desktop=Changing())
    events = list(clicker.run("t"))
    assert [event.locations[0].point for event in events if event.event == "grounded" and event.locations] == [
        CENTER,
        CORNER,
    ]
    assert isinstance(clicker.desktop, FakeDesktop)
    assert clicker.desktop.places == [(CORNER,)]


def test_as_many_places_as_targets_have_to_be_approved() -> None:
    place = Location(point=CORNER, confidence=1.0, by="user")
    with pytest.raises(ValueError, match="2 places were approved for the 1"):
        list(agent(SAVE, approver=FakeApprover([Approve(locations=(place, place))])).run("t"))


def test_the_user_can_have_a_target_looked_for_closer() -> None:
    first = Location(point=CENTER, confidence=1.0, by="fake")
    grounder = FakeGrounder({"Save": CENTER}, closer={"Save": CORNER})
    approver = FakeApprover([Revise(action=SAVE, near=(first,)), Approve()])
    clicker = agent(SAVE, DONE, approver=approver, grounder=grounder)
    list(clicker.run("t"))
    assert isinstance(clicker.desktop, FakeDesktop)
    assert clicker.desktop.places == [(CORNER,)]


def test_words_of_the_user_that_are_not_on_the_screen_leave_the_question_as_it_was() -> None:
    approver = FakeApprover([Revise(action=Click(target="Svae")), Approve()])
    clicker = agent(SAVE, DONE, approver=approver)
    events = list(clicker.run("t"))
    assert [event.why for event in events if event.event == "retried"] == ["no “Svae” on the screen"]
    assert approver.asked[:2] == [SAVE, SAVE]
    assert performed(clicker) == [SAVE]


def test_a_skipped_step_is_not_performed_and_the_planner_is_told() -> None:
    clicker = agent(SAVE, TypeText(text="hi"), DONE, approver=FakeApprover([Skip(), Approve()]))
    episode = Episode.of(clicker.run("t"))
    assert performed(clicker) == [TypeText(text="hi")]
    assert "skipped" in episode.steps[0].feedback


def test_after_the_user_had_the_desktop_the_target_is_located_on_a_fresh_screen() -> None:
    clicker = agent(SAVE, DONE, approver=FakeApprover([LookAgain(), Approve()]))
    assert kinds(clicker.run("t"))[:9] == [
        *("started", "observed", "decided", "grounded", "reviewed", "observed", "grounded", "reviewed", "acted")
    ]


def test_a_look_after_the_desktop_was_handed_back_is_not_asked_for_twice() -> None:
    control = Control()

    class HandsBack(FakeApprover):
        def review(self, action: Action, locations: tuple[Location, ...], episode: Episode) -> Verdict:
            verdict = super().review(action, locations, episode)
            if isinstance(verdict, LookAgain):
                control.hand_back()
            return verdict

    approver = HandsBack([LookAgain(), Approve()])
    clicker = agent(SAVE, DONE, control=control, approver=approver)
    list(clicker.run("t"))
    assert approver.asked.count(SAVE) == 2
    assert performed(clicker) == [SAVE]


def test_a_desktop_that_was_handed_back_is_looked_at_before_anything_else() -> None:
    control = Control()
    clicker = agent(SAVE, DONE, control=control)
    seen: list[str] = []
    for event in clicker.run("t"):
        seen.append(event.event)
        if event.event == "decided":
            control.pause()
            control.hand_back()
    assert seen[:5] == ["started", "observed", "decided", "observed", "grounded"]


class Touched(FakeDesktop):
    """Somebody has it when the first input comes."""

    partly = False

    def perform(self, approved: Approved[Any]) -> Screenshot | None:
        if not self.performed and not self.control.paused and not self.places:
            self.places.append(())
            raise Interrupted("you touched the mouse, so the agent waits", partly=self.partly)
        return super().perform(approved)


class HalfDone(Touched):
    partly = True


class LitUp(FakeDesktop):
    """Its screen changes because the mouse comes, and not because of the press."""

    def screenshot(self) -> Screenshot:
        return plain_screen(len(self.performed))

    def perform(self, approved: Approved[Any]) -> Screenshot | None:
        super().perform(approved)
        return self.screenshot()


def test_what_lights_up_under_the_mouse_is_no_effect_however_long_it_is_waited_for() -> None:
    episode = Episode.of(agent(decision(SAVE, Change()), DONE, desktop=LitUp()).run("t"))
    step = episode.steps[0]
    assert step.effect is not None
    assert step.before.digest != step.after.digest if step.after else False
    assert (step.effect.outcome, step.recoveries[0]) == ("unchanged", "wait")


def pictured(shade: int, *, popups: tuple[Box, ...] = ()) -> Screenshot:
    image = Image.new("RGB", (640, 400), (240, 240, 240))
    image.paste((shade, shade, shade), (20, 20, 120, 90))
    return Screenshot.of(image).model_copy(update={"popups": popups})


def test_a_click_that_an_open_menu_took_is_located_reviewed_and_done_once_more() -> None:
    menu = Box(left=20 / 640, top=20 / 400, right=120 / 640, bottom=90 / 400)
    screens = [pictured(200, popups=(menu,)), pictured(240), pictured(240)]
    clicker = agent(decision(SAVE, Change()), DONE, desktop=FakeDesktop(screen=lambda done: screens[min(done, 2)]))
    happened = list(clicker.run("t"))
    episode = Episode.of(happened)
    assert performed(clicker) == [SAVE, SAVE]
    assert episode.steps[0].recoveries[0] == "again"
    assert kinds(happened).count("reviewed") - kinds(happened).count("acted") == 1, "the end is reviewed, too"
    assert episode.steps[0].effect is not None
    assert episode.steps[0].effect.outcome == "unchanged"


def dragged_board(*, moved: bool = False, lit: bool = False, typed: bool = False) -> Screenshot:
    image = Image.new("RGB", (640, 400), (240, 240, 240))
    draw = ImageDraw.Draw(image)
    draw.rectangle((400, 150, 600, 300), outline=(80, 80, 80), fill=(200, 220, 255) if lit else (240, 240, 240))
    left = 430 if moved else 40
    draw.rectangle((left, 180, left + 80, 220), fill=(90, 90, 160))
    draw.text((left + 8, 190), "Card", fill="white")
    if typed:
        draw.text((410, 260), "a copy", fill="black")
    return Screenshot.of(image)


CARD, ZONE = Point(x=80 / 640, y=200 / 400), Point(x=500 / 640, y=200 / 400)


@pytest.mark.parametrize(
    ("screens", "paces", "outcome"),
    [
        ([{}, {}, {"moved": True}], [False, True], "changed"),
        ([{}, {"lit": True}, {"moved": True}], [False, True], "changed"),
        ([{}, {"typed": True}, {"moved": True}], [False], "changed"),
        ([{}, {"moved": True}, {}], [False], "changed"),
        ([{}, {}, {}], [False, True], "unchanged"),
        ([{}, {"lit": True}, {"lit": True}], [False, True], "unchanged"),
    ],
)
def test_a_drag_that_changed_nothing_is_approved_and_done_once_more_slowly(
    screens: list[dict[str, bool]], paces: list[bool], outcome: str
) -> None:
    drag = Drag(path=("Card", "Zone"))
    boards = [dragged_board(**screen) for screen in screens]
    desktop = FakeDesktop(screen=lambda done: boards[min(done, 2)])
    approver = FakeApprover()
    grounder = FakeGrounder({"Card": CARD, "Zone": ZONE})
    dragger = agent(decision(drag, Change()), DONE, DONE, desktop=desktop, approver=approver, grounder=grounder)
    episode = Episode.of(dragger.run("t"))
    assert [action.slowly for action in desktop.performed if isinstance(action, Drag)] == paces
    assert [action.slowly for action in approver.asked if isinstance(action, Drag)] == paces
    assert episode.steps[0].effect is not None
    assert episode.steps[0].effect.outcome == outcome
    assert (episode.ended and episode.ended.result) == ("done" if outcome == "changed" else "gave_up")


def test_a_drag_with_a_key_held_is_not_repeated_where_its_end_looks_otherwise() -> None:
    boards = [dragged_board(), dragged_board(lit=True)]
    desktop = FakeDesktop(screen=lambda done: boards[min(done, 1)])
    grounder = FakeGrounder({"Card": CARD, "Zone": ZONE})
    drag = Drag(path=("Card", "Zone"), modifiers=("ctrl",))
    Episode.of(agent(decision(drag, Change()), DONE, DONE, desktop=desktop, grounder=grounder).run("t"))
    assert desktop.performed == [drag]


def test_a_caret_that_blinks_in_the_target_does_not_make_it_another_one() -> None:
    box = Box(left=0, top=0, right=0.5, bottom=0.5)
    field = (Location(point=box.center, box=box, confidence=1, by="field"),)
    before, caret, word = (Image.new("RGB", (640, 400), (255, 255, 255)) for _ in range(3))
    caret.paste((0, 0, 0), (20, 20, 22, 38))
    word.paste((0, 0, 0), (20, 20, 60, 38))
    assert guard.same_screen(Screenshot.of(before), Screenshot.of(caret), SAVE, field)
    assert not guard.same_screen(Screenshot.of(before), Screenshot.of(word), SAVE, field)


def save_button(shade: int, *, said: str = "") -> Screenshot:
    """A Save button whose label has this shade of grey."""
    image = Image.new("RGB", (300, 100), (255, 255, 255))
    canvas = ImageDraw.Draw(image)
    canvas.rectangle((100, 30, 164, 62), fill=(217, 217, 217), outline=(130, 130, 130))
    canvas.text((132, 46), "Save", fill=(shade,) * 3, font=ImageFont.load_default(14), anchor="mm")
    canvas.text((10, 80), said, fill=(0, 0, 0))
    return Screenshot.of(image)


@pytest.mark.parametrize(("later", "failure"), [(163, "disabled"), (0, None)])
def test_a_disabled_button_is_waited_for_and_then_refused(later: int, failure: str | None) -> None:
    screens = iter([save_button(163), save_button(later, said="ready")])
    shown = [next(screens)]

    class Later(FakeDesktop):
        def settled(
            self, until: Callable[[Screenshot], bool] | None = None, *, seconds: float | None = None
        ) -> Screenshot:
            if until:
                shown.append(next(screens, shown[-1]))
            return super().settled(until, seconds=seconds)

    box = Box(left=0.36, top=0.36, right=0.52, bottom=0.56)
    grounder = ScriptedGrounder(Location(point=box.center, box=box, confidence=1, by="text"))
    desktop = Later(screen=lambda _: shown[-1])
    step = Episode.of(agent(decision(SAVE), DONE, desktop=desktop, grounder=grounder).run("t")).steps[0]
    assert step.recoveries == ("wait",)
    assert (step.failure, step.acted) == (failure, failure is None)


def events_of(clicker: Agent, control: Control) -> list[Event]:
    """Of a run whose user lets it go on whenever it waits."""
    seen: list[Event] = []
    for event in clicker.run("t"):
        seen.append(event)
        if isinstance(event, Paused):
            assert control.paused
            control.resume()
    return seen


def test_an_input_of_which_nothing_was_sent_is_looked_at_located_and_reviewed_again_after_a_touch() -> None:
    control = Control()
    clicker = agent(SAVE, DONE, control=control, desktop=Touched(control=control))
    seen = events_of(clicker, control)
    assert [event.event for event in seen][3:10] == [
        *("grounded", "reviewed", "paused", "resumed", "observed", "grounded", "reviewed")
    ]
    assert [event.why for event in seen if isinstance(event, Paused)] == ["you touched the mouse, so the agent waits"]
    assert performed(clicker) == [SAVE]


def test_an_input_that_a_touch_has_cut_off_is_not_sent_again_but_told_to_the_planner() -> None:
    control = Control()
    clicker = agent(SAVE, DONE, control=control, desktop=HalfDone(control=control))
    seen = events_of(clicker, control)
    assert [event.event for event in seen][5:8] == ["failed", "paused", "resumed"]
    assert [event.feedback for event in seen if isinstance(event, Failed)] == [
        "you touched the mouse, so the agent waits, in the middle of this: click “Save”; a part of it is done"
    ]
    assert performed(clicker) == []


def test_a_touch_after_the_review_is_looked_at_before_the_input_is_sent() -> None:
    control = Control()
    clicker = agent(SAVE, DONE, control=control)
    kinds: list[str] = []
    for event in clicker.run("t"):
        kinds.append(event.event)
        if event.event == "reviewed" and kinds.count("reviewed") == 1:
            control.interrupt("you touched the keyboard")
        if isinstance(event, Paused):
            assert performed(clicker) == []
            control.resume()
    assert kinds[3:10] == ["grounded", "reviewed", "paused", "resumed", "observed", "grounded", "reviewed"]
    assert performed(clicker) == [SAVE]


def test_a_stop_while_it_waits_ends_the_run() -> None:
    control = Control()
    clicker = agent(SAVE, DONE, control=control)
    kinds = []
    for event in clicker.run("t"):
        kinds.append(event.event)
        if event.event == "decided":
            control.interrupt("you touched the keyboard")
        if isinstance(event, Paused):
            control.stop()
    assert kinds == ["started", "observed", "decided", "paused", "ended"]


class TakesBack(FakeDesktop):
    """Shows another screen once, right after the click, and then the one from before it again."""

    looks = 0

    def settled(self, until: Callable[[Screenshot], bool] | None = None, *, seconds: float | None = None) -> Screenshot:
        self.looks += bool(self.performed)
        return plain_screen(1) if self.looks == 1 else plain_screen(0)


@pytest.mark.parametrize("thought", ["", "no step is left"])
def test_what_is_taken_back_a_moment_later_is_not_done(thought: str) -> None:
    control = Control()
    finish = decision(DONE, thought=thought)
    acting = agent(decision(SAVE, Change()), finish, finish, desktop=TakesBack(control=control), control=control)
    episode = drive(acting, "save")
    assert episode.ended
    assert episode.ended.result == "gave_up"
    assert [step.outcome for step in episode.performed] == ["unchanged"]


class Rests(FakeDesktop):
    """Is known to do nothing more by itself once it has been asked so often, and may take back what it did by then."""

    rests_at = 1
    takes_back = False
    asked = 0

    def screenshot(self) -> Screenshot:
        return plain_screen(0 if self.takes_back and self.asked >= self.rests_at else bool(self.performed))

    def rests_until(self) -> float:
        self.asked += 1
        return float("inf") if self.asked >= self.rests_at else float("-inf")


def test_an_application_that_is_known_to_rest_is_not_watched_any_longer() -> None:
    desktop = Rests()
    episode = drive(agent(decision(SAVE, Change()), decision(DONE), desktop=desktop, control=desktop.control), "save")
    assert episode.ended
    assert episode.ended.result == "done"
    assert desktop.asked == 1


def test_what_is_taken_back_before_the_application_rests_is_not_done() -> None:
    desktop = Rests()
    desktop.rests_at, desktop.takes_back = 5, True
    finish = decision(DONE)
    episode = drive(agent(decision(SAVE, Change()), finish, finish, desktop=desktop, control=desktop.control), "save")
    assert desktop.asked == 5
    assert [step.outcome for step in episode.performed] == ["unchanged"]


def button_of(words: str) -> Screenshot:
    image = Image.new("RGB", (640, 400), (240, 240, 240))
    ImageDraw.Draw(image).text((320, 200), words, fill=(0, 0, 0), font=ImageFont.load_default(16), anchor="mm")
    return Screenshot.of(image, window=Window(id=7))


class Swapping(FakeDesktop):
    """What stands under the mouse becomes another thing, so often, once the input was approved."""

    times = 1
    swapped = 0
    after = "Save"

    def screenshot(self) -> Screenshot:
        return button_of(f"{self.after} as" if self.performed else self.after if self.swapped else "Save")

    def perform(self, approved: Approved[Any]) -> Screenshot | None:
        if self.swapped < self.times:
            self.swapped += 1
            raise Outdated("something else stands there by now")
        return super().perform(approved)


def test_what_is_the_same_after_all_is_not_asked_about_again() -> None:
    approver = FakeApprover([Approve(), Approve()])
    clicker = agent(SAVE, DONE, approver=approver, desktop=Swapping())
    list(clicker.run("t"))
    assert performed(clicker) == [SAVE]
    assert len(approver.asked) == 2  # the click, and the end


def test_what_has_become_another_thing_is_asked_about_anew() -> None:
    class Swapped(Swapping):
        after = "Send"

    approver = FakeApprover([Approve(), Reject(reason="not that one"), Approve()])
    clicker = agent(SAVE, DONE, approver=approver, desktop=Swapped())
    list(clicker.run("t"))
    assert performed(clicker) == []


def test_what_never_stays_the_same_is_given_back_to_the_planner() -> None:
    class Flickering(Swapping):
        times = 100

    clicker = agent(SAVE, DONE, desktop=Flickering())
    failures = [event.code for event in clicker.run("t") if isinstance(event, Failed)]
    assert (performed(clicker), failures) == ([], ["screen_changing"])


def test_what_was_pointed_at_and_has_become_another_thing_is_not_clicked() -> None:
    class Swapped(Swapping):
        after = "Send"

    clicker = agent(Click(target=Target(words="that", at=CENTER)), DONE, desktop=Swapped())
    failures = [event.code for event in clicker.run("t") if isinstance(event, Failed)]
    assert (performed(clicker), failures) == ([], ["screen_changing"])


class LateNews(FakeDesktop):
    """Right before the second input, what the first one brought about comes after all."""

    refused = False

    def screenshot(self) -> Screenshot:
        return plain_screen(len(self.performed) + self.refused)

    def perform(self, approved: Approved[Any]) -> Screenshot | None:
        if self.performed and not self.refused:
            self.refused = True
            raise LateAnswer("the screen has changed since the last input was judged")
        return super().perform(approved)


class LateChecker:
    """Says that the screen changed, and `later` of the last input once it is judged again."""

    def __init__(self, later: Effect) -> None:
        self.effects = iter((Effect(outcome="changed"), later))
        self.asked: list[PlannedStep] = []

    def check(self, step: PlannedStep, *_: object, **__: object) -> Effect:
        self.asked.append(step)
        return next(self.effects, Effect(outcome="changed"))

    quick_check = check


@pytest.mark.parametrize(("outcome", "sent"), [("contradicted", [SAVE]), ("changed", [SAVE, TRASH])])
def test_what_comes_late_is_judged_before_the_next_input_is_sent(outcome: Outcome, sent: list[Click]) -> None:
    checker = LateChecker(Effect(outcome=outcome, evidence="the screen says: “Not saved”"))
    clicker = agent(SAVE, TRASH, DONE, desktop=LateNews(), checker=checker)
    failures = [event for event in clicker.run("t") if isinstance(event, Failed)]
    assert performed(clicker) == sent
    assert [step.action for step in checker.asked][:2] == [SAVE, SAVE]
    assert [failure.code for failure in failures] == (["contradicted"] if outcome == "contradicted" else [])
