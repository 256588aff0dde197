"""On a real display: a secret reaches the window that it is for, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from screenagent.actions import Change, Click, TypeText
from screenagent.agent import Agent
from screenagent.approval import AllowAll, Policy
from screenagent.approval.vault import Environment, Vault
from screenagent.control import Control
from screenagent.episode import Episode
from screenagent.events import Decision, Ended, Observed, Plan, PlannedStep
from screenagent.protocols import Retry
from screenagent.runs.log import Recorder
from screenagent.runs.store import read_events, recorded_runs

if TYPE_CHECKING:
    from screenagent.desktop.virtual import VirtualDesktop

pytestmark = pytest.mark.display

VALUE = "Hunter2-Xyzzy"
POLICY = Policy.model_validate({"secrets": [{"name": "BANK", "apps": ["probe", "xterm"]}]})
VAULT = Vault(POLICY.why_not, (Environment({"SCREENAGENT_SECRET_BANK": VALUE, "SCREENAGENT_SECRET_ACCENT": "é"}),))


class Breaks(Control):
    """Fails before the n-th key, once it is armed."""

    presses = 0

    def check_input(self) -> None:
        self.presses -= 1
        if self.presses == 0:
            raise OSError("the cable was pulled")
        super().check_input()


def plan(*steps: PlannedStep) -> Decision:
    return Decision(plan=Plan(steps=steps))


def test_it_arrives_by_keys_and_is_blank_in_every_picture(virtual: VirtualDesktop) -> None:
    from screenagent.desktop.local import LocalDesktop
    from screenagent.desktop.testing.contract import copied, perform_input
    from screenagent.desktop.testing.probe import Probe
    from screenagent.perception.reader import ScreenReader

    with (
        copied(virtual.display, "the user's own") as clipboard,
        Probe(virtual.display) as probe,
        LocalDesktop(control=Control(), display=virtual.display, secrets=VAULT) as desktop,
    ):
        perform_input(desktop, Click(target="field"), probe.location("field", desktop.display))
        perform_input(desktop, TypeText(text="me {{secret:BANK}}"))
        assert probe.wait_for("text", text=f"me {VALUE}")
        assert clipboard() == "the user's own"
        assert not [receipt for receipt in probe.drain() if receipt["event"] == "pasted"]
        read_off = " ".join(word.text for word in ScreenReader().read(desktop.settled()))
        assert "unter" not in read_off
        assert "Xyz" not in read_off
        assert "me" in read_off


def test_what_was_typed_before_it_is_not_masked_with_it_where_letters_come_late(virtual: VirtualDesktop) -> None:
    from screenagent.desktop.local import LocalDesktop
    from screenagent.desktop.testing.contract import perform_input
    from screenagent.desktop.testing.probe import Probe, Shows
    from screenagent.perception.reader import ScreenReader

    with (
        Probe(virtual.display, shows=Shows(lag=0.15)) as probe,
        LocalDesktop(control=Control(), display=virtual.display, secrets=VAULT) as desktop,
    ):
        perform_input(desktop, Click(target="field"), probe.location("field", desktop.display))
        perform_input(desktop, TypeText(text="Account {{secret:BANK}}"))
        assert probe.wait_for("text", text=f"Account {VALUE}")
        read_off = " ".join(word.text for word in ScreenReader().read(desktop.settled()))
        assert "Account" in read_off
        assert not {"unter", "Xyz"} & set(read_off.split())


def test_it_goes_nowhere_that_the_policy_does_not_name(virtual: VirtualDesktop) -> None:
    from screenagent.desktop.local import LocalDesktop
    from screenagent.desktop.testing.contract import refusal_of
    from screenagent.desktop.testing.probe import Probe

    nothing = Vault(Policy().why_not, VAULT.sources)
    accents = Vault(lambda *_: None, VAULT.sources)
    with Probe(virtual.display) as probe:
        for secrets, text, why in (
            (nothing, "a {{secret:BANK}}", "no rule under `secrets:`"),
            (None, "a {{secret:BANK}}", "there are no secrets on this desktop"),
            (accents, "{{secret:ACCENT}}", "no keys for"),
        ):
            with LocalDesktop(control=Control(), display=virtual.display, secrets=secrets) as desktop:
                assert why in refusal_of(desktop, TypeText(text=text), on=desktop.screenshot())
        assert probe.of("text", "key_down") == []


@pytest.mark.parametrize("presses", [None, 6])
def test_a_run_leaves_nothing_of_it_whether_it_ends_well_or_crashes_while_it_is_typed(
    virtual: VirtualDesktop, tmp_path: Path, presses: int | None, capfd: pytest.CaptureFixture[str]
) -> None:
    from screenagent.agent.checker import ScreenChecker
    from screenagent.desktop.local import LocalDesktop
    from screenagent.desktop.secret_masking import SecretNotTyped
    from screenagent.desktop.testing.probe import Probe
    from screenagent.fakes import FakeGrounder, FakeReader, ScriptedPlanner
    from screenagent.runs.report.html import write_html

    control = Breaks()
    task = PlannedStep(action=TypeText(text="{{secret:BANK}}"), expectation=Change())
    planner = ScriptedPlanner([plan(task), Retry("no more"), Retry("no more")])
    folder = tmp_path / "run"
    said = ""
    with (
        Probe(virtual.display) as probe,
        LocalDesktop(control=control, display=virtual.display, secrets=VAULT) as desktop,
        Recorder(folder) as recorder,
    ):
        agent = Agent(
            planner=planner,
            grounder=FakeGrounder({}),
            approver=AllowAll(),
            desktop=desktop,
            checker=ScreenChecker(FakeReader([]), FakeGrounder({})),
            control=control,
            max_steps=2,
        )
        begun = agent.run("log in with {{secret:BANK}}")
        try:
            for event in begun:
                recorder(event)
                if event.event == "reviewed" and presses is not None:
                    control.presses = presses
        except SecretNotTyped as error:
            said = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        received = "".join(receipt["key"] for receipt in probe.drain(seconds=0.2) if receipt["event"] == "key_down")
    assert "Hu" in received.replace("Shift_L", "")
    assert (VALUE in received.replace("Shift_L", "")) is (presses is None)
    assert ("OSError at test_secrets_unseen" in said) is (presses is not None)
    ended = list(read_events(folder))[-1]
    assert isinstance(ended, Ended)
    assert ended.result == ("out_of_steps" if presses is None else "crashed")
    write_html(folder, folder / "report.html")
    kept = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    outputs = "".join(capfd.readouterr()) + said + "".join(episode.model_dump_json() for episode in planner.seen)
    assert len(kept) >= 4
    for part in (VALUE, VALUE[:4]):
        assert not [written for written in kept if part.encode() in written]
        assert part not in outputs


def test_the_command_line_types_it_into_a_terminal_where_all_is_to_be_seen(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("secrets: [{name: BANK, apps: [xterm]}]")
    words = ["run", "type 'echo {{secret:BANK}}', press enter, press enter", "--approve", "never", "--plain"]
    words += ["--virtual", "--app", "xterm -e sh -c 'echo ${SCREENAGENT_SECRET_BANK:-hidden}; cat'"]
    done = subprocess.run(
        [sys.executable, "-m", "screenagent", *words, "--policy", tmp_path / "policy.yaml", "--runs", tmp_path],
        env=os.environ | {"SCREENAGENT_SECRET_BANK": VALUE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [folder] = recorded_runs(tmp_path)
    assert VALUE not in done.stdout + done.stderr + (folder / "events.jsonl").read_text()
    assert len(Episode.of(read_events(folder)).performed) == 3

    from screenagent.perception.reader import ScreenReader

    reader = ScreenReader()
    screens = [event.screenshot for event in read_events(folder) if isinstance(event, Observed)]
    for screen in screens[-2:]:
        letters = "".join(word.text for word in reader.read(screen))
        assert "2-X" not in letters
        assert "unter" not in letters
        assert "hid" in letters


PAGE = """<title>Login</title><body style="font:18px sans-serif"><h1>Welcome to the bank</h1>
<p>Please log in with your name and your password below.</p><p>Name <input id=n></p>
<p>Password <input id=p type=password autofocus>
<label><input type=checkbox onclick="p.type=this.checked?'text':'password'"> Show password</label></p>
<p><button onclick="document.body.innerHTML='<h1>Results</h1><p>You typed: '+p.value+'</p>'">Log in</button></p>
<div style="height:1500px">Much more below</div>"""


@pytest.mark.soak
def test_a_page_that_shows_it_scrolls_it_and_quotes_it_is_blank_in_all_these_places(tmp_path: Path) -> None:
    from screenagent.perception.reader import ScreenReader

    (tmp_path / "login.html").write_text(PAGE)
    (tmp_path / "policy.yaml").write_text("secrets: [{name: BANK, apps: ['chromium*'], title: Login}]")
    browser = "chromium --no-sandbox --test-type --disable-gpu --no-first-run --no-default-browser-check"
    browser += f" --password-store=basic --user-data-dir={tmp_path}/profile file://{tmp_path}/login.html"
    task = "click the Password field, type '{{secret:BANK}}', tick 'Show password', scroll down 1 notch, click Log in"
    words = ["run", task, "--virtual", "--app", browser, "--approve", "never", "--plain"]
    done = subprocess.run(
        [sys.executable, "-m", "screenagent", *words, "--policy", tmp_path / "policy.yaml", "--runs", tmp_path / "r"],
        env=os.environ | {"SCREENAGENT_SECRET_BANK": VALUE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [folder] = recorded_runs(tmp_path / "r")
    reader, read_off = ScreenReader(), []
    for event in read_events(folder):
        if isinstance(event, Observed):
            read_off.append("".join(word.text for word in reader.read(event.screenshot)))
    assert "typed" in read_off[-1]
    assert not [letters for letters in read_off if "unter" in letters or "yzz" in letters]
