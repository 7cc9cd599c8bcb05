"""Wan 2.1 and 2.2, text to video (arXiv 2503.20314): a transformer in the latents of a causal video autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.errors import ModelError
from core.guidance import Conditioning
from core.model import Asked, Place
from core.pipelines.base import Pipeline
from core.pipelines.folder import Part

SIZE, FRAMES = (480, 832), 81  # that it was trained at most
TOKENS = 512


class Wan(Pipeline):
    GUIDANCE = 5.0
    OPEN = ("width", "height", "frames", "shared_noise")
    READS = (
        "The prompt goes through a multilingual T5 encoder; the states of its tokens enter every block of the "
        "transformer by cross-attention."
    )

    @classmethod
    def of(cls, pipe: Any, loaded_from: list[Part], folder: Path, manifest: dict, place: Place) -> Pipeline:
        if pipe.config.get("expand_timesteps"):
            raise ModelError(f"{folder.name}: this Wan gives each token its own timestep, which is not known here.")
        return super().of(pipe, loaded_from, folder, manifest, place)

    @classmethod
    def latents_of(cls, pipe: Any) -> tuple[int, ...]:
        frames = (FRAMES - 1) // pipe.vae_scale_factor_temporal + 1
        sides = [length // pipe.vae_scale_factor_spatial for length in SIZE]
        return pipe.transformer.config.in_channels, frames, *sides

    @property
    def sizes(self) -> dict[str, tuple[int, int]]:
        time, space = self.pipe.vae_scale_factor_temporal, self.pipe.vae_scale_factor_spatial
        _, *patch = self.pipe.transformer.config.patch_size
        return {"frames": (time, time), "height": (space * patch[0], space), "width": (space * patch[1], space)}

    def condition(self, asked: Sequence[Asked]) -> Conditioning:
        states, _ = self.pipe.encode_prompt(
            [one.prompt for one in asked], None, False, 1, max_sequence_length=TOKENS, device=self.place.device
        )
        return {"states": states.to(self.place.dtype)}

    def predict(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        t = t * len(self.schedule)
        boundary = self.pipe.config.get("boundary_ratio")  # Wan 2.2 has a network for high noise and one for low
        late = boundary is not None and t[0] < boundary * len(self.schedule)
        network = self.pipe.transformer_2 if late else self.pipe.transformer
        return network(
            hidden_states=x.to(self.place.dtype), timestep=t, encoder_hidden_states=cond["states"], return_dict=False
        )[0].float()

    def _spread(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of what the autoencoder makes, a number a channel."""
        config, shape = self.pipe.vae.config, (1, -1, 1, 1, 1)
        mean, std = (torch.tensor(config[f"latents_{name}"]).view(shape).to(latents) for name in ("mean", "std"))
        return mean, std

    def encode(self, pictures: Tensor) -> Tensor:
        pixels = pictures[:, :, None].to(self.place.device, self.pipe.vae.dtype)
        latents = self.pipe.vae.encode(pixels).latent_dist.mode().float()
        mean, std = self._spread(latents)
        return (latents - mean) / std

    def decode(self, latents: Tensor) -> np.ndarray:
        mean, std = self._spread(latents)
        scaled = (latents * std + mean).to(self.pipe.vae.dtype)
        return self._pixels(torch.cat([self.pipe.vae.decode(row[None], return_dict=False)[0] for row in scaled]))

    def preview(self, latents: Tensor) -> np.ndarray:
        return self.decode(latents[:, :, :1])[:, 0]  # the decoder is causal: the first frame needs no other
