"""The pictures that a model learned from, as the model sees them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Gallery:
    """Every sprite of the model's concepts, as the model sees it."""

    latents: np.ndarray  # (N, C, H, W) float32
    clip: np.ndarray  # (N, D) float32, unit length
    thumbs: np.ndarray  # (N, 64, 64, 3) uint8
    labels: list[str]
    umap2: np.ndarray  # (N, 2) UMAP of the latents
    umap3: np.ndarray  # (N, 3)
    clip_sha256: str | None = None  # of the CLIP weights that made clip; None in galleries that do not say
    clip_umap2: np.ndarray | None = None  # (2, N + M, 2) UMAP of clip and of the M concepts' names in its space: as
    clip_umap3: np.ndarray | None = None  # (2, N + M, 3) it is, and with the modality gap closed


def read_gallery(path: Path) -> Gallery:
    with np.load(path, allow_pickle=False) as file:
        latents, clip = file["latents"].astype(np.float32), file["clip"].astype(np.float32)
        made_by = str(file["clip_sha256"]) if "clip_sha256" in file else None
        laid = {name: file[name] for name in ("umap2", "umap3", "clip_umap2", "clip_umap3") if name in file}
        return Gallery(latents, clip, file["thumbs"], file["labels"].tolist(), clip_sha256=made_by, **laid)
