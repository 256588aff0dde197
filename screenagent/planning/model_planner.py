"""The planner with a model: one call makes a plan of several steps, and only a surprise needs another call."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeVar

from screenagent.actions import Finish, describe
from screenagent.episode import Episode, Step
from screenagent.events import AnswerAsk as Answered
from screenagent.events import Decision, Plan, PlannedStep, Reject
from screenagent.models import crop, parsing, plan_schema, prompts
from screenagent.models.vision import AnswerGrammar, JsonSchema, Refused, Request, TokenBudget, VisionModel, stream
from screenagent.protocols import Retry

CONTEXT: Final = 8192
"""Tokens of prompt, thought and answer together; Phi-4 was never trained on more."""
TEMPLATE_TOKENS: Final = 500
"""Tokens that a model's own template adds to a request: Phi-4's adds 424."""
BUDGET: Final = TokenBudget(thought=2048, answer=1024)
SMALLER_PATCHES: Final = (2304, 1024, 256)
"""Patches of the smaller pictures that are tried if the words leave no room for the full one."""
PATIENCE: Final = 3
"""Give up after this many plans in a row of which nothing could be done."""
RECENT_STEPS: Final = 3
"""The last steps, which are never summed up in the history."""
UNCONFIRMED: Final = "no words were expected and then read on the screen after the last step"

PLAN_GRAMMAR: Final[AnswerGrammar] = JsonSchema(definition=plan_schema.plan_schema())

ResultT = TypeVar("ResultT")


def tokens_at_most(text: str) -> int:
    """Return an upper estimate of the tokens in `text`, for a model whose tokenizer is not at hand.

    English has 4 letters a token, other scripts up to 2 tokens a letter.
    """
    plain = sum(character.isascii() for character in text)
    return plain // 3 + 2 * (len(text) - plain)


@dataclass(frozen=True, kw_only=True)
class ModelPlanner:
    """Lets a vision model make a plan of several steps, and a new one only after a surprise.

    The planner keeps no state: it reads from the episode how far the plan has come and whether it still holds. `count`
    returns the tokens of a text. After `patience` plans in a row of which nothing could be done the planner gives up.
    """

    model: VisionModel
    patches: int = 3600
    count: Callable[[str], int] = tokens_at_most
    context: int = CONTEXT
    budget: TokenBudget = BUDGET
    grammar: AnswerGrammar | None = PLAN_GRAMMAR
    patience: int = PATIENCE

    def decide(self, episode: Episode) -> Generator[str, None, Decision]:
        """Yield the model's thought; return the next step, or give up. `Retry` if the model's answer is not a plan."""
        if reason := _why_hopeless(episode, self.patience):
            return Decision.give_up(reason)
        plan, surprise = episode.plan, _surprise(episode)
        if plan is None or surprise is not None:
            return (yield from self._think(episode, surprise or ""))
        return Decision(plan=plan, at=_next_position(episode))

    def _think(self, episode: Episode, surprise: str) -> Generator[str, None, Decision]:
        """Ask the model for a new plan, and return the decision to begin it."""
        assert episode.screenshot is not None
        prompt = self._fitted_prompt(episode, surprise)
        if prompt is None:
            return Decision.give_up("the task and what the user said are longer than the model can read at once")
        yield from prompt.notes
        picture = crop.cropped(episode.screenshot, patches=prompt.patches)
        request = Request(text=prompt.text, pictures=(picture,))
        chunks = self.model.generate(request, mode="think", grammar=self.grammar, budget=self.budget)
        thought, answer = yield from _collected(stream(chunks))
        if isinstance(answer, Refused):
            return Decision.give_up(f"the model refused: {answer.text}")
        yield from (f"({note})\n" for note in answer.notes)
        decision = _believed(parsing.parse_plan(answer.text), episode, surprise)
        return decision.model_copy(update={"thought": thought})

    def _fitted_prompt(self, episode: Episode, surprise: str) -> FittedPrompt | None:
        """Return the most complete prompt that fits the context; None if even the shortest does not.

        The first steps are summed up before the picture is made smaller.
        """
        room = self.context - TEMPLATE_TOKENS - self.budget.thought - self.budget.answer
        steps = [step for step in episode.steps if step.action or step.feedback]
        sizes = (self.patches, *(size for size in SMALLER_PATCHES if size < self.patches))
        for patches, summed_up in product(sizes, _summary_lengths(len(steps))):
            text = _render(episode, _history(steps, summed_up), surprise)
            if self.count(text) + patches <= room:
                return FittedPrompt(text, patches, summed_up, smaller=patches < self.patches)
        return None


@dataclass(frozen=True)
class FittedPrompt:
    """A prompt that fits the context, and what was abridged for it.

    The first `summed_up` steps share one line; `smaller` says whether the picture was reduced to `patches`.
    """

    text: str
    patches: int
    summed_up: int
    smaller: bool

    @property
    def notes(self) -> Iterator[str]:
        """Say what was abridged, as part of the thought."""
        if self.summed_up:
            yield f"(the first {self.summed_up} steps are summed up, so that everything fits)\n"
        if self.smaller:
            yield f"(the screen is shown with {self.patches} patches, so that everything fits)\n"


def _summary_lengths(steps: int) -> Iterable[int]:
    """How many of the first steps to sum up, from none to all but the recent ones, in at most 16 attempts."""
    most = max(0, steps - RECENT_STEPS)
    return dict.fromkeys((*range(0, most, max(1, most // 8)), most))


def _render(episode: Episode, history: Sequence[str], surprise: str) -> str:
    said = {"task": episode.task, "told": episode.told}
    return prompts.render_prompt("plan", {**said, "window": _title(episode), "history": history, "surprise": surprise})


def _collected(pieces: Generator[str, None, ResultT]) -> Generator[str, None, tuple[str, ResultT]]:
    """Pass on each piece of a text; return the whole text and the result of `pieces`."""
    text = ""
    while True:
        try:
            piece = next(pieces)
        except StopIteration as end:
            return text, end.value
        text += piece
        yield piece


def _believed(plan: Plan, episode: Episode, surprise: str) -> Decision:
    """Return the decision to begin `plan`, unless it claims at once a success that nothing on the screen confirms.

    The model is told so once (`Retry`); at the second time the planner gives up.
    """
    if not _is_unconfirmed_success(plan.steps[0], episode):
        return Decision(plan=plan)
    if UNCONFIRMED in surprise:
        return Decision.give_up(f"the model says that the task is done, but {UNCONFIRMED}")
    raise Retry(
        f"“done” is not believed: {UNCONFIRMED}; wait for words that show it, or finish without success", "not_believed"
    )


def _surprise(episode: Episode) -> str | None:
    """Return why the current plan needs to be replaced, as a text for the model; None if the plan can continue."""
    last = episode.current
    if last is None:
        return None
    if last.heard:
        return "the user spoke"
    if isinstance(last.verdict, Answered):
        return f"the user answered: {last.verdict.text}"
    if isinstance(last.verdict, Reject):
        return f"the user rejected it: {last.verdict.reason}"
    if last.feedback:
        return last.feedback if last.decision is None else prompts.prompt_screen(last.feedback)
    if last.decision is None:
        return None
    rest = last.decision.plan.steps[last.decision.at + 1 :]
    if not rest:
        return "all of its steps are done, and it did not say whether the task is"
    return f"it ends here, but {UNCONFIRMED}" if _is_unconfirmed_success(rest[0], episode) else None


def _is_unconfirmed_success(step: PlannedStep, episode: Episode) -> bool:
    """Whether `step` finishes the task with success although the last effect was not confirmed by words on the screen.

    A model's own judgement does not count, because the model that claims success would also confirm it. Nor do words
    that were expected to be gone and were never there.
    """
    if not (isinstance(step.action, Finish) and step.action.success):
        return False
    checked = [done.effect for done in episode.performed if done.expectation is not None]
    last = checked[-1] if checked else None
    return last is None or last.outcome != "confirmed" or last.by != "words"


def _why_hopeless(episode: Episode, patience: int) -> str:
    """Why another plan is not worth asking for: of the last `patience` plans nothing was done. Empty if it is."""
    latest = episode.steps[-patience:]
    if len(latest) < patience or any(step.acted or not step.feedback or step.heard for step in latest):
        return ""
    return f"{patience} plans in a row came to nothing; the last one: {latest[-1].feedback}"


def _history(steps: Sequence[Step], summed_up: int) -> list[str]:
    """Return a line for each step with its effect; the first `summed_up` steps share one line."""
    lines = [f"{number}. {_line(step)}" for number, step in enumerate(steps, start=1)]
    if not summed_up:
        return lines
    confirmed = sum(1 for step in steps[:summed_up] if step.effect and step.effect.as_expected)
    return [f"1 to {summed_up}. {summed_up} steps, {confirmed} of them with the effect expected", *lines[summed_up:]]


def _line(step: Step) -> str:
    if step.action is None:
        return f"no step: {step.feedback}"
    done = describe(step.action)
    if isinstance(step.verdict, Reject):
        return f"{done}: rejected by the user: {step.verdict.reason}"
    if isinstance(step.verdict, Answered):
        return f"{done}: the user answered: {step.verdict.text}"
    if not step.acted:
        return f"{done}: not done, {prompts.prompt_screen(step.feedback)}"
    if step.effect is None:
        return done
    return f"{done}: {step.effect.outcome}, {prompts.prompt_screen(step.effect.evidence)}"


def _next_position(episode: Episode) -> int:
    """The position in the current plan of the step after the last one decided on."""
    last = next(step.decision for step in reversed(episode.steps) if step.decision)
    return last.at + 1


def _title(episode: Episode) -> str:
    window = episode.screenshot.window if episode.screenshot else None
    return window.title if window else ""
