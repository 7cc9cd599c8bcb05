"""`python -m core evaluate <model> --curves`: quality against steps, for every sampler, as core.quality defines it.

Goes on where an earlier run stopped: a point that was measured of the same weights, in the same way, is kept.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from core import quality
from core.errors import ModelError, RequestError
from core.measure import frechet_distance
from core.training.card import write_card
from core.training.own import OwnEngine
from core.training.scenes import Scenes
from core.training.styles import measured

PICTURES = 128  # a point
BATCH = 64
REFERENCE = 512  # renderings
PROMPTS = 256


def evaluate_curves(model: str | Path, count: int = PICTURES) -> Path:
    """Measure every point that is missing; eval.json and the samples are written after each, the card at the end."""
    if not 8 <= count <= PROMPTS:
        raise RequestError("pictures", count, f"a whole number from 8 to {PROMPTS}")
    engine = OwnEngine.load(model, "cpu")
    folder = engine.model.folder
    scenes = measured(engine.manifest, engine.manifest["size"])
    settings = {
        "pictures": count, "guidance": quality.GUIDANCE, "batch": min(BATCH, count), "renderings": REFERENCE,
        "weights": engine.manifest["files"]["dit.safetensors"],
    }  # fmt: skip
    reference, floor = _reference(engine, scenes, count)
    before = _earlier(folder)
    kept = before if before and before.results["settings"] == settings else None
    points, samples = (kept.results["points"], kept.samples) if kept else ([], {})
    done = {(point["sampler"], point["steps"]) for point in points}
    for number, (sampler, steps) in enumerate(quality.POINTS):
        if (sampler, steps) in done:
            continue
        point, samples[quality.name(sampler, steps)] = _measure(engine, reference, sampler, steps, count)
        points.append(point)
        results = {"settings": settings, "floor": floor, "points": points}
        quality.save(folder, quality.Curves(results, samples, reference))
        _write(folder, results)
        told = ", ".join(f"{metric} {point[metric][0]:.4g}" for metric in quality.METRICS)
        print(f"{number + 1}/{len(quality.POINTS)} {sampler}, {steps} steps: {told}", flush=True)
    everything = _write(folder, {"settings": settings, "floor": floor, "points": points})
    try:
        write_card(folder, engine.manifest, everything)
    except KeyError as missing:
        print(f"The model card waits for `python -m core evaluate {model}`: eval.json has no {missing}.")
    return folder / "eval.json"


def _earlier(folder: Path) -> quality.Curves | None:
    try:
        return quality.load(folder)
    except ModelError as error:
        print(f"{error} Every point is measured anew.", flush=True)
        return None


def _reference(engine: OwnEngine, scenes: Scenes, count: int) -> tuple[quality.Reference, list[float]]:
    """Renderings from draws that no training step makes, and what as many more of them as pictures score: the floor."""
    asked = scenes.draw(np.random.default_rng([9, 0]), PROMPTS)
    true = embed(engine, scenes.render(scenes.draw(np.random.default_rng([9, 1]), REFERENCE)))
    more = embed(engine, scenes.render(scenes.draw(np.random.default_rng([9, 2]), 4 * count)))
    floor = [frechet_distance(true, part) for part in np.split(more, 4)]
    return quality.Reference([scene.caption for scene in asked], true), [float(np.mean(floor)), min(floor), max(floor)]


def embed(engine: OwnEngine, pictures: torch.Tensor) -> np.ndarray:
    """Pictures (N, 3, S, S) in [-1, 1] in CLIP space, (N, D)."""
    pixels = ((pictures + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    return engine.clip.image([Image.fromarray(picture) for picture in pixels])


def _measure(engine: OwnEngine, reference: quality.Reference, sampler: str, steps: int, count: int):
    """A point, and its samples."""
    asked = quality.requests(reference, sampler, steps, count)
    pictures, ms = [], []
    for start in range(0, count, BATCH):
        part = asked[start : start + BATCH]
        began = time.perf_counter()
        *_, last = engine.run_many(part)
        ms += [1000 * (time.perf_counter() - began) / len(part)] * len(part)
        pictures.append(engine.decode(last.x))
    pixels = np.concatenate(pictures)
    images = engine.clip.image([Image.fromarray(picture) for picture in pixels])
    texts = engine.clip.text([request.prompt for request in asked])
    judged = quality.judge(images, texts, reference.embeddings, np.array(ms))
    return {"sampler": sampler, "steps": steps, **judged}, quality.strip(pixels[: quality.SHOWN])


def _write(folder: Path, curves: dict) -> dict:
    """Put the curves beside whatever eval.json holds."""
    path = folder / "eval.json"
    results = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    results["curves"] = curves
    path.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    return results
