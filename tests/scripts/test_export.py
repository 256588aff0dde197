"""An exported program holds a script's words as data: its syntax tree has the expected nodes only."""

from __future__ import annotations

import ast
import random
from typing import Final

import pytest

from screenagent.scripts import schema
from screenagent.scripts.export import python
from tests.showing.hostile import FRAGMENTS, raw_codes

PARTS: Final = (
    *FRAGMENTS,
    *(
        '"""',
        "'''",
        '"',
        "'",
        "\\",
        "\\\\",
        '\\"',
        "\n\nprint('RAN')\n\n",
        "\\N{BULLET}",
        "{",
        "}",
        "{{",
        "}}",
        "{x!r}",
    ),
    *(
        "{__import__('os').system('id')}",
        "{{x}}",
        "{% raw %}",
        "{{ 7*7 }}",
        "#",
        "\\u0022",
        "\\x22",
        "\0",
        "\x0c",
        "%s",
    ),
    *("import os", "')", '")', "\x1a", "def f(): pass"),
)


def hostile(chance: random.Random) -> str:
    return "a" + "".join(chance.choices(PARTS, k=chance.randint(1, 6))) + "z"


def script(words: list[str]) -> schema.Script:
    name, app, window, target, text, title = words
    return schema.Script(
        name=name,
        app=app,
        window=window,
        parameters={"x": schema.Parameter(default=text)},
        steps=(
            schema.ClickStep(click=target, expect=text),
            schema.TypeStep(type=text, into=target),
            schema.PressStep(press="ctrl+s", window=title),
            schema.IfSeenStep(if_seen=text, then=(schema.AskStep(ask=target, into="x"),)),
            schema.WaitForStep(wait_for=schema.Vanished(gone=text)),
        ),
    )


def shape(program: str) -> list[str]:
    """The kinds of nodes of a program; a text with parameters in it counts as a text, and what says so is left out."""
    tree = ast.parse(program)
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                setattr(node, name, [_as_text(part) for part in value if not _says_literal(part)])
            elif isinstance(value, ast.AST):
                setattr(node, name, _as_text(value))
    return [type(node).__name__ for node in ast.walk(tree)]


def _says_literal(part: object) -> bool:
    return isinstance(part, ast.keyword) and part.arg == "literal" and isinstance(part.value, ast.Constant)


def _as_text(part: object) -> object:
    if isinstance(part, ast.JoinedStr):
        fields = [value for value in part.values if isinstance(value, ast.FormattedValue)]
        assert all(isinstance(field.value, ast.Name) and field.value.id == "x" for field in fields)
        return ast.Constant("")
    return part


def test_without_an_app_the_program_works_on_the_users_own_screen_and_asks() -> None:
    own = script(["a"] * 6).model_copy(update={"app": None})
    program = python(own, file="f.yaml", anchors="f.anchors")
    assert "virtual=False" in program
    assert "PolicyApprover(TerminalAnswers(control))" in program
    assert "VirtualDesktop" not in program
    assert "AllowAll" not in program
    compile(program, "f.py", "exec")
    hostile_name = own.model_copy(update={"name": '"); import os #'})
    assert shape(python(hostile_name, file="f.yaml", anchors="f.anchors")) == shape(program)


def check(number: int) -> None:
    chance, expected = random.Random(5), shape(python(script(["a"] * 6), file="f.yaml", anchors="f.anchors"))
    for _ in range(number):
        words = [hostile(chance) for _ in range(6)]
        program = python(script(words), file=words[0], anchors=words[1])
        assert shape(program) == expected, words
        assert raw_codes(program) == [], words


def test_an_exported_program_runs_nothing_that_a_name_says() -> None:
    check(100)


@pytest.mark.soak
def test_an_exported_program_runs_nothing_that_any_of_10_000_names_says() -> None:
    check(10_000)


def test_a_command_is_exported_argument_by_argument() -> None:
    steps = (schema.OpenStep(open="gnumeric --new '{{file}}'", timeout=5), schema.CloseStep(close="Book1"))
    parameters = {"file": schema.Parameter()}
    exported = python(schema.Script(name="x", parameters=parameters, steps=steps), file="x.yaml", anchors="x")
    assert 'script.open("gnumeric", "--new", f"{file}", timeout=5.0)' in exported
    assert 'script.close("Book1")' in exported
