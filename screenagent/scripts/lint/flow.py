"""Loops, attempts and handlers of popups that cannot do what they are for, and keys that nobody knows the window of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from screenagent.geometry import Value
from screenagent.scripts.file import Places
from screenagent.scripts.lint.finding import LintFinding, warning_of
from screenagent.scripts.schema import (
    AnyStep,
    ApproveStep,
    AttemptStep,
    IfSeenStep,
    IfStep,
    KeyboardStep,
    KeyPath,
    RunStep,
    Script,
    ScriptStep,
    TargetStep,
    TaskStep,
    VerifyStep,
    WhileSeenStep,
    branches,
    expected_of,
    kind_of_step,
    paths,
    words_for,
)

SENDING: Final = (ScriptStep, TaskStep, RunStep, ApproveStep)
"""Steps that change something on the screen, or let a person do it."""
AT_THE_START: Final = ("before_all", "before_row", "steps")


def flow_findings(script: Script, places: Places, *, is_run: bool) -> Iterator[LintFinding]:
    """`is_run` says that another script runs this one, which knows what is in front."""
    if not is_run:
        yield from _first_keys(script, places)
    for path, step in paths(script):
        match step:
            case AttemptStep():
                yield from _attempt(path, step, places)
            case WhileSeenStep(while_seen=words) if not _sends(step):
                what = f"nothing in `do` makes “{words}” go, so it is done {step.at_most} times; click or wait there"
                yield warning_of(places.problem((*path, "while_seen"), what, "loop_sends_nothing"))
            case IfSeenStep(then=then, otherwise=otherwise) | IfStep(then=then, otherwise=otherwise) if (
                then == otherwise
            ):
                what = "`then` and `else` do the same; write the steps once, without the condition"
                yield warning_of(places.problem(path, what, "same_branches"))
            case _:
                pass
    yield from _popups(script, places)


def _first_keys(script: Script, places: Places) -> Iterator[LintFinding]:
    """Warn if the first input goes to whatever has the keyboard then."""
    if script.window is not None:
        return
    first = next((found for found in _steps_from_start(script) if isinstance(found[1], ScriptStep)), None)
    if first is None:
        return
    path, step = first
    is_blind = isinstance(step, KeyboardStep) and step.window is None
    if is_blind and not (isinstance(step, TargetStep) and step.targets):
        kind = kind_of_step(step)
        into = "name its field with `into`, or " if kind == "type" else ""
        what = f"the first input is keys for whatever is in front then; {into}say which window gets them with `window`"
        yield warning_of(places.problem((*path, kind or ""), what, "keys_without_window"))


def _steps_from_start(script: Script) -> Iterator[tuple[KeyPath, AnyStep]]:
    """Every step in the order of play, up to what runs another script or leaves the way to a planner."""
    for path, step in paths(script):
        if path[0] not in AT_THE_START or isinstance(step, RunStep | TaskStep):
            return
        yield path, step


def _attempt(path: KeyPath, step: AttemptStep, places: Places) -> Iterator[LintFinding]:
    if not any(_may_fail(inner) for inner in step.attempt):
        what = "none of these steps looks for anything, so none can fail; say what is to be seen with `expect`"
        yield warning_of(places.problem((*path, "attempt"), what, "attempt_cannot_fail"))
    elif not step.retries and not step.on_failure and step.afterwards == "stop":
        what = "what fails here ends the replay all the same; say `retries`, `on_failure` or `afterwards`"
        yield warning_of(places.problem((*path, "attempt"), what, "attempt_without_effect"))


def _may_fail(step: AnyStep) -> bool:
    """Whether the screen, or a value, decides about the step."""
    match step:
        case VerifyStep(soft=True):
            return False
        case AttemptStep(afterwards="go_on", on_failure=on_failure):
            return any(map(_may_fail, on_failure))
        case KeyboardStep(may="nothing", window=None, expect=None):
            return isinstance(step, TargetStep) and step.targets != ()
        case _:
            inner = [each for _, steps in branches(step) for each in steps]
            return any(map(_may_fail, inner)) if inner and not isinstance(step, WhileSeenStep) else True


def _sends(holder: Value) -> bool:
    """Whether a step in it may change the screen, or waits until the screen has changed by itself."""
    return any(isinstance(step, SENDING) or kind_of_step(step) == "wait_for" for _, step in paths(holder))


def _popups(script: Script, places: Places) -> Iterator[LintFinding]:
    sought = dict(_sought(script))
    before: dict[str, int] = {}
    for number, popup in enumerate(script.on_popup):
        at = ("on_popup", number, "seen")
        words = popup.seen.casefold()
        line, _ = places.place(sought.get(words, ()))
        if words in before:
            what = f"line {before[words]} is for “{popup.seen}” already, and the first one is done; remove one of them"
            yield warning_of(places.problem(at, what, "popup_twice"))
        elif not _sends(popup):
            what = f"nothing in `do` makes “{popup.seen}” go, so it is handled again and again; click something there"
            yield warning_of(places.problem(at, what, "popup_sends_nothing"))
        elif words in sought:
            what = f"line {line} looks for “{popup.seen}” too, and never comes to it; name what only the popup shows"
            yield warning_of(places.problem(at, what, "popup_in_the_way"))
        before.setdefault(words, places.place(at)[0])


def _sought(script: Script) -> Iterator[tuple[str, KeyPath]]:
    """The words that the steps look for, those of the handlers of popups left out, and where they do."""
    for path, step in paths(script):
        if path[0] == "on_popup":
            return
        targets = step.targets if isinstance(step, TargetStep) else ()
        expected = expected_of(step)
        said = [*map(words_for, targets), *([expected] if isinstance(expected, str) else [])]
        yield from ((words.casefold(), path) for words in said)
