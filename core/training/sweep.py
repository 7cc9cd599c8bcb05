"""`python -m core sweep`: short trainings of the DiT that differ in one thing each, before a long one is begun.

Every variant trains from scratch for the same time on the same machine, on the scenes, autoencoder and CLIP of
starter; a slower network takes fewer steps. The judge then names one picture of each concept.
"""

from __future__ import annotations

import platform
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from core.engine import Engine
from core.measure import frechet_distance
from core.networks import store
from core.training import dit
from core.training.curves import embed
from core.training.judge import Judge, verdicts
from core.training.presets import PRESETS
from core.training.preview import Preview
from core.training.scenes import Scenes
from core.training.sprites import named

POOL = 12_000  # scenes
TRIAL = 30  # steps, to see how many fit in the time
TABLE = store.MODELS / "sweep.md"


@dataclass(frozen=True)
class Variant:
    """What is changed of starter: its DiT's shape, its recipe, what is predicted, how its latents are scaled."""

    shape: dict = field(default_factory=dict)
    recipe: dict = field(default_factory=dict)
    prediction: str = "v"
    scaling: str = "half"  # "half" whitened as they are, "none" or "full"


VARIANTS = {
    "as starter": Variant(),
    "predict the noise": Variant(prediction="eps"),
    "predict the picture": Variant(prediction="x0"),
    "4 inner blocks": Variant({"depth": 4}),
    "9 inner blocks": Variant({"depth": 9}),
    "width 128": Variant({"width": 128}),
    "width 384": Variant({"width": 384}, {"lr": 8e-4}),
    "latents as the components are": Variant(scaling="none"),
    "latents all of one variance": Variant(scaling="full"),
    "batches of 32": Variant(recipe={"batch": 32}),
    "batches of 128": Variant(recipe={"batch": 128}),
    "average of 0.99": Variant(recipe={"ema": 0.99}),
    "average of 0.9995": Variant(recipe={"ema": 0.9995}),
}


def sweep(minutes: float, table: Path = TABLE, variants: dict[str, Variant] = VARIANTS) -> Path:
    """Train each variant for so many minutes and write the table; returns its path."""
    engine = Engine.load("starter")
    scenes = Scenes(named(engine.manifest["concepts"]), engine.size)
    judge = store.weights(Judge(len(scenes.concepts)), engine.parts.folder / "judge.safetensors")
    pool = dit.fill(scenes, engine.parts.autoencoder, engine.clip, POOL, seed=0)
    rows = []
    for name, variant in variants.items():
        found = _measure(engine, scenes, judge, pool, variant, minutes)
        rows.append(
            f"| {name} | {found['parameters'] / 1e6:.1f} M | {found['steps']} | {found['distance']:.3f} |"
            f" {found['top1']:.1%} | {found['top5']:.1%} |"
        )
        print(rows[-1], flush=True)
    lines = "\n".join(rows)
    table.write_text(f"""\
# What matters in a short training

`python -m core sweep --minutes {minutes:g}` on {platform.machine()}, {torch.get_num_threads()} threads,
torch {torch.__version__}. Each row changes one thing of `starter`, and trains from scratch for {minutes:g} minutes.
Then "a {{concept}}" is drawn once for each of {len(scenes.concepts)} concepts ({Preview.STEPS}-step DDIM, guidance \
{Preview.GUIDANCE:g}). Distance is
Fréchet's in CLIP space, to renderings of the same concepts; top 1 and top 5 are how often the judge names the concept.
One seed: with so many pictures, differences below four points are luck.

| changed | parameters | steps | distance | concept top 1 | top 5 |
|---|---|---|---|---|---|
{lines}
""")
    return table


def _measure(engine: Engine, scenes: Scenes, judge: Judge, pool: dit.Pool, variant: Variant, minutes: float) -> dict:
    preset = PRESETS["starter"]
    scale = _scale(pool.latents.float(), variant.scaling)  # (C, 1, 1)
    pool = replace(pool, latents=(pool.latents.float() * scale).half())
    shape = engine.manifest["architecture"]["dit"] | variant.shape
    recipe = replace(preset.recipes["dit"], warmup=100, **variant.recipe)
    with tempfile.TemporaryDirectory() as folder:

        def run(steps: int, name: str) -> torch.nn.Module:
            chosen = replace(recipe, steps=steps)
            return dit.train(pool, engine.schedule, shape, chosen, Path(folder) / name, None, None, variant.prediction)

        run(2, "warm")
        began = time.perf_counter()
        run(TRIAL, "trial")
        steps = round(60 * minutes * TRIAL / (time.perf_counter() - began))
        network = run(steps, "run")
    draw = Preview(scenes, engine.parts.autoencoder, engine.clip, engine.schedule, variant.prediction, scale).draw
    names = [f"a {concept.name}" for concept in scenes.concepts]
    pictures = torch.cat([draw(network, names[i : i + 64]) for i in range(0, len(names), 64)])
    real = scenes.render([scenes.plain(scenes.sprites_of[k][0]) for k in range(len(names))])
    order, _ = verdicts(judge, pictures)
    hits = order == np.arange(len(names))[:, None]
    return {
        "parameters": sum(p.numel() for p in network.parameters()),
        "steps": steps,
        "distance": frechet_distance(embed(engine, pictures), embed(engine, real)),
        "top1": hits[:, 0].mean(),
        "top5": hits[:, :5].any(1).mean(),
    }


def _scale(latents: torch.Tensor, scaling: str) -> torch.Tensor:
    """What to multiply half-whitened channels by, (C, 1, 1); the variance over all stays 1."""
    spread = latents.std((0, 2, 3))
    wanted = {"half": spread, "none": spread.square(), "full": torch.ones_like(spread)}[scaling]
    wanted = wanted / wanted.square().mean().sqrt() * spread.square().mean().sqrt()
    return (wanted / spread)[:, None, None]
