"""The way of a replay through a script, on fakes: every input is a key, and what is seen follows from the keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from screenagent.agent.checker import ScreenChecker
from screenagent.approval import AllowAll
from screenagent.events import AnswerAsk, Approve, Event
from screenagent.fakes import FakeApprover, FakeDesktop, FakeGrounder, ScriptedPlanner, plain_screen
from screenagent.geometry import Point
from screenagent.protocols import Approver
from screenagent.screenshot import Screenshot, Word
from screenagent.scripts import bound
from screenagent.scripts.file import ScriptError, parsed
from screenagent.scripts.linked import linked_file, linked_script
from screenagent.scripts.replay import Replay
from screenagent.scripts.replay.planner import ScriptPlanner
from screenagent.scripts.replay.readout import Readout, Unread, ValueReading
from screenagent.scripts.schema import ReadAs
from tests.builders import fake_agent, words

Shown = Callable[[str], Sequence[str]]
"""The lines on the screen after these keys."""


class Application:
    """Takes keys, and shows lines that depend on them."""

    def __init__(self, shown: Shown) -> None:
        self.shown = shown
        self.desktop = FakeDesktop(self._screen)
        self._screens: dict[str, str] = {}

    @property
    def keys(self) -> str:
        """All that was pressed and typed so far; a star is a click."""
        inputs = (action.model_dump() for action in self.desktop.performed)
        return "".join(each["text"] if "text" in each else "+".join(each.get("keys", "*")) for each in inputs)

    def read(self, screenshot: Screenshot) -> list[Word]:
        keys = self._screens[screenshot.digest]
        return words([(line, 20, 40 * number) for number, line in enumerate(self.shown(keys), start=1)])

    def _screen(self, performed: int) -> Screenshot:
        screen = plain_screen(performed)
        self._screens[screen.digest] = self.keys
        return screen


def played(
    text: str,
    shown: Shown = lambda _: (),
    *,
    folder: Path = Path(),
    given: dict[str, str] | None = None,
    approver: Approver | None = None,
    first: bool = True,
    last: bool = True,
    readout: Readout | None = None,
) -> tuple[list[Event], Replay]:
    """The events of playing `text`, and the replay."""
    file = folder / "test.yaml"
    script = parsed(f"name: test\ntimeout: 0.01\n{text}".encode(), file)[0]
    application = Application(shown)
    agent = fake_agent(
        ScriptedPlanner([]),
        approver=approver or AllowAll(),
        desktop=application.desktop,
        checker=ScreenChecker(application, FakeGrounder({})),
    )
    runs = linked_script(script, file).runs
    replay = Replay(script, bound(script, given or {}), file=file, runs=runs, is_first=first, is_last=last)
    playing = replay.playing(agent, application)
    if readout is not None:
        assert isinstance(playing.planner, ScriptPlanner)
        playing.planner.readout = readout
    return list(playing.run(replay.task)), replay


def keys_of(text: str, shown: Shown = lambda _: (), **options: object) -> tuple[str, str]:
    """The keys that were sent, and how the replay ended."""
    events, _ = played(text, shown, **options)  # type: ignore[arg-type]
    return _sent(events), events[-1].result if events[-1].event == "ended" else ""


def _sent(events: Sequence[Event]) -> str:
    acted = (event.action.model_dump() for event in events if event.event == "acted")
    inputs = (each for each in acted if each["kind"] in ("press_keys", "type_text"))
    return "".join(each["text"] if "text" in each else "+".join(each["keys"]) for each in inputs)


PRESS_A, PRESS_B = "- {press: a, may: nothing}", "- {press: b, may: nothing}"


@pytest.mark.parametrize(
    ("condition", "sent"),
    [
        ("{{count}} >= 10", "a"),
        ("{{count}} < 10", "b"),
        ("{{name}} == Ada", "a"),
        ('{{name}} contains "d"', "a"),
        ("{{name}} is empty", "b"),
    ],
)
def test_a_comparison_of_values_says_which_way(condition: str, sent: str) -> None:
    text = f"""
