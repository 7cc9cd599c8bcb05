"""What `python -m core train <preset>` trains."""

from __future__ import annotations

from dataclasses import dataclass

from core.training.loop import Recipe


@dataclass(frozen=True)
class Preset:
    """Sizes and recipes of the three stages; concepts None takes all of concepts.txt."""

    name: str
    rank: int  # the lowest is the dashboard's default
    side: int
    concepts: int | None
    distil: int  # words a step that CLIP distils, 0 for none
    pool: int  # scenes encoded for the DiT
    autoencoder: dict
    clip: dict
    dit: dict
    recipes: dict[str, Recipe]


PRESETS = {
    "test": Preset(
        name="test", rank=5, side=64, concepts=12, distil=0, pool=2000,
        autoencoder={"channels": 16, "widths": (16, 32, 64)},
        clip={"vocabulary": 1024, "width": 64, "depth": 2, "patch": 16, "space": 64},
        dit={"width": 128, "depth": 3, "outer_width": 64, "outer_depth": (1, 1)},
        recipes={
            "autoencoder": Recipe(steps=80, batch=16, lr=3e-3, ema=0.9),
            "clip": Recipe(steps=120, batch=48, lr=2e-3, ema=0.9),
            "dit": Recipe(steps=450, batch=32, lr=2e-3, ema=0.99),
            "judge": Recipe(steps=80, batch=48, lr=3e-3, ema=0.9),
        },
    ),
    "starter": Preset(
        name="starter", rank=1, side=64, concepts=None, distil=128, pool=40_000,
        autoencoder={"channels": 16, "widths": (48, 96, 192)},
        clip={"vocabulary": 8192, "width": 256, "depth": 4, "patch": 16, "space": 256},
        dit={"width": 256, "depth": 6, "outer_width": 96, "outer_depth": (1, 2)},
        recipes={
            "autoencoder": Recipe(steps=2800, batch=32, lr=2e-3, ema=0.995),
            "clip": Recipe(steps=900, batch=160, lr=8e-4, ema=0.998, weight_decay=0.05),
            "dit": Recipe(steps=30_000, batch=64, lr=1.2e-3, ema=0.999, warmup=300),
            "judge": Recipe(steps=1200, batch=96, lr=2e-3, ema=0.99),
        },
    ),
}  # fmt: skip
