"""All settings in one model. The settings file overrides defaults, SCREENAGENT_… the file, the command line both."""

from __future__ import annotations

import difflib
import json
import os
import re
import shlex
import tomllib
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

from platformdirs import user_cache_path, user_config_path, user_data_path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from screenagent import keys
from screenagent.desktop import VirtualKind, WaylandWay
from screenagent.errors import BadFile, OldSpellingWarning, WrongUsage
from screenagent.files import WRITTEN_BY_HAND, read_whole
from screenagent.geometry import Size, Value
from screenagent.models.crop import CropMode

Approval = Literal["each", "risky", "never"]
UserInputSetting = Literal["auto", "on", "off"]
StopKeysSetting = Annotated[str, AfterValidator(lambda text: "+".join(keys.user_chord(text)))]
AnswerKeysSetting = Annotated[str, AfterValidator(lambda text: "+".join(_chord(text)) or OFF)]
WaylandBy = Literal["auto", "portal"]
GraphicsSetting = Literal["auto", "kitty", "sixel", "blocks"]
AskTooltips = Literal["windows", "everywhere", "off"]
OcrAlphabet = Literal["latin", "cjk"]
ServerKind = Literal[
    "vllm", "llama.cpp", "sglang", "transformers", "ollama", "lmstudio", "foundry", "mistral", "openai", "screenagent"
]

OLD_NAMES: Final = {
    "letters": "ocr_alphabet",
    "look": "crop",
    "patches": "max_image_patches",
    "pictures": "terminal_graphics",
    "socket": "model_socket",
    "touch": "pause_on_user_input",
    "weights": "model_weights",
}
"""What version 0.1 called settings; the settings file and the environment may still say so."""

PREFIX: Final = "SCREENAGENT_"

PASSWORD: Final = re.compile(r"//[^/\s]*@")
PROXY: Final = re.compile(r"(http|https|socks5|socks5h)://[^\s/@?#]+/?", re.IGNORECASE)

OFF: Final = "off"
"""Says of keys that there are none."""


