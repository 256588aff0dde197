"""`bench miniwob`: the tasks of MiniWoB++, done by the pixels of a screen and the input of an operating system, and
judged by the pages' own reward."""

from screenagent.bench.miniwob.episodes import Asked, Result, Summary, chosen, in_both_words, run, summary, table
from screenagent.bench.miniwob.page import MissingTasks
from screenagent.bench.miniwob.tasks import GROUPS, TASKS

__all__ = [
    "GROUPS",
    "TASKS",
    "Asked",
    "MissingTasks",
    "Result",
    "Summary",
    "chosen",
    "in_both_words",
    "run",
    "summary",
    "table",
]
