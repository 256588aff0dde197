"""Makes sure, before the first click, that a model behind a server points as its family does; once for each model.

A model is told from another one by its address, its name, and what the server lists of it. Where that does not tell
which weights these are, another model may take its place unseen, so that a proof is believed for a week only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout
from pydantic import AwareDatetime, TypeAdapter, ValidationError

from screenagent.geometry import Value
from screenagent.models.families import Family, all_families
from screenagent.models.families.probe import MOST_PATCHES, detect_family, prove_family

if TYPE_CHECKING:
    from screenagent.models.remote import RemoteModel

ASKING: Final = "asking {name} where three marks are on a picture, once, to see how it counts …"
FOUND: Final = "{name} points as {family} does; --family {family} says so without asking"
NOT_KEPT: Final = "it will be asked again next time: {why}"
BELIEVED: Final = timedelta(days=7)
LOCK_SECONDS: Final = 5


class KeptProof(Value):
    """The family that a model was seen to be of, how that one was asked, and when."""

    family: str
    digest: str = ""
    at: AwareDatetime


_PROOFS: Final = TypeAdapter(dict[str, KeptProof])


class ProvenModels:
    """The models that were seen to point as their family does, kept in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def family(self, key: str, *, for_ever: bool = False) -> Family | None:
        """Return the family that the model of this key was seen to be of; a week later, none unless `for_ever`.

        A family that is asked or read in another way since then was not seen.
        """
        proof = self._read().get(key)
        if proof is None or not (for_ever or timedelta(0) <= datetime.now(UTC) - proof.at <= BELIEVED):
            return None
        family = all_families().get(proof.family)
        return family if family and family.digest == proof.digest else None

    def add(self, key: str, family: Family) -> None:
        """Keep it; raise `OSError` if that cannot be done."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        proof = KeptProof(family=family.name, digest=family.digest, at=datetime.now(UTC).replace(microsecond=0))
        with FileLock(f"{self._file}.lock", timeout=LOCK_SECONDS):
            part = self._file.with_suffix(".part")
            part.write_bytes(_PROOFS.dump_json({**self._read(), key: proof}, indent=1))
            part.replace(self._file)

    def _read(self) -> Mapping[str, KeptProof]:
        try:
            return _PROOFS.validate_json(self._file.read_bytes())
        except (OSError, ValidationError):  # not there yet, or damaged: the models are asked again
            return {}


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def proven(
    model: RemoteModel, kept: ProvenModels, *, patches: int = MOST_PATCHES, say: Callable[[str], None] = _say
) -> RemoteModel:
    """Return `model` as one of the family as which it is seen to point; raise `WrongFamily` if there is none.

    A model of a known family has to point as that one does. For any other the families are tried in turn. The pictures
    have up to so many `patches`, as those of the run will have.
    """
    key, identified = _key(model, patches), bool(model.facts.identity)
    family = kept.family(key, for_ever=identified)
    if family is None or model.family not in (None, family):
        say(ASKING.format(name=model.endpoint.name))
        family = _seen(model, patches, say)
        try:
            kept.add(key, family)
        except (OSError, Timeout) as error:
            say(NOT_KEPT.format(why=error))
    return model.as_family(family)


def _seen(model: RemoteModel, patches: int, say: Callable[[str], None]) -> Family:
    if model.family is not None:
        prove_family(model, model.family, patches=patches, binds=model.binds)
        return model.family
    tried = ((family, model.as_family(family)) for family in all_families().values())
    family = detect_family(tried, patches=patches, binds=model.binds)
    say(FOUND.format(name=model.endpoint.name, family=family.name))
    return family


def _key(model: RemoteModel, patches: int) -> str:
    """Return what was proven: the address, the model, how it was asked, and with how large pictures."""
    endpoint, family = model.endpoint, model.family
    asked = family.digest if family else "any family"
    named = (
        endpoint.url,
        endpoint.deployment,
        endpoint.kind,
        endpoint.name,
        model.facts.weights,
        model.facts.identity,
        asked,
    )
    return " ".join([*filter(None, named), f"patches={patches}"])
