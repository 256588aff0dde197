"""The root of every error that the user can fix."""

from __future__ import annotations

from typing import ClassVar, Final, Self

EXTRAS: Final = {
    **dict.fromkeys(("mss", "pyautogui", "pynput", "Xlib", "jeepney"), "desktop"),
    **dict.fromkeys(("textual", "rich"), "console"),
    **dict.fromkeys(("torch", "tokenizers", "safetensors", "llguidance", "huggingface_hub", "psutil"), "phi4"),
    **dict.fromkeys(("starlette", "uvicorn"), "web"),
    **dict.fromkeys(("pywayland", "libei", "pipewire_capture"), "wayland"),
    "httpx2": "server",
    "mcp": "mcp",
    "keyring": "secrets",
    "rapidocr": "cjk",
    "pebble": "workers",
    **dict.fromkeys(("miniwob", "websocket"), "bench"),
}
"""The extra that brings a package, by the name that it is imported by."""


class UserError(Exception):
    """Something that the user can fix; the text says in one line what is wrong and what to do about it.

    The command line prints the text without a traceback and ends with `exit_code`.
    """

    code: str = "user_error"
    exit_code: ClassVar[int] = 1

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the text and the fields: another process gets the error whole, whatever its constructor takes."""
        return _again, (type(self), self.args), self.__dict__


class WrongUsage(UserError):
    """An option, a setting or a file that was handed in cannot be used as it is."""

    code = "wrong_usage"
    exit_code = 2


class BadFile(WrongUsage, ValueError):
    """A file is not what it should be; the text names the file, what is wrong with it and where."""

    code = "bad_file"


class OldSpellingWarning(UserWarning):
    """Something is written as an earlier version did; the text names the new spelling."""


class MissingExtra(WrongUsage):
    """A package is missing that belongs to one of the project's extras."""

    code = "missing_extra"

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed; run: pip install 'screenagent[{extra}]'")

    @classmethod
    def of(cls, error: ModuleNotFoundError) -> Self | None:
        """Return the missing extra that `error` comes from; None if no extra brings the module."""
        package = (error.name or "").partition(".")[0]
        extra = EXTRAS.get(package)
        return cls(package, extra) if extra else None


def _again(kind: type[UserError], args: tuple[object, ...]) -> UserError:
    error = kind.__new__(kind)
    error.args = args
    return error
