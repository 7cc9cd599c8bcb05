"""The denoising network of a video: the picture network frame by frame, and attention over the frames in each block.

Attention in time stands behind each block's own (arXiv 2304.08818), and each frame's number shifts and scales what
its blocks do, as the time does. The text encoder never read of motion, and says nearly the same of "moving to the
right" and "to the left": the network has an embedding of each word of its own, which it adds to the encoder's states,
and from which it learns how a frame's number acts. It reads the states once more, too. All of it begins at zero: at
first every frame is drawn as the picture network draws it, and a training can go on from its weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor, nn

from core.networks.dit import Attention, Block, DiT, hiding

WORD, PACES = 64, 16  # numbers of a word's embedding, and in how many ways a prompt may change the frames' numbers
GAIN = 20.0  # of a frame's place over its parameters: it is added to what has variance 1, and began at 0.02


class Temporal(nn.Module):
    """Every position attends to itself in all frames: x (B F, N, width) -> the same."""

    def __init__(self, width: int, heads: int, frames: int):
        super().__init__()
        self.place = nn.Parameter(torch.randn(frames, width) * 0.02)
        self.norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        nn.init.zeros_(self.attention.out.weight)
        nn.init.zeros_(self.attention.out.bias)

    def forward(self, x: Tensor, seen: list[Tensor] | None = None) -> Tensor:
        """seen: takes the weights too, (B N, heads, F, F)."""
        frames, count = len(self.place), x.shape[1]
        y = self.norm(x).unflatten(0, (-1, frames)).transpose(1, 2) + GAIN * self.place  # (B, N, F, width)
        y = y.flatten(0, 1)
        y = self.attention(y, self.attention.read(y), seen=seen).unflatten(0, (-1, count))
        return x + y.transpose(1, 2).flatten(0, 1)


class Reading(nn.Module):
    """A layer that reads the text's states (B, L, width) on; bias (B, 1, 1, L) hides what is padded."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norm, self.mlp_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))
        for last in (self.attention.out, self.mlp[-1]):
            for weights in last.parameters():
                nn.init.zeros_(weights)

    def forward(self, states: Tensor, bias: Tensor) -> Tensor:
        y = self.norm(states)
        states = states + self.attention(y, self.attention.read(y), bias)
        return states + self.mlp(self.mlp_norm(states))


class VideoBlock(Block):
    """The picture network's block on all frames, then attention over them."""

    def __init__(self, width: int, heads: int, context: int, frames: int):
        super().__init__(width, heads, context)
        self.temporal = Temporal(width, heads, frames)

    def forward(self, x: Tensor, time: Tensor, kv: Tensor, bias: Tensor, seen: list[Tensor] | None = None) -> Tensor:
        """seen: takes the cross-attention, and after it the attention over the frames."""
        return self.temporal(super().forward(x, time, kv, bias, seen), seen)


class VideoDiT(DiT):
    """network(x, t, cond) as DiT, of latents (B, C, F, H, W): one timestep, prompt and picture for all F frames."""

    ADDED: ClassVar[tuple[str, ...]] = (".temporal.", "frame_time", "reading.", "words.", "said.", "pace")

    def __init__(self, vocabulary: int, frames: int = 8, readings: int = 2, text: int = 256, **shape):
        """vocabulary: how many tokens there are."""
        self.frames = frames
        super().__init__(text=text, **shape)
        self.words = nn.Embedding(vocabulary, WORD)
        self.said = nn.Linear(WORD, text)
        nn.init.zeros_(self.said.weight)
        nn.init.zeros_(self.said.bias)
        self.reading = nn.ModuleList(Reading(text, text // 64) for _ in range(readings))
        widths = self.outer_time.out_features + self.inner_time.out_features
        self.frame_time = nn.Parameter(torch.zeros(frames, widths))  # what a frame's number adds to its time
        self.pace = nn.Linear(WORD, PACES)
        self.paced = nn.Parameter(torch.zeros(PACES, frames, widths))  # and what it adds for the prompt's sake

    @property
    def shape(self) -> tuple[int, ...]:
        channels, *sides = super().shape
        return channels, self.frames, *sides

    def denoise(self, x: Tensor, times: Tensor, text: dict[str, Tensor], seen: list[Tensor] | None = None) -> Tensor:
        """seen: takes of each block its cross-attention, (B F, heads, N, M), and its Temporal's, (B N, heads, F, F)."""
        paces = self.frame_time + torch.einsum("bp,pfw->bfw", text["pace"], self.paced)  # (B, F, widths)
        times = self._repeated(times) + paces.flatten(0, 1)
        text = {name: self._repeated(rows) for name, rows in text.items() if name != "pace"}
        return each_frame(lambda frames: super(VideoDiT, self).denoise(frames, times, text, seen), x)

    def read(self, cond: dict[str, Tensor]) -> dict[str, Tensor]:
        """As DiT's, of a cond that has "tokens" (B, L) too; and "pace" (B, PACES)."""
        words = self.words(cond["tokens"])  # (B, L, WORD)
        states, bias = cond["states"] + self.said(words), hiding(cond["mask"], words.dtype)
        for layer in self.reading:
            states = layer(states, bias)
        pace = self.pace((words * cond["mask"][..., None].to(words.dtype)).sum(1))
        return super().read(cond | {"states": states}) | {"pace": pace}

    @property
    def names(self) -> tuple[str, ...]:
        return *super().names, "pace"

    def _block(self, width: int, heads: int, context: int) -> Block:
        return VideoBlock(width, heads, context, self.frames)

    def _repeated(self, rows: Tensor) -> Tensor:
        return rows.repeat_interleave(self.frames, 0)


def each_frame(work: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """work, which takes pictures (B, C, H, W), done on every frame of x (B, C, F, H, W); pictures stay pictures."""
    if x.ndim == 4:
        return work(x)
    return work(x.transpose(1, 2).flatten(0, 1)).unflatten(0, (len(x), -1)).transpose(1, 2)


def middle(x: Tensor) -> Tensor:
    """The picture that stands for a video (B, C, F, H, W): its middle frame, (B, C, H, W); pictures stay pictures."""
    return x if x.ndim == 4 else x[:, :, x.shape[2] // 2]
