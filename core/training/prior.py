"""Train the prior on captions and the CLIP embeddings of their renderings (arXiv 2204.06125, section 2.2).

Loss: mean squared error of the clean embedding, standardised, at timesteps drawn evenly. One sample in ten forgets its
caption, which teaches the unconditional branch of guidance (arXiv 2207.12598).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from core.networks.prior import PriorNetwork
from core.schedule import Schedule
from core.training.dit import NO_TEXT, Pool
from core.training.loop import Recipe, fit


def train(pool: Pool, schedule: Schedule, config: dict, recipe: Recipe, folder: Path) -> PriorNetwork:
    """The average of the weights, of a network that PriorNetwork(**config) makes."""
    torch.manual_seed(0)
    model = PriorNetwork(**config).to(pool.images.device)
    std, mean = torch.std_mean(pool.images.float(), 0)
    model.std.copy_(std.half())  # as they are kept in the file, so that what is trained is what is loaded
    model.mean.copy_(mean.half())

    def loss(model: PriorNetwork, step: int) -> dict[str, Tensor]:
        size, device = recipe.batch, pool.images.device
        draw = torch.Generator(device).manual_seed(step)
        rows = torch.randint(len(pool.images), (size,), generator=draw, device=device)
        luck = torch.rand((), generator=draw, device=device)
        t = ((torch.arange(size, device=device) + luck) / size * len(schedule)).long()
        no_text = torch.rand(size, generator=draw, device=device) < NO_TEXT
        x0 = model.standardise(pool.images[rows].float())
        eps = torch.randn(x0.shape, generator=draw, device=device)
        alpha, sigma = schedule.at(t, like=x0)
        told = torch.where(no_text, -1, rows)
        cond = pool.texts(told) | {"caption": pool.captions[told + 1].float()}
        error = (model(alpha * x0 + sigma * eps, t, cond).float() - x0).square().mean(1)
        thirds = {f"x{i}": part.mean() for i, part in enumerate(error.detach().chunk(3))}  # clean, middle, noisy
        return {"loss": error.mean(), **thirds}

    return fit("prior", model, loss, recipe, folder)
