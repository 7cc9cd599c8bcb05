"""The denoiser that needs no training: the exact optimum for a finite set of pictures.

If the data were these N latents and nothing else, the best possible guess of the clean latent would be
E[x_0 | x_t] = sum_i w_i x_i with w = softmax_i(log p(i | prompt) - |x_t - alpha x_i|^2 / (2 sigma^2))
(arXiv 2206.00364, eq. 57; arXiv 2310.02557). It can only ever end on one of them: a perfect memoriser, to see
beside the network that generalises. The prompt enters as p(i | prompt), CLIP's own softmax over the pictures, and so
does the embedding of a picture; both together multiply.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from core.networks.clip import Clip
from core.schedule import Schedule


class Exact:
    """network(x, t, cond) -> x_0, for latents (N, C, H, W) and their unit CLIP embeddings (N, D)."""

    prediction = "x0"
    reads = (
        "There is no network: the prediction is computed from all gallery pictures. CLIP's text encoder says how well "
        "each of them fits the prompt, and that is its prior weight."
    )

    def __init__(self, latents: Tensor, embeddings: Tensor, schedule: Schedule):
        self.latents, self.embeddings, self.schedule = latents, embeddings, schedule

    @property
    def space(self) -> int:
        return self.embeddings.shape[1]

    def weights(self) -> list[Tensor]:
        return [self.latents]

    def condition(
        self, clip: Clip, prompts: list[str], embeddings: Sequence[tuple[float, ...] | None] | None = None
    ) -> dict[str, Tensor]:
        """log p(i | prompt, embedding), (B, N); every picture is as likely as any other where there is neither."""
        logits = torch.from_numpy(clip.text(prompts)) @ self.embeddings.T * clip.temperature
        empty = torch.tensor([not prompt.strip() for prompt in prompts])
        logits = torch.where(empty[:, None], 0.0, logits)
        for row, embedding in enumerate(embeddings or ()):
            if embedding is not None:
                logits[row] += self.embeddings @ torch.tensor(embedding) * clip.temperature
        return {"log_prior": logits.log_softmax(-1)}

    def __call__(self, x: Tensor, t: Tensor, cond: dict[str, Tensor]) -> Tensor:
        alpha, sigma = self.schedule.at(t)
        alpha, sigma = alpha.to(x)[:, None], sigma.to(x)[:, None]
        data = self.latents.flatten(1).to(x)  # (N, CHW)
        flat = x.flatten(1)  # (B, CHW)
        # |x - alpha x_i|^2 without the term that all i share
        far = alpha**2 * data.square().sum(1) - 2 * alpha * flat @ data.T  # (B, N)
        weights = (cond["log_prior"].to(x) - far / (2 * sigma**2)).softmax(-1)
        return (weights @ data).view_as(x)
