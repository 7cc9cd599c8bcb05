"""What `python -m core train <preset>` trains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from core.training.loop import Recipe
from core.training.scenes import Mix


@dataclass(frozen=True)
class Preset:
    """Sizes and recipes of the stages; concepts None takes all of concepts.txt, more adds more_concepts.txt."""

    name: str
    rank: int  # the lowest is the dashboard's default
    side: int  # of the scenes that are encoded; an autoencoder of four widths draws them twice as large
    concepts: int | None
    more: bool
    mix: Mix  # of the scenes
    distil: int  # words a step that CLIP distils, 0 for none
    pool: int  # scenes encoded for the DiT
    autoencoder: dict
    clip: dict
    dit: dict
    prior: dict
    recipes: dict[str, Recipe]
    styles: bool = False  # flat and cartoon sprites, skin tones, and synonyms in captions
    again: frozenset[str] = frozenset()  # stages of the shipped model that can be trained on too
    parent: str | None = None  # the shipped model to go on from: its encoder stays, the rest learns on

    def ending(self, **changes: Any) -> Preset:
        """The same with another recipe for its last stage, the DiT's: steps, batch, lr."""
        return replace(self, recipes=self.recipes | {"dit": replace(self.recipes["dit"], **changes)})

    def scaled(self, share: float) -> Preset:
        """A rehearsal: the same networks, this share of every length and batch, at least a few of each."""

        def few(count: int) -> int:
            return max(8, round(share * count))

        recipes = {name: replace(r, steps=few(r.steps), batch=few(r.batch)) for name, r in self.recipes.items()}
        name = f"{self.name}-rehearsal"  # so that its checkpoints are not gone on from
        return replace(self, name=name, pool=few(self.pool), distil=self.distil and few(self.distil), recipes=recipes)


PRIOR = Recipe(steps=2000, batch=128, lr=1.5e-3, ema=0.998)

BROAD = Preset(
    name="broad", parent="starter", again=frozenset({"autoencoder", "clip", "judge"}),
    rank=1, side=64, concepts=None, more=True, mix=Mix(pairs=0.7), distil=256, pool=160_000,
    autoencoder={"channels": 16, "widths": (32, 48, 96, 192)},
    clip={"vocabulary": 8192, "width": 256, "depth": 4, "patch": 16, "space": 256},
    dit={"width": 256, "depth": 6, "outer_width": 96, "outer_depth": (1, 2)},
    prior={"width": 256, "depth": 2},
    recipes={
        "autoencoder": Recipe(steps=2600, batch=24, lr=1.5e-3, ema=0.995),
        "autoencoder-again": Recipe(steps=900, batch=24, lr=8e-4, ema=0.99),
        "clip": Recipe(steps=1500, batch=192, lr=6e-4, ema=0.998, weight_decay=0.05),
        "clip-again": Recipe(steps=500, batch=128, lr=6e-4, ema=0.995, weight_decay=0.05, warmup=50),
        "dit": Recipe(steps=60_000, batch=64, lr=8e-4, ema=0.999, warmup=300, compiled=True),
        "judge": Recipe(steps=3000, batch=128, lr=2e-3, ema=0.995),
        "prior": PRIOR,
    },
)  # fmt: skip

PRESETS = {
    "test": Preset(
        name="test", rank=5, side=64, concepts=12, more=False, mix=Mix(pairs=0.2), distil=0, pool=2000,
        autoencoder={"channels": 16, "widths": (16, 32, 64)},
        clip={"vocabulary": 1024, "width": 64, "depth": 2, "patch": 16, "space": 64},
        dit={"width": 128, "depth": 3, "outer_width": 64, "outer_depth": (1, 1)},
        prior={"width": 128, "depth": 2},
        recipes={
            "autoencoder": Recipe(steps=80, batch=16, lr=3e-3, ema=0.9),
            "clip": Recipe(steps=120, batch=48, lr=2e-3, ema=0.9),
            "dit": Recipe(steps=450, batch=32, lr=2e-3, ema=0.99),
            "judge": Recipe(steps=80, batch=48, lr=3e-3, ema=0.9),
            "prior": Recipe(steps=300, batch=128, lr=2e-3, ema=0.98, warmup=30),
        },
    ),
    "starter": Preset(
        name="starter", rank=2, side=64, concepts=None, more=False, mix=Mix(), distil=128, pool=40_000,
        autoencoder={"channels": 16, "widths": (48, 96, 192)},
        clip={"vocabulary": 8192, "width": 256, "depth": 4, "patch": 16, "space": 256},
        dit={"width": 256, "depth": 6, "outer_width": 96, "outer_depth": (1, 2)},
        prior={"width": 256, "depth": 2},
        recipes={
            "autoencoder": Recipe(steps=2800, batch=32, lr=2e-3, ema=0.995),
            "clip": Recipe(steps=900, batch=160, lr=8e-4, ema=0.998, weight_decay=0.05),
            "dit": Recipe(steps=30_000, batch=64, lr=1.2e-3, ema=0.999, warmup=300),
            "judge": Recipe(steps=1200, batch=96, lr=2e-3, ema=0.99),
            "prior": PRIOR,
        },
    ),
    "broad": BROAD,
    "varied": replace(  # several drawings of each thing, so that its seeds differ
        BROAD, name="varied", rank=1, parent="broad", styles=True, mix=Mix(pairs=0.6, painted_in_pairs=0.85),
        dit=BROAD.dit | {"depth": 8},
    ),
    "base": Preset(
        name="base", rank=0, side=128, concepts=None, more=True, mix=Mix(pairs=0.4), styles=True,
        distil=1024, pool=400_000,
        autoencoder={"channels": 16, "widths": (64, 128, 256)},
        clip={"vocabulary": 8192, "width": 384, "depth": 6, "patch": 16, "space": 512},
        dit={"width": 384, "depth": 12, "outer_width": 128, "outer_depth": (2, 2)},
        prior={"width": 384, "depth": 3},
        recipes={
            "autoencoder": Recipe(steps=3000, batch=256, lr=2e-3, ema=0.995),
            "clip": Recipe(steps=2000, batch=1024, lr=8e-4, ema=0.998, weight_decay=0.05),
            "dit": Recipe(steps=14_000, batch=1024, lr=1e-3, ema=0.9995, warmup=500, compiled=True),
            "judge": Recipe(steps=1500, batch=256, lr=2e-3, ema=0.99),
            "prior": PRIOR,
        },
    ),
}  # fmt: skip
