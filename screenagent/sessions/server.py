"""Serves a session on a Unix socket from one thread: what each face sends is bounded, and what it reads may lag.

The agent's thread only sets a flag that there is something new. Each message is encoded once, whoever watches.
"""

from __future__ import annotations

import base64
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO
from queue import Empty, SimpleQueue
from typing import Final

from pydantic import ValidationError

from screenagent.desktop.front import face_came, face_left
from screenagent.sessions.attachment import NotGranted
from screenagent.sessions.messages import (
    LONGEST_REQUEST,
    VERSION,
    AliveSaid,
    AnswerAsked,
    AttachAsked,
    AttachedSaid,
    DoneSaid,
    HoldAsked,
    Message,
    PictureAsked,
    PictureSaid,
    RefusedSaid,
    Request,
    Said,
    SteeringAsked,
    request_type,
)
from screenagent.sessions.place import new_run_id, published
from screenagent.sessions.runtime_folder import WrongOwner, peer_process, peer_user
from screenagent.sessions.session import Face, Session
from screenagent.showing import abridged

LOOK_SECONDS: Final = 1.0
MOST_FACES: Final = 64
MOST_NEW: Final = 32
"""So many connections are accepted between two looks; others wait."""
ATTACH_SECONDS: Final = 5.0
"""A connection that has not attached by then is closed."""
STALLED_SECONDS: Final = 15.0
"""A face that has read nothing for so long, though there was something to read, is detached."""
AHEAD: Final = 1 << 18
"""Bytes that wait for a face; what is more stays in the session until it has read them."""
BURST: Final = 200
PER_SECOND: Final = 100
"""Requests: a face may make so many at once, and so many a second; one that makes more is detached."""
MOST_PICTURES: Final = 4
"""Pictures that a face may wait for at a time."""
KEPT: Final = 256
"""Encoded messages that are kept."""
TOO_LONG: Final = f"a request has at most {LONGEST_REQUEST} bytes"
LAST_SECONDS: Final = 0.3
"""The faces have so long to take the last messages of a run."""
PIECE: Final = 1 << 16