parameters: {{count: {{default: 12}}, name: {{default: Ada}}}}
steps:
  - if: '{condition}'
    then: [{PRESS_A[2:]}]
    else: [{PRESS_B[2:]}]
"""
    assert keys_of(text) == (sent, "done")


def test_values_that_have_no_order_end_the_replay() -> None:
    text = f"""
parameters: {{name: {{default: Ada}}}}
steps:
  - if: "{{{{name}}}} > 3"
    then: [{PRESS_A[2:]}]
"""
    events, _ = played(text)
    assert events[-1].event == "ended"
    assert events[-1].result == "gave_up"
    assert "have no order" in events[-1].message


def test_the_rows_of_a_file_are_gone_through_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_text("item,amount\nnut,2\nbolt,3\n")
    text = """
parameters: {item: {default: none}}
steps:
  - for_each: lines.csv
    do:
      - {type: "{{item}}={{amount}};", may: nothing}
  - {type: "{{item}}", may: nothing}
"""
    assert keys_of(text, folder=tmp_path) == ("nut=2;bolt=3;none", "done")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    events, _ = played(f"steps:\n  - for_each: lines.csv\n    do: [{PRESS_A[2:]}]\n", folder=tmp_path)
    assert events[-1].event == "ended"
    assert "lines.csv" in events[-1].message


def test_a_loop_goes_on_as_long_as_the_words_are_seen() -> None:
    text = f"steps:\n  - while_seen: Next\n    at_most: 9\n    do: [{{press: n, may: nothing}}]\n  {PRESS_A}\n"
    assert keys_of(text, lambda keys: ["Next"] if keys.count("n") < 3 else ["End"]) == ("nnna", "done")


def test_a_loop_ends_the_replay_where_its_words_stay() -> None:
    text = "steps:\n  - while_seen: Next\n    at_most: 2\n    do: [{press: n, may: nothing}]\n"
    assert keys_of(text, lambda _: ["Next"]) == ("nn", "gave_up")


def test_another_script_is_run_with_its_own_values(tmp_path: Path) -> None:
    (tmp_path / "login.yaml").write_text(
        "name: login\nversion: 2\nparameters: {user: {}, host: {default: here}}\n"
        'steps:\n  - {type: "{{user}}@{{host}} ", may: nothing}\n'
    )
    text = """
parameters: {user: {default: nobody}, who: {default: ada}}
steps:
  - run: login.yaml
    with: {user: "{{who}}"}
  - {type: "{{user}}", may: nothing}
"""
    assert keys_of(text, folder=tmp_path) == ("ada@here nobody", "done")


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ("version: 2\nname: x\nsteps: [{run: test.yaml}]\n", "never end"),
        ("version: 2\nname: x\nsteps: [{prss: a}]\n", "prss"),
        ("version: 2\nname: x\nparameters: {user: {}}\nsteps: [{press: a}]\n", "needs a value"),
        (None, "No such file"),
    ],
)
def test_what_is_wrong_with_a_script_that_is_run_is_said_before_anything_is_played(
    tmp_path: Path, inner: str | None, said: str
) -> None:
    (tmp_path / "test.yaml").write_text("version: 2\nname: test\nsteps: [{run: inner.yaml}]\n")
    if inner is not None:
        (tmp_path / "inner.yaml").write_text(inner)
    with pytest.raises(ScriptError, match=said):
        linked_file(tmp_path / "test.yaml")


ATTEMPT = """
steps:
  - attempt:
      - {press: t, expect: Saved}
    retries: 2
    on_failure: [{press: f, may: nothing}]
    afterwards: AFTER
  - press: x
