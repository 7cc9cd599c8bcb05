"""Guidance as vectors: what the two predictions of a step are, and what is made of them.

u and c are eps without and with the prompt; guidance goes from u along d = c - u, g times as far:
guided = u + g d (arXiv 2207.12598, eq. 6). So one plane through the origin holds them all, and a flat drawing of it
is exact. Where a negative prompt was given, u is its prediction: guided = c + (g - 1) (c - u) leads away from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.measure import rms, unit
from core.types import Trace

ROUNDING = 1e-5  # of two predictions for the same prompt, beside their length: they are made in one batch, in float32
NAMES = ("uncond", "cond", "difference", "guided")


@dataclass(frozen=True)
class Arrows:
    """The vectors of S steps. NaN where a step asked the network for one prediction only.

    A length of 1 is the root mean square 1 over the latent: that of pure noise.
    """

    vectors: dict[str, np.ndarray]  # name -> (S, D), eps without and with the prompt, their difference, the guided one
    g: np.ndarray  # (S,) the scale in force
    clamped: np.ndarray  # (S,) how far eps was moved by keeping x̂_0 in the latents' range, or by rescaling

    def norms(self) -> dict[str, np.ndarray]:
        """Root mean squares, (S,) each."""
        return {name: rms(rows) for name, rows in self.vectors.items()}

    def cosines(self) -> dict[str, np.ndarray]:
        """(S,) each: do the predictions agree, does the push add to them or turn them, how far is the result turned."""
        u, c, d, guided = (self.vectors[name] for name in NAMES)
        return {"cond, uncond": _cosine(c, u), "difference, uncond": _cosine(d, u), "guided, cond": _cosine(guided, c)}

    def flat(self) -> dict[str, np.ndarray]:
        """Coordinates in the plane of u and c, (S, 2): u lies along the first axis, d points to the upper side.

        Lengths and angles are those of the whole latent space, not of a projection.
        """
        u, d = self.vectors["uncond"], self.vectors["difference"]
        along = unit(u)
        across = unit(d - np.sum(d * along, 1, keepdims=True) * along)
        root = np.sqrt(u.shape[1])
        return {
            name: np.stack([np.sum(rows * along, 1), np.sum(rows * across, 1)], 1) / root
            for name, rows in self.vectors.items()
        }


def arrows(trace: Trace) -> Arrows:
    """The vectors of every step of a run, in float64."""
    request, steps = trace.request, len(trace.eps)
    on = (request.guidance_low <= trace.sigma) & (trace.sigma <= request.guidance_high)
    g = np.where(on, request.guidance, 1.0)
    u, c, used = (a.reshape(steps, -1).astype(np.float64) for a in (trace.eps_uncond, trace.eps_cond, trace.eps))
    d = _differences(trace).reshape(steps, -1)
    vectors = dict(zip(NAMES, (u, c, d, u + g[:, None] * d), strict=True))
    return Arrows(vectors, g, rms(used - vectors["guided"]))


def pushes(trace: Trace) -> np.ndarray:
    """Where the prompt pushes: the root mean square of eps_cond - eps_uncond over the channels, (S, h, w).

    Of a video: in its first frame.
    """
    found = rms(_differences(trace), axis=1)
    return found[:, 0] if found.ndim == 4 else found


def _differences(trace: Trace) -> np.ndarray:
    """eps_cond - eps_uncond, (S, *latent) in float64; 0 where the two differ by no more than their rounding."""
    u, c = trace.eps_uncond.astype(np.float64), trace.eps_cond.astype(np.float64)
    d = c - u
    each = tuple(range(1, d.ndim))
    d[np.sum(d**2, each) <= ROUNDING**2 * np.sum(u**2, each)] = 0
    return d


def _cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(S,), NaN where one has no length."""
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.sum(a * b, 1) / np.where(lengths > 0, lengths, np.nan)
