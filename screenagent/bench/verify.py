"""`model verify`: does the model in a folder do what is taken for granted of it? The report is made to be pasted."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from screenagent.bench.screens import DrawnScreen, screens
from screenagent.engine.chat import Chat, ChatMessage
from screenagent.geometry import Location, Value
from screenagent.grounding.model import ModelGrounder
from screenagent.models.families import family_named
from screenagent.models.vision import Finished, JsonSchema, Refused, Request, TextChunk, TokenBudget, VisionModel
from screenagent.screenshot import Screenshot
from screenagent.usage import Mode

BUDGET = TokenBudget(thought=1024, answer=256)
TEXTS = (
    "Hello",
    "Locate: the Save button.",
    "  two  spaces \n",
    "0.1740 12345",
    "naïve – 中文 🙂",
    "x <y> {z}",
    "a\n\nb\tc",
)


def _object(**properties: Mapping[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


STEP = _object(action={"enum": ["click", "type", "wait"]}, target={"type": "string"})
PLAN = _object(steps={"type": "array", "minItems": 1, "maxItems": 5, "items": STEP})
TASK = "What would you click, in order, to reach: {target}? Answer with the steps."


class Answered(NamedTuple):
    thought: str
    answer: str
    last: Finished | Refused


class WeightForm(Value):
    """What one form of the weights did. `agreed`: how often its point lies in the box of the first form."""

    name: str
    found: int
    agreed: int
    of: int
    seconds_p50: float
    decimals: Mapping[int, int]
    refusals: int
    plans_valid: int
    plans: int
    obeyed: Mapping[Mode, bool]


class VerifyReport(Value):
    where: str
    tokens: Mapping[str, bool]
    forms: tuple[WeightForm, ...]

    def __str__(self) -> str:
        return "\n".join((*self._head(), *map(row, self.forms), *map(details, self.forms)))

    def _head(self) -> tuple[str, ...]:
        wrong = [text for text, same in self.tokens.items() if not same]
        tokens = f"differ for {wrong}" if wrong else f"the same for all {len(self.tokens)} texts"
        return (
            f"model verify: {self.where}",
            f"token ids beside the checkpoint's own tokenizer: {tokens}",
            "",
            "| weights | targets found | agreeing with the first | seconds (median) |",
            "| --- | --- | --- | --- |",
        )


def row(form: WeightForm) -> str:
    return f"| {form.name} | {form.found}/{form.of} | {form.agreed}/{form.of} | {form.seconds_p50:.2f} |"


def details(form: WeightForm) -> str:
    printed = ", ".join(f"{count} with {digits}" for digits, count in sorted(form.decimals.items())) or "none"
    disobeyed = [mode for mode, obeyed in form.obeyed.items() if not obeyed]
    return (
        f"\n{form.name}: decimals printed: {printed}; plans valid: {form.plans_valid}/{form.plans}; "
        f"refusals: {form.refusals}; modes: {'not obeyed: ' + ', '.join(disobeyed) if disobeyed else 'obeyed'}"
    )


def verify_weights(
    chat: Chat,
    forms: Iterable[tuple[str, VisionModel]],
    *,
    where: str,
    count: int = 30,
    budget: TokenBudget = BUDGET,
    say: Callable[[str], None] = lambda _: None,
) -> VerifyReport:
    """Ask each form of the weights the same; the first, which should be the published one, is what others are held
    against. `forms` may load one at a time, so that only one is in memory."""
    shown = tuple(screens(count))
    done: list[WeightForm] = []
    reference: list[Location | None] = []
    for name, model in forms:
        say(f"{name}: {count} screens")
        found = [located(model, screen) for screen in shown]
        reference = reference or [place for place, _ in found]
        done.append(judged(name, model, shown, found, reference, budget=budget))
    return VerifyReport(where=where, tokens=token_checks(chat), forms=tuple(done))


def token_checks(chat: Chat) -> dict[str, bool]:
    """Return whether each text becomes the tokens that it has when the whole prompt is tokenized in one piece."""
    same: dict[str, bool] = {}
    for text in TEXTS:
        prompt = chat.prompt([ChatMessage("user", text)], mode="nothink")
        pieces = [token for segment in prompt.segments for token in segment if isinstance(token, int)]
        whole = chat.template.render(messages=[{"role": "user", "content": text}], add_generation_prompt=True)
        same[text] = pieces == chat.encode(whole + "<|dummy_84|>")
    return same


def located(model: VisionModel, screen: DrawnScreen) -> tuple[Location | None, float]:
    start = time.perf_counter()
    answer = ModelGrounder(model, family_named("phi4")).locate(screen.target, Screenshot.of(screen.image))
    return answer if isinstance(answer, Location) else None, time.perf_counter() - start


def judged(
    name: str,
    model: VisionModel,
    shown: Sequence[DrawnScreen],
    found: Sequence[tuple[Location | None, float]],
    reference: Sequence[Location | None],
    *,
    budget: TokenBudget,
) -> WeightForm:
    places = [place for place, _ in found]
    free = [reply_text(model, screen, mode="nothink", budget=budget) for screen in shown[:10]]
    plans = [reply_text(model, screen, mode="think", budget=budget) for screen in shown[:3]]
    return WeightForm(
        name=name,
        found=sum(place is not None and place.point in screen.box for place, screen in zip(places, shown, strict=True)),
        agreed=sum(agreement(place, first) for place, first in zip(places, reference, strict=True)),
        of=len(shown),
        seconds_p50=sorted(seconds for _, seconds in found)[len(found) // 2],
        decimals=decimals(answered.answer for answered in free),
        refusals=sum(isinstance(answered.last, Refused) for answered in (*free, *plans)),
        plans_valid=sum(valid(answered.answer) for answered in plans),
        plans=len(plans),
        obeyed={
            "nothink": not any(one.thought or "<think>" in one.answer for one in free),
            "think": all(closed(one, budget) for one in plans),
        },
    )


def reply_text(model: VisionModel, screen: DrawnScreen, *, mode: Mode, budget: TokenBudget) -> Answered:
    """Ask for a plan if the model is to think, or else, without a grammar, for the target's place."""
    picture = Screenshot.of(screen.image)
    if mode == "think":
        request, form = (
            Request(text=TASK.format(target=screen.target), pictures=(picture,)),
            JsonSchema(definition=PLAN),
        )
    else:
        request, form = family_named("phi4").question(screen.target, picture, absent=False), None
    *said, last = model.generate(request, mode=mode, grammar=form, budget=budget)
    assert not isinstance(last, TextChunk)
    texts = {"thought": "", "answer": ""}
    for chunk in said:
        if isinstance(chunk, TextChunk):
            texts[chunk.part] += chunk.text
    return Answered(texts["thought"], texts["answer"], last)


def agreement(place: Location | None, first: Location | None) -> bool:
    if place is None or first is None:
        return place is first
    return first.box is not None and place.point in first.box


def decimals(answers: Iterable[str]) -> dict[int, int]:
    """How many numbers were printed with so many decimals, where no grammar said how many."""
    return dict(Counter(len(digits) for answer in answers for digits in re.findall(r"\d\.(\d+)", answer)))


def valid(answer: str) -> bool:
    try:
        return bool(json.loads(answer)["steps"])
    except (ValueError, KeyError, TypeError):
        return False


def closed(answered: Answered, budget: TokenBudget) -> bool:
    """There was a thought, and the model itself brought it to its end."""
    return bool(answered.thought) and answered.last.usage.thought_tokens < budget.thought
