"""How good a sampler is at some number of steps: pictures for fixed prompts, judged against held-out renderings.

Every sampler and number of steps draws the same prompts from the same noise, so that only the sampler differs.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core import measure
from core.errors import ModelError
from core.networks import manifest
from core.types import Request
from core.updates import SAMPLERS

FILE = "curves.npz"
GUIDANCE = 4.0
POINTS = tuple((name, steps) for name, sampler in SAMPLERS.items() for steps in sampler.measured)
RESAMPLES = 50  # of the bootstrap
SHOWN = 12  # sample pictures kept of each point
METRICS = ("frechet", "clip", "diversity", "ms")


@dataclass(frozen=True)
class Reference:
    """What pictures are judged against: CLIP's embeddings of renderings that no training step drew, and prompts."""

    prompts: list[str]  # (N,) captions of other such scenes
    embeddings: np.ndarray  # (M, D) unit length


def requests(reference: Reference, sampler: str, steps: int, count: int) -> list[Request]:
    """One point's requests: the first prompts, each with a seed of its own."""
    return [
        Request(prompt=prompt, seed=seed, sampler=sampler, steps=steps, guidance=GUIDANCE)
        for seed, prompt in enumerate(reference.prompts[:count])
    ]


def judge(images: np.ndarray, texts: np.ndarray, reference: np.ndarray, ms: np.ndarray) -> dict[str, list[float]]:
    """Each metric as [value, low, high], the band holding 95 % by the bootstrap's standard error.

    images, texts: (N, D) CLIP's embeddings of the pictures and of their prompts; reference: (M, D); ms: (N,) a picture.
    frechet: squared Fréchet distance to the reference; with N pictures it is too large by an amount that falls with
    N, the same for all points of one N. clip: mean cosine with the prompt. diversity: 1 - mean cosine of two pictures.
    """
    true = reference.mean(0), np.cov(reference.T)

    def metrics(rows: np.ndarray) -> list[float]:
        picked = images[rows]
        return [
            measure.frechet_gaussians(*true, picked.mean(0), np.cov(picked.T)),
            float(np.sum(picked * texts[rows], 1).mean()),
            measure.diversity(picked),
            float(ms[rows].mean()),
        ]

    n, rng = len(images), np.random.default_rng(0)
    values = np.array(metrics(np.arange(n)))
    spread = 1.96 * np.std([metrics(rng.integers(n, size=n)) for _ in range(RESAMPLES)], axis=0)
    bands = np.stack([values, values - spread, values + spread], 1)
    return dict(zip(METRICS, np.round(bands, 5).tolist(), strict=True))


@dataclass(frozen=True)
class Curves:
    """What `python -m core evaluate MODEL --curves` left in a model's folder."""

    results: dict  # of eval.json: {"settings": …, "floor": …, "points": [{"sampler", "steps", metric: […]}, …]}
    samples: dict[str, np.ndarray]  # name of a point -> a WebP of its first pictures in a row, as bytes
    reference: Reference

    def pictures(self, sampler: str, steps: int) -> np.ndarray:
        """The sample pictures of a point, (K, size, size, 3) uint8."""
        with Image.open(io.BytesIO(self.samples[name(sampler, steps)].tobytes()), formats=["WEBP"]) as image:
            row = np.asarray(image.convert("RGB"))
        return row.reshape(len(row), -1, len(row), 3).swapaxes(0, 1)


def name(sampler: str, steps: int) -> str:
    return f"{sampler}-{steps}"


def strip(pictures: np.ndarray) -> np.ndarray:
    """Pictures (K, size, size, 3) side by side as the bytes of a WebP, (bytes,) uint8."""
    buffer = io.BytesIO()
    Image.fromarray(np.concatenate(list(pictures), 1)).save(buffer, "WEBP", quality=85)
    return np.frombuffer(buffer.getvalue(), np.uint8)


def save(folder: Path, curves: Curves) -> None:
    """Write the samples and the reference, and name the file in the manifest; the results go into eval.json."""
    arrays: dict[str, Any] = {f"sample {key}": row for key, row in curves.samples.items()}
    arrays["prompts"] = np.array(curves.reference.prompts)
    arrays["embeddings"] = curves.reference.embeddings.astype(np.float16)
    np.savez_compressed(folder / FILE, **arrays)
    manifest.record(folder, FILE)


def load(folder: Path) -> Curves | None:
    """The curves of a model's folder; None where its manifest names none, ModelError where they cannot be read."""
    path = manifest.extra(folder, FILE)
    if path is None:
        return None
    try:
        results = json.loads((folder / "eval.json").read_text("utf-8"))["curves"]
        with np.load(path, allow_pickle=False) as file:
            samples = {key.removeprefix("sample "): file[key] for key in file.files if key.startswith("sample ")}
            reference = Reference(file["prompts"].tolist(), file["embeddings"].astype(np.float32))
        for point in results["points"]:
            if name(point["sampler"], point["steps"]) not in samples:
                raise ValueError(f"it lacks the samples of {point['sampler']}, {point['steps']} steps")
            if not all(np.shape(point[metric]) == (3,) and np.isfinite(point[metric]).all() for metric in METRICS):
                raise ValueError(f"{point['sampler']}, {point['steps']} steps, lacks a metric")
        return Curves(results, samples, reference)
    except Exception as error:  # whatever zip, zlib, numpy and json make of a damaged file
        raise ModelError(f"{folder.name}/{FILE} or its eval.json cannot be read: {error}.") from error
