"""Writes what was learned as the package carries it: the encoder as ONNX in half precision, the words as bytes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from model import IconNet, Words
from onnx import TensorProto, helper, numpy_helper


def export_encoder(net: IconNet, path: Path) -> None:
    """Weights are stored in half precision and computed with in single."""
    net.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter's own future
        torch.onnx.export(
            net, (torch.zeros(2, 4, 32, 32),), str(path), input_names=["icons"], output_names=["vectors"],
            dynamic_axes={"icons": {0: "n"}, "vectors": {0: "n"}}, dynamo=False, opset_version=17,
        )  # fmt: skip
    model = onnx.load(path)
    casts = []
    for weight in model.graph.initializer:
        if weight.data_type == TensorProto.FLOAT and np.prod(weight.dims) > 64:
            half = numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), f"{weight.name}.half")
            casts.append(helper.make_node("Cast", [half.name], [weight.name], to=TensorProto.FLOAT))
            weight.CopyFrom(half)
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def export_words(words: Words, stems: Sequence[str], names: Sequence[str], path: Path) -> None:
    """Each vector in bytes, with its own scale."""
    vectors = words.table.weight.detach()[: len(stems)].numpy()
    scales = np.abs(vectors).max(1) / 127
    np.savez_compressed(
        path,
        stems=np.array(stems),
        vectors=np.round(vectors / np.maximum(scales, 1e-8)[:, None]).astype(np.int8),
        scales=scales.astype(np.float32),
        names=np.array(names),
    )
