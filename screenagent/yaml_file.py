"""Reads the YAML files that people write, and says what is wrong with one, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from screenagent.errors import BadFile
from screenagent.files import WRITTEN_BY_HAND, read_whole

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


def read_packaged(file: Path, kind: type[T]) -> T:
    """Return the value in a YAML file of the package: by libyaml, which is quicker and trusts how deep a file nests."""
    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    return TypeAdapter(kind).validate_python(yaml.load(file.read_bytes(), loader))


def _parsed(file: Path) -> object:
    content = read_whole(file, most=WRITTEN_BY_HAND)
    try:
        return yaml.safe_load(content.decode("utf-8"))
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise BadFile(f"{file}{line} is not YAML: {error.problem}") from error
    except (yaml.YAMLError, *CONSTRUCTING) as error:
        raise BadFile(f"{file} is not YAML: {error}") from error
    except RecursionError as error:
        raise BadFile(f"{file} is nested too deeply") from error
