"""Who lets an action through: everyone, no one, or a policy and the person whom it asks. No answer means no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from screenagent.actions import Action, Ask, Click, Input, Unsent
from screenagent.approval.context import last_clicked
from screenagent.approval.menu_path import came_with_menu, entries_after
from screenagent.approval.policy import Policy, Ruling, default_policy
from screenagent.episode import Episode
from screenagent.events import Approve, LookAgain, Reject, Verdict
from screenagent.geometry import Doubt, Location
from screenagent.protocols import TextReader

NOBODY_TO_ASK: Final = "there is nobody to ask"
NOTHING_SENT: Final = "nothing may be sent"
NOBODY_ANSWERED: Final = "nobody answered"
UNSAID: Final = frozenset((NOBODY_TO_ASK, NOTHING_SENT, NOBODY_ANSWERED))
"""The reasons of a rejection that no person gave."""


class AllowAll:
    """Unattended: every input goes through unless the agent doubts its place, since nobody can be asked which is meant.
    Where this is used, it stands in sight at the call."""

    def review(self, action: Action, _locations: tuple[Location, ...], episode: Episode) -> Verdict:
        if isinstance(action, Ask):
            return Reject(reason=NOBODY_TO_ASK)
        doubt = _doubt(action, episode)
        return Reject(reason=doubt.why, by="bound") if doubt else Approve()


class DenyAll:
    """Nothing is sent; looking and finishing are allowed. For a dry run."""

    def review(self, action: Action, _locations: tuple[Location, ...], _episode: Episode) -> Verdict:
        return Approve() if isinstance(action, Unsent) else Reject(reason=NOTHING_SENT)


@dataclass(frozen=True)
class ApprovalQuestion:
    """What a person is asked: the action in words, where, and why it is asked about.

    `path` are the clicks in the menu that the action opens, which are approved with it. `note` says what they should
    know about answering.
    """

    action: Action
    locations: tuple[Location, ...]
    risk: str | None
    episode: Episode
    path: tuple[Click, ...] = ()
    note: str = ""

    @property
    def doubt(self) -> Doubt | None:
        """What else may be meant, if the agent is not sure of a place; the guesses are numbered from 1."""
        return _doubt(self.action, self.episode)

    @property
    def again(self) -> str:
        """Why this is asked once more; empty if it is the first time."""
        step = self.episode.current
        if step is None or step.closed or step.acted:
            return ""
        match step.verdict:
            case Approve():
                return "asked again: the screen has changed since it was approved"
            case LookAgain():
                return "asked again: this is the screen as you left it"
            case _:
                return ""

    def picked(self, number: int) -> Approve | None:
        """Return the approval of the action at the guess of this number; None if there is no such guess."""
        guesses = self.doubt.guesses if self.doubt else ()
        if not 1 <= number <= len(guesses):
            return None
        meant = guesses[number - 1].location.model_copy(update={"confidence": 1.0, "by": "you"})
        doubted = guesses[0].location.point
        return Approve(locations=tuple(meant if place.point == doubted else place for place in self.locations))


Asker = Callable[[ApprovalQuestion], Verdict | None]
"""Asks a person; None means that nobody answered."""


@dataclass(frozen=True)
class PolicyApprover:
    """Asks where the policy says so or says nothing, and where the agent doubts a place; with `risky_only` a policy
    that says nothing is a yes.

    `ask` gives None where nobody answered. What `reader` reads under the mouse counts as the target's words do.
    """

    ask: Asker
    risky_only: bool = False
    policy: Policy = field(default_factory=default_policy)
    reader: TextReader | None = None

    def review(self, action: Action, locations: tuple[Location, ...], episode: Episode) -> Verdict:
        if isinstance(action, Unsent):
            return Approve()
        if not isinstance(action, Input):
            return self._asked(ApprovalQuestion(action, locations, None, episode))
        doubt = _doubt(action, episode)
        match self._ruling(action, locations, episode):
            case Ruling(then="deny", why=why):
                return Reject(reason=f"the policy forbids it: {why}", by="policy")
            case Ruling(then="allow") if doubt is None:
                return Approve()
            case Ruling(rule=None) if self.risky_only and doubt is None:
                return Approve()
            case Ruling(rule=None) if doubt is None and came_with_menu(action, locations, episode):
                return Approve()
            case Ruling(rule=rule, then=then, why=why):
                reasons = (why if then == "ask" else "", doubt.why if doubt else "")
                risk = "; ".join(filter(None, reasons)) or None
                path = () if rule else self._entries(episode)
                verdict = self._asked(ApprovalQuestion(action, locations, risk, episode, path))
        if isinstance(verdict, Approve) and verdict.locations:
            return self._unless_forbidden(verdict, action, episode)
        return verdict

    def _asked(self, question: ApprovalQuestion) -> Verdict:
        verdict = self.ask(question) or Reject(reason=NOBODY_ANSWERED)
        if isinstance(verdict, Approve) and question.path:
            return verdict.model_copy(update={"entries": len(question.path)})
        return verdict

    def _entries(self, episode: Episode) -> tuple[Click, ...]:
        """The clicks in the menu that the step under way opens, up to the first about which the policy says something.

        What is already on the screen is in no menu that is yet to open.
        """
        screen, reader = episode.screenshot, self.reader
        if reader is None or screen is None or screen.image is None:
            return ()
        entries = entries_after(episode, lambda: reader.read(screen))
        return tuple(takewhile(lambda click: self._ruling(click, (), episode).rule is None, entries))

    def _unless_forbidden(self, moved: Approve, action: Input, episode: Episode) -> Verdict:
        """A point may not be moved to where it is forbidden to go."""
        ruling = self._ruling(action, moved.locations, episode)
        return Reject(reason=f"the policy forbids it: {ruling.why}", by="policy") if ruling.then == "deny" else moved

    def _ruling(self, action: Input, locations: tuple[Location, ...], episode: Episode) -> Ruling:
        return self.policy.ruling(
            action, locations, screen=episode.screenshot, reader=self.reader, focus=last_clicked(episode)
        )


def _doubt(action: Action, episode: Episode) -> Doubt | None:
    """Return the agent's doubt about where the action under way goes."""
    step = episode.current
    return step.doubt if step and not step.closed and step.action == action else None
