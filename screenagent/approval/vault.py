"""Where secrets come from, the environment and the system's keyring, and which windows may have them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final, Protocol

from pydantic import SecretStr

from screenagent.errors import UserError
from screenagent.protocols import Retry
from screenagent.screenshot import Window

VARIABLE: Final = "SCREENAGENT_SECRET_"
SERVICE: Final = "screenagent"
NAMES: Final = "*names*"
"""Under this name the keyring keeps the list of the others, as none can be listed; no secret can be called so."""


class NoKeyring(UserError):
    """There is no keyring, or it is locked, or its library is not installed; the text says which and what to do."""

    code = "no_keyring"


class Source(Protocol):
    def get(self, name: str) -> SecretStr | None: ...

    def names(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Environment:
    """`SCREENAGENT_SECRET_NAME`; for a name with other characters than letters and digits, `_` in their place."""

    variables: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def get(self, name: str) -> SecretStr | None:
        variable = VARIABLE + "".join(letter if letter.isalnum() else "_" for letter in name)
        value = self.variables.get(variable) or self.variables.get(variable.upper())
        return SecretStr(value) if value else None

    def names(self) -> list[str]:
        return sorted(name.removeprefix(VARIABLE) for name in self.variables if name.startswith(VARIABLE))


class Keyring:
    """The system's keyring: Secret Service, KWallet, Windows Credential Locker or macOS Keychain."""

    def get(self, name: str) -> SecretStr | None:
        value = self._ask("get_password", name)
        return SecretStr(value) if value else None

    def names(self) -> list[str]:
        listed = self._ask("get_password", NAMES)
        return sorted(json.loads(listed)) if listed else []

    def keep(self, name: str, value: SecretStr) -> None:
        self._ask("set_password", name, value.get_secret_value())
        self._list({*self.names(), name})

    def remove(self, name: str) -> None:
        self._ask("delete_password", name)
        self._list({*self.names()} - {name})

    def _list(self, names: set[str]) -> None:
        self._ask("set_password", NAMES, json.dumps(sorted(names)))

    def _ask(self, call: str, *words: str) -> Any:
        try:
            keyring, errors = import_module("keyring"), import_module("keyring.errors")
        except ModuleNotFoundError:
            raise NoKeyring(
                "the keyring's library is not installed: pip install 'screenagent[secrets]', "
                f"or set the secret as {VARIABLE}NAME in the environment"
            ) from None
        try:
            return getattr(keyring, call)(SERVICE, *words)
        except errors.KeyringError as error:
            said = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'it does not answer'}"
        # Outside of the handler, so that the first error's frames, which hold the value, are not kept.
        raise NoKeyring(f"the system's keyring cannot be used ({said}); or set {VARIABLE}NAME in the environment")


@dataclass(frozen=True)
class Vault:
    """Gives a secret out for one window at a time: `why_not` says why a secret may not go into it, or nothing."""

    why_not: Callable[[str, Window | None], str | None]
    sources: Sequence[Source] = field(default_factory=lambda: (Environment(), Keyring()))

    def reveal(self, name: str, window: Window | None) -> SecretStr:
        if refused := self.why_not(name, window):
            raise Retry(refused, "secret")
        missing = [f"there is no secret {name!r}: `screenagent secret set {name}` keeps one"]
        for source in self.sources:
            try:
                value = source.get(name)
            except NoKeyring as reason:
                missing.append(str(reason))
                continue
            if value is not None:
                return value
        raise Retry("; ".join(missing), "secret")
