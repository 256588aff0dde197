"""Carries out jobs until each has an answer: goes on where a run was cut off, and retries what the machine broke."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from typing import Final, Generic

from screenagent.control import Control
from screenagent.errors import UserError
from screenagent.fleet.jobs import Job, Work
from screenagent.fleet.results_folder import KeptAttempt, ResultsFolder
from screenagent.fleet.workers import Workers

LOOK_SECONDS: Final = 0.1
"""A stop is heard after so long at most."""

MOST_ALIKE: Final = 10
"""So many attempts, one after the other, that the machine broke for the same reason end the run."""


class MachineAtFault(UserError):
    """Every attempt fails for the same reason, which has nothing to do with the tasks."""

    code = "machine_at_fault"


@dataclass
class FleetRun(Generic[Work]):
    """A run of `jobs`; each attempt is in `results` before `heard` is told of it.

    An attempt that was `infra` is made again after the others, `retries_infra` times at most. What earlier runs have
    answered is not asked again; what they left as `infra` is tried anew.
    """

    jobs: Sequence[Job[Work]]
    workers: Workers[Work]
    results: ResultsFolder
    _: KW_ONLY
    control: Control = field(default_factory=Control)
    retries_infra: int = 0
    heard: Callable[[Job[Work], KeptAttempt | None], object] = lambda _job, _attempt: None
    latest: dict[str, KeptAttempt] = field(init=False, default_factory=dict)
    _tries: dict[str, int] = field(init=False, default_factory=dict)
    _alike: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.latest = latest_attempts(self.results.kept)

    def run(self) -> Sequence[KeptAttempt]:
        """Return the last attempt at each job, in the order of the jobs. Raise `Stopped` if the control says stop."""
        left = deque(job for job in self.jobs if not _is_answered(self.latest.get(job.id)))
        under_way = 0
        while left or under_way:
            while left and self.workers.free:
                self._begin(left.popleft())
                under_way += 1
            ended = self.workers.ended(LOOK_SECONDS)
            self.control.check()
            for job, attempted in ended:
                under_way -= 1
                number = self.latest[job.id].number + 1 if job.id in self.latest else 1
                kept = KeptAttempt.of(job, number, attempted, datetime.now().astimezone())
                if self._kept(job, kept):
                    left.append(job)
        return [self.latest[job.id] for job in self.jobs]

    def _begin(self, job: Job[Work]) -> None:
        self._tries[job.id] = self._tries.get(job.id, 0) + 1
        self.workers.begin(job)
        self.heard(job, None)

    def _kept(self, job: Job[Work], attempt: KeptAttempt) -> bool:
        """Keep an attempt; return whether the job is to be tried again."""
        self.results.keep(attempt)
        self.latest[job.id] = attempt
        self.heard(job, attempt)
        if attempt.outcome != "infra":
            self._alike.clear()
            return False
        self._alike.append(attempt.message)
        if len(self._alike) >= MOST_ALIKE and len(set(self._alike[-MOST_ALIKE:])) == 1:
            raise MachineAtFault(
                f"{MOST_ALIKE} attempts were broken by the machine for the same reason: {attempt.message}; what was"
                " done is kept, and the same command goes on"
            )
        return self._tries[job.id] <= self.retries_infra


def latest_attempts(attempts: Iterable[KeptAttempt]) -> dict[str, KeptAttempt]:
    """Return the last attempt at each job, by the job's name."""
    return {attempt.job: attempt for attempt in attempts}


def _is_answered(attempt: KeptAttempt | None) -> bool:
    return attempt is not None and attempt.outcome != "infra"


def infra_counts(attempts: Iterable[KeptAttempt]) -> Mapping[str, int]:
    """Return how many attempts the machine broke, by cause."""
    counts: dict[str, int] = {}
    for attempt in attempts:
        if attempt.outcome == "infra":
            cause = attempt.cause or "worker"
            counts[cause] = counts.get(cause, 0) + 1
    return counts
