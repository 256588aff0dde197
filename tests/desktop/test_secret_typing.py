"""A secret is typed, and is nowhere else."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator

import keyring
import numpy as np
import pytest
from click.testing import CliRunner
from keyring.backend import KeyringBackend
from PIL import Image, ImageDraw, ImageFont
from pydantic import SecretStr, ValidationError

from screenagent.actions import TypeText
from screenagent.approval import Policy, default_policy
from screenagent.approval.vault import Environment, Keyring, Vault
from screenagent.cli import screenagent
from screenagent.control import Stopped
from screenagent.desktop.frames import Patch, ScreenFrame
from screenagent.desktop.own_terminal import BLANK
from screenagent.desktop.secret_masking import SecretMasking, SecretNotTyped, is_of, withheld
from screenagent.models import prompts
from screenagent.perception.reader import ScreenReader
from screenagent.protocols import Retry
from screenagent.screenshot import Screenshot, Window
from screenagent.secrets import TextPiece, text_pieces

VALUE = "Hunter2-Xyzzy"
BROWSER = Window(id=7, title="My Bank - Log in", app="firefox")
EDITOR = Window(id=8, title="notes", app="mousepad")


@pytest.fixture(autouse=True)
def own_keyring() -> Iterator[dict[tuple[str, str], str]]:
    kept: dict[tuple[str, str], str] = {}

    class Kept(KeyringBackend):
        priority = 1.0

        def get_password(self, service: str, username: str) -> str | None:
            return kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            kept[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del kept[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(Kept())  # type: ignore[no-untyped-call] # keyring does not say
    yield kept
    keyring.set_keyring(before)


def policy(**rule: object) -> Policy:
    return Policy.model_validate({"secrets": [{"name": "BANK", **rule}]})


class TestName:
    def test_a_text_is_cut_where_secrets_stand_in_it(self) -> None:
        assert text_pieces("ada\t{{secret:BANK}}{{secret:b.2}}\n") == [
            TextPiece("ada\t", is_secret=False),
            TextPiece("BANK", is_secret=True),
            TextPiece("b.2", is_secret=True),
            TextPiece("\n", is_secret=False),
        ]
        assert text_pieces("{{name}} {secret:BANK}") == [TextPiece("{{name}} {secret:BANK}", is_secret=False)]

    @pytest.mark.parametrize("text", ["{{secret:}}", "{{ secret:BANK }}", "{{secret:a b}}", "{{SECRET:BANK}}"])
    def test_one_that_is_misspelled_is_not_typed_as_it_stands(self, text: str) -> None:
        with pytest.raises(Retry, match=r"write \{\{secret:NAME\}\}"):
            text_pieces(text)

    def test_the_prompt_tells_a_model_what_it_is_and_not_what_it_hides(self) -> None:
        variables = {"task": "type {{secret:BANK}}", "window": "", "history": [], "told": (), "surprise": ""}
        assert "braces and all" in prompts.render_prompt("plan", variables)
        assert "type {{secret:BANK}}" in prompts.render_prompt("plan", variables)
        assert "braces and all" not in prompts.render_prompt("plan", variables | {"task": "type {{name}}"})


class TestPolicy:
    def test_a_secret_goes_only_into_windows_that_are_named(self) -> None:
        rules = policy(apps=["firefox"], title="^My Bank")
        assert rules.why_not("BANK", BROWSER) is None
        for name, window in (
            ("OTHER", BROWSER),
            ("bank", BROWSER),
            ("BANK", EDITOR),
            ("BANK", BROWSER.model_copy(update={"title": "Not My Bank"})),
            ("BANK", BROWSER.model_copy(update={"own": True})),
            ("BANK", None),
        ):
            assert "no rule under `secrets:`" in (rules.why_not(name, window) or "")

    def test_the_default_names_none_and_asks_before_one_is_typed(self) -> None:
        assert default_policy().why_not("BANK", BROWSER)
        ruling = default_policy().ruling(TypeText(text="{{secret:BANK}}"))
        assert (ruling.then, ruling.why) == ("ask", "it types a secret: '{{secret'")

    def test_a_rule_that_names_no_window_is_wrong(self) -> None:
        with pytest.raises(ValidationError, match="name the windows"):
            policy()


class TestVault:
    def test_the_environment_comes_before_the_keyring(self) -> None:
        Keyring().keep("BANK", SecretStr("other"))
        allowed = Vault(lambda *_: None, (Environment({"SCREENAGENT_SECRET_BANK": VALUE}), Keyring()))
        assert allowed.reveal("BANK", BROWSER).get_secret_value() == VALUE
        assert Vault(lambda *_: None, (Environment({}), Keyring())).reveal("BANK", None).get_secret_value() == "other"

    def test_a_name_with_other_characters_has_them_as_underscores_in_the_environment(self) -> None:
        assert Environment({"SCREENAGENT_SECRET_ADA_BANK": VALUE}).get("ada@bank") == SecretStr(VALUE)

    def test_what_is_refused_is_not_fetched(self) -> None:
        class Untouched:
            def get(self, name: str) -> SecretStr | None:
                raise AssertionError

            def names(self) -> list[str]:
                raise AssertionError

        with pytest.raises(Retry, match="no rule"):
            Vault(policy(apps=["firefox"]).why_not, (Untouched(),)).reveal("BANK", EDITOR)

    def test_one_that_is_not_there_is_said_to_be_missing(self) -> None:
        with pytest.raises(Retry, match="`screenagent secret set BANK`"):
            Vault(lambda *_: None, (Environment({}), Keyring())).reveal("BANK", BROWSER)

    def test_its_words_never_show_a_value(self) -> None:
        vault = Vault(lambda *_: None, (Environment({"SCREENAGENT_SECRET_BANK": VALUE}),))
        assert VALUE not in repr(vault) + repr(vault.reveal("BANK", BROWSER)) + str(vault.reveal("BANK", BROWSER))


class TestCommand:
    def test_a_secret_is_kept_listed_and_forgotten(self, own_keyring: dict[tuple[str, str], str]) -> None:
        run = CliRunner().invoke
        kept = run(screenagent, ["secret", "set", "BANK"], input=VALUE + "\n")
        assert (kept.exit_code, VALUE in kept.output) == (0, False)
        assert own_keyring["screenagent", "BANK"] == VALUE
        listed = run(screenagent, ["secret", "list"], env={"SCREENAGENT_SECRET_MAIL": VALUE})
        assert listed.stdout == "MAIL  environment\nBANK  keyring\n"
        assert run(screenagent, ["secret", "rm", "BANK"]).exit_code == 0
        assert json.loads(own_keyring.pop(("screenagent", "*names*"))) == []
        assert own_keyring == {}

    @pytest.mark.parametrize(
        ("words", "typed"),
        [(["set", "BANK"], "\n"), (["set", "BANK"], "two\nlines\n"), (["set", "*names*"], "x"), (["rm", "BANK"], "")],
    )
    def test_what_cannot_be_kept_or_forgotten_is_wrong_usage(self, words: list[str], typed: str) -> None:
        assert CliRunner().invoke(screenagent, ["secret", *words], input=typed).exit_code == 2


class TestWithheld:
    @pytest.mark.parametrize(
        ("error", "told"),
        [(KeyError, SecretNotTyped), (Retry, Retry), (Stopped, Stopped), (BrokenPipeError, SecretNotTyped)],
    )
    def test_an_error_is_told_without_the_value(self, error: type[Exception], told: type[Exception]) -> None:
        def work() -> None:
            unmasked = VALUE
            raise error(unmasked)

        with pytest.raises(told) as raised:
            withheld("BANK", work)
        assert VALUE not in everything_about(raised.value)

    def test_it_says_where_and_of_what_kind(self) -> None:
        with pytest.raises(
            SecretNotTyped, match=r"the secret 'BANK' could not be typed: ZeroDivisionError at test_secret"
        ):
            withheld("BANK", lambda: 1 / 0)


def everything_about(error: BaseException) -> str:
    """A crash as the most talkative of reporters would print it, the variables of every frame of ours with it."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


