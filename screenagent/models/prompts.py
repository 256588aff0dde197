"""The prompt templates: rendered strictly, and identified by the digest of their text."""

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
"""The templates' folder: inside the package in a wheel, beside it in a checkout."""


def render_prompt(name: str, variables: Mapping[str, object]) -> str:
    """Render the template `name`; a missing variable is an error, and so is an unknown one."""
    unknown = set(variables) - declared(name)
    if unknown:
        raise TypeError(f"the prompt {name!r} has no variable {', '.join(sorted(unknown))}")
    return _environment().get_template(f"{name}.j2").render(variables).strip()


@cache
def declared(name: str) -> frozenset[str]:
    """Return the variables that a template names in its first line, which may name none: `{# variables: #}`."""
    first = source(name).partition("\n")[0]
    found = re.fullmatch(r"\{# variables:((?: \w+,?)*) #\}", first)
    if found is None:
        raise ValueError(f"the first line of the prompt {name!r} does not name its variables: {first!r}")
    return frozenset(found[1].replace(",", " ").split())


def prompt_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.j2")))


def source(name: str) -> str:
    return (FOLDER / f"{name}.j2").read_text(encoding="utf-8")


def digests() -> dict[str, str]:
    """Return the digest of each template's text, for the record of a run."""
    return {name: hashlib.sha256(source(name).encode()).hexdigest()[:12] for name in prompt_names()}


def prompt_screen(text: str) -> str:
    """Return `text` from a screen between marks that it cannot close itself."""
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
