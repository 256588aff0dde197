"""The steps of a script as actions that an agent can carry out, in the order of the file."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from screenagent import keys
from screenagent.actions import (
    Action,
    Ask,
    Click,
    CloseWindow,
    Drag,
    Expectation,
    Finish,
    FocusWindow,
    Gone,
    HoldKeys,
    Move,
    OpenProgram,
    PressKeys,
    Scroll,
    Target,
    TypeText,
    Visible,
    WaitFor,
    targets,
    usual_expectation,
)
from screenagent.events import Plan, PlannedStep
from screenagent.geometry import Point, Size, Value
from screenagent.scripts import Placed, Script, schema
from screenagent.scripts.linked import Linked
from screenagent.scripts.parameters import PLACE, arguments, filled, foreseen_values, names_in
from screenagent.scripts.schema import (
    AnyStep,
    Expected,
    FileThere,
    KeyPath,
    New,
    RunStep,
    TargetStep,
    Vanished,
    branches,
    words_for,
)

AT_ONCE: Final = 3.0
"""How long what should be there already may take to be drawn, in seconds."""


@dataclass(frozen=True)
class Binding:
    """What a replay knows about a script: the values of its parameters, the screen's size, the anchors that exist.

    `anchors` stands before the names of its own anchors, see `Linked`. `running` are the values of the scripts that it
    runs now, by the path of the step that does.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    screen: Size | None = None
    recorded: frozenset[str] = frozenset()
    anchors: str = ""
    running: Mapping[KeyPath, Mapping[str, str]] = field(default_factory=dict)

    def within(self, run: RunStep, inner: Linked, at: KeyPath) -> Binding:
        """Return the binding of the script that the step `run` at that path runs."""
        values = self.running.get(at)
        if values is None:
            values = foreseen_values(inner.script, run, self.fill)
        return replace(self, values=values, anchors=inner.anchors)

    def fill(self, text: str) -> str:
        """Return `text` with the values that are known in place."""
        return filled(text, self.values)

    def words(self, text: str) -> str:
        """Return `text` as `fill` does; where that leaves nothing, as it is written."""
        filled_in = self.fill(text)
        return filled_in if filled_in.strip() else text

    def missing(self, text: str) -> str:
        """Return which parameter of `text` has no value yet; empty if all have one."""
        missing = next((name for name in names_in(text) if name not in self.values), None)
        return f"{{{{{missing}}}}} has no value; the step that asks for it was left out" if missing else ""

    def unfilled(self, *texts: str) -> str:
        """Return why one of these words cannot be looked for, or asked; empty if all can."""
        for text in texts:
            if why := self.missing(text):
                return why
            if not self.fill(text).strip():
                return f"{text} is empty here, so there is nothing to look for"
        return ""

    def targets(self, step: AnyStep) -> tuple[Target, ...]:
        """Return the targets of `step`, those with a pixel with the point of it on the screen.

        A target that was recorded has no point: its window may have moved, and it is found by its appearance.
        """
        if not isinstance(step, TargetStep):
            return ()
        return tuple(
            Target(
                words=self.words(words_for(target)),
                at=None if name in self.recorded and is_unique(target, step.targets) else self.point(target),
            )
            for target, name in zip(step.targets, self.names(step), strict=True)
        )

    def names(self, step: TargetStep) -> tuple[str, ...]:
        """Return the names of the anchors of a step's targets."""
        return tuple(f"{self.anchors}{name}" for name in step.anchors)

    def points(self, targets: Sequence[str | Placed]) -> dict[str, Point]:
        """Return the point of each target that has a pixel, by its words."""
        points = ((words_for(target), self.point(target)) for target in targets if is_unique(target, targets))
        return {words: point for words, point in points if point is not None}

    def point(self, target: str | Placed) -> Point | None:
        """Return the point of the target's pixel; None if it has none, or the screen does not."""
        if not isinstance(target, Placed) or self.screen is None or is_beyond(target, self.screen):
            return None
        return Point.of_pixel(target.pixel, self.screen)


def is_unique(target: str | Placed, targets: Sequence[str | Placed]) -> bool:
    """Whether no other of `targets` is called as `target` is."""
    return [words_for(each) for each in targets].count(words_for(target)) == 1


def is_beyond(target: Placed, screen: Size) -> bool:
    """Whether a screen of this size does not have the target's pixel."""
    return target.pixel.x >= screen.width or target.pixel.y >= screen.height


