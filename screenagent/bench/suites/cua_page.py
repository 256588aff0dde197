"""Carries out what a task of cua-bench says of its own page, in a process of its own.

`list DIR` prints its tasks with their pages, `check MAIN INDEX PROFILE` exits with 0 if the page in the browser with
that profile is as the task wants it, and `prove DIR` does both sides for all tasks: the check has to fail on the
untouched page, and to hold once the suite's own solution was carried out.

The tasks import `cua_bench`. What stands in for it here has only the names that they use.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar

from screenagent.bench.devtools import BrowserPage, browser, connected
from screenagent.control import Control
from screenagent.geometry import Size

Found = TypeVar("Found")

ROLES: Final = ("tasks_config", "setup_task", "evaluate_task", "solve_task")
ACTIONS: Final = ("ClickAction", "RightClickAction", "DoubleClickAction", "DragAction", "TypeAction", "KeyAction")

SEEDED: Final = """<script>(() => { let s = %d; Math.random = () => {
s = (s + 0x6D2B79F5) | 0; let t = Math.imul(s ^ (s >>> 15), 1 | s);
t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t; return ((t ^ (t >>> 14)) >>> 0) / 4294967296 } })()</script>"""
"""Their pages are shuffled by lot; with this each is the same every time."""


@dataclass
class CuaTask:
    """What a task says of itself."""

    description: str
    task_id: str | None = None
    metadata: dict[str, Any] | None = None
    computer: dict[str, Any] | None = None


@dataclass
class CuaAction:
    """An input of a solution: its kind and its arguments."""

    kind: str
    told: dict[str, Any]


@dataclass
class CuaWindow:
    """The page that a task opens."""

    html: str = ""
    title: str = ""
    width: int = 800
    height: int = 600


@dataclass
class CuaMain:
    """The functions of a `main.py`, by their role."""

    roles: dict[str, Callable[..., Any]] = field(default_factory=dict)

    @property
    def tasks(self) -> list[Any]:
        return list(self.roles["tasks_config"]())

    def opened(self, task: Any) -> CuaWindow:
        """Return the page that the task opens at its start."""
        session = OpeningSession()
        asyncio.run(self.roles["setup_task"](task, session))
        return session.window

    def holds(self, task: Any, page: BrowserPage) -> bool:
        self.opened(task)  # the task remembers its window
        rewards = asyncio.run(self.roles["evaluate_task"](task, PageSession(page)))
        return bool(rewards) and all(reward >= 1 for reward in rewards)

    def solve(self, task: Any, page: BrowserPage) -> None:
        asyncio.run(self.roles["solve_task"](task, PageSession(page)))


class OpeningSession:
    """Hears what window a task opens."""

    def __init__(self) -> None:
        self.window = CuaWindow()

    async def launch_window(
        self, html: str = "", title: str = "", width: int = 800, height: int = 600, **_: Any
    ) -> int:
        self.window = CuaWindow(html, title, width, height)
        return 1


class PageSession:
    """Asks and uses the page by the browser's debugging port, for the suite's own check and solution."""

    def __init__(self, page: BrowserPage) -> None:
        self._page = page

    async def execute_javascript(self, _pid: int, script: str) -> Any:
        return self._page.evaluate(script)

    async def click_element(self, _pid: int, selector: str) -> None:
        place = self._page.evaluate(_CLICKED % json.dumps(selector))
        if place is not None:
            self._mouse("mousePressed", "left", *place)
            self._mouse("mouseReleased", "left", *place)

    async def execute_action(self, action: CuaAction) -> None:
        told = action.told
        match action.kind:
            case "TypeAction":
                self._page.call("Input.insertText", text=told["text"])
            case "KeyAction":
                self._key(told["key"])
            case "DragAction":
                start, end = (told["from_x"], told["from_y"]), (told["to_x"], told["to_y"])
                self._drag(self._on_page(*start), self._on_page(*end))
            case "RightClickAction" | "ClickAction":
                button = "right" if action.kind == "RightClickAction" else "left"
                place = self._on_page(told["x"], told["y"])
                self._mouse("mousePressed", button, *place)
                self._mouse("mouseReleased", button, *place)

    def _on_page(self, x: float, y: float) -> tuple[float, float]:
        """Return a place on the screen as one on the page."""
        left, top = self._page.evaluate("[window.screenX, window.screenY]")
        return x - left, y - top

    def _drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self._mouse("mousePressed", "left", *start)
        for part in range(1, 11):
            between = (a + (b - a) * part / 10 for a, b in zip(start, end, strict=True))
            self._mouse("mouseMoved", "left", *between)
        self._mouse("mouseReleased", "left", *end)

    def _mouse(self, kind: str, button: str, x: float, y: float) -> None:
        told = {"type": kind, "x": x, "y": y, "button": button, "clickCount": 1}
        self._page.call("Input.dispatchMouseEvent", **told, buttons=0 if kind == "mouseReleased" else 1)

    def _key(self, key: str) -> None:
        name = {"enter": "Enter", "return": "Enter", "tab": "Tab", "escape": "Escape"}.get(key.lower(), key)
        told: dict[str, Any] = {"key": name, "code": name}
        if name == "Enter":
            told |= {"windowsVirtualKeyCode": 13, "text": "\r"}
        self._page.call("Input.dispatchKeyEvent", type="keyDown", **told)
        self._page.call("Input.dispatchKeyEvent", type="keyUp", **told)


_CLICKED: Final = """(() => { const found = document.querySelector(%s); if (!found) return null;
if (found.tagName == "OPTION") { const list = found.closest("select"); list.value = found.value;
for (const kind of ["input", "change"]) list.dispatchEvent(new Event(kind, {bubbles: true})); return null; }
found.scrollIntoView({block: "center"}); const place = found.getBoundingClientRect();
return [place.left + place.width / 2, place.top + place.height / 2]; })()"""


def whole_page(window: CuaWindow, seed: int) -> str:
    """Return the page that a task opens; they write only its body, and load what styles it from the network.

    `cua_page.css` has what their classes need to show and hide things, and to lay them out.
    """
    style = Path(__file__).with_name("cua_page.css").read_text("utf-8")
    head = f'<meta charset="utf-8"><title>{window.title}</title><style>{style}</style>{SEEDED % seed}'
    return f"<!doctype html><html><head>{head}</head><body>{window.html}</body></html>"


def load_main(file: Path) -> CuaMain:
    """Run a task's `main.py`, with what stands in for `cua_bench`, and return its functions."""
    found = CuaMain()
    sys.modules["cua_bench"] = _stand_in(found)
    spec = importlib.util.spec_from_file_location(f"cua_{file.parent.name}", file)
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return found


