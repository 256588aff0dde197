from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from screenagent.engine.config import published_config
from screenagent.engine.memory import FORMS, GB, TooLittleMemory, choose_form, free_bytes, needed_bytes
from screenagent.engine.synthetic import TINY
from screenagent.models.phi4 import Phi4, load_phi4
from tests.paths import ROOT

TABLE = (ROOT / "docs" / "memory.md").read_text()
GENERATIONS = {"Turing": (7, 5), "Ampere": (8, 6), "Ada and later": (8, 9)}
CARDS = re.findall(r"^\| (\d+) GB \| (\w+) \| (\w+) \| (\w+) \|$", TABLE, re.MULTILINE)


def chosen(card: int, capability: tuple[int, int]) -> str:
    """On a card of so many GiB, less what a desktop takes."""
    try:
        choice = choose_form(int(card * 2**30 - 1.3 * GB), published_config(), capability=capability)
    except TooLittleMemory:
        return "none"
    return "bf16" if choice.quant == "none" else choice.quant


@pytest.mark.parametrize("row", CARDS, ids=lambda row: f"{row[0]} GB")
def test_the_documented_table_is_what_is_chosen(row: tuple[str, ...]) -> None:
    card, *forms = row
    assert forms == [chosen(int(card), capability) for capability in GENERATIONS.values()]


def test_the_table_has_every_card() -> None:
    assert [row[0] for row in CARDS] == ["12", "16", "24", "48", "80"]


def test_the_documented_gigabytes_are_those_that_are_counted() -> None:
    counted = [f"{needed_bytes(published_config(), quant, positions=8192) / GB:.1f} GB" for quant in FORMS]
    assert re.findall(r"^\| \S.*? \| \d+\.\d GB \| (\d+\.\d GB) \|", TABLE, re.MULTILINE) == counted


def test_the_line_says_what_was_free_and_what_is_taken() -> None:
    line = choose_form(16 * GB, published_config(), capability=(8, 9)).line
    assert line.startswith("16.0 GB are free: int4 weights, which with cache and work take 13.3 GB")


def test_too_little_memory_is_said_before_anything_is_loaded_with_a_way_out() -> None:
    with pytest.raises(TooLittleMemory, match=r"10\.0 GB are free.*int4 13\.3 GB.*llama\.cpp"):
        choose_form(10 * GB, published_config(), capability=(8, 9))


def test_a_form_that_was_asked_for_is_taken_or_refused() -> None:
    assert choose_form(80 * GB, published_config(), capability=(8, 0), asked="int4").quant == "int4"
    with pytest.raises(TooLittleMemory, match="not on this card"):
        choose_form(80 * GB, published_config(), capability=(8, 0), asked="fp8")


def test_what_is_kept_of_pictures_never_takes_more_than_half_of_the_rest() -> None:
    free = needed_bytes(published_config(), "int4", positions=8192) + 2 * GB
    assert choose_form(free, published_config(), capability=(8, 0)).kept_bytes == GB


def test_this_machine_has_free_memory() -> None:
    assert free_bytes(torch.device("cpu")) > 0
    assert choose_form(10 * GB, TINY, capability=None).quant == "none"


def test_a_model_is_loaded_by_its_folder_and_says_what_it_chose(tiny: Path) -> None:
    said: list[str] = []
    assert isinstance(load_phi4(tiny, device="cpu", say=said.append), Phi4)
    assert "GB are free: the weights as they are" in said[0]
