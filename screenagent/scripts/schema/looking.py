"""The steps that look, and send nothing."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from screenagent.actions import Words
from screenagent.geometry import Value
from screenagent.scripts.schema.parts import Comparison, Expected, ParameterName, Timeout

ReadAs = Literal["text", "number", "date", "money", "table"]


class WaitForStep(Value):
    """Until these words are seen, or gone; the replay ends where they are not in time."""

    wait_for: Expected
    timeout: Timeout | None = None


class ExpectStep(Value):
    """The same for what should be there at once: it is waited for only as long as a screen takes to settle."""

    expect: Expected
    timeout: Timeout | None = None


class ReadStep(Value):
    """Read a value off the screen; `into` is a parameter from there on."""

    model_config = ConfigDict(populate_by_name=True)

    read: Words = Field(description="what to read, as in `the number right of Total`")
    kind: ReadAs = Field("text", alias="as", description="what it has to be, to be believed")
    into: ParameterName
    timeout: Timeout | None = None


class VerifyStep(Value):
    """Compare what was read or given; the replay ends where it does not hold."""

    verify: Comparison
    soft: bool = Field(False, description="note that it does not hold, and go on")
