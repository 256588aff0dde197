"""What gets through, and what a person is asked about."""

from __future__ import annotations

import pytest
from PIL import Image

from screenagent.actions import Action, Ask, Click, Finish, PressKeys, TypeText, WaitFor
from screenagent.approval import AllowAll, AskPerson, DenyAll, Question, risk_of
from screenagent.episode import Episode
from screenagent.events import Approve, Observed, Reject, Verdict
from screenagent.screenshot import Screenshot, Window


def in_front(app: str, title: str = "") -> Episode:
    screen = Screenshot.of(Image.new("RGB", (8, 8)), window=Window(id=1, app=app, title=title))
    return Episode().after(Observed(screenshot=screen))


EDITOR = in_front("mousepad", "notes.txt")


@pytest.mark.parametrize(
    ("action", "episode", "risk"),
    [
        (Click(target="the Delete button"), EDITOR, "'Delete'"),
        (Click(target="Send"), EDITOR, "'Send'"),
        (Click(target="Log out"), EDITOR, "'Log out'"),
        (Click(target="Close without saving"), EDITOR, "'Close without saving'"),
        (PressKeys(keys=("alt", "f4")), EDITOR, "alt+f4"),
        (PressKeys(keys=("ctrl", "alt", "delete")), EDITOR, "ctrl+alt+delete"),
        (TypeText(text="rm -rf /"), in_front("xterm", "root@host"), "terminal"),
        (PressKeys(keys=("enter",)), in_front("gnome-terminal-server"), "terminal"),
        (TypeText(text="hunter2"), in_front("firefox", "Enter your password"), "Enter your password"),
    ],
)
def test_what_deletes_sends_ends_or_reaches_a_shell_is_risky(action: Action, episode: Episode, risk: str) -> None:
    assert risk in (risk_of(action, episode) or "nothing")


@pytest.mark.parametrize(
    "action",
    [
        Click(target="the Save button"),
        Click(target="Sender"),
        TypeText(text="delete this later"),
        PressKeys(keys=("ctrl", "s")),
        WaitFor(words="Deleted"),
    ],
)
def test_ordinary_work_is_not(action: Action) -> None:
    assert risk_of(action, EDITOR) is None


def test_no_answer_is_a_no() -> None:
    assert AskPerson(lambda _: None).review(TypeText(text="hi"), (), EDITOR) == Reject(reason="nobody answered")


def test_waiting_and_finishing_are_not_asked_about() -> None:
    asked: list[Question] = []
    person = AskPerson(asked.append)
    assert person.review(WaitFor(words="Saved"), (), EDITOR) == Approve()
    assert person.review(Finish(success=True), (), EDITOR) == Approve()
    assert asked == []


@pytest.mark.parametrize(
    ("action", "asked_about"),
    [(Click(target="Save"), False), (Click(target="Delete"), True), (Ask(question="ok?"), True)],
)
def test_with_risky_only_the_harmless_goes_through_unasked(action: Action, asked_about: bool) -> None:
    asked: list[Question] = []

    def ask(question: Question) -> Verdict:
        asked.append(question)
        return Approve()

    AskPerson(ask, risky_only=True).review(action, (), EDITOR)
    assert bool(asked) == asked_about


def test_unattended_there_is_nobody_to_ask() -> None:
    assert AllowAll().review(Ask(question="which?"), (), EDITOR) == Reject(reason="there is nobody to ask")


def test_deny_all_lets_only_looking_through() -> None:
    assert DenyAll().review(WaitFor(words="Saved"), (), EDITOR) == Approve()
    assert isinstance(DenyAll().review(TypeText(text="hi"), (), EDITOR), Reject)
