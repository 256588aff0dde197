"""Checks once per model, before the first click, that a model behind a server points as its family does.

A model is identified by its address, its name and what the server lists about it. If that does not identify the
weights, another model could replace it unnoticed, so the result is valid for only a week.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout
from pydantic import AwareDatetime, TypeAdapter, ValidationError

from screenagent.errors import BadFile
from screenagent.files import read_whole
from screenagent.geometry import LATER, Value
from screenagent.models.families import Family, all_families
from screenagent.models.families.probe import MOST_PATCHES, detect_family, prove_family
from screenagent.showing import tell

if TYPE_CHECKING:
    from screenagent.models.remote import RemoteModel

ASKING: Final = "checking once how {name} points, with three marks on a test picture …"
FOUND: Final = "{name} points as {family} does; pass --family {family} to skip this search"
NOT_KEPT: Final = "the result cannot be saved, so the model will be checked again next time: {why}"
BELIEVED: Final = timedelta(days=7)
LOCK_SECONDS: Final = 5


class KeptProof(Value):
    """The family that a model was proven to belong to, the digest of that family, and the time."""

    family: str
    digest: str = ""
    at: AwareDatetime


_PROOFS: Final = TypeAdapter(dict[str, KeptProof], config=LATER)


class ProvenModels:
    """The models that were proven to point as their family does, stored in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def family(self, key: str, *, for_ever: bool = False) -> Family | None:
        """Return the family that the model with this key was proven to belong to.

        Return None if the result is over a week old, unless `for_ever`, or if the family's definition has changed.
        """
        proof = self._read().get(key)
        if proof is None or not (for_ever or timedelta(0) <= datetime.now(UTC) - proof.at <= BELIEVED):
            return None
        family = all_families().get(proof.family)
        return family if family and family.digest == proof.digest else None

    def add(self, key: str, family: Family) -> None:
        """Store the result; raise `OSError` if it cannot be written."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        proof = KeptProof(family=family.name, digest=family.digest, at=datetime.now(UTC).replace(microsecond=0))
        with FileLock(f"{self._file}.lock", timeout=LOCK_SECONDS):
            part = self._file.with_suffix(".part")
            part.write_bytes(_PROOFS.dump_json({**self._read(), key: proof}, indent=1))
            part.replace(self._file)

    def _read(self) -> Mapping[str, KeptProof]:
        try:
            return _PROOFS.validate_json(read_whole(self._file))
        except (OSError, BadFile, ValidationError):  # missing or damaged: the models are checked again
            return {}


def proven(
    model: RemoteModel, kept: ProvenModels, *, patches: int = MOST_PATCHES, say: Callable[[str], None] = tell
) -> RemoteModel:
    """Return `model` as a member of the family that it was proven to belong to; raise `WrongFamily` if none fits.

    A model of a known family must point as that family does. For any other model, the families are tried in turn. The
    pictures have at most `patches`, like those of the run.
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
    """Return the key of a result: the address, the model, the family's digest and the size of the pictures."""
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