def _stand_in(found: CuaMain) -> types.ModuleType:
    module = types.ModuleType("cua_bench")

    def marking(role: str) -> Callable[..., Any]:
        def mark(*_: Any, **__: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
            def keep(function: Callable[..., Any]) -> Callable[..., Any]:
                found.roles[role] = function
                return function

            return keep

        return mark

    def acting(kind: str) -> Callable[..., CuaAction]:
        return lambda **told: CuaAction(kind, told)

    for role in ROLES:
        setattr(module, role, marking(role))
    for kind in ACTIONS:
        setattr(module, kind, acting(kind))
    vars(module).update(Task=CuaTask, DesktopSession=object, interact=lambda *_: None)
    return module


def list_tasks(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield each task with its page; a `main.py` that cannot be run is named, with why."""
    for file in sorted(folder.glob("*/main.py")):
        yield from _or_why(partial(_tasks_of, file), partial(_unrun, file))


def _tasks_of(file: Path) -> list[dict[str, Any]]:
    main, listed = load_main(file), []
    for index, task in enumerate(main.tasks):
        window = main.opened(task)
        named = {"main": str(file), "index": index, "description": task.description}
        listed.append(named | {"window": asdict(window) | {"html": whole_page(window, index)}})
    return listed


def _unrun(file: Path, why: str) -> list[dict[str, Any]]:
    return [{"main": str(file), "why": why}]


def _or_why(do: Callable[[], Found], otherwise: Callable[[str], Found]) -> Found:
    """Return what is done, or what it is otherwise: whatever a task's own program does ends that task alone."""
    try:
        return do()
    except Exception as error:  # noqa: BLE001 -- see above
        return otherwise(f"{type(error).__name__}: {error}")


def prove(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield for each task whether its check holds on the untouched page, and after the suite's own solution."""
    listed = [one for one in list_tasks(folder) if "why" not in one]
    with (
        TemporaryDirectory() as name,
        browser(Control(), "about:blank", size=Size(width=1024, height=768)) as (_, page),
    ):
        for one in listed:
            file = Path(name) / "index.html"
            file.write_text(one["window"]["html"], "utf-8")
            page.load(file.as_uri())
            sides = _or_why(
                partial(_both_sides, one, page), lambda why: {"untouched": None, "solved": None, "why": why}
            )
            yield {"main": one["main"], "index": one["index"]} | sides


def _both_sides(one: dict[str, Any], page: BrowserPage) -> dict[str, Any]:
    main = load_main(Path(one["main"]))
    task = main.tasks[one["index"]]
    untouched = main.holds(task, page)
    main.solve(task, page)
    page.painted()
    return {"untouched": untouched, "solved": main.holds(task, page)}


def check(file: Path, index: int, profile: Path) -> bool:
    main = load_main(file)
    with connected(profile) as page:
        page.dismiss_dialog()
        return main.holds(main.tasks[index], page)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["check", file, index, profile]:
            sys.exit(0 if check(Path(file), int(index), Path(profile)) else 1)
        case ["list" | "prove" as command, folder]:
            for line in (list_tasks if command == "list" else prove)(Path(folder)):
                print(json.dumps(line), flush=True)
        case _:
            sys.exit(2)
