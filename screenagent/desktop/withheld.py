"""What goes wrong while a secret is typed is told without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from screenagent.control import Stopped
from screenagent.desktop import NoDesktop
from screenagent.errors import UserError
from screenagent.protocols import Retry

SecretT = TypeVar("SecretT")


class SecretNotTyped(UserError):
    """A secret could not be typed; the text says where and by what kind of error, which would have named it."""

    code = "secret_not_typed"


def withheld(name: str, work: Callable[[], SecretT], *, gone: tuple[type[Exception], ...] = ()) -> SecretT:
    """What `work` gives. An error of it is not let through: its text and its frames' variables may hold the secret."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 -- raised again below, as another
        told = _without_value(error, name, gone)
    raise told  # outside of the handler, or it would carry the first error along


def _without_value(error: Exception, name: str, gone: tuple[type[Exception], ...]) -> Exception:
    if isinstance(error, gone):
        return NoDesktop(f"the display has ended while the secret {name!r} was being typed")
    match error:
        case Stopped():
            return Stopped()
        case Retry():
            return Retry(
                f"the secret {name!r} was typed in part: another window came to the front, or the keyboard changed",
                "secret",
            )
    innermost = error.__traceback__
    while innermost is not None and innermost.tb_next is not None:
        innermost = innermost.tb_next
    place = f"{Path(innermost.tb_frame.f_code.co_filename).name}:{innermost.tb_lineno}" if innermost else "?"
    return SecretNotTyped(f"the secret {name!r} could not be typed: {type(error).__name__} at {place}")
