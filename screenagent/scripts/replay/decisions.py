"""Decisions of a replay, and what became of them."""

from __future__ import annotations

from screenagent.actions import Ask, CloseWindow, Finish, FocusWindow, Wait, targets
from screenagent.episode import Step
from screenagent.events import Decision, Plan, PlannedStep
from screenagent.perception.named_window import names_one, window_named
from screenagent.screenshot import Screenshot, Window


def is_front(words: str, window: Window | None) -> bool:
    """Whether `words` are in its title or its application's name; a display that does not tell is believed."""
    return window is None or any(words.casefold() in text.casefold() for text in (window.title, window.app))


def was_lost(step: Step) -> bool:
    """Its target, or the window that it is about, was not found: nobody was asked yet, and nothing was sent."""
    is_about_a_window = isinstance(step.action, FocusWindow | CloseWindow)
    is_about_a_target = is_about_a_window or (step.action is not None and targets(step.action) != ())
    return step.feedback != "" and is_about_a_target and not step.acted and step.verdict is None


def has_window_closed(step: Step | None, screen: Screenshot) -> bool:
    """Whether the window that `step` asked to close is no longer open."""
    if step is None or not isinstance(step.action, CloseWindow) or not names_one(step.action.window, step.before):
        return False
    meant = window_named(step.action.window, step.before)
    return bool(step.before.managed) and all(window.id != meant.id for window in screen.managed)


def thought_about(decision: Decision) -> str:
    if isinstance(decision.step.action, Finish):
        return "no step is left"
    return f"step {decision.at + 1}: {decision.step}"


def single_step(action: Ask | Wait) -> Decision:
    return Decision(plan=Plan(steps=(PlannedStep(action=action),)))
