"""The prior of unCLIP (arXiv 2204.06125, section 2.2): from a caption to the CLIP embedding of a picture of it.

Captions and pictures lie apart in CLIP's space (the modality gap, arXiv 2203.02053), and a caption fits many pictures.
So a picture's embedding is drawn, by diffusion, as the picture itself is: the state is a vector of D numbers, the
network predicts the clean one, and core.sampler walks there with the same guidance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from core.errors import RequestError
from core.guidance import Conditioning, as_denoiser, guide, split
from core.networks.clip import Clip
from core.networks.dit import TIME_WIDTH, Attention, waves
from core.sampler import Bounds, sample
from core.schedule import Schedule
from core.types import Request, Step

STEPS, GUIDANCE = 25, 4.0


class Block(nn.Module):
    """Cross-attention to the caption, MLP; both modulated by the time. There is one position: the embedding."""

    def __init__(self, width: int):
        super().__init__()
        self.attention = Attention(width, width // 64, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width, elementwise_affine=False) for _ in range(2))
        self.table = nn.Parameter(torch.randn(6, width) / width**0.5)

    def forward(self, x: Tensor, time: Tensor, kv: Tensor, bias: Tensor) -> Tensor:
        """x (B, 1, width), time (B, 6, width), kv and bias as PriorNetwork.read makes them."""
        shift1, scale1, gate1, shift2, scale2, gate2 = (self.table + time).split(1, 1)  # (B, 1, width) each
        y = torch.addcmul(shift1, self.norms[0](x), 1 + scale1)
        x = torch.addcmul(x, gate1, self.attention(y, kv, bias))
        y = torch.addcmul(shift2, self.norms[1](x), 1 + scale2)
        return torch.addcmul(x, gate2, self.mlp(y))


class PriorNetwork(nn.Module):
    """network(x, t, cond): noisy embeddings (B, space) and timesteps (B,) -> the clean ones, as x.

    cond holds "states" (B, L, text) and "mask" (B, L) of the caption, and "caption" (B, space), its unit embedding.
    It is read into keys and values once a run. Embeddings are standardised, number by number, by `mean` and `std` of
    pictures: unit vectors of 256 numbers are far too small beside noise of unit variance.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, space: int = 256, text: int = 256, width: int = 256, depth: int = 4):
        super().__init__()
        self.register_buffer("mean", torch.zeros(space))
        self.register_buffer("std", torch.ones(space))
        self.into = nn.Linear(space, width)
        self.time = nn.Sequential(nn.Linear(TIME_WIDTH, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.modulation = nn.Linear(width, 6 * width)
        self.text = nn.Sequential(nn.LayerNorm(text), nn.Linear(text, width))
        self.caption = nn.Linear(space, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.final = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, space))
        for layer in (self.modulation, self.final[1]):
            for weights in layer.parameters():
                nn.init.zeros_(weights)

    def forward(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        return self.denoise(x, t, self.read(cond))

    def read(self, cond: Conditioning) -> dict[str, Tensor]:
        """What the blocks attend to: "bias" (B, 1, 1, L + 1), "kv0" … (B, 2 heads, L + 1, d); and "caption"."""
        caption = self.caption(cond["caption"])  # (B, width)
        context = torch.cat([self.text(cond["states"]), caption[:, None]], 1)
        bias = context.new_zeros(context.shape[:2])
        bias[:, :-1].masked_fill_(~cond["mask"], -torch.inf)
        kv = {f"kv{i}": block.attention.read(context) for i, block in enumerate(cast("Iterable[Block]", self.blocks))}
        return {"bias": bias[:, None, None, :], "caption": caption, **kv}

    def denoise(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        """network(x, t, cond), of a cond that has been read."""
        time = self.modulation(self.time(waves(t))).unflatten(-1, (6, -1))
        y = (self.into(x) + cond["caption"])[:, None]  # (B, 1, width)
        for i, block in enumerate(self.blocks):
            y = block(y, time, cond[f"kv{i}"], cond["bias"])
        return self.final(y)[:, 0].to(x.dtype)

    def standardise(self, embeddings: Tensor) -> Tensor:
        return (embeddings - self.mean) / self.std

    def restore(self, x: Tensor) -> Tensor:
        """A state (…, space) as a point of CLIP's space, of whatever length."""
        return x * self.std + self.mean


@dataclass(frozen=True)
class Prior:
    """A trained prior with the CLIP it belongs to. Nothing in it changes, so threads may share it.

    network: a PriorNetwork, or what has its mean, denoise and restore.
    """

    network: Any
    clip: Clip
    schedule: Schedule
    bounds: Bounds | None = None  # of x̂_0, as core.sampler takes them

    SAMPLER, SPACING = "ddim", "trailing"  # that it is meant for

    def read(self, texts: list[str]) -> Conditioning:
        """What the network reads of captions; that of "" stands for none."""
        states, caption = self.clip.read(texts)
        return self.network.read({"states": states.states, "mask": states.mask, "caption": caption})

    def sample(
        self,
        texts: list[str],
        seed: int | Sequence[int] = 0,
        sampler: str = "",
        steps: int = STEPS,
        guidance: float = GUIDANCE,
    ) -> np.ndarray:
        """An embedding of a picture for each caption, (N, D) float32 unit vectors.

        seed: of the noise, one for all captions or one for each; what is drawn for a caption does not depend on the
        others, up to rounding. The rest as in Request, which raises RequestError for what is out of range; without a
        sampler it is the prior's own.
        """
        *_, last = self.run(texts, seed, sampler, steps, guidance)
        return self.embeddings(last.x)

    @torch.inference_mode()
    def run(
        self,
        texts: list[str],
        seed: int | Sequence[int] = 0,
        sampler: str = "",
        steps: int = STEPS,
        guidance: float = GUIDANCE,
        away: Sequence[str] = (),
    ) -> Iterator[Step]:
        """The steps of `sample`, tensors (N, D) of standardised embeddings; see `points` and `embeddings`.

        away: what guidance leads away from, a text for each caption; by itself from no caption.
        """
        sampler = sampler or self.SAMPLER
        asked = _asked(texts, seed, sampler=sampler, steps=steps, guidance=guidance)
        cond, uncond = split(self.read([*texts, *(away or [""] * len(texts))]))
        denoise = guide(as_denoiser(self.network.denoise, "x0", self.schedule), cond, uncond, guidance)
        draws = [torch.Generator().manual_seed(one.seed) for one in asked]
        noise = torch.stack([torch.randn(len(self.network.mean), generator=draw) for draw in draws]).to(
            self.network.mean
        )
        options: dict[str, Any] = {"spacing": self.SPACING, "generator": draws, "clip": self.bounds}
        yield from sample(denoise, noise, self.schedule, sampler, steps, **options)

    def points(self, x: Tensor) -> np.ndarray:
        """States (…, D) of a run as points of CLIP's space, not made unit vectors: only the last ones nearly are."""
        return self.network.restore(x).cpu().numpy()

    def embeddings(self, x: Tensor) -> np.ndarray:
        """Clean states (…, D) as unit vectors."""
        return nn.functional.normalize(self.network.restore(x), dim=-1).cpu().numpy()


def _asked(texts: object, seed: object, **settings: Any) -> list[Request]:
    """A request for each text, which checks all there is to check."""
    if not isinstance(texts, (list, tuple)) or not texts:
        raise RequestError("texts", texts, "a list of texts, at least one")
    seeds: list[Any] = list(seed) if isinstance(seed, Sequence) and not isinstance(seed, str) else [seed] * len(texts)
    if len(seeds) != len(texts):
        raise RequestError("seed", seeds, f"one number, or {len(texts)}: one for each text")
    return [Request(prompt=text, seed=one, **settings) for text, one in zip(texts, seeds, strict=True)]
