"""The laboratory's experiments: everything a screen shows of them, as plain arrays.

A World is data with its exact distribution and a schedule. A denoiser is exact (world.exact) or learned
(mlp.Training.denoiser); both go through the one sampler and the one guidance of the images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial.distance import cdist, pdist
from torch import Tensor

from core.guidance import Conditioning, guide, predicted
from core.sampler import sample
from core.schedule import Schedule
from core.toy import density
from core.toy.data import Points
from core.toy.exact import ANY, Mixture, timeless

SPACING = "trailing"  # begins at pure noise, like the particles
STRIDES = 4  # of the particles, for each stop of a density


@dataclass(frozen=True, eq=False)
class World:
    points: Points
    schedule: Schedule
    mixture: Mixture

    @classmethod
    def of(cls, points: Points, schedule: Schedule) -> World:
        return cls(points, schedule, Mixture.of(points))

    @property
    def exact(self):
        return self.mixture.denoiser(self.schedule)

    def time(self, index: np.ndarray) -> Tensor:
        """The timesteps of entries of the schedule."""
        t = torch.from_numpy(np.asarray(index))
        return (t + 1).double() / len(self.schedule) if self.schedule.flow else t


@dataclass(frozen=True, eq=False)
class Levels:
    """Stops in time; the data are entry -1, with alpha 1 and sigma 0."""

    index: np.ndarray  # (P,) entries of the schedule
    alpha: np.ndarray  # (P,)
    sigma: np.ndarray  # (P,)

    @classmethod
    def of(cls, schedule: Schedule, count: int) -> Levels:
        """The data, then count - 1 entries evenly spread over the schedule up to its last, which is noise."""
        index = np.concatenate([[-1], np.linspace(0, len(schedule) - 1, count - 1).round().astype(int)])
        return cls.at(schedule, index)

    @property
    def backwards(self) -> Levels:
        """The same stops in the other order."""
        return Levels(self.index[::-1], self.alpha[::-1], self.sigma[::-1])

    @classmethod
    def at(cls, schedule: Schedule, index: np.ndarray) -> Levels:
        clean = index < 0
        alpha, sigma = schedule.alpha.numpy()[index], schedule.sigma.numpy()[index]
        return cls(index, np.where(clean, 1.0, alpha), np.where(clean, 0.0, sigma))


def walk(world: World, levels: Levels, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The forward process itself, a Markov chain: x (P, N, 2), and which point of the data each started from (N,).

    From stop to stop x_s = a x_t + sqrt(sigma_s^2 - a^2 sigma_t^2) z, a = alpha_s / alpha_t (arXiv 2107.00630, eq. 2).
    """
    rng = np.random.default_rng(seed)
    source = rng.permutation(max(count, len(world.points)))[:count] % len(world.points)
    width = float(world.mixture.width[0])
    x = [world.points.x[source] + width * rng.normal(size=(count, 2))]
    for k in range(len(levels.alpha) - 1):
        a = levels.alpha[k + 1] / levels.alpha[k]
        fresh = np.sqrt(max(levels.sigma[k + 1] ** 2 - (a * levels.sigma[k]) ** 2, 0.0))
        x.append(a * x[-1] + fresh * rng.normal(size=(count, 2)))
    return np.stack(x), source


@torch.no_grad()
def arrows(world: World, denoise, levels: Levels, places: np.ndarray) -> np.ndarray:
    """E[eps | x] at places (M, 2) for every stop, (P, M, 2); at the data itself, those of the next stop."""
    x = torch.from_numpy(places)
    times = world.time(np.maximum(levels.index, 0))
    return np.stack([predicted(denoise(x, t.expand(len(x)), {})).eps.numpy() for t in times])


def timeless_arrows(world: World, levels: Levels, places: np.ndarray, times: int = 50) -> np.ndarray:
    """The same by the best network that is not told the time: one field, repeated for every stop."""
    index = np.linspace(0, len(world.schedule) - 1, times).round().astype(int)
    one = timeless(world.mixture, world.schedule, torch.from_numpy(places), world.time(index)).numpy()
    return np.repeat(one[None], len(levels.index), 0)


@torch.no_grad()
def errors(world: World, denoise, levels: Levels, seed: int = 0) -> np.ndarray:
    """Root mean square distance between eps of the denoiser and the exact one where x_t is, (P,)."""
    x, _ = walk(world, levels, len(world.points), seed)
    out, times = [], world.time(np.maximum(levels.index, 0))
    for at, t in zip(torch.from_numpy(x), times, strict=True):
        t = t.expand(len(at))
        gap = predicted(denoise(at, t, {})).eps - world.exact(at, t, {}).eps
        out.append(gap.square().sum(1).mean().sqrt())
    return torch.stack(out).numpy()


@dataclass(frozen=True, eq=False)
class Lane:
    """One way back from the noise: S updates, N particles."""

    x: np.ndarray  # (S+1, N, 2)
    index: np.ndarray  # (S+1,) entries of the schedule; -1, the data, at the end

    @property
    def variance(self) -> np.ndarray:
        """Mean variance per coordinate over the particles, (S+1,)."""
        return self.x.var(1).mean(-1)


