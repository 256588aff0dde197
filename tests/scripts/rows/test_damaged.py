"""Whatever is wrong with a CSV file or a results file, it is read or refused in a sentence."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from screenagent.errors import WrongUsage
from tests.damage import broken_bytes, damages
from tests.scripts.rows.table import Desk, csv_of, done

ROWS = csv_of([("Ada", 1), ('"Ben, the ""2nd"""', 2), ('"Cleo\nLane"', 3)])
WIDE = ROWS.replace(",", ";").encode("utf-16")

COUNTS = [pytest.param(200, id="quick"), pytest.param(10_000, id="soak", marks=pytest.mark.soak)]


@pytest.mark.slow
@pytest.mark.parametrize("count", COUNTS)
def test_a_damaged_csv_file(tmp_path: Path, count: int) -> None:
    desk = Desk(tmp_path)
    for random in damages(count, seed=18):
        desk.results.unlink(missing_ok=True)
        with suppress(WrongUsage):
            desk.play(broken_bytes(random.choice((ROWS.encode(), WIDE)), random))


@pytest.mark.slow
@pytest.mark.parametrize("count", COUNTS)
def test_a_damaged_results_file(tmp_path: Path, count: int) -> None:
    desk = Desk(tmp_path)
    desk.ends["Ada"] = [done(outputs={"number": "R-17"})]
    desk.play(ROWS)
    whole = desk.results.read_bytes()
    for random in damages(count, seed=18):
        damaged = broken_bytes(whole, random)
        desk.results.write_bytes(damaged)
        with suppress(WrongUsage):
            desk.play(ROWS)
            desk.rows()
            continue
        assert (desk.entered, desk.results.read_bytes()) == ([], damaged)
