"""Puts the rows into the inbox that a play leaves to a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from screenagent.scripts.replay.results import ReplayResult
from screenagent.scripts.rows.ledger import PlayedRow
from screenagent.scripts.rows.lines import now
from screenagent.scripts.rows.playing import RowMoment
from screenagent.sessions.entries import MissedQuestion, PlayCommand, RowEntry, entry_id, short, values_digest
from screenagent.sessions.missed import KeptInbox
from screenagent.showing import abridged

LONGEST_NAME: Final = 200
SET_ASIDE: Final = "the row is set aside"
TO_SETTLE: Final = "the row is to be settled by hand"
UNANSWERED: Final = "the row failed, as nobody answered"


@dataclass(frozen=True)
class RowInbox:
    """Is told of each row as a play begins it, ends it, or leaves it out. A row is kept from its first input on: if the
    play is killed, it waits for a person."""

    kept: KeptInbox
    script: str
    play: PlayCommand

    def __call__(self, moment: RowMoment, number: int, row: PlayedRow) -> None:
        """Hear of a row. One that is left out waits since an earlier play, which may have been killed."""
        id = entry_id("row", self.play.results, row.id)
        missed = self._missed(row.result.run) if row.result and row.result.run else None
        if row.status not in ("set_aside", "to_settle") and not (missed and row.status == "failed"):
            self.kept.remove(id)
        elif moment != "left_out" or not self._was_told(id):
            is_news = moment == "left_out" or (moment == "ended" and not missed)
            entry = self._entry(id, number, row, missed).model_copy(update={"told": moment != "begun"})
            self.kept.put(entry, is_news=is_news)
        else:
            return
        if missed:
            self.kept.remove(missed.id)

    def _was_told(self, id: str) -> bool:
        entry = self.kept.inbox.kept(id)
        return isinstance(entry, RowEntry) and entry.told

    def _missed(self, run: str) -> MissedQuestion | None:
        found = self.kept.inbox.kept(entry_id("question", run))
        return found if isinstance(found, MissedQuestion) else None

    def _entry(self, id: str, number: int, row: PlayedRow, missed: MissedQuestion | None) -> RowEntry:
        result = row.result or ReplayResult(script="", outcome="stopped")
        return RowEntry(
            id=id,
            at=now(),
            what=_what(row, missed),
            why=short(f"{row.why}; {missed.what}" if missed else row.why),
            run=result.run,
            screen=result.screen,
            script=abridged(self.script, LONGEST_NAME),
            row=number,
            row_id=row.id,
            key=abridged(row.key, LONGEST_NAME),
            values=values_digest(row.values),
            step=short(result.failed_at),
            missed=missed is not None,
            play=self.play,
        )


def _what(row: PlayedRow, missed: MissedQuestion | None) -> str:
    if missed and row.status == "failed":
        return UNANSWERED
    return SET_ASIDE if row.status == "set_aside" else TO_SETTLE
