"""A script: its parameters, its steps, and when they are played."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from screenagent.actions import Words
from screenagent.geometry import Value
from screenagent.scripts.schema.flow import AnyStep, AtLeastOne, Popup, Steps
from screenagent.scripts.schema.parts import PATIENCE, REPLACED, Parameter, ParameterName, Timeout


def _versions(schema: dict[str, Any]) -> None:
    """A file may also be of version 1, which is what one without a version is."""
    for key in ("const", "default"):
        schema.pop(key, None)
    schema["enum"] = [1, 2]


class Script(Value):
    """A task that can be played again."""

    version: Literal[2] = Field(
        2, description="the version of the format; 1 in a file that does not say", json_schema_extra=_versions
    )
    name: Words
    about: str = ""
    app: Words | None = Field(None, description="what to open on a virtual desktop, with its arguments")
    window: Words | None = Field(
        None, description="what has to be in front for the keyboard's steps, where they do not say so themselves"
    )
    parameters: dict[ParameterName, Parameter] = Field(default_factory=dict)
    timeout: Timeout = Field(10.0, description="how many seconds a target, or what is waited for, may be late")
    patience: Timeout | None = Field(
        None,
        description="how many seconds a target may be missing from a window that is in front and at rest: 5, or"
        " `timeout` if that is shorter or the script states it; `timeout` bounds the wait for a window that is not",
    )
    key: Words | None = Field(None, description="the column by which rows are known, unless `--key` names another")
    before_all: Steps = Field((), description="once, before the first row")
    before_row: Steps = ()
    steps: AtLeastOne
    after_row: Steps = Field((), description="also where the row failed")
    after_all: Steps = Field((), description="once, after the last row, also where it failed")
    on_popup: tuple[Popup, ...] = Field((), description="what may come up at any time, and what is done then")

    def patience_for(self, step: AnyStep) -> tuple[float, float]:
        """Return how many seconds the target of `step` may be missing: from a window at rest, and from any."""
        if stated := getattr(step, "timeout", None):
            return stated, stated
        if self.patience is None and "timeout" in self.model_fields_set:
            return self.timeout, self.timeout
        at_rest = self.patience or PATIENCE
        return min(at_rest, self.timeout), self.timeout

    def patience_if_replaced(self, step: AnyStep) -> float:
        """Return how many seconds if something else stands in its place: as many as the script states, if it does."""
        stated = getattr(step, "timeout", None) or self.patience or "timeout" in self.model_fields_set
        at_rest, _ = self.patience_for(step)
        return at_rest if stated else min(REPLACED, at_rest)

    @field_validator("version", mode="before")
    @classmethod
    def _known_version(cls, version: object) -> object:
        if type(version) is not int or version != 2:
            raise ValueError(f"version {version!r} of scripts is not known; write `version: 2`")
        return version
