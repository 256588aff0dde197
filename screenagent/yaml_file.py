"""Reads the YAML files that people write, and says what is wrong with one, and where."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Final, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from screenagent.errors import BadFile

LARGEST: Final = 1_000_000
"""Bytes; a file that a person wrote is smaller."""

CONSTRUCTING: Final = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError)
"""What PyYAML raises at a value that is not what its tag says: a date, a number, a binary text that is none."""

T = TypeVar("T")


def read_yaml(file: Path, kind: type[T], *, what: str) -> T:
    """Return the value in the YAML file. Raises `BadFile` if the file is not `what`, such as "a policy"."""
    try:
        return TypeAdapter(kind).validate_python(_parsed(file))
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in wrong["loc"])
        raise BadFile(f"{file} is not {what}: {f'{where}: ' if where else ''}{wrong['msg']}") from error


def read_bounded(file: Path) -> bytes:
    """Return what a file of a person's holds. Raises `BadFile` if it is larger than one, or a pipe or a device."""
    about = file.stat()
    if not S_ISREG(about.st_mode) and not S_ISDIR(about.st_mode):  # a folder is refused by the system, in its words
        raise BadFile(f"{file} is not a file that can be read to its end")
    if about.st_size > LARGEST:
        raise BadFile(f"{file} has {about.st_size} bytes; at most {LARGEST} are read")
    with file.open("rb") as opened:
        return opened.read(LARGEST)


def _parsed(file: Path) -> object:
    content = read_bounded(file)
    try:
        return yaml.safe_load(content.decode("utf-8"))
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise BadFile(f"{file}{line} is not YAML: {error.problem}") from error
    except (yaml.YAMLError, *CONSTRUCTING) as error:
        raise BadFile(f"{file} is not YAML: {error}") from error
    except RecursionError as error:
        raise BadFile(f"{file} is nested too deeply") from error
