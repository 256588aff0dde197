"""A face's end of a run's socket: an attachment to a run of another process."""

from __future__ import annotations

import base64
import socket
import struct
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from PIL import Image
from pydantic import ValidationError

from screenagent.control import until
from screenagent.runs.store import has_picture, kept_picture
from screenagent.sessions.answers import Answer
from screenagent.sessions.attachment import News, NotGranted
from screenagent.sessions.messages import (
    AliveSaid,
    AnswerAsked,
    AttachAsked,
    AttachedSaid,
    DoneSaid,
    HoldAsked,
    Message,
    OverTold,
    PictureAsked,
    PictureSaid,
    RefusedSaid,
    Request,
    Said,
    Steering,
    SteeringAsked,
    message_type,
)
from screenagent.sessions.place import GoneRun, LiveRun

ALIVE_SECONDS: Final = 1.0
ANSWER_SECONDS: Final = 5.0
"""A run that does not answer a request within is not waited for."""
PIECE: Final = 1 << 18
LEAVING_SECONDS: Final = 0.5
"""A process that has closed its sockets is gone by then."""
GONE: Final = "the process of the run is gone"


class RemoteAttachment:
    """An `Attachment` to a run of another process. Two threads of its own read what comes, and say that it is alive.

    The last message of a run whose process is gone is an `OverTold` that says so, as of every run that is over.
    """

    def __init__(self, run: LiveRun, name: str, news: News, *, since: int = 0, watches: bool = False) -> None:
        """Attach to the run. Raise `GoneRun` if it does not answer, `NotGranted` if it does not want this face."""
        self._run = run
        self._connection = run.connect()
        self._connection.settimeout(None)
        seconds = struct.pack("ll", int(ANSWER_SECONDS), 0)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, seconds)
        self._news = news
        self._sending = threading.Lock()  # protects what is sent, the count of requests, and who waits for which
        self._requests = 0
        self._asked: dict[int, SimpleQueue[Said | None]] = {}
        self._read: deque[Message] = deque()
        self._next = since
        self._is_over = self._left = False
        self._refused = ""
        """Why the run refused something that nobody waited for: the last thing that it says to a face it detaches."""
        self._gone = threading.Event()
        threading.Thread(target=self._listen, name="attachment", daemon=True).start()
        try:
            attached = self._ask(AttachAsked(name=name[:200], since=since, watches=watches))
        except Exception:
            self.detach()
            raise
        assert isinstance(attached, AttachedSaid)
        self.id, self.about = attached.you, attached.about
        self.attached = attached
        """What the run said of itself then: the number of its next message, and what it waited for."""
        threading.Thread(target=self._say_alive, name="attachment alive", daemon=True).start()

    def read(self) -> Sequence[Message]:
        messages = []
        with suppress(IndexError):
            while True:
                messages.append(self._read.popleft())
        return messages

    def answer(self, question: str, answer: Answer) -> None:
        self._ask(AnswerAsked(question=question, answer=answer))

    def steer(self, what: Steering, text: str = "") -> None:
        self._ask(SteeringAsked(what=what, text=text))

    def take(self, *, if_free: bool = False) -> bool:
        done = self._ask(HoldAsked(what="take_if_free" if if_free else "take"))
        return isinstance(done, DoneSaid) and done.holds

    def release(self) -> None:
        self._ask(HoldAsked(what="release"))

    def refuse(self) -> None:
        self._ask(HoldAsked(what="refuse"))

    def hand_over(self, to: str) -> None:
        self._ask(HoldAsked(what="hand_over", to=to))

    def picture(self, digest: str) -> Image.Image | None:
        """Return the picture from the folder of the run, which costs the run nothing, or else from the run itself."""
        folder = Path(self.about.folder) if self.about.folder else None
        with suppress(ValueError, OSError):
            if folder is not None and has_picture(folder, digest):
                return kept_picture(folder, digest)
        png = self.picture_png(digest)
        return None if png is None else Image.open(BytesIO(png))

    def picture_png(self, digest: str) -> bytes | None:
        """Return the picture of a screenshot as a PNG file; None if it is not kept."""
        said = self._ask(PictureAsked(digest=digest))
        return base64.b64decode(said.png) if isinstance(said, PictureSaid) and said.png is not None else None

    def detach(self) -> None:
        self._left = True
        self._gone.set()
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def _ask(self, request: Request) -> Said:
        """Send a request, and return what the run says to it."""
        said: SimpleQueue[Said | None] = SimpleQueue()
        with self._sending:
            if self._gone.is_set():
                raise GoneRun(GONE)
            number, self._requests = self._requests, self._requests + 1
            self._asked[number] = said
            self._send(request)
        try:
            answered = said.get(timeout=ANSWER_SECONDS)
        except Empty:
            raise GoneRun(f"the run does not answer; its process is {self._run.about.pid}") from None
        finally:
            self._asked.pop(number, None)
        if answered is None:
            raise GoneRun(GONE)
        if isinstance(answered, RefusedSaid):
            raise NotGranted(answered.why)
        return answered

    def _send(self, request: Request) -> None:
        try:
            self._connection.sendall(request.model_dump_json().encode("utf-8", "backslashreplace") + b"\n")
        except OSError as error:
            raise GoneRun(f"{GONE}, or does not listen") from error

    def _say_alive(self) -> None:
        """Say every second that this face is alive; nobody waits for what the run says to that."""
        while not self._gone.wait(ALIVE_SECONDS):
            with self._sending, suppress(GoneRun):
                self._requests += 1
                self._send(AliveSaid())

    # In the thread that listens

    def _listen(self) -> None:
        rest = bytearray()
        with suppress(OSError):
            while piece := self._connection.recv(PIECE):
                rest += piece
                *lines, rest = rest.split(b"\n")
                for line in lines:
                    self._hear(line)
                if lines:
                    self._say_news()
        self._end()

    def _hear(self, line: bytearray) -> None:
        """Take a message or an answer; one of a kind that is not known says nothing to us."""
        try:
            said = message_type().validate_json(line)
        except ValidationError:
            return
        match said:
            case AttachedSaid():
                self._answered(0, said)
            case DoneSaid(request=number) | RefusedSaid(request=number) | PictureSaid(request=number):
                self._answered(number, said)
            case _:
                self._next = said.number + 1
                self._is_over = self._is_over or isinstance(said, OverTold)
                self._read.append(said)

    def _answered(self, number: int, said: Said) -> None:
        if (waits := self._asked.get(number)) is not None:
            waits.put(said)
        elif isinstance(said, RefusedSaid):
            self._refused = said.why

    def _end(self) -> None:
        self._gone.set()
        with self._sending:
            waiting = tuple(self._asked.values())
        for waits in waiting:
            waits.put(None)
        self._connection.close()
        if not (self._is_over or self._left):
            is_gone = until(lambda: not self._run.is_alive(), seconds=LEAVING_SECONDS)
            why = GONE if is_gone else f"the run has detached this face: {self._refused or 'it does not say why'}"
            self._read.append(OverTold(number=self._next, error=why))
            self._say_news()

    def _say_news(self) -> None:
        """Tell the face that there is news; one that breaks at that is still listened for."""
        with suppress(Exception):
            self._news()
