"""The density of a whole cloud, followed on a grid: the Fokker-Planck equation, forward and back.

In y = x / alpha the forward process only adds noise: y_t = x_0 + r eps, r = sigma / alpha. Back from r to smaller
r the family of arXiv 2010.02502 becomes, in the limit of many steps, with s the score of y,

    dy = (1 + eta^2) / 2 s d(r^2) + eta dW(r^2),        s = -E[eps | x] / r,

eta = 0 the ODE (arXiv 2011.13456, eq. 13), eta = 1 the reverse SDE. For its density, with u = r^2 falling,

    dp/du = (1 + eta^2) / 2 div(s p) - eta^2 / 2 Laplace(p),

which the forward process's p solves for every eta: other paths, the same density.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import map_coordinates, spline_filter

from core.errors import RequestError
from core.schedule import Schedule
from core.toy.exact import Mixture

FINEST = 1.5  # the reverse solution ends where the narrowest feature is this many grid cells wide
NOISIEST = 40.0  # sigma / alpha from where it starts: p_t differs from a Gaussian by less than the grid shows
SUBSTEPS = 2  # of the solver, for each of the densities it gives

Score = Callable[[int], np.ndarray]  # an entry of the schedule -> the score of x on the grid, (2, G, G)


@dataclass(frozen=True)
class Grid:
    """count x count cells of the square from -half to half; a density (G, G) has x as its first index."""

    half: float = 4.0
    count: int = 64

    @property
    def cell(self) -> float:
        return 2 * self.half / self.count

    @property
    def axis(self) -> np.ndarray:
        """The cells' centres, (G,)."""
        return (np.arange(self.count) + 0.5) * self.cell - self.half

    @property
    def places(self) -> np.ndarray:
        """The cells' centres, (G * G, 2)."""
        return np.stack(np.meshgrid(self.axis, self.axis, indexing="ij"), -1).reshape(-1, 2)

    def mass(self, p: np.ndarray) -> float:
        return float(p.sum()) * self.cell**2


def stops(
    mixture: Mixture, schedule: Schedule, grid: Grid, count: int, among: np.ndarray | None = None
) -> np.ndarray:  # fmt: skip
    """count timestep indices, noisiest first, evenly spread in log(sigma / alpha), as far as the grid resolves.

    among: the indices to choose from, where it shall not be all.
    """
    among = np.arange(len(schedule)) if among is None else np.sort(among)
    alpha, sigma = schedule.alpha.numpy()[among], schedule.sigma.numpy()[among]
    width = np.sqrt((alpha * float(mixture.width.min())) ** 2 + sigma**2)
    ratio = np.log(sigma / np.maximum(alpha, 1e-12))
    fit = np.flatnonzero((width >= FINEST * grid.cell) & (ratio <= math.log(NOISIEST)))[::-1]
    wanted = np.linspace(ratio[fit[0]], ratio[fit[-1]], count)
    return among[fit[np.abs(ratio[fit] - wanted[:, None]).argmin(1)]]


def forward(mixture: Mixture, schedule: Schedule, index: np.ndarray, grid: Grid) -> np.ndarray:
    """The exact p_t at the schedule's entries index (P,), (P, G, G)."""
    axis = torch.from_numpy(grid.axis)
    return np.stack([mixture.on_grid(axis, *_level(schedule, k))[0].numpy() for k in index])


def exact_score(mixture: Mixture, schedule: Schedule, grid: Grid) -> Score:
    axis = torch.from_numpy(grid.axis)
    return lambda k: mixture.on_grid(axis, *_level(schedule, k))[1].numpy()


def reverse(score: Score, schedule: Schedule, index: np.ndarray, grid: Grid, eta: float) -> np.ndarray:
    """The density of the backward process at the entries index (P,), falling, solved from a Gaussian, (P, G, G).

    Each step follows the drift back to where it came from (semi-Lagrangian, midpoint rule, cubic splines), spreads
    the result by the step's noise exactly, and keeps the mass at 1. RequestError for eta outside 0 to 1.
    """
    if isinstance(eta, bool) or not isinstance(eta, (int, float)) or not 0 <= eta <= 1:
        raise RequestError("eta", eta, "a number from 0 to 1")
    alpha, sigma = _level(schedule, index[0])
    spread = math.hypot(sigma, alpha)  # of the data, whose variance is 1 per coordinate, and the noise
    p = np.exp(-(grid.axis[:, None] ** 2 + grid.axis**2) / (2 * spread**2)) / (2 * math.pi * spread**2)
    out = [p]
    for start, end in itertools.pairwise(index):
        halves = np.linspace(start, end, 2 * SUBSTEPS + 1).round().astype(int)
        for k, middle, s in zip(halves[:-2:2], halves[1::2], halves[2::2], strict=True):
            if k == s:
                continue
            from_level, between, to_level = (_level(schedule, at) for at in (k, middle, s))
            noise = eta * _fresh(from_level, to_level) / math.sqrt(2)  # half before the drift and half after it
            p = _spread(p, from_level[0] * noise, grid)
            p = _advected(p, score(middle), from_level, between, to_level, eta, grid)
            p = _spread(p, to_level[0] * noise, grid)
            p = p / grid.mass(p)
        out.append(p)
    return np.stack(out)


