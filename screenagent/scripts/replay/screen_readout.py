"""Reads values off the screen: what a control holds, or what stands beside a text."""

from __future__ import annotations

from dataclasses import dataclass

from screenagent.planning.skills.view import ScreenView
from screenagent.protocols import Grounder, StateReader, TextReader
from screenagent.screenshot import Screenshot
from screenagent.scripts.replay.readout import Unread, ValueReading
from screenagent.scripts.schema import ReadAs


@dataclass(frozen=True)
class ScreenReadout:
    """By what the program tells where it does, else by the reader."""

    reader: TextReader
    grounder: Grounder
    states: StateReader | None = None

    def read(self, what: str, kind: ReadAs, screenshot: Screenshot) -> ValueReading | Unread:
        view = ScreenView(self.reader, self.grounder, states=self.states)
        view.screen = screenshot
        place = view.find(what)
        if place is None or place.box is None:
            return Unread(view.why_absent(what))
        told = view.told_value(place.box)
        if told is not None:
            return ValueReading(value=told, shown=told, confidence=1.0, by="accessibility", box=place.box)
        shown = " ".join(line.text for line in view.lines_in(place.box))
        return ValueReading(value=shown, shown=shown, confidence=place.confidence, by="text", box=place.box)
