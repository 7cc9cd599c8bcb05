"""How well unCLIP does (arXiv 2204.06125): the prior beside the caption itself, variations, and words by way of both.

All pictures asked about are renderings of draws that no training step makes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from torch import Tensor

from core.meaning import phrase
from core.measure import rms
from core.networks.prior import Prior
from core.training.clip import bare, one_each
from core.training.curves import embed
from core.training.judge import Judge, colour_index, verdicts
from core.training.own import OwnEngine
from core.training.recolour import COLOURS
from core.training.scenes import Scene, Scenes
from core.types import Request

GUIDANCE = 4.0
AGAIN = 256  # of the embeddings are drawn from a second noise
STREAM = 13  # of the random draws: training and the other measures have numbers of their own


def unclip(engine: OwnEngine, judge: Judge, scenes: Scenes, draw: Callable[[list[Request]], Tensor]) -> dict:
    """draw(requests) gives pictures (N, 3, S, S) in [-1, 1], of the size that the judge reads."""
    found = {"variations": variations(engine, judge, scenes, draw)}
    if drawing := engine.prior:
        found |= {"prior": prior(engine, drawing, scenes), "words": words(engine, drawing, judge, scenes, draw)}
    return found


def prior(engine: OwnEngine, drawing: Prior, scenes: Scenes) -> dict[str, dict]:
    """Of the caption's own embedding, of the prior's, and of another rendering (the ceiling): the mean cosine to the
    embedding of a picture of the caption, and how often that picture is the nearest of one for every concept (R@1).

    things: a phrase ("a fox"), large on white. scenes: whole captions, of which there is no other rendering.
    unrelated: the prior's embedding beside the picture of the next caption.
    """
    found: dict[str, dict] = {}
    for number, (kind, fits) in enumerate((("things", bare), ("scenes", lambda scene: True))):
        drawn = one_each(scenes, np.random.default_rng([STREAM, number]), fits)
        names = [phrase(concept.name) for concept in scenes.concepts]
        texts = names if kind == "things" else [scene.caption for scene in drawn]
        pictures = embed(engine, scenes.render(drawn))
        sampled = drawing.sample(texts)
        found[kind] = {"caption": agreement(engine.clip.text(texts), pictures), "prior": agreement(sampled, pictures)}
        found[kind]["unrelated"] = float(np.sum(sampled * np.roll(pictures, 1, 0), 1).mean())
        if kind == "things":
            others = one_each(scenes, np.random.default_rng([STREAM, 2]), fits)
            found[kind]["ceiling"] = agreement(embed(engine, scenes.render(others)), pictures)
    return found


def agreement(rows: np.ndarray, pictures: np.ndarray) -> dict[str, float]:
    """Mean cosine of unit rows (N, D) to their pictures (N, D), and how often their own is the nearest."""
    cosines = rows @ pictures.T
    return {
        "cosine": float(np.diag(cosines).mean()),
        "R@1": float((cosines.argmax(1) == np.arange(len(rows))).mean()),
    }


def variations(engine: OwnEngine, judge: Judge, scenes: Scenes, draw: Callable) -> dict:
    """A rendering of every concept, in its own colour and in any, and what is drawn of its embedding alone.

    concept, colour: what the judge sees in it is what was rendered. R@1: of the renderings, its own is the nearest by
    CLIP. cosine, pixels: CLIP's cosine and the root mean square difference of the values in [0, 1], of a picture to its
    rendering, of two pictures of one embedding to each other (AGAIN of them), and of renderings of two concepts.
    """
    rng = np.random.default_rng([STREAM, 3])
    drawn = [scenes.plain(int(rng.choice(of)), str(rng.choice(list(COLOURS)))) for of in scenes.sprites_of]
    kinds = {"own colours": [scenes.plain(scene.thing.sprite) for scene in drawn], "any colour": drawn}
    return {"count": len(drawn)} | {kind: _kept(engine, judge, scenes, draw, asked) for kind, asked in kinds.items()}


def _kept(engine: OwnEngine, judge: Judge, scenes: Scenes, draw: Callable, asked: list[Scene]) -> dict:
    rendered = scenes.render(asked)
    embeddings = embed(engine, rendered)
    requests = [Request(embedding=tuple(row.tolist()), guidance=GUIDANCE) for row in embeddings]
    some = np.unique(np.linspace(0, len(asked) - 1, AGAIN).astype(int))
    pictures, again = draw(requests), draw([replace(requests[i], seed=1) for i in some])
    wanted = np.array([scene.thing.concept for scene in asked])
    order, colours = verdicts(judge, pictures)
    truth, true_colours = verdicts(judge, rendered)
    seen, second = embed(engine, pictures), embed(engine, again)
    found = {
        "concept": float((order[:, 0] == wanted).mean()),
        "concept_ceiling": float((truth[:, 0] == wanted).mean()),
        "R@1": agreement(seen, embeddings)["R@1"],
        "cosine": {
            "rendering": float(np.sum(seen * embeddings, 1).mean()),
            "each other": float(np.sum(seen[some] * second, 1).mean()),
            "unrelated": float(np.sum(embeddings * np.roll(embeddings, 1, 0), 1).mean()),
        },
        "pixels": {
            "rendering": apart(pictures, rendered),
            "each other": apart(pictures[some], again),
            "unrelated": apart(rendered, rendered.roll(1, 0)),
        },
    }
    if all(scene.thing.colour for scene in asked):
        painted = np.array([colour_index(scene.thing.colour) for scene in asked])
        found["colour"] = float((colours == painted).mean())
        found["colour_ceiling"] = float((true_colours == painted).mean())
    return found


def words(engine: OwnEngine, drawing: Prior, judge: Judge, scenes: Scenes, draw: Callable) -> dict[str, float]:
    """A phrase ("a fox") for every concept, the judge's first guess: drawn from the text, from the embedding that the
    prior draws for it, from both (as DALL·E 2's decoder may), and from the text's own embedding in a picture's place,
    all from the same noise."""
    names = [phrase(concept.name) for concept in scenes.concepts]
    rows = {"prior": drawing.sample(names), "caption": engine.clip.text(names)}
    asked = {"text": [Request(name, guidance=GUIDANCE) for name in names]}
    asked |= {
        kind: [Request(embedding=tuple(row.tolist()), guidance=GUIDANCE) for row in part] for kind, part in rows.items()
    }
    asked["both"] = [replace(one, prompt=name) for one, name in zip(asked["prior"], names, strict=True)]
    return {
        kind: float((verdicts(judge, draw(requests))[0][:, 0] == np.arange(len(names))).mean())
        for kind, requests in asked.items()
    }


def apart(a: Tensor, b: Tensor) -> float:
    """The mean over pictures in [-1, 1] of the root mean square difference of their values in [0, 1]."""
    return float(rms((a - b).numpy() / 2).mean())
