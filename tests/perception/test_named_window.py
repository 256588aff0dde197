"""Which window words name."""

from __future__ import annotations

import pytest

from screenagent.fakes import plain_screen
from screenagent.perception.named_window import belongs_to, window_named
from screenagent.protocols import Retry
from screenagent.screenshot import Screenshot, Window

BOOK = Window(id=1, title="Book1 - Gnumeric", app="gnumeric", pid=10)
OTHER_BOOK = Window(id=2, title="Book12 - Gnumeric", app="gnumeric", pid=10)
QUESTION = Window(id=3, title="Save changes?", app="gnumeric", pid=10, is_dialog=True)
MAIL = Window(id=4, title="Invoices - Mail", app="thunderbird", pid=11)
TERMINAL = Window(id=5, title="invoices: bash", app="xterm", pid=12, own=True)


def shown(*windows: Window) -> Screenshot:
    return plain_screen(0).model_copy(update={"managed": windows})


@pytest.mark.parametrize(
    ("words", "windows", "meant"),
    [
        ("invoices", (BOOK, MAIL), MAIL),
        ("INVOICES  -  mail", (BOOK, MAIL), MAIL),
        ("gnumeric", (BOOK, MAIL), BOOK),
        ("Book1", (BOOK, OTHER_BOOK), BOOK),
        ("Book12", (BOOK, OTHER_BOOK), OTHER_BOOK),
        ("gnumeric", (BOOK, QUESTION), BOOK),
        ("Save changes", (BOOK, QUESTION), QUESTION),
        ("Invoices", (MAIL, TERMINAL), MAIL),
    ],
)
def test_words_name_the_window_that_fits_them_best(words: str, windows: tuple[Window, ...], meant: Window) -> None:
    assert window_named(words, shown(*windows)) == meant


def test_of_several_that_fit_none_is_chosen_and_all_are_named() -> None:
    with pytest.raises(Retry) as refused:
        window_named("gnumeric", shown(BOOK, OTHER_BOOK, MAIL))
    assert refused.value.code == "unsure"
    assert "2 windows fit “gnumeric”: “Book1 - Gnumeric” (gnumeric), “Book12 - Gnumeric”" in str(refused.value)


def test_what_is_open_is_told_where_nothing_fits() -> None:
    with pytest.raises(Retry) as refused:
        window_named("Calendar", shown(BOOK, TERMINAL))
    assert refused.value.code == "not_found"
    assert "open are “Book1 - Gnumeric” (gnumeric)" in str(refused.value)
    assert "bash" not in str(refused.value)


def test_the_terminal_that_this_runs_in_is_left_alone() -> None:
    with pytest.raises(Retry) as refused:
        window_named("bash", shown(BOOK, TERMINAL))
    assert refused.value.code == "own_terminal"


def test_where_no_windows_are_known_the_one_in_front_is() -> None:
    assert window_named("invoices", plain_screen(0, window=MAIL)) == MAIL


@pytest.mark.parametrize(
    ("app", "program", "expected"),
    [
        ("Gnumeric", "gnumeric", True),
        ("libreoffice-calc", "libreoffice", True),
        ("Google-chrome", "google-chrome-stable", True),
        ("zenity", "gnumeric", False),
        ("XTerm", "xterm", True),
        ("Sol", "solitaire", False),
    ],
)
def test_an_application_is_of_the_program_that_it_is_called_after(app: str, program: str, *, expected: bool) -> None:
    assert belongs_to(Window(id=1, app=app), program) is expected
