"""Recognizes what gestures were for by what came of them: a field filled, a box ticked, an option chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from screenagent import actions
from screenagent.geometry import Box, Location
from screenagent.perception.labels import text_lines
from screenagent.perception.similarity import letters_of, likeness
from screenagent.perception.states import ControlStateReader
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot
from screenagent.scripts import schema
from screenagent.scripts.parameters import PLACE
from screenagent.scripts.replay.appearance import READ_ALIKE
from screenagent.scripts.schema import AnyStep, ClickStep, PressStep, TypeStep

FIELDS: Final = (" field", " text area")
FOCUS: Final = "focus"  # what a location says of a field that has the keyboard focus and was not clicked
LISTS: Final = (" drop-down", " field")
LABEL_GAP: Final = 0.6  # heights of a word: what is farther apart belongs to two labels
BEGUN: Final = 0.5  # the share of a text that is seen in a field where the next key came at once
SELECTS_ALL: Final = "ctrl+a"


class Performed(Protocol):
    """An action that was carried out, and the screenshots round it."""

    @property
    def action(self) -> actions.Action: ...
    @property
    def locations(self) -> tuple[Location, ...]: ...
    @property
    def before(self) -> Screenshot: ...
    @property
    def after(self) -> Screenshot | None: ...


class Result(NamedTuple):
    """A step that takes the place of so many of the last ones."""

    step: AnyStep
    replaced: int


class ResultReader:
    """Tells what a step was for. It does so only where the screenshots show that it was: any other stays a gesture."""

    def __init__(self, reader: TextReader) -> None:
        self._reader = reader
        self._states = ControlStateReader(reader)

    def of(self, done: Sequence[tuple[AnyStep, Performed]]) -> Result | None:
        """Return what the last of the steps was for, or the last two or three together."""
        match done:
            case [*_, (ClickStep() as click, pointed), (PressStep(press=keys), _), (TypeStep() as typed, last)] if (
                keys == SELECTS_ALL
            ):
                return self._filled(click, pointed, typed, last, replaced=3)
            case [*_, (ClickStep() as click, pointed), (TypeStep() as typed, last)]:
                filled = self._filled(click, pointed, typed, last, replaced=2)
                return filled or self._entered(click, pointed, typed, last)
            case [*earlier, (ClickStep() as click, pointed)] if _is_plain(click) and pointed.locations[0].by != FOCUS:
                chosen = self._chosen(*earlier[-1], click, pointed) if earlier else None
                return chosen or self._ticked(click, pointed)
            case _:
                return None

    def _filled(
        self, click: ClickStep, pointed: Performed, typed: TypeStep, last: Performed, *, replaced: int
    ) -> Result | None:
        """If the field holds what was typed and nothing else."""
        target, box = click.click, pointed.locations[0].box
        if not isinstance(target, str) or not target.endswith(FIELDS) or box is None or last.after is None:
            return None
        text = last.action.text if isinstance(last.action, actions.TypeText) else ""
        if click.button != "left" or click.hold or PLACE.search(text) or not self._holds(box, text, last):
            return None
        values = {"fill": target, "with": typed.type, "anchor": click.anchor, "expect": typed.expect}
        return Result(schema.FillStep.model_validate(values), replaced)

    def _entered(self, click: ClickStep, pointed: Performed, typed: TypeStep, last: Performed) -> Result | None:
        """If a text that nobody can read came into a field that had the focus and was empty."""
        place = pointed.locations[0]
        if place.by != FOCUS or place.box is None or not PLACE.search(typed.type) or self._read(place.box, last.before):
            return None
        return Result(typed.model_copy(update={"into": click.click, "anchor": click.anchor}), 2)

    def _holds(self, box: Box, text: str, typing: Performed) -> bool:
        """Return whether the field holds the text alone; of one that was empty the end may not have been drawn yet."""
        assert typing.after is not None
        read = self._read(box, typing.after)
        begun = len(letters_of(read)) >= BEGUN * len(letters_of(text)) and letters_of(text).startswith(letters_of(read))
        return likeness(text, read) >= READ_ALIKE or (begun and not self._read(box, typing.before))

    def _chosen(self, opening: AnyStep, opened: Performed, click: ClickStep, pointed: Performed) -> Result | None:
        """If the drop-down that was clicked before shows the option that was clicked, and did not before."""
        if not isinstance(opening, ClickStep) or not _is_plain(opening) or pointed.after is None:
            return None
        target, option, box = opening.click, click.click, opened.locations[0].box
        if not isinstance(target, str) or not isinstance(option, str) or not target.endswith(LISTS) or box is None:
            return None
        shown = [likeness(option, self._read(box, screen)) >= READ_ALIKE for screen in (opened.before, pointed.after)]
        if shown != [False, True] or pointed.locations[0].point in box:
            return None
        place = f"{target.removesuffix(' field').removesuffix(' drop-down')} drop-down"
        anchor = opening.anchors[0] if place != target else opening.anchor
        return Result(schema.ChooseStep.model_validate({"choose": option, "in": place, "anchor": anchor}), 2)

    def _ticked(self, click: ClickStep, pointed: Performed) -> Result | None:
        """If what was clicked is another state of a check box than before."""
        if not isinstance(click.click, str) or pointed.after is None:
            return None
        place = self._labelled(pointed.locations[0], pointed.before)
        control = self._states.ticked(pointed.before, place)
        if control is None:
            return None
        # Where the mouse lights up the control, it stands on another ground than its row, but where it was.
        later = self._states.ticked(pointed.after, place) or self._states.state(pointed.after, control.box)
        match [control.is_in("checked"), later.is_in("checked")]:
            case [False, True]:
                return Result(schema.TickStep(tick=click.click, anchor=click.anchor, expect=click.expect), 1)
            case [True, False]:
                return Result(schema.UntickStep(untick=click.click, anchor=click.anchor, expect=click.expect), 1)
            case _:
                return None

    def _labelled(self, place: Location, screen: Screenshot) -> Location:
        """Return a place with the bounds of the label that is there, of which a row may have several."""
        lines = text_lines(self._reader.read(screen), gap=LABEL_GAP)
        label = next((line.box for line in lines if place.point in line.box), place.box)
        return place.model_copy(update={"box": label})

    def _read(self, box: Box, screen: Screenshot) -> str:
        return " ".join(word.text for word in self._reader.read(screen) if word.box.center in box)


def _is_plain(click: ClickStep) -> bool:
    return click.button == "left" and click.count == 1 and not click.hold
