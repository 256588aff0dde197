"""Writes what a run did as a script that can be played."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from screenagent.assembly.parts import build_reader
from screenagent.runs.store import read_events
from screenagent.scripts import Anchors, written
from screenagent.scripts.recorder.writer import ScriptWriter, task_of
from screenagent.settings import Settings

LONGEST_NAME = 200


@dataclass(frozen=True)
class SavedScript:
    """A script that was written, and the pictures of its targets."""

    file: Path
    steps: int
    anchors: int

    @property
    def lines(self) -> tuple[str, ...]:
        """What was written, and what to know about the pictures."""
        said = f"{self.file}: {self.steps} steps, {self.anchors} anchors in {Anchors.of(self.file).folder}"
        warned = "its anchors are pictures of your screen: look at what they show before you give them to others"
        return (said, warned) if self.anchors else (said,)


def save_script(run: Path, script: Path, settings: Settings, *, name: str = "", app: str | None = None) -> SavedScript:
    """Write what the run did as `script`, with its anchors beside it; raises `ValueError` if that makes no script."""
    made = ScriptWriter.of_run(read_events(run), build_reader(settings))
    text = written(made.script((name or task_of(read_events(run)) or script.stem)[:LONGEST_NAME], app=app))
    anchors = Anchors.of(script)
    anchors.remove(anchors.names())
    for anchor, appearance in made.appearances.items():
        anchors.write(anchor, appearance.anchor, appearance.picture)
    script.write_text(text, "utf-8")
    return SavedScript(script, len(made.steps), len(made.appearances))
