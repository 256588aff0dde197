"""Settings: their sources and which of them wins, the names of version 0.1, and what is said of a wrong one."""

from __future__ import annotations

import json
import os
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from screenagent.errors import OldSpellingWarning, WrongUsage
from screenagent.files import read_whole
from screenagent.settings import OLD_NAMES, Settings, settings_in_force
from tests.paths import ROOT

KEPT = ROOT / "tests" / "fixtures" / "v0_1"


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file, which is not there yet; the environment has none."""
    for name in [*os.environ]:
        if name.upper().startswith("SCREENAGENT_"):
            monkeypatch.delenv(name)
    file = tmp_path / "settings.toml"
    monkeypatch.setattr(Settings, "file", file)
    return file


def refusal(**options: object) -> str:
    with pytest.raises(WrongUsage) as refused:
        Settings.load(**options)
    [line] = str(refused.value).splitlines()
    return line


class TestSources:
    def test_an_option_overrides_the_environment_which_overrides_the_file(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file.write_text('max_steps = 1\napprove = "risky"\ncrop = "full"\n', "utf-8")
        monkeypatch.setenv("SCREENAGENT_MAX_STEPS", "2")
        monkeypatch.setenv("SCREENAGENT_CROP", "tiles")
        settings = Settings.load(max_steps=3)
        assert (settings.max_steps, settings.crop, settings.approve) == (3, "tiles", "risky")
        sources = {one.name: one.source for one in settings_in_force(settings, max_steps=3)}
        assert [sources[name] for name in ("max_steps", "crop", "approve", "runs")] == [
            "--max-steps",
            "SCREENAGENT_CROP",
            str(file),
            "default",
        ]

    def test_without_a_file_the_defaults_hold(self) -> None:
        assert Settings.load().max_steps == 50


class TestAnswerKeys:
    def test_keys_answer_that_no_application_needs_and_can_be_others_or_none(self) -> None:
        assert str(Settings.load().user_keys) == "ctrl+alt+y yes, ctrl+alt+n no"
        assert str(Settings.load(yes_keys="off", no_keys="Ctrl-Shift-F9").user_keys) == "ctrl+shift+f9 no"
        assert str(Settings.load(yes_keys="off", no_keys="off").user_keys) == ""

    @pytest.mark.parametrize("no_keys", ["ctrl+alt+y", "alt+y", "ctrl+alt+shift+y"])
    def test_a_no_is_not_a_yes_too(self, no_keys: str) -> None:
        assert "presses the yes_keys 'ctrl+alt+y' too" in refusal(no_keys=no_keys)

    def test_what_is_typed_answers_nothing(self) -> None:
        assert "is pressed when text is typed" in refusal(yes_keys="y")


class TestOldNames:
    def test_a_file_of_version_0_1_is_read_as_it_was(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Settings, "file", KEPT / "settings.toml")
        read = json.loads((KEPT / "expected.json").read_text("utf-8"))["settings"]
        with pytest.warns(OldSpellingWarning) as warned:
            settings = Settings.load()
        expected = {OLD_NAMES.get(name, name): value for name, value in read.items()}
        assert settings.model_dump(mode="json", include=set(expected)) == expected
        said = sorted(str(warning.message) for warning in warned)
        assert said == [f"the setting {old!r} is now {new!r}" for old, new in sorted(OLD_NAMES.items())]

    @pytest.mark.parametrize(
        ("old", "value"),
        [
            ("letters", "cjk"),
            ("look", "tiles"),
            ("patches", 512),
            ("pictures", "blocks"),
            ("socket", "a.sock"),
            ("touch", "off"),
            ("weights", "phi"),
        ],
    )
    def test_the_environment_of_version_0_1_is_heeded(
        self, old: str, value: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(f"SCREENAGENT_{old.upper()}", str(value))
        new = OLD_NAMES[old]
        with pytest.warns(OldSpellingWarning, match=f"'SCREENAGENT_{old.upper()}' is now 'SCREENAGENT_{new.upper()}'"):
            settings = Settings.load()
        assert settings.model_dump(mode="json")[new] == value
        sources = {one.name: one.source for one in settings_in_force(settings)}
        assert sources[new] == f"SCREENAGENT_{old.upper()}"

    def test_the_new_name_wins_in_the_file(self, file: Path) -> None:
        file.write_text('look = "full"\ncrop = "tiles"\n', "utf-8")
        with pytest.warns(OldSpellingWarning):
            assert Settings.load().crop == "tiles"

    def test_the_new_name_wins_in_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SCREENAGENT_LOOK", "full")
        monkeypatch.setenv("SCREENAGENT_CROP", "tiles")
        with pytest.warns(OldSpellingWarning):
            assert Settings.load().crop == "tiles"

    def test_an_old_name_in_the_environment_overrides_the_file(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file.write_text('crop = "tiles"\n', "utf-8")
        monkeypatch.setenv("SCREENAGENT_LOOK", "full")
        with pytest.warns(OldSpellingWarning):
            assert Settings.load().crop == "full"

    def test_new_names_warn_of_nothing(self, file: Path) -> None:
        file.write_text('crop = "tiles"\nocr_alphabet = "cjk"\n', "utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert Settings.load().ocr_alphabet == "cjk"


class TestRefusals:
    @pytest.mark.parametrize(
        ("key", "nearest"), [("max_stps", "max_steps"), ("letterz", "ocr_alphabet"), ("ocr_alfabet", "ocr_alphabet")]
    )
    def test_an_unknown_key_is_named_with_its_line_and_the_nearest(self, key: str, nearest: str, file: Path) -> None:
        file.write_text(f"# mine\nmax_steps = 5\n{key} = 1\n", "utf-8")
        assert refusal() == f"Unknown setting {key!r} in {file}, line 3. Did you mean {nearest!r}?"

    def test_a_key_like_no_other_is_to_be_removed(self, file: Path) -> None:
        file.write_text("[zzz]\na = 1\n", "utf-8")
        assert refusal() == f"Unknown setting 'zzz' in {file}, line 1. Remove it, or correct its name."

    @pytest.mark.parametrize(
        ("text", "line", "name"),
        [
            ('keep_runs = 3\nmax_steps = "many"\n', 2, "'max_steps' is 'many'"),
            ('"approve" = "sometimes"\n', 1, "'approve' is 'sometimes'"),
            ("\n[virtual_size]\nwidth = 0\nheight = 600\n", 2, "'virtual_size.width' is 0"),
            ("virtual_size.width = 800\n", 1, "'virtual_size.height'"),
            ('stop_keys = "cntrl+q"\n', 1, "'stop_keys' is 'cntrl+q'"),
        ],
    )
    def test_a_wrong_value_is_named_with_its_line(self, text: str, line: int, name: str, file: Path) -> None:
        file.write_text(text, "utf-8")
        said = refusal()
        assert said.startswith(f"{file}, line {line}: ")
        assert name in said

    def test_a_wrong_value_under_an_old_name_is_named_with_its_line(self, file: Path) -> None:
        file.write_text('\nlook = "everything"\n', "utf-8")
        with pytest.warns(OldSpellingWarning):
            assert refusal().startswith(f"{file}, line 2: the setting 'crop' is 'everything': ")

    def test_a_wrong_variable_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SCREENAGENT_MAX_STEPS", "many")
        assert refusal().startswith("SCREENAGENT_MAX_STEPS: the setting 'max_steps' is 'many': ")

    @pytest.mark.parametrize("name", ["SERVER", "MODEL", "MAX_STEPS"])
    def test_an_empty_variable_is_not_given(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(f"SCREENAGENT_{name}", "")
        given = Settings.load()
        monkeypatch.delenv(f"SCREENAGENT_{name}")
        assert given == Settings.load()

    def test_a_wrong_option_is_named(self) -> None:
        assert refusal(max_steps=0).startswith("--max-steps: the setting 'max_steps' is 0: ")

    def test_a_size_in_the_environment_is_json(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SCREENAGENT_VIRTUAL_SIZE", "1280x720")
        said = refusal()
        assert "virtual_size" in said
        assert 'write it as JSON, for example {"width": 1280, "height": 720}' in said
        monkeypatch.setenv("SCREENAGENT_VIRTUAL_SIZE", '{"width": 800, "height": 600}')
        assert Settings.load().virtual_size.width == 800

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"max_steps = \n", "is not TOML: Invalid value (at line 1, column 13)"),
            (b"crop = 1\ncrop = 2\n", "is not TOML: Cannot overwrite a value (at line 2"),
            (b"\x00\x01\x02", "is not TOML: "),
            (b"max_steps = 3\n\xff\xfe", "is not text in UTF-8, from byte 14"),
        ],
    )
    def test_a_file_that_is_not_toml_is_named(self, content: bytes, said: str, file: Path) -> None:
        file.write_bytes(content)
        assert f"the settings file {file} {said}" in refusal()

    def test_below_what_is_no_folder_there_is_no_file(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file.touch()
        monkeypatch.setattr(Settings, "file", file / "settings.toml")
        assert Settings.load().approve == "each"

    def test_a_pipe_and_a_file_without_an_end_are_named(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("screenagent.settings.read_whole", partial(read_whole, seconds=0.2))
        os.mkfifo(file)
        assert "is not a file that can be read to its end" in refusal()
        file.unlink()
        file.write_bytes(b"# x\n" * 500_000)
        assert "at most 1000000 are read" in refusal()

    def test_a_folder_in_place_of_the_file_is_named(self, file: Path) -> None:
        file.mkdir()
        assert f"the settings file {file} cannot be read" in refusal()

    def test_a_file_that_may_not_be_read_is_named(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def forbidden(path: Path, **_: int) -> Any:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr("screenagent.settings.read_whole", forbidden)
        assert f"the settings file {file} cannot be read: Permission denied; " in refusal()


@pytest.mark.parametrize("proxy", ["http://proxy.example:3128", "socks5://10.0.0.1:1080/", "off"])
def test_a_proxy_is_an_address_or_off(proxy: str) -> None:
    assert Settings.load(model_proxy=proxy).model_proxy == proxy


@pytest.mark.parametrize("proxy", ["proxy.example:3128", "http://me:word@proxy.example:3128", "ftp://x", "http://"])
def test_a_proxy_with_a_password_or_without_a_scheme_is_refused(proxy: str) -> None:
    said = refusal(model_proxy=proxy)
    assert "write it as http://host:port" in said
    assert "word@" not in said
