"""Where DDPM with no added noise begins and ends in the plane, and why there."""

from __future__ import annotations

import numpy as np
import torch

from core.guidance import predicted
from core.toy.experiment import Lane as Way
from core.toy.experiment import World
from dashboard.tabs.lab.settings import Settings


def ending(here: World, way: Way, denoise, settings: Settings) -> str:
    """In words, measured on this very way."""
    mean, end = here.points.x.mean(0), way.x[-1]
    first = predicted_mean(here, way, denoise)
    nearest = np.linalg.norm(end[:, None] - here.points.x, axis=-1)
    away, close, reached = np.linalg.norm(end - mean, axis=1), nearest.min(1), len(np.unique(nearest.argmin(1)))
    alpha, apart = float(here.schedule.alpha[way.index[0]]), np.linalg.norm(first - mean)
    coarse = f" (errors in ε are divided by α = {alpha:.2g} there)" if apart > 0.3 else ""
    told = (
        f"With no added noise, DDPM's first prediction lies {apart:.2f} from the mean{coarse}; its points end "
        f"{np.median(away):.2f} from it, with {way.variance[-1]:.0%} of the data's variance"
    )
    if settings.score == "exact":
        return (
            f"{told}, {np.median(close):.2f} from the nearest data point ({reached} of the {len(here.points)} are "
            "reached). The exact denoiser of finitely many points can only end on them; too little noise sends nearly "
            "all to the same few."
        )
    return (
        f"{told}, {np.median(close):.2f} from the nearest point. A learned network was trained on noisier points than "
        "these; it leaves them between the data, at the mean of what lies around."
    )


def predicted_mean(here: World, way: Way, denoise) -> np.ndarray:
    """The mean of x̂_0 over the particles at the first step of a way, (2,)."""
    x, t = torch.from_numpy(way.x[0]), here.time(way.index[:1]).expand(len(way.x[0]))
    prediction, level = predicted(denoise(x, t, {})), way.index[0]
    alpha, sigma = here.schedule.alpha[level], here.schedule.sigma[level]
    x0 = (x - sigma * prediction.eps) / alpha if prediction.x0 is None else prediction.x0
    return x0.mean(0).numpy()
