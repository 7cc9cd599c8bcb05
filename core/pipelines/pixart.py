"""PixArt-alpha (arXiv 2310.00426) and PixArt-Sigma (arXiv 2403.04692): a transformer in an autoencoder's latents."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from core.guidance import Conditioning
from core.model import Asked
from core.pipelines.pictures import Pictures


class PixArt(Pictures):
    STEPS, GUIDANCE = 20, 4.5
    READS = (
        "The prompt goes through a T5 encoder; the states of its tokens enter every block of the transformer by "
        "cross-attention."
    )

    def condition(self, asked: Sequence[Asked]) -> Conditioning:
        states, mask, _, _ = self.pipe.encode_prompt([one.prompt for one in asked], False, device=self.place.device)
        cond = {"states": states, "mask": mask}
        if self.network.use_additional_conditions:  # the size that is asked for
            sizes = [[scale * self.pipe.vae_scale_factor for scale in self.shape(one.request)[-2:]] for one in asked]
            resolution = torch.tensor(sizes, dtype=states.dtype, device=states.device)
            cond |= {"resolution": resolution, "aspect_ratio": resolution[:, :1] / resolution[:, 1:]}
        return cond

    def predict(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        out = self.network(
            x.to(self.place.dtype),
            encoder_hidden_states=cond["states"],
            encoder_attention_mask=cond["mask"],
            timestep=t,
            added_cond_kwargs={name: cond.get(name) for name in ("resolution", "aspect_ratio")},
            return_dict=False,
        )[0]
        return out[:, : x.shape[1]].float()  # the rest is the variance that it learned, which no sampler here asks for
