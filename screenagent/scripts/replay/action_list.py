"""All actions of a script and of those that it runs, with what is known by now in place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from screenagent.actions import Input, WaitFor
from screenagent.geometry import Size
from screenagent.scripts.linked import Linked
from screenagent.scripts.replay.actions import Binding, ScriptAction, script_actions
from screenagent.scripts.replay.flow import Frame
from screenagent.scripts.schema import AnyStep, FileThere, KeyPath, expected_of


@dataclass
class ActionList:
    """They are bound again only when more is known; how many there are, and of which steps, never changes."""

    linked: Linked
    values: Mapping[str, str]
    recorded: frozenset[str]
    _binding: Binding | None = None
    _bound: Sequence[ScriptAction] = ()
    _places: Mapping[KeyPath, Sequence[int]] = field(default_factory=dict)

    def known(self, frames: Sequence[Frame], screen: Size) -> Binding:
        """Return what is known while the scripts of `frames` are played, the outermost first."""
        values = frames[0].values if frames else self.values
        running = {frame.at: dict(frame.values) for frame in frames[1:]}
        return Binding(dict(values), screen, self.recorded, running=running)

    def actions(self, binding: Binding) -> Sequence[ScriptAction]:
        if binding != self._binding:
            self._binding = binding
            self._bound = tuple(script_actions(self.linked, binding))
        return self._bound

    def places(self, path: KeyPath, binding: Binding) -> Sequence[int]:
        """Return where in the list the actions of the step at `path` are; empty if it has none that it says itself."""
        if not self._places:
            places = defaultdict[KeyPath, list[int]](list)
            for number, action in enumerate(self.actions(binding)):
                places[action.path].append(number)
            self._places = places
        return self._places.get(path, ())

    def following(self, step: AnyStep, path: KeyPath, binding: Binding) -> int | None:
        """Return where the first action of the step after that at `path` is; None if another thing comes first."""
        *within, number = path
        first = next(iter(self.places((*within, int(number) + 1), binding)), None)
        if first is None or isinstance(expected_of(step), FileThere):
            return None
        return first if isinstance(self.actions(binding)[first].planned.action, Input | WaitFor) else None
