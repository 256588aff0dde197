"""One episode after the other in one browser: what the page asks for is the agent's task, and its reward the score."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final, Literal

import yaml

from screenagent.actions import describe
from screenagent.agent import Agent
from screenagent.bench.miniwob.page import TaskPage, task_browser
from screenagent.bench.results import keep_results, percentile, read_bench_results, wilson
from screenagent.control import Control, until
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.episode import Episode
from screenagent.errors import BadFile
from screenagent.events import Acted, Checked, RunResult
from screenagent.geometry import Value
from screenagent.planning import Unreadable
from screenagent.protocols import Desktop

REWARD_SECONDS: Final = 0.6
"""A page may take this long to judge the last input."""

BuildMiniwob = Callable[[Control, Desktop], Agent]


class EpisodeRequest(Value):
    """A task and a seed; with `paraphrase`, its instruction in other words."""

    task: str
    seed: int
    paraphrase: str | None = None


class TaskList(Value):
    """The tasks by group, and other words for some of them."""

    groups: dict[str, tuple[str, ...]]
    paraphrases: tuple[EpisodeRequest, ...]

    @property
    def tasks(self) -> list[str]:
        return [task for tasks in self.groups.values() for task in tasks]


@cache
def task_list() -> TaskList:
    text = resources.files("screenagent.bench.miniwob").joinpath("tasks.yaml").read_text("utf-8")
    return TaskList.model_validate(yaml.safe_load(text))


class MiniwobResult(Value):
    """`over`: the page ended the episode, as it does when the task is done or spoilt; `unread`: the instruction was
    refused before anything was touched."""

    asked: EpisodeRequest
    instruction: str
    success: bool
    raw: float
    reason: str = ""
    outcome: RunResult | Literal["unread", "over"]
    message: str = ""
    did: tuple[str, ...] = ()
    seconds: float = 0.0


class MiniwobRate(Value):
    n: int
    success: float | None
    interval: tuple[float, float] | None


class MiniwobSummary(Value):
    """`success` is the mean over the episodes in the pages' own words, by group, and, where they were asked for, over
    those in other words; `tasks` are those that did not go well every time."""

    n: int
    success: float | None
    groups: dict[str, MiniwobRate]
    paraphrased: MiniwobRate
    steps_p50: float | None
    seconds_p50: float | None
    refused: int
    tasks: dict[str, float]


def chosen_episodes(groups: Sequence[str], names: Sequence[str], *, seeds: int) -> list[EpisodeRequest]:
    """Return every task of `groups` and of `names`, or all if neither is given, with each of the first `seeds`."""
    of_group = {task for group in groups for task in task_list().groups[group]}
    tasks = [task for task in task_list().tasks if task in {*names, *of_group} or not (names or groups)]
    return [EpisodeRequest(task=task, seed=seed) for seed in range(seeds) for task in tasks]


def in_both_words() -> list[EpisodeRequest]:
    """Return the paraphrased tasks: each as its page says it, and in other words."""
    asked = task_list().paraphrases
    return [one for said in asked for one in (EpisodeRequest(task=said.task, seed=said.seed), said)]


def run_miniwob(
    asked: Sequence[EpisodeRequest],
    build: BuildMiniwob,
    *,
    control: Control,
    results: Path,
    failures: Path,
    progress: Callable[[MiniwobResult], None],
) -> list[MiniwobResult]:
    """Go through `asked`, leaving out what `results` holds already; a failure's last screen is kept in `failures`."""
    try:
        known = {result.asked: result for result in read_bench_results(results, MiniwobResult.model_validate_json)}
    except BadFile as error:
        raise BadFile(f"{results} holds no results of bench miniwob; remove it, or say --fresh: {error}") from error
    missing = [one for one in asked if one not in known]
    if missing:
        failures.mkdir(parents=True, exist_ok=True)
        results.touch()
        with task_browser(control) as (virtual, page):
            agent = build(control, virtual.desktop)
            for one in missing:
                result = _attempt(one, agent, virtual, page, failures)
                control.check()  # an episode that was stopped is no result
                keep_results(results, result)
                known[one] = result
                progress(result)
    return [known[one] for one in asked]


