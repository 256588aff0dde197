"""Puts drawn icons on a screen as screens are: dark or light, faded, hovered, small, cut a little askew."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, avg_pool2d, grid_sample, interpolate

SEEN = 32
Draw = Callable[..., Tensor]
"""Gives numbers from 0 to 1 for each icon, in the shape that it is asked for."""


def seen(drawings: Tensor, coloured: Tensor, generator: torch.Generator) -> Tensor:
    """(n, 40, 40, 4) bytes -> (n, 4, 32, 32), as `perception.icon_encoder` sees such an icon on a screen."""

    def draw(*shape: int) -> Tensor:
        return torch.rand(len(drawings), *shape, generator=generator, device=drawings.device)

    picture = drawings.permute(0, 3, 1, 2).float() / 255
    ground = _grounds(draw)
    shown = torch.where(coloured[:, None, None, None], _coloured(picture, ground, draw), _lines(picture, ground, draw))
    slope = (
        torch.linspace(-1, 1, picture.shape[2], device=picture.device)[None, None, :, None]
        * 0.04
        * (draw(1, 1, 1) - 0.5)
    )
    difference = shown - ground + slope * (draw(1, 1, 1) < 0.3)
    difference *= torch.where(draw(1, 1, 1) < 0.15, -1.0, 1.0)  # the whole screen negated
    return _normal(_sampled(difference, draw, generator), draw, generator)


def plain(drawings: Tensor, coloured: Tensor) -> Tensor:
    """As `seen`, without chance: on white, dark lines, straight."""
    picture = drawings.permute(0, 3, 1, 2).float() / 255
    alpha = picture[:, 3:]
    shown = torch.where(
        coloured[:, None, None, None], picture[:, :3] * alpha + (1 - alpha), (1 - 0.8 * alpha).expand(-1, 3, -1, -1)
    )
    cut = interpolate(
        (shown - 1)[:, :, 2:-2, 2:-2], size=(SEEN, SEEN), mode="bilinear", antialias=True, align_corners=False
    )
    return channels(cut)


def channels(difference: Tensor) -> Tensor:
    """The difference from the background in each colour, and how much it is in any, all up to 1."""
    most = difference.abs().amax(1, keepdim=True)
    peak = most.amax((2, 3), keepdim=True).clamp(min=0.04)
    return torch.cat([most / peak, difference / peak], 1)


def _grounds(draw: Draw) -> Tensor:
    grey, kind = draw(1, 1, 1), draw(1, 1, 1)
    level = torch.where(kind < 0.62, 0.8 + 0.2 * grey, torch.where(kind < 0.87, 0.05 + 0.22 * grey, grey))
    return (level + (draw(3, 1, 1) - 0.5) * torch.where(kind < 0.87, 0.04, 0.9)).clamp(0, 1)


def _lines(picture: Tensor, ground: Tensor, draw: Draw) -> Tensor:
    """One colour on the ground; some get what they enclose filled, as coloured themes do."""
    alpha, inside = picture[:, 3:], picture[:, :1]
    away = torch.where(ground.mean(1, keepdim=True) > 0.5, 0.35 * draw(1, 1, 1), 1 - 0.3 * draw(1, 1, 1))
    ink = torch.where(draw(1, 1, 1) < 0.7, away.expand(-1, 3, -1, -1), draw(3, 1, 1))
    ink = torch.where((ink - ground).abs().amax(1, keepdim=True) < 0.2, away, ink)
    height = torch.linspace(-0.5, 0.5, picture.shape[2], device=picture.device)[None, None, :, None]
    ink = (ink + 0.5 * height * draw(1, 1, 1) * (draw(1, 1, 1) < 0.3)).clamp(0, 1)
    fill = torch.where(draw(1, 1, 1) < 0.35, draw(3, 1, 1), ground)
    behind = ground * (1 - inside) + (fill + 0.3 * height).clamp(0, 1) * inside
    behind = torch.where(fill == ground, ground, behind)
    return behind * (1 - alpha) + ink * alpha


def _coloured(picture: Tensor, ground: Tensor, draw: Draw) -> Tensor:
    colours, alpha = picture[:, :3], picture[:, 3:]
    colours = (colours * (0.85 + 0.3 * draw(1, 1, 1)) + 0.1 * (draw(3, 1, 1) - 0.5)).clamp(0, 1)
    grey = colours.mean(1, keepdim=True)
    colours = torch.where(draw(1, 1, 1) < 0.2, grey + (colours - grey) * 0.5 * draw(1, 1, 1), colours)
    return ground * (1 - alpha) + colours * alpha


def _sampled(difference: Tensor, draw: Draw, generator: torch.Generator) -> Tensor:
    """Shrunk to the size of a small icon, and cut out a little too wide, too narrow or beside."""
    n = len(difference)
    zoom = 0.84 + 0.24 * draw()
    tilt = 0.12 * (draw() - 0.5) * (draw() < 0.2)
    stretch = zoom * (1 + 0.08 * (draw() - 0.5))
    rows = torch.stack([stretch * tilt.cos(), -zoom * tilt.sin(), 0.16 * (draw() - 0.5)], 1)
    columns = torch.stack([stretch * tilt.sin(), zoom * tilt.cos(), 0.16 * (draw() - 0.5)], 1)
    transform = torch.stack([rows, columns], 1)
    parts = []
    parted = max(4, n // 128)
    sizes = torch.randint(13, SEEN + 1, (parted,), generator=generator, device=difference.device).tolist()
    for part, matrix, size in zip(difference.chunk(parted), transform.chunk(parted), sizes, strict=False):
        smooth = avg_pool2d(part, 3, 1, 1) if size < 24 else part
        grid = affine_grid(matrix, [len(part), 3, size, size], align_corners=False)
        small = grid_sample(smooth, grid, align_corners=False)
        parts.append(
            interpolate(small, size=(SEEN, SEEN), mode="bilinear", align_corners=False) if size < SEEN else small
        )
    assert sum(map(len, parts)) == n
    return torch.cat(parts)


def _normal(difference: Tensor, draw: Draw, generator: torch.Generator) -> Tensor:
    icons = channels(difference)
    curve = 0.7 + 0.7 * draw(1, 1, 1)
    icons = icons.sign() * icons.abs().clamp(max=1) ** curve
    noise = torch.randn(icons.shape, generator=generator, device=icons.device) * 0.03 * draw(1, 1, 1)
    return icons + noise
