"""Measurements on faults, made on purpose: the number that shows each beside the same number of a right run."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np

from core.arrows import arrows
from core.engine import Engine
from core.measure import clip_score, pixels_apart, rms
from dashboard import lacks
from dashboard.pictures import uri
from dashboard.tabs.tour.bench import Bench
from dashboard.tabs.tour.measures.images import SIDE, drawn, embedded
from dashboard.tabs.tour.stop import Found, Shot

STEPS = 12  # of the run with the wrong prediction type, which cannot share batches with others
FEW = 5  # steps of the run that ends with noise
FAR = 30.0  # guidance
SAME = 0.01  # cosines no further apart count as equal

Measured = Generator[float | str, None, Found]


def kind(bench: Bench) -> Measured:
    """The same network, its prediction taken for another type."""
    (trace,) = yield from bench.runs([bench.asked(steps=STEPS)])
    yield 0.5
    with bench.service.turn(bench.model) as engine:
        taken = "v" if engine.prediction == "eps" else "eps"
        fault = Engine(replace(engine.model, prediction=taken)).trace(bench.asked(steps=STEPS))
        fits = fitting(engine, bench.prompt, [trace, fault])
    right, wrong = (float(rms(one.x)[STEPS // 2]) for one in (trace, fault))
    answer = 1 if wrong > 1.3 * right else 2 if wrong < 0.77 * right else 0
    shots = Shot("Right", uri(drawn(trace), SIDE)), Shot("Wrong type", uri(drawn(fault), SIDE))
    numbers = {"right": right, "wrong": wrong, "kind": NAMES[engine.prediction], "taken": NAMES[taken],
               "fit": fits[0], "unfit": fits[1]}  # fmt: skip
    return Found(answer, numbers, shots)


NAMES = {"eps": "ε", "x0": "x₀", "v": "v", "flow": "a flow velocity"}


def high(bench: Bench) -> Measured:
    """Guidance 30 beside the usual: how well both fit, and how much of the prediction is cut off."""
    usual = yield from bench.usual()
    (far,) = yield from bench.runs([bench.asked(guidance=FAR)])
    with bench.service.turn(bench.model) as engine:
        fits = fitting(engine, bench.prompt, [usual, far])
    cuts = [float(np.nanmean(arrows(trace).clamped)) for trace in (usual, far)]
    change = fits[1] - fits[0]
    answer = 1 if abs(change) <= SAME else 0 if change > 0 else 2
    shots = (Shot("Guidance {k:g}", uri(drawn(one), SIDE), one.request.guidance) for one in (usual, far))
    return Found(
        answer, {"fit": fits[0], "unfit": fits[1], "usual": cuts[0], "cut": cuts[1], "same": SAME}, tuple(shots)
    )


def last(bench: Bench) -> Measured:
    """A finished run, to whose last state the noise of the step before is added."""
    lacks.need(bench.engine, "clip", "nothing can say what a picture shows")
    (trace,) = yield from bench.runs([bench.asked(steps=FEW)])
    z = np.random.default_rng(bench.seed).standard_normal(trace.x[-1].shape)
    noise = float(trace.sigma[-1])
    with bench.service.turn(bench.model) as engine:
        clean, noisy = engine.preview(np.stack([trace.x[-1], trace.x[-1] + noise * z]).astype(np.float32))
        first, second = embedded(engine, [clean, noisy])
    pixels, cosine = pixels_apart(clean, noisy), float(first @ second)
    answer = 0 if pixels < SAME else 1 if cosine > 0.8 else 2
    shots = Shot("Right", uri(clean, SIDE)), Shot("Noise at the last step", uri(noisy, SIDE))
    return Found(answer, {"noise": noise, "pixels": pixels, "cosine": cosine}, shots)


def fitting(engine, prompt: str, traces: list) -> np.ndarray:
    """CLIP's cosine of each run's picture with the prompt."""
    lacks.need(engine, "clip", "nothing can say what a picture shows")
    return clip_score(engine.clip.image([trace.image for trace in traces]), engine.clip.text([prompt]))[:, 0]
