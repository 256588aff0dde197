"""What is taken out of a streamed text: an echo of the turn's opening, and the thought."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screenagent.models.remote.stream import StreamPiece
from screenagent.models.remote.thoughts import EchoStripper, ThoughtSplitter

END = StreamPiece("", reason="stop")


def cut(text: str, size: int) -> list[StreamPiece]:
    return [StreamPiece(text[at : at + size]) for at in range(0, len(text), size)]


def text_of(pieces: list[StreamPiece], part: str | None = None) -> str:
    return "".join(piece.text for piece in pieces if part in (None, piece.part))


def without_echo(opening: str, pieces: list[StreamPiece]) -> list[StreamPiece]:
    return list(EchoStripper(opening).parts(iter(pieces)))


class TestEcho:
    @pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
    @pytest.mark.parametrize("opening", ["<|dummy_84|>", "<think>", "<think>a thought</think>"])
    def test_an_opening_that_is_repeated_is_taken_off_however_it_is_cut(self, opening: str, size: int) -> None:
        found = without_echo(opening, [*cut(f"{opening}yes", size), END])
        assert text_of(found) == "yes"
        assert found[-1].reason == "stop"

    @pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
    @pytest.mark.parametrize("answer", ["<|dum", "<|dummy_85|>yes", "yes<|dummy_84|>", "<b>", "no", ""])
    def test_an_answer_that_only_begins_like_the_echo_stays_whole(self, answer: str, size: int) -> None:
        assert text_of(without_echo("<|dummy_84|>", [*cut(answer, size), END])) == answer

    def test_only_the_first_echo_is_taken_off(self) -> None:
        assert text_of(without_echo("<think>", cut("<think><think>", 4))) == "<think>"

    def test_an_answer_in_which_nothing_is_an_echo_is_not_held_back(self) -> None:
        arriving = iter([StreamPiece("n"), StreamPiece("o")])
        assert next(EchoStripper("<think>").parts(arriving)) == StreamPiece("n")

    def test_an_echo_alone_is_an_empty_answer_with_its_end(self) -> None:
        found = without_echo("<think>", [StreamPiece("<think>"), StreamPiece("", reason="length")])
        assert (text_of(found), found[-1].reason) == ("", "length")

    def test_a_stream_without_its_end_keeps_what_was_held(self) -> None:
        assert text_of(without_echo("<think>", cut("<thi", 2))) == "<thi"

    @given(st.text("<think>", max_size=9), st.text("<think>yes", max_size=20), st.integers(1, 5))
    def test_only_an_echo_is_taken_off(self, opening: str, answer: str, size: int) -> None:
        found = without_echo(opening, [*cut(answer, size), END])
        assert text_of(found) == answer.removeprefix(opening)
        assert found[-1].reason == "stop"


def split(pieces: list[StreamPiece], *, begun: bool = False) -> tuple[str, str]:
    found = list(ThoughtSplitter(begun=begun).parts(iter([*pieces, END])))
    assert found[-1] == END
    return text_of(found, "thought"), text_of(found, "answer")


class TestThought:
    @pytest.mark.parametrize("size", [1, 2, 5, 100])
    def test_a_thought_between_marks(self, size: int) -> None:
        assert split(cut("<think>a < b</think>yes", size)) == ("a < b", "yes")

    @pytest.mark.parametrize("size", [1, 2, 5, 100])
    def test_a_thought_that_the_prompt_began(self, size: int) -> None:
        assert split(cut("a < b</think>yes", size), begun=True) == ("a < b", "yes")

    def test_a_thought_that_the_prompt_began_and_that_never_ends_is_no_answer(self) -> None:
        assert split(cut("[0.1, 0.2, 0.3, 0.4]", 3), begun=True) == ("[0.1, 0.2, 0.3, 0.4]", "")

    @pytest.mark.parametrize("begun", [True, False])
    def test_a_thought_in_a_field_of_its_own_leaves_the_text_to_the_answer(self, *, begun: bool) -> None:
        assert split([StreamPiece("a", "thought"), *cut("yes", 1)], begun=begun) == ("a", "yes")

    def test_a_thought_alone_is_no_answer(self) -> None:
        assert split([StreamPiece("[0.1, 0.2, 0.3, 0.4]", "thought")]) == ("[0.1, 0.2, 0.3, 0.4]", "")

    def test_no_thought(self) -> None:
        assert split(cut("<b>yes", 1)) == ("", "<b>yes")
