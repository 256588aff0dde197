"""What a run tells the faces that are attached to it, and what they ask of it: the messages of the socket.

Each message is one line of JSON. A reader leaves out a message whose kind it does not know; what asks for another
`VERSION` is refused.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from screenagent.actions import Action, Click
from screenagent.approval import ApprovalQuestion
from screenagent.control import KeyAnswer
from screenagent.episode import Episode
from screenagent.events import Event
from screenagent.geometry import Location, Value
from screenagent.sessions.answers import Answer

VERSION: Final = 1
"""It changes when a message can no longer be read by who knows the one before."""

LONGEST_REQUEST: Final = 65536
"""Bytes. A face that sends a longer line is detached."""


class About(Value):
    """What a run is: told to a face as it attaches, and by `screenagent runs` of a run that is under way."""

    run: str = Field(description="the id: the name of the folder that it is recorded in, where there is one")
    task: str
    pid: int
    folder: str = Field(default="", description="where it is recorded; empty if it is not")
    desktop: str = Field(default="", description="where it takes place, in words")
    display: str = Field(
        default="", description="the display of a virtual desktop: an X server such as :7, or a Wayland socket"
    )
    answer_keys: str = Field(default="", description="the keys that answer from anywhere on the desktop, in words")
    plans_anew: bool = Field(default=False, description="whether a model looks for another way after a no")


class _Told(Value):
    """`number` counts the messages of a run from 0; a face that attaches again asks for those from where it was."""

    number: int


class EventTold(_Told):
    kind: Literal["event"] = "event"
    event: Event


class QuestionTold(_Told):
    """A person is asked. What the question is about is the step under way of the episode that the events before make.

    `seconds` is the time for an answer from now on; None sets no limit.
    """

    kind: Literal["question"] = "question"
    id: str
    action: Action
    locations: tuple[Location, ...] = ()
    risk: str | None = None
    path: tuple[Click, ...] = ()
    note: str = ""
    seconds: float | None = None

    def on(self, episode: Episode) -> ApprovalQuestion:
        """Return the question as it was asked, of the episode as it was then."""
        return ApprovalQuestion(self.action, self.locations, self.risk, episode, self.path, self.note)


ClosedHow = Literal["answered", "unanswered", "stopped"]


class QuestionClosed(_Told):
    """The question takes no answer any more; `by` names the face that answered."""

    kind: Literal["closed"] = "closed"
    id: str
    how: ClosedHow
    by: str = ""


class HolderTold(_Told):
    """Who may answer from here on: the attachment of this id, or nobody. `name` is for people."""

    kind: Literal["holder"] = "holder"
    id: str = ""
    name: str = ""


class WantedTold(_Told):
    """Another face asks for the yes; it gets it after `seconds`, unless the holder refuses."""

    kind: Literal["wanted"] = "wanted"
    id: str
    name: str
    seconds: float


class SteeringTold(_Told):
    """Whether the run waits, and whether a person works on its desktop meanwhile."""

    kind: Literal["steering"] = "steering"
    paused: bool
    taken_over: bool = False


class KeyTold(_Told):
    """The user's answer keys were pressed somewhere on the desktop; the attachment `to` answers the question with
    them, if it would take keys of its own now."""

    kind: Literal["key"] = "key"
    to: str
    question: str
    said: KeyAnswer


class OverTold(_Told):
    """Nothing comes after this. `error` is what broke the run, if it did not end by itself."""

    kind: Literal["over"] = "over"
    error: str = ""


Message = Annotated[
    EventTold | QuestionTold | QuestionClosed | HolderTold | WantedTold | SteeringTold | KeyTold | OverTold,
    Field(discriminator="kind"),
]

Steering = Literal["stop", "pause", "resume", "one_step", "take_over", "hand_back", "say"]
"""How a face steers a run; `say` tells the agent something."""


class AttachAsked(Value):
    """The first request of each face. One that only `watches` never holds the yes."""

    ask: Literal["attach"] = "attach"
    version: int = VERSION
    name: str = Field(default="a face", max_length=200)
    since: int = Field(default=0, ge=0)
    watches: bool = False


class AnswerAsked(Value):
    ask: Literal["answer"] = "answer"
    question: str
    answer: Answer


class SteeringAsked(Value):
    ask: Literal["steer"] = "steer"
    what: Steering
    text: str = ""


class HoldAsked(Value):
    """Take the yes, only if nobody has it or else asking its holder for it; give it back; refuse it to who asked for
    it; or hand it over to the attachment `to`."""

    ask: Literal["hold"] = "hold"
    what: Literal["take", "take_if_free", "release", "refuse", "hand_over"]
    to: str = ""


class PictureAsked(Value):
    ask: Literal["picture"] = "picture"
    digest: str


class AliveSaid(Value):
    """Said every second or so by a face that holds the yes, so that a lost one is known."""

    ask: Literal["alive"] = "alive"


Request = Annotated[
    AttachAsked | AnswerAsked | SteeringAsked | HoldAsked | PictureAsked | AliveSaid, Field(discriminator="ask")
]


class AttachedSaid(Value):
    """The answer to `attach`; `you` is the id of the attachment."""

    kind: Literal["attached"] = "attached"
    version: int = VERSION
    you: str
    about: About
    next: int = Field(default=0, description="the number of the first message that had not happened yet")
    waits_for: str = Field(default="", description="what a person is being asked, in words; empty if nothing is")


class DoneSaid(Value):
    """The request with this number, counted from 0 on each connection, was carried out."""

    kind: Literal["done"] = "done"
    request: int
    holds: bool = Field(default=False, description="whether this attachment holds the yes now")


class RefusedSaid(Value):
    """The request was refused, and nothing was done."""

    kind: Literal["refused"] = "refused"
    request: int
    why: str


class PictureSaid(Value):
    """A picture as PNG in base64; None if it is not there any more."""

    kind: Literal["picture"] = "picture"
    request: int
    png: str | None


Said = Annotated[AttachedSaid | DoneSaid | RefusedSaid | PictureSaid, Field(discriminator="kind")]


@cache
def message_type() -> TypeAdapter[Message | Said]:
    """Return what validates a line that a run sends."""
    return TypeAdapter(Annotated[Message | Said, Field(discriminator="kind")])


@cache
def request_type() -> TypeAdapter[Request]:
    """Return what validates a line that a face sends."""
    return TypeAdapter(Request)
