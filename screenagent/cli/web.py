"""`screenagent web`: a page in the browser that shows live runs, and answers where that is allowed."""

from __future__ import annotations

import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

import click

from screenagent.cli.options import load_settings
from screenagent.cli.output import echo

if TYPE_CHECKING:
    from screenagent.sessions.attachment import Attachment, News
    from screenagent.sessions.messages import About
    from screenagent.web.overview import Overview

NAME = "the page"


class LiveRuns:
    """The runs of this user that are under way, for the page."""

    def listed(self) -> Sequence[About]:
        from screenagent.sessions.place import live_runs

        return tuple(run.about for run in live_runs())

    def attach(self, run: str, news: News, *, watches: bool) -> Attachment:
        from screenagent.sessions.client import RemoteAttachment
        from screenagent.sessions.place import live_run

        return RemoteAttachment(live_run(run), NAME, news, watches=watches)


@click.command
@click.argument("run", required=False)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where to listen; any free port otherwise.")
@click.option("--allow-answers", is_flag=True, help="Let the page answer, steer and stop; without it, it only watches.")
@click.option("--all", "everything", is_flag=True, help="Show the list with inbox and desks, also for a single run.")
@click.option("--open", "opens", is_flag=True, help="Open the page in this machine's browser.")
def web(*, run: str | None, port: int, allow_answers: bool, everything: bool, opens: bool) -> None:
    """Show a live run in the browser: the screen with the mark, plan, thought, steps, and what is asked.

    RUN is the id of a run, its folder or its process. Without it, the page shows the only run that is under way, or
    lists them, with what waits in the inbox and the desks; with --all it always does. It is served to this machine
    alone, by a link that works once; the next one is printed then. From another machine:
    `ssh -L 8765:127.0.0.1:PORT HOST`, and in the link 8765 for PORT.

    \b
    screenagent web
    screenagent web --allow-answers --open
    screenagent web --all --allow-answers          the inbox and the desks, too
    screenagent web 2026-11-30_10-15-03_click-save --port 8765 --allow-answers

    Exit codes: 0 the run is over and no page is open any more, 2 there is no such run, 130 Ctrl-C.
    """
    from screenagent.sessions.place import live_run, live_runs
    from screenagent.web.serving import ServedWhat, serve_page

    if run and everything:
        raise click.UsageError("give a run or --all, not both")
    runs = [live_run(run)] if run else live_runs()
    only = runs[0].about.run if len(runs) == 1 and not everything else None
    overview = None if only else _overview()
    links: list[str] = []

    def tell(link: str) -> None:
        if links:
            echo(f"a browser has used the link; for another one: {link}", err=True)
        else:
            echo(f"{_what(only, allow_answers=allow_answers)}: {link}", err=True)
        if opens and not links:
            webbrowser.open(stack.enter_context(file_that_leads_to(link)))
        links.append(link)

    with ExitStack() as stack:
        served = ServedWhat(runs=LiveRuns(), only=only, answers=allow_answers, overview=overview)
        serve_page(served, port=port, tell=tell)


def _overview() -> Overview:
    from screenagent.sessions.inbox import Inbox
    from screenagent.web.desk_looks import DeskLooks
    from screenagent.web.overview import Overview
    from screenagent.web.waits import WaitsBoard

    return Overview(WaitsBoard(Inbox(load_settings().inbox)), DeskLooks())


@contextmanager
def file_that_leads_to(link: str) -> Iterator[str]:
    """Give the address of a private file that opens the link: a program's arguments can be read by other users."""
    with NamedTemporaryFile("w", prefix="screenagent-", suffix=".html", encoding="utf-8") as file:
        file.write(f'<!doctype html><meta http-equiv="refresh" content="0;url={link}">')
        file.flush()
        yield Path(file.name).as_uri()


def _what(only: str | None, *, allow_answers: bool) -> str:
    shown = f"the run {only}" if only else "all runs that are under way, what waits, and the desks"
    return (
        f"{shown}, {'which the page can answer' if allow_answers else 'to watch (--allow-answers lets the page act)'}"
    )
