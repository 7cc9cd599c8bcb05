"""`python -m core sweep`: short trainings of the DiT that differ in one thing each, before a long one is begun.

Every variant trains a small network from scratch for the same processor time (so that what else the machine does
changes little), on scenes of some of starter's concepts, with its autoencoder and CLIP; a slower network takes fewer
steps. The judge then names pictures of each concept.
"""

from __future__ import annotations

import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from core import threads
from core.meaning import phrase
from core.measure import frechet_distance
from core.networks import store
from core.networks.dit import DiT
from core.training import dit
from core.training.curves import embed
from core.training.judge import Judge, verdicts
from core.training.own import OwnEngine
from core.training.presets import PRESETS
from core.training.preview import Preview
from core.training.scenes import Scenes
from core.training.sprites import named

POOL = 12_000  # scenes
CONCEPTS, PICTURES = 60, 4  # so few that a short training gets somewhere; pictures of each
SHAPE = {"width": 128, "depth": 3, "outer_width": 64, "outer_depth": (1, 1)}
TRIAL = 30  # steps, to see how many fit in the time
TABLE = store.MODELS / "sweep.md"


@dataclass(frozen=True)
class Variant:
    """What is changed: the network's shape, starter's recipe, what is predicted and when, how latents are scaled."""

    shape: dict = field(default_factory=dict)
    recipe: dict = field(default_factory=dict)
    prediction: str = "v"
    scaling: str = "half"  # "half" whitened as they are, "none" or "full"
    times: Callable[[int, float], torch.Tensor] = dit.timesteps


def evenly(count: int, luck: float) -> torch.Tensor:
    """All timesteps alike."""
    return (torch.arange(count) + luck) / count


VARIANTS = {
    "nothing": Variant(),
    "predict the noise": Variant(prediction="eps"),
    "predict the picture": Variant(prediction="x0"),
    "all timesteps alike": Variant(times=evenly),
    "1 inner block instead of 3": Variant({"depth": 1}),
    "6 inner blocks": Variant({"depth": 6}),
    "width 64 instead of 128": Variant({"width": 64}),
    "width 256": Variant({"width": 256}),
    "latents as the components are": Variant(scaling="none"),
    "latents all of one variance": Variant(scaling="full"),
    "batches of 32 instead of 64": Variant(recipe={"batch": 32}),
    "batches of 128": Variant(recipe={"batch": 128}),
    "average of 0.99 instead of 0.999": Variant(recipe={"ema": 0.99}),
    "average of 0.9995": Variant(recipe={"ema": 0.9995}),
}


def sweep(minutes: float, table: Path = TABLE, variants: dict[str, Variant] = VARIANTS) -> Path:
    """Train each variant for so many minutes and write the table; returns its path."""
    engine = OwnEngine.load("starter")
    every = engine.manifest["concepts"]
    scenes = Scenes(named(every[:CONCEPTS]), engine.manifest["size"])
    judge = store.weights(Judge(len(every)), engine.model.folder / "judge.safetensors")
    pool = dit.fill(scenes, engine.model.autoencoder, engine.clip, POOL, seed=0)
    rows = []
    for name, variant in variants.items():
        found = _measure(engine, scenes, judge, pool, variant, minutes)
        rows.append(
            f"| {name} | {found['parameters'] / 1e6:.1f} M | {found['steps']} | {found['distance']:.3f} |"
            f" {found['top1']:.1%} | {found['top5']:.1%} |"
        )
        print(rows[-1], flush=True)
    lines = "\n".join(rows)
    table.write_text(
        f"""\
# What matters in a short training

`python -m core sweep --minutes {minutes:g}` on {platform.machine()}, {threads.cores()} threads,
torch {torch.__version__}. Each row changes one thing of a small network that predicts v, in the recipe of
`starter`, for {minutes:g} minutes of processor time. Then "a {{concept}}" is drawn {PICTURES} times for each of
{len(scenes.concepts)} concepts ({Preview.STEPS}-step DDIM, guidance {Preview.GUIDANCE:g}). Distance is Fréchet's, in
CLIP's space, to renderings of the same concepts; top 1 and top 5 are how often the judge, who chooses among
{len(every)}, names the concept. One training each: with so many pictures, differences below six points are luck.
Where one network takes more steps in one row than in another, other work shared the machine's caches and clock.

| changed | parameters | steps | distance | concept top 1 | top 5 |
|---|---|---|---|---|---|
{lines}
""",
        "utf-8",
    )
    return table


def _measure(engine: OwnEngine, scenes: Scenes, judge: Judge, pool: dit.Pool, variant: Variant, minutes: float) -> dict:
    preset = PRESETS["starter"]
    scale = _scale(pool.latents.float(), variant.scaling)  # (C, 1, 1)
    pool = replace(pool, latents=(pool.latents.float() * scale).half())
    shape = engine.manifest["architecture"]["dit"] | SHAPE | variant.shape
    recipe = replace(preset.recipes["dit"], warmup=100, **variant.recipe)
    with tempfile.TemporaryDirectory() as folder:

        def run(steps: int, name: str) -> DiT:
            chosen = replace(recipe, steps=steps)
            out, said, times = Path(folder) / name, variant.prediction, variant.times
            return dit.train(pool, engine.schedule, shape, chosen, out, prediction=said, times=times)

        run(2, "warm")
        began = time.process_time()
        run(TRIAL, "trial")
        steps = round(60 * minutes * TRIAL / (time.process_time() - began))
        network = run(steps, "run")
    draw = Preview(scenes, engine.model.autoencoder, engine.clip, engine.schedule, variant.prediction, scale).draw
    names = [phrase(concept.name) for concept in scenes.concepts] * PICTURES
    pictures = torch.cat([draw(network, names[i : i + 64]) for i in range(0, len(names), 64)])
    wanted = np.arange(len(names)) % len(scenes.concepts)
    real = scenes.render([scenes.plain(scenes.sprites_of[k][0]) for k in wanted])
    order, _ = verdicts(judge, pictures)
    hits = order == wanted[:, None]
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
