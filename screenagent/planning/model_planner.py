"""The planner that thinks: one call of the model makes a plan of several steps, and only a surprise makes another."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from screenagent.actions import Finish, describe
from screenagent.episode import Episode, Step
from screenagent.events import AnswerAsk as Answered
from screenagent.events import Decision, Plan, PlannedStep, Reject
from screenagent.models import crop, parsing, plan_schema, prompts
from screenagent.models.answer import Reply, stream
from screenagent.models.vision import (
    AnswerGrammar,
    JsonSchema,
    Refused,
    Request,
    TokenBudget,
    VisionModel,
)
from screenagent.protocols import Retry

CONTEXT: Final = 8192
"""Tokens of prompt, thought and answer together; Phi-4 was never trained on more."""
AROUND: Final = 500
"""Tokens that a model's own template puts round a request: Phi-4's are 424."""
THOUGHT: Final = TokenBudget(thought=2048, answer=1024)
SMALLER: Final = (2304, 1024, 256)
"""Patches of a smaller picture, where words need the room."""
PATIENCE: Final = 3
"""After so many plans in a row of which nothing could be done, there is none to be had."""
LATEST: Final = 3
"""So many steps are told whole, whatever else has to be summed up."""
UNPROVEN: Final = "no words were expected and then read on the screen after the last step"

PLAN_GRAMMAR: Final[AnswerGrammar] = JsonSchema(definition=plan_schema.plan_schema())


def tokens_at_most(text: str) -> int:
    """A guess on the safe side, where the tokenizer is not at hand: English has 4 letters a token, other scripts up to
    2 tokens a letter."""
    plain = sum(character.isascii() for character in text)
    return plain // 3 + 2 * (len(text) - plain)


@dataclass(frozen=True, kw_only=True)
class ModelPlanner:
    """It keeps nothing: how far the plan has come, and whether it still holds, is read from the episode.

    `count` says how many tokens a text is; after `patience` plans in a row of which nothing could be done it gives up.
    `Retry` where the model's answer is no plan; a refusal gives up.
    """

    model: VisionModel
    patches: int = 3600
    count: Callable[[str], int] = tokens_at_most
    context: int = CONTEXT
    budget: TokenBudget = THOUGHT
    grammar: AnswerGrammar | None = PLAN_GRAMMAR
    patience: int = PATIENCE

    def decide(self, episode: Episode) -> Generator[str, None, Decision]:
        if in_vain := _in_vain(episode, self.patience):
            return Decision.give_up(in_vain)
        plan, surprise = episode.plan, surprise_of(episode)
        if plan is None or surprise is not None:
            return (yield from self._think(episode, surprise or ""))
        return Decision(plan=plan, at=_next(episode))

    def _think(self, episode: Episode, surprise: str) -> Generator[str, None, Decision]:
        assert episode.screenshot is not None
        fitted = self._fitted(episode, surprise)
        if fitted is None:
            return Decision.give_up("the task and what the user said are longer than the model can read at once")
        yield from fitted.notes
        picture = crop.cropped(episode.screenshot, patches=fitted.patches)
        request = Request(text=fitted.text, pictures=(picture,))
        answering = stream(self.model.generate(request, mode="think", grammar=self.grammar, budget=self.budget))
        thought = ""
        while True:
            try:
                piece = next(answering)
            except StopIteration as end:
                answer: Reply | Refused = end.value
                break
            thought += piece
            yield piece
        if isinstance(answer, Refused):
            return Decision.give_up(f"the model refused: {answer.text}")
        yield from (f"({note})\n" for note in answer.notes)
        return _believed(parsing.parse_plan(answer.text), episode, surprise).model_copy(update={"thought": thought})

    def _fitted(self, episode: Episode, surprise: str) -> Fitted | None:
        """The whole prompt if it fits; else with the first steps summed up, then with a smaller picture; None if its
        words alone are too many."""
        room = self.context - AROUND - self.budget.thought - self.budget.answer
        steps = [step for step in episode.steps if step.action or step.feedback]
        most = max(0, len(steps) - LATEST)
        for patches in dict.fromkeys((self.patches, *(size for size in SMALLER if size < self.patches))):
            for left_out in dict.fromkeys((*range(0, most, max(1, most // 8)), most)):
                variables = {
                    "task": episode.task,
                    "window": _title(episode),
                    "history": history(steps, left_out=left_out),
                    "told": episode.told,
                    "surprise": surprise,
                }
                text = prompts.render_prompt("plan", variables)
                if self.count(text) + patches <= room:
                    return Fitted(text, patches, left_out, smaller=patches < self.patches)
        return None


@dataclass(frozen=True)
class Fitted:
    """A prompt that fits, and what had to give way."""

    text: str
    patches: int
    left_out: int
    smaller: bool

    @property
    def notes(self) -> Iterator[str]:
        if self.left_out:
            yield f"(the first {self.left_out} steps are summed up, so that everything fits)\n"
        if self.smaller:
            yield f"(the screen is shown with {self.patches} patches, so that everything fits)\n"


def _believed(plan: Plan, episode: Episode, surprise: str) -> Decision:
    """The first step of `plan`. That the task is done is not believed of a model where no words on the screen said so:
    it is told once, and then the run ends without success."""
    if not is_unproven(plan.steps[0], episode):
        return Decision(plan=plan)
    if UNPROVEN in surprise:
        return Decision.give_up(f"the model says that the task is done, but {UNPROVEN}")
    raise Retry(
        f"“done” is not believed: {UNPROVEN}; wait for words that show it, or finish without success", "not_believed"
    )


def surprise_of(episode: Episode) -> str | None:
    """Why the plan that stands cannot simply go on, as a text for the model; None if it can."""
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
    if last.decision is not None and _next(episode) >= len(last.decision.plan.steps):
        return "all of its steps are done, and it did not say whether the task is"
    if last.decision is not None and is_unproven(last.decision.plan.steps[_next(episode)], episode):
        return f"it ends here, but {UNPROVEN}"
    return None


def is_unproven(step: PlannedStep, episode: Episode) -> bool:
    """Whether `step` says that the task is done while no words on the screen have."""
    if not (isinstance(step.action, Finish) and step.action.success):
        return False
    checked = [done.effect for done in episode.performed if done.expectation is not None]
    # A model that says that the task is done would say so of two pictures, too; and words that were never on the screen
    # prove nothing by not being there.
    return not checked or checked[-1] is None or checked[-1].outcome != "confirmed" or checked[-1].by != "words"


def _in_vain(episode: Episode, patience: int) -> str:
    """Why another plan is not worth its thought; empty if it is."""
    latest = episode.steps[-patience:]
    if len(latest) < patience or any(step.acted or not step.feedback or step.heard for step in latest):
        return ""
    return f"{patience} plans in a row came to nothing; the last one: {latest[-1].feedback}"


def history(steps: Sequence[Step], *, left_out: int) -> list[str]:
    """What was done and what came of it, a line a step; the first ones summed up in one line."""
    lines = [f"{number}. {_line(step)}" for number, step in enumerate(steps, start=1)]
    if not left_out:
        return lines
    confirmed = sum(1 for step in steps[:left_out] if step.effect and step.effect.as_expected)
    return [f"1 to {left_out}. {left_out} steps, {confirmed} of them with the effect expected", *lines[left_out:]]


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


def _next(episode: Episode) -> int:
    last = next(step.decision for step in reversed(episode.steps) if step.decision)
    return last.at + 1


def _title(episode: Episode) -> str:
    window = episode.screenshot.window if episode.screenshot else None
    return window.title if window else ""
