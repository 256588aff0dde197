"""The root of the engine's errors that its caller can fix."""

from __future__ import annotations

from typing import ClassVar


class EngineError(Exception):
    """What was handed to the engine, or the machine that it runs on, cannot be used; the text says why and what can."""

    code: ClassVar[str] = "engine"
