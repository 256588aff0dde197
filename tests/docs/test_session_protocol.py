"""The example in the description of the session protocol is an exchange that could happen."""

from __future__ import annotations

from screenagent.sessions.messages import message_type, request_type
from tests.paths import ROOT


def test_each_line_of_the_example_is_what_it_is_said_to_be() -> None:
    page = (ROOT / "docs" / "session-protocol.md").read_text("utf-8")
    example = page.split("```")[1].strip().splitlines()
    asked = [request_type().validate_json(line[2:]) for line in example if line.startswith("> ")]
    said = [message_type().validate_json(line[2:]) for line in example if line.startswith("< ")]
    assert len(asked) + len(said) == len(example)
    assert [request.ask for request in asked] == ["attach", "answer", "answer", "alive"]
    numbers = [number for message in said if (number := getattr(message, "request", None)) is not None]
    assert numbers == [1, 2, 3]
