"""The templates of what models are asked: rendered strictly, and named by the digest of their text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_PACKAGED: Final = Path(__file__).parents[1] / "_prompts"
FOLDER: Final = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[2] / "prompts"
"""In a wheel the templates lie inside the package, in a checkout beside it."""


def render_prompt(name: str, variables: Mapping[str, object]) -> str:
    """The template `name` with `variables`: a missing one is an error, and so is one it does not know."""
    unknown = set(variables) - declared(name)
    if unknown:
        raise TypeError(f"the prompt {name!r} has no variable {', '.join(sorted(unknown))}")
    return _environment().get_template(f"{name}.j2").render(variables).strip()


@cache
def declared(name: str) -> frozenset[str]:
    """The variables that a template names in its first line."""
    first = source(name).partition("\n")[0]
    found = re.fullmatch(r"\{# variables: (.*) #\}", first)
    if found is None:
        raise ValueError(f"the first line of the prompt {name!r} does not name its variables: {first!r}")
    return frozenset(found[1].split(", "))


def prompt_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.j2")))


def source(name: str) -> str:
    return (FOLDER / f"{name}.j2").read_text(encoding="utf-8")


def digests() -> dict[str, str]:
    """What names each template's text, for the record of a run."""
    return {name: hashlib.sha256(source(name).encode()).hexdigest()[:12] for name in prompt_names()}


def prompt_screen(text: str) -> str:
    """`text` that was read off a screen, between marks that it cannot close itself."""
    inside = " ".join(text.replace("<", "‹").replace(">", "›").split())
    return f"<screen>{inside}</screen>"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.filters["screen"] = prompt_screen
    return environment
