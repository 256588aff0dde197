"""One attachment to a run for all pages that show it: what they are sent, and what they may do in the run's name."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from screenagent.approval.answers import QuietTime
from screenagent.errors import UserError
from screenagent.sessions.answers import Answer, No, StopRun
from screenagent.sessions.attachment import Attachment, News, NotGranted
from screenagent.sessions.messages import KeyTold, Steering
from screenagent.web.following import Following
from screenagent.web.pictures import png_of
from screenagent.web.view import ShownStep, shown_run, shown_step

Attach = Callable[[News], Attachment]

GATHER_SECONDS: Final = 0.06
"""Messages that come this close together are shown as one."""
TICK_SECONDS: Final = 1.0
LOST_SECONDS: Final = 5.0
"""The yes is given back when no page has been open for so long."""
MOST_PAGES: Final = 16
MOST_PICTURE_BYTES: Final = 64 << 20
"""So much of the pictures that were asked for is kept."""

Frame = tuple[str, bytes]
"""A kind of news for a page, and what it says as JSON."""


class OpenPage:
    """A page that is open in a browser."""

    def __init__(self) -> None:
        self.id = secrets.token_urlsafe(12)
        self.bell = asyncio.Event()
        self.keys: deque[KeyTold] = deque()


class PageFace:
    """All of it runs in the event loop; what waits for the run does so in a thread."""

    def __init__(self, *, answers: bool, now: Callable[[], float] = time.monotonic) -> None:
        """`answers` says whether the pages can do anything; without it nothing that they ask is passed on."""
        self.known = Following()
        self.attachment: Attachment
        self._answers, self._now = answers, now
        self._quiet = QuietTime(now=now)
        self._news = asyncio.Event()
        self._pages: dict[str, OpenPage] = {}
        self._acted_last = self._refused = ""
        self._given_back = self._closed = False
        self._left_at = now()
        self._written = b""
        self._pictures: OrderedDict[str, bytes] = OrderedDict()

    async def attach(self, attach: Attach) -> None:
        """Attach to the run. Raise `UserError` if that cannot be."""
        loop = asyncio.get_running_loop()

        def news() -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody looks any more
                loop.call_soon_threadsafe(self._news.set)

        self.attachment = await asyncio.to_thread(attach, news)
        self._fold()

    async def follow(self) -> None:
        """Read what the run tells, until `close`."""
        while not self._closed:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), TICK_SECONDS)
            self._news.clear()
            self._fold()
            with suppress(UserError):  # the run is gone, or another face was faster
                await self._mind_the_yes()
                await self._say_no_unseen()
            await asyncio.sleep(GATHER_SECONDS)

    def close(self) -> None:
        """Leave the run, and let the pages know."""
        self._closed = True
        self._news.set()
        self._ring()
        self.attachment.detach()

    @property
    def is_watched(self) -> bool:
        """Whether a page is open, or was so a moment ago: a page that is loaded anew is closed in between."""
        return bool(self._pages) or self._now() - self._left_at < LOST_SECONDS

    def opened(self) -> OpenPage:
        if len(self._pages) >= MOST_PAGES:
            raise NotGranted(f"{MOST_PAGES} pages are open on this run; close one")
        page = OpenPage()
        self._pages[page.id] = page
        self._acted_last, self._given_back = page.id, False
        self._news.set()  # the page may take the yes
        return page

    def left(self, page: OpenPage) -> None:
        self._pages.pop(page.id, None)
        self._left_at = self._now()

    async def frames(self, page: OpenPage, is_gone: Callable[[], Awaitable[bool]]) -> AsyncIterator[Frame]:
        """Yield what the page is told, until it is gone; a page that is slow misses what is old by then."""
        shown = b""
        yield "hello", f'"{page.id}"'.encode()
        while not self._closed:
            if shown != self._written:
                shown = self._written
                yield "run", shown
            while page.keys:
                yield "key", page.keys.popleft().model_dump_json().encode()
            with suppress(TimeoutError):
                await asyncio.wait_for(page.bell.wait(), TICK_SECONDS)
            page.bell.clear()
            if await is_gone():
                return
        yield "bye", b"null"

    def step(self, number: int) -> ShownStep | None:
        return shown_step(self.known, number)

    async def picture(self, digest: str) -> bytes | None:
        """Return a screenshot as a PNG file; None if it is not kept."""
        if (kept := self._pictures.get(digest)) is None:
            kept = await asyncio.to_thread(self._png, digest)
            if kept is not None:
                self._keep(digest, kept)
        return kept

    async def answer(self, page: str, question: str, answer: Answer) -> None:
        self._check(page)
        asked = self.known.asked
        is_new = asked is not None and asked.id == question and not self._quiet.is_over
        if is_new and not isinstance(answer, No | StopRun):
            raise NotGranted("the question has only just come; nothing was done")
        await asyncio.to_thread(self.attachment.answer, question, answer)

    async def steer(self, page: str, what: Steering, text: str) -> None:
        self._check(page)
        await asyncio.to_thread(self.attachment.steer, what, text)

    async def take(self, page: str) -> bool:
        self._check(page)
        self._given_back = False
        return await asyncio.to_thread(self.attachment.take)

    async def release(self, page: str) -> None:
        self._check(page)
        self._given_back = True
        await asyncio.to_thread(self.attachment.release)

    async def refuse(self, page: str) -> None:
        self._check(page)
        await asyncio.to_thread(self.attachment.refuse)

    async def hand_over(self, page: str, to: str) -> None:
        self._check(page)
        await asyncio.to_thread(self.attachment.hand_over, to)

    def _check(self, page: str) -> None:
        """Only a page that is open does anything, and only where that is allowed."""
        if not self._answers:
            raise NotGranted("this page only watches; `screenagent web --allow-answers` opens one that answers")
        if page not in self._pages:
            raise NotGranted("this page is not connected to the run; nothing was done")
        self._acted_last = page

    def _fold(self) -> None:
        before, now = self.known, self._now()
        for message in self.attachment.read():
            self.known = self.known.after(message, now)
        asked = self.known.asked
        if asked is not None and (before.asked is None or before.asked.id != asked.id):
            self._quiet.begin()
        if self.known is not before or not self._written:
            shown = shown_run(self.known, self.attachment.about, self.attachment.id, now, answers=self._answers)
            self._written = shown.model_dump_json().encode()
            self._pass_on_key(before)
            self._ring()

    def _pass_on_key(self, before: Following) -> None:
        """Hand an answer key on to the page where somebody last did something: there they see what they answer."""
        key, page = self.known.key, self._pages.get(self._acted_last)
        if key is None or key is before.key or key.to != self.attachment.id:
            return
        if page is not None:
            page.keys.append(key)
        elif key.said == "no":
            self._refused = key.question

    async def _say_no_unseen(self) -> None:
        """Pass on a no by the answer keys that came while no page was open; a yes to what nobody sees is none."""
        question, self._refused = self._refused, ""
        if question:
            await asyncio.to_thread(self.attachment.answer, question, No())

    def _ring(self) -> None:
        for page in self._pages.values():
            page.bell.set()

    async def _mind_the_yes(self) -> None:
        """Take the yes if a page is open and nobody has it; give it back if none has been open for a while."""
        if not self._answers or self.known.is_over:
            return
        holder = self.known.holder
        if holder is not None and holder.id == self.attachment.id and not self.is_watched:
            await asyncio.to_thread(self.attachment.release)
        elif holder is None and self._pages and not self._given_back:
            await asyncio.to_thread(self.attachment.take)

    def _png(self, digest: str) -> bytes | None:
        """Return the picture from the folder of the run, which costs the run nothing, or else from the run itself."""
        if (recorded := self._recorded(digest)) is not None:
            return recorded
        try:
            image = self.attachment.picture(digest)
        except UserError:  # the run is over, and so is its process
            return None
        return png_of(image) if image is not None else None

    def _recorded(self, digest: str) -> bytes | None:
        """Return the picture of the run's folder, where each is whole or not there."""
        folder = self.attachment.about.folder
        try:
            return (Path(folder) / "screens" / f"{digest}.png").read_bytes() if folder else None
        except OSError:
            return None

    def _keep(self, digest: str, png: bytes) -> None:
        self._pictures[digest] = png
        while sum(map(len, self._pictures.values())) > MOST_PICTURE_BYTES and len(self._pictures) > 1:
            self._pictures.popitem(last=False)
