"""A model that draws videos: our kind of model of pictures, whose network knows of frames."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from torch import Tensor

from core.model import Place
from core.networks import latent
from core.networks.latent import LatentDiffusion
from core.networks.video import VideoDiT


@dataclass(frozen=True, kw_only=True)
class LatentVideo(LatentDiffusion):
    """Latents (C, F, H, W), each frame as the autoencoder makes it of a picture."""

    def decode(self, latents: Tensor) -> np.ndarray:
        frames = super().decode(latents.transpose(1, 2).flatten(0, 1))
        return frames.reshape(len(latents), -1, *frames.shape[1:])

    def preview(self, latents: Tensor) -> np.ndarray:
        return super().decode(latents[:, :, 0])

    def hastened(self, convert: bool) -> LatentVideo:
        return self  # graphs.py lays out the network of pictures


def load(folder: Path, manifest: dict, place: Place) -> LatentVideo:
    return replace(latent.load(folder, manifest, place, LatentVideo, VideoDiT), attends=False)
