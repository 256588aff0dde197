"""What weights take: of a parameter, of a model, of one forward."""

from __future__ import annotations

from torch import Tensor, nn


def stored_bytes(tensor: Tensor) -> int:
    """A quantised tensor is made of others; what it pretends to be does not count."""
    if hasattr(tensor, "__tensor_flatten__"):
        names, _ = tensor.__tensor_flatten__()
        return sum(stored_bytes(getattr(tensor, name)) for name in names if getattr(tensor, name) is not None)
    return tensor.nbytes


def weight_bytes(module: nn.Module) -> int:
    return sum(stored_bytes(parameter) for parameter in module.parameters())