def histogram(particles: np.ndarray, grid: Grid, bins: int) -> np.ndarray:
    """The share of particles (N, 2) in each of bins x bins squares; what lies outside counts to the rim's."""
    cell = np.clip(((particles + grid.half) / (2 * grid.half) * bins).astype(int), 0, bins - 1)
    return np.bincount(cell[:, 0] * bins + cell[:, 1], minlength=bins**2).reshape(bins, bins) / len(particles)


def apart(p: np.ndarray, other: np.ndarray, grid: Grid) -> np.ndarray:
    """The total variation between densities (…, G, G), (…): 0 equal, 1 disjoint."""
    return 0.5 * np.abs(p - other).sum((-2, -1)) * grid.cell**2


def total_variation(particles: np.ndarray, p: np.ndarray, grid: Grid, bins: int = 16) -> float:
    """Half the summed difference between the particles' histogram and the density's: 0 equal, 1 disjoint.

    particles (N, 2), p (G, G), G a multiple of bins.
    """
    size = grid.count // bins
    share = p.reshape(bins, size, bins, size).sum((1, 3)) * grid.cell**2
    return 0.5 * float(np.abs(histogram(particles, grid, bins) - share).sum())


def by_chance(p: np.ndarray, grid: Grid, count: int, bins: int = 16) -> float:
    """The total variation that count true draws from p would show on average."""
    size = grid.count // bins
    share = p.reshape(bins, size, bins, size).sum((1, 3)) * grid.cell**2
    # E|k / n - q| of a binomial k, in its normal limit where n q is large, and 2 q (1 - q)^n where it is small
    wide = np.sqrt(2 / math.pi * share * (1 - np.minimum(share, 1)) / count)
    return 0.5 * float(np.minimum(wide, 2 * share).sum())


def _level(schedule: Schedule, k: int) -> tuple[float, float]:
    return float(schedule.alpha[k]), float(schedule.sigma[k])


def _fresh(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Standard deviation, in y, of the noise between two levels: sqrt(r_t^2 - r_s^2)."""
    return math.sqrt(max((start[1] / start[0]) ** 2 - (end[1] / end[0]) ** 2, 0.0))


def _advected(p, score, start, middle, end, eta: float, grid: Grid) -> np.ndarray:
    """p moved by the drift from the level start to end, score (2, G, G) being that of x at the level between."""
    # y_t = y_s - (1 + eta^2) / 2 s_y (r_t^2 - r_s^2), s_y = alpha s_x; then as x at the level where p is known
    push = (1 + eta**2) / 2 * middle[0] * _fresh(start, end) ** 2
    place = np.stack(np.meshgrid(grid.axis, grid.axis, indexing="ij"))
    between = middle[0] * (place / end[0] - push * score / 2)
    shift = push * np.stack([_at(part, between, grid, order=1) for part in score])
    origin = start[0] * (place / end[0] - shift)
    by_x, by_y = np.gradient(origin, grid.cell, axis=(1, 2))
    grown = by_x[0] * by_y[1] - by_x[1] * by_y[0]
    return np.maximum(_at(spline_filter(p), origin, grid, order=3), 0) * np.maximum(grown, 0)


def _at(values: np.ndarray, place: np.ndarray, grid: Grid, order: int) -> np.ndarray:
    """values (G, G) at positions (2, …), 0 outside; of order 3, values are spline coefficients."""
    cells = (place + grid.half) / grid.cell - 0.5
    mode = "nearest" if order == 1 else "constant"
    return map_coordinates(values, cells, order=order, prefilter=False, mode=mode)


def _spread(p: np.ndarray, std: float, grid: Grid) -> np.ndarray:
    """p after Gaussian noise of this standard deviation: exactly, in Fourier space, where splines see no kernel."""
    if std == 0:
        return p
    wave = 2 * math.pi * np.fft.fftfreq(2 * grid.count, grid.cell)
    half = 2 * math.pi * np.fft.rfftfreq(2 * grid.count, grid.cell)
    damp = np.exp(-(std**2) / 2 * (wave[:, None] ** 2 + half**2))
    size = (2 * grid.count, 2 * grid.count)  # padded with empty space, so that nothing comes round
    out = np.fft.irfft2(np.fft.rfft2(p, size) * damp, size)
    return np.maximum(out[: grid.count, : grid.count], 0)
