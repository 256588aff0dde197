"""Writes what a run did as a script that can be played."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from screenagent.assembly.parts import build_reader
from screenagent.runs.store import read_events
from screenagent.scripts import Anchors, Script, written
from screenagent.scripts.file import annotated
from screenagent.scripts.recorder.data_values import DataValue, data_values, with_parameters
from screenagent.scripts.recorder.remarks import remarks_on
from screenagent.scripts.recorder.writer import Expecting, ScriptWriter, task_of
from screenagent.settings import Settings

LONGEST_NAME = 200


@dataclass(frozen=True, kw_only=True)
class SavingOptions:
    """What a script is called and opens, and whether it expects the answer to each step and has parameters."""

    name: str = ""
    app: str | None = None
    expect_each: bool = False
    parameters: bool = False


@dataclass(frozen=True)
class SavedScript:
    """A script that was written, and the pictures of its targets; `watched` if a person was watched who did it."""

    file: Path
    script: Script
    anchors: int
    watched: bool
    untargeted: tuple[tuple[str, str], ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """What was written, and what to know about it."""
        steps = len(self.script.steps)
        said = f"{self.file}: {steps} steps, {self.anchors} anchors in {Anchors.of(self.file).folder}"
        warned = "its anchors are pictures of your screen: look at what they show before you give them to others"
        remarks = remarks_on(self.script, self.untargeted) if self.watched else ()
        return (said, *([warned] if self.anchors else []), *remarks)

    @property
    def values(self) -> tuple[DataValue, ...]:
        """The typed values that may become parameters."""
        return data_values(self.script)


def save_script(run: Path, script: Path, settings: Settings, options: SavingOptions) -> SavedScript:
    """Write what the run did as `script`, with its anchors beside it; raises `ValueError` if that makes no script."""
    made = ScriptWriter.of_run(read_events(run), build_reader(settings))
    expect: Expecting = "each" if options.expect_each else "last" if made.watched else "none"
    name = (options.name or task_of(read_events(run)) or script.stem)[:LONGEST_NAME]
    found = made.script(name, app=options.app, expect=expect)
    found = with_parameters(found) if options.parameters else found
    text = annotated(written(found), made.comments if expect == "last" else {})
    anchors = Anchors.of(script)
    anchors.remove(anchors.names())
    for anchor, appearance in made.anchors.items():
        anchors.write(anchor, appearance.anchor, appearance.picture)
    script.write_text(text, "utf-8")
    return SavedScript(script, found, len(made.anchors), made.watched, tuple(made.untargeted))
