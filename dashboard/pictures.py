"""Pictures for the page: latents in false colours, data URIs of at most a size."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import numpy as np
from PIL import Image

BLANK = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"  # a transparent point


def tint(latents: np.ndarray, thumbs: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The linear map from latent channels to red, green and blue that fits the gallery best (least squares).

    latents: (N, C, h, w), thumbs: (N, H, W, 3) uint8. The map takes (N, C, h, w) to (N, h, w, 3) uint8 around grey,
    so that noise of unit variance fills the range without clipping much.
    """
    n, c, h, w = latents.shape
    small = np.stack([np.asarray(Image.fromarray(thumb).resize((w, h), Image.Resampling.BOX)) for thumb in thumbs])
    rows = np.concatenate([latents.transpose(0, 2, 3, 1).reshape(-1, c), np.ones((n * h * w, 1))], 1)
    fit = np.linalg.lstsq(rows, small.reshape(-1, 3) / 255, rcond=None)[0][:-1]  # (C, 3)
    fit = fit / np.maximum(np.linalg.norm(fit, axis=0), 1e-8)

    def colours(latents: np.ndarray) -> np.ndarray:
        rgb = np.moveaxis(latents, 1, -1) @ fit  # (N, h, w, 3)
        return (127.5 + 48 * rgb).clip(0, 255).round().astype(np.uint8)

    return colours


def plain(latents: np.ndarray) -> np.ndarray:
    """The first three channels of latents (N, C, h, w) as red, green and blue; of videos (N, C, F, h, w) frame 1."""
    first = latents[:, :3, 0] if latents.ndim == 5 else latents[:, :3]
    if first.shape[1] < 3:
        first = np.repeat(first[:, :1], 3, 1)
    return (127.5 + 48 * np.moveaxis(first, 1, -1)).clip(0, 255).round().astype(np.uint8)


def uri(picture: np.ndarray, side: int | None = None) -> str:
    """A data URI of a picture (h, w, 3) uint8, scaled smoothly to a longer side of at most this where one is given.

    A smaller one keeps its own pixels: the browser enlarges it as smoothly, or shows each pixel as a square.
    """
    image = Image.fromarray(picture)
    if side and (times := side / max(image.size)) < 1:
        image = image.resize([max(1, round(times * length)) for length in image.size], Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(
        buffer, "JPEG", quality=90, subsampling=0
    )  # a tenth of the time that WebP takes, and no larger for noise
    return jpeg_uri(buffer)


def jpeg_uri(buffer: io.BytesIO) -> str:
    """A data URI of a JPEG."""
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def mosaic_uri(picture: np.ndarray) -> str:
    """A data URI of a small picture, RGB or RGBA, lossless at its own size: the style sheet keeps its squares sharp."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
