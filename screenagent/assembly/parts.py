"""Builds the parts of an agent that need no model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from screenagent.approval import AllowAll, Asker, Policy, PolicyApprover, default_policy
from screenagent.protocols import Accessibility, Approver, Desktop, TextReader
from screenagent.settings import Settings

if TYPE_CHECKING:
    from screenagent.grounding.embedded import EmbeddedGrounder
    from screenagent.perception.reader import ScreenReader
    from screenagent.perception.timing import Timing


def build_reader(settings: Settings, stages: Timing | None = None) -> ScreenReader:
    """Build the OCR reader; `stages` counts the time that it takes."""
    from screenagent.perception.reader import ScreenReader

    return ScreenReader(letters=settings.ocr_alphabet, stages=stages)


def build_grounder(
    settings: Settings,
    *,
    reader: ScreenReader | None = None,
    desktop: Desktop | None = None,
    stages: Timing | None = None,
) -> EmbeddedGrounder:
    """Build the embedded grounder. It asks the programs on `desktop` for their controls, if the settings allow it."""
    from screenagent.grounding.embedded import EmbeddedGrounder

    accessibility = build_accessibility(desktop) if desktop is not None and settings.accessibility else None
    return EmbeddedGrounder(reader or build_reader(settings, stages), accessibility=accessibility, stages=stages)


def build_accessibility(desktop: Desktop) -> Accessibility | None:
    """Return the accessibility tree of an X desktop; other desktops have none here."""
    display = getattr(desktop, "x_display", None)
    if display is None:
        return None
    from screenagent.desktop.x11.at_spi import AtSpi

    return AtSpi(display)


def build_approver(settings: Settings, ask: Asker, reader: TextReader) -> Approver:
    """Build the approver: everything is allowed under `approve = "never"`, otherwise the policy decides what to ask."""
    if settings.approve == "never":
        return AllowAll()
    return PolicyApprover(
        ask, risky_only=settings.approve == "risky", policy=read_policy(settings.policy), reader=reader
    )


def read_policy(path: Path | None) -> Policy:
    """Return the policy in the file, or the default one."""
    return default_policy() if path is None else Policy.read(path)
