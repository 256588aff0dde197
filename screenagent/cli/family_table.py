"""The families of vision models as `screenagent model families` prints them: a table, one in detail, or JSON."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any, Final

import click

from screenagent.models.families import Family
from screenagent.models.families.family import Effort, Opening, TemplateSwitch
from screenagent.models.families.probe import MARKS, SIZE, probe_picture
from screenagent.models.vision import Request

WIDTHS: Final = (13, 11, 16)
INDENT: Final = " " * (WIDTHS[0] + 2)
HEADINGS: Final = ("name", "coordinates", "think switch", "answers")
MARK: Final = MARKS[0]


def families_table(families: Iterable[Family]) -> str:
    """Return a line for each family, and below it the sizes, licence, scores and what was not verified."""
    heading = click.style(_columns(*HEADINGS), bold=True)
    return "\n".join((heading, *(line for family in families for line in _row(family))))


def family_details(family: Family) -> str:
    """Return everything known about one family, with its prompt for a button and an example answer."""
    asked = _question(family)
    across, down = MARK.box.center.x, MARK.box.center.y
    where = f"where it is {across:.0%} across and {down:.0%} down a picture of {SIZE.width}x{SIZE.height}"
    parts = [
        click.style(f"{family.name}: {family.title}", bold=True),
        *(_wrapped(f"{what:<13}{said}", "  ", " " * 15) for what, said in _facts(family)),
        *_titled("System prompt", asked.system),
        *_titled(f"Prompt, for {MARK.target}", asked.text),
        *_titled(f"Answer, {where}", family.example(MARK.box, SIZE)),
        *_titled("Sources", "\n".join(family.verified)),
        *_titled("Not verified", "\n".join(family.unverified)),
        *_titled("Notes", "\n".join(family.notes)),
    ]
    return "\n".join(parts)


def family_as_json(family: Family) -> dict[str, Any]:
    """Return the row with an example: the prompts filled in for a button, and an answer."""
    asked = _question(family)
    example = {
        "target": MARK.target,
        "system": asked.system,
        "text": asked.text,
        "answer": family.example(MARK.box, SIZE),
    }
    return {**family.model_dump(mode="json"), "example": example}


def _row(family: Family) -> Iterator[str]:
    yield _columns(family.name, family.coordinates.unit, _switch(family), _form(family))
    yield _wrapped("; ".join(said for said in (family.sizes, family.licence) if said), INDENT, INDENT)
    for benchmark, score in family.scores.items():
        yield _wrapped(f"{benchmark}: {score}", INDENT, INDENT)
    if family.unverified:
        yield _wrapped(f"not verified: {'; '.join(family.unverified)}", INDENT, INDENT)
    for note in family.notes:
        yield _wrapped(f"note: {note}", INDENT, INDENT)


def _columns(*cells: str) -> str:
    """Return the cells in columns; the last cell loses its beginning if it is too long for the terminal."""
    *fixed, last = cells
    begin = "".join(f"{cell:<{width}}  " for cell, width in zip(fixed, WIDTHS, strict=True))
    room = _width() - len(begin)
    return begin + (last if len(last) <= room else f"…{last[1 - room :]}")


def _form(family: Family) -> str:
    """Return the family's answer format on one line."""
    names = ["x", "y"] if family.form.count == 2 else ["x1", "y1", "x2", "y2"]
    if family.coordinates.y_first:
        names = [name.translate(str.maketrans("xy", "yx")) for name in names]
    return " ".join(family.form.example(names).split())


def _switch(family: Family) -> str:
    match family.think:
        case Opening(think=think):
            return f"{think} first"
        case TemplateSwitch(variable=variable):
            return variable
        case Effort():
            return "reasoning_effort"
        case _:
            return "-"


def _facts(family: Family) -> Iterator[tuple[str, str]]:
    size, refusal = family.resizing, " ".join((family.refusal or "").split())
    yield "names", ", ".join(family.names)
    yield "trained from", ", ".join(family.trained_from) or "-"
    yield "sizes", family.sizes
    yield "licence", family.licence or "-"
    yield "scores", "; ".join(f"{benchmark}: {score}" for benchmark, score in family.scores.items()) or "-"
    yield "coordinates", f"{family.coordinates.unit}, {'y before x' if family.coordinates.y_first else 'x before y'}"
    yield "sees", f"sides in multiples of {size.multiple}, {size.least_pixels:,} to {size.most_pixels:,} pixels"
    yield "order", "text, then picture" if family.text_first else "picture, then text"
    yield "thinks", _thinks(family)
    yield "absent", f"trained to answer {refusal}" if refusal else "told to answer: not there"
    yield "grammar", "may constrain its answers" if family.bindable else "must not constrain its answers"


def _thinks(family: Family) -> str:
    match family.think:
        case Opening(think=think, nothink=nothink):
            return f"if its turn begins with {think}, not with {nothink}"
        case TemplateSwitch(variable=variable):
            return f"if {variable} in chat_template_kwargs is true"
        case Effort(think=think, nothink=nothink):
            return f"with reasoning_effort {think}, not (or less) with {nothink}"
        case _:
            return "as trained; cannot be switched"


def _question(family: Family) -> Request:
    return family.question(MARK.target, probe_picture(), absent=False)


def _titled(title: str, text: str) -> list[str]:
    """Return a title and the indented text below it; nothing if there is no text."""
    return [click.style(f"\n{title}", bold=True), textwrap.indent(text, "  ")] if text else []


def _wrapped(text: str, first: str, rest: str) -> str:
    return textwrap.fill(text, _width(), initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _width() -> int:
    return max(60, min(shutil.get_terminal_size().columns, 120))
