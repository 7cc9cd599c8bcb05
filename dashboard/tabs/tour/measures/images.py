"""Measurements on pictures that the model draws for the visitor's prompt and seed."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from PIL import Image

from core.arrows import arrows
from core.measure import clip_score, pixels_apart
from core.types import Request, Trace
from dashboard import judge, lacks
from dashboard.pictures import uri
from dashboard.tabs.tour.bench import Bench
from dashboard.tabs.tour.stop import Found, Shot

SIDE = 160  # of a picture on the page, in pixels
LOOKS = (0, 0.16, 0.4, 1)  # shares of a run at which it is shown
BLUR = 0.75  # below this share of the detail a picture counts as blurred
NO_DETAIL = 1e-9  # of an even area
SEEDS = 4  # over which a negative prompt is measured
NEGATIVE = Request(prompt="an apple", guidance=3.0, steps=15), "a red apple"
FRAMES, FEW = 4, 15  # of the video, and steps of each
TURN = 0.04  # of the noise from frame to frame, as a share of a right angle

Measured = Generator[float | str, None, Found]


def noise(bench: Bench) -> Measured:
    """From which step on CLIP finds the prompt in the noisy picture, and in the predicted one."""
    for part in ("clip", "gallery"):
        lacks.need(bench.engine, part, "there is nothing to compare the prompt with")
    trace = yield from bench.usual()
    yield 0.5
    with bench.service.turn(bench.model) as engine:
        texts = [bench.prompt, *judge.distractors(engine, bench.prompt)]
        noisy, clean = engine.preview(trace.x), engine.preview(trace.guesses)
        won = [judge.wins_from(judge.scores(engine, frames, texts)) for frames in (noisy, clean)]
    steps = len(trace.x0)
    at = [round(share * steps) for share in LOOKS]
    shots = tuple(Shot("Step {k}" if k else "Pure noise", uri(noisy[k], SIDE), k) for k in at)
    others = ", ".join(f"“{text}”" for text in texts[1:])
    numbers = {"prompt": bench.prompt, "noisy": won[0], "clean": won[1], "steps": steps, "others": others}
    if None in won:
        return Found(steps, numbers | {"noisy": steps}, shots, case="never")
    return Found(won[0], numbers, shots)


def predict(bench: Bench) -> Measured:
    """The detail of the predicted images, without guidance, which would sharpen the first one beyond the average."""
    (trace,) = yield from bench.runs([bench.asked(guidance=1.0)])
    with bench.service.turn(bench.model) as engine:
        frames = engine.preview(trace.guesses)
    share = detail(frames[0]) / max(detail(frames[-1]), NO_DETAIL)
    steps = len(trace.x0)
    at = [round(look * steps) for look in LOOKS]
    shots = tuple(Shot("Predicted at step {k}" if k < steps else "Finished", uri(frames[k], SIDE), k + 1) for k in at)
    answer = 1 if share < BLUR else 2 if share > 1.5 else 0
    return Found(answer, {"detail": share}, shots)


def blur(bench: Bench) -> Measured:
    """DDPM with its fresh noise and without, no prompt."""
    bare = {"prompt": "", "guidance": 0.0}
    traces = yield from bench.runs([bench.asked(**bare, sampler=name) for name in ("ddpm", "ddpm-noiseless")])
    kept, without = map(drawn, traces)
    share = detail(without) / max(detail(kept), NO_DETAIL)
    answer = 0 if share > 1.2 else 1 if share > 0.6 else 2
    shots = Shot("With fresh noise", uri(kept, SIDE)), Shot("Without fresh noise", uri(without, SIDE))
    return Found(answer, {"detail": share}, shots)


def guidance(bench: Bench) -> Measured:
    """How long the difference of both predictions is beside the one with the prompt, and what it costs."""
    usual = yield from bench.usual()
    scale = usual.request.guidance
    others = yield from bench.runs([bench.asked(guidance=g) for g in (0.0, 1.0, 12.0)])
    norms = arrows(usual).norms()
    share = float(np.mean(norms["difference"] / norms["cond"]))
    drawings = sorted([usual, *others], key=lambda trace: trace.request.guidance)
    shots = tuple(Shot("Guidance {k:g}", uri(drawn(trace), SIDE), trace.request.guidance) for trace in drawings)
    plain = next(trace for trace in others if trace.request.guidance == 1)
    numbers = {"share": share, "scale": scale, "steps": usual.request.steps, "guided": usual.predictions,
               "plain": plain.predictions}  # fmt: skip
    return Found(100 * share, numbers, shots)


def negative(bench: Bench) -> Measured:
    """The cosine to the negative prompt's words, without it and with it."""
    lacks.need(bench.engine, "clip", "nothing can say what a picture shows")
    base, text = NEGATIVE
    seeds = range(1, SEEDS + 1)
    asked = [Request(**base.to_dict() | {"seed": seed, "negative_prompt": n}) for n in ("", text) for seed in seeds]
    traces = yield from bench.runs(asked)
    with bench.service.turn(bench.model) as engine:
        seen = engine.clip.image([trace.image for trace in traces])
        cosines = clip_score(seen, engine.clip.text([text]))[:, 0]
    before, after = (round(float(part.mean()), 2) for part in (cosines[:SEEDS], cosines[SEEDS:]))  # as they are shown
    change = after - before
    shots = tuple(
        Shot("Seed {k}, with" if trace.request.negative_prompt else "Seed {k}, without",
             uri(drawn(trace), SIDE), trace.request.seed)
        for trace in traces
    )  # fmt: skip
    numbers = {"before": before, "after": after, "change": change, "count": SEEDS, "cost": traces[-1].predictions}
    return Found(1 if abs(change) < 0.03 else 0 if change > 0 else 2, numbers, shots)


