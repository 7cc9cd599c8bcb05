"""FLUX.1 (Black Forest Labs, 2024): a transformer that reads text and picture as one row of tokens, and moves along a
straight line from noise to picture.

[dev] was distilled from a guided network: it is told the scale, and one prediction a step is guided already. That
scale is `distilled_guidance`; `guidance` stays what it is everywhere, two predictions a step, and is off (1) unless it
is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.guidance import Conditioning
from core.model import Asked
from core.pipelines.folder import read_part
from core.pipelines.pictures import Pictures
from core.schedule import Schedule
from core.types import Request

TOLD = 3.5  # the scale that [dev] is meant to be told


class Flux(Pictures):
    STEPS, GUIDANCE, SHIFTS = 28, 1.0, True
    READS = (
        "The prompt goes through a T5 encoder, whose tokens stand beside those of the picture in every block of the "
        "transformer, and through CLIP's, whose one vector of the whole prompt enters with the timestep. A network "
        "that was distilled with guidance is told its scale there too."
    )

    @classmethod
    def usual(cls, folder: Path) -> dict:
        steps = cls.STEPS if _distilled(folder) else 4  # [schnell] was distilled once more, to need few steps
        return super().usual(folder) | {"spacing": "trailing", "steps": steps}

    @classmethod
    def left_open(cls, folder: Path) -> tuple[str, ...]:
        return (*cls.OPEN, "distilled_guidance") if _distilled(folder) else cls.OPEN

    @classmethod
    def latents_of(cls, pipe: Any) -> tuple[int, ...]:
        return pipe.transformer.config.in_channels // 4, pipe.default_sample_size, pipe.default_sample_size

    @property
    def patch(self) -> int:
        return 2

    def scheduled(self, request: Request) -> Schedule:
        """A larger picture keeps its large shapes for longer, and begins with more noise for that."""
        config = self.pipe.scheduler.config
        if not config.use_dynamic_shifting:
            return self.schedule
        _, height, width = self.shape(request)
        few, many = config.base_image_seq_len, config.max_image_seq_len
        rise = (config.max_shift - config.base_shift) / (many - few)
        shift = config.base_shift + rise * (height * width // 4 - few)
        return replace(self.schedule, shift=math.exp(shift) if config.time_shift_type == "exponential" else shift)

    def condition(self, asked: Sequence[Asked]) -> Conditioning:
        states, pooled, _ = self.pipe.encode_prompt([one.prompt for one in asked], None, device=self.place.device)
        scales = [one.request.distilled_guidance or TOLD for one in asked]
        return {"states": states, "pooled": pooled, "scale": torch.tensor(scales, device=states.device)}

    def predict(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        batch, channels, height, width = x.shape
        places = self.pipe._prepare_latent_image_ids(batch, height // 2, width // 2, x.device, self.place.dtype)
        out = self.network(
            hidden_states=self.pipe._pack_latents(x.to(self.place.dtype), batch, channels, height, width),
            timestep=t.to(self.place.dtype),
            guidance=cond["scale"] if self.pipe.transformer.config.guidance_embeds else None,
            pooled_projections=cond["pooled"],
            encoder_hidden_states=cond["states"],
            txt_ids=places.new_zeros(cond["states"].shape[1], 3),
            img_ids=places,
            return_dict=False,
        )[0]
        factor = self.pipe.vae_scale_factor
        return self.pipe._unpack_latents(out, height * factor, width * factor, factor).float()


def _distilled(folder: Path) -> bool:
    return read_part(folder, "transformer/config.json").get("guidance_embeds") is True
