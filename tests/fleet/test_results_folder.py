"""The folder of results: its lock, its header, and disks that are full."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from screenagent.errors import BadFile
from screenagent.fleet.jobs import Attempted, planned_jobs
from screenagent.fleet.results_folder import (
    RESULTS,
    FolderInUse,
    KeptAttempt,
    OtherResults,
    ResultsNotWritten,
    open_results_folder,
    read_results_folder,
)

ATTEMPT = KeptAttempt.of(planned_jobs({"a": ""})[0], 1, Attempted(outcome="passed"), datetime(2026, 1, 1, tzinfo=UTC))


def test_two_runs_into_one_folder_are_refused(tmp_path: Path) -> None:
    first, second = open_results_folder(tmp_path, {}), open_results_folder(tmp_path, {})
    with first, pytest.raises(FolderInUse, match="another run"), second:
        pass


def test_a_folder_of_another_version_is_refused_and_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_results_folder(tmp_path, {}) as results:
        results.keep(ATTEMPT)
    text = (tmp_path / RESULTS).read_text().replace('"version":"', '"version":"0.0.', 1)
    (tmp_path / RESULTS).write_text(text)
    with pytest.raises(OtherResults, match=r"begun by screenagent 0\.0\."), open_results_folder(tmp_path, {}):
        pass
    assert (tmp_path / RESULTS).read_text() == text


def test_a_form_of_a_later_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / RESULTS).write_text('{"kind":"header","format":2,"more":1}\n')
    with pytest.raises(OtherResults, match="in the form 2"), open_results_folder(tmp_path, {}):
        pass


def test_something_else_that_was_asked_is_named(tmp_path: Path) -> None:
    with open_results_folder(tmp_path, {"epochs": 3, "tasks": "ab"}):
        pass
    again = open_results_folder(tmp_path, {"epochs": 5, "tasks": "ab"})
    with pytest.raises(OtherResults, match=r"another epochs \(3, now 5\)"), again:
        pass


@pytest.mark.parametrize("text", ["a poem\n", "a poem", '{"a":"list"}', '{"kind":"header"}\n', "[]\n", "\n"])
def test_a_file_of_something_else_is_refused_and_left_as_it_is(tmp_path: Path, text: str) -> None:
    (tmp_path / RESULTS).write_text(text)
    with pytest.raises(BadFile), open_results_folder(tmp_path, {}):
        pass
    assert (tmp_path / RESULTS).read_text() == text


def test_a_line_that_is_no_attempt_is_named(tmp_path: Path) -> None:
    with open_results_folder(tmp_path, {}) as results:
        results.keep(ATTEMPT)
    with (tmp_path / RESULTS).open("a") as file:
        file.write("{}\n")
    with pytest.raises(BadFile, match="line 3"), open_results_folder(tmp_path, {}):
        pass


def test_a_full_disk_is_a_sentence_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with open_results_folder(tmp_path, {}) as results:
        results.keep(ATTEMPT)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            with pytest.raises(ResultsNotWritten, match="No space left"):
                results.keep(ATTEMPT)
    assert read_results_folder(tmp_path)[1][0] == ATTEMPT


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResultsNotWritten, match="Not a directory"), open_results_folder(tmp_path / "file" / "x", {}):
        pass
