"""The pictures that a model learned from, as the model sees them."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.measure import usual_distance

COLUMNS = 64  # thumbnails in a row of the sheet that a file keeps them in


@dataclass(frozen=True)
class Gallery:
    """Pictures of the model's concepts, one or several of each, as the model sees them."""

    latents: np.ndarray  # (N, C, H, W) float32
    clip: np.ndarray  # (N, D) float32, unit length
    thumbs: np.ndarray  # (N, 64, 64, 3) uint8
    labels: list[str]
    umap2: np.ndarray  # (N, 2) UMAP of the latents
    umap3: np.ndarray  # (N, 3)
    clip_sha256: str | None = None  # of the CLIP weights that made clip; None in galleries that do not say
    clip_umap2: np.ndarray | None = None  # (2, N + M, 2) UMAP of clip and of the M concepts' names in its space: as
    clip_umap3: np.ndarray | None = None  # (2, N + M, 3) it is, and with the modality gap closed
    usual: float | None = None  # core.measure.usual_distance of the thumbs, where it was measured beforehand

    @cached_property
    def usual_distance(self) -> float:
        """The median distance of a thumbnail to its own nearest one, 0 … 1; over 1,000 of them it takes a second."""
        return self.usual if self.usual is not None else usual_distance(self.thumbs)


def write_gallery(path: Path, gallery: Gallery) -> None:
    """Keep a gallery: its numbers in float16, its thumbnails as one WebP sheet."""
    thumbs, rows = gallery.thumbs, math.ceil(len(gallery.thumbs) / COLUMNS)
    side = thumbs.shape[1]
    cells = np.zeros((rows * COLUMNS, *thumbs.shape[1:]), np.uint8)
    cells[: len(thumbs)] = thumbs
    sheet = cells.reshape(rows, COLUMNS, side, side, 3).swapaxes(1, 2).reshape(rows * side, COLUMNS * side, 3)
    kept = io.BytesIO()
    packed: dict[str, Any] = {"side": np.array(side)}
    Image.fromarray(sheet).save(kept, "WEBP", quality=92, method=6)
    for field in fields(gallery):
        value = getattr(gallery, field.name)
        if value is not None and field.name != "thumbs":
            half = field.name in ("latents", "clip")
            packed[field.name] = np.asarray(value, np.float16 if half else None)
    np.savez_compressed(path, sheet=np.frombuffer(kept.getvalue(), np.uint8), **packed)


def read_gallery(path: Path) -> Gallery:
    with np.load(path, allow_pickle=False) as file:
        latents, clip = file["latents"].astype(np.float32), file["clip"].astype(np.float32)
        thumbs = file["thumbs"] if "thumbs" in file else _cut(file["sheet"], int(file["side"]), len(latents))
        made_by = str(file["clip_sha256"]) if "clip_sha256" in file else None
        usual = float(file["usual"]) if "usual" in file else None
        laid = {name: file[name] for name in ("umap2", "umap3", "clip_umap2", "clip_umap3") if name in file}
        return Gallery(latents, clip, thumbs, file["labels"].tolist(), clip_sha256=made_by, usual=usual, **laid)


def _cut(sheet: np.ndarray, side: int, count: int) -> np.ndarray:
    """The thumbnails of a sheet, (count, side, side, 3) uint8."""
    pixels = np.asarray(Image.open(io.BytesIO(sheet.tobytes()), formats=["WEBP"]).convert("RGB"))
    cells = pixels.reshape(-1, side, COLUMNS, side, 3).swapaxes(1, 2)
    return cells.reshape(-1, side, side, 3)[:count]
