"""Where weights come from: a repository at one commit, and the files in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import HFValidationError, HTTPError  # type: ignore[attr-defined]

from screenagent.errors import UserError
from screenagent.geometry import Value


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
