"""Records a run, and afterwards removes the runs that are older than the settings keep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from screenagent.scripts.replay import Replay
from screenagent.settings import Settings

if TYPE_CHECKING:
    from screenagent.runs.log import Recorder


@contextmanager
def record_run(settings: Settings, task: str, *, replay: Replay | None = None) -> Iterator[Recorder]:
    """Record a run of `task`; afterwards older runs go, as far as the settings say so."""
    from screenagent.models import prompts
    from screenagent.runs.log import Recorder, new_run_folder
    from screenagent.runs.retention import outdated, remove, stored_runs, why_not_ours

    folder = new_run_folder(settings.runs, task)
    played = {"script": str(replay.file)} if replay and replay.file else {}
    written = settings.model_dump(mode="json") | played
    with Recorder(folder, settings=written, prompts=prompts.digests(), screens=settings.keep_screens) as recorder:
        yield recorder
    older_than = timedelta(days=settings.keep_days) if settings.keep_days else None
    kept = [run for run in stored_runs(settings.runs) if run.folder != folder]
    keep = settings.keep_runs and settings.keep_runs - 1  # this one is kept
    for run in outdated(kept, older_than=older_than, keep=keep):
        if why_not_ours(run.folder) is None:
            remove(run.folder)
