"""What the page shows, as a function of what is known of the run. The page draws nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from screenagent.episode import Step
from screenagent.geometry import Box, Location, Point, Value
from screenagent.runs import telling
from screenagent.runs.telling import Line, Toned
from screenagent.runs.wording import outcome_words, thought_of
from screenagent.screenshot import Screenshot
from screenagent.sessions.messages import About
from screenagent.sessions.question import OpenQuestion
from screenagent.showing import LONGEST_NAME, LONGEST_TYPED, abridged, visible, visible_lines
from screenagent.usage import Usage
from screenagent.web.following import Asked, Following

Offer = Literal["approve", "approve_all", "reject", "edit", "zoom", "skip", "push", "next_place", "pick", "reply"]

OFFERS: Final[tuple[Offer, ...]] = (
    "approve", "approve_all", "reject", "edit", "zoom", "skip", "push", "next_place", "pick"
)  # fmt: skip

LONGEST_THOUGHT: Final = 20_000
"""Characters; of a longer thought the page shows the end."""


class ShownPicture(Value):
    """A screenshot that can be asked for by its digest."""

    digest: str
    width: int
    height: int


class ShownMark(Value):
    """A place on the screen: exactly the point that an input goes to."""

    point: Point
    box: Box | None = None
    words: str = ""


class ShownStep(Value):
    """A step of the log. `before` is the screen that was decided on, and `marks` are on it."""

    number: int
    lines: tuple[Line, ...]
    thought: str = ""
    costs: str = ""
    before: ShownPicture | None = None
    after: ShownPicture | None = None
    marks: tuple[ShownMark, ...] = ()


class ShownRow(Value):
    """A line of the log; only what was begun can be looked at."""

    number: int
    sign: Toned
    status: str
    title: str
    took: str = ""
    begun: bool = True


class ShownQuestion(Value):
    """What a person is asked, and how they can answer.

    `words` are those that can be edited, of each place; `seconds` is the time for an answer from now on.
    """

    id: str
    lines: tuple[Line, ...]
    in_words: str = ""
    notes: tuple[str, ...] = ()
    anywhere: str = ""
    places: tuple[ShownMark, ...] = ()
    guesses: tuple[ShownMark, ...] = ()
    offers: tuple[Offer, ...]
    words: tuple[str, ...] = ()
    rewording: str = ""
    no_hint: str
    seconds: float | None = None


class ShownHolder(Value):
    """Who may answer: this page, another face of that name, or nobody. `wanted` is the face that asks for the yes."""

    is_page: bool
    name: str = ""
    wanted: str = ""
    wanted_id: str = ""
    wanted_by_page: bool = False
    seconds: float = 0.0


class ShownRun(Value):
    """All that the page shows of a run while nobody looks at an earlier step.

    `screen` is the newest screen, or the one that the open question is about, and `marks` are on it.
    """

    run: str
    task: str
    desktop: str = ""
    folder: str = ""
    state: Toned
    how: telling.State
    where: str
    unseen: str = ""
    steps: str
    seconds: float
    ticks: bool
    tokens: str = ""
    plight: str = ""
    way_in: str = ""
    rows: tuple[ShownRow, ...] = ()
    step: ShownStep | None = None
    screen: ShownPicture | None = None
    marks: tuple[ShownMark, ...] = ()
    costs: str = ""
    question: ShownQuestion | None = None
    holder: ShownHolder
    paused: bool = False
    taken_over: bool = False
    over: bool = False
    result: str = ""
    answers: bool = False


def shown_run(known: Following, about: About, me: str, now: float, *, answers: bool) -> ShownRun:
    """Return what the page shows of a run; `answers` says whether a person can do anything in it."""
    episode, step = known.episode, known.episode.current
    screen, asked = _screen(known), known.asked
    if asked is not None and step is not None:
        step = telling.as_asked(step, asked.question)
    is_decided_on = step is not None and screen is step.before
    return ShownRun(
        run=about.run,
        task=visible_lines(episode.task or about.task),
        desktop=visible(about.desktop),
        folder=visible(about.folder),
        state=telling.state_words(episode, known.last, known.how),
        how=known.how,
        where=telling.where(episode),
        unseen=episode.screenshot.unseen_words if episode.screenshot else "",
        steps=telling.begun_steps(episode),
        seconds=known.seconds(now),
        ticks=not known.is_over and known.last is not None,
        tokens=telling.token_words(episode),
        plight=abridged(known.plight, LONGEST_TYPED),
        way_in=telling.way_in(about.display) if about.display else "",
        rows=tuple(map(_row, telling.rows(episode))),
        step=_step(step, len(episode.steps), note=known.note) if step else None,
        screen=_picture(screen),
        marks=_marks(step.locations) if step is not None and is_decided_on else (),
        costs=telling.spent_words(_usage(known)),
        question=_question(asked, about, now, step) if asked else None,
        holder=_holder(known, me, now),
        paused=known.paused,
        taken_over=known.taken_over,
        over=known.is_over,
        result=outcome_words(episode.ended) if episode.ended else "broke off" if known.over else "",
        answers=answers,
    )


def shown_step(known: Following, number: int) -> ShownStep | None:
    """Return step `number`, counted from 1; None if it was not begun."""
    steps = known.episode.steps
    return _step(steps[number - 1], number) if 1 <= number <= len(steps) else None


def _step(step: Step, number: int, *, note: str = "") -> ShownStep:
    return ShownStep(
        number=number,
        lines=telling.proposal_lines(step, step.locations, note=note),
        thought=visible_lines(thought_of(step))[-LONGEST_THOUGHT:],
        costs=telling.spent_words(step.usage),
        before=_picture(step.before),
        after=_picture(step.after),
        marks=_marks(step.locations),
    )


def _row(row: telling.Row) -> ShownRow:
    return ShownRow(
        number=row.number,
        sign=row.sign,
        status=row.status,
        title=abridged(row.title),
        took=row.took,
        begun=isinstance(row.of, Step),
    )


def _screen(known: Following) -> Screenshot | None:
    """Return what was decided on while a step is under way, or else what is newest."""
    step = known.episode.current
    return known.episode.screenshot if step is None or step.acted or step.closed else step.before


def _picture(screen: Screenshot | None) -> ShownPicture | None:
    if screen is None:
        return None
    return ShownPicture(digest=screen.digest, width=screen.size.width, height=screen.size.height)


def _marks(locations: tuple[Location, ...]) -> tuple[ShownMark, ...]:
    return tuple(ShownMark(point=place.point, box=place.box) for place in locations)


def _usage(known: Following) -> Usage:
    """Return the cost of the step under way; in the end, of all."""
    if known.episode.ended is not None:
        return sum((step.usage for step in known.episode.steps), Usage())
    return known.episode.current.usage if known.episode.current else Usage()


def _question(asked: Asked, about: About, now: float, step: Step | None) -> ShownQuestion:
    question, wanted = asked.open, asked.question
    kind = wanted.action.kind.replace("_", " ")
    places = range(max(1, len(question.locations)))
    return ShownQuestion(
        id=asked.id,
        lines=telling.proposal_lines(step, wanted.locations, risk=wanted.risk) if step else (),
        in_words=visible_lines(question.asked_in_words or "")[:LONGEST_THOUGHT],
        notes=telling.note_words(wanted),
        anywhere=about.answer_keys,
        places=_marks(question.locations),
        guesses=tuple(_guesses(asked)),
        offers=tuple(_offers(question)),
        words=tuple(question.with_place(place).shown_words for place in places) if question.offers("edit") else (),
        rewording=f"Other words to {kind}",
        no_hint=telling.no_hint(plans_anew=about.plans_anew, can_reword=question.offers("edit")),
        seconds=None if asked.until is None else max(0.0, asked.until - now),
    )


def _offers(question: OpenQuestion) -> Iterator[Offer]:
    if question.asked_in_words is not None:
        yield "reply"
        yield "skip"
    else:
        yield from (offer for offer in OFFERS if question.offers(offer))


def _guesses(asked: Asked) -> Iterator[ShownMark]:
    doubt, screen = asked.question.doubt, asked.question.episode.screenshot
    if doubt is None:
        return
    words = telling.guess_words(doubt.guesses, screen).splitlines()
    for guess, said in zip(doubt.guesses, words, strict=False):
        yield ShownMark(point=guess.location.point, box=guess.location.box, words=said)


def _holder(known: Following, me: str, now: float) -> ShownHolder:
    holder, wanted = known.holder, known.wanted
    return ShownHolder(
        is_page=holder is not None and holder.id == me,
        name=abridged(holder.name, LONGEST_NAME) if holder else "",
        wanted=abridged(wanted.name, LONGEST_NAME) if wanted else "",
        wanted_id=wanted.id if wanted else "",
        wanted_by_page=wanted is not None and wanted.id == me,
        seconds=max(0.0, known.wanted_until - now) if wanted else 0.0,
    )