class Settings(Value):
    model_config = ConfigDict(validate_default=True)
    file: ClassVar[Path] = user_config_path("screenagent") / "settings.toml"

    approve: Approval = Field("each", description="ask before each input, before risky ones, or never")
    policy: Path | None = Field(None, description="rules for what is allowed, asked about and denied; a YAML file")
    min_confidence: float = Field(
        0.95,
        ge=0,
        le=1,
        description="a target found with less confidence is asked about, or ends a run that nobody watches; 0: never",
    )
    answer_seconds: float = Field(600, gt=0, description="no answer to a question within so many seconds is a no")
    max_steps: int = Field(50, gt=0, description="give up after so many steps")
    runs: Path = Field(
        default_factory=lambda: user_data_path("screenagent") / "runs", description="where runs are kept"
    )
    keep_screens: bool = Field(True, description="whether a run's pictures of the screen are kept")
    keep_runs: int | None = Field(None, ge=1, description="after a run, only so many of the newest are kept")
    keep_days: float | None = Field(
        None, gt=0, description="after a run, only those younger than so many days are kept"
    )
    terminal_graphics: GraphicsSetting = Field(
        "auto", description="how the console shows pictures: kitty, sixel or blocks; auto asks the terminal"
    )
    scripts: Path = Field(Path(), description="the folder whose task scripts the console lists")
    model: str | None = Field(
        None, description="what plans: phi4 (served or pulled), a folder of weights, or a server's URL; else nothing"
    )
    model_name: str | None = Field(None, description="which of the server's models; needed if it lists several")
    server: ServerKind | None = Field(
        None,
        description="the kind: vllm, llama.cpp, sglang, transformers, ollama, lmstudio, foundry, mistral or openai",
    )
    model_family: str | None = Field(
        None,
        description="how the model is asked and what its answers mean; told by its name, or found out, if not given",
    )
    grounder_model: str | None = Field(
        None, description="what points, where it is another than what plans; none: text only"
    )
    grounder_name: str | None = Field(None, description="as model_name, for the grounder_model")
    grounder_server: ServerKind | None = Field(None, description="as server, for the grounder_model")
    grounder_family: str | None = Field(None, description="as model_family, for the grounder_model")
    model_proxy: str | None = Field(
        None,
        description="the proxy for model servers on other machines, such as http://proxy.example:3128; what goes to an "
        "http address it can read; off: none; else the environment's, for https addresses only",
    )
    model_concurrency: int | None = Field(
        None, ge=1, description="so many of your runs ask a model server at a time; more wait for their turn"
    )
    model_turns: Path = Field(
        default_factory=lambda: user_cache_path("screenagent") / "model_turns",
        description="the folder by which runs take turns, if model_concurrency limits them",
    )
    crop: CropMode = Field(
        "auto", description="the part of a large screen that the model is shown: full, window, region or tiles"
    )
    ocr_alphabet: OcrAlphabet = Field(
        "latin", description="the letters that OCR reads: latin is fast; cjk adds Chinese and Japanese, extra `cjk`"
    )
    accessibility: bool = Field(True, description="ask the program in front for its controls (AT-SPI, X11 only)")
    max_image_patches: int = Field(
        3600, ge=256, le=3600, description="the most patches of 16x16 pixels that the model is shown per picture"
    )
    display: str | None = Field(None, description="which monitor, by the name that `screenagent doctor` shows")
    stop_keys: StopKeysSetting = Field(
        "ctrl+shift+escape", description="pressed together anywhere on the desktop these stop the agent"
    )
    yes_keys: AnswerKeysSetting = Field(
        "ctrl+alt+y", description="pressed together anywhere on your own desktop these answer yes; off: none do"
    )
    no_keys: AnswerKeysSetting = Field(
        "ctrl+alt+n", description="pressed together anywhere on your own desktop these answer no; off: none do"
    )
    expect_keys: AnswerKeysSetting = Field(
        "ctrl+shift+f9", description="while `record` watches, these expect the text under the mouse; off: none do"
    )
    parameter_keys: AnswerKeysSetting = Field(
        "ctrl+shift+f8", description="while `record` watches, these make the last value a parameter; off: none do"
    )
    stop_corner: bool = Field(True, description="the mouse thrown into a corner of the screen stops the agent")
    pause_on_user_input: UserInputSetting = Field(
        "auto", description="pause when you use the mouse or the keyboard; auto: on your own desktop only"
    )
    model_weights: Path = Field(
        default_factory=lambda: user_data_path("screenagent") / "phi4",
        description="the folder of the vision model's weights",
    )
    model_socket: Path = Field(
        default_factory=lambda: user_data_path("screenagent") / "model.sock",
        description="the socket that `model serve` answers at",
    )
    proven_models: Path = Field(
        default_factory=lambda: user_cache_path("screenagent") / "proven_models.json",
        description="where it is kept which models behind a server were seen to point as their family does",
    )
    ask_tooltips: AskTooltips = Field(
        "windows",
        description="whether the mouse rests on buttons whose picture does not tell enough, to read their tooltips: in "
        "windows but in no web page, everywhere, or never (off)",
    )
    icon_names: Path | None = Field(
        default_factory=lambda: user_data_path("screenagent") / "icon_names.json",
        description="the file in which the names are kept that buttons told",
    )
    accepted_steps: Path = Field(
        default_factory=lambda: user_data_path("screenagent") / "accepted_steps.json",
        description="where it is kept which risky steps of scripts you have said yes to; each is asked about once",
    )
    inbox: Path = Field(
        default_factory=lambda: user_data_path("screenagent") / "inbox",
        description="the folder in which it is kept what waits for you",
    )
    notify: str | None = Field(
        None, description="the command that is told in a sentence what waits for you, such as notify-send screenagent"
    )
    warm: bool = Field(
        False,
        description="whether `run`, `ground` and `see` leave a warm process behind, by which the next begins at once",
    )
    warm_seconds: float = Field(900, gt=0, description="a warm process that was not used for so long ends")
    virtual_kind: VirtualKind = Field(
        "xvfb",
        description="what a virtual desktop is: an X server (xvfb), or a Wayland compositor (wayland) with X beside it",
    )
    wayland_way: WaylandBy = Field(
        "auto",
        description="how a Wayland session is worked: by Sway's or GNOME's own services (auto), or by the desktop's "
        "portals, which ask you once (portal)",
    )
    portal_token: Path = Field(
        default_factory=lambda: user_data_path("screenagent") / "portal_token",
        description="the file in which it is kept that you have allowed the desktop's portals to let the agent work",
    )
    virtual_size: Size = Field(Size(width=1280, height=720), description="size of a virtual desktop, in pixels")

    @field_validator("no_keys")
    @classmethod
    def _says_no_without_saying_yes(cls, no_keys: str, other: ValidationInfo) -> str:
        yes_keys = other.data.get("yes_keys", OFF)
        yes, no = set(_chord(yes_keys)), set(_chord(no_keys))
        if yes and no and (yes <= no or no <= yes):
            raise ValueError(f"who presses it presses the yes_keys {yes_keys!r} too; choose another, or 'off'")
        return no_keys

    @field_validator("parameter_keys")
    @classmethod
    def _says_one_thing(cls, parameter_keys: str, other: ValidationInfo) -> str:
        taken = {frozenset(_chord(other.data.get(name, OFF))): name for name in ("stop_keys", "expect_keys")}
        if (pressed := frozenset(_chord(parameter_keys))) and pressed in taken:
            raise ValueError(f"these are the {taken[pressed]} already; choose another, or 'off'")
        return parameter_keys

    @field_validator("model_proxy")
    @classmethod
    def _is_a_proxy(cls, proxy: str | None) -> str | None:
        """A name and a password in the address would be shown, and written down with each run."""
        if proxy not in (None, OFF) and not PROXY.fullmatch(proxy):
            raise ValueError("write it as http://host:port without a name and a password, or 'off'")
        return proxy

    @field_validator("notify")
    @classmethod
    def _is_a_command(cls, notify: str | None) -> str | None:
        """No shell reads it: it is parted at its blanks and quotes."""
        if notify is not None and not shlex.split(notify):
            raise ValueError("it names no program; write for example notify-send screenagent")
        return notify

    @field_validator("model_family", "grounder_family")
    @classmethod
    def _is_a_family(cls, family: str | None) -> str | None:
        if not family:
            return family
        from screenagent.models.families import family_named

        try:
            return family_named(family).name
        except WrongUsage as unknown:
            raise ValueError(str(unknown)) from unknown

    @property
    def wayland(self) -> WaylandWay:
        """How a Wayland session is worked."""
        return WaylandWay(by_portal=self.wayland_way == "portal", token=self.portal_token)

    @property
    def user_keys(self) -> keys.UserKeys:
        """The keys by which the user steers the agent from anywhere on the desktop."""
        return keys.UserKeys(stop=_chord(self.stop_keys), yes=_chord(self.yes_keys), no=_chord(self.no_keys))

    @property
    def recording_keys(self) -> keys.RecordingKeys:
        """The keys by which a person who is recorded says something about a step."""
        return keys.RecordingKeys(expect=_chord(self.expect_keys), parameter=_chord(self.parameter_keys))

    @classmethod
    def load(cls, **options: object) -> Settings:
        """Return the settings in force, with the command line's options. Raises `WrongUsage` that names a wrong one."""
        try:
            given = read_settings_file(cls.file) | _old_variables() | _variables()
            return cls.model_validate(given).with_options(**options)
        except ValidationError as error:
            wrong = error.errors()[0]
            place = [str(part) for part in wrong["loc"]]
            raise WrongUsage(_wrong_value(place, wrong["input"], wrong["msg"], options)) from error

    def with_options(self, **options: object) -> Settings:
        """These settings with the command line's options; an option that is None was not given."""
        given = {name: value for name, value in options.items() if value is not None}
        return Settings.model_validate(self.model_dump() | given)


