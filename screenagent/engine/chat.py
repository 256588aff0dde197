"""The chat template and the tokens: what is said, and what it becomes; what a user writes is never more than text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

from screenagent.engine.config import CheckpointError, Config
from screenagent.engine.image import Patches

ChatMode = Literal["think", "nothink", "auto"]
OPENINGS: dict[ChatMode, str] = {"think": "<think>", "nothink": "<|dummy_84|>", "auto": ""}
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"


class ChatMessage(NamedTuple):
    """A turn: its pictures come first, then its text."""

    role: Literal["user", "assistant"]
    text: str
    pictures: tuple[Patches, ...] = ()


class ChatPicture(NamedTuple):
    """Where a picture stands among the tokens: as many positions as it has patches."""

    patches: Patches
    digest: bytes


PromptSegment = tuple[int, ...] | ChatPicture


@dataclass(frozen=True)
class ChatPrompt:
    """The prompt in order, as tokens and pictures, and the mode that its assistant turn opens with."""

    segments: tuple[PromptSegment, ...]
    mode: ChatMode

    @cached_property
    def length(self) -> int:
        return sum(len(s.patches) if isinstance(s, ChatPicture) else len(s) for s in self.segments)

    @property
    def pictures(self) -> tuple[Patches, ...]:
        return tuple(s.patches for s in self.segments if isinstance(s, ChatPicture))


class Generation(Extension):
    """`{% generation %}` marks what is learned from in training; here it only passes its body on."""

    tags = {"generation"}  # noqa: RUF012 -- the base class declares a set

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class Special(NamedTuple):
    """The tokens that the engine itself looks for or writes."""

    end: int
    think: int
    think_end: int
    nothink: int


class Chat:
    """The tokenizer and template of one checkpoint. Built once; safe to share."""

    def __init__(self, tokenizer_json: str, template: str) -> None:
        self.tokenizer = Tokenizer.from_str(tokenizer_json)
        # The same vocabulary without its added tokens: whatever is written, this one gives ordinary tokens only.
        self.plain = Tokenizer.from_str(json.dumps(json.loads(tokenizer_json) | {"added_tokens": []}))
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, extensions=[Generation]
        )
        try:
            self.template = environment.from_string(template)
        except TemplateError as error:
            raise CheckpointError(f"the chat template cannot be read: {error}") from None
        self.special = Special(
            end=self._single("<|im_end|>"),
            think=self._single("<think>"),
            think_end=self._single("</think>"),
            nothink=self._single("<|dummy_84|>"),
        )
        self._check_newline_rule()

    @classmethod
    def read(cls, folder: Path, config: Config) -> Chat:
        texts = []
        for name in ("tokenizer.json", "chat_template.jinja"):
            path = folder / name
            if not path.is_file():
                raise CheckpointError(f"no {name} in {folder}")
            texts.append(path.read_text(encoding="utf-8"))
        try:
            chat = cls(*texts)
        except CheckpointError as error:
            raise CheckpointError(f"{folder}: {error}") from None
        if (tokens := chat.tokenizer.get_vocab_size()) > config.vocab_size:
            raise CheckpointError(f"{folder}: tokenizer.json has {tokens} tokens, the model {config.vocab_size}")
        return chat

    def _single(self, text: str) -> int:
        ids = self.encode(text)
        if len(ids) != 1:
            raise CheckpointError(f"{text} is {len(ids)} tokens in tokenizer.json and has to be one: a wrong tokenizer")
        return ids[0]

    def _check_newline_rule(self) -> None:
        """The template leaves newlines round its special tokens, and in training these took no token."""
        both = self.encode("<|im_end|>\n<|im_start|>")
        if both != [self.special.end, self._single("<|im_start|>")]:
            raise CheckpointError(
                f"<|im_end|>, newline, <|im_start|> become the tokens {both}: the newline has to vanish "
                "(lstrip and rstrip of the added tokens in tokenizer.json)"
            )

    def encode(self, text: str) -> list[int]:
        """Tokens of text of our own, in which special tokens are meant."""
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def encode_plain(self, text: str) -> list[int]:
        """Tokens of what somebody wrote: ordinary ones, even where it spells a special one."""
        return list(self.plain.encode(text, add_special_tokens=False).ids)

    def prompt(self, messages: Sequence[ChatMessage], *, mode: ChatMode) -> ChatPrompt:
        if not messages or messages[-1].role != "user":
            raise ValueError("a prompt ends with a user's message")
        segments: list[PromptSegment] = []
        tokens: list[int] = []
        for piece in self._pieces(messages):
            if isinstance(piece, ChatPicture):
                segments += [tuple(tokens), piece]
                tokens = []
            else:
                tokens += piece
        tokens += self.encode(OPENINGS[mode])
        return ChatPrompt((*segments, tuple(tokens)), mode)

    def _pieces(self, messages: Sequence[ChatMessage]) -> Iterator[list[int] | ChatPicture]:
        """The template is filled with marks in place of what was said, so that the two are tokenized apart."""
        marks = [f"\ue000{number}\ue001" for number in range(len(messages))]
        turns = [{"role": message.role, "content": mark} for message, mark in zip(messages, marks, strict=True)]
        rest = self.template.render(messages=turns, add_generation_prompt=True)
        for message, mark in zip(messages, marks, strict=True):
            before, found, rest = rest.partition(mark)
            if not found:
                raise CheckpointError(f"the chat template leaves out what the {message.role} said")
            yield self.encode(before)
            yield from self._said(message)
        yield self.encode(rest)

    def _said(self, message: ChatMessage) -> Iterator[list[int] | ChatPicture]:
        """A newline follows each picture; white space next to the template's own tokens vanishes, as theirs does."""
        text = message.text
        for number, picture in enumerate(message.pictures):
            yield ChatPicture(picture, picture.digest())
            if number < len(message.pictures) - 1:
                yield self.encode_plain("\n")
        text = f"\n{text}" if message.pictures else text.lstrip(WHITE_SPACE)
        yield self.encode_plain(text.rstrip(WHITE_SPACE))

    def decoder(self) -> Callable[[int], str]:
        """Return a function that turns tokens into text as they come; part of a character waits for the rest."""
        stream = DecodeStream(skip_special_tokens=True)
        return lambda token: stream.step(self.tokenizer, token) or ""
