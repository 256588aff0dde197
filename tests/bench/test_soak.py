"""The page of figures: one bench is measured anew, and what the others said stays."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from screenagent.bench import soak

ARRIVED = soak.section("The loop's own time per step", ("bench", "steps"), {"n": 5, "step_ms_p50": 56.5})
SETTLED = soak.section("Popups seen late or not at all", ("bench", "settle"), {"n": 1, "interval": [0.0, 0.5]})


def test_a_page_is_read_as_it_was_written() -> None:
    page = soak.HEAD + ARRIVED + SETTLED
    read = soak.sections(page)
    assert read["The loop's own time per step"] == ARRIVED
    assert read["Popups seen late or not at all"] == SETTLED
    assert "| `interval` | 0 to 0.5 |" in SETTLED


def test_what_is_not_measured_stays(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text(soak.HEAD + SETTLED + ARRIVED, "utf-8")
    done = CliRunner().invoke(soak.main, [str(tmp_path), "--only", "no such bench", "--page", str(page)])
    assert done.exit_code == 0
    assert page.read_text("utf-8") == soak.HEAD + SETTLED + ARRIVED


def test_what_was_measured_on_other_screens_stays_when_a_bench_is_measured(tmp_path: Path) -> None:
    elsewhere = soak.section("Grounding on elsewhere", ("bench", "ground", "elsewhere"), {"n": 3})
    page = {**soak.sections(soak.HEAD + elsewhere), "Popups seen late or not at all": SETTLED}
    assert list(soak.in_order(page, dict(soak.benches(tmp_path)))) == [SETTLED, elsewhere]


def test_groups_stand_one_below_the_other_and_those_of_none_are_left_out() -> None:
    kinds = {"moved": {"n": 2, "unaided": 2}, "theme": {"n": 0, "unaided": 0}, "font": {"n": 1, "unaided": 0}}
    page = soak.section("Scripts", ("bench", "scripts"), {"kinds": kinds, "told": ["one", "two"]})
    assert "| `kinds` | moved n 2, unaided 2<br>font n 1, unaided 0 |" in page
    assert "| `told` | one<br>two |" in page
