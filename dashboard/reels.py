"""A run as the Generate tab's reel: one step of it while it goes on, all of it when it is done."""

from __future__ import annotations

import numpy as np

from core.types import Trace
from dashboard import captions, pictures, welcome
from dashboard.components.rail import Reel
from dashboard.layers import Layer
from dashboard.service import Progress

LARGE, SMALL = 320, 160  # sides of the pictures in pixels, at most


def live(progress: Progress) -> Reel:
    """The step that a run has just taken."""
    guess = progress.x if progress.x0 is None else progress.x0
    numbers = "" if progress.t is None else f"t {progress.t:g} · σ {progress.sigma:.3f}"
    return Reel(
        positions=[progress.index],
        frames={
            "x0": [pictures.uri(guess, LARGE)],
            "x": [pictures.uri(progress.x, SMALL)],
            "eps": [None if progress.eps is None else pictures.mosaic_uri(progress.eps)],
        },
        texts={
            "step": [f"Step {progress.index} of {progress.total}"],
            "numbers": [numbers],
            "caption": [LIVE_CAPTION],
        },
        live=True,
    )


LIVE_CAPTION = (
    "The large picture is the image predicted so far, x̂₀; the small one is the noisy latent xₜ that it is read from."
)


def still(trace: Trace) -> Reel:
    """The finished picture alone, for as long as no engine is there to decode the rest."""
    picture = np.asarray(trace.image.convert("RGB"))
    texts = {"caption": [""], "size": [size(trace)]}
    return Reel([len(trace.x0)], {"x0": [pictures.uri(picture, LARGE)]}, texts, live=True)


def film(layer: Layer) -> Reel:
    """Every position of a finished run."""
    reel, trace = layer.film, layer.trace
    eps = [pictures.mosaic_uri(frame) for frame in reel.eps]
    return Reel(
        positions=reel.positions.tolist(),
        frames={
            "x": [pictures.uri(frame, SMALL) for frame in reel.x],
            "x0": [pictures.uri(frame, LARGE) for frame in reel.x0],
            "eps": [*eps, *eps[-1:]],  # at the end no noise is left to predict: the last prediction stays
        },
        texts=captions.positions_text(trace, reel.positions) | {"size": [size(trace)] * len(reel.positions)},
        play=layer.id == welcome.ID,
    )


def size(trace: Trace) -> str:
    """How large the model draws, beside how large the page shows it."""
    (width, height), side = trace.image.size, max(trace.image.size)
    shown = "enlarged" if side <= LARGE else f"here {LARGE / side:.0%} of that"
    return f"{width} × {height} pixels, {shown}"
