"""`model pull`: downloads the weights to a local folder, checks them, and quantizes them once if asked."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import torch
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import HFValidationError, HTTPError  # type: ignore[attr-defined]

from screenagent.engine import checkpoint
from screenagent.engine.config import Quant, published_config
from screenagent.engine.memory import GB, form_bytes
from screenagent.errors import UserError
from screenagent.geometry import Value

REPOSITORY = "microsoft/Phi-4-reasoning-vision-15B"
WANTED = (".safetensors", "config.json", ".index.json", "tokenizer.json", "chat_template.jinja")
RECORD = "pulled.json"


class PullError(UserError):
    """The weights could not be downloaded as they should be; the text names the file and what to do."""

    code = "pull_failed"


class RemoteFile(Value):
    """A file of a release."""

    name: str
    size: int
    sha256: str | None = None  # known for the large ones


class Release(Value):
    """One commit of a repository and its files. A later pull into the same folder has to find the same."""

    repository: str
    commit: str
    files: tuple[RemoteFile, ...]


class Hub(Protocol):
    """Where weights are downloaded from."""

    def release(self, repository: str, revision: str) -> Release: ...

    def download(self, release: Release, name: str, folder: Path) -> None:
        """Put the file into the folder; continue a download that was cut off."""
        ...


class HuggingFace:
    """The Hugging Face hub, by its own client, which shows a bar for each file and resumes."""

    def release(self, repository: str, revision: str) -> Release:
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
        with _explained(name):
            hf_hub_download(release.repository, name, revision=release.commit, local_dir=folder)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Raise `PullError` for what goes wrong between here and the hub; its client raises `HTTPError` as it is."""
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
    hub: Hub,
    repository: str = REPOSITORY,
    revision: str = "main",
    quant: Quant = "none",
    device: torch.device | None = None,
    free_disk: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    say: Callable[[str], None] = lambda _: None,
) -> Path:
    """Download the weights and return the folder to load: `folder`, or the one beside it with the quantized weights.

    The first pull pins the commit and its hashes; a later one into the same folder continues with exactly these.
    """
    folder.mkdir(parents=True, exist_ok=True)
    release = pinned(folder) or wanted(hub.release(repository, revision))
    missing = [file for file in release.files if not is_complete(folder, file)]
    small = folder.with_name(f"{folder.name}-{quant}")
    quantized = 0 if quant == "none" else form_bytes(published_config(), quant)
    needed, free = sum(file.size for file in missing) + quantized, free_disk(folder)
    if needed > free:
        raise PullError(f"{needed / GB:.1f} GB are to come, and {folder} has room for {free / GB:.1f} GB")
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
    """Return the release with weights, sizes, tokenizer and template only: no code and no pickles."""
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
