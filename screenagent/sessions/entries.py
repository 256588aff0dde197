"""What waits for a person, as every face shows it: an open question, a missed one, or a row of a replay. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, assert_never

from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter

from screenagent.actions import Action, Ask
from screenagent.errors import UserError
from screenagent.geometry import LATER, Point, Value
from screenagent.runs.store import has_picture
from screenagent.runs.wording import question_words
from screenagent.showing import abridged, visible

LONGEST_TEXT: Final = 500
"""Characters of a text in an entry; who writes one abridges it to less."""
LONGEST_PATH: Final = 4096
LONGEST_OPTION: Final = 131_072
"""No system takes a longer word of a command."""
MOST_OPTIONS: Final = 4000

Text = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(visible)]
Place = Annotated[str, Field(max_length=LONGEST_PATH)]
Option = Annotated[str, Field(max_length=LONGEST_OPTION)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-zA-Z]{0,64}$")]
Id = Annotated[str, Field(pattern=r"^(row|question|live)-[0-9a-f]{16}$")]

How = Literal["continue", "skip", "done", "dismiss"]
"""What a person says of an entry on disk: play the row again, don't play it, it is done; or take note of a question."""


class Waits(Value):
    """`what` waits, and `why`. `run` is the folder of the run, and `screen` the digest of a screenshot of it."""

    id: Id
    at: AwareDatetime | None = None
    what: Text
    why: Text = ""
    run: Place = ""
    screen: Digest = ""

    @property
    def picture(self) -> Path | None:
        """The file of the picture of the screen, if the run kept it."""
        folder = Path(self.run)
        if not self.run or not self.screen or not has_picture(folder, self.screen):
            return None
        return folder / "screens" / f"{self.screen}.png"


class PlayCommand(Value):
    """The play that a row belongs to: the script's file, the table, the results file, and the other options."""

    script: Place
    table: Place
    results: Place
    folder: Place
    options: Annotated[tuple[Option, ...], Field(max_length=MOST_OPTIONS)] = ()

    def words(self, row: int) -> list[str]:
        """Return the command that plays this row only."""
        where = ("--rows", self.table, "--results", self.results, "--only-rows", str(row))
        return ["screenagent", "play", self.script, *where, *self.options]


class RowEntry(Waits):
    """A row of a table that a replay left to a person.

    The results file alone says whether it still waits; `row_id` is its name there and `values` the digest of its
    values. `step` is what was to be done as it failed. With `missed`, a question about it was not answered.
    `told` says whether somebody was notified.
    """

    kind: Literal["row"] = "row"
    at: AwareDatetime
    script: Text
    row: int = Field(ge=1)
    row_id: Text
    key: Text = ""
    values: Digest
    step: Text = ""
    missed: bool = False
    told: bool = False
    play: PlayCommand

    def words_to_heal(self) -> list[str]:
        """Return the command that shows what the replay had to heal."""
        return ["screenagent", "heal", self.play.script, "--run", self.run]

    def words_to_record(self) -> list[str]:
        """Return the command that records the failed step anew, next to the script."""
        script = Path(self.play.script)
        return ["screenagent", "record", str(script.with_name(f"{script.stem}-again{script.suffix}"))]


class MissedQuestion(Waits):
    """A question of a run that nobody answered in time, which was a no."""

    kind: Literal["question"] = "question"
    at: AwareDatetime
    task: Text


class LiveQuestion(Waits):
    """A question of a run that is under way, which waits for an answer. It is kept nowhere but in the run.

    `question` is its id there, and `points` are where the action would go. `holder` names the face that holds the yes,
    empty if none does. With `in_words` only words answer it.
    """

    kind: Literal["live"] = "live"
    task: Text
    run_id: Place
    question: Place
    points: tuple[Point, ...] = ()
    holder: Text = ""
    in_words: bool = False
    seconds: float | None = None


KeptEntry = RowEntry | MissedQuestion
Entry = RowEntry | MissedQuestion | LiveQuestion


class AlreadySettled(UserError):
    """Somebody has settled the entry meanwhile, or it has settled itself; nothing was done."""

    code = "already_settled"


class WaitingEntries(Value):
    """What waits for a person, the oldest first, and a sentence for each file that cannot be read."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()


KEPT: Final[TypeAdapter[KeptEntry]] = TypeAdapter(Annotated[KeptEntry, Field(discriminator="kind")], config=LATER)


def title(entry: Entry) -> str:
    """Return what an entry is about: the script and the row, or the task of the run."""
    match entry:
        case RowEntry(script=script, row=row, key=key):
            return f"{script}, row {row}" + (f" ({key})" if key else "")
        case MissedQuestion(task=task) | LiveQuestion(task=task):
            return task
        case _:
            assert_never(entry)


def ways_to_settle(entry: Entry) -> tuple[str, ...]:
    """Return the words that settle an entry, the first one being what is done mostly."""
    match entry:
        case RowEntry():
            return ("continue", "skip", "done", "teach", "stop")
        case MissedQuestion():
            return ("dismiss",)
        case LiveQuestion(in_words=in_words):
            return ("reply", "no", "stop") if in_words else ("yes", "no", "stop")
        case _:
            assert_never(entry)


def entry_id(kind: Literal["row", "question", "live"], *named: str) -> str:
    """Return the id of the entry of a row, a run or an open question, which is the same whenever it is asked for."""
    return f"{kind}-{hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]}"


def values_digest(values: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(sorted(values.items())).encode()).hexdigest()[:32]


def asked_words(action: Action) -> str:
    """Return what is asked, as an entry holds it: the question of the agent, or the action that it wants to do."""
    return short(action.question if isinstance(action, Ask) else question_words(action))


def short(text: str, most: int = LONGEST_TEXT - 100) -> str:
    """Return a text as an entry holds it."""
    return abridged(text, most)