def _attempt(
    asked: EpisodeRequest, agent: Agent, virtual: VirtualDesktop, page: TaskPage, failures: Path
) -> MiniwobResult:
    virtual.desktop.look_away()
    said = page.start(asked.task, seed=asked.seed)
    instruction = asked.paraphrase or said
    began = time.monotonic()
    episode, over, refused = Episode(), False, ""
    try:
        with closing(agent.run(instruction)) as events:
            for event in events:
                episode = episode.after(event)
                over = isinstance(event, Acted | Checked) and page.reward().done
                if over:
                    break
    except Unreadable as unread:
        refused = str(unread)
    seconds = time.monotonic() - began
    if episode.performed:
        until(lambda: page.reward().done, seconds=REWARD_SECONDS)
    reward = page.reward()
    success = reward.done and reward.raw > 0
    if not success and episode.screenshot is not None:
        episode.screenshot.pixels.save(failures / f"{asked.task}-{asked.seed}.png")
    ended = episode.ended
    return MiniwobResult(
        asked=asked,
        instruction=instruction,
        success=success,
        raw=reward.raw,
        reason=reward.reason,
        outcome="unread" if refused else "over" if over or ended is None else ended.result,
        message=refused or (ended.message if ended else ""),
        did=tuple(describe(step.action) for step in episode.performed if step.action),
        seconds=round(seconds, 3),
    )


def miniwob_summary(results: Sequence[MiniwobResult]) -> MiniwobSummary:
    in_their_words = [result for result in results if not result.asked.paraphrase]
    by_task = {task: _rate([r for r in in_their_words if r.asked.task == task]) for task in _tasks(results)}
    groups = task_list().groups
    named = groups | {"A": groups["A1"] + groups["A2"], "all": tuple(task_list().tasks)}
    return MiniwobSummary(
        n=len(in_their_words),
        success=_rate(in_their_words).success,
        groups={name: _rate([r for r in in_their_words if r.asked.task in tasks]) for name, tasks in named.items()},
        paraphrased=_rate([result for result in results if result.asked.paraphrase]),
        steps_p50=percentile([len(result.did) for result in results], 50),
        seconds_p50=percentile([result.seconds for result in results], 50),
        refused=sum(result.outcome == "unread" for result in results),
        tasks={task: rate.success for task, rate in by_task.items() if rate.success not in (None, 1.0)},
    )


def table(results: Sequence[MiniwobResult]) -> str:
    """Success by group and task, one a line."""
    lines = [_line("in other words", [result for result in results if result.asked.paraphrase])]
    results = [result for result in results if not result.asked.paraphrase]
    for group, tasks in task_list().groups.items():
        of_group = [result for result in results if result.asked.task in tasks]
        if of_group:
            lines.append(_line(group, of_group))
            lines += [_line(f"  {task}", [r for r in of_group if r.asked.task == task]) for task in tasks]
    return "\n".join(line for line in lines if line)


def _line(name: str, results: Sequence[MiniwobResult]) -> str:
    if not results:
        return ""
    successes = sum(result.success for result in results)
    seconds = percentile([result.seconds for result in results], 50)
    return f"{name:28}{successes:5} of {len(results):4}  {successes / len(results):6.1%}  {seconds:5.1f} s"


def _tasks(results: Sequence[MiniwobResult]) -> list[str]:
    return list(dict.fromkeys(result.asked.task for result in results))


def _rate(results: Sequence[MiniwobResult]) -> MiniwobRate:
    successes, n = sum(result.success for result in results), len(results)
    return MiniwobRate(n=n, success=round(successes / n, 4) if n else None, interval=wilson(successes, n))
