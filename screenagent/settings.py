"""Every knob in one model: defaults, the settings file over them, then SCREENAGENT_…, then the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_config_path, user_data_path
from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from screenagent import keys
from screenagent.errors import WrongUsage
from screenagent.geometry import Size, Value
from screenagent.models.crop import CropMode

Approval = Literal["each", "risky", "never"]
UserInputSetting = Literal["auto", "on", "off"]
StopKeysSetting = Annotated[str, AfterValidator(lambda text: "+".join(keys.stop_chord(text)))]
GraphicsSetting = Literal["auto", "kitty", "sixel", "blocks"]
ServerKind = Literal["vllm", "llama.cpp", "foundry", "mistral", "openai", "screenagent"]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="SCREENAGENT_",
        toml_file=user_config_path("screenagent") / "settings.toml",
        extra="forbid",
        frozen=True,
    )

    approve: Approval = Field("each", description="ask before each input, before risky ones, or never")
    policy: Path | None = Field(None, description="rules for what is allowed, asked about and denied; a YAML file")
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
    pictures: GraphicsSetting = Field(
        "auto", description="how the console shows pictures: kitty, sixel or blocks; the terminal is asked if auto"
    )
    scripts: Path = Field(Path(), description="the folder whose task scripts the console lists")
    model: str | None = Field(
        None, description="what plans: phi4 (served or pulled), a folder of weights, or a server's URL; else nothing"
    )
    model_name: str | None = Field(None, description="which of the server's models; the first it lists if not given")
    server: ServerKind | None = Field(
        None, description="vllm, llama.cpp, foundry, mistral or openai; the server is asked if not given"
    )
    grounder_model: str | None = Field(
        None, description="what points, where it is another than what plans; none: text only"
    )
    look: CropMode = Field(
        "auto", description="what of a large screen the model is shown: full, window, region or tiles"
    )
    letters: Literal["latin", "cjk"] = Field(
        "latin", description="what is read: latin is fast; cjk, Chinese and Japanese too, takes the extra `cjk`"
    )
    accessibility: bool = Field(True, description="ask the program in front for its controls (AT-SPI, X11 only)")
    patches: int = Field(3600, ge=256, le=3600, description="at most so many patches of 16 pixels a picture")
    display: str | None = Field(None, description="which monitor, by the name that `screenagent doctor` shows")
    stop_keys: StopKeysSetting = Field(
        "ctrl+shift+escape", description="pressed together anywhere on the desktop these stop the agent"
    )
    stop_corner: bool = Field(True, description="the mouse thrown into a corner of the screen stops the agent")
    touch: UserInputSetting = Field(
        "auto", description="whether your hand at mouse or keyboard makes it wait; auto: on your own desktop only"
    )
    weights: Path = Field(
        default_factory=lambda: user_data_path("screenagent") / "phi4",
        description="where the vision model's weights lie",
    )
    socket: Path = Field(
        default_factory=lambda: user_data_path("screenagent") / "model.sock", description="where `model serve` answers"
    )
    virtual_size: Size = Field(Size(width=1280, height=720), description="size of a virtual desktop, in pixels")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env: a folder does not decide what is approved
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @classmethod
    def load(cls, **options: object) -> Settings:
        """The settings in force, with the command line's options; a wrong one is named."""
        try:
            return cls().with_options(**options)
        except ValidationError as error:
            wrong = error.errors()[0]
            name = ".".join(str(part) for part in wrong["loc"])
            raise WrongUsage(f"the setting {name!r} is {wrong['input']!r}: {wrong['msg']}") from error

    def with_options(self, **options: object) -> Settings:
        """These settings with the command line's options; an option that is None was not given."""
        given = {name: value for name, value in options.items() if value is not None}
        return Settings.model_validate(self.model_dump() | given)


class SettingInForce(Value):
    """One knob as it stands: where its value comes from, and what it is for."""

    name: str
    value: str
    source: str
    meaning: str


def settings_in_force(settings: Settings, **options: object) -> tuple[SettingInForce, ...]:
    """Every knob with its value and what set it: an option, the environment, the settings file, or nobody."""
    file = Settings.model_config["toml_file"]
    written = TomlConfigSettingsSource(Settings)()

    def source(name: str) -> str:
        if options.get(name) is not None:
            return f"--{name.replace('_', '-')}"
        variable = f"SCREENAGENT_{name.upper()}"
        if any(known.upper() == variable for known in os.environ):
            return variable
        return str(file) if name in written else "default"

    return tuple(
        SettingInForce(
            name=name, value=_shown(getattr(settings, name)), source=source(name), meaning=field.description or ""
        )
        for name, field in Settings.model_fields.items()
    )


def _shown(value: object) -> str:
    match value:
        case Size(width=width, height=height):
            return f"{width}x{height}"
        case None:
            return "–"
        case _:
            return str(value)
