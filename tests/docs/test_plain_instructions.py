"""Every instruction that the documentation shows is understood."""

from __future__ import annotations

import re
from typing import Final

import pytest

from screenagent.planning import read_instructions
from tests.paths import ROOT

PAGE: Final = (ROOT / "docs" / "plain-instructions.md").read_text("utf-8")
TABLE: Final = "\n".join(line for line in PAGE.splitlines() if line.startswith("|"))
LISTED: Final = PAGE[PAGE.index("## How it is read") :]
SHOWN: Final = [
    *re.findall(r"^    (\S.*)$", PAGE, re.MULTILINE),
    *re.findall(r"`([^`]+)`", TABLE),
    *re.findall(r"`((?:type|press|choose|click|check|wait) [^`…]+)`", LISTED),
]


@pytest.mark.parametrize("instruction", SHOWN)
def test_an_instruction_in_the_documentation_is_understood(instruction: str) -> None:
    assert len(read_instructions(instruction).steps) > 1


def test_the_documentation_shows_some() -> None:
    assert len(SHOWN) > 40