"""


def test_an_attempt_that_works_the_second_time_goes_on() -> None:
    shown = lambda keys: ["Saved"] if keys.endswith("tft") else ["Form"]  # noqa: E731
    assert keys_of(ATTEMPT.replace("AFTER", "stop"), shown) == ("tftx", "done")


@pytest.mark.parametrize(
    ("afterwards", "sent", "result"),
    [("stop", "tftftf", "gave_up"), ("go_on", "tftftfx", "done"), ("set_aside", "tftftf", "gave_up")],
)
def test_what_comes_after_the_last_try_is_said_by_the_script(afterwards: str, sent: str, result: str) -> None:
    text = ATTEMPT.replace("AFTER", afterwards)
    assert keys_of(text, lambda _: ["Form"]) == (sent, result)
    _, replay = played(text, lambda _: ["Form"])
    assert (replay.notes.set_aside != "") == (afterwards == "set_aside")


def test_a_failure_that_the_script_goes_on_from_is_no_doubt_about_its_end() -> None:
    text = "steps:\n  - {press: a, may: nothing}\n  - attempt: [{press: t, expect: Saved}]\n    afterwards: go_on\n"
    events, _ = played(text, lambda _: ["Form"])
    assert events[-1].event == "ended"
    assert events[-1].result == "done"
    assert "the script went on from a failure: press t" in events[-1].message


def test_nobody_is_asked_about_what_an_attempt_has_an_answer_for() -> None:
    text = "steps:\n  - attempt: [{click: Nowhere}]\n    afterwards: go_on\n  - {press: a, may: nothing}\n"
    assert keys_of(text, approver=FakeApprover([Approve()])) == ("a", "done")


def test_a_no_of_the_user_is_no_failure_that_an_attempt_catches() -> None:
    text = "steps:\n  - attempt: [{approve: Send it?}]\n    afterwards: go_on\n  - {press: a, may: nothing}\n"
    assert keys_of(text, approver=FakeApprover([AnswerAsk(text="no")])) == ("", "gave_up")


PHASES = (
    """
before_all: [{press: 1, may: nothing}]
before_row: [{press: 2, may: nothing}]
steps: [STEP]
after_row: [{press: 4, may: nothing}]
after_all: [{press: 5, may: nothing}]
""".replace("press: 1", 'press: "1"')
    .replace("press: 2", 'press: "2"')
    .replace("press: 4", 'press: "4"')
    .replace("press: 5", 'press: "5"')
)


@pytest.mark.parametrize(
    ("first", "last", "sent"),
    [(True, True, "12345"), (True, False, "1234"), (False, False, "234"), (False, True, "2345")],
)
def test_what_comes_before_and_after_rows_is_played_in_its_turn(first: bool, last: bool, sent: str) -> None:
    text = PHASES.replace("STEP", '{press: "3", may: nothing}')
    assert keys_of(text, first=first, last=last) == (sent, "done")


def test_what_comes_after_a_row_is_played_also_where_it_failed() -> None:
    assert keys_of(PHASES.replace("STEP", "{press: x, expect: Saved}"), lambda _: ["Form"]) == ("12x45", "gave_up")


POPUP = """
on_popup:
  - seen: Please rate us
    do: [{press: escape, may: nothing}]
steps:
  - {press: a, may: nothing}
  - {press: b, may: nothing}
