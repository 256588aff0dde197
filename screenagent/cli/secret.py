"""`screenagent secret`: texts that are typed and never shown, kept in the system's keyring."""

from __future__ import annotations

import re
import sys

import click

from screenagent.cli.output import echo


def _name(_context: click.Context, _parameter: click.Parameter, name: str) -> str:
    from screenagent.secrets import NAME

    if not re.fullmatch(NAME, name):
        raise click.BadParameter(f"{name!r}: a name is made of letters, digits and . _ - @")
    return name


@click.group
def secret() -> None:
    """Texts that are typed and never shown, kept in the system's keyring.

    \b
    screenagent secret set BANK
    screenagent run "click into the Password field, type '{{secret:BANK}}'" --policy policy.yaml

    SCREENAGENT_SECRET_BANK in the environment comes before the keyring. A secret is typed only into windows that the
    policy names, under `secrets:`.
    """


@secret.command("set")
@click.argument("name", callback=_name)
def set_(name: str) -> None:
    """Keep a secret as NAME: its value is asked for, unseen, or read from stdin.

    \b
    screenagent secret set BANK
    pass show bank | screenagent secret set BANK
    """
    from pydantic import SecretStr

    from screenagent.approval.vault import Keyring

    if sys.stdin.isatty():
        value = SecretStr(click.prompt(f"the value of {name}", hide_input=True, confirmation_prompt=True, err=True))
    else:
        value = SecretStr(sys.stdin.read().removesuffix("\n"))
    if not value or "\n" in value.get_secret_value():
        raise click.UsageError("a secret is one line, and not an empty one")
    Keyring().keep(name, value)
    echo(f"kept; in a task it is {{{{secret:{name}}}}}", err=True)


@secret.command("list")
def list_() -> None:
    """The names of the secrets, and where each is kept.

    \b
    screenagent secret list
    """
    from screenagent.approval.vault import Environment, Keyring, NoKeyring

    listed = Environment().names()
    for name in listed:
        echo(f"{name}  environment")
    try:
        for name in Keyring().names():
            echo(f"{name}  keyring")
    except NoKeyring as reason:
        echo(f"only those of the environment are listed: {reason}" if listed else str(reason), err=True)


@secret.command
@click.argument("name", callback=_name)
def rm(name: str) -> None:
    """Forget the secret that the keyring keeps as NAME.

    \b
    screenagent secret rm BANK
    """
    from screenagent.approval.vault import Keyring

    keyring = Keyring()
    if name not in keyring.names():
        raise click.UsageError(f"the keyring keeps no secret {name!r}; `screenagent secret list` names those it keeps")
    keyring.remove(name)
