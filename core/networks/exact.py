"""The denoiser that needs no training: the exact optimum for a finite set of pictures.

If the data were these N latents and nothing else, the best possible guess of the clean latent would be
E[x_0 | x_t] = sum_i w_i x_i with w = softmax_i(log p(i | prompt) - |x_t - alpha x_i|^2 / (2 sigma^2))
(arXiv 2206.00364, eq. 57; arXiv 2310.02557). It can only ever end on one of them: a perfect memoriser, to see
beside the network that generalises. The prompt enters as p(i | prompt), CLIP's own softmax over the pictures, and so
does the embedding of a picture; both together multiply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.errors import ModelError
from core.guidance import Conditioning
from core.model import Asked, Model, Place
from core.networks import store
from core.networks.clip import Clip

READS = (
    "There is no network: the prediction is computed from all gallery pictures. CLIP's text encoder says how well "
    "each of them fits the prompt, and that is its prior weight."
)


@dataclass(frozen=True, kw_only=True)
class Exact(Model):
    """of: the model whose latents, gallery and CLIP it takes; data (N, C, H, W), embeddings (N, D) of unit length."""

    of: Model
    clip: Clip
    data: Tensor
    embeddings: Tensor

    @property
    def fingerprint(self) -> str:
        return self.of.fingerprint  # it has no weights of its own

    @property
    def parameters(self) -> int:
        return self.data.numel()

    def condition(self, asked: Sequence[Asked]) -> Conditioning:
        """log p(i | prompt, embedding), (B, N); every picture is as likely as any other where there is neither."""
        prompts = [one.prompt for one in asked]
        logits = torch.from_numpy(self.clip.text(prompts)).to(self.embeddings) @ self.embeddings.T
        logits[torch.tensor([not prompt.strip() for prompt in prompts])] = 0.0
        for row, one in enumerate(asked):
            if one.embedding is not None:
                logits[row] += self.embeddings @ torch.tensor(one.embedding).to(self.embeddings)
        return {"log_prior": (logits * self.clip.temperature).log_softmax(-1)}

    def predict(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        return posterior_mean(self.data, x, *self.schedule.at(t), cond["log_prior"])

    @property
    def hasty(self) -> bool:
        return self.of.hasty

    def hastened(self, convert: bool) -> Exact:
        of = self.of.hastened(convert)
        return replace(self, of=of, clip=of.clip or self.clip, prior=of.prior)

    def decode(self, latents: Tensor) -> np.ndarray:
        return self.of.decode(latents)

    def preview(self, latents: Tensor) -> np.ndarray:
        return self.of.preview(latents)


def posterior_mean(data: Tensor, x: Tensor, alpha: Tensor, sigma: Tensor, log_prior: Tensor) -> Tensor:
    """E[x_0 | x_t] where x_0 is one of data (N, …): x (B, …), alpha and sigma (B,), log p(i) (B, N)."""
    alpha, sigma = alpha.to(x)[:, None], sigma.to(x)[:, None]
    rows, flat = data.flatten(1).to(x), x.flatten(1)  # (N, CHW), (B, CHW)
    # |x - alpha x_i|^2 without the term that all i share
    far = alpha**2 * rows.square().sum(1) - 2 * alpha * flat @ rows.T  # (B, N)
    weights = (log_prior.to(x) - far / (2 * sigma**2)).softmax(-1)
    return (weights @ rows).view_as(x)


def load(folder: Path, manifest: dict, place: Place) -> Exact:
    return exact(store.load(store.source(folder, manifest), place), manifest, folder)


def exact(of: Model, manifest: dict, folder: Path) -> Exact:
    """Its bounds hold the whole gallery; those of the model it is of leave out the rarest of it."""
    if of.gallery is None or of.clip is None:
        raise ModelError(f"{of.name} has no gallery, or no CLIP to weigh it by, for {folder.name} to be computed from.")
    data = torch.from_numpy(of.gallery.latents).to(of.place.device)
    return Exact(
        manifest={**of.manifest, **manifest},
        folder=folder,
        latent_shape=of.latent_shape,
        schedule=of.schedule,
        prediction="x0",
        place=of.place,
        bounds=(data.amin((0, 2, 3))[:, None, None], data.amax((0, 2, 3))[:, None, None]),
        clip=of.clip,
        gallery=of.gallery,
        vocabulary=of.vocabulary,
        reads=READS,
        prior=of.prior,
        space=of.space,
        of=of,
        data=data,
        embeddings=torch.from_numpy(of.gallery.clip).to(of.place.device),
    )
