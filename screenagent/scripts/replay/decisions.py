"""Decisions of a replay, and what became of them."""

from __future__ import annotations

from screenagent.actions import Ask, Finish, Wait, targets
from screenagent.episode import Step
from screenagent.events import Decision, Plan, PlannedStep
from screenagent.screenshot import Window


def is_front(words: str, window: Window | None) -> bool:
    """Whether `words` are in its title or its application's name; a display that does not tell is believed."""
    return window is None or any(words.casefold() in text.casefold() for text in (window.title, window.app))


def was_lost(step: Step) -> bool:
    """Its target was not found: nobody was asked yet, and nothing was sent."""
    is_about_a_target = step.action is not None and targets(step.action) != ()
    return step.feedback != "" and is_about_a_target and not step.acted and step.verdict is None


def thought_about(decision: Decision) -> str:
    if isinstance(decision.step.action, Finish):
        return "no step is left"
    return f"step {decision.at + 1}: {decision.step}"


def single_step(action: Ask | Wait) -> Decision:
    return Decision(plan=Plan(steps=(PlannedStep(action=action),)))
