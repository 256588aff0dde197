"""Secrets that a client has typed by name are blank on every desktop of its connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from pydantic import SecretStr

from screenagent.assembly.client_desktop import TypedSecrets
from screenagent.desktop.local import LocalDesktop
from screenagent.screenshot import Window


class Source:
    def reveal(self, name: str, window: Window | None) -> SecretStr:
        return SecretStr(f"the {name} for {window}")


@dataclass(eq=False)
class KnowingDesktop:
    known: list[str] = field(default_factory=list)

    def know_secret(self, name: str, value: SecretStr) -> None:
        assert value.get_secret_value().startswith("the")
        self.known.append(name)


def test_what_one_run_typed_is_known_to_the_view_and_to_later_runs() -> None:
    secrets = TypedSecrets(Source())
    view, first, later = KnowingDesktop(), KnowingDesktop(), KnowingDesktop()
    with secrets.shared_with(cast(LocalDesktop, view)):
        with secrets.shared_with(cast(LocalDesktop, first)):
            secrets.reveal("pin", None)
        secrets.reveal("mail", None)
        with secrets.shared_with(cast(LocalDesktop, later)):
            assert later.known == ["pin", "mail"]
    assert (view.known, first.known) == (["pin", "mail"], ["pin"])