@dataclass(frozen=True)
class ScriptAction:
    """An action of the step at `path`, with its targets and their anchors; `window` is what has to be in front for its
    keys, and `script` the one that the step stands in."""

    path: KeyPath
    step: AnyStep
    script: Script
    planned: PlannedStep
    window: str | None
    targets: tuple[str | Placed, ...] = ()
    anchors: tuple[str, ...] = ()
    unfilled: str = ""
    """Why it cannot be carried out with the values that are known."""
    types_nothing: bool = False
    """Whether the text that it types is empty."""

    @property
    def may_show_nothing(self) -> bool:
        """Whether the screen may stay as it is: it did when this was recorded, or the step is not over with this."""
        return isinstance(self.step, schema.TypeStep) or getattr(self.step, "may", None) == "nothing"

    def gives_focus_to(self, following: ScriptAction) -> bool:
        """Whether this is a plain click into what `following` types into, of which only a caret may come."""
        if self.planned.expectation is not None or not isinstance(following.planned.action, TypeText):
            return False
        match self.planned.action:
            case Click(button="left", count=1, modifiers=()):
                return True
            case _:
                return False

    def why_not(self, screen: Size) -> str:
        """Why it cannot be carried out on a screen of this size; empty if it can."""
        beyond = [target for target in self.targets if isinstance(target, Placed) and is_beyond(target, screen)]
        if self.unfilled or not beyond:
            return self.unfilled
        return f"{beyond[0].at} is beyond the screen, which has {screen.width}×{screen.height} pixels"

    @property
    def anchor_names(self) -> dict[str, str]:
        """The anchor of each target, by its words; what a parameter names has none: it may be another than recorded."""
        named = ((words_for(target), name) for target, name in zip(self.targets, self.anchors, strict=True))
        return {words: name for words, name in named if not PLACE.search(words)}


def script_actions(linked: Linked, binding: Binding, at: KeyPath = ()) -> Iterator[ScriptAction]:
    """Yield the actions of a script in its order, those of all branches and of the scripts that it runs too.

    What a step works out from the screen is planned when it is its turn.
    """
    yield from _within(linked.script, linked, binding, at)


def _within(holder: Value, linked: Linked, binding: Binding, at: KeyPath) -> Iterator[ScriptAction]:
    """The actions of the steps in `holder`, which stands at that path."""
    for key, steps in branches(holder):
        for number, (step, following) in enumerate(zip(steps, (*steps[1:], None), strict=True)):
            path = (*at, key, number)
            if isinstance(step, schema.RunStep):
                inner = linked.runs[step.run]
                yield from script_actions(inner, binding.within(step, inner, path), (*path, "run"))
            else:
                yield from _actions_of(step, path, linked.script, binding, is_for_focus=_gives_focus(step, following))
                yield from _within(step, linked, binding, path)
    for number, popup in enumerate(getattr(holder, "on_popup", ())):
        yield from _within(popup, linked, binding, (*at, "on_popup", number))


def first_action(step: AnyStep, path: KeyPath, script: Script, binding: Binding) -> ScriptAction:
    """Return what a step that is worked out from the screen looks for first."""
    return _action(step, path, script, binding, PlannedStep(action=Move(target=binding.targets(step)[0])))


def _actions_of(
    step: AnyStep, path: KeyPath, script: Script, binding: Binding, *, is_for_focus: bool
) -> Iterator[ScriptAction]:
    for planned in _planned(step, script, binding, is_for_focus=is_for_focus):
        yield _action(step, path, script, binding, planned)


def _action(step: AnyStep, path: KeyPath, script: Script, binding: Binding, planned: PlannedStep) -> ScriptAction:
    window = (step.window if isinstance(step, schema.KeyboardStep) else None) or script.window
    window = None if isinstance(step, schema.WindowStep) else window
    return _with_values(ScriptAction(path, step, script, planned, window), binding)


def _with_values(action: ScriptAction, binding: Binding) -> ScriptAction:
    """Return `action` with its targets, and with what its values keep it from."""
    step, expected = action.step, (*_words_of(action.step),)
    match action.planned.action:
        case TypeText() if isinstance(step, schema.TypeStep) and not binding.fill(step.type):
            return replace(action, types_nothing=True)
        case TypeText() if isinstance(step, schema.TypeStep):
            return replace(action, unfilled=binding.missing(step.type) or binding.unfilled(*expected))
        case planned if isinstance(step, TargetStep) and targets(planned):
            named = map(words_for, step.targets)
            unfilled = binding.unfilled(*named, *(() if isinstance(step, schema.TypeStep) else expected))
            return replace(action, targets=step.targets, anchors=binding.names(step), unfilled=unfilled)
        case _:
            return replace(action, unfilled=binding.unfilled(*expected))


def _words_of(step: AnyStep) -> Iterator[str]:
    """The words that a step looks for, or asks, as they stand in the script."""
    for name in ("expect", "wait_for", "ask", "approve", "open", "focus", "close"):
        match getattr(step, name, None):
            case Vanished(gone=words) | New(new=words) | str(words):
                yield words
            case _:
                pass


def script_plan(actions: Sequence[ScriptAction], ending: str = "every step was carried out") -> Plan:
    """Return the plan that is shown: every action, and the end."""
    done = PlannedStep(action=Finish(success=True, message=ending))
    return Plan(steps=(*(action.planned for action in actions), done))


