"""Give a sprite another colour, and name the colour it has.

Only the sprite's main colour is moved (an apple's red, not its green leaf), and its shading is kept: hue,
saturation and value of the main pixels are shifted so that their mean becomes the wanted colour.
"""

from __future__ import annotations

import math

import torch

COLOURS = {  # hue in turns, saturation, value: the mean that the main pixels are moved to
    "red": (0.985, 0.80, 0.88), "orange": (0.075, 0.82, 0.96), "yellow": (0.135, 0.75, 0.97),
    "green": (0.36, 0.68, 0.70), "blue": (0.60, 0.75, 0.88), "purple": (0.755, 0.62, 0.78),
    "pink": (0.92, 0.45, 0.97), "brown": (0.06, 0.55, 0.52), "black": (0.65, 0.12, 0.22),
    "white": (0.62, 0.04, 0.94), "gray": (0.62, 0.05, 0.60),
}  # fmt: skip
HUED = 0.25  # saturation above which a pixel has a hue
NEAR = 0.11  # turns around the main hue that belong to the main colour


def recolour(rgba: torch.Tensor, colours: list[str]) -> torch.Tensor:
    """Premultiplied (B, 4, H, W) in [0, 1] -> the same with the main colour moved to the named one."""
    alpha = rgba[:, 3:]
    rgb = (rgba[:, :3] / alpha.clamp(min=1e-3)).clamp(0, 1)
    hsv = _hsv(rgb)
    main, mean = _main(hsv, alpha)
    target = torch.tensor([COLOURS[c] for c in colours], device=rgba.device)[:, :, None, None]  # (B, 3, 1, 1)
    turn = _wrap(hsv[:, :1] - mean[:, :1]) * (hsv[:, 1:2] > HUED)
    hue = (target[:, :1] + 0.4 * turn) % 1
    rest = hsv[:, 1:] + (target[:, 1:] - mean[:, 1:])
    painted = _rgb(torch.cat([hue, rest.clamp(0, 1)], 1))
    return torch.cat([torch.lerp(rgb, painted, main) * alpha, alpha], 1)


def natural_colour(rgba: torch.Tensor) -> str | None:
    """The name of a sprite's main colour, premultiplied (4, H, W); None where several share it."""
    alpha = rgba[None, 3:]
    hsv = _hsv((rgba[None, :3] / alpha.clamp(min=1e-3)).clamp(0, 1))
    main, mean = _main(hsv, alpha)
    if (main * alpha).sum() < 0.6 * alpha.sum():
        return None
    h, s, v = mean.flatten().tolist()
    if s < 0.16:
        return "white" if v > 0.85 else "black" if v < 0.35 else "gray"
    if (h < 0.11 or h > 0.97) and v < 0.78 and s < 0.78:
        return "brown"
    hued = [c for c in COLOURS if c not in ("brown", "black", "white", "gray")]
    name = min(hued, key=lambda c: abs(((COLOURS[c][0] - h + 0.5) % 1) - 0.5))
    near = abs(((COLOURS[name][0] - h + 0.5) % 1) - 0.5) < 0.06
    return name if near and v > 0.5 and (s > 0.5 or name == "pink") else None


def _main(hsv: torch.Tensor, alpha: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A soft mask of the main colour's pixels (B, 1, H, W) and their mean hue, saturation, value (B, 3, 1, 1).

    Where few pixels have a hue (a panda), the light ones without hue are the main ones.
    """
    hue, sat, val = hsv.split(1, 1)
    hued = (sat > HUED) & (val > 0.12) & (alpha > 0.3)
    weight = hued * sat * val * alpha
    bins = 24
    slot = (hue * bins).long().clamp(max=bins - 1).flatten(1)
    votes = torch.zeros(len(hsv), bins, device=hsv.device).scatter_add_(1, slot, weight.flatten(1))
    smooth = votes + votes.roll(1, 1) + votes.roll(-1, 1)
    peak = ((smooth.argmax(1) + 0.5) / bins)[:, None, None, None]
    near = ((NEAR + 0.03 - _wrap(hue - peak).abs()) / 0.03).clamp(0, 1) * hued
    pale = ((val - 0.3) / 0.1).clamp(0, 1) * (sat <= HUED) * (alpha > 0.3)
    has_hue = (near * alpha).sum((1, 2, 3), keepdim=True) > 0.25 * alpha.sum((1, 2, 3), keepdim=True)
    dark = (pale * alpha).sum((1, 2, 3), keepdim=True) < 0.2 * alpha.sum((1, 2, 3), keepdim=True)
    main = torch.where(has_hue, near, torch.where(dark, (alpha > 0.3).float(), pale))
    share = main * alpha
    total = share.sum((2, 3), keepdim=True).clamp(min=1e-6)
    turn = math.tau * hue
    angle = torch.atan2((share * turn.sin()).sum((2, 3)), (share * turn.cos()).sum((2, 3)))
    hue_mean = (angle / math.tau % 1)[:, :, None, None]
    rest = (share * hsv[:, 1:]).sum((2, 3), keepdim=True) / total
    return main, torch.cat([hue_mean, rest], 1)


def _wrap(turns: torch.Tensor) -> torch.Tensor:
    return (turns + 0.5) % 1 - 0.5


def _hsv(rgb: torch.Tensor) -> torch.Tensor:
    high, low = rgb.amax(1, keepdim=True), rgb.amin(1, keepdim=True)
    span = (high - low).clamp(min=1e-6)
    r, g, b = rgb.split(1, 1)
    hue = torch.where(high == r, (g - b) / span % 6, torch.where(high == g, (b - r) / span + 2, (r - g) / span + 4)) / 6
    return torch.cat([hue % 1, (high - low) / high.clamp(min=1e-6), high], 1)


def _rgb(hsv: torch.Tensor) -> torch.Tensor:
    hue, sat, val = hsv.split(1, 1)
    offsets = torch.tensor([5.0, 3.0, 1.0], device=hsv.device)[None, :, None, None]
    k = (offsets + 6 * hue) % 6
    return val - val * sat * torch.minimum(k, 4 - k).clamp(0, 1)