EDGES = Patch(20, 20, 420, 220)
FIELD = (60, 80)
INK = "black"


def page(*texts: tuple[tuple[int, int], str], size: tuple[int, int] = (500, 260), paper: str = "white") -> ScreenFrame:
    """A window with a title, a label, a field with a border, and texts."""
    image = Image.new("RGBA", size, "gray")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(16)
    draw.rectangle((EDGES.left, EDGES.top, EDGES.right - 1, EDGES.bottom - 1), fill=paper)
    draw.text((40, 30), "Welcome back, please log in here", fill=INK, font=font)
    draw.rectangle((52, 74, 300, 106), outline="black")
    for place, text in texts:
        draw.text(place, text, fill=INK, font=font)
    return np.asarray(image).copy().view(np.uint32)[..., 0]


def shown(frame: ScreenFrame, *, like: ScreenFrame) -> int:
    """How many of the pixels that differ between `like` and an empty page are still to be seen."""
    return int(((like != page()[: len(like)]) & (frame == like)).sum())


class Desk:
    def __init__(self) -> None:
        self.edges: Patch | None = EDGES
        self.traces = SecretMasking(lambda _: self.edges)

    def type(self, after: ScreenFrame) -> None:
        self.traces.begin("BANK", SecretStr(VALUE), before=page(), window=BROWSER)
        self.traces.end(after)


