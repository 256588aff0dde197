"""Makes sure, before the first click, that a model behind a server points as its family does; once for each model."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock

from screenagent.models.families import Family, all_families
from screenagent.models.families.probe import detect_family, prove_family

if TYPE_CHECKING:
    from screenagent.models.remote import RemoteModel

ASKING: Final = "asking {name} where three marks are on a picture, once, to see how it counts …"
FOUND: Final = "{name} points as {family} does; --family {family} says so without asking"


class ProvenModels:
    """The models that were seen to point as their family does, kept in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def family(self, key: str) -> Family | None:
        """Return the family that the model of this key was seen to be of."""
        return all_families().get(self._read().get(key, {}).get("family", ""))

    def add(self, key: str, family: Family) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self._file}.lock"):
            kept = self._read() | {key: {"family": family.name, "at": datetime.now(UTC).isoformat(timespec="seconds")}}
            part = self._file.with_suffix(".part")
            part.write_text(json.dumps(kept, indent=1), encoding="utf-8")
            part.replace(self._file)

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # not there yet, or damaged: the models are asked again
            return {}
        return kept if isinstance(kept, dict) else {}


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def proven(model: RemoteModel, kept: ProvenModels, *, say: Callable[[str], None] = _say) -> RemoteModel:
    """Return `model` as one of the family as which it is seen to point; raise `WrongFamily` if there is none.

    A model of a known family has to point as that one does. For any other the families are tried in turn.
    """
    key = _key(model)
    family = kept.family(key)
    if family is None:
        say(ASKING.format(name=model.endpoint.name))
        family = model.family
        if family is None:
            family = detect_family((tried, model.as_family(tried)) for tried in all_families().values())
            say(FOUND.format(name=model.endpoint.name, family=family.name))
        else:
            prove_family(model, family)
        kept.add(key, family)
    return model.as_family(family)


def _key(model: RemoteModel) -> str:
    """Return what was proven: the address, the model, and how it was asked."""
    endpoint, family = model.endpoint, model.family
    asked = family.digest if family else "any family"
    return " ".join(filter(None, (endpoint.url, endpoint.kind, endpoint.name, model.facts.identity, asked)))
