"""Builds the parts of an agent that need no model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from screenagent.approval import AllowAll, AskPerson, Policy, Question, default_policy
from screenagent.events import Verdict
from screenagent.protocols import Accessibility, Approver, Desktop, TextReader
from screenagent.settings import Settings

if TYPE_CHECKING:
    from screenagent.grounding.embedded import LiteGrounder
    from screenagent.perception.reader import LiteReader
    from screenagent.perception.timing import Stages

Ask = Callable[[Question], Verdict | None]


def build_reader(settings: Settings, stages: Stages | None = None) -> LiteReader:
    """Build the OCR reader; `stages` counts the time that it takes."""
    from screenagent.perception.reader import LiteReader

    return LiteReader(letters=settings.letters, stages=stages)


def build_grounder(
    settings: Settings,
    *,
    reader: LiteReader | None = None,
    desktop: Desktop | None = None,
    stages: Stages | None = None,
) -> LiteGrounder:
    """Build the embedded grounder. It asks the programs on `desktop` for their controls, if the settings allow it."""
    from screenagent.grounding.embedded import LiteGrounder

    accessibility = build_accessibility(desktop) if desktop is not None and settings.accessibility else None
    return LiteGrounder(reader or build_reader(settings, stages), accessibility=accessibility, stages=stages)


def build_accessibility(desktop: Desktop) -> Accessibility | None:
    """Return the accessibility tree of an X desktop; other desktops have none here."""
    display = getattr(desktop, "x_display", None)
    if display is None:
        return None
    from screenagent.desktop.x11.at_spi import AtSpi

    return AtSpi(display)


def build_approver(settings: Settings, ask: Ask, reader: TextReader) -> Approver:
    """Build the approver: everything is allowed under `approve = "never"`, otherwise the policy decides what to ask."""
    if settings.approve == "never":
        return AllowAll()
    return AskPerson(ask, risky_only=settings.approve == "risky", policy=read_policy(settings.policy), reader=reader)


def read_policy(path: Path | None) -> Policy:
    """Return the policy in the file, or the default one."""
    return default_policy() if path is None else Policy.read(path)
