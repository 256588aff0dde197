"""What a policy says of each input of a script before it is played, as far as words and windows tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from screenagent.actions import Click, Input, Target, TypeText, describe
from screenagent.approval import Policy, Ruling
from screenagent.approval.audit import ruling_before
from screenagent.screenshot import Window
from screenagent.scripts import schema
from screenagent.scripts.linked import Linked
from screenagent.scripts.parameters import foreseen as foreseen_values
from screenagent.scripts.replay.actions import Binding, script_actions
from screenagent.scripts.schema import AnyStep, KeyPath, RunStep, Script, paths

SWITCHING: Final = schema.TickStep | schema.UntickStep | schema.TurnOnStep | schema.TurnOffStep


@dataclass(frozen=True)
class ForeseenInput:
    """An input of the step at `path`, and the ruling on it. What is on the screen then may make it stricter."""

    path: KeyPath
    action: Input
    ruling: Ruling

    @property
    def risky(self) -> str:
        """What becomes of it under `--approve risky`: "asks", "refused" or "goes on"."""
        match self.ruling:
            case Ruling(then="deny"):
                return "refused"
            case Ruling(then="ask", rule=int()):
                return "asks"
            case _:
                return "goes on"

    def __str__(self) -> str:
        why = f"  ({self.ruling.why})" if self.ruling.why and self.risky != "goes on" else ""
        return f"{self.risky:<7} {describe(self.action)}{why}"


def foreseen_inputs(linked: Linked, policy: Policy) -> Iterator[ForeseenInput]:
    """Yield the inputs of a script, with the defaults of its parameters, in the order of the file; then those of the
    scripts that it runs."""
    script = linked.script
    binding = Binding(foreseen_values(script, RunStep(run=script.name), str))
    planned: dict[KeyPath, list[Input]] = {}
    for action in script_actions(linked, binding):
        if isinstance(action.planned.action, Input):
            planned.setdefault(action.path, []).append(action.planned.action)
    for path, step in paths(script):
        for each in planned.get(path) or _worked_out(step, binding):
            yield ForeseenInput(path, each, ruling_before(policy, each, _window(script, step)))
    for inner in linked.runs.values():
        yield from foreseen_inputs(inner, policy)


def _worked_out(step: AnyStep, binding: Binding) -> Iterator[Input]:
    """What is sent for a step that looks first; none of it where the screen is as it should be."""
    if not isinstance(step, schema.FillStep | schema.ChooseStep | SWITCHING):
        return
    target, *_ = binding.targets(step)
    yield Click(target=target)
    match step:
        case schema.FillStep(text=text) if binding.fill(text):
            yield TypeText(text=binding.fill(text))
        case schema.ChooseStep(choose=option):
            yield Click(target=Target(words=binding.words(option)))
        case _:
            pass


def _window(script: Script, step: AnyStep) -> Window:
    """The window that the step is for, as far as the script says."""
    app, *_ = (script.app or "").split() or [""]
    words = (step.window if isinstance(step, schema.KeyboardStep) else None) or script.window or ""
    return Window(id=0, title=words, app=PurePath(app).name)
