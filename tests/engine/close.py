"""How close is the same: far above the noise of float32, far below what a mistake makes."""

from __future__ import annotations

from functools import partial

import torch

assert_close = partial(torch.testing.assert_close, rtol=0.0, atol=2e-4)
