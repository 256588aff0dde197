"""Texts that end sooner than they look: an unquoted ` #` begins a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import ScalarEvent

from screenagent.scripts.file import Problem
from screenagent.scripts.lint.finding import LintFinding, warning_of

_REST: Final = re.compile(r"[ \t]+#[^\r\n\x85\u2028\u2029]*")
_COMMENT: Final = re.compile(r"[ \t]+#+(\s+[^\s\d]|\s*$|!)")
"""What a comment begins with; what begins otherwise, as `#12` does, is most likely a part of the text."""


def cut_texts(content: bytes, file: Path) -> Iterator[LintFinding]:
    """Yield a warning for each unquoted text that a ` #` cuts off; nothing for what is not YAML."""
    text = content.decode("utf-8-sig", "replace")
    try:
        scalars = [event for event in YAML(pure=True).parse(text) if isinstance(event, ScalarEvent)]
    except (YAMLError, ValueError, RecursionError):
        return
    for scalar in scalars:
        rest = _REST.match(text, scalar.end_mark.index) if not scalar.style else None
        if rest is None or _COMMENT.match(rest[0]):
            continue
        whole = f"{scalar.value}{rest[0].rstrip()}"
        what = (
            f"the text ends before the #, as {scalar.value!r}: unquoted, a blank and # begin a comment;"
            f" put {whole.strip()!r} in quotes"
        )
        yield warning_of(
            Problem(
                file=str(file),
                line=scalar.end_mark.line + 1,
                column=scalar.end_mark.column + rest[0].index("#") + 1,
                what=what,
                code="cut_text",
            )
        )
