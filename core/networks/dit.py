"""The denoising network: a diffusion transformer (arXiv 2212.09748) of two resolutions.

Tokens are single latent positions in a few narrow outer blocks, and 2x2 groups of them in the wide inner ones:
most of the work is done on a quarter of the tokens, and no seams show between the groups. Time enters by
adaLN-single (arXiv 2310.00426); the prompt enters by cross-attention, as the text encoder's states and four
tokens made from a CLIP image embedding (arXiv 2204.06125), which is null where there is none.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import ClassVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

IMAGE_TOKENS = 4
TIME_WIDTH = 256


class Attention(nn.Module):
    """Multi-head attention of x over what it has read: over a context, or over x itself."""

    def __init__(self, width: int, heads: int, context: int | None = None):
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, width)
        self.kv = nn.Linear(context or width, 2 * width)
        self.out = nn.Linear(width, width)

    def read(self, context: Tensor) -> Tensor:
        """Keys and values of the context (B, M, its width): (B, 2 heads, M, d), the keys first."""
        return self.kv(context).unflatten(-1, (2 * self.heads, -1)).transpose(1, 2)

    def forward(self, x: Tensor, kv: Tensor, bias: Tensor | None = None, seen: list[Tensor] | None = None) -> Tensor:
        """seen: takes the weights (B, heads, N, M) too, for whoever wants to look."""
        q = self.q(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, heads, N, d)
        k, v = kv.chunk(2, 1)
        # written out: for so few tokens PyTorch's fused attention takes several times as long on a CPU
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5  # (B, heads, N, M)
        if bias is not None:
            scores = scores + bias
        weights = scores.softmax(-1)
        if seen is not None:
            seen.append(weights)
        return self.out((weights @ v).transpose(1, 2).flatten(2))


class Block(nn.Module):
    """Self-attention, cross-attention, MLP; the first and the last modulated by the time."""

    def __init__(self, width: int, heads: int, context: int):
        super().__init__()
        self.self_attention = Attention(width, heads)
        self.cross_attention = Attention(width, heads, context)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))
        self.cross_norm = nn.LayerNorm(width)
        self.table = nn.Parameter(torch.randn(6, width) / width**0.5)
        nn.init.zeros_(self.cross_attention.out.weight)

    def forward(self, x: Tensor, time: Tensor, kv: Tensor, bias: Tensor, seen: list[Tensor] | None = None) -> Tensor:
        shift1, scale1, gate1, shift2, scale2, gate2 = (self.table + time).split(1, 1)  # (B, 1, width) each
        y = torch.addcmul(shift1, F.layer_norm(x, x.shape[-1:]), 1 + scale1)
        x = torch.addcmul(x, gate1, self.self_attention(y, self.self_attention.read(y)))
        x = x + self.cross_attention(self.cross_norm(x), kv, bias, seen)
        y = torch.addcmul(shift2, F.layer_norm(x, x.shape[-1:]), 1 + scale2)
        return torch.addcmul(x, gate2, self.mlp(y))


class DiT(nn.Module):
    """network(x, t, cond): latents (B, C, H, W) and timesteps (B,) -> v = alpha eps - sigma x_0, as x.

    cond holds "states" (B, L, text) and "mask" (B, L) of the prompt, "image" (B, space) unit vectors and
    "has_image" (B,) bool. It is read into keys and values, which no timestep changes: a run reads it once.
    """

    ADDED: ClassVar[tuple[str, ...]] = ()  # parts of its weights' names that a network of pictures lacks

    def __init__(
        self,
        channels: int = 16,
        side: int = 8,
        text: int = 256,
        space: int = 256,
        width: int = 256,
        depth: int = 6,
        outer_width: int = 96,
        outer_depth: tuple[int, int] = (1, 2),
    ):
        super().__init__()
        self.side = side
        self.into = nn.Linear(channels, outer_width)
        self.outer_place = nn.Parameter(torch.randn(side * side, outer_width) * 0.02)
        self.inner_place = nn.Parameter(torch.randn(side * side // 4, width) * 0.02)
        self.time = nn.Sequential(nn.Linear(TIME_WIDTH, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.outer_time = nn.Linear(width, 6 * outer_width)
        self.inner_time = nn.Linear(width, 6 * width)
        self.text = nn.Sequential(nn.LayerNorm(text), nn.Linear(text, width))
        self.image = nn.Linear(space, IMAGE_TOKENS * width)
        self.no_image = nn.Parameter(torch.randn(IMAGE_TOKENS, width) * 0.02)
        self.merge = nn.Linear(4 * outer_width, width)
        self.split = nn.Linear(width, 4 * outer_width)
        first, last = outer_depth
        self.first = nn.ModuleList(self._block(outer_width, outer_width // 32, width) for _ in range(first))
        self.inner = nn.ModuleList(self._block(width, width // 64, width) for _ in range(depth))
        self.last = nn.ModuleList(self._block(outer_width, outer_width // 32, width) for _ in range(last))
        self.final = nn.Linear(outer_width, channels)
        for layer in (self.outer_time, self.inner_time, self.final):
            nn.init.zeros_(layer.weight)
        nn.init.zeros_(self.final.bias)

    def forward(self, x: Tensor, t: Tensor, cond: dict[str, Tensor]) -> Tensor:
        return self.denoise(x, self.times(t), self.read(cond))

    def times(self, t: Tensor) -> Tensor:
        """What timesteps t (B,) do to the blocks: shifts, scales and gates, (B, 6 outer_width + 6 width)."""
        time = self.time(waves(t))
        return torch.cat([self.outer_time(time), self.inner_time(time)], -1)

    def read(self, cond: dict[str, Tensor]) -> dict[str, Tensor]:
        """What the blocks attend to: "bias" (B, 1, 1, M), and "kv0" … (B, 2 heads, M, d), one for each block."""
        context, mask = self._context(cond)
        kv = {f"kv{i}": block.cross_attention.read(context) for i, block in enumerate(self._blocks())}
        return {"bias": hiding(mask, context.dtype), **kv}

    def denoise(self, x: Tensor, times: Tensor, text: dict[str, Tensor], seen: list[Tensor] | None = None) -> Tensor:
        """network(x, t, cond), of timesteps and of a cond that have been read.

        seen: takes each block's cross-attention, (B, heads, N, M), N the block's positions and M the tokens read.
        """
        widths = [self.outer_time.out_features, self.inner_time.out_features]
        outer_time, inner_time = (part.unflatten(-1, (6, -1)) for part in times.split(widths, -1))
        context = ((text[f"kv{i}"], text["bias"]) for i in itertools.count())
        y = self.into(x.flatten(2).transpose(1, 2)) + self.outer_place  # (B, H W, outer_width)
        for block in self.first:
            y = block(y, outer_time, *next(context), seen)
        z = self.merge(self._group(y)) + self.inner_place  # (B, H W / 4, width)
        for block in self.inner:
            z = block(z, inner_time, *next(context), seen)
        y = y + self._ungroup(self.split(z))
        for block in self.last:
            y = block(y, outer_time, *next(context), seen)
        v = self.final(F.layer_norm(y, y.shape[-1:]))
        return v.transpose(1, 2).unflatten(-1, (self.side, self.side)).to(x.dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of what it denoises, without the rows."""
        return self.final.out_features, self.side, self.side

    @property
    def names(self) -> tuple[str, ...]:
        """What read gives, in its order."""
        return "bias", *(f"kv{i}" for i, _ in enumerate(self._blocks()))

    def _block(self, width: int, heads: int, context: int) -> Block:
        return Block(width, heads, context)

    def _blocks(self) -> Iterator[Block]:
        return cast("Iterator[Block]", itertools.chain(self.first, self.inner, self.last))

    def _context(self, cond: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        text = self.text(cond["states"])  # (B, L, width)
        image = self.image(cond["image"]).unflatten(-1, (IMAGE_TOKENS, -1))
        image = torch.where(cond["has_image"][:, None, None], image, self.no_image.to(image.dtype))
        always = torch.ones(text.shape[0], IMAGE_TOKENS, dtype=torch.bool, device=text.device)
        return torch.cat([text, image], 1), torch.cat([cond["mask"], always], 1)

    def _group(self, y: Tensor) -> Tensor:
        """(B, H W, w) -> (B, H W / 4, 4 w), the 2x2 neighbours side by side."""
        b, _, w = y.shape
        half = self.side // 2
        return y.view(b, half, 2, half, 2, w).transpose(2, 3).reshape(b, half * half, 4 * w)

    def _ungroup(self, z: Tensor) -> Tensor:
        b, _, w = z.shape
        half = self.side // 2
        return z.view(b, half, half, 2, 2, w // 4).transpose(2, 3).reshape(b, self.side**2, w // 4)


def hiding(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """What is added to attention's scores so that only what mask (B, M) holds is read, (B, 1, 1, M)."""
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill(~mask, -torch.inf)[:, None, None, :]


def waves(t: Tensor) -> Tensor:
    """Sines and cosines of the timestep at geometric frequencies, (B, TIME_WIDTH)."""
    rates = torch.exp(-math.log(10_000) * torch.arange(TIME_WIDTH // 2, device=t.device) / (TIME_WIDTH // 2))
    angles = t.float()[:, None] * rates
    return torch.cat([angles.cos(), angles.sin()], -1)
