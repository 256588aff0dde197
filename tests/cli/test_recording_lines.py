"""What `record` says of secrets at its end is a policy that lets them be typed."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from screenagent.actions import TypeText
from screenagent.approval.policy import Policy
from screenagent.cli.scripts import RecordingLines
from screenagent.events import Acted, Observed, Started
from screenagent.fakes import plain_screen
from screenagent.keys import RecordingKeys
from screenagent.screenshot import Window


def test_the_keys_of_a_recording_are_told_and_may_be_none(capsys: pytest.CaptureFixture[str]) -> None:
    RecordingLines("f12", {}, RecordingKeys(parameter=("ctrl", "f8")))(Started(task="x"))
    said = capsys.readouterr().err
    assert "press f12" in said
    assert said.endswith("; ctrl+f8 makes the last value a parameter\n")


def test_the_last_lines_say_how_secrets_are_set_and_allowed() -> None:
    secrets: dict[str, str] = {}
    told = RecordingLines("ctrl+shift+escape", secrets, RecordingKeys())
    for name, app in (("password", "firefox"), ("pin", "bank: #1")):
        window = Window(id=1, app=app)
        told(Observed(screenshot=plain_screen(1, window=window)))
        secrets[name] = "the field hid what was typed"
        told(Acted(action=TypeText(text=f"{{{{secret:{name}}}}}"), locations=()))
    first, _, rules = told.secret_lines.partition("\n")
    assert first.startswith("2 secrets: set them with `screenagent secret set password`, `screenagent secret set pin`")
    policy = Policy.model_validate(YAML(typ="safe").load(f"rules: []\n{rules}"))
    assert policy.why_not("password", Window(id=2, app="firefox")) is None
    assert policy.why_not("pin", Window(id=2, app="firefox")) is not None
