"""The results that a bench keeps, one JSON object a line, to go on from when it was stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from screenagent.errors import BadFile

Result = TypeVar("Result")


def read_results(file: Path, parse: Callable[[str], Result]) -> list[Result]:
    """Return the results in `file`, without a last line that was cut off. Raise `BadFile` if it holds anything else."""
    if not file.is_file():
        return []
    text = file.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        file.write_text(whole, encoding="utf-8")
    found = []
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            found.append(parse(line))
        except ValidationError:
            raise BadFile(f"line {number} of {file} is no result of this bench; name another file") from None
    return found


def keep_results(file: Path, *results: BaseModel) -> None:
    with file.open("a", encoding="utf-8") as lines:
        lines.writelines(f"{result.model_dump_json()}\n" for result in results)
