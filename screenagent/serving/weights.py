"""`model pull`: the weights to a local folder, checked, and quantised once if asked."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import torch

from screenagent.engine import checkpoint
from screenagent.engine.config import PUBLISHED, Quant
from screenagent.engine.memory import GB, weight_bytes
from screenagent.engine.model import Phi4Network
from screenagent.engine.quant import prepare_quant
from screenagent.errors import UserError
from screenagent.geometry import Value

REPOSITORY = "microsoft/Phi-4-reasoning-vision-15B"
WANTED = (".safetensors", "config.json", ".index.json", "tokenizer.json", "chat_template.jinja")
RECORD = "pulled.json"


class PullError(UserError):
    """The weights did not arrive as they should; the message names the file and what to do."""

    code = "pull_failed"


class RemoteFile(Value):
    name: str
    size: int
    sha256: str | None = None  # known for the large ones


class Release(Value):
    """One commit of a repository and its files: what was pulled, and what a later pull must find again."""

    repository: str
    commit: str
    files: tuple[RemoteFile, ...]


class Hub(Protocol):
    def release(self, repository: str, revision: str) -> Release: ...

    def download(self, release: Release, name: str, folder: Path) -> None:
        """Put the file into the folder, going on with what is there of it."""
        ...


class HuggingFace:
    """Through huggingface_hub, which shows a bar for each file and resumes."""

    def release(self, repository: str, revision: str) -> Release:
        from huggingface_hub import HfApi  # noqa: PLC0415 -- only a pull needs it

        with _explained(f"{repository} at {revision}"):
            found = HfApi().model_info(repository, revision=revision, files_metadata=True)
        if found.sha is None:
            raise PullError(f"{repository} at {revision} has no commit")
        return Release(
            repository=repository,
            commit=found.sha,
            files=tuple(
                RemoteFile(name=file.rfilename, size=file.size or 0, sha256=file.lfs.sha256 if file.lfs else None)
                for file in found.siblings or ()
            ),
        )

    def download(self, release: Release, name: str, folder: Path) -> None:
        from huggingface_hub import hf_hub_download  # noqa: PLC0415

        with _explained(name):
            hf_hub_download(release.repository, name, revision=release.commit, local_dir=folder)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Raise `PullError` for what goes wrong between here and the hub."""
    # HTTPError is that of the client which the hub uses
    from huggingface_hub.errors import HFValidationError, HTTPError  # type: ignore[attr-defined]  # noqa: PLC0415

    try:
        yield
    except (HTTPError, HFValidationError) as error:
        said = str(error).partition("\n")[0] or type(error).__name__
        raise PullError(
            f"{what} cannot be downloaded: {said}; what has arrived is kept, pull again to go on"
        ) from error


def pull_weights(
    folder: Path,
    *,
    repository: str = REPOSITORY,
    revision: str = "main",
    quant: Quant = "none",
    device: torch.device | None = None,
    hub: Hub | None = None,
    free_disk: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    say: Callable[[str], None] = lambda _: None,
) -> Path:
    """Bring the weights and return the folder to load: `folder`, or the one beside it with the quantised ones. The
    first pull pins the commit and its hashes; a later one into the same folder goes on with exactly these."""
    hub = hub or HuggingFace()
    folder.mkdir(parents=True, exist_ok=True)
    release = pinned(folder) or wanted(hub.release(repository, revision))
    missing = [file for file in release.files if not is_complete(folder, file)]
    small = folder.with_name(f"{folder.name}-{quant}")
    check_disk(
        sum(file.size for file in missing) + (quantised_bytes(quant) if quant != "none" else 0), folder, free_disk
    )
    (folder / RECORD).write_text(release.model_dump_json(indent=1))
    for file in missing:
        say(f"{file.name}, {file.size / GB:.2f} GB")
        hub.download(release, file.name, folder)
        check_hash(folder, file)
    if quant == "none":
        return folder
    say(f"quantising to {quant} in {small}")
    checkpoint.quantize(folder, small, quant=quant, device=device or torch.device("cpu"))
    (small / RECORD).write_text(release.model_dump_json(indent=1))
    return small


def wanted(release: Release) -> Release:
    """Weights, sizes, tokenizer and template: no code and no pickles."""
    files = tuple(file for file in release.files if "/" not in file.name and file.name.endswith(WANTED))
    if not any(file.name.endswith(".safetensors") for file in files):
        raise PullError(f"{release.repository} at {release.commit} holds no safetensors")
    return release.model_copy(update={"files": files})


def pinned(folder: Path) -> Release | None:
    path = folder / RECORD
    return Release.model_validate_json(path.read_bytes()) if path.is_file() else None


def is_complete(folder: Path, file: RemoteFile) -> bool:
    path = folder / file.name
    return path.is_file() and path.stat().st_size == file.size


def quantised_bytes(quant: Quant) -> int:
    model = Phi4Network(PUBLISHED, device=torch.device("meta"), dtype=torch.bfloat16)
    prepare_quant(model, quant)
    return weight_bytes(model)


def check_disk(needed: int, folder: Path, free_disk: Callable[[Path], int]) -> None:
    free = free_disk(folder)
    if needed > free:
        raise PullError(f"{needed / GB:.1f} GB are to come, and {folder} has room for {free / GB:.1f} GB")


def check_hash(folder: Path, file: RemoteFile) -> None:
    path = folder / file.name
    if not is_complete(folder, file):
        raise PullError(f"{path} is not {file.size} bytes long; pull again to go on")
    if file.sha256 is None:
        return
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != file.sha256:
        path.unlink()
        raise PullError(f"{path} arrived damaged (sha256 {found}, not {file.sha256}) and was removed; pull again")
