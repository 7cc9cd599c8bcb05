"""Train the autoencoder on rendered scenes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from core.networks.autoencoder import Autoencoder
from core.training.loop import Recipe, channels_last, fit
from core.training.scenes import Scenes
from core.training.sheets import contact_sheet

NOISE = 0.05  # of each channel's spread, added in training so that the decoder forgives small errors


def train(scenes: Scenes, config: dict, recipe: Recipe, folder: Path, begin: Autoencoder | None = None) -> Autoencoder:
    """begin: one whose encoder stays as it is, so that its latents do; the decoder learns on, or learns to enlarge."""
    model = channels_last(Autoencoder(**config).to(scenes.device))
    large = scenes.at(scenes.side * model.enlarges)
    first = scenes.render(scenes.draw(np.random.default_rng(0), 2000))
    if begin is None:
        model.set_components(first)
    else:
        mine = model.state_dict()
        same = {k: v for k, v in begin.state_dict().items() if k in mine and v.shape == mine[k].shape}
        model.load_state_dict(same, strict=False)
        model.encoder.requires_grad_(False)
    fixed = scenes.draw(np.random.default_rng(1), 16)

    def loss(model: Autoencoder, step: int) -> dict[str, torch.Tensor]:
        drawn = scenes.draw(np.random.default_rng([2, step]), recipe.batch)
        pictures = large.render(drawn).contiguous(memory_format=torch.channels_last)
        shown = pictures if large is scenes else scenes.render(drawn).contiguous(memory_format=torch.channels_last)
        latents = model.encode(shown).float()
        spread = latents.detach().std((0, 2, 3), keepdim=True)
        decoded = model.decode(latents + NOISE * spread * torch.randn_like(latents)).float()
        error = decoded - pictures
        mse = error.square().mean()
        edges = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
        psnr = 10 * torch.log10(4 / mse.detach())
        return {"loss": 4 * mse + 0.5 * error.abs().mean() + 0.25 * edges, "psnr": psnr}

    @torch.no_grad()
    def sample(model: Autoencoder) -> Image.Image:
        return contact_sheet(torch.cat([large.render(fixed), model.decode(model.encode(scenes.render(fixed)))]), 16)

    average = fit("autoencoder", model, loss, recipe, folder, sample)
    if begin is None:
        average.set_scale(first)
    return average


@torch.no_grad()
def psnr(model: Autoencoder, scenes: Scenes, count: int = 512) -> float:
    """Peak signal-to-noise ratio in dB on scenes that training never drew, at the size that is decoded."""
    drawn = scenes.draw(np.random.default_rng([3, 0]), count)
    pictures = scenes.at(scenes.side * model.enlarges).render(drawn)
    decoded = torch.cat([model.decode(model.encode(p)) for p in scenes.render(drawn).split(64)]).clamp(-1, 1)
    return float(10 * torch.log10(4 / F.mse_loss(decoded, pictures)))
