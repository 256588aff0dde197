"""The only way of a command's words to the terminal: what comes from outside has its codes made visible on it."""

from __future__ import annotations

from typing import Any

import click

from screenagent.showing import visible, visible_json, visible_lines


class Painted(str):
    """A text for the terminal whose colours are ours, and in which every other code is visible."""

    __slots__ = ()


def paint(text: str, **style: Any) -> Painted:
    """Return `text` in one line, in a colour, bold or dim."""
    return Painted(click.style(visible(text), **style))


def painted(*parts: str) -> Painted:
    """Return the parts in one line, behind each other."""
    return Painted("".join(part if isinstance(part, Painted) else visible(part) for part in parts))


def echo(*parts: object, err: bool = False, nl: bool = True) -> None:
    """Print one line, its parts behind each other, on stdout or on stderr."""
    click.echo(painted(*(part if isinstance(part, str) else str(part) for part in parts)), err=err, nl=nl)


def echo_lines(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print a text of several lines: a file, a thought, a table."""
    click.echo(visible_lines(text), err=err, nl=nl)


def echo_json(written: str) -> None:
    """Print JSON on stdout, with every code in its texts as JSON's own escape."""
    click.echo(visible_json(written.encode("utf-8", "surrogatepass")))


def secho(text: str, *, err: bool = False, nl: bool = True, **style: Any) -> None:
    """Print one line in a colour, bold or dim."""
    echo(paint(text, **style), err=err, nl=nl)


def confirm(question: str, **options: Any) -> bool:
    """Ask a question that is answered with yes or no."""
    return click.confirm(painted(question), **options)


def prompt(question: str, *, err: bool = False) -> str:
    """Ask for a line; an empty one is an answer."""
    said: str = click.prompt(painted(question), default="", show_default=False, err=err)
    return said
