"""Stable Diffusion 1.x and 2.x (arXiv 2112.10752) and SDXL (arXiv 2307.01952): a U-Net in an autoencoder's latents."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from core.guidance import Conditioning
from core.model import Asked
from core.pipelines.pictures import UNetPictures


class StableDiffusion(UNetPictures):
    READS = (
        "The prompt goes through CLIP's text encoder; the states of its 77 tokens enter the U-Net by cross-attention."
    )

    def condition(self, asked: Sequence[Asked]) -> Conditioning:
        states, _ = self.pipe.encode_prompt([one.prompt for one in asked], self.place.device, 1, False)
        return {"states": states}

    def predict(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        more = {name: cond[name] for name in ("text_embeds", "time_ids") if name in cond}
        x = x.to(self.place.dtype)
        out = self.network(x, t, encoder_hidden_states=cond["states"], added_cond_kwargs=more, return_dict=False)[0]
        return out.float()


class StableDiffusionXL(StableDiffusion):
    GUIDANCE = 5.0
    READS = (
        "The prompt goes through two of CLIP's text encoders; the states of their 77 tokens enter the U-Net by "
        "cross-attention, and one vector of the whole prompt enters with the timestep, beside the picture's size."
    )

    def condition(self, asked: Sequence[Asked]) -> Conditioning:
        prompts = [one.prompt for one in asked]
        states, _, pooled, _ = self.pipe.encode_prompt(
            prompts, device=self.place.device, num_images_per_prompt=1, do_classifier_free_guidance=False
        )
        if self.pipe.config.force_zeros_for_empty_prompt:  # as it was trained to go without a prompt
            none = torch.tensor([not one.wanted and not one.prompt for one in asked], device=states.device)
            states, pooled = states.masked_fill(none[:, None, None], 0), pooled.masked_fill(none[:, None], 0)
        sizes = [[scale * self.pipe.vae_scale_factor for scale in self.shape(one.request)[-2:]] for one in asked]
        ids = torch.tensor([[*size, 0, 0, *size] for size in sizes], dtype=states.dtype, device=states.device)
        return {"states": states, "text_embeds": pooled, "time_ids": ids}
