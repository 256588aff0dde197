"""Checks a vision model with questions about a picture whose content is known.

The checks cover every kind of request in a run: constrained answers, a whole plan, two pictures, and both modes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from PIL import Image

from screenagent.actions import TypeText
from screenagent.agent.checker import JUDGED, YES_OR_NO
from screenagent.errors import UserError
from screenagent.models import parsing, prompts
from screenagent.models.families import Family
from screenagent.models.families.asking import ask_place
from screenagent.models.families.family import NoSwitch
from screenagent.models.families.probe import MARKS, MOST_PATCHES, ask_marks, probe_picture, remedy
from screenagent.models.vision import (
    AnswerGrammar,
    Refused,
    Regex,
    Reply,
    Request,
    TokenBudget,
    VisionModel,
    complete,
    stream,
)
from screenagent.planning.model_planner import BUDGET, PLAN_GRAMMAR
from screenagent.protocols import Retry
from screenagent.screenshot import Screenshot
from screenagent.usage import Mode

NUMBER: Final = MARKS[0].number
CODE: Final = "MAGENTA-42"
FILLER: Final = "This line means nothing. "
FORM: Final = r"QX-[0-9]{4}"
"""No model answers in this format unless it is constrained to it."""
TYPED: Final = 'say "hi" to C:\\temp\nand go'

ModelCode = Literal[
    "works",
    "not_bound",
    "no_answer",
    "no_vision",
    "other_convention",
    "wrong_place",
    "unknown_family",
    "one_picture",
    "no_plan",
    "prompt_cut",
    "no_thought",
    "unwanted_thought",
]


@dataclass(frozen=True)
class ModelFinding:
    """The result of one check; `said` tells the user what works, or what is wrong and what to do."""

    what: str
    code: ModelCode
    said: str

    @property
    def works(self) -> bool:
        """Whether a run can work with this result: without constrained decoding, answers are parsed as they come."""
        return self.code in ("works", "not_bound")


@dataclass(frozen=True)
class ModelCheck:
    """The checks of one model; `binds` says whether the server can constrain an answer to a grammar at all."""

    model: VisionModel
    family: Family | None
    binds: Callable[[AnswerGrammar], bool] = lambda _: True
    patches: int = MOST_PATCHES

    def findings(self) -> Iterator[ModelFinding]:
        """Yield the finding of each check as soon as it is made. A failed check does not stop the others."""
        for what, attempt in (
            ("vision", self._vision),
            ("coordinates", self._coordinates),
            ("constrained answers", self._form),
            ("two pictures", self._two_pictures),
            ("plan", self._plan),
            ("whole prompt", self._whole_prompt),
            ("think switch", self._think_switch),
        ):
            try:
                code, said = attempt()
            except Retry as retry:
                code, said = "no_answer", f"no usable answer: {retry}"
            except UserError as error:
                code, said = "no_answer", str(error)
            yield ModelFinding(what, code, said)

    def _vision(self) -> tuple[ModelCode, str]:
        said = self._said("Which number is written on the red button? Answer with the number only.")
        if NUMBER in said:
            return "works", f"it reads {NUMBER} off the picture"
        wrong = f"it does not see the picture: asked for {NUMBER}, it says {said.strip()!r}"
        return "no_vision", f"{wrong}; is the vision encoder loaded (llama.cpp: --mmproj), and is this a vision model?"

    def _coordinates(self) -> tuple[ModelCode, str]:
        if self.family is None:
            return "unknown_family", f"its name identifies no family, so a run has to detect it first; or {remedy()}"
        for bound in (False, True):
            answers = ask_marks(self.model, self.family, patches=self.patches, bound=bound)
            if not answers.fit:
                return "other_convention" if answers.better_family else "wrong_place", answers.why_wrong
        place = ask_place(self.model, self.family, MARKS[0].target, probe_picture(), absent=True)
        if not MARKS[0].is_meant_by(place):
            said = place.text if isinstance(place, Refused) else place
            return (
                "wrong_place",
                f"asked for a button that it may also call absent, it says {said!r}; set `crop` to `full`",
            )
        return "works", f"it points at three buttons as {self.family.name} does"

    def _form(self) -> tuple[ModelCode, str]:
        grammar = Regex(pattern=FORM)
        said = self._said("How many buttons are there?", grammar=grammar, answer=16).strip()
        if re.fullmatch(FORM, said):
            return "works", "the server constrains an answer to the given format"
        if not self.binds(grammar):
            return "not_bound", "this kind of server cannot constrain short answers; each is parsed as it comes"
        return "no_answer", f"constrained to {FORM}, it says {said!r}; set `server` to the kind of server that this is"

    def _two_pictures(self) -> tuple[ModelCode, str]:
        shown = probe_picture()
        grey = Screenshot.of(Image.new("RGB", shown.pixels.size, (236, 236, 236)))
        request = Request(
            text="Which number was on the red button of the first picture? Answer with the number only.",
            pictures=(shown, grey),
        )
        said = self._reply(request).text
        if NUMBER in said:
            return self._effect(shown, grey)
        wrong = f"it does not see the first of two pictures: asked for {NUMBER}, it says {said.strip()!r}"
        return "one_picture", f"{wrong}; does the server accept two (vLLM: --limit-mm-per-prompt '{{\"image\": 2}}')?"

    def _effect(self, before: Screenshot, after: Screenshot) -> tuple[ModelCode, str]:
        """Ask, as after a step, whether the number in the first picture is gone from the second."""
        request = Request(
            text=prompts.render_prompt("check", {"words": NUMBER, "gone": True}), pictures=(before, after)
        )
        said = self._reply(request, grammar=YES_OR_NO, answer=JUDGED.answer).text
        if parsing.parse_yes(said):
            return "works", "it sees two pictures as two"
        return (
            "one_picture",
            f"asked whether {NUMBER} from the first picture is gone from the second, it says {said.strip()!r}",
        )

    def _plan(self) -> tuple[ModelCode, str]:
        task = f"Type this text, and nothing else, into the field that has the focus:\n{TYPED}"
        variables = {"task": task, "window": "", "history": (), "told": (), "surprise": ""}
        request = Request(text=prompts.render_prompt("plan", variables), pictures=(probe_picture(),))
        chunks = self.model.generate(request, mode="think", grammar=PLAN_GRAMMAR, budget=BUDGET)
        plan = parsing.parse_plan(_answered(complete(chunks)).text)
        typed = [step.action.text for step in plan.steps if isinstance(step.action, TypeText)]
        if typed == [TYPED]:
            return "works", f"{_steps(len(plan.steps))}, with quotes, a backslash and a line break intact"
        return "no_plan", f"asked for a plan that types {TYPED!r}, it plans to type {typed or 'nothing'}"

    def _whole_prompt(self) -> tuple[ModelCode, str]:
        """Check that the beginning and the end of a prompt near the limit both arrive."""
        said = self._said(f"The code is {CODE}. {FILLER * 400}What is the code? Answer with the code only.")
        if CODE in said:
            return "works", "a prompt of 3,000 tokens arrives in full"
        wrong = f"the prompt is truncated: the code at the start of 3,000 tokens is lost, and it says {said.strip()!r}"
        remedy = "raise the context length to 8192 (vLLM: --max-model-len, llama.cpp: --ctx-size)"
        return "prompt_cut", f"{wrong}; {remedy}"

    def _think_switch(self) -> tuple[ModelCode, str]:
        if self.family and isinstance(self.family.think, NoSwitch):
            return "works", f"{self.family.name} has none: whether it reasons depends on its training"
        if not self._thinks("think"):
            return "no_thought", "no think switch: it never shows its reasoning, so plans are made without any"
        try:
            silent = not self._thinks("nothink")
        except Retry:
            silent = False
        if silent:
            return "works", "it reasons when told to, and only then"
        return ("unwanted_thought", f"no think switch: it reasons although told not to; {remedy()}, and set `server`")

    def _thinks(self, mode: Mode) -> bool:
        request = Request(text="How many buttons are there? Answer with the number.", pictures=(probe_picture(),))
        budget = TokenBudget(thought=256, answer=64)
        return any(thought.strip() for thought in stream(self.model.generate(request, mode=mode, budget=budget)))

    def _said(self, text: str, *, grammar: AnswerGrammar | None = None, answer: int = 64) -> str:
        return self._reply(Request(text=text, pictures=(probe_picture(),)), grammar=grammar, answer=answer).text

    def _reply(self, request: Request, *, grammar: AnswerGrammar | None = None, answer: int = 64) -> Reply:
        budget = TokenBudget(answer=answer)
        return _answered(complete(self.model.generate(request, mode="nothink", grammar=grammar, budget=budget)))


def _answered(reply: Reply | Refused) -> Reply:
    if isinstance(reply, Refused):
        raise Retry(f"it refuses: {reply.text}")
    return reply


def _steps(count: int) -> str:
    return "a plan of one step" if count == 1 else f"a plan of {count} steps"