class TestTraces:
    def test_what_changed_while_it_was_typed_is_blank_and_nothing_else(self) -> None:
        desk, typed = Desk(), page((FIELD, VALUE))
        assert desk.traces.blanked(typed) is typed
        desk.type(typed)
        blank = desk.traces.blanked(typed)
        assert shown(blank, like=typed) == 0
        changed = blank != typed
        assert (blank[changed] == BLANK).all()
        rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        assert rows[0] > 74
        assert rows[-1] <= 106
        assert columns[0] > 52
        assert columns[-1] <= 300

    def test_it_is_blank_while_it_is_being_typed_and_until_it_has_appeared(self) -> None:
        desk = Desk()
        desk.traces.begin("BANK", SecretStr(VALUE), before=page(), window=BROWSER)
        half = page((FIELD, VALUE[:4]))
        assert shown(desk.traces.blanked(half), like=half) == 0
        desk.traces.end(page())
        late = page((FIELD, VALUE))
        assert shown(desk.traces.blanked(late), like=late) == 0

    def test_a_hidden_text_that_is_then_shown_is_blank(self) -> None:
        desk, clear = Desk(), page((FIELD, VALUE))
        desk.type(page((FIELD, "*" * len(VALUE))))
        assert shown(desk.traces.blanked(clear), like=clear) == 0

    def test_it_moves_with_its_window_and_goes_with_it(self) -> None:
        desk, typed = Desk(), page((FIELD, VALUE))
        desk.type(typed)
        moved, expected = (np.roll(frame, (17, 31), axis=(0, 1)) for frame in (typed, desk.traces.blanked(typed)))
        desk.edges = Patch(*(edge + by for edge, by in zip(EDGES, (31, 17, 31, 17), strict=True)))
        assert (desk.traces.blanked(moved) == expected).all()
        desk.edges = None
        assert (desk.traces.blanked(moved) == moved).all()

    def test_it_is_found_where_the_page_was_scrolled(self) -> None:
        desk, typed = Desk(), page((FIELD, VALUE))
        desk.type(typed)
        scrolled = typed.copy()
        scrolled[20:190, 20:420] = typed[50:220, 20:420]
        blank = desk.traces.blanked(scrolled)
        text = np.zeros_like(typed, dtype=bool)
        text[20:190] = (typed != page())[50:220]
        assert not ((blank == scrolled) & text).any()
        assert shown(desk.traces.blanked(typed), like=typed) == 0

    def test_it_is_blank_where_it_is_shown_a_second_time(self) -> None:
        desk = Desk()
        desk.type(page((FIELD, VALUE)))
        again = page((FIELD, VALUE), ((200, 160), VALUE))
        assert shown(desk.traces.blanked(again), like=again) == 0
        right_below = page((FIELD, VALUE), ((FIELD[0], FIELD[1] + 17), VALUE), ((40, 180), "and much else " * 3))
        blank = desk.traces.blanked(right_below)
        assert shown(blank[:115], like=page((FIELD, VALUE), ((FIELD[0], FIELD[1] + 17), VALUE))[:115]) == 0

    def test_another_page_and_an_emptied_field_are_seen(self) -> None:
        desk, typed = Desk(), page((FIELD, VALUE))
        desk.type(typed)
        assert (desk.traces.blanked(page()) == page()).all()
        image = Image.new("RGBA", (500, 260), "gray")
        ImageDraw.Draw(image).text((50, 60), "Your accounts: 12.50", fill="navy", font=ImageFont.load_default(20))
        other = np.asarray(image).copy().view(np.uint32)[..., 0]
        assert (desk.traces.blanked(other) == other).all()
        assert shown(desk.traces.blanked(typed), like=typed) == 0

    def test_it_is_found_after_a_scroll_that_was_seen_on_its_way_and_its_old_place_is_seen_again(self) -> None:
        desk, typed = Desk(), page((FIELD, VALUE))
        desk.type(typed)
        for by in (10, 20, 30):
            scrolled = typed.copy()
            scrolled[52 : 220 - by, 20:420] = typed[52 + by : 220, 20:420]
            blank = desk.traces.blanked(scrolled)
            text = np.zeros_like(typed, dtype=bool)
            text[52 : 220 - by] = (typed != page())[52 + by : 220]
            assert not ((blank == scrolled) & text).any()
        assert (blank[100:, :] == scrolled[100:, :]).all()

    @pytest.mark.slow
    def test_what_is_shown_of_it_in_other_letters_is_read_and_blank(self) -> None:
        image = Image.new("RGBA", (500, 260), "white")
        ImageDraw.Draw(image).text((50, 60), f"You typed: {VALUE}", fill="navy", font=ImageFont.load_default(24))
        results = np.asarray(image).copy().view(np.uint32)[..., 0]
        traces = SecretMasking(lambda _: EDGES, ScreenReader())
        assert traces.blanked(results) is results
        traces.begin("BANK", SecretStr(VALUE), before=page(), window=BROWSER)
        traces.end(page((FIELD, VALUE)))
        blank = traces.blanked(results)
        seen = Image.frombuffer("RGB", (500, 260), blank, "raw", "BGRX", 0, 1)
        words = [word.text for word in ScreenReader().read(Screenshot.of(seen))]
        assert words == ["You", "typed:"]

    @pytest.mark.parametrize(
        ("word", "is_it"),
        [
            (VALUE, True),
            ("hunter2-xyzzy", True),
            ("Hunter2-Xyzy", True),
            ("(Hunter2-Xyzzy)", True),
            ("q=Hunter2-Xyzzy&x", True),
            ("Hunter2", True),
            ("Xyzzy", True),
            ("Hunt", True),
            ("un", False),
            ("Hunting", False),
            ("password", False),
        ],
    )
    def test_a_word_is_the_secret_where_it_says_much_of_it(self, word: str, is_it: bool) -> None:
        assert is_of(word, SecretStr(VALUE)) is is_it
        assert not is_of("1234567", SecretStr("123"))
        assert is_of("123", SecretStr("123"))

    def test_a_title_does_not_say_it(self) -> None:
        desk = Desk()
        told = BROWSER.model_copy(update={"title": f"{VALUE} - Search"})
        assert desk.traces.masked(told) is told
        desk.type(page((FIELD, VALUE)))
        assert desk.traces.masked(told) == BROWSER.model_copy(update={"title": "{{secret:BANK}} - Search"})
        cut = BROWSER.model_copy(update={"title": f"*{VALUE[:6].lower()}… - Mousepad"})
        assert desk.traces.masked(cut) == BROWSER.model_copy(update={"title": "*{{secret:BANK}}… - Mousepad"})
        assert desk.traces.masked(BROWSER) is BROWSER
