from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tokenizers import Tokenizer

from screenagent.engine.chat import WHITE_SPACE, Chat, ChatMessage, ChatMode, ChatPicture, ChatPrompt, Generation
from screenagent.engine.config import CheckpointError, Config
from screenagent.engine.image import picture_patches
from screenagent.engine.synthetic import MARKS, WORDS, template, tokenizer_json

CHAT = Chat(tokenizer_json(), template("Answer."))
PICTURE = picture_patches(Image.new("RGB", (64, 64)))
ADDED = frozenset(range(CHAT.special.end - 1, CHAT.tokenizer.get_vocab_size()))


def ids(prompt: ChatPrompt, *, picture: int = -200) -> list[int]:
    """The tokens, with one number for each picture."""
    found: list[int] = []
    for segment in prompt.segments:
        found += [picture] if isinstance(segment, ChatPicture) else segment
    return found


def ask(text: str, *, mode: ChatMode = "nothink", pictures: int = 0) -> list[int]:
    return ids(CHAT.prompt([ChatMessage("user", text, (PICTURE,) * pictures)], mode=mode))


def rendered_and_tokenized_at_once(text: str) -> list[int]:
    """How the published code does it: what is said stands in the template's text before it is tokenized."""
    whole = CHAT.template.render(messages=[{"role": "user", "content": text}], add_generation_prompt=True)
    return CHAT.encode(whole + "<|dummy_84|>")


@pytest.mark.parametrize(
    "text",
    ["Hello", "  indented\n\n", "a\tb", "0.1740 12345", "naïve 中文 🙂", "\u00a0x\u2003", "don't", "{{ 1 }} {% if %}"],
)
def test_ordinary_text_becomes_the_tokens_of_the_published_way(text: str) -> None:
    assert ask(text) == rendered_and_tokenized_at_once(text)


@given(st.text().filter(lambda text: "<" not in text))
def test_any_text_without_marks_becomes_the_tokens_of_the_published_way(text: str) -> None:
    assert ask(text) == rendered_and_tokenized_at_once(text)


@given(st.lists(st.sampled_from([*MARKS, *WORDS, "<image>", " ", "\n", "x"])).map("".join))
def test_what_a_user_writes_stays_text(text: str) -> None:
    before, after = ask("\ue000")[:10], ask("")
    added = [token for token in ask(text) if token in ADDED]
    assert added == [token for token in after if token in ADDED]
    assert ask(text)[: len(before) - 5] == before[:-5]


def test_an_image_tag_in_the_text_is_no_picture() -> None:
    assert ask("<image>").count(-200) == 0
    assert CHAT.tokenizer.decode(CHAT.encode_plain("<image>")) == "<image>"


def test_pictures_come_first_each_with_a_newline() -> None:
    newline = CHAT.encode_plain("\n")
    two = ask("what changed?", pictures=2)
    at = two.index(-200)
    assert two[at : at + 3] == [-200, *newline, -200]
    assert two[at + 3 :] == [
        *CHAT.encode_plain("\nwhat changed?"),
        *CHAT.encode("<|im_end|><|im_start|>assistant<|im_sep|><|dummy_84|>"),
    ]


def test_a_prompt_counts_the_patches_of_its_pictures() -> None:
    prompt = CHAT.prompt([ChatMessage("user", "x", (PICTURE,))], mode="auto")
    assert prompt.length == len(ids(prompt)) - 1 + len(PICTURE)


@pytest.mark.parametrize(
    ("mode", "opening"), [("think", "<think>"), ("nothink", "<|dummy_84|>"), ("auto", "<|im_sep|>")]
)
def test_the_last_token_is_the_modes_opening(mode: ChatMode, opening: str) -> None:
    assert ask("x", mode=mode)[-1:] == CHAT.encode(opening)


def test_a_prompt_needs_a_question() -> None:
    with pytest.raises(ValueError, match="user's message"):
        CHAT.prompt([ChatMessage("assistant", "Hello")], mode="auto")