"""


def test_a_popup_is_closed_before_the_next_step() -> None:
    shown = lambda keys: ["Please rate us"] if keys == "a" else ["Form"]  # noqa: E731
    assert keys_of(POPUP, shown) == ("aescapeb", "done")


@pytest.mark.parametrize(("is_seen", "end"), [(True, ("sescapea", "done")), (False, ("sescape", "gave_up"))])
def test_an_input_that_a_popup_answers_is_not_sent_twice(is_seen: bool, end: tuple[str, str]) -> None:
    """What it is for may be seen once the popup is closed, if the script waits for it."""
    save = "{press: s, expect: {new: Saved, within: 0.1}}" if is_seen else "{press: s, expect: Saved}"
    text = POPUP.replace("{press: a, may: nothing}", save).replace("{press: b,", "{press: a,")
    shown = lambda keys: {"": ["Form"], "s": ["Please rate us"]}.get(keys, ["Saved"])  # noqa: E731
    assert keys_of(text, shown) == end


def test_a_popup_whose_name_is_not_known_yet_is_not_looked_for() -> None:
    text = POPUP.replace("Please rate us", "'{{who}} is away'").replace(
        "- {press: b,", "- {ask: Who?, into: who}\n  - {press: b,"
    )
    shown = lambda keys: ["Ada is away"] if keys == "a" else ["Form"]  # noqa: E731
    approver = FakeApprover([Approve(), AnswerAsk(text="Ada"), Approve()])
    assert keys_of(text, shown, approver=approver) == ("aescapeb", "done")


def test_a_popup_that_does_not_close_ends_the_replay() -> None:
    sent, result = keys_of(POPUP, lambda keys: ["Please rate us"] if keys.startswith("a") else ["Form"])
    assert result == "gave_up"
    assert "b" not in sent


@pytest.mark.parametrize(("soft", "result"), [("false", "gave_up"), ("true", "done")])
def test_a_value_that_is_not_as_it_should_be_ends_the_replay_unless_it_is_soft(soft: str, result: str) -> None:
    verify = f'{{verify: "{{{{total}}}} == 8", soft: {soft}}}'
    text = f'parameters: {{total: {{default: "7"}}}}\nsteps:\n  - {verify}\n  {PRESS_A}\n'
    events, replay = played(text)
    assert events[-1].event == "ended"
    assert events[-1].result == result
    assert [remark for remark in replay.notes.remarks if "“7” == “8” does not hold" in remark] == (
        replay.notes.remarks if soft == "true" else []
    )


@dataclass
class SureReadout:
    """Reads the same number wherever it looks."""

    def read(self, what: str, kind: ReadAs, screenshot: Screenshot) -> ValueReading | Unread:
        return ValueReading(value="12.50", shown="12,50", by="text", confidence=1.0)


@pytest.mark.parametrize(("verify", "result"), [("12.5", "done"), ("13", "gave_up")])
def test_a_script_that_only_reads_has_done_what_it_is_for(verify: str, result: str) -> None:
    steps = f'steps:\n  - {{read: Total, as: number, into: total}}\n  - verify: "{{{{total}}}} == {verify}"\n'
    events, _ = played(steps, readout=SureReadout())
    assert events[-1].event == "ended"
    assert events[-1].result == result
    assert ("1 value was read" in events[-1].message) == (result == "done")


UNREAD = """
steps:
  - if_seen: Total
    then:
      - {ask: how much?, into: total}
  - STEP
  - {press: a, may: nothing}
"""


@pytest.mark.parametrize(
    "step",
    [
        'verify: "{{total}} != 5"',
        'verify: "{{total}} is not empty"',
        '{if: "{{total}} != 5", then: [{press: x, may: nothing}]}',
        '{fill: the Amount field, with: "{{total}}"}',
        '{choose: "{{total}}", in: the Amount drop-down}',
        '{run: inner.yaml, with: {amount: "{{total}}"}}',
    ],
)
def test_what_was_never_read_is_no_value_that_a_step_can_go_on_with(step: str, tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text("version: 2\nname: x\nparameters: {amount: {}}\nsteps: [{press: i}]\n")
    events, _ = played(UNREAD.replace("STEP", step), folder=tmp_path)
    assert events[-1].event == "ended"
    assert (events[-1].result, _sent(events)) == ("gave_up", "")
    assert "{{total}} has no value" in events[-1].message


@pytest.mark.parametrize(
    ("expect", "result"),
    [("Welcome", "done"), ("Refused", "gave_up"), ("{gone: Form}", "done"), ("{gone: Ready}", "gave_up")],
)
def test_what_a_step_that_is_worked_out_expects_is_looked_for(expect: str, result: str) -> None:
    text = f"steps:\n  - {{tick: Newsletter, expect: {expect}}}\n"
    script = parsed(f"name: test\ntimeout: 0.01\n{text}".encode(), Path("test.yaml"))[0]
    application = Application(lambda keys: ["Ready", "Welcome" if keys else "Form"])
    grounder = FakeGrounder({"Newsletter": Point(x=0.5, y=0.5)})
    agent = fake_agent(
        ScriptedPlanner([]),
        grounder=grounder,
        desktop=application.desktop,
        checker=ScreenChecker(application, grounder),
    )
    events = list(Replay(script, {}).playing(agent, application).run("test"))
    assert events[-1].event == "ended"
    assert events[-1].result == result, events[-1].message
