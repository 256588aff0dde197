"""The sentence encoder and its tokenizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from screenagent.perception.sentence_encoder import SentenceEncoder
from screenagent.perception.weights import FOLDER, BrokenWeights
from screenagent.perception.word_pieces import WordPieces
from tests.paths import ROOT

NAMES = (FOLDER / "sentences.txt").read_text("utf-8").split("\n")
ORIGINAL = json.loads((ROOT / "tests/fixtures/word_pieces.json").read_text("utf-8"))
ENCODER = SentenceEncoder()


@pytest.mark.parametrize("row", ORIGINAL, ids=lambda row: row["text"][:20])
def test_texts_fall_into_the_pieces_that_the_original_tokenizer_makes_of_them(row: dict[str, Any]) -> None:
    ids = WordPieces.read(FOLDER / "sentences.txt").ids(row["text"], most=500)
    assert [NAMES[number] for number in ids] == row["pieces"]


def test_a_word_that_is_no_piece_of_its_own_is_not_lost() -> None:
    ids = WordPieces.read(FOLDER / "sentences.txt").ids("qzwx Frobnicate Österreich", most=50)
    assert "[UNK]" not in [NAMES[number] for number in ids]


def test_a_long_text_is_cut_and_still_ends() -> None:
    ids = WordPieces.read(FOLDER / "sentences.txt").ids("word " * 500, most=32)
    assert len(ids) == 32
    assert NAMES[ids[-1]] == "[SEP]"


@pytest.mark.parametrize(
    ("said", "same", "other"),
    [
        ("start the update", "Begin Updating", "Sign Out"),
        ("leave the meeting", "Exit Call", "Print"),
        ("make the text larger", "Increase font size", "Send a message"),
    ],
)
def test_what_means_the_same_lies_nearer_than_what_does_not(said: str, same: str, other: str) -> None:
    phrase, near, far = ENCODER.vectors([said, same, other])
    assert phrase @ near > phrase @ far + 0.15  # by how much differs a little from one processor to another


def test_a_text_has_the_same_vector_alone_and_among_longer_ones() -> None:
    alone = ENCODER.vectors(["Undo"])[0]
    ENCODER.forget()
    among = ENCODER.vectors(["Undo", *(f"a longer text that is number {number} of many" for number in range(40))])[0]
    assert (alone == among).all()


def test_of_many_texts_the_likeliest_are_guessed_by_their_words() -> None:
    texts = ["Begin Updating", *(f"{name} {number}" for name in ("Mountains", "Invoice") for number in range(30))]
    places = ENCODER.nearest("start the update", texts, most=5)
    assert len(places) == 5
    assert 0 in places
    assert ENCODER.nearest("start the update", texts[:4], most=5) == [0, 1, 2, 3]


def test_missing_and_broken_files_are_named(tmp_path: Path) -> None:
    weights = tmp_path / "sentences.onnx"
    with pytest.raises(BrokenWeights, match=r"sentences\.txt are missing; restore them"):
        SentenceEncoder(weights).vectors(["Undo"])
    weights.with_suffix(".txt").write_text("<html>\n", "utf-8")
    with pytest.raises(BrokenWeights, match=r"sentences\.txt are broken; restore them"):
        SentenceEncoder(weights).vectors(["Undo"])
    weights.with_suffix(".npy").write_bytes(b"<html>")
    with pytest.raises(BrokenWeights, match=r"sentences\.npy are broken; restore them"):
        SentenceEncoder(weights).nearest("undo", ["Undo", "Redo"], most=1)
