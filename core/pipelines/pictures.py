"""What the adapters of pipelines that draw pictures share: a network in the latents of an autoencoder."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.pipelines.base import Pipeline


class Pictures(Pipeline):
    """A transformer's, unless an adapter says otherwise."""

    @classmethod
    def latents_of(cls, pipe: Any) -> tuple[int, ...]:
        side = pipe.transformer.config.sample_size
        return pipe.transformer.config.in_channels, side, side

    @property
    def patch(self) -> int:
        """Sides of what the network takes for one token, in latents."""
        return self.pipe.transformer.config.patch_size

    @property
    def sizes(self) -> dict[str, tuple[int, int]]:
        factor = self.pipe.vae_scale_factor
        return dict.fromkeys(("height", "width"), (factor * self.patch, factor))

    def encode(self, pictures: Tensor) -> Tensor:
        config, pixels = self.pipe.vae.config, pictures.to(self.place.device, self.place.dtype)
        mean = self.pipe.vae.encode(pixels).latent_dist.mode().float()
        return (mean - (config.get("shift_factor") or 0.0)) * config.scaling_factor

    def decode(self, latents: Tensor) -> np.ndarray:
        vae = self.pipe.vae
        scaled = latents / vae.config.scaling_factor + (vae.config.get("shift_factor") or 0.0)
        rows = [vae.decode(row[None].to(self.place.dtype), return_dict=False)[0] for row in scaled]
        return self._pixels(torch.cat(rows))


class UNetPictures(Pictures):
    """The same with a U-Net, which takes each place of the latents by itself."""

    @classmethod
    def latents_of(cls, pipe: Any) -> tuple[int, ...]:
        side = pipe.unet.config.sample_size
        height, width = (side, side) if isinstance(side, int) else side
        return pipe.unet.config.in_channels, height, width

    @property
    def network(self) -> torch.nn.Module:
        return self.pipe.unet

    @property
    def patch(self) -> int:
        return 1
