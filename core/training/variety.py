"""How much is left to chance: do the seeds of one prompt differ, and is a style drawn when it is asked for?

Guidance trades one for the other (arXiv 2207.12598), so diversity is measured at several scales, beside how well
the pictures fit: the table from which a model's default guidance is chosen.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from core.meaning import phrase
from core.measure import diversity
from core.training.judge import Judge, verdicts
from core.training.own import OwnEngine
from core.training.scenes import Scenes
from core.types import Request

PROMPTS, SEEDS = 32, 8  # a scale of guidance; each prompt with as many seeds
GUIDANCE = (1.0, 2.0, 3.0, 4.0, 6.0)
STYLED = 32  # prompts a style
STEPS = 25

Draw = Callable[[list[Request]], torch.Tensor]  # pictures (N, 3, S, S) in [-1, 1], S as CLIP and the judge read them


def variety(engine: OwnEngine, judge: Judge, scenes: Scenes, draw: Draw) -> dict:
    """ "guidance": by scale, what seeds differ by and how well they fit; "real": the same of renderings; "style"."""
    spread = np.linspace(0, len(scenes.concepts) - 1, min(PROMPTS, len(scenes.concepts))).astype(int)
    wanted, texts = np.repeat(spread, SEEDS), engine.clip.text([phrase(scenes.concepts[c].name) for c in spread])

    def told(pictures: torch.Tensor) -> dict[str, float]:
        """Mean over the prompts of the diversity of their seeds, and how many show what was asked for."""
        images = _embed(engine, pictures).reshape(len(spread), SEEDS, -1)
        return {
            "diversity": float(np.mean([diversity(rows) for rows in images])),
            "clip": float(np.einsum("psd,pd->ps", images, texts).mean()),
            "concept": float((verdicts(judge, pictures)[0][:, 0] == wanted).mean()),
        }

    found = {}
    for scale in GUIDANCE:
        requests = [
            Request(prompt=phrase(scenes.concepts[c].name), seed=seed, steps=STEPS, guidance=scale)
            for c in spread
            for seed in range(SEEDS)
        ]
        found[f"{scale:g}"] = told(draw(requests))
    rng = np.random.default_rng([13, 0])
    real = told(scenes.render([scenes.bare(rng, int(c)) for c in wanted]))
    results = {"prompts": len(spread), "seeds": SEEDS, "steps": STEPS, "guidance": found, "real": real}
    return results | ({"style": _style(engine, scenes, draw)} if scenes.varied else {})


def _style(engine: OwnEngine, scenes: Scenes, draw: Draw) -> dict[str, float]:
    """How often CLIP finds the style that was asked for, among captions that differ in nothing else."""
    concepts = np.linspace(0, len(scenes.concepts) - 1, STYLED).astype(int)
    asked = [(style, int(c)) for style in scenes.styles for c in concepts]
    captions = [
        [phrase(f"{style} {scenes.concepts[c].name}") for style in scenes.styles] for c in concepts
    ]  # (concepts, styles)
    texts = engine.clip.text([text for row in captions for text in row]).reshape(len(concepts), len(scenes.styles), -1)
    rng = np.random.default_rng([13, 1])
    pictures = {
        "right": draw([Request(prompt=phrase(f"{s} {scenes.concepts[c].name}"), steps=STEPS) for s, c in asked]),
        "ceiling": scenes.render([scenes.bare(rng, c, style) for style, c in asked]),
    }
    true = np.repeat(np.arange(len(scenes.styles)), len(concepts))
    found: dict[str, float] = {"count": len(asked)}
    for name, shown in pictures.items():
        images = _embed(engine, shown).reshape(len(scenes.styles), len(concepts), -1)
        scores = np.einsum("scd,ctd->sct", images, texts).reshape(len(asked), -1)
        found[name] = float((scores.argmax(1) == true).mean())
    return found


@torch.no_grad()
def _embed(engine: OwnEngine, pictures: torch.Tensor) -> np.ndarray:
    """(N, D) unit vectors of pictures (N, 3, S, S)."""
    rows = torch.cat([engine.clip.pixels(part) for part in pictures.split(64)])
    return F.normalize(rows, dim=-1).cpu().numpy()
