"""A task of cua-bench's form, written here by hand: its program runs in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from screenagent.bench.suites.cua_basic import read_cua_basic
from screenagent.errors import BadFile

MAIN = """
from pathlib import Path
import cua_bench as cb

@cb.tasks_config(split="train")
def load():
    return [cb.Task(description=f"Click {name}.", metadata={"name": name}, computer={}) for name in ("A", "B")]

@cb.setup_task(split="train")
async def start(task_cfg: cb.Task, session: cb.DesktopSession):
    html = (Path(__file__).parent / "gui/index.html").read_text().replace("{{NAME}}", task_cfg.metadata["name"])
    await session.launch_window(html=html, title="Simple", width=300, height=200)

@cb.evaluate_task(split="train")
async def evaluate(task_cfg, session):
    return [1.0]

@cb.solve_task(split="train")
async def solve(task_cfg, session):
    await session.execute_action(cb.TypeAction(text="a"))
"""


def checkout(folder: Path, **mains: str) -> Path:
    for name, main in mains.items():
        (folder / "cua-bench-basic" / name / "gui").mkdir(parents=True)
        (folder / "cua-bench-basic" / name / "gui" / "index.html").write_text("<button>{{NAME}}</button>")
        (folder / "cua-bench-basic" / name / "main.py").write_text(main)
    return folder


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screenagent.bench.suites.cua_basic.is_installed", lambda _: True)


def test_each_configuration_is_a_task_with_its_own_page(tmp_path: Path) -> None:
    found = read_cua_basic(checkout(tmp_path, click=MAIN, broken="raise ValueError('no')"))
    assert [(task.id, task.group, task.task) for task in found.tasks] == [
        ("click-0", "click", "Click A."),
        ("click-1", "click", "Click B."),
    ]
    assert "<button>B</button>" in found.tasks[1].files["index.html"]
    assert "--window-size=300,200" in found.tasks[1].app
    assert [(one.id, one.why) for one in found.left_out] == [("broken", "its main.py cannot be run: ValueError: no")]


def test_pages_that_need_the_network_are_left_out(tmp_path: Path) -> None:
    folder = checkout(tmp_path, click=MAIN)
    page = folder / "cua-bench-basic" / "click" / "gui" / "index.html"
    page.write_text('<button aria-label="play">\n <iconify-icon icon="mdi:play"></iconify-icon></button>')
    assert {one.why for one in read_cua_basic(folder).left_out} == {"its icons come from the network"}
    page.write_text('<img src="https://example.org/a.png">')
    assert {one.why for one in read_cua_basic(folder).left_out} == {"it needs the network"}


def test_another_folder_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no checkout of cua-bench"):
        read_cua_basic(tmp_path)
