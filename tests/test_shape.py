"""The code keeps its shape: short functions, small modules, one name for one thing, few exceptions to the rules."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Final

import pytest

from tests.paths import ROOT

PACKAGE: Final = ROOT / "screenagent"
FUNCTION_LINES, MEDIAN_LINES = 60, 6
MODULE_LINES, ALL_LINES = 450, 97_000  # see docs/architecture.md, "How large it is"
TOP_MODULES, FOLDERS = 16, 21
NOQA = 60
CATCH_ALLS_PER_1000_LINES = 0.4

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A file of the package, as text and as a tree."""

    name: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        return self.text.count("\n")

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))


@pytest.fixture(scope="module")
def modules() -> list[Module]:
    texts = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.py"))}
    return [Module(name, text, ast.parse(text)) for name, text in texts.items()]


def listed(offenders: list[str]) -> str:
    """All of them, a line each: pytest shows only the first of a list."""
    return "\n".join([f"{len(offenders)} in all:", *offenders])


def length(function: Function) -> int:
    """From `def` to the last line; decorators, such as the options of a command, are data."""
    assert function.end_lineno
    return function.end_lineno - function.lineno + 1


def test_no_function_is_longer_than_a_screen(modules: list[Module]) -> None:
    long = [
        f"{module.name}:{function.lineno} {function.name} has {length(function)} lines"
        for module in modules
        for function in module.functions()
        if length(function) > FUNCTION_LINES
    ]
    assert not long, listed(long)


def test_half_of_all_functions_are_a_few_lines(modules: list[Module]) -> None:
    assert median(length(function) for module in modules for function in module.functions()) <= MEDIAN_LINES


def test_no_module_is_longer_than_it_can_be_read(modules: list[Module]) -> None:
    long = [f"{module.name} has {module.lines} lines" for module in modules if module.lines > MODULE_LINES]
    assert not long, listed(long)


def test_all_of_it_stays_small(modules: list[Module]) -> None:
    assert sum(module.lines for module in modules) <= ALL_LINES


def test_the_top_level_can_be_seen_at_a_glance() -> None:
    named = [path for path in PACKAGE.iterdir() if path.suffix == ".py" and not path.name.startswith("__")]
    folders = [path for path in PACKAGE.iterdir() if path.is_dir() and any(path.rglob("*.py"))]
    assert len(named) <= TOP_MODULES, listed(sorted(path.name for path in named))
    assert len(folders) <= FOLDERS, listed(sorted(path.name for path in folders))


def is_catch_all(node: ast.AST) -> bool:
    """Whether it is `except:`, `except Exception` or `except BaseException`."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in caught)


def test_hardly_any_place_catches_everything(modules: list[Module]) -> None:
    caught = [
        f"{module.name}:{node.lineno}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and is_catch_all(node)
    ]
    allowed = int(CATCH_ALLS_PER_1000_LINES * sum(module.lines for module in modules) / 1000)
    assert len(caught) <= allowed, listed(caught)


def test_few_lines_are_let_off_a_rule() -> None:
    mark = re.compile(r"#\s*noqa\b")
    let_off = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("screenagent", "tests", "examples", "docs")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if mark.search(line)
    ]
    assert len(let_off) < NOQA, listed(let_off)


def is_command(defined: ast.ClassDef | Function) -> bool:
    """Whether click makes a command of it: a command is named as users call it."""
    decorators = (ast.unparse(decorator) for decorator in defined.decorator_list)
    return any(re.match(r"[\w.]+\.(command|group)\b", decorator) for decorator in decorators)


def public_names(module: Module) -> Iterator[str]:
    """The classes and functions that other modules may import; `main` is what a program of its own begins with."""
    for node in module.tree.body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if not name.startswith("_") and name != "main" and not is_command(node):
                    yield name


def test_one_name_means_one_thing(modules: list[Module]) -> None:
    homes = defaultdict(list)
    for module in modules:
        for name in set(public_names(module)):
            homes[name].append(module.name)
    shared = [f"{name} is in {', '.join(where)}" for name, where in homes.items() if len(where) > 1]
    assert not shared, listed(shared)
