"""Cheap previews: the colour that each place of a latent would be decoded to, nearly, by one linear map.

It is fitted once for an autoencoder, by least squares on its own decodings of random colours, and kept by what the
autoencoder is made of.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, interpolate

from core.paths import CACHE

FOLDER = CACHE / "colours"
VERSION = 1  # of how it is fitted
SIDE = 128  # pixels of the pictures that it is fitted to
FIELDS = (2, 4, 8, 16, 32)  # across such a picture: how many colours lie side by side in it


def fitted(encode: Callable[[Tensor], Tensor], decode: Callable[[Tensor], np.ndarray]) -> np.ndarray:
    """(C + 1, 3): colours are (z, 1) @ map, in 0 … 255.

    encode: pictures (N, 3, H, W) in [-1, 1] -> latents (N, C, h, w), or of a video (N, C, 1, h, w).
    decode: back, as pictures (N, H, W, 3) uint8.
    """
    generator = torch.Generator().manual_seed(0)
    fields = [torch.rand(2, 3, count, count, generator=generator) * 2 - 1 for count in FIELDS]
    latents = encode(torch.cat([interpolate(one, (SIDE, SIDE), mode="bilinear") for one in fields]))
    height, width = latents.shape[-2:]
    shown = torch.from_numpy(decode(latents)).movedim(-1, 1).double()  # (N, 3, H, W)
    wanted = adaptive_avg_pool2d(shown, (height, width)).movedim(1, -1).reshape(-1, 3)
    return np.linalg.lstsq(_rows(latents).reshape(-1, latents.shape[1] + 1), wanted.numpy(), rcond=None)[0]


def coloured(latents: Tensor, by: np.ndarray, scale: int) -> np.ndarray:
    """Latents, as fitted has them -> pictures (N, scale h, scale w, 3) uint8."""
    colours = torch.from_numpy(_rows(latents) @ by).movedim(-1, 1)
    larger = interpolate(colours, scale_factor=scale, mode="bilinear")
    return larger.round().clamp(0, 255).movedim(1, -1).numpy().astype(np.uint8)


def kept(digests: dict[str, str], fit: Callable[[], np.ndarray]) -> np.ndarray:
    """The map for files of these digests; fitted where it is not there yet, or damaged."""
    made_of = hashlib.sha256(json.dumps([VERSION, digests], sort_keys=True).encode()).hexdigest()
    path = FOLDER / f"{made_of}.npy"
    try:
        return np.load(path)
    except (OSError, ValueError, EOFError):
        found = fit()
        _keep(path, found)
        return found


def _keep(path: Path, found: np.ndarray) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, found)
    except OSError:  # nowhere to keep it: the next start fits it anew
        path.unlink(missing_ok=True)


def _rows(latents: Tensor) -> np.ndarray:
    """(N, h, w, C + 1) float64, of a video those of its first frame."""
    first = latents[:, :, 0] if latents.ndim == 5 else latents
    places = first.movedim(1, -1).double().cpu().numpy()
    return np.concatenate([places, np.ones((*places.shape[:-1], 1))], -1)
