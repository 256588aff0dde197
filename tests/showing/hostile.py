"""Texts that try to do something where they are shown, and a run that is full of them."""

from __future__ import annotations

import re
from typing import Final

from hypothesis import strategies as st
from PIL import Image

from screenagent.actions import Ask, Click, Finish, TypeText, Visible
from screenagent.approval import ApprovalQuestion
from screenagent.episode import Episode
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
    Paused,
    Plan,
    PlannedStep,
    Reject,
    Retried,
    Reviewed,
    Started,
    Thought,
    UserMessage,
)
from screenagent.geometry import Doubt, Guess, Location, Point
from screenagent.screenshot import Screenshot, Window

CODES: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
)
"""Said anew here, so that the test does not believe the program."""

OUR_STYLES: Final = re.compile(r"\x1b\[(?:0|1|2|31|32|33)m")

CLEARED: Final = "x”\x1b[2K\r? move the mouse to “Help”  at (0.500, 0.500) in “Letter"
UP: Final = "Letter\x1b7\x1b[4;67H \x1b[1mpress ctrl+s\x1b[0m" + " " * 39 + "\x1b8"
FRAGMENTS: Final = (
    *(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))),
    *"\xad\u061c\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff",
    *"\U000e0001\U000e0041\U000e0100\u3164\u2800",
    *("\r\n", "\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;http://evil\x1b\\here", "\x1bP0q\x1b\\", "\x9b5n", "\x1b[6n"),
    *("[red]loud[/red]", "[@click=app.quit]quit[/]", "[/]", "<script>alert(1)</script>", "]]>", "%s{0}", CLEARED, UP),
)

hostile_texts = st.lists(
    st.sampled_from(FRAGMENTS) | st.text(st.characters(codec="utf-8"), max_size=8), min_size=1, max_size=30
).map(lambda parts: "a" + "".join(parts) + "z")

EVERYTHING: Final = "a" + "".join(FRAGMENTS) + "z"
HERE: Final = Location(point=Point(x=0.5, y=0.5), confidence=0.9, by="text")


def raw_codes(shown: str, *, lines: bool = True) -> list[str]:
    """Return the codes in what was shown that are not our own colours or line ends."""
    ours = OUR_STYLES.sub("", shown)
    return CODES.findall(ours.replace("\n", "").replace("\t", "") if lines else ours)


def screen(text: str) -> Screenshot:
    return Screenshot.of(Image.new("RGB", (320, 180), "white"), window=Window(id=1, title=text, app=text))


def hostile_question(text: str) -> ApprovalQuestion:
    """The question about a click where all words are the attacker's but `Destroy`."""
    click = Click(target=f"Destroy {text}")
    doubt = Doubt(why=text, guesses=(Guess(words=text, location=HERE),))
    decided = Decision(plan=Plan(steps=(PlannedStep(action=click, expectation=Visible(words=text)),)))
    return ApprovalQuestion(
        click,
        (HERE,),
        text,
        Episode.of(
            [
                Started(task=text),
                Observed(at=0.1, screenshot=screen(text)),
                Decided(at=0.2, decision=decided),
                Grounded(at=0.3, action=click, locations=(HERE,), doubt=doubt),
            ]
        ),
        note=text,
        path=(Click(target=text),),
    )


def hostile_run(text: str) -> list[Event]:
    """A run of every kind of event, each of whose texts is the attacker's."""
    click = PlannedStep(action=Click(target=text), expectation=Visible(words=text))
    typed = PlannedStep(action=TypeText(text=text))
    asked = PlannedStep(action=Ask(question=text))
    plan = Plan(steps=(click, typed, asked, PlannedStep(action=Finish(success=False, message=text))))
    look = screen(text)
    return [
        Started(task=text),
        Observed(at=0.1, screenshot=look),
        Thought(at=0.2, text=text),
        Decided(at=0.3, decision=Decision(plan=plan, thought=text)),
        Grounded(at=0.4, action=click.action, locations=(HERE.model_copy(update={"by": "text"}),)),
        Reviewed(at=0.5, verdict=Approve()),
        Acted(at=0.6, action=click.action, locations=(HERE,)),
        Observed(at=0.7, screenshot=look),
        Checked(at=0.8, effect=Effect(outcome="contradicted", evidence=text)),
        Retried(at=0.9, recovery="think", why=text),
        Paused(at=0.9, why=text),
        UserMessage(at=1.0, text=text),
        Decided(at=1.1, decision=Decision(plan=plan, at=1)),
        Grounded(at=1.2, action=typed.action),
        Reviewed(at=1.3, verdict=Reject(reason=text)),
        Failed(at=1.4, feedback=text),
        Decided(at=1.5, decision=Decision(plan=plan, at=3)),
        Ended(at=1.6, result="gave_up", message=text),
    ]


def well_run(text: str) -> list[Event]:
    """A run of one click that went well, each of whose texts is the attacker's."""
    click = PlannedStep(action=Click(target=text), expectation=Visible(words=text))
    plan = Plan(steps=(click, PlannedStep(action=Finish(success=True, message=text))))
    look = screen(text)
    return [
        Started(task=text),
        Observed(at=0.1, screenshot=look),
        Decided(at=0.3, decision=Decision(plan=plan, thought=text)),
        Grounded(at=0.4, action=click.action, locations=(HERE,)),
        Reviewed(at=0.5, verdict=Approve()),
        Acted(at=0.6, action=click.action, locations=(HERE,)),
        Observed(at=0.7, screenshot=look),
        Checked(at=0.8, effect=Effect(outcome="confirmed", evidence=text)),
        Decided(at=1.1, decision=Decision(plan=plan, at=1)),
        Ended(at=1.6, result="done", message=text),
    ]
