"""Rows are played once: whatever ends a play, and whatever is done to the CSV file until the next one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from screenagent.errors import BadFile, UserError, WrongUsage
from screenagent.scripts.parameters import Unbound
from screenagent.scripts.rows.lines import InUse, open_results
from screenagent.scripts.rows.playing import OtherScript
from tests.scripts.rows.table import SCRIPT, Desk, csv_of, done, failed

BEFORE = csv_of([("Ada", 1), ("Ben", 2), ("Cleo", 3)])


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def killed_in(desk: Desk, customer: str, rows: str = BEFORE) -> None:
    desk.ends[customer] = [Killed()]
    with pytest.raises(Killed):
        desk.play(rows)


@pytest.mark.parametrize(
    ("after", "played"),
    [
        pytest.param(csv_of([("Zoe", 0), ("Ada", 1), ("Ben", 2), ("Cleo", 3)]), ["Zoe"], id="one more on top"),
        pytest.param(csv_of([("Ben", 2), ("Cleo", 3)]), [], id="one fewer"),
        pytest.param(csv_of([("Cleo", 3), ("Ben", 2), ("Ada", 1)]), [], id="sorted"),
        pytest.param(csv_of([("Ada", 1), ("Ben", 9), ("Cleo", 3)]), ["Ben"], id="another value"),
        pytest.param(csv_of([("Ada", 1), ("Ada", 1), ("Ben", 2)]), ["Ada"], id="the same once more"),
        pytest.param(csv_of([(1, "Ada"), (2, "Ben"), (3, "Cleo")], "amount,customer"), [], id="columns exchanged"),
        pytest.param(csv_of([("Ada", 1, "x")], "customer,amount,note"), [], id="a column that is no parameter"),
        pytest.param(csv_of([("Ada",), ("Ben",), ("Dan",)], "customer"), ["Dan"], id="a column taken out"),
    ],
)
def test_a_row_that_is_done_is_known_wherever_it_stands(desk: Desk, after: str, played: list[str]) -> None:
    assert desk.play(BEFORE) == ["Ada", "Ben", "Cleo"]
    assert desk.play(after) == played
    assert desk.play(after) == []


def test_a_column_put_in_makes_no_row_another_one(desk: Desk) -> None:
    assert desk.play(csv_of([("Ada",), ("Ben",)], "customer")) == ["Ada", "Ben"]
    assert desk.play(csv_of([("Ada", 5), ("Ben", 6), ("Cleo", 7)])) == ["Cleo"]


def test_another_value_on_the_command_line_makes_all_rows_others(desk: Desk) -> None:
    rows = csv_of([("Ada",)], "customer")
    assert [desk.play(rows, sets={"amount": "1"}), desk.play(rows, sets={"amount": "2"})] == [["Ada"], ["Ada"]]


def test_rows_that_say_the_same_are_counted(desk: Desk) -> None:
    killed_in(desk, "Ben", csv_of([("Ada", 1), ("Ada", 1), ("Ben", 2), ("Ada", 1)]))
    assert desk.play(csv_of([("Ada", 1), ("Ada", 1), ("Ada", 1)])) == ["Ada"]


@pytest.mark.parametrize("by", [{"key": "id"}, {"script": SCRIPT.model_copy(update={"key": "id"})}])
def test_rows_are_known_by_their_key_where_one_is_named(desk: Desk, by: dict[str, Any]) -> None:
    desk.play(csv_of([(7, "Ada", 1), (8, "Ada", 1)], "id,customer,amount"), **by)
    after = csv_of([(9, "Ada", 1), (8, "Eve", 1), (7, "Ada", 2)], "id,customer,amount")
    assert desk.play(after, **by) == ["Ada"]
    assert [(row.key, row.plays) for row in desk.rows()] == [("9", 1), ("8", 1), ("7", 1)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (csv_of([(7, "Ada"), (7, "Ben")], "id,customer"), "says '7' in the rows 1, 2"),
        (csv_of([(7, "Ada"), ("", "Ben")], "id,customer"), "row 2 has nothing in the key column 'id'"),
        (csv_of([("Ada", 1)]), "has no column 'id' to know its rows by; it has 'customer', 'amount'"),
    ],
)
def test_a_key_that_does_not_tell_rows_apart_is_refused(desk: Desk, rows: str, said: str) -> None:
    with pytest.raises(WrongUsage, match=said):
        desk.play(rows, key="id")
    assert desk.entered == []


def test_a_row_that_was_cut_off_is_not_typed_into_again(desk: Desk) -> None:
    killed_in(desk, "Ben")
    assert desk.statuses() == ["done", "to_settle", "not_played"]
    assert desk.play(BEFORE) == ["Cleo"]
    assert desk.play(BEFORE, only="2") == []
    [said] = desk.said
    assert said.startswith("row 2 is not played: it was cut off after its first input; look what it has done")


def test_a_row_that_was_cut_off_before_its_first_input_is_played(desk: Desk) -> None:
    desk.unsent = frozenset(("Ben",))
    killed_in(desk, "Ben")
    desk.unsent = frozenset()
    assert desk.play(BEFORE) == ["Ben", "Cleo"]


def test_a_stop_ends_the_play_and_leaves_its_row_to_a_person(desk: Desk) -> None:
    desk.ends["Ben"] = [done(outcome="stopped")]
    assert desk.play(BEFORE) == ["Ada", "Ben"]
    assert desk.statuses() == ["done", "to_settle", "not_played"]
    assert any(line.startswith("row 2 is to be settled by hand: look what it has done") for line in desk.said)


def test_a_row_that_failed_is_played_with_the_next_play(desk: Desk) -> None:
    desk.ends["Ben"] = [failed()]
    desk.play(BEFORE)
    assert desk.play(BEFORE) == ["Ben"]


def test_a_row_of_which_nobody_knows_whether_it_was_saved_is_left_to_a_person(desk: Desk) -> None:
    desk.ends["Ben"] = [failed(doubt="nobody knows what came of its last input: click “Save”")]
    assert desk.play(BEFORE, retries=3) == ["Ada", "Ben", "Cleo"]
    assert desk.statuses() == ["done", "to_settle", "done"]
    assert desk.play(BEFORE) == []


def test_a_row_that_is_set_aside_is_played_if_it_is_named(desk: Desk) -> None:
    desk.ends["Ben"] = [failed(set_aside="the server is away", doubt="?")]
    assert desk.play(BEFORE, retries=3, keep_going=False) == ["Ada", "Ben", "Cleo"]
    assert [desk.statuses()[1], desk.play(BEFORE), desk.play(BEFORE, only="2")] == ["set_aside", [], ["Ben"]]
    assert desk.statuses() == ["done"] * 3


def test_a_failed_row_is_tried_again(desk: Desk) -> None:
    desk.ends["Ben"] = [failed(), failed(), done()]
    assert desk.play(BEFORE, retries=2) == ["Ada", "Ben", "Ben", "Ben", "Cleo"]
    assert desk.statuses() == ["done"] * 3


@pytest.mark.parametrize(("keep_going", "played"), [(False, ["Ada", "Ben"]), (True, ["Ada", "Ben", "Cleo"])])
def test_a_row_that_fails_ends_the_play_unless_it_is_to_go_on(desk: Desk, keep_going: bool, played: list[str]) -> None:
    desk.ends["Ben"] = [failed()]
    assert desk.play(BEFORE, keep_going=keep_going) == played


def test_only_the_rows_that_are_named_are_played(desk: Desk) -> None:
    rows = csv_of([(name, 1) for name in "ABCDEF"])
    assert desk.play(rows, only="2-3, 6") == ["B", "C", "F"]
    assert desk.play(rows, only="1-3") == ["A"]
    assert desk.play(rows) == ["D", "E"]


@pytest.mark.parametrize("text", ["", "0", "3-1", "x", "1,,2", "9", "1-", "-1", "1" * 40])
def test_rows_that_are_not_there_cannot_be_named(desk: Desk, text: str) -> None:
    with pytest.raises(ValueError, match=r"write for example 7-30,33|there is no row"):
        desk.play(BEFORE, only=text or ",")
    assert desk.entered == []


def test_a_value_that_does_not_fit_is_told_of_its_row_alone(desk: Desk) -> None:
    rows = csv_of([("Ada", 1), ("Ben", ""), ("", 3), ("Dan", "many")])
    assert desk.play(rows, keep_going=False) == ["Ada", ""]
    assert [row.why for row in desk.rows()] == [
        "", "the parameter 'amount': '' is no number", "", "the parameter 'amount': 'many' is no number"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("custmer,amount", "no parameter 'custmer'; did you mean 'customer'"),
        ("Customer,amount", "did you mean 'customer'"),
        ("amount", "the parameter 'customer' needs a value: a column 'customer'"),
        ("name,total", "no column of .* is a parameter of 'Rows'"),
        ("customer,pin", "'pin' is secret"),
        ("customer,amuont", "did you mean 'amount'"),
    ],
)
def test_columns_that_do_not_fit_are_refused_before_anything_is_played(desk: Desk, header: str, said: str) -> None:
    with pytest.raises(Unbound, match=said):
        desk.play(csv_of([["1"] * len(header.split(","))], header))
    assert not desk.results.exists()


def test_what_cannot_be_played_thrice_for_one_reason_ends_the_play(desk: Desk) -> None:
    desk.unsent = frozenset("ABCDEF")
    desk.ends = {name: [UserError("no display")] for name in "ABCDEF"}
    desk.play(csv_of([(name, 1) for name in "ABCDEF"]))
    assert desk.statuses() == ["failed"] * 3 + ["not_played"] * 3


def test_an_error_after_the_first_input_leaves_the_row_to_a_person(desk: Desk) -> None:
    desk.ends["Ben"] = [UserError("the display has ended")]
    assert desk.play(BEFORE) == ["Ada", "Ben", "Cleo"]
    assert desk.statuses() == ["done", "to_settle", "done"]


def test_what_was_read_stays_with_the_row(desk: Desk) -> None:
    desk.ends["Ben"] = [done(outputs={"number": "R-17"})]
    desk.play(BEFORE)
    assert [dict(row.outputs) for row in desk.rows()] == [{}, {"number": "R-17"}, {}]


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_a_results_file_whose_last_line_was_cut_off_is_read_up_to_it(desk: Desk, cut: int) -> None:
    desk.play(BEFORE)
    whole = desk.results.read_bytes()
    desk.results.write_bytes(whole[:-cut])
    assert desk.play(BEFORE) == []
    assert desk.statuses() == ["done", "done", "done" if cut == 1 else "to_settle"]


@pytest.mark.slow
def test_wherever_a_play_is_killed_no_row_is_played_twice(desk: Desk) -> None:
    """Cut the results file after every byte: a row that had begun is never played again."""
    desk.play(BEFORE)
    whole = desk.results.read_bytes()
    for length in range(0, len(whole) + 1, 7):
        desk.results.write_bytes(whole[:length])
        begun = {name for name in ("Ada", "Ben", "Cleo") if _has_begun(whole[:length], name)}
        assert begun.isdisjoint(desk.play(BEFORE))
        assert desk.play(BEFORE) == []


def _has_begun(lines: bytes, customer: str) -> bool:
    whole = lines[: lines.rfind(b"\n") + 1].splitlines()
    return any(b'"kind":"begun"' in line and customer.encode() in line for line in whole)


def test_a_disk_that_lost_its_power_may_have_kept_the_length_of_a_line(desk: Desk) -> None:
    desk.play(BEFORE)
    desk.results.write_bytes(desk.results.read_bytes() + bytes(100))
    assert (desk.play(BEFORE), desk.statuses()) == ([], ["done"] * 3)


def test_an_editor_may_have_left_out_the_last_line_end(desk: Desk) -> None:
    desk.play(BEFORE)
    desk.results.write_bytes(desk.results.read_bytes().rstrip())
    assert desk.play(csv_of([("Ada", 1), ("Dan", 4)])) == ["Dan"]
    assert desk.play(csv_of([("Ada", 1), ("Dan", 4)])) == []


@pytest.mark.parametrize("content", [b"rubbish", b"rubbish\n", b'{"a": 1}\n', b"customer,amount\nAda,1\n", b"\xff\n"])
def test_a_file_that_is_something_else_is_left_as_it_is(desk: Desk, content: bytes) -> None:
    desk.results.write_bytes(content)
    with pytest.raises(BadFile, match="line 1 is no result"):
        desk.play(BEFORE)
    assert (desk.results.read_bytes(), desk.entered) == (content, [])


def test_two_plays_at_once_are_refused(desk: Desk) -> None:
    with open_results(desk.results), pytest.raises(InUse, match="another play"):
        desk.play(BEFORE)
    assert desk.play(BEFORE) == ["Ada", "Ben", "Cleo"]


def test_the_rows_of_another_script_are_not_taken_for_its_own(desk: Desk) -> None:
    desk.play(BEFORE)
    with pytest.raises(OtherScript, match="holds the rows of 'Rows', and this script is called 'Remind'"):
        desk.play(BEFORE, script=SCRIPT.model_copy(update={"name": "Remind"}))


def test_results_of_version_0_1_are_still_known(desk: Desk) -> None:
    """They have no names, and are known by their number and their values."""
    desk.results.write_text(
        '{"script":"Rows","row":1,"values":{"customer":"Ada","amount":"1"},"outcome":"done","message":"","steps":3}\n'
        '{"script":"Rows","row":2,"values":{"customer":"Ben","amount":"2"},"outcome":"gave_up","message":"","steps":3}\n'
        '{"script":"Rows","row":3,"values":{"customer":"Cleo","amount":"3"},"outcome":"stopped","message":"","steps":2}\n'
    )
    assert desk.play(csv_of([("Zoe", 0), ("Ada", 1), ("Ben", 2), ("Cleo", 3)])) == ["Zoe", "Ben"]
    assert desk.statuses() == ["done", "done", "done", "to_settle"]


def test_each_line_is_on_the_disk_before_the_next_thing_happens(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda _: happened.append("kept"))
    desk.entered = _Told(happened)
    desk.play(csv_of([("Ada", 1)]))
    assert happened == ["kept", "kept", "typed", "kept"]  # planned, begun, typed, ended


class _Told(list[str]):
    def __init__(self, happened: list[str]) -> None:
        self._happened = happened

    def append(self, _: str) -> None:
        self._happened.append("typed")


MANY = csv_of([(f"customer {number}", number) for number in range(40)])


def test_several_rows_at_a_time_are_each_played_once(desk: Desk) -> None:
    desk.ends["customer 7"] = [failed()]
    assert sorted(desk.play(MANY, at_a_time=4)) == sorted(f"customer {number}" for number in range(40))
    assert [row.status for row in desk.rows()] == ["done"] * 7 + ["failed"] + ["done"] * 32
    assert desk.play(MANY, at_a_time=4) == ["customer 7"]


def test_a_row_that_breaks_one_of_several_plays_is_not_typed_into_again(desk: Desk) -> None:
    desk.ends["customer 7"] = [Killed()]
    with pytest.raises(Killed):
        desk.play(MANY, at_a_time=4)
    first = list(desk.entered)
    assert first.count("customer 7") == 1
    second = desk.play(MANY, at_a_time=4)
    assert sorted([*first, *second]) == sorted(f"customer {number}" for number in range(40))
    assert desk.statuses().count("to_settle") == 1


def test_one_reason_that_no_row_can_be_played_for_ends_several_plays(desk: Desk) -> None:
    desk.unsent = frozenset(f"customer {number}" for number in range(40))
    desk.ends = {name: [UserError("there is no display")] for name in desk.unsent}
    desk.play(MANY, at_a_time=2)
    assert desk.statuses().count("failed") <= 6
    assert desk.statuses().count("not_played") >= 34
