"""The steps that send something: to the mouse, to the keyboard, to a window."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from screenagent.actions import Button, Command, Direction, Modifier, Words
from screenagent.geometry import Value
from screenagent.scripts.schema.parts import AnchorName, Chord, Expected, Placed, ScriptTarget, Timeout, slug


class ScriptStep(Value):
    """What any step may say beside what it does."""

    expect: Expected | None = Field(
        None, description="what has to be seen, or be gone, afterwards; else the replay ends"
    )
    may: Literal["nothing"] | None = Field(
        None, description="`nothing`: the screen may stay as it is; without it the replay ends where nothing changes"
    )
    timeout: Timeout | None = Field(None, description="how many seconds its target, or what it waits for, may be late")


class TargetStep(ScriptStep):
    anchor: AnchorName | tuple[AnchorName, ...] | None = Field(
        None, description="the recorded appearances of its targets; by default those with the names of the targets"
    )

    target_keys: ClassVar[tuple[str, ...]]

    @property
    def targets(self) -> tuple[str | Placed, ...]:
        """Its targets in the order of the action's."""
        return tuple(target for key in self.target_keys if (target := getattr(self, key)) is not None)

    @property
    def anchors(self) -> tuple[str, ...]:
        """The name of each target's anchor, whether there is one or not."""
        match self.anchor:
            case None:
                return tuple(slug(str(target)) for target in self.targets)
            case str(name):
                return (name, *(slug(str(target)) for target in self.targets[1:]))
            case names:
                return names

    @model_validator(mode="after")
    def _an_anchor_a_target(self) -> TargetStep:
        if isinstance(self.anchor, tuple) and len(self.anchor) != len(self.targets):
            raise ValueError(f"{len(self.anchor)} anchors for {len(self.targets)} targets")
        return self


class ClickStep(TargetStep):
    target_keys = ("click",)
    click: ScriptTarget
    button: Button = "left"
    count: Literal[1, 2, 3] = 1
    hold: tuple[Modifier, ...] = ()


class MoveStep(TargetStep):
    target_keys = ("move",)
    move: ScriptTarget


class DragStep(TargetStep):
    target_keys = ("drag", "to", "via")
    drag: ScriptTarget
    to: ScriptTarget
    via: tuple[ScriptTarget, ...] = ()
    button: Button = "left"
    hold: tuple[Modifier, ...] = ()
    slowly: bool = False

    @property
    def targets(self) -> tuple[str | Placed, ...]:
        return (self.drag, *self.via, self.to)


class ScrollStep(TargetStep):
    target_keys = ("over",)
    scroll: Direction
    over: ScriptTarget | None = None
    notches: int = Field(5, gt=0, le=100)


class KeyboardStep(ScriptStep):
    window: Words | None = Field(None, description="words in the title or the name of the application that gets it")


class TypeStep(TargetStep, KeyboardStep):
    """Into where the keyboard focus is, or into a field that is clicked first."""

    target_keys = ("into",)
    type: str = Field(min_length=1)
    into: ScriptTarget | None = None


class PressStep(KeyboardStep):
    press: Chord = Field(description="keys pressed together, as in ctrl+s")
    times: int = Field(1, gt=0, le=100)


class HoldStep(KeyboardStep):
    hold_keys: Chord
    seconds: float = Field(gt=0, le=60)


class FillStep(TargetStep, KeyboardStep):
    """A field holds this text and nothing else afterwards, which is read back; an empty text clears it."""

    model_config = ConfigDict(populate_by_name=True)

    target_keys = ("fill",)
    fill: ScriptTarget
    text: str = Field(alias="with", description="what the field holds afterwards")


class ChooseStep(TargetStep):
    """One option of a drop-down or a list is chosen afterwards; where it is chosen already, nothing is sent."""

    model_config = ConfigDict(populate_by_name=True)

    target_keys = ("place",)
    choose: Words
    place: ScriptTarget = Field(alias="in", description="the drop-down or the list")


class TickStep(TargetStep):
    """A check box is ticked, or a radio button chosen, afterwards; nothing is sent where it is so already."""

    target_keys = ("tick",)
    tick: ScriptTarget


class UntickStep(TargetStep):
    target_keys = ("untick",)
    untick: ScriptTarget


class TurnOnStep(TargetStep):
    """A switch is on afterwards."""

    target_keys = ("turn_on",)
    turn_on: ScriptTarget


class TurnOffStep(TargetStep):
    target_keys = ("turn_off",)
    turn_off: ScriptTarget


class WindowStep(ScriptStep):
    """About a program or a window, whichever is in front."""


class OpenStep(WindowStep):
    """Start a program, with its arguments, and wait until a window of it is in front."""

    open: Command


class FocusStep(WindowStep):
    """Bring a window to the front, by words in its title or the name of its application."""

    focus: Words


class CloseStep(WindowStep):
    """Ask a window to close."""

    close: Words
