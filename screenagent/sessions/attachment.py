"""What a face can do with a run that it is attached to, in the run's own process or over its socket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from PIL import Image

from screenagent.errors import UserError
from screenagent.sessions.answers import Answer
from screenagent.sessions.messages import About, Message, Steering

News = Callable[[], object]
"""Called in any thread when there is something to read. It must return at once, and may ask nothing of the run."""


class NotGranted(UserError):
    """The run did not do what a face asked of it; the text says why. Nothing was done."""

    code = "refused"


class Attachment(Protocol):
    """All methods may be called from any thread. `NotGranted` is raised by what the run does not do."""

    id: str

    @property
    def about(self) -> About:
        """What the run is."""
        ...

    def read(self) -> Sequence[Message]:
        """Return the messages that have come since the last call, without waiting."""
        ...

    def answer(self, question: str, answer: Answer) -> None:
        """Answer the question of this id. Only who holds the yes may, once, and while the question is open."""
        ...

    def steer(self, what: Steering, text: str = "") -> None:
        """Stop or pause the run; all else is for who holds the yes."""
        ...

    def take(self, *, if_free: bool = False) -> bool:
        """Take the yes, if nobody has it; else ask its holder for it, unless `if_free`.

        Return whether it is ours now.
        """
        ...

    def release(self) -> None:
        """Give the yes back."""
        ...

    def refuse(self) -> None:
        """Keep the yes that another face asks for."""
        ...

    def hand_over(self, to: str) -> None:
        """Give the yes to the attachment of this id."""
        ...

    def picture(self, digest: str) -> Image.Image | None:
        """Return the picture of a screenshot; None if it is not kept."""
        ...

    def detach(self) -> None:
        """Leave the run, which goes on."""
        ...
