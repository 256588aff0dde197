"""A person in a session of Sway: stops the agent, answers it, or touches mouse or keyboard, and it waits."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import cycle, islice
from typing import Final

import pytest

from screenagent.actions import Click, Drag, HoldKeys, Input, Move, PressKeys, Scroll, TypeText
from screenagent.control import Control, Interrupted, Stopped
from screenagent.desktop import NoDesktop
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.user_input import EVERYTHING, MonitorOptions, UserInputMonitor
from screenagent.desktop.wayland.session import WaylandSession
from screenagent.geometry import Location, Point
from screenagent.keys import UserKeys
from screenagent.protocols import Retry
from tests.builders import becomes, eventually
from tests.desktop.wayland.headless import HeadlessRig, headless_sway

pytest.importorskip("pywayland")

from screenagent.desktop.testing.wayland_person import WaylandPerson
from screenagent.desktop.testing.wayland_witness import WaylandWitness
from screenagent.desktop.wayland.sway_chords import bound_in
from screenagent.desktop.wayland.sway_ipc import SwayIpc

pytestmark = pytest.mark.display

STOP: Final = ("ctrl", "shift", "escape")
ANSWERING: Final = UserKeys(yes=("ctrl", "alt", "y"), no=("ctrl", "alt", "a"))
TOUCH_SECONDS: Final = 0.03
BREAK_SECONDS: Final = 0.4
"""Several times as long as an input goes on without a break, for a machine that others use."""
CONFIG: Final = """
set $hyper Ctrl+Mod1
mode "resize" { bindsym Escape mode "default"
}
bindsym --to-code $hyper+Delete exec true
"""


def at(x: float, y: float) -> Location:
    return Location(point=Point(x=x, y=y), confidence=1.0, by="test")


class Noting(Control):
    """Remembers when it was first interrupted."""

    touched_at: float | None = None

    def interrupt(self, why: str) -> None:
        self.touched_at = self.touched_at or time.monotonic()
        super().interrupt(why)

    def seconds_after(self, began: float) -> float:
        """Return how long after that it was interrupted; wait for that."""
        assert becomes(lambda: self.touched_at)
        return (self.touched_at or 0.0) - began

    def go_on(self) -> None:
        """Once the seat is known to be idle."""
        time.sleep(0.1)
        self.touched_at = None
        self.resume()


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeadlessRig]:
    with headless_sway(tmp_path_factory.mktemp("sway"), CONFIG) as running:
        yield running


@pytest.fixture(scope="module")
def person(rig: HeadlessRig) -> Iterator[WaylandPerson]:
    with WaylandPerson(rig.session) as person:
        yield person


@pytest.fixture(scope="module", autouse=True)
def witness(rig: HeadlessRig, person: WaylandPerson) -> Iterator[WaylandWitness]:
    """Takes what is sent."""
    with WaylandWitness(rig.session) as witness:
        yield witness


@pytest.fixture
def sway(rig: HeadlessRig) -> Iterator[SwayIpc]:
    with closing(SwayIpc(rig.session.leads["SWAYSOCK"])) as sway:
        yield sway


@contextmanager
def overseen(session: WaylandSession, heeds: MonitorOptions = EVERYTHING) -> Iterator[tuple[LocalDesktop, Noting]]:
    control = Noting()
    with (
        LocalDesktop(control=control, display=session) as desktop,
        UserInputMonitor(desktop, control=control, heeds=heeds),
    ):
        yield desktop, control


DRAG: Final = Drag(path=("here", "there") * 400)
PATH: Final = tuple(islice(cycle((at(0.3, 0.4), at(0.6, 0.7))), 800))
LONG: Final[dict[str, tuple[Input, tuple[Location, ...]]]] = {
    "typing": (TypeText(text="some words to be typed\n" * 4000), ()),
    "a drag": (DRAG, PATH),
    "a held key": (HoldKeys(keys=("shift", "b"), seconds=60), ()),
}


class Performing:
    """An input that is performed in a thread, and what ended it."""

    def __init__(self, desktop: LocalDesktop, action: Input, *places: Location) -> None:
        self.ended_by: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(desktop, action, places))
        already = desktop.ledger.sent
        self._thread.start()
        assert becomes(lambda: desktop.ledger.sent > already + 1)

    def _run(self, desktop: LocalDesktop, action: Input, places: tuple[Location, ...]) -> None:
        try:
            perform_input(desktop, action, *places)
        except (Stopped, Interrupted, NoDesktop) as end:
            self.ended_by = end

    def end(self) -> BaseException | None:
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.ended_by


@pytest.mark.parametrize("what", LONG)
def test_the_stop_keys_stop_it_in_the_middle_and_nothing_stays_held(
    rig: HeadlessRig, person: WaylandPerson, witness: WaylandWitness, what: str
) -> None:
    action, places = LONG[what]
    with overseen(rig.session, MonitorOptions(touch=False)) as (desktop, _):
        performing = Performing(desktop, action, *places)
        person.does("tap", *STOP)
        assert isinstance(performing.end(), Stopped)
        eventually(lambda: not witness.held(), seen=witness.held)


def test_the_stop_keys_are_heard_with_caps_lock_in_any_mode_and_after_a_reload(
    rig: HeadlessRig, person: WaylandPerson, sway: SwayIpc
) -> None:
    def caps_lock() -> None:
        person.does("tap", "caps_lock")

    def resizing() -> None:
        sway.command('mode "resize"')

    def reloaded() -> None:
        sway.command("reload")

    for case in (caps_lock, resizing, reloaded):
        with overseen(rig.session, MonitorOptions(touch=False)) as (_, control):
            case()
            time.sleep(0.2)  # until the keys are bound anew, which nothing says
            person.does("tap", *STOP)
            assert becomes(lambda: control.stopped, seconds=3), case.__name__
        sway.command("mode default")
    person.does("tap", "caps_lock")


def test_the_stop_keys_reach_no_program_and_do_once_the_run_is_over(
    rig: HeadlessRig, person: WaylandPerson, witness: WaylandWitness, sway: SwayIpc
) -> None:
    def escapes() -> int:
        person.does("tap", *STOP)
        person.does("tap", "a")
        witness.wait_for("key", code=30, pressed=True)
        said, witness.said = list(witness.said), []
        return sum(one["event"] == "key" and one["code"] == 1 and one["pressed"] for one in said)

    with overseen(rig.session, MonitorOptions(touch=False)):
        sway.command('mode "resize"; mode "default"')
        witness.heard(seconds=0.2)
        witness.said.clear()
        assert escapes() == 0
    for mode in ("default", "resize"):
        sway.command(f'mode "{mode}"')
        if mode == "default":
            assert escapes() == 1
        with pytest.raises(Retry, match="Could not find"):
            sway.command("unbindsym --locked --inhibited Ctrl+Shift+Escape")
    sway.command('mode "default"')


KILLED: Final = """
import sys, time
from screenagent.desktop.wayland.sway_chords import SwayChords
chords = SwayChords(sys.argv[1], [(("ctrl", "shift", "escape"), lambda: None)])
print("bound", flush=True)
time.sleep(600)
"""


def test_keys_that_a_killed_agent_has_left_bound_are_taken_over(rig: HeadlessRig, person: WaylandPerson) -> None:
    command = [sys.executable, "-c", KILLED, rig.session.leads["SWAYSOCK"]]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as agent:
        assert agent.stdout is not None
        assert agent.stdout.readline() == b"bound\n"
        agent.kill()
    with overseen(rig.session, MonitorOptions(touch=False)) as (_, control):
        person.does("tap", *STOP)
        assert becomes(lambda: control.stopped)


def test_keys_that_the_user_has_bound_are_refused_in_a_sentence(rig: HeadlessRig) -> None:
    for stop in (("ctrl", "alt", "delete"), ("ctrl", "shift")):
        heeds = MonitorOptions(keys=UserKeys(stop=stop), touch=False)
        with pytest.raises(NoDesktop, match="choose others with the setting stop_keys"), overseen(rig.session, heeds):
            pass


def test_bindings_are_known_by_whatever_name_a_configuration_gives_the_keys() -> None:
    config = "set $mod Mod4\nset $mod2 Ctrl\nbindsym $mod+Shift+e exit\n  bindsym --release $mod2+Mod1+Prior nop\n"
    assert bound_in(config) == {frozenset({"super", "shift", "e"}), frozenset({"ctrl", "alt", "page_up"})}


def test_the_answer_keys_answer_while_it_asks(rig: HeadlessRig, person: WaylandPerson) -> None:
    heard: list[str] = []
    heeds = MonitorOptions(keys=ANSWERING, touch=False)
    with overseen(rig.session, heeds) as (_, control), control.asking(heard.append):
        person.does("tap", "ctrl", "alt", "b")
        person.does("tap", "ctrl", "alt", "y")
        person.does("tap", "ctrl", "alt", "a")
        assert becomes(lambda: heard == ["yes", "no"])


def test_a_touch_makes_it_wait_within_30_ms_in_20_of_20_tries(rig: HeadlessRig, person: WaylandPerson) -> None:
    touches = (("click",), ("tap", "a"), ("wander", "300", "300", "30"), ("down", "b"), ("up", "b"))
    late = []
    with overseen(rig.session) as (_, control):
        for touch in islice(cycle(touches), 20):
            control.go_on()
            late.append(control.seconds_after(person.does(*touch)))
    assert max(late) <= TOUCH_SECONDS, late


@pytest.mark.parametrize("what", LONG)
def test_a_hand_that_moves_interrupts_it_in_the_middle(rig: HeadlessRig, person: WaylandPerson, what: str) -> None:
    action, places = LONG[what]
    with overseen(rig.session) as (desktop, control):
        performing = Performing(desktop, action, *places)
        began = person.does("wander", "300", "300", "150")
        interrupted = performing.end()
        assert isinstance(interrupted, Interrupted)
        assert (interrupted.partly, "you touched the mouse or the keyboard" in str(interrupted)) == (True, True)
        assert control.seconds_after(began) <= BREAK_SECONDS
        with pytest.raises(Interrupted):
            perform_input(desktop, PressKeys(keys=("b",)))
        control.go_on()
        perform_input(desktop, PressKeys(keys=("b",)))


def test_a_hand_that_begins_right_after_an_input_and_goes_on_is_noticed(
    rig: HeadlessRig, person: WaylandPerson
) -> None:
    with overseen(rig.session) as (desktop, control):
        for _ in range(5):
            perform_input(desktop, PressKeys(keys=("b",)))
            began = person.does("wander", "300", "300", "30")
            assert control.seconds_after(began) <= 2 * TOUCH_SECONDS
            control.go_on()


def test_a_program_that_keeps_the_screen_awake_is_named_and_the_agent_waits_once(
    rig: HeadlessRig, person: WaylandPerson, sway: SwayIpc
) -> None:
    def inhibit(how: str) -> None:
        sway.command(f'[title="Witness"] inhibit_idle {how}')

    inhibit("open")
    try:
        with overseen(rig.session) as (desktop, control):
            assert becomes(lambda: control.paused)
            assert "'Witness' keeps the screen awake" in control.why
            control.resume()
            for _ in range(3):
                perform_input(desktop, PressKeys(keys=("b",)))
            time.sleep(0.1)
            assert not control.paused
            inhibit("none")
            time.sleep(0.7)
            person.does("wander", "300", "300", "10")
            assert becomes(lambda: control.paused)
            assert "you touched" in control.why
    finally:
        inhibit("none")


def send_one(desktop: LocalDesktop, chance: random.Random) -> None:
    place = at(chance.uniform(0.1, 0.9), chance.uniform(0.1, 0.9))
    match chance.randrange(6):
        case 0:
            perform_input(desktop, TypeText(text="Some Words, 2 ü!"[: chance.randrange(1, 17)]))
        case 1:
            perform_input(desktop, Click(target="x", count=chance.choice((1, 2)), modifiers=("ctrl",)), place)
        case 2:
            perform_input(desktop, Scroll(target="x", direction="down", notches=chance.randrange(1, 9)), place)
        case 3:
            perform_input(desktop, Move(target="x"), place)
        case 4:
            perform_input(desktop, PressKeys(keys=("shift", "b"), times=chance.randrange(1, 4)))
        case _:
            perform_input(desktop, Drag(path=("a", "b")), place, at(0.5, 0.5))


def pauses(session: WaylandSession, inputs: int) -> int:
    chance, found = random.Random(1), 0
    with overseen(session) as (desktop, control):
        for _ in range(inputs):
            send_one(desktop, chance)
            control.wait(chance.uniform(0, 0.03))
            if control.paused:
                found += 1
                control.resume()
    return found


def test_nothing_that_the_agent_does_is_taken_for_the_persons(rig: HeadlessRig) -> None:
    assert pauses(rig.session, 25) == 0


@pytest.mark.soak
def test_none_of_a_thousand_inputs_is_taken_for_the_persons(rig: HeadlessRig) -> None:
    assert pauses(rig.session, 1000) == 0
