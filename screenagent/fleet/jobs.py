"""A job, and what became of an attempt at it: the seam between what is to be done and what carries it out."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

from pydantic import JsonValue

from screenagent.desktop import is_lost_display
from screenagent.errors import UserError
from screenagent.geometry import Value

JobOutcome = Literal["passed", "failed", "infra"]
"""`infra`: the machine was at fault, so the attempt says nothing about the agent, and is made again."""

InfraCause = Literal["display", "application", "worker", "memory", "server"]
"""What broke: the display, an application that did not open, the worker process, memory, or the model's server."""

CAUSES: Final[Mapping[str, InfraCause]] = {
    "no_desktop": "display",
    "no_application": "application",
    "model_server": "server",
    "memory_limit": "memory",
}
"""The errors, by their code, for which the machine is at fault."""

EXHAUSTED: Final = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE)
"""What the system says when a disk is full, or too many files are open."""

LONGEST_MESSAGE: Final = 2000
"""Characters of a message that are kept. An attempt has to fit into one write to a pipe."""

Work = TypeVar("Work")


@dataclass(frozen=True)
class Job(Generic[Work]):
    """One attempt at one task. `id` names it in the results, and `seed` is for whatever it draws by lot."""

    id: str
    task: str
    epoch: int
    seed: int
    work: Work


class Attempted(Value):
    """What became of one attempt; `detail` is what the suite itself has to say about it."""

    outcome: JobOutcome
    cause: InfraCause | None = None
    message: str = ""
    seconds: float = 0.0
    detail: JsonValue = None


Attempt = Callable[[Job[Work]], Attempted]
"""What carries out a job. It is pickled to be sent to a worker, so it is a function of a module or a partial of one."""


def planned_jobs(works: Mapping[str, Work], *, epochs: int = 1, seed: int = 0) -> list[Job[Work]]:
    """Return a job for each task and epoch, epoch by epoch; each has a seed that depends on nothing else."""
    return [
        Job(f"{task}#{epoch}" if epochs > 1 else task, task, epoch, job_seed(seed, task, epoch), work)
        for epoch in range(1, epochs + 1)
        for task, work in works.items()
    ]


def job_seed(seed: int, task: str, epoch: int) -> int:
    digest = hashlib.sha256(f"{seed}\0{task}\0{epoch}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def infra(cause: InfraCause, message: str) -> Attempted:
    """Return an attempt that failed through the machine's fault."""
    return Attempted(outcome="infra", cause=cause, message=message[:LONGEST_MESSAGE])


def failed(message: str) -> Attempted:
    return Attempted(outcome="failed", message=message[:LONGEST_MESSAGE])


def blamed(error: Exception) -> Attempted:
    """Return what an error makes of an attempt: what the machine lacked is infra, all else is a failure."""
    if isinstance(error, MemoryError) or error.args == ("can't start new thread",):
        return infra("memory", "there was not enough memory")
    if is_lost_display(error):
        return infra("display", "the display has ended")
    if isinstance(error, OSError) and error.errno in EXHAUSTED:
        return infra("worker", str(error))
    if isinstance(error, UserError):
        cause = CAUSES.get(error.code)
        return infra(cause, str(error)) if cause else failed(str(error))
    return failed(f"{type(error).__name__}: {error}")
