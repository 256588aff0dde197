"""The inbox: rows and questions wait there until they are settled, and a file that is not an entry does no harm."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from screenagent.actions import Click, Target
from screenagent.approval import ApprovalQuestion
from screenagent.assembly.supervised import KeepsUnanswered
from screenagent.episode import Episode
from screenagent.events import Abort, Approve, Ended, Reject, Verdict
from screenagent.scripts.rows.ledger import PlayedRow
from screenagent.scripts.rows.lines import open_results
from screenagent.scripts.rows.playing import RowMoment
from screenagent.sessions.entries import AlreadySettled, How, MissedQuestion, RowEntry
from screenagent.sessions.inbox import Inbox
from screenagent.sessions.missed import MissedQuestions
from screenagent.sessions.numbers import numbered
from screenagent.sessions.waiting import kept_waiting, settle, tidy
from screenagent.settings import Settings
from tests.builders import in_process
from tests.scripts.rows.table import csv_of, failed
from tests.sessions.waits import Night

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=20)


def nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    names = st.sampled_from(["kind", "id", "at", "what", "why", "run", "screen", "task", "play"]) | st.text(max_size=5)
    return st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=8)


def json_bytes(value: object) -> bytes:
    return json.dumps(value).encode()


ASIDE = failed(set_aside="the server is away", failed_at="click “Save”", screen="ab12", run="/runs/1")
QUESTION = ApprovalQuestion(Click(target=Target(words="Send")), (), "it sends", Episode())


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path)


def test_a_row_that_is_set_aside_waits(night: Night) -> None:
    night.desk.ends["Ben"] = [ASIDE]
    night.play()
    row = night.row
    assert (row.script, row.row, row.why, row.step) == ("Rows", 2, "the server is away", "click “Save”")
    assert (row.run, row.screen) == ("/runs/1", "ab12")
    assert row.play.words(2)[:3] == ["screenagent", "play", str(night.folder / "rows.yaml")]
    assert row.play.words(2)[-4:] == ["--only-rows", "2", "--approve", "risky"]
    assert night.told == [row]


def test_only_what_a_person_has_to_settle_waits(night: Night) -> None:
    night.desk.ends |= {"Ada": [failed()], "Ben": [failed(doubt="nobody knows")]}
    night.play()
    assert [(row.row, row.what) for row in night.rows] == [(2, "the row is to be settled by hand")]


def test_a_row_of_a_play_that_was_killed_waits(night: Night) -> None:
    night.desk.ends["Ben"] = [Killed()]
    with pytest.raises(Killed):
        night.play()
    assert (night.row.row, night.told) == (2, [])
    night.play()
    assert [entry.id for entry in night.told] == [night.row.id], "told of once somebody can tell"
    night.play()
    assert len(night.told) == 1


def test_the_row_that_is_being_played_does_not_wait(night: Night) -> None:
    seen: list[list[int]] = []
    listen = night.desk.heard

    def look(moment: RowMoment, number: int, row: PlayedRow) -> None:
        listen(moment, number, row)
        seen.append([row.row for row in night.rows])

    night.desk.heard = look
    night.desk.ends["Ada"] = [ASIDE]
    night.play(csv_of([("Ada", 1), ("Ben", 2)]))
    assert seen == [[], [1], [1], [1]]


@pytest.mark.parametrize(
    ("how", "status", "played"), [("continue", "not_played", ["Ben"]), ("skip", "skipped", []), ("done", "done", [])]
)
def test_a_row_is_settled_in_its_results_file(night: Night, how: How, status: str, played: list[str]) -> None:
    night.desk.ends["Ben"] = [ASIDE]
    night.play()
    assert settle(night.inbox, night.row, how).startswith("row 2 is ")
    assert (night.desk.statuses()[1], night.rows) == (status, [])
    assert night.play() == played


def test_a_row_that_is_settled_elsewhere_leaves_the_inbox(night: Night) -> None:
    night.desk.ends |= {"Ada": [ASIDE], "Ben": [ASIDE]}
    night.play()
    entry = night.rows[0]
    assert in_process("rows", str(night.desk.results), "--done", "1").returncode == 0
    assert [row.row for row in night.rows] == [2]
    with pytest.raises(AlreadySettled, match="row 1 of Rows is settled already: it is done"):
        settle(night.inbox, entry, "skip")
    tidy(night.inbox)
    assert [night.inbox.kept(entry.id), night.inbox.kept(night.row.id)] == [None, night.row]


def test_a_row_is_known_wherever_it_stands_by_now(night: Night) -> None:
    night.desk.ends["Ben"] = [ASIDE]
    night.play()
    night.play(csv_of([("Zoe", 0), ("Ada", 1), ("Ben", 2)]))
    assert night.row.row == 3


def test_another_row_of_the_same_name_in_a_new_results_file_is_not_meant(night: Night) -> None:
    night.desk.ends["Ben"] = [ASIDE]
    night.play()
    entry = night.row
    night.desk.results.unlink()
    night.desk.heard = lambda *_: None
    night.desk.ends["Zoe"] = [ASIDE]
    night.play(csv_of([("Ada", 1), ("Zoe", 2)]))
    assert night.rows == []
    with pytest.raises(AlreadySettled):
        settle(night.inbox, entry, "done")
    assert night.desk.statuses() == ["done", "set_aside"]


def test_of_two_who_settle_a_row_the_second_is_told(night: Night) -> None:
    night.desk.ends["Ben"] = [ASIDE]
    night.play()
    entry, ways = night.row, ("skip", "done", "continue", "skip", "done", "continue")

    def settled(how: How) -> bool:
        try:
            return bool(settle(night.inbox, entry, how))
        except AlreadySettled:
            return False

    with ThreadPoolExecutor(len(ways)) as pool:
        assert sum(pool.map(settled, ways)) == 1


def test_a_play_that_is_under_way_keeps_its_rows_to_itself(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screenagent.sessions.waiting.LOCK_SECONDS", 0.01)
    night.desk.ends["Ben"] = [ASIDE]
    night.play()
    entry = night.row
    with open_results(night.desk.results):
        tidy(night.inbox)
        with pytest.raises(Exception, match="is being written to by another play"):
            settle(night.inbox, entry, "done")
    assert night.row == entry


def test_entries_can_be_read_by_their_owner_alone(night: Night) -> None:
    night.desk.ends["Ben"] = [ASIDE]
    night.play()
    [file] = night.inbox.folder.iterdir()
    assert [oct(path.stat().st_mode & 0o777) for path in (night.inbox.folder, file)] == ["0o700", "0o600"]


def missed(night: Night, run: str = "/runs/1") -> MissedQuestions:
    asking = MissedQuestions(night.kept, "send it", Path(run))
    asking.keep(QUESTION)
    return asking


def test_a_question_that_nobody_answers_waits(night: Night) -> None:
    missed(night)
    [entry] = night.waiting.entries
    assert isinstance(entry, MissedQuestion)
    assert (entry.what, entry.why, entry.task) == ("click “Send”", "it sends", "send it")
    assert settle(night.inbox, entry, "dismiss")
    with pytest.raises(AlreadySettled):
        settle(night.inbox, entry, "dismiss")
    assert night.waiting.entries == ()


@pytest.mark.parametrize(("verdict", "waits"), [(None, 1), (Approve(), 0), (Abort(), 0), (Reject(reason="no"), 0)])
def test_only_a_question_that_was_not_answered_waits(night: Night, verdict: Verdict | None, waits: int) -> None:
    settings = Settings.model_validate({"inbox": night.inbox.folder})
    with KeepsUnanswered(lambda _: verdict, settings, "send it") as asking:
        asking.asked(QUESTION)
        assert night.waiting.entries == (), "nothing of a run that is not recorded is kept"
        asking.folder = Path("/runs/1")
        assert asking.asked(QUESTION) == verdict
        assert len(night.waiting.entries) == waits
        asking(Ended(result="done"))
    assert night.waiting.entries == ()


@pytest.mark.parametrize(("result", "waits"), [("done", 0), ("gave_up", 1)])
def test_a_missed_question_of_a_run_that_is_done_is_put_away(night: Night, result: str, waits: int) -> None:
    missed(night)(Ended.model_validate({"result": result}))
    assert len(night.waiting.entries) == waits


def test_a_row_that_failed_as_nobody_answered_waits_once(night: Night) -> None:
    missed(night, "/runs/1")
    night.desk.ends["Ben"] = [failed(run="/runs/1"), failed(run="/runs/2")]
    night.play()
    assert (night.row.missed, night.row.what) == (True, "the row failed, as nobody answered")
    assert night.waiting.entries == (night.row,)
    assert len(night.told) == 1, "the question was told of already"
    night.play()
    assert night.rows == [], "it was played again, and failed for another reason"


def entry_file(night: Night) -> Path:
    night.desk.ends["Ben"] = [ASIDE]
    night.play()
    [file] = night.inbox.folder.iterdir()
    return file


def changed(**fields: object) -> Callable[[Path], object]:
    return lambda file: file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))


def replaced(by: Callable[[Path], object]) -> Callable[[Path], object]:
    def replace(file: Path) -> None:
        file.unlink()
        by(file)

    return replace


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda file: file.write_bytes(b"\x00\xff"), id="not JSON"),
        pytest.param(lambda file: file.write_bytes(b"[" * 100_000), id="deep JSON"),
        pytest.param(lambda file: file.write_bytes(b"{}" + b" " * 2_000_000), id="too large"),
        pytest.param(changed(kind="live"), id="a kind that is not kept"),
        pytest.param(changed(why="x" * 501), id="a text that is too long"),
        pytest.param(changed(screen="../../etc/passwd"), id="a screen that is none"),
        pytest.param(changed(more=1), id="a field that is not known"),
        pytest.param(changed(id="row-0000000000000000"), id="another entry"),
        pytest.param(replaced(lambda file: file.mkdir()), id="a folder"),
        pytest.param(replaced(lambda file: file.symlink_to("/dev/zero")), id="a link"),
        pytest.param(replaced(os.mkfifo), id="a pipe"),
    ],
)
def test_a_file_that_is_no_entry_is_named_and_left_out(night: Night, spoil: Callable[[Path], object]) -> None:
    file = entry_file(night)
    missed(night, "/runs/other")
    spoil(file)
    assert [entry.kind for entry in night.waiting.entries] == ["question"]
    [problem] = night.waiting.problems
    assert problem.startswith(f"left out: {file}: ")
    assert len(problem) < 600


def test_codes_in_an_entry_are_shown_and_never_sent(night: Night) -> None:
    changed(step="\x1b[2J\u202egood")(entry_file(night))
    assert night.row.step == "␛[2J‹U+202E›good"


def test_an_entry_whose_results_cannot_be_read_is_named(night: Night) -> None:
    entry_file(night)
    night.desk.results.write_text("not results\n")
    assert (night.rows, len(night.waiting.problems)) == ([], 1)
    assert str(night.desk.results) in night.waiting.problems[0]
    tidy(night.inbox)
    assert len([*night.inbox.folder.iterdir()]) == 1


def test_a_folder_that_is_a_link_is_not_read(night: Night) -> None:
    entry_file(night)
    night.inbox.folder.rename(night.folder / "elsewhere")
    night.inbox.folder.symlink_to(night.folder / "elsewhere")
    assert night.waiting.entries == ()
    assert "is not a folder of yours" in night.waiting.problems[0]
    night.play(csv_of([("Dan", 1)]))
    assert "is not a folder of yours" in night.said[0]


def test_a_folder_that_others_can_write_to_is_not_read(night: Night) -> None:
    entry_file(night)
    night.inbox.folder.chmod(0o777)
    assert night.waiting.entries == ()
    assert "is not a folder of yours alone" in night.waiting.problems[0]
    night.desk.ends["Dan"] = [ASIDE]
    night.play(csv_of([("Dan", 1)]))
    assert [row.row for row in night.rows] == [1], "who writes to it makes it theirs alone again"


def test_a_play_goes_on_if_the_inbox_cannot_be_written(night: Night) -> None:
    night.inbox.folder.write_text("a file")
    night.desk.ends |= {"Ada": [ASIDE], "Ben": [ASIDE]}
    assert night.play() == ["Ada", "Ben", "Cleo"]
    assert len(night.said) == 1
    assert "the inbox cannot be written" in night.said[0]
    assert len(night.told) == 2, "who can be told is told all the same"


def test_a_row_entry_says_all_that_it_takes_to_go_on(night: Night) -> None:
    entry_file(night)
    kept = night.inbox.kept(night.row.id)
    assert isinstance(kept, RowEntry)
    assert kept.told


@hypothesis_settings(max_examples=30, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.recursive(SCALARS, nested, max_leaves=8).map(json_bytes)))
def test_whatever_a_file_holds_it_is_an_entry_or_is_named(written: bytes) -> None:
    with TemporaryDirectory() as folder:
        inbox = Inbox(Path(folder))
        (inbox.folder / "question-0123456789abcdef.json").write_bytes(written)
        found = kept_waiting(inbox)
        assert len(found.entries) + len(found.problems) == 1


def test_numbers_that_are_given_at_the_same_time_differ(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    ids = [f"question-{number:016x}" for number in range(8)]
    with ThreadPoolExecutor(len(ids)) as pool:
        last = [*pool.map(lambda many: numbered(inbox, ids[: many + 1]), range(len(ids)))]
    given_last = max(last, key=len)
    assert len(set(given_last.values())) == len(ids)


def test_numbers_that_cannot_be_read_begin_anew(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    (inbox.opened() / "numbers.json").write_bytes(b"\xff")
    assert numbered(inbox, ["a"]) == {"a": 1}