class Encoded:
    """The messages and pictures of a session as they are sent, each encoded once for all faces."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lines: dict[int, bytes] = {}
        self._pictures: dict[str, str | None] = {}

    def line(self, message: Message) -> bytes:
        if (line := self._lines.get(message.number)) is None:
            line = self._lines[message.number] = message_line(message)
            self._lines.pop(message.number - KEPT, None)
        return line

    def picture(self, digest: str) -> str | None:
        """Return a picture as PNG in base64. Called in the thread of pictures alone."""
        if digest not in self._pictures:
            image = self._session.picture(digest)
            if image is None:
                return None
            file = BytesIO()
            image.save(file, format="PNG", compress_level=1)
            while len(self._pictures) >= MOST_PICTURES:
                del self._pictures[next(iter(self._pictures))]
            self._pictures[digest] = base64.b64encode(file.getvalue()).decode("ascii")
        return self._pictures[digest]


def message_line(message: Message | Said) -> bytes:
    """Return the line of a message."""
    return message.model_dump_json().encode("utf-8", "backslashreplace") + b"\n"


class FaceConnection:
    """The server's side of one face."""

    def __init__(self, connection: socket.socket, session: Session, wake: Callable[[], None], now: float) -> None:
        self.socket = connection
        self.face: Face | None = None
        self.process = 0
        self.waiting = bytearray()
        self.made: SimpleQueue[bytes] = SimpleQueue()
        """Pictures that are encoded, and wait to be sent."""
        self.pictures = 0
        """Those that were asked for, and not yet sent."""
        self.closes = False
        self.begun_at = self.taken_at = self._counted_at = now
        self._session, self._wake = session, wake
        self._read = bytearray()
        self._requests = 0
        self._left = float(BURST)

    def received(self, piece: bytes, now: float) -> Iterator[tuple[int, Request]]:
        """Yield the requests that are whole now, with their numbers. Whatever else it is ends the connection."""
        self._left = min(BURST, self._left + (now - self._counted_at) * PER_SECOND)
        self._counted_at = now
        self._read += piece
        *lines, rest = self._read.split(b"\n")
        self._read = rest
        for line in lines:
            number, self._requests, self._left = self._requests, self._requests + 1, self._left - 1
            if (request := self._request(number, line)) is not None:
                yield number, request
            if self.closes:
                return
        if len(rest) > LONGEST_REQUEST:
            self.refuse(self._requests, TOO_LONG, closes=True)

    def _request(self, number: int, line: bytearray) -> Request | None:
        if len(line) > LONGEST_REQUEST:
            self.refuse(number, TOO_LONG, closes=True)
        elif self._left < 0:
            self.refuse(number, f"too many requests; at most {PER_SECOND} a second are heard", closes=True)
        else:
            try:
                return request_type().validate_json(line)
            except ValidationError as error:
                why = abridged(error.errors(include_url=False, include_input=False)[0]["msg"])
                self.refuse(number, f"that is not a request: {why}", closes=True)
        return None

    def say(self, said: Said) -> None:
        self.waiting += message_line(said)

    def refuse(self, number: int, why: str, *, closes: bool = False) -> None:
        """Say why a request is refused; with `closes` it is the last that is said."""
        self.say(RefusedSaid(request=number, why=why))
        self.closes = self.closes or closes

    def fill(self, lines: Encoded) -> None:
        """Let what the face has not been told wait for it, as much as it may."""
        if self.face is None or self.closes:
            return
        with suppress(Empty):
            while True:
                self.waiting += self.made.get_nowait()
                self.pictures -= 1
        while len(self.waiting) < AHEAD and (messages := self.face.read(most=KEPT // 2)):
            for message in messages:
                self.waiting += lines.line(message)

    def send(self, now: float) -> None:
        """Send what waits, as much as the face takes. Raise `OSError` if it is gone."""
        if not self.waiting:
            self.taken_at = now
            return
        with suppress(BlockingIOError):
            while self.waiting:
                del self.waiting[: self.socket.send(self.waiting[:PIECE])]
                self.taken_at = now

    def is_overdue(self, now: float) -> bool:
        """Whether it has not attached in time, or does not read."""
        if self.face is None and now - self.begun_at > ATTACH_SECONDS:
            return True
        return bool(self.waiting) and now - self.taken_at > STALLED_SECONDS

    def attach(self, number: int, asked: AttachAsked) -> None:
        if asked.version != VERSION:
            self.refuse(number, f"this run speaks version {VERSION} of the protocol, not {asked.version}", closes=True)
        elif self.face is not None:
            self.refuse(number, "this face is attached already")
        else:
            self.process = peer_process(self.socket)
            face_came(self.process)  # before it can be asked anything there
            self.face = self._session.attach(
                asked.name, self._wake, since=asked.since, watches=asked.watches, beats=True
            )
            session = self._session
            said = AttachedSaid(
                you=self.face.id, about=session.about, next=session.next_number, waits_for=session.waits_for
            )
            self.say(said)

    def close(self) -> None:
        if self.face is not None:
            self.face.detach()
            face_left(self.process)
        self.socket.close()


class SessionServer:
    """Serves a session at a listening socket until it is closed."""

    def __init__(self, session: Session, listener: socket.socket) -> None:
        self._session, self._listener = session, listener
        self._encoded = Encoded(session)
        self._connections: dict[socket.socket, FaceConnection] = {}
        self._selector = selectors.DefaultSelector()
        self._ear, self._mouth = socket.socketpair()
        self._news = self._closing = False
        self._new_left = MOST_NEW
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="session pictures")
        self._thread = threading.Thread(target=self._serve, name="session", daemon=True)

    def start(self) -> None:
        self._mouth.setblocking(False)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._ear, selectors.EVENT_READ)
        self._thread.start()

    def close(self) -> None:
        """End, once the faces have taken what waits for them, or have not in time."""
        self._closing = True
        self._wake(again=True)
        self._thread.join(2 * LAST_SECONDS)
        self._mouth.close()

    def _wake(self, *, again: bool = False) -> None:
        """Say in any thread that there is news; nothing is waited for."""
        if self._news and not again:
            return
        self._news = True
        with suppress(OSError):  # so much waits to be heard that one more says nothing
            self._mouth.send(b"\0")

    # In its own thread

    def _serve(self) -> None:
        look_at = time.monotonic() + LOOK_SECONDS
        try:
            while not self._closing:
                self._turn(max(0.0, look_at - time.monotonic()))
                if (now := time.monotonic()) >= look_at:
                    look_at = now + LOOK_SECONDS
                    self._look(now)
            self._say_last()
        finally:
            for connection in tuple(self._connections.values()):
                self._drop(connection)
            self._selector.close()
            self._ear.close()
            self._pool.shutdown(wait=False)

    def _turn(self, seconds: float) -> None:
        for key, events in self._selector.select(seconds):
            if key.fileobj is self._ear:
                self._ear.recv(PIECE)
                self._news = False
            elif key.fileobj is self._listener:
                self._accept()
            elif events & selectors.EVENT_READ and (connection := self._connections.get(key.data)) is not None:
                self._hear(connection)
        for connection in tuple(self._connections.values()):
            self._tell(connection)

    def _look(self, now: float) -> None:
        self._session.look()
        for connection in tuple(self._connections.values()):
            if connection.is_overdue(now):
                self._drop(connection)
        if self._new_left <= 0:
            self._selector.register(self._listener, selectors.EVENT_READ)
        self._new_left = MOST_NEW

    def _accept(self) -> None:
        self._new_left -= 1
        if self._new_left <= 0:
            self._selector.unregister(self._listener)
        with suppress(OSError):
            accepted, _ = self._listener.accept()
            accepted.setblocking(False)
            connection = FaceConnection(accepted, self._session, self._wake, time.monotonic())
            self._connections[accepted] = connection
            self._selector.register(accepted, selectors.EVENT_READ, accepted)
            if (user := peer_user(accepted)) != os.getuid():
                connection.refuse(0, f"this is a run of another user than {user}", closes=True)
            elif len(self._connections) > MOST_FACES:
                connection.refuse(0, f"{MOST_FACES} faces are attached already", closes=True)

    def _hear(self, connection: FaceConnection) -> None:
        try:
            piece = connection.socket.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._drop(connection)
            return
        if connection.closes:
            return
        for number, request in connection.received(piece, time.monotonic()):
            try:
                self._do(connection, number, request)
            except NotGranted as why:
                connection.refuse(number, str(why))

    def _do(self, connection: FaceConnection, number: int, request: Request) -> None:
        if isinstance(request, AttachAsked):
            connection.attach(number, request)
            return
        if (face := connection.face) is None:
            connection.refuse(number, "attach first", closes=True)
            return
        face.beat()
        match request:
            case PictureAsked(digest=digest):
                self._begin_picture(connection, number, digest)
                return
            case AnswerAsked(question=question, answer=answer):
                face.answer(question, answer)
            case SteeringAsked(what=what, text=text):
                face.steer(what, text)
            case HoldAsked():
                _hold(face, request)
            case AliveSaid():
                pass
        connection.say(DoneSaid(request=number, holds=self._session.holder == face.id))

    def _begin_picture(self, connection: FaceConnection, number: int, digest: str) -> None:
        if connection.pictures >= MOST_PICTURES:
            raise NotGranted(f"{MOST_PICTURES} pictures are on their way to this face already")
        connection.pictures += 1

        def encode() -> None:
            png = None
            try:
                with suppress(Exception):  # a picture that cannot be read is one that is not there
                    png = self._encoded.picture(digest)
            finally:
                connection.made.put(message_line(PictureSaid(request=number, png=png)))
                self._wake()

        self._pool.submit(encode)

    def _tell(self, connection: FaceConnection) -> None:
        """Send a face what there is, and listen to it only as long as it reads what it is told."""
        try:
            connection.fill(self._encoded)
            connection.send(time.monotonic())
        except OSError:
            self._drop(connection)
            return
        if connection.closes and not connection.waiting:
            self._drop(connection)
            return
        wanted = selectors.EVENT_WRITE if connection.waiting else 0
        if not (connection.closes or len(connection.waiting) > 2 * AHEAD):
            wanted |= selectors.EVENT_READ
        if self._selector.get_key(connection.socket).events != wanted:
            self._selector.modify(connection.socket, wanted, connection.socket)

    def _drop(self, connection: FaceConnection) -> None:
        if self._connections.pop(connection.socket, None) is not None:
            self._selector.unregister(connection.socket)
            connection.close()

    def _say_last(self) -> None:
        until = time.monotonic() + LAST_SECONDS
        for connection in tuple(self._connections.values()):
            self._tell(connection)
        while any(connection.waiting for connection in self._connections.values()) and time.monotonic() < until:
            self._turn(0.02)


def _hold(face: Face, asked: HoldAsked) -> None:
    match asked.what:
        case "take":
            face.take()
        case "take_if_free":
            face.take(if_free=True)
        case "release":
            face.release()
        case "refuse":
            face.refuse()
        case "hand_over":
            face.hand_over(asked.to)


@contextmanager
def served(session: Session, *, unable: Callable[[str], object] = str) -> Iterator[None]:
    """Meanwhile faces of other processes can attach to the session, which gets its id here if it has none.

    If they cannot, the run goes on without them, and `unable` is told why.
    """
    about = session.about
    if not about.run:
        about = about.model_copy(update={"run": new_run_id(about.task)})
    with ExitStack() as stack:
        try:
            session.about, listener = stack.enter_context(published(about))
        except WrongOwner as place:
            unable(f"{place} is not yours alone, so nobody can attach to this run")
        except OSError as error:
            unable(f"nobody can attach to this run: {error}")
        else:
            server = SessionServer(session, listener)
            server.start()
            stack.callback(server.close)
        yield