def video(bench: Bench) -> Measured:
    """Frames from noises of their own, and from one noise that is turned towards another."""
    asked = [bench.asked(seed=(bench.seed + k) % 2**32) for k in range(FRAMES)]
    asked += [bench.asked(variation_seed=(bench.seed + 1) % 2**32, variation_strength=TURN * k) for k in range(FRAMES)]
    traces = yield from bench.runs(asked)
    frames = [drawn(trace) for trace in traces]
    apart, turned = (jump(part) for part in (frames[:FRAMES], frames[FRAMES:]))
    times = apart / max(turned, 1e-6)
    kinds = ["Own noise, frame {k}"] * FRAMES + ["Changing noise, frame {k}"] * FRAMES
    shots = tuple(
        Shot(kind, uri(frame, SIDE), i % FRAMES + 1) for i, (kind, frame) in enumerate(zip(kinds, frames, strict=True))
    )
    answer = 0 if times < 2 else 1 if times <= 10 else 2
    return Found(answer, {"apart": apart, "turned": turned, "times": times}, shots)


def jump(frames: list[np.ndarray]) -> float:
    """The mean difference of neighbouring frames."""
    return float(np.mean([pixels_apart(a, b) for a, b in zip(frames[1:], frames[:-1], strict=True)]))


def drawn(trace: Trace) -> np.ndarray:
    """A run's picture, (h, w, 3) uint8."""
    return np.asarray(trace.image.convert("RGB"))


def detail(picture: np.ndarray) -> float:
    """The mean squared difference of neighbouring pixels, 0 … 1: none in an even area, little in a blur."""
    values = picture.astype(np.float64) / 255
    return float(sum(np.mean(np.diff(values, axis=axis) ** 2) for axis in (0, 1)))


def embedded(engine, pictures: list[np.ndarray]) -> np.ndarray:
    """CLIP's embeddings, (N, D)."""
    return engine.clip.image([Image.fromarray(picture) for picture in pictures])
