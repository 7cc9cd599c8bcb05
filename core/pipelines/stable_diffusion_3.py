"""Stable Diffusion 3 and 3.5 (arXiv 2403.03206): a transformer that reads text and picture as one row of tokens."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from core.guidance import Conditioning
from core.model import Asked
from core.pipelines.pictures import Pictures


class StableDiffusion3(Pictures):
    STEPS, GUIDANCE = 28, 7.0
    READS = (
        "The prompt goes through up to three text encoders; their tokens stand beside those of the picture in every "
        "block of the transformer, and one vector of the whole prompt enters with the timestep."
    )

    def condition(self, asked: Sequence[Asked]) -> Conditioning:
        states, _, pooled, _ = self.pipe.encode_prompt(
            [one.prompt for one in asked], None, None, device=self.place.device, do_classifier_free_guidance=False
        )
        return {"states": states, "pooled": pooled}

    def predict(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        return self.network(
            hidden_states=x.to(self.place.dtype),
            timestep=t * len(self.schedule),
            encoder_hidden_states=cond["states"],
            pooled_projections=cond["pooled"],
            return_dict=False,
        )[0].float()
