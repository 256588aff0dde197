"""A risky step is asked about once for each version of its script and each policy, and not once for each row."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from screenagent.approval import ApprovalQuestion, PolicyApprover
from screenagent.approval.policy import Policy, Rule
from screenagent.events import Approve, Reject, Verdict
from screenagent.fakes import FakeDesktop, FakeGrounder, FakeReader, ScriptedPlanner
from screenagent.geometry import Point
from screenagent.scripts import bound
from screenagent.scripts.file import parsed
from screenagent.scripts.replay import Replay
from screenagent.scripts.replay.accepted import AcceptedSteps
from tests.builders import fake_agent

SENDING = "name: test\ntimeout: 0.01\nparameters: {to: {default: Ada}}\nsteps:\n  - {click: Send, may: nothing}\n"
SEEN = {"Send": Point(x=0.5, y=0.5), "Send Bob": Point(x=0.5, y=0.5)}


@dataclass
class Person:
    """Answers as told, and counts the questions."""

    verdict: Verdict | None = field(default_factory=Approve)
    asked: int = 0

    def __call__(self, _question: ApprovalQuestion) -> Verdict | None:
        self.asked += 1
        return self.verdict


def played(
    text: str, person: Person, folder: Path, *, policy: Policy | None = None, risky: bool = True, **given: str
) -> str:
    """How a replay ends that asks this person."""
    script = parsed(text.encode(), folder / "test.yaml")[0]
    policy = policy or Policy(rules=(Rule(then="ask", because="it sends", target=r"\bsend\b"),))
    agent = fake_agent(
        ScriptedPlanner([]),
        grounder=FakeGrounder(SEEN),
        approver=PolicyApprover(person, risky_only=risky, policy=policy),
        desktop=FakeDesktop(),
    )
    accepted = AcceptedSteps(folder / "data" / "accepted.json")
    replay = Replay(script, bound(script, given), file=folder / "test.yaml", accepted=accepted)
    last = list(replay.playing(agent, FakeReader(())).run(replay.task))[-1]
    assert last.event == "ended"
    return last.result


def test_a_step_that_was_accepted_is_not_asked_about_for_the_next_row(tmp_path: Path) -> None:
    person, nobody = Person(), Person(None)
    assert [played(SENDING, person, tmp_path, to=to) for to in ("Ada", "Bob", "Cleo")] == ["done"] * 3
    assert person.asked == 1
    assert (played(SENDING, nobody, tmp_path), nobody.asked) == ("done", 0)


def test_what_nobody_accepted_is_asked_about_again(tmp_path: Path) -> None:
    for verdict in (None, Reject(reason="no"), Approve(locations=())):
        person = Person(verdict)
        played(SENDING, person, tmp_path)
        assert person.asked == 1


def test_another_script_or_another_policy_is_asked_about_anew(tmp_path: Path) -> None:
    person = Person()
    played(SENDING, person, tmp_path)
    played(SENDING.replace("steps:\n", "steps:\n  - {press: a, may: nothing}\n"), person, tmp_path)
    stricter = Policy(rules=(Rule(then="ask", because="it may send", target=r"\bsend\b"),))
    played(SENDING, person, tmp_path, policy=stricter)
    assert person.asked == 3


def test_another_anchor_is_another_version(tmp_path: Path) -> None:
    person = Person()
    played(SENDING, person, tmp_path)
    (tmp_path / "test.anchors").mkdir()
    (tmp_path / "test.anchors" / "send.json").write_text("{}")
    played(SENDING, person, tmp_path)
    assert person.asked == 2


def test_a_target_that_a_value_names_is_asked_about_by_each_name(tmp_path: Path) -> None:
    person, text = Person(), SENDING.replace("click: Send", 'click: "Send{{to}}"')
    played(text, person, tmp_path, to=" Bob")
    played(text, person, tmp_path, to=" Bob")
    played(text, person, tmp_path, to="")
    assert person.asked == 2


@pytest.mark.parametrize("step", ['{open: "{{to}} x"}', '{type: "{{to}}", may: nothing}'])
def test_another_program_or_text_that_a_value_names_is_asked_about(step: str, tmp_path: Path) -> None:
    person = Person()
    policy = Policy(rules=(Rule(then="ask", because="it is read as a command", kinds=("open", "type_text")),))
    text = SENDING.replace("{click: Send, may: nothing}", step)
    for to in ("cat", "cat", "rm"):
        played(text, person, tmp_path, policy=policy, to=to)
    assert person.asked == 2


def test_what_is_denied_stays_denied(tmp_path: Path) -> None:
    played(SENDING, Person(), tmp_path)
    denying = Policy(rules=(Rule(then="deny", target=r"\bsend\b"),))
    assert played(SENDING, Person(), tmp_path, policy=denying) == "gave_up"


def test_who_is_asked_about_each_input_is_asked_all_the_same(tmp_path: Path) -> None:
    person = Person()
    played(SENDING, person, tmp_path, risky=False)
    played(SENDING, person, tmp_path, risky=False)
    assert person.asked == 2
    assert (played(SENDING, Person(None), tmp_path), person.asked) == ("done", 2)


def test_a_damaged_file_of_what_was_accepted_accepts_nothing(tmp_path: Path) -> None:
    person = Person()
    played(SENDING, person, tmp_path)
    (tmp_path / "data" / "accepted.json").write_text("{")
    played(SENDING, person, tmp_path)
    played(SENDING, person, tmp_path)
    assert person.asked == 2


def test_what_is_kept_holds_no_value(tmp_path: Path) -> None:
    text = SENDING.replace("click: Send", 'click: "Send{{to}}"')
    played(text, Person(), tmp_path, to=" Bob")
    assert "Bob" not in (tmp_path / "data" / "accepted.json").read_text("utf-8")
