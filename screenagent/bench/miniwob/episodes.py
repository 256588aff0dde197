"""One episode after the other in one browser: what the page asks for is the agent's task, and its reward the score."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, Literal

from pydantic import ValidationError

from screenagent.actions import describe
from screenagent.agent import Agent
from screenagent.bench.miniwob.page import Reward, TaskPage, browser
from screenagent.bench.miniwob.paraphrases import PARAPHRASES
from screenagent.bench.miniwob.tasks import GROUP_OF, GROUPS, TASKS
from screenagent.bench.statistics import percentile, wilson
from screenagent.control import Control
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.episode import Episode
from screenagent.events import Acted, Checked, Event, RunResult
from screenagent.geometry import Value
from screenagent.planning import Unreadable
from screenagent.protocols import Desktop

REWARD_SECONDS: Final = 0.6
"""A page may take this long to judge the last input."""

BuildMiniwob = Callable[[Control, Desktop], Agent]


class EpisodeRequest(Value):
    """What is to be measured: a task and a seed, and its instruction where that is said in other words."""

    task: str
    seed: int
    paraphrase: str | None = None


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
    """Every task of `groups` and of `names`, all of them where neither is said, with each of the first `seeds`."""
    tasks = [task for task in TASKS if task in names or GROUP_OF[task] in groups or not (names or groups)]
    return [EpisodeRequest(task=task, seed=seed) for seed in range(seeds) for task in tasks]


def in_both_words() -> list[EpisodeRequest]:
    """The paraphrased tasks: each as its page says it, and in other words."""
    return [
        EpisodeRequest(task=task, seed=seed, paraphrase=paraphrase)
        for task, seed, words in PARAPHRASES
        for paraphrase in (None, words)
    ]


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
    known = {result.asked: result for result in read_results(results)}
    missing = [one for one in asked if one not in known]
    if missing:
        failures.mkdir(parents=True, exist_ok=True)
        with browser(control) as (virtual, page), results.open("a", encoding="utf-8") as kept:
            agent = build(control, virtual.desktop)
            for one in missing:
                result = _attempt(one, agent, virtual, page, failures)
                control.check()  # an episode that was stopped is no result
                kept.write(result.model_dump_json() + "\n")
                kept.flush()
                known[one] = result
                progress(result)
    return [known[one] for one in asked]


def read_results(file: Path) -> list[MiniwobResult]:
    if not file.exists():
        return []
    try:
        return [MiniwobResult.model_validate_json(line) for line in file.read_text("utf-8").splitlines()]
    except ValidationError as error:
        raise ValueError(f"{file} holds no results of bench miniwob; remove it, or say --fresh: {error}") from error


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
                if over := _may_be_over(event) and page.reward().done:
                    break
    except Unreadable as unread:
        refused = str(unread)
    seconds = time.monotonic() - began
    reward = _final(page) if episode.performed else page.reward()
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


def _may_be_over(event: Event) -> bool:
    return isinstance(event, Acted | Checked)


def _final(page: TaskPage) -> Reward:
    deadline = time.monotonic() + REWARD_SECONDS
    while not (reward := page.reward()).done and time.monotonic() < deadline:
        time.sleep(0.02)
    return reward


def miniwob_summary(results: Sequence[MiniwobResult]) -> MiniwobSummary:
    in_their_words = [result for result in results if not result.asked.paraphrase]
    by_task = {task: _rate([r for r in in_their_words if r.asked.task == task]) for task in _tasks(results)}
    return MiniwobSummary(
        n=len(in_their_words),
        success=_rate(in_their_words).success,
        groups={
            name: _rate([result for result in in_their_words if GROUP_OF[result.asked.task] in groups])
            for name, groups in (*((group, (group,)) for group in GROUPS), ("A", ("A1", "A2")), ("all", tuple(GROUPS)))
        },
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
    for group, tasks in GROUPS.items():
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
