"""`screenagent doctor`: whether this machine's screen, mouse and keyboard can be driven, by doing it."""

from __future__ import annotations

import sys

import click


@click.command
@click.option("--virtual", is_flag=True, help="Examine a virtual desktop instead of your own.")
@click.option("--json", "as_json", is_flag=True, help="Print each finding as a JSON object.")
def doctor(*, virtual: bool, as_json: bool) -> None:
    """Capture, click and type on each monitor, in a window of our own, and say how to mend what fails.

    \b
    screenagent doctor
    screenagent doctor --virtual

    Exit codes: 0 all well, 1 something is missing.
    """
    from contextlib import ExitStack

    from screenagent.assembly.parts import open_display, stoppable_control
    from screenagent.diagnostics.doctor import examine

    well = True
    with ExitStack() as stack:
        control = stack.enter_context(stoppable_control())
        display = stack.enter_context(open_display(control)) if virtual else None
        for finding in examine(control, display=display):
            well &= finding.ok
            if as_json:
                click.echo(finding.model_dump_json())
                continue
            sign = click.style("✓", fg="green") if finding.ok else click.style("✗", fg="red")
            click.echo(f"{sign} {finding.what}: {finding.detail}")
            if finding.remedy:
                click.echo(f"    {finding.remedy}")
    sys.exit(0 if well else 1)
