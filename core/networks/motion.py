"""A model that draws videos: our kind of model of pictures, whose network knows of frames."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.model import Asked, Place
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

    def frames(self, latents: Tensor) -> np.ndarray:
        return self.decode(latents)

    def frame_attention(self, asked: Asked, x: Tensor, t: Tensor) -> np.ndarray:
        cond = self._repeated(asked, len(x))
        seen: list[Tensor] = []
        self.network.denoise(x, self._times(t), cond, seen)
        blocks = [weights.mean(1).unflatten(0, (len(x), -1)).mean(1) for weights in seen[1::2]]
        return torch.stack(blocks, 1).float().cpu().numpy()

    def hastened(self, convert: bool) -> LatentVideo:
        return self  # graphs.py lays out the network of pictures


def load(folder: Path, manifest: dict, place: Place) -> LatentDiffusion:
    return replace(latent.load(folder, manifest, place, LatentVideo, VideoDiT), attends=False, frames_attend=True)
