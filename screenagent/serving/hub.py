"""Where weights come from: a repository at one commit, and the files in it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from huggingface_hub import HfApi, hf_hub_download

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
        hf_hub_download(release.repository, name, revision=release.commit, local_dir=folder)
