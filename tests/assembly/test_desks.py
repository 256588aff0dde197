"""What a run on a desk opens there, and what it finds open."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from screenagent.assembly.desks import DeskUse
from screenagent.assembly.supervised import Supervision
from screenagent.desktop.desk_desktop import DeskDesktop
from screenagent.scripts import Script
from screenagent.scripts.replay import Replay
from screenagent.settings import Settings


@dataclass
class Programs:
    """The programs of a desk, and what is done to them."""

    there: set[str] = field(default_factory=set)
    done: list[str] = field(default_factory=list)

    def bring_to_front(self, app: str) -> bool:
        if app in self.there:
            self.done.append(f"shown {app}")
        return app in self.there

    def launch(self, app: str) -> None:
        self.there.add(app)
        self.done.append(f"opened {app}")


def shown(use: DeskUse, programs: Programs, *apps: str) -> list[str]:
    for app in apps:
        use.show(app, cast(DeskDesktop, programs))
    return programs.done


def test_what_a_person_asks_for_is_opened_once_more_and_then_shown_to_each_run() -> None:
    there = Programs({"mousepad"})
    use = DeskUse("desk", "mousepad")
    assert shown(use, there, "mousepad", "mousepad") == ["opened mousepad", "shown mousepad"]


def test_the_program_of_a_script_is_opened_only_if_it_is_not_there() -> None:
    assert shown(DeskUse("desk"), Programs(), "gimp", "gimp") == ["opened gimp", "shown gimp"]
    assert shown(DeskUse("desk"), Programs({"gimp"}), "gimp") == ["shown gimp"]


@pytest.mark.parametrize("desk", [None, DeskUse("desk")])
def test_a_desk_opens_the_program_of_a_script_and_is_the_same_for_each_row(
    desk: DeskUse | None, tmp_path: Path
) -> None:
    where = Supervision(Settings.load(runs=tmp_path), virtual=True, app=None, desk=desk)
    script = Script.model_validate({"name": "note", "app": "mousepad", "steps": [{"press": "tab"}]})
    prepared = where.replay(Replay(script, {}, None, None))
    assert prepared.supervision.app == "mousepad"
    assert prepared.supervision.desk is desk
    assert where.is_new_each_time == (desk is None)