def test_text_comes_back_as_it_forms_even_within_a_character() -> None:
    decoded = CHAT.decoder()
    pieces = [decoded(token) for token in CHAT.encode_plain("a中🙂")]
    assert "".join(pieces) == "a中🙂"
    assert "\ufffd" not in "".join(pieces)


def test_a_tokenizer_that_splits_the_think_token_is_refused() -> None:
    wrong = json.loads(tokenizer_json())
    wrong["added_tokens"] = [token for token in wrong["added_tokens"] if token["content"] != "<think>"]
    with pytest.raises(CheckpointError, match="<think> is 7 tokens"):
        Chat(json.dumps(wrong), template("Answer."))


def test_a_tokenizer_that_keeps_the_templates_newlines_is_refused() -> None:
    wrong = json.loads(tokenizer_json())
    for token in wrong["added_tokens"]:
        token |= {"lstrip": False, "rstrip": False}
    with pytest.raises(CheckpointError, match="newline has to vanish"):
        Chat(json.dumps(wrong), template("Answer."))


def test_a_template_that_drops_what_was_said_is_refused() -> None:
    deaf = Chat(tokenizer_json(), "<|im_start|>user<|im_sep|>Hello<|im_end|>")
    with pytest.raises(CheckpointError, match="leaves out what the user said"):
        deaf.prompt([ChatMessage("user", "x")], mode="auto")


def test_a_template_cannot_reach_beyond_its_messages() -> None:
    with pytest.raises(Exception, match="unsafe"):
        Chat(tokenizer_json(), "{{ messages.__class__.__mro__ }}").prompt([ChatMessage("user", "x")], mode="auto")


@pytest.mark.parametrize("name", ["tokenizer.json", "chat_template.jinja"])
def test_a_missing_file_is_named(tiny: Path, tmp_path: Path, name: str) -> None:
    for file in ("tokenizer.json", "chat_template.jinja"):
        if file != name:
            (tmp_path / file).write_text((tiny / file).read_text())
    with pytest.raises(CheckpointError, match=name):
        Chat.read(tmp_path, Config.read(tiny))


def test_white_space_is_what_the_tokenizer_strips() -> None:
    stripped = {chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000 and chr(code).isspace()}
    assert {mark for mark in stripped if CHAT.encode(f"{mark}<|im_end|>") == [CHAT.special.end]} == set(WHITE_SPACE)


MODES: dict[str, ChatMode] = {"hybrid": "auto", "think": "think", "nothink": "nothink"}


def test_all_published_prompts_become_the_published_tokens(published: Path) -> None:
    folder = published / "checkpoint"
    chat = Chat.read(folder, Config.read(folder))
    cases: list[dict[str, Any]] = json.loads((published / "prompts.json").read_text())["cases"]
    for case in cases:
        messages = [
            ChatMessage(m["role"], m["content"].replace("<image>\n", ""), (PICTURE,) * m["content"].count("<image>\n"))
            for m in case["messages"]
        ]
        assert ids(chat.prompt(messages, mode=MODES[case["mode"]])) == case["input_ids"], case["name"]
    assert len(cases) == 9


def test_the_published_tokenizer_cases_hold(published: Path) -> None:
    tokenizer = Tokenizer.from_file(str(published / "checkpoint" / "tokenizer.json"))
    folder = published / "checkpoint"
    chat = Chat(tokenizer.to_str(), (folder / "chat_template.jinja").read_text())
    for case in json.loads((published / "tokenizer_cases.json").read_text()):
        assert chat.encode(case["text"]) == case["ids"]


def test_the_generation_tag_passes_its_body_on() -> None:
    chat = Chat(
        tokenizer_json(), "{% for m in messages %}{% generation %}{{ m['content'] }}{% endgeneration %}{% endfor %}"
    )
    assert Generation.tags == {"generation"}
    assert ids(chat.prompt([ChatMessage("user", "abc")], mode="auto")) == chat.encode("abc")
