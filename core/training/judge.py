"""The judge: a network that names what a picture shows and its colour. It scores pictures, it never makes them.

It is trained by itself, on scenes of every combination (those held out of the generator's training included).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.networks.autoencoder import ResBlock
from core.training.loop import Recipe, channels_last, fast_precision, fit
from core.training.recolour import COLOURS
from core.training.scenes import Scenes

COLOUR_NAMES = list(COLOURS)
UNNAMED = -100  # cross_entropy's word for "no label"


class Judge(nn.Module):
    """(B, 3, S, S) in [-1, 1] -> logits of concepts (B, concepts) and of colours (B, 11)."""

    def __init__(self, concepts: int, widths: tuple[int, ...] = (32, 64, 128)):
        super().__init__()
        stages, before = [], 3
        for width in widths:
            stages += [nn.Conv2d(before, width, 3, stride=2, padding=1), ResBlock(width)]
            before = width
        self.trunk = nn.Sequential(*stages, ResBlock(before), nn.GroupNorm(8, before), nn.SiLU())
        self.concept = nn.Linear(2 * before, concepts)
        self.colour = nn.Linear(2 * before, len(COLOUR_NAMES))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        features = self.trunk(pictures)
        pooled = torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1)
        return self.concept(pooled), self.colour(pooled)


def colour_index(name: str | None) -> int:
    """Where a colour stands among the judge's."""
    return COLOUR_NAMES.index(name) if name else UNNAMED


def train(scenes: Scenes, recipe: Recipe, folder: Path) -> Judge:
    torch.manual_seed(0)
    model = channels_last(Judge(len(scenes.concepts)).to(scenes.device))

    def loss(model: Judge, step: int) -> dict[str, Tensor]:
        drawn = scenes.draw(np.random.default_rng([7, step]), recipe.batch, hold_out=False, alone=True)
        pictures = scenes.render(drawn).contiguous(memory_format=torch.channels_last)
        concept, colour = (logits.float() for logits in model(pictures))
        what = torch.tensor([s.thing.concept for s in drawn], device=concept.device)
        named = [s.thing.colour or scenes.natural[s.thing.sprite] for s in drawn]
        paint = torch.tensor([colour_index(c) for c in named], device=concept.device)
        both = F.cross_entropy(concept, what) + 0.3 * F.cross_entropy(colour, paint)
        return {"loss": both, "top1": (concept.argmax(1) == what).float().mean()}

    return fit("judge", model, loss, recipe, folder)


@torch.no_grad()
def verdicts(judge: Judge, pictures: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Concepts of each picture, likeliest first (N, concepts), and its colour's index (N,)."""
    concepts, colours = [], []
    for part in pictures.split(128):
        with fast_precision(part.device.type):
            concept, colour = judge(part.contiguous(memory_format=torch.channels_last))
        concepts.append(concept.float().argsort(1, descending=True))
        colours.append(colour.float().argmax(1))
    return torch.cat(concepts).cpu().numpy(), torch.cat(colours).cpu().numpy()
