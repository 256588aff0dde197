"""Separates the answer in a streamed text from an echo of the prompt and from marked reasoning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from screenagent.models.remote.stream import StreamPiece

BEGIN_OF_THOUGHT: Final = "<think>"
END_OF_THOUGHT: Final = "</think>"


class EchoStripper:
    """Removes the opening of the assistant's turn from the reply if the server repeats it."""

    def __init__(self, opening: str) -> None:
        self._opening = opening

    def parts(self, said: Iterator[StreamPiece]) -> Iterator[StreamPiece]:
        """Yield the pieces without the echo. The first ones are held back as long as they may be an echo."""
        held: list[StreamPiece] = []
        for piece in said:
            held.append(piece)
            begun = "".join(part.text for part in held)
            if piece.reason is None and len(begun) < len(self._opening) and self._opening.startswith(begun):
                continue
            yield from self._without_echo(held, begun)
            yield from said
            return
        yield from held

    def _without_echo(self, held: list[StreamPiece], begun: str) -> Iterator[StreamPiece]:
        """Yield the pieces held so far without the echo, which ends in the last of them."""
        if not (self._opening and begun.startswith(self._opening)):
            yield from held
            return
        last = held[-1]
        yield StreamPiece(begun[len(self._opening) :], last.part, last.reason)


class ThoughtSplitter:
    """Separates reasoning from the answer if the server leaves `<think>…</think>` in the text.

    `begun` says that the prompt already opened the reasoning, so that the text has only its end mark. Reasoning in a
    separate field shows that the server has already split the two.
    """

    def __init__(self, *, begun: bool = False) -> None:
        self._inside = self._began = begun
        self._held = ""

    def parts(self, said: Iterator[StreamPiece]) -> Iterator[StreamPiece]:
        for piece in said:
            if piece.part == "thought":
                self._inside = False
                yield piece
            elif piece.reason is not None:
                yield StreamPiece(self._held, "thought" if self._inside else "answer")
                self._held = ""
                yield piece
            else:
                yield from self._marked(piece.text)

    def _marked(self, text: str) -> Iterator[StreamPiece]:
        self._held += text
        if not self._began:
            begun = self._held.lstrip()
            if len(begun) < len(BEGIN_OF_THOUGHT) and BEGIN_OF_THOUGHT.startswith(begun):
                return
            self._began = True
            if begun.startswith(BEGIN_OF_THOUGHT):
                self._inside, self._held = True, begun.removeprefix(BEGIN_OF_THOUGHT)
        if self._inside:
            before, end, after = self._held.partition(END_OF_THOUGHT)
            if not end:
                kept = _overlap(self._held, END_OF_THOUGHT)
                yield StreamPiece(self._held[: len(self._held) - kept], "thought")
                self._held = self._held[len(self._held) - kept :]
                return
            yield StreamPiece(before, "thought")
            self._inside, self._held = False, after
        yield StreamPiece(self._held)
        self._held = ""


def _overlap(text: str, mark: str) -> int:
    """Return how many characters at the end of `text` could be the beginning of `mark`."""
    return next((n for n in range(min(len(text), len(mark) - 1), 0, -1) if mark.startswith(text[-n:])), 0)
