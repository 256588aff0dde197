"""Risk is judged by what keys can trigger: every way to say yes to a dialog, by key, character, hold or access key."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from screenagent.actions import Click, HoldKeys, Input, PressKeys, TypeText
from screenagent.approval import default_policy
from screenagent.approval.policy import Policy, Rule, Ruling
from screenagent.approval.triggers import pressed_together, triggered
from screenagent.fakes import FakeReader
from screenagent.geometry import WHOLE, Box, Location, Point, Size
from screenagent.screenshot import Screenshot, Window, Word
from tests.builders import Drawing, DrawnReader

SIZE = Size(width=600, height=300)


def press(*keys: str) -> PressKeys:
    return PressKeys(keys=keys)


def hold(*keys: str) -> HoldKeys:
    return HoldKeys(keys=keys, seconds=0.1)


def typed(text: str) -> TypeText:
    return TypeText(text=text)


def lines(*texts: tuple[str, ...]) -> list[Word]:
    """Return words in lines; the texts of one line stand apart, as buttons do."""
    found = []
    for row, line in enumerate(texts):
        left = 20
        for text in line:
            for word in text.split():
                box = Box.of_pixels((left, 30 * row, left + 8 * len(word), 30 * row + 16), SIZE)
                found.append(Word(text=word, box=box, line=row))
                left += 8 * len(word) + 8
            left += 60
    return found


def ruling(action: Input, words: list[Word], *, dialog: bool = True, focus: Location | None = None) -> Ruling:
    window = Window(id=1, app="Zenity", title="Question", box=WHOLE, is_dialog=dialog)
    screen = Screenshot.of(Image.new("RGB", (SIZE.width, SIZE.height)), window=window)
    return default_policy().ruling(action, screen=screen, reader=FakeReader(words), focus=focus)


DELETING = lines(("Delete this file permanently?",), ("Cancel", "Delete"))
ENDLESS = "one more line of a document that goes on and on about nothing in particular, delete or not"
PAGE = lines(*[(ENDLESS,)] * 8, ("Delete", "Send"))


@pytest.mark.parametrize(
    "action",
    [
        press("enter"),
        press("ctrl", "enter"),
        press("space"),
        press("alt", "d"),
        press("alt", "shift", "d"),
        press("d"),
        hold("enter"),
        hold("space"),
        hold("alt", "d"),
        typed(" "),
        typed("   "),
        typed("\n"),
        typed("d"),
        typed("a b"),
        typed("some words\n"),
        typed("one\ntwo"),
    ],
    ids=str,
)
def test_every_way_to_press_a_button_of_a_dialog_that_deletes_is_asked_about(action: Input) -> None:
    assert ruling(action, DELETING).then == "ask"
    assert ruling(action, DELETING).rule is not None


@pytest.mark.parametrize(
    ("question", "buttons", "letter"),
    [
        ("Move all to the bin?", ("No", "Empty the bin"), "e"),
        ("Send the message now?", ("Later", "Send"), "s"),
        ("Pay 40 euros?", ("Back", "Pay now"), "p"),
        ("Datei wirklich löschen?", ("Abbrechen", "Löschen"), "l"),
        ("Supprimer le fichier ?", ("Annuler", "Supprimer"), "s"),
        ("¿Eliminar el archivo?", ("Cancelar", "Eliminar"), "e"),
        ("Удалить файл?", ("Отмена", "Удалить"), "у"),
        ("Eliminare il file?", ("Annulla", "Elimina"), "e"),
        ("Save changes before closing?", ("Cancel", "Close without saving", "Save"), "w"),
        ("Dieses Programm installieren?", ("Nein", "Installieren"), "i"),
        ("ファイルを削除しますか", ("キャンセル", "削除"), "x"),
    ],
)
def test_so_it_is_in_other_words_and_languages(question: str, buttons: tuple[str, ...], letter: str) -> None:
    dialog = lines((question,), buttons)
    for action in (press("enter"), hold("enter"), press("space"), typed(" "), typed("\n"), press("alt", letter)):
        assert ruling(action, dialog).rule is not None, action


@pytest.mark.parametrize(
    ("question", "buttons"),
    [
        ("Delete this file?", ("Cancel", "OK")),
        ("Alle Dateien löschen?", ("Nein", "Ja")),
        ("Eliminare tutto?", ("No", "Sì")),
        ("删除文件？", ("取消", "确定")),
        ("Удалить всё?", ("Нет", "Да")),
    ],
)
def test_a_plain_yes_is_judged_by_what_the_dialog_speaks_of(question: str, buttons: tuple[str, ...]) -> None:
    dialog = lines((question,), buttons)
    for action in (press("enter"), hold("space"), typed("a b"), typed("\n")):
        assert ruling(action, dialog).rule is not None, action


def form(*, ticked: bool) -> Ruling:
    """What is said of Enter in a form with a box to tick."""
    drawing = Drawing(400, 200).centred("Name", 60, 40).box("Send the newsletter", 60, 100).button("Save", 60, 160)
    if ticked:
        ImageDraw.Draw(drawing.image).line((63, 100, 66, 104, 71, 95), fill=(0, 0, 0), width=2)
    reader = DrawnReader()
    window = Window(id=1, app="form", title="Customers", box=WHOLE)
    screen = reader.screen(drawing).model_copy(update={"window": window})
    return default_policy().ruling(press("enter"), screen=screen, reader=reader)


def test_the_label_of_a_box_that_is_not_ticked_does_not_happen() -> None:
    assert form(ticked=False).rule is None
    assert form(ticked=True).rule is not None


@pytest.mark.parametrize(
    "words", ["the Country drop-down", "the Country dropdown", "the drop-down list", "a drop zone"]
)
def test_the_name_of_a_kind_of_control_is_no_danger(words: str) -> None:
    assert default_policy().ruling(Click(target=words)).rule is None


def test_what_drops_something_is_asked_about() -> None:
    assert default_policy().ruling(Click(target="Drop table")).rule is not None


@pytest.mark.parametrize("action", [press("alt", "c"), press("tab"), press("left"), press("shift", "tab")], ids=str)
def test_what_can_only_press_the_harmless_button_is_not(action: Input) -> None:
    assert ruling(action, DELETING).rule is None


def test_a_letter_that_no_button_is_seen_to_have_may_be_that_of_any() -> None:
    assert ruling(press("alt", "x"), DELETING).rule is not None


@pytest.mark.parametrize(
    "action", [typed("hello world"), typed("a b"), typed("d"), press("d"), press("alt", "f")], ids=str
)
def test_ordinary_typing_in_a_window_that_is_no_dialog_is_not_asked_about(action: Input) -> None:
    page = lines(("File", "Edit", "View", "Help"), *[(ENDLESS,)] * 8, ("Delete", "Send"))
    assert ruling(action, page, dialog=False).rule is None


def test_blanks_are_typed_into_the_field_that_was_clicked() -> None:
    field = Location(point=Point(x=0.9, y=0.9), confidence=1.0, by="text")
    assert ruling(typed("hello world"), DELETING, focus=field).rule is None


def test_a_dialog_that_does_nothing_risky_is_not_asked_about() -> None:
    saving = lines(("Save the file as",), ("Cancel", "Save"))
    for action in (press("enter"), hold("enter"), press("space"), typed("my letter"), press("alt", "s")):
        assert ruling(action, saving).rule is None, action


def test_escape_is_asked_about_where_something_is_not_saved() -> None:
    unsaved = lines(("Your changes are not saved.",), ("Stay",))
    assert ruling(press("escape"), unsaved).rule is not None
    assert ruling(press("escape"), lines(("About this program",), ("Close",))).rule is None


def test_an_entry_of_an_open_menu_is_pressed_by_its_letter() -> None:
    words = [*PAGE, *(word.model_copy(update={"line": 99}) for word in lines(("Move to trash",)))]
    screen = Screenshot.of(Image.new("RGB", (SIZE.width, SIZE.height)), window=Window(id=1, app="Files", box=WHOLE))
    menu = screen.model_copy(update={"popups": (Box(left=0, top=0, right=0.5, bottom=0.06),)})
    reader = FakeReader([word for word in words if word.line in (0, 99)])
    for action in (press("m"), press("enter"), typed("m")):
        assert default_policy().ruling(action, screen=menu, reader=reader).rule is not None, action


def test_a_rule_of_ones_own_about_a_key_or_a_target_holds_for_every_way_to_press_it() -> None:
    policy = Policy(rules=(Rule(then="deny", keys=("enter",)), Rule(then="deny", target="frobnicate")))
    assert policy.ruling(hold("enter")).then == "deny"
    assert policy.ruling(typed("a\nb")).then == "deny"
    window = Window(id=1, box=WHOLE, is_dialog=True)
    screen = Screenshot.of(Image.new("RGB", (SIZE.width, SIZE.height)), window=window)
    reader = FakeReader(lines(("Cancel", "Frobnicate")))
    assert policy.ruling(press("space"), screen=screen, reader=reader).then == "deny"


def test_what_is_allowed_is_allowed_for_just_these_keys() -> None:
    policy = Policy(rules=(Rule(then="allow", keys=("enter",)),))
    assert policy.ruling(press("enter")).then == "allow"
    assert policy.ruling(typed("\n")).rule is None


def test_the_keys_of_a_text_are_those_that_do_more_than_write() -> None:
    assert pressed_together(typed("a b\nc\td")) == (("enter",), ("tab",))
    assert pressed_together(typed(" \n")) == (("space",), ("enter",))


def test_a_letter_that_begins_a_label_is_its_access_key_where_there_are_many_labels() -> None:
    labels = ("File", "Edit", "Delete all")
    assert triggered(press("alt", "f"), labels, dialog=False, small=False, focused=None) == ("File",)
    assert triggered(press("alt", "e"), labels, dialog=False, small=False, focused=None) == ("Edit",)
    assert triggered(press("alt", "e"), labels, dialog=True, small=True, focused=None) == ("File", "Edit", "Delete all")
