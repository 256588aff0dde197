from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch

from screenagent.engine import synthetic
from screenagent.engine.checkpoint import load_network
from screenagent.serving.weights import PullError, Release, RemoteFile, pull_weights

GB = 10**9


@dataclass
class FolderHub:
    """A hub whose repository is a folder; it can damage what it hands out, or break off."""

    folder: Path
    commit: str = "c0ffee"
    damaged: str = ""
    breaks_at: str = ""
    downloaded: list[str] = field(default_factory=list)

    def release(self, repository: str, revision: str) -> Release:
        files = tuple(
            RemoteFile(name=file.name, size=file.stat().st_size, sha256=hashlib.sha256(file.read_bytes()).hexdigest())
            for file in sorted(self.folder.iterdir())
        )
        return Release(repository=repository, commit=f"{self.commit} of {revision}", files=files)

    def download(self, release: Release, name: str, folder: Path) -> None:
        if name == self.breaks_at:
            raise ConnectionError(name)
        self.downloaded.append(name)
        shutil.copy(self.folder / name, folder / name)
        if name == self.damaged:
            content = bytearray((folder / name).read_bytes())
            content[-1] ^= 1
            (folder / name).write_bytes(content)


@pytest.fixture
def hub(tiny: Path, tmp_path: Path) -> FolderHub:
    remote = Path(shutil.copytree(tiny, tmp_path / "remote"))
    (remote / "modeling_code.py").write_text("raise SystemExit")
    (remote / "pytorch_model.bin").write_bytes(b"pickle")
    return FolderHub(remote)


SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def test_what_was_pulled_loads_and_holds_no_code(hub: FolderHub, tmp_path: Path) -> None:
    folder = pull_weights(tmp_path / "weights", hub=hub)
    assert load_network(folder, device=torch.device("cpu"), dtype=torch.float32)
    assert sorted(file.name for file in folder.iterdir()) == [
        *("chat_template.jinja", "config.json", *SHARDS),
        *("model.safetensors.index.json", "pulled.json", "tokenizer.json"),
    ]


def test_a_pull_that_broke_off_goes_on_where_it_was(hub: FolderHub, tmp_path: Path) -> None:
    hub.breaks_at = SHARDS[1]
    with pytest.raises(ConnectionError):
        pull_weights(tmp_path / "weights", hub=hub)
    hub.breaks_at = ""
    hub.downloaded.clear()
    pull_weights(tmp_path / "weights", hub=hub)
    assert SHARDS[0] not in hub.downloaded
    assert SHARDS[1] in hub.downloaded


def test_a_later_pull_takes_the_commit_of_the_first(hub: FolderHub, tmp_path: Path) -> None:
    pull_weights(tmp_path / "weights", hub=hub)
    hub.commit = "another"
    (tmp_path / "weights" / SHARDS[0]).unlink()
    pull_weights(tmp_path / "weights", hub=hub)
    assert "c0ffee" in (tmp_path / "weights" / "pulled.json").read_text()


def test_a_damaged_file_is_named_and_removed(hub: FolderHub, tmp_path: Path) -> None:
    hub.damaged = SHARDS[0]
    with pytest.raises(PullError, match=rf"{SHARDS[0]} arrived damaged"):
        pull_weights(tmp_path / "weights", hub=hub)
    assert not (tmp_path / "weights" / SHARDS[0]).exists()


def test_the_disk_is_looked_at_before_anything_comes(hub: FolderHub, tmp_path: Path) -> None:
    with pytest.raises(PullError, match=r"GB are to come.*room for 0\.0 GB"):
        pull_weights(tmp_path / "weights", hub=hub, free_disk=lambda _: 1000)
    assert hub.downloaded == []


def test_a_repository_without_safetensors_is_refused(hub: FolderHub, tmp_path: Path) -> None:
    for name in SHARDS:
        (hub.folder / name).unlink()
    with pytest.raises(PullError, match="no safetensors"):
        pull_weights(tmp_path / "weights", hub=hub)


def test_weights_are_quantised_once_and_the_folder_of_these_is_returned(tmp_path: Path) -> None:
    wide = synthetic.TINY.model_copy(update={"hidden_size": 256, "intermediate_size": 512})
    hub = FolderHub(synthetic.write(tmp_path / "remote", config=wide))
    folder = pull_weights(tmp_path / "weights", hub=hub, quant="int4", free_disk=lambda _: 100 * GB)
    assert folder == tmp_path / "weights-int4"
    assert load_network(folder, device=torch.device("cpu"), dtype=torch.bfloat16)
