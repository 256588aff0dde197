"""`bench miniwob`: the tasks of MiniWoB++, done by the pixels of a screen and the input of an operating system, and
judged by the pages' own reward."""

from screenagent.bench.miniwob.episodes import (
    EpisodeRequest,
    MiniwobResult,
    MiniwobSummary,
    chosen_episodes,
    in_both_words,
    miniwob_summary,
    run_miniwob,
    table,
)
from screenagent.bench.miniwob.page import MissingTasks
from screenagent.bench.miniwob.tasks import GROUPS, TASKS

__all__ = [
    "GROUPS",
    "TASKS",
    "EpisodeRequest",
    "MiniwobResult",
    "MiniwobSummary",
    "MissingTasks",
    "chosen_episodes",
    "in_both_words",
    "miniwob_summary",
    "run_miniwob",
    "table",
]