def renamed_target(planned: PlannedStep, words: str) -> PlannedStep:
    """Return `planned` with its target, or the first one of a drag, called `words`,
    or its window."""
    action = planned.action
    match action:
        case Click() | Move() | Scroll():
            action = action.model_copy(update={"target": Target(words=words)})
        case Drag(path=(_, *rest)):
            action = action.model_copy(update={"path": (Target(words=words), *rest)})
        case FocusWindow() | CloseWindow():
            action = action.model_copy(update={"window": words})
    return planned.model_copy(update={"action": action})


def _gives_focus(step: AnyStep, following: AnyStep | None) -> bool:
    """Whether a step is a click into what the next one types into: only a caret may come of it."""
    return isinstance(step, schema.ClickStep) and isinstance(following, schema.TypeStep) and following.into is None


def _planned(step: AnyStep, script: Script, binding: Binding, *, is_for_focus: bool) -> Iterator[PlannedStep]:
    """The actions that a step is made of; what it expects is expected of the last, and of each step that it changes
    something, unless it says otherwise."""
    actions = tuple(_actions(step, script, binding))
    expected, may = (step.expect, step.may) if isinstance(step, schema.ScriptStep) else (None, None)
    if not actions:
        if expected and not isinstance(expected, FileThere):  # what is worked out from the screen is played before it
            yield PlannedStep(action=_watch(expected, getattr(step, "timeout", None) or AT_ONCE, binding))
        return
    *before, last = actions
    yield from (PlannedStep(action=action) for action in before)
    usual = None if may == "nothing" or is_for_focus else usual_expectation(last)
    yield PlannedStep(action=last, expectation=_expectation(expected, binding) or usual)
    if isinstance(step, schema.ScriptStep) and isinstance(expected, New) and expected.within:
        yield PlannedStep(action=_watch(expected, expected.within, binding))


def _actions(step: AnyStep, script: Script, binding: Binding) -> Iterator[Action]:
    targets = binding.targets(step)
    match step:
        case schema.ClickStep(button=button, count=count, hold=hold):
            yield Click(target=targets[0], button=button, count=count, modifiers=hold)
        case schema.MoveStep():
            yield Move(target=targets[0])
        case schema.DragStep(button=button, hold=hold, slowly=slowly):
            yield Drag(path=targets, button=button, modifiers=hold, slowly=slowly)
        case schema.ScrollStep(scroll=direction, notches=notches):
            yield Scroll(direction=direction, target=next(iter(targets), None), notches=notches)
        case schema.TypeStep(type=text):
            yield from (Click(target=target) for target in targets)
            yield TypeText(text=binding.fill(text) or text)
        case schema.PressStep(press=chord, times=times):
            yield PressKeys(keys=keys.chord(chord), times=times)
        case schema.HoldStep(hold_keys=chord, seconds=seconds):
            yield HoldKeys(keys=keys.chord(chord), seconds=seconds)
        case schema.OpenStep(open=command, timeout=timeout):
            yield OpenProgram(
                command=shlex.join(map(binding.fill, arguments(command))), **({"seconds": timeout} if timeout else {})
            )
        case schema.FocusStep(focus=words):
            yield FocusWindow(window=binding.words(words))
        case schema.CloseStep(close=words):
            yield CloseWindow(window=binding.words(words))
        case schema.WaitForStep(wait_for=FileThere()) | schema.ExpectStep(expect=FileThere()):
            pass  # looked for by the planner: it is not on the screen
        case schema.WaitForStep(wait_for=expected, timeout=timeout):
            yield _watch(expected, timeout or script.timeout, binding)
        case schema.ExpectStep(expect=expected, timeout=timeout):
            yield _watch(expected, timeout or AT_ONCE, binding)
        case schema.AskStep(ask=question):
            yield Ask(question=binding.words(question))
        case schema.ApproveStep(approve=question):
            yield Ask(question=f"{binding.fill(question)} (yes or no)")


def _watch(expected: Expected, seconds: float, binding: Binding) -> WaitFor:
    match expected:
        case Vanished(gone=words):
            return WaitFor(words=binding.words(words), gone=True, seconds=seconds)
        case New(new=words, within=within):
            return WaitFor(words=binding.words(words), seconds=within or seconds)
        case FileThere():
            raise AssertionError("a file is looked for by the planner")
        case words:
            return WaitFor(words=binding.words(words), seconds=seconds)


def _expectation(expected: Expected | None, binding: Binding) -> Expectation | None:
    match expected:
        case None | FileThere() | New(within=float()):
            return None
        case New(new=words):
            return Visible(words=binding.words(words))
        case Vanished(gone=words):
            return Gone(words=binding.words(words))
        case words:
            return Visible(words=binding.words(words))