def noise(count: int, seed: int) -> Tensor:
    """Where all lanes begin, (N, 2)."""
    return torch.randn(count, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def back(
    world: World, denoise, sampler: str, steps: int, eta: float = 0.0, count: int = 300, seed: int = 0,
    cond: Conditioning | None = None, uncond: Conditioning | None = None, scale: float = 1.0,
) -> Lane:  # fmt: skip
    """Particles from noise to data by core.sampler, guided where a cond is given; the same seed, the same noise."""
    fresh = torch.Generator().manual_seed(seed + 1)
    anything = labels(count, ANY)
    run = sample(
        guide(denoise, cond or anything, uncond or anything, scale),
        noise(count, seed), world.schedule, sampler, steps, eta, SPACING,
        lambda i: torch.randn(count, 2, generator=fresh, dtype=torch.float64),
    )  # fmt: skip
    x = np.stack([step.x.numpy() for step in run])
    return Lane(x, np.append(visited(world.schedule, steps), -1))


def visited(schedule: Schedule, steps: int) -> np.ndarray:
    """The entries of the schedule that a way back of so many steps comes by, noisiest first, (steps,)."""
    t = schedule.timesteps(steps, SPACING).numpy()
    return np.round(t * len(schedule)).astype(int) - 1 if schedule.flow else t


def labels(count: int, label: int) -> Conditioning:
    return {"label": torch.full((count,), label)}


def energy_distances(path: np.ndarray, data: np.ndarray) -> np.ndarray:
    """core.measure.energy_distance of every state of a path (P, N, 2) to the data (M, 2): (P,)."""
    within = pdist(data).mean()
    return np.array([2 * cdist(x, data).mean() - pdist(x).mean() - within for x in path])


@dataclass(frozen=True, eq=False)
class Flow:
    """A density on its grid and particles of the same process, at P stops."""

    levels: Levels
    p: np.ndarray  # (P, G, G)
    x: np.ndarray  # (P, N, 2)
    apart: np.ndarray  # (P,) total variation between both
    chance: np.ndarray  # (P,) what as many true draws would show


def spread(world: World, grid: density.Grid, levels: Levels, count: int, seed: int = 0) -> tuple[Flow, np.ndarray]:
    """Forward: the exact density, particles that walk, and which point of the data each started from (N,).

    Earlier than the grid can show, the density is that of the first stop which it can.
    """
    finest = density.stops(world.mixture, world.schedule, grid, 2)[-1]
    p = density.forward(world.mixture, world.schedule, np.maximum(levels.index, finest), grid)
    x, source = walk(world, levels, count, seed)
    return _together(grid, levels, p, x), source


def gather(
    world: World, grid: density.Grid, eta: float, count: int, stops: int, seed: int = 0, learned=None
) -> Flow:  # fmt: skip
    """Backward: the density solved on the grid, and particles from the same noise, DDIM with this eta.

    The particles go by the sampler's own steps, several between two stops. Both see one score: the exact one, or
    that of a learned denoiser.
    """
    index = gathering(world, grid, stops)
    exact = density.exact_score(world.mixture, world.schedule, grid)
    score = exact if learned is None else learned_score(world, learned, grid)
    p = density.reverse(score, world.schedule, index, grid, eta)
    lane = back(world, learned or world.exact, "ddim", STRIDES * stops, eta, count, seed)
    x = lane.x[[int(np.flatnonzero(lane.index == k)[0]) for k in index]]
    return _together(grid, Levels.at(world.schedule, index), p, x)


def astray(world: World, flow: Flow, grid: density.Grid) -> np.ndarray:
    """The total variation between the flow's density and the exact one, (P,)."""
    return density.apart(flow.p, density.forward(world.mixture, world.schedule, flow.levels.index, grid), grid)


def gathering(world: World, grid: density.Grid, stops: int) -> np.ndarray:
    """The stops of gather, each a timestep that the particles come by: entries of the schedule, falling, (stops,)."""
    among = visited(world.schedule, STRIDES * stops)
    return density.stops(world.mixture, world.schedule, grid, stops, among)


def learned_score(world: World, denoise, grid: density.Grid) -> density.Score:
    """-eps / sigma of a denoiser at the grid's places."""
    x = torch.from_numpy(grid.places)

    def score(k: int) -> np.ndarray:
        eps = predicted(denoise(x, world.time(np.array(k)).expand(len(x)), {})).eps
        return (-eps / world.schedule.sigma[k]).T.reshape(2, grid.count, grid.count).numpy()

    return score


def _together(grid: density.Grid, levels: Levels, p: np.ndarray, x: np.ndarray) -> Flow:
    apart = [density.total_variation(at, one, grid) for at, one in zip(x, p, strict=True)]
    chance = [density.by_chance(one, grid, x.shape[1]) for one in p]
    return Flow(levels, p, x, np.array(apart), np.array(chance))


@dataclass(frozen=True, eq=False)
class Probe:
    """One place in the plane for every stop P, seen by the exact distribution of K points."""

    weight: np.ndarray  # (P, K) softmax weights of the data's points
    eps: np.ndarray  # (P, 2) their mean noise, E[eps | x]
    learned: np.ndarray | None  # (P, 2)
    cond: np.ndarray | None = None  # (P, 2) of one class
    uncond: np.ndarray | None = None  # (P, 2) of all classes, or of the negative one


@torch.no_grad()
def probe(
    world: World, path: np.ndarray, levels: Levels, learned=None, label: int = ANY, negative: int = ANY
) -> Probe:  # fmt: skip
    """What pulls at each place of a path (P, 2) at its stop.

    With a label also the conditional arrow, and the one that guidance leads away from.
    """
    x = torch.from_numpy(path)
    index = torch.from_numpy(np.maximum(levels.index, 0))
    alpha, sigma = (values[index, None] for values in (world.schedule.alpha, world.schedule.sigma))  # (P, 1)

    def seen(denoise, of: int) -> np.ndarray:
        return predicted(denoise(x, world.time(index.numpy()), labels(len(x), of))).eps.numpy()

    pair = (None, None) if label == ANY else (seen(world.exact, label), seen(world.exact, negative))
    weight = world.mixture.weights(x, alpha, sigma).numpy()
    return Probe(weight, seen(world.exact, ANY), None if learned is None else seen(learned, ANY), *pair)
