"""What the models of runs cost: requests, tokens and seconds per step, by family and by what they were asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, get_args

from pydantic import Field

from screenagent.geometry import Value
from screenagent.runs.report.story import Story
from screenagent.usage import ModelUsage, Phase, Usage

Purpose = Literal["planning", "grounding", "checking", "other", "all"]

PURPOSES: Final[Mapping[Phase, Purpose]] = {"decide": "planning", "locate": "grounding", "check": "checking"}
"""What a model is asked for in a phase; "other" in any other."""

ORDER: Final[tuple[Purpose, ...]] = get_args(Purpose)


class ModelCost(Value):
    """What one family cost for one purpose.

    `steps` are those in which the family was asked for it, `fewest` and `most` the requests in one of them. `runs` are
    those with such a step; `done` of them reached their goal.
    """

    model: str = Field(description="the family's name, or the model's if its family is unknown")
    purpose: Purpose
    runs: int = 0
    done: int = 0
    steps: int = 1
    fewest: int
    most: int
    used: ModelUsage = Field(description="the sum over all steps")

    def __add__(self, other: ModelCost) -> ModelCost:
        """Return the cost of these steps and those of `other`, for the same family and purpose."""
        return ModelCost(
            model=self.model,
            purpose=self.purpose,
            runs=self.runs + other.runs,
            done=self.done + other.done,
            steps=self.steps + other.steps,
            fewest=min(self.fewest, other.fewest),
            most=max(self.most, other.most),
            used=self.used + other.used,
        )

    @property
    def requests_per_step(self) -> str:
        """The requests per step in words, such as "1" or "1.3 (1 to 2)"."""
        if self.fewest == self.most:
            return str(self.most)
        return f"{self.used.requests / self.steps:.1f} ({self.fewest} to {self.most})"

    @property
    def read_per_step(self) -> int:
        return round(self.used.prompt_tokens / self.steps)

    @property
    def thought_per_step(self) -> int:
        return round(self.used.thought_tokens / self.steps)

    @property
    def said_per_step(self) -> int:
        return round(self.used.answer_tokens / self.steps)

    @property
    def seconds_per_step(self) -> float:
        return self.used.seconds / self.steps


class CostTable(Value):
    """The costs of runs, for each purpose a row for each family. `unattributed` runs do not say which model they asked:
    version 0.1 recorded them."""

    rows: tuple[ModelCost, ...]
    unattributed: int = 0

    @classmethod
    def of(cls, stories: Iterable[Story]) -> CostTable:
        rows: tuple[ModelCost, ...] = ()
        unattributed = 0
        for story in stories:
            rows = _added((*rows, *_of_run(story)))
            unattributed += bool(story.usage.asked and not story.usage.by_model)
        purposes = Counter(row.model for row in rows if row.purpose != "all")
        shown = (row for row in rows if row.purpose != "all" or purposes[row.model] > 1)
        return cls(rows=_ordered(shown), unattributed=unattributed)


def step_costs(usage: Usage) -> tuple[ModelCost, ...]:
    """Return what each family cost in one step, by purpose, in the order of the purposes."""
    costs = (
        _in_one_step(model, purpose, used)
        for model, by_phase in usage.by_model.items()
        for purpose, used in _by_purpose(by_phase).items()
    )
    return _ordered(costs)


def _ordered(costs: Iterable[ModelCost]) -> tuple[ModelCost, ...]:
    return tuple(sorted(costs, key=lambda cost: (ORDER.index(cost.purpose), cost.model)))


def _by_purpose(by_phase: Mapping[Phase, ModelUsage]) -> dict[Purpose, ModelUsage]:
    used: dict[Purpose, ModelUsage] = {}
    for phase, cost in by_phase.items():
        purpose = PURPOSES.get(phase, "other")
        used[purpose] = used.get(purpose, ModelUsage()) + cost
    return used


def _of_run(story: Story) -> Iterator[ModelCost]:
    """Yield what each family cost in a run, by purpose and in all."""
    done = story.episode.ended is not None and story.episode.ended.result == "done"
    steps = [cost for usage in story.usages for cost in (*step_costs(usage), *_totals(usage))]
    for cost in _added(steps):
        yield cost.model_copy(update={"runs": 1, "done": int(done)})


def _totals(usage: Usage) -> Iterator[ModelCost]:
    for model, by_phase in usage.by_model.items():
        yield _in_one_step(model, "all", sum(by_phase.values(), ModelUsage()))


def _in_one_step(model: str, purpose: Purpose, used: ModelUsage) -> ModelCost:
    return ModelCost(model=model, purpose=purpose, fewest=used.requests, most=used.requests, used=used)


def _added(costs: Iterable[ModelCost]) -> tuple[ModelCost, ...]:
    """Return one cost for each family and purpose, in the order in which they come first."""
    rows: dict[tuple[str, Purpose], ModelCost] = {}
    for cost in costs:
        key = cost.model, cost.purpose
        rows[key] = rows[key] + cost if key in rows else cost
    return tuple(rows.values())
