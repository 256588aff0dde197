"""Runs written by hand, for what is shown and kept of a run: every kind of event, small pictures."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from screenagent.actions import Change, Click, Drag, Finish, Gone, PressKeys, TypeText, Visible
from screenagent.events import (
    Acted,
    Approve,
    Checked,
    Decided,
    Decision,
    Effect,
    Ended,
    Event,
    Failed,
    Grounded,
    Observed,
    Plan,
    PlannedStep,
    Reject,
    Retried,
    Reviewed,
    Started,
    Thought,
    UserMessage,
)
from screenagent.geometry import Box, Location, Point
from screenagent.runs.log import Recorder
from screenagent.screenshot import Screenshot, Window
from screenagent.usage import Usage

MENU = Location(
    point=Point(x=0.1, y=0.1), box=Box(left=0.05, top=0.05, right=0.15, bottom=0.15), confidence=0.97, by="text"
)
ENTRY = Location(point=Point(x=0.25, y=0.5), confidence=0.64, by="model")


def screen(words: str, *, title: str = "Untitled", size: tuple[int, int] = (320, 180)) -> Screenshot:
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, size[0], 20), fill="#356")
    draw.text((10, 40), words, fill="black")
    return Screenshot.of(image, window=Window(id=1, title=title, app="editor"))


def whole_run() -> list[Event]:
    """Saving a file: confirmed at once, confirmed on the second look, not confirmed, refused, planned anew, done."""
    save = (
        PlannedStep(action=Click(target="File"), expectation=Visible(words="Save As")),
        PlannedStep(action=Click(target="Save As"), expectation=Visible(words="Name")),
        PlannedStep(action=TypeText(text="notes.txt"), expectation=Change()),
        PlannedStep(action=PressKeys(keys=("enter",)), expectation=Gone(words="Name")),
    )
    instead = (
        PlannedStep(action=Drag(path=("the file", "the folder"))),
        PlannedStep(action=Finish(success=True, message="saved")),
    )
    plan, other_plan = Plan(steps=save), Plan(steps=instead)
    start, menu, dialog, end = screen("start"), screen("menu"), screen("dialog", title="Save As"), screen("end")
    return [
        Started(task="save it as notes.txt"),
        Observed(at=0.2, screenshot=start, usage=Usage(seconds={"capture": 0.01, "settle": 0.15})),
        Thought(at=0.5, text="First the menu, "),
        Thought(at=0.9, text="then the dialog."),
        Decided(
            at=1.0,
            decision=Decision(plan=plan),
            usage=Usage(seconds={"prefill": 0.3, "decode": 0.5}, prompt_tokens=1200, thought_tokens=40),
        ),
        Grounded(at=1.1, action=save[0].action, locations=(MENU,), usage=Usage(seconds={"locate": 0.1})),
        Reviewed(at=1.5, verdict=Approve(), usage=Usage(seconds={"approve": 0.4})),
        Acted(at=1.6, action=save[0].action, locations=(MENU,), usage=Usage(seconds={"act": 0.01})),
        Observed(at=1.7, screenshot=menu, usage=Usage(seconds={"settle": 0.1})),
        Checked(at=1.8, effect=Effect(outcome="confirmed", evidence="“Save As” is seen", where=MENU.box)),
        Decided(at=2.0, decision=Decision(plan=plan, at=1)),
        Grounded(at=2.1, action=save[1].action, locations=(ENTRY,)),
        Reviewed(at=2.2, verdict=Approve()),
        Acted(at=2.3, action=save[1].action, locations=(ENTRY,)),
        Observed(at=2.4, screenshot=menu),
        Checked(at=2.5, effect=Effect(outcome="unchanged", evidence="nothing moved")),
        Retried(at=2.5, recovery="wait", why="the dialog may be opening"),
        Observed(at=3.0, screenshot=dialog),
        Checked(at=3.1, effect=Effect(outcome="confirmed", evidence="“Name” is seen")),
        UserMessage(at=3.2, text="not into the desktop folder"),
        Decided(at=3.3, decision=Decision(plan=plan, at=2, thought="The name field has the focus.")),
        Grounded(at=3.3, action=save[2].action),
        Reviewed(at=3.4, verdict=Approve()),
        Acted(at=3.5, action=save[2].action),
        Observed(at=3.6, screenshot=dialog),
        Checked(at=3.7, effect=Effect(outcome="unchanged", evidence="the same picture")),
        Decided(at=3.8, decision=Decision(plan=plan, at=3)),
        Grounded(at=3.8, action=save[3].action),
        Reviewed(at=5.0, verdict=Reject(reason="that overwrites a file")),
        Failed(at=5.0, feedback="the user refused to press enter: that overwrites a file"),
        Decided(at=6.0, decision=Decision(plan=other_plan)),
        Grounded(at=6.1, action=instead[0].action, locations=(MENU, ENTRY)),
        Reviewed(at=6.2, verdict=Approve()),
        Acted(at=6.3, action=instead[0].action, locations=(MENU, ENTRY)),
        Observed(at=6.4, screenshot=end),
        Checked(at=6.5, effect=Effect(outcome="changed", evidence="a tenth of the picture changed")),
        Decided(at=6.6, decision=Decision(plan=other_plan, at=1)),
        Ended(at=6.7, result="done", message="saved"),
    ]


def record(folder: Path, events: list[Event]) -> Path:
    with Recorder(folder, settings={"max_steps": 30}, prompts={"plan": "ab12"}) as recorder:
        for event in events:
            recorder(event)
    return folder