def _chord(text: str) -> tuple[str, ...]:
    return () if text == OFF else keys.user_chord(text)


class SettingInForce(Value):
    """A setting as it is in force: where its value comes from, and what it is for."""

    name: str
    value: str
    source: str
    meaning: str


def settings_in_force(settings: Settings, **options: object) -> tuple[SettingInForce, ...]:
    """Return every setting with its value and what set it: an option, the environment, the settings file or nothing."""
    written = read_settings_file(Settings.file)
    return tuple(
        SettingInForce(
            name=name,
            value=_shown(getattr(settings, name)),
            source=_source(name, options, written),
            meaning=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    )


def _source(name: str, options: Mapping[str, object], written: Mapping[str, object]) -> str:
    if options.get(name) is not None:
        return f"--{name.replace('_', '-')}"
    for known in (name, *_old_names(name)):
        if _variable(known) is not None:
            return f"{PREFIX}{known.upper()}"
    return str(Settings.file) if name in written else "default"


def _wrong_value(place: list[str], value: object, why: str, options: Mapping[str, object]) -> str:
    """Return the sentence that names a wrong value, and the option, the variable or the line that it comes from."""
    name = place[0]
    where = _source(name, options, read_settings_file(Settings.file))
    if where == str(Settings.file):
        where = _line_of((name, *_old_names(name)), Settings.file)
    shown = PASSWORD.sub("//…@", repr(value))
    return f"{where}: the setting {'.'.join(place)!r} is {shown}: {why}"


def _old_names(name: str) -> list[str]:
    return [old for old, new in OLD_NAMES.items() if new == name]


def _variable(name: str) -> str | None:
    """Return the value of the setting's environment variable, in whatever case that is written; None if it is empty."""
    wanted = f"{PREFIX}{name}".upper()
    return next((value for known, value in os.environ.items() if value and known.upper() == wanted), None)


def _variables() -> dict[str, Any]:
    """Return what the environment sets. No .env file is read: a folder does not decide what is approved."""
    given = {name: value for name in Settings.model_fields if (value := _variable(name)) is not None}
    return {name: _from_json(name, value) if _is_record(name) else value for name, value in given.items()}


def _is_record(name: str) -> bool:
    kind = Settings.model_fields[name].annotation
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _from_json(name: str, value: str) -> object:
    try:
        return json.loads(value)
    except ValueError as error:
        cure = 'write it as JSON, for example {"width": 1280, "height": 720}'
        raise WrongUsage(f"{PREFIX}{name.upper()}: the setting {name!r} is {value!r}; {cure}") from error


def _old_variables() -> dict[str, Any]:
    given = {old: value for old in OLD_NAMES if (value := _variable(old)) is not None}
    return _by_present_names(given, spelled=lambda name: f"{PREFIX}{name.upper()}")


def _by_present_names(given: Mapping[str, Any], *, spelled: Callable[[str], str] = str) -> dict[str, Any]:
    """Return the settings by their present names; warn of each earlier one. The present name wins."""
    earlier = {OLD_NAMES[old]: given[old] for old in given if old in OLD_NAMES}
    for old in given.keys() & OLD_NAMES.keys():
        said = f"the setting {spelled(old)!r} is now {spelled(OLD_NAMES[old])!r}"
        warnings.warn(said, OldSpellingWarning, stacklevel=2)
    return earlier | {name: value for name, value in given.items() if name not in OLD_NAMES}


def read_settings_file(file: Path) -> dict[str, Any]:
    """Return the settings in the file by their present names. Raises `WrongUsage` that names the line and the cure."""
    try:
        written = tomllib.loads(read_whole(file, most=WRITTEN_BY_HAND).decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError):  # also below a HOME that is no folder
        return {}
    except OSError as error:
        raise WrongUsage(
            f"the settings file {file} cannot be read: {error.strerror}; let yourself read it, or remove it"
        ) from error
    except UnicodeDecodeError as error:
        raise WrongUsage(
            f"the settings file {file} is not text in UTF-8, from byte {error.start}; write it anew, or remove it"
        ) from error
    except BadFile as error:
        raise WrongUsage(f"the settings file {error}; correct it, or remove it") from error
    except (ValueError, RecursionError) as error:  # also a date or a number that is none, and brackets without an end
        raise WrongUsage(f"the settings file {file} is not TOML: {error}; correct it, or remove it") from error
    for name in written:
        if name not in Settings.model_fields and name not in OLD_NAMES:
            raise WrongUsage(_unknown(name, file))
    return _by_present_names(written)


def _unknown(name: str, file: Path) -> str:
    known = [*Settings.model_fields, *OLD_NAMES]
    nearest = difflib.get_close_matches(name, known, 1)
    cure = f"Did you mean {OLD_NAMES.get(nearest[0], nearest[0])!r}?" if nearest else "Remove it, or correct its name."
    return f"Unknown setting {name!r} in {_line_of((name,), file)}. {cure}"


def _line_of(names: tuple[str, ...], file: Path) -> str:
    """Return the file and, if it can be told, the line on which one of the settings stands."""
    key = re.compile(rf"""\s*\[?\s*["']?({"|".join(map(re.escape, names))})["']?\s*[].=]""")
    lines = read_whole(file, most=WRITTEN_BY_HAND).decode("utf-8").splitlines()
    number = next((number for number, line in enumerate(lines, start=1) if key.match(line)), None)
    return f"{file}, line {number}" if number else str(file)


def _shown(value: object) -> str:
    if isinstance(value, Size):
        return f"{value.width}x{value.height}"
    return "–" if value is None else str(value)
