"""Train the denoising network on a pool of scenes that were encoded beforehand.

Loss: mean squared error of v = alpha eps - sigma x_0 (arXiv 2202.00512), at timesteps drawn mostly from the middle
(arXiv 2403.03206), where it is settled what a picture shows. One sample in ten forgets its caption, which teaches
the unconditional branch of guidance (arXiv 2207.12598); some see the CLIP embedding of their picture, beside the
caption or in place of it (arXiv 2204.06125).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from core.networks.autoencoder import Autoencoder
from core.networks.clip import Clip
from core.networks.dit import Block, DiT
from core.networks.video import each_frame, middle
from core.schedule import Schedule
from core.training.loop import Recipe, fast_precision, fit
from core.training.scenes import Scenes

NO_TEXT, WITH_IMAGE = 0.1, 0.2  # shares of the samples


@dataclass(frozen=True)
class Pool:
    """Scenes ready for training, float16; row 0 of the texts is the empty prompt's."""

    latents: Tensor  # (N, C, H, W) or (N, C, F, H, W); (N, 0) where they were not asked for
    images: Tensor  # (N, D) unit CLIP embeddings
    captions: Tensor  # (N + 1, D) unit CLIP embeddings
    states: Tensor  # (tokens of all captions, D)
    tokens: Tensor  # (tokens of all captions,), their numbers in the vocabulary
    starts: Tensor  # (N + 2,), caption i's states are starts[i + 1] : starts[i + 2]

    @cached_property
    def longest(self) -> int:
        """Tokens of the longest caption: one length for all, since a compiled network is made for each."""
        return int(self.starts.diff().max())

    def texts(self, rows: Tensor) -> dict[str, Tensor]:
        """States (B, L, D), tokens (B, L) and mask (B, L) of the captions of rows; -1 is the empty prompt."""
        first, last = self.starts[rows + 1], self.starts[rows + 2]
        at = first[:, None] + torch.arange(self.longest, device=rows.device)
        mask = at < last[:, None]
        at = torch.where(mask, at, first[:, None])
        return {"states": self.states[at].float(), "tokens": self.tokens[at].long(), "mask": mask}


@torch.no_grad()
def fill(scenes: Scenes, autoencoder: Autoencoder | None, clip: Clip, count: int, seed: int) -> Pool:
    """Render and encode count scenes; without an autoencoder, for CLIP's space alone."""
    rng, latents, images = np.random.default_rng([6, seed]), [], []
    text, caption = clip.read([""])
    texts, captions = [text], [caption]
    for start in range(0, count, 256):
        drawn = scenes.draw(rng, min(256, count - start))
        with fast_precision(scenes.device):
            pixels = scenes.render(drawn)
            encoded = each_frame(autoencoder.encode, pixels) if autoencoder else pixels.new_empty(len(drawn), 0)
            latents.append(encoded.half())
            images.append(F.normalize(clip.pixels(middle(pixels)).float(), dim=-1).half())
            text, caption = clip.read([s.caption for s in drawn])
            texts.append(text)
            captions.append(caption)
    starts = F.pad(torch.cat([text.mask.sum(1) for text in texts]).cumsum(0), (1, 0))
    states = torch.cat([text.states[text.mask].half() for text in texts])
    tokens = torch.cat([text.tokens[text.mask].int() for text in texts])
    return Pool(torch.cat(latents), torch.cat(images), torch.cat(captions).half(), states, tokens, starts)


def timesteps(count: int, luck: float) -> Tensor:
    """Timesteps in [0, 1) for one batch, rising, (count,), from luck in [0, 1): logit-normal, but for every eighth.

    Those are uniform, so that the ends, through which every run goes, are learnt as well. Either kind lies at equal
    distances in its distribution, begun anywhere: a steadier loss (arXiv 2107.00630, I.1).
    """
    at = torch.arange(count)
    place = (at / count + luck) % 1
    middle = torch.sigmoid(torch.special.ndtri(place))
    return torch.where(at % 8 == 0, place, middle).clamp(0, 1 - 1e-6).sort().values


def noise(shape: torch.Size, draw: torch.Generator) -> Tensor:
    """Standard normal; the frames of a video share of it, in variance, anything from nothing to all.

    One video in five shares none. What frames share tells them alike from the start: a network of pictures learns to
    draw videos several times sooner from such noise (arXiv 2305.10474).
    """
    eps = torch.randn(shape, generator=draw, device=draw.device)
    if len(shape) == 4:
        return eps
    share = (1.25 * torch.rand(shape[0], 1, 1, 1, 1, generator=draw, device=draw.device) - 0.25).clamp(min=0)
    common = torch.randn(*shape[:2], 1, *shape[3:], generator=draw, device=draw.device)
    return share.sqrt() * common + (1 - share).sqrt() * eps


def train(
    pool: Pool,
    schedule: Schedule,
    config: dict,
    recipe: Recipe,
    folder: Path,
    sample: Callable[[DiT], Image.Image] | None = None,
    begin: dict[str, Tensor] | None = None,
    prediction: str = "v",
    times: Callable[[int, float], Tensor] = timesteps,
    network: type[DiT] = DiT,
) -> DiT:
    """begin: weights to start from where the folder holds no checkpoint, maybe of a network with fewer inner blocks.

    prediction: "v", "eps" or "x0".

    times(count, luck): the timesteps of a batch in [0, 1), rising, as timesteps draws them.
    """
    torch.manual_seed(0)
    model = network(**config).to(pool.latents.device)
    if begin is not None:
        begin_with(model, begin)

    def loss(model: DiT, step: int) -> dict[str, Tensor]:
        size, device = recipe.batch, pool.latents.device
        draw = torch.Generator(device).manual_seed(step)  # there, since noise drawn elsewhere would be waited for
        rows = torch.randint(len(pool.latents), (size,), generator=draw, device=device)
        t = (times(size, float(torch.rand((), generator=draw, device=device))) * len(schedule)).long()
        luck = torch.rand(2, size, generator=draw, device=device)
        has_image = luck[0] < WITH_IMAGE
        no_text = luck[1] < torch.where(has_image, 0.5, NO_TEXT)
        x0 = pool.latents[rows].float()
        eps = noise(x0.shape, draw)
        alpha, sigma = schedule.at(t, like=x0)
        cond = pool.texts(torch.where(no_text, -1, rows))
        cond |= {"image": pool.images[rows].float(), "has_image": has_image}
        target = {"v": alpha * eps - sigma * x0, "eps": eps, "x0": x0}[prediction]
        error = (model(alpha * x0 + sigma * eps, t.to(device), cond).float() - target).square()
        each = error.flatten(1).mean(1)
        thirds = {f"v{i}": part.mean() for i, part in enumerate(each.detach().chunk(3))}  # clean, middle, noisy
        return {"loss": each.mean(), **thirds}

    return fit("dit", model, loss, recipe, folder, sample)


def begin_with(model: DiT, begin: dict[str, Tensor]) -> None:
    """Load the weights; what they lack changes nothing at first, so that the network draws as before."""
    have = sum(key.endswith(".table") for key in begin if key.startswith("inner."))
    with torch.no_grad():
        for block in cast("Iterable[Block]", model.inner[have:]):
            for last in (block.self_attention.out, block.cross_attention.out, block.mlp[-1]):
                for weights in last.parameters():
                    weights.zero_()
    added = tuple(f"inner.{i}." for i in range(have, len(model.inner)))
    own = {k: v for k, v in model.state_dict().items() if k.startswith(added) or any(part in k for part in model.ADDED)}
    model.load_state_dict(own | begin)
