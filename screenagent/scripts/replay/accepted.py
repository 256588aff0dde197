"""What a person has said yes to in a script: it is asked about once for each version of it, not for each row."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from screenagent.actions import describe
from screenagent.approval import Asker, Policy, PolicyApprover
from screenagent.approval.approvers import ApprovalQuestion
from screenagent.events import Approve, Verdict
from screenagent.files import read_whole, write_inside
from screenagent.geometry import Value
from screenagent.protocols import Approver
from screenagent.scripts.anchors import FACTS, PICTURE, Anchors
from screenagent.scripts.linked import Linked
from screenagent.scripts.replay.actions import ScriptAction

MOST: Final = 2000
"""How many are kept; the oldest go first."""


class AcceptedStep(Value):
    """A yes. `key` is the digest of the script with its anchors, of the policy, of the step and of why it was asked."""

    key: str
    script: str
    step: str
    at: float


_FILE: Final = TypeAdapter(tuple[AcceptedStep, ...])


@dataclass(frozen=True)
class AcceptedSteps:
    """Keeps what was accepted in a file, in which there is no value and no text of a screen."""

    file: Path

    def has(self, key: str) -> bool:
        return any(step.key == key for step in self._read())

    def add(self, step: AcceptedStep) -> None:
        kept = [*(each for each in self._read() if each.key != step.key), step][-MOST:]
        self.file.parent.mkdir(parents=True, exist_ok=True)
        write_inside(self.file.parent, self.file.name, _FILE.dump_json(tuple(kept), indent=1))

    def _read(self) -> tuple[AcceptedStep, ...]:
        """Return what is kept; what cannot be read was not accepted."""
        with suppress(OSError, ValidationError):
            return _FILE.validate_json(read_whole(self.file))
        return ()


def script_version(linked: Linked, policy: Policy) -> str:
    """Return the digest of all that decides what a script does and what is asked: the script with those that it runs,
    the anchors, and the policy."""
    found = hashlib.sha256(policy.model_dump_json().encode())
    for part in _parts(linked):
        found.update(hashlib.sha256(part).digest())
    return found.hexdigest()


def _parts(linked: Linked) -> Iterator[bytes]:
    yield linked.script.model_dump_json().encode()
    anchors = Anchors.of(linked.file) if linked.file else None
    for name in anchors.names() if anchors else ():
        for suffix in (FACTS, PICTURE):
            with suppress(OSError):
                assert anchors is not None
                yield name.encode() + read_whole(anchors.folder / f"{name}{suffix}")
    for words, inner in sorted(linked.runs.items()):
        yield words.encode()
        yield from _parts(inner)


@dataclass
class AcceptedAsker:
    """Asks with `ask` what nobody has accepted in this version of the script, and keeps each plain yes.

    A doubt about a place is always asked about; another input, as one whose target, text or program a parameter names,
    once more.
    With `skips` off, as where each input is to be asked about, a yes is only kept.
    """

    ask: Asker
    steps: AcceptedSteps
    linked: Linked
    policy: Policy
    attended: Callable[[], ScriptAction | None]
    skips: bool
    _version: str = field(init=False, default="")

    def __call__(self, question: ApprovalQuestion) -> Verdict | None:
        action = self.attended()
        if question.risk is None or question.doubt is not None or action is None:
            return self.ask(question)
        key = self.key(action, question)
        if self.skips and self.steps.has(key):
            return Approve()
        verdict = self.ask(question)
        if isinstance(verdict, Approve) and not verdict.locations:
            step = ".".join(map(str, action.path))
            self.steps.add(AcceptedStep(key=key, script=self.linked.script.name, step=step, at=time.time()))
        return verdict

    def key(self, attended: ScriptAction, question: ApprovalQuestion) -> str:
        self._version = self._version or script_version(self.linked, self.policy)
        said = [self._version, *map(str, attended.path), describe(question.action), question.risk]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def accepting(
    approver: Approver, steps: AcceptedSteps | None, linked: Linked, attended: Callable[[], ScriptAction | None]
) -> Approver:
    """Return `approver` such that it asks a person once about what a script does; others ask nobody, or always."""
    if steps is None or not isinstance(approver, PolicyApprover):
        return approver
    asker = AcceptedAsker(approver.ask, steps, linked, approver.policy, attended, skips=approver.risky_only)
    return PolicyApprover(asker, approver.risky_only, approver.policy, approver.reader)
