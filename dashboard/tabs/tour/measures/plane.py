"""Measurements on points in the plane, where the score is known exactly: what is seen there is no network's fault."""

from __future__ import annotations

from collections.abc import Generator
from functools import lru_cache

import numpy as np

from core import schedule as schedules
from core.guidance import Prediction
from core.measure import energy_test
from core.schedule import Schedule
from core.toy import data, experiment
from core.toy.data import Points
from core.toy.exact import timeless
from core.toy.experiment import Levels, World
from dashboard.figures.clouds import cloud
from dashboard.tabs.tour.bench import Bench
from dashboard.tabs.tour.stop import Found, Shot

NEAR = 0.1  # a walk has arrived that ends no farther than this from a point of the data, whose variance is 1
STEPS = 50
PARTICLES = 300
TIMES = 20  # noise levels over which the network without the time averages
SHIFT = 3.0  # the mean of the data of `leak`
SHORT = 0.005  # its last beta, a quarter of the usual one: the schedule ends early
ALPHA = 0.05  # p-values below it tell two clouds apart

Measured = Generator[float, None, Found]


@lru_cache(maxsize=1)
def spiral() -> World:
    return World.of(data.make("spiral", 300), schedules.linear())


def walk(bench: Bench) -> Measured:
    """Forward, how much of the start is left; back by DDPM with the exact score, how many arrive."""
    yield 0
    here = spiral()
    x, _ = experiment.walk(here, Levels.of(here.schedule, 101), 2000)
    explained = np.mean([np.corrcoef(x[0, :, axis], x[-1, :, axis])[0, 1] ** 2 for axis in (0, 1)])
    yield 0.2
    way = experiment.back(here, here.exact, "ddpm", STEPS, count=PARTICLES)
    before, after = (arrived(here, points) for points in (way.x[0], way.x[-1]))
    shots = [Shot("Forward, {k:.0%} of the steps", cloud(x[at, :400], "q-x_t"), share) for share, at in AT.items()]
    shots.append(Shot("Back: where the walks end", cloud(way.x[-1], "q-x0")))
    answer = 0 if explained >= 0.3 else 1 if explained >= 0.03 else 2
    numbers = {"explained": explained, "arrived": after, "before": before, "count": PARTICLES}
    return Found(answer, numbers, tuple(shots))


AT = {0.0: 0, 0.1: 10, 1.0: 100}  # shares of the forward walk, and its stops there


def time(bench: Bench) -> Measured:
    """The best network that is not told the time, beside the best one that is: both sample by DDPM."""
    here = spiral()
    times = here.time(np.linspace(0, len(here.schedule) - 1, TIMES).round().astype(int))

    def blind(x, t, cond) -> Prediction:
        eps = timeless(here.mixture, here.schedule, x, times)
        alpha, sigma = here.schedule.at(t, like=x)
        return Prediction(eps, (x - sigma * eps) / alpha)

    yield 0
    without = experiment.back(here, blind, "ddpm", STEPS, count=PARTICLES).x[-1]
    yield 0.8
    way = experiment.back(here, here.exact, "ddpm", STEPS, count=PARTICLES).x
    informed = way[-1]
    shares = [arrived(here, points) for points in (without, informed, way[0])]
    names = ("Without the time", "Told the time")
    shots = tuple(
        Shot(name, cloud(points, "q-x0", here.points.x))
        for name, points in zip(names, (without, informed), strict=True)
    )
    return Found(100 * shares[0], dict(zip(("blind", "informed", "before"), shares, strict=True)), shots)


def fresh(bench: Bench) -> Measured:
    """DDPM with its noise and without: the variance that is left, the data's being 1."""
    here, shots, left = spiral(), [], []
    for sampler, name, colour in (
        ("ddpm", "With fresh noise", "p-ddpm"),
        ("ddpm-noiseless", "Without fresh noise", "p-noiseless"),
    ):
        yield len(shots) / 2
        way = experiment.back(here, here.exact, sampler, STEPS, count=PARTICLES)
        left.append(float(way.variance[-1]))
        shots.append(Shot(name, cloud(way.x[-1], colour, here.points.x)))
    kept, without = left
    return Found(100 * without, {"without": without, "kept": kept}, tuple(shots))


def ddim(bench: Bench) -> Measured:
    """Do DDIM's points end where DDPM's do? A permutation test; the three clouds start from noises of their own."""
    here, ends = spiral(), {}
    for seed, sampler in enumerate(WAYS):
        yield seed / 4
        ends[sampler] = experiment.back(here, here.exact, sampler, 100, count=PARTICLES, seed=seed).x[-1]
    same = energy_test(ends["ddim"], ends["ddpm"], 199)[2]
    collapsed = energy_test(ends["ddpm-noiseless"], ends["ddpm"], 199)[2]
    yield 0.75
    few = {
        sampler: experiment.energy_distances(
            experiment.back(here, here.exact, sampler, 10, count=PARTICLES).x[-1:], here.points.x
        )[0]
        for sampler in ("ddim", "ddpm")
    }
    shrunk = ends["ddim"].var(0).mean() < 0.5
    answer = 1 if same >= ALPHA else 0 if shrunk else 2
    shots = tuple(Shot(name, cloud(ends[sampler], COLOURS[sampler], here.points.x)) for sampler, name in WAYS.items())
    case = "" if answer == 1 else "differs"
    return Found(answer, {"same": same, "collapsed": collapsed, **few}, shots, case=case)


WAYS = {"ddim": "DDIM: no noise", "ddpm": "DDPM", "ddpm-noiseless": "DDPM without its noise"}
COLOURS = {"ddim": "p-ddim", "ddpm": "p-ddpm", "ddpm-noiseless": "p-noiseless"}


def leak(bench: Bench) -> Measured:
    """Data far from 0, under a schedule that ends with signal left and one that does not; the denoiser is exact."""
    base = data.make("gaussians", PARTICLES)
    moved = Points("moved", base.x + SHIFT, base.label)
    means, shots = [], []
    for name, schedule in (("Signal left at the end", leaking()), ("No signal left", schedules.linear())):
        yield len(shots) / 2
        here = World.of(moved, schedule)
        end = experiment.back(here, here.exact, "ddim", STEPS, count=PARTICLES).x[-1]
        means.append(float(end.mean()))
        shots.append(Shot(name, cloud(end, "q-x0", moved.x, centre=SHIFT - 1)))
    leaking_mean, good = means
    answer = 1 if leaking_mean < SHIFT - 0.3 else 2 if leaking_mean > SHIFT + 0.3 else 0
    numbers = {"leaking": leaking_mean, "good": good, "end": float(schedules.linear().alpha[-1])}
    return Found(answer, numbers, tuple(shots))


def leaking() -> Schedule:
    return schedules.linear(beta_end=SHORT)


def arrived(here: World, points: np.ndarray) -> float:
    """The share of points (N, 2) that lie at the data."""
    nearest = np.linalg.norm(points[:, None] - here.points.x, axis=-1).min(1)
    return float(np.mean(nearest <= NEAR))
