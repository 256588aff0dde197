"""What a policy says of a script before it is played."""

from __future__ import annotations

from pathlib import Path

from screenagent.approval import default_policy
from screenagent.scripts.foreseen import foreseen_inputs
from screenagent.scripts.linked import linked_file

FORM = """\
name: A form
window: Customers
parameters: {company: {default: Acme}}
steps:
  - fill: the Company field
    with: "{{company}}"
  - choose: Italy
    in: the Country drop-down
  - tick: Newsletter
  - if_seen: already there
    then:
      - click: Delete
  - run: inner.yaml
on_popup:
  - seen: Rate us
    do:
      - click: Later
"""


def test_each_input_of_a_script_is_told_with_what_becomes_of_it(tmp_path: Path) -> None:
    (tmp_path / "form.yaml").write_text(FORM, "utf-8")
    (tmp_path / "inner.yaml").write_text("name: inner\nsteps:\n  - click: Send\n", "utf-8")
    found = [*foreseen_inputs(linked_file(tmp_path / "form.yaml"), default_policy())]
    assert [(each.risky, each.action.kind) for each in found] == [
        ("goes on", "click"),
        ("goes on", "type_text"),
        ("goes on", "click"),
        ("goes on", "click"),
        ("goes on", "click"),
        ("asks", "click"),
        ("goes on", "click"),
        ("asks", "click"),
    ]
    assert "'Delete'" in str(found[5])
