"""Measurements in CLIP's space: what belongs together, and what a vector keeps of a picture."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from core.errors import RequestError
from core.meaning import contrast, phrase
from core.measure import clip_score, pixels_apart
from dashboard import lacks
from dashboard.pictures import uri
from dashboard.tabs.tour.bench import Bench
from dashboard.tabs.tour.measures.images import SIDE, drawn, embedded
from dashboard.tabs.tour.stop import Found, Grid, Shot
from dashboard.tabs.unclip.measures import unrelated, unrelated_cosine

PAIRS = 8
VARIATIONS = 3

Measured = Generator[float | str, None, Found]


def pairs(bench: Bench) -> Measured:
    """Pictures of the gallery, each of another thing, against their own captions; the seed chooses them."""
    for part in ("clip", "gallery"):
        lacks.need(bench.engine, part, "there are no pictures to compare with captions")
    yield 0
    with bench.service.turn(bench.model) as engine:
        gallery = engine.gallery
        names = list(dict.fromkeys(gallery.labels))
        chosen = np.random.default_rng(bench.seed).choice(names, min(PAIRS, len(names)), replace=False)
        at = [gallery.labels.index(name) for name in chosen]
        texts = [phrase(str(name)) for name in chosen]
        cosines = clip_score(gallery.clip[at], engine.clip.text(texts))  # (N pictures, N texts)
        loss = contrast(cosines, engine.clip.temperature)
    count = len(texts)
    right = int(np.sum(cosines.argmax(1) == np.arange(count)))
    own = float(np.diag(cosines).mean())
    other = float((cosines.sum() - np.trace(cosines)) / (count * (count - 1)))
    grid = Grid(cosines.T.round(3).tolist(), texts, [uri(gallery.thumbs[i], SIDE // 2) for i in at])
    numbers = {"right": right, "own": own, "other": other, "loss": loss, "chance": np.log(count)}
    return Found(right, numbers, grid=grid)


def unclip(bench: Bench) -> Measured:
    """Pictures drawn from the embedding of the visitor's picture: how near in meaning, how near in pixels."""
    for part in ("clip", "gallery"):
        lacks.need(bench.engine, part, "no picture can be turned into a vector")
    if bench.engine.space is None:
        raise RequestError("model", bench.model, "one that can draw from a vector of CLIP's space")
    original = yield from bench.usual()
    with bench.service.turn(bench.model) as engine:
        (vector,) = embedded(engine, [drawn(original)])
    seeds = [(bench.seed + k) % 2**32 for k in range(1, VARIATIONS + 1)]
    asked = [bench.asked(prompt="", embedding=tuple(vector.tolist()), seed=seed) for seed in seeds]
    pictures = [drawn(trace) for trace in (yield from bench.runs(asked))]
    with bench.service.turn(bench.model) as engine:
        cosine = float(np.mean(embedded(engine, pictures) @ vector))
        gallery = engine.gallery
    pixels = float(np.mean([pixels_apart(picture, drawn(original)) for picture in pictures]))
    far, far_cosine = unrelated(gallery.thumbs), unrelated_cosine(gallery.clip)
    answer = 0 if pixels < far / 4 else 1 if cosine > (1 + far_cosine) / 2 else 2
    numbers = {"cosine": cosine, "unrelated_cosine": far_cosine, "pixels": pixels, "unrelated_pixels": far,
               "numbers": len(vector)}  # fmt: skip
    shots = [Shot("Original", uri(drawn(original), SIDE))]
    shots += [
        Shot("From its vector, seed {k}", uri(one, SIDE), seed) for seed, one in zip(seeds, pictures, strict=True)
    ]
    return Found(answer, numbers, tuple(shots))
