"""The Fokker-Planck equation against closed forms, and the particles against the density."""

import numpy as np
import pytest
import torch

from core.schedule import cosine, flow, linear
from core.toy import data, density
from core.toy.exact import Mixture
from core.toy.experiment import Levels, World, gather, spread
from core.types import RequestError

GRID = density.Grid()
SCHEDULES = pytest.mark.parametrize("schedule", [linear(), cosine(), flow()], ids=lambda s: s.name)
ETAS = pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])


def gaussian(width: float) -> Mixture:
    one = torch.ones(1, dtype=torch.float64)
    return Mixture(torch.zeros(1, 2, dtype=torch.float64), width * one, one, torch.zeros(1, dtype=torch.int64))


def normal(variance: float) -> np.ndarray:
    return np.exp(-(GRID.axis[:, None] ** 2 + GRID.axis**2) / (2 * variance)) / (2 * np.pi * variance)


@SCHEDULES
def test_the_density_integrates_to_one_and_is_a_gaussians_closed_form(schedule):
    index = density.stops(gaussian(0.7), schedule, GRID, 9)
    p = density.forward(gaussian(0.7), schedule, index, GRID)
    for k, one in zip(index, p, strict=True):
        variance = float((schedule.alpha[k] * 0.7) ** 2 + schedule.sigma[k] ** 2)
        np.testing.assert_allclose(one, normal(variance), rtol=1e-9, atol=1e-12)
        assert abs(GRID.mass(one) - 1) < 1e-3
    mixture = Mixture.of(data.make("spirals"))
    for one in density.forward(mixture, schedule, density.stops(mixture, schedule, GRID, 9), GRID):
        assert abs(GRID.mass(one) - 1) < 1e-3


@ETAS
@SCHEDULES
def test_solved_backwards_every_eta_has_the_forward_density(schedule, eta):
    mixture = Mixture.of(data.make("spirals"))
    index = density.stops(mixture, schedule, GRID, 31)
    truth = density.forward(mixture, schedule, index, GRID)
    found = density.reverse(density.exact_score(mixture, schedule, GRID), schedule, index, GRID, eta)
    apart = density.apart(found, truth, GRID)
    assert apart.max() < 0.03
    assert apart[:25].max() < 0.015  # before the grid's own cells begin to show


def test_the_solver_is_no_copy_of_the_truth():
    """Given the score of other data it ends elsewhere."""
    schedule, mixture, other = linear(), Mixture.of(data.make("spirals")), Mixture.of(data.make("moons"))
    index = density.stops(mixture, schedule, GRID, 31)
    truth = density.forward(mixture, schedule, index, GRID)
    found = density.reverse(density.exact_score(other, schedule, GRID), schedule, index, GRID, 0.5)
    assert density.apart(found[-1], truth[-1], GRID) > 0.3


@ETAS
def test_particles_and_density_agree(eta):
    """Within 1.3 times the scatter of as many true draws, at every stop: 2000 particles, 16 x 16 squares."""
    flow_back = gather(World.of(data.make("spirals"), linear()), GRID, eta, count=2000, stops=21, seed=1)
    assert (flow_back.apart < 1.3 * flow_back.chance).all()
    assert flow_back.chance.max() < 0.16


def test_walking_particles_and_the_exact_density_agree():
    world = World.of(data.make("moons"), cosine())
    index = density.stops(world.mixture, world.schedule, GRID, 11)[::-1]
    forward, source = spread(world, GRID, Levels.at(world.schedule, np.append(-1, index)), count=2000, seed=2)
    assert (forward.apart[1:] < 1.3 * forward.chance[1:]).all()  # at the data itself the grid is too coarse
    assert np.bincount(source).max() <= 5  # every point of the data starts as many as any other


def test_the_comparison_notices_other_data():
    here = gather(World.of(data.make("spirals"), linear()), GRID, 1.0, count=1000, stops=11)
    there = World.of(data.make("rings"), linear())
    p = density.forward(there.mixture, there.schedule, here.levels.index, GRID)
    assert density.total_variation(here.x[-1], p[-1], GRID) > 2 * here.chance[-1]


def test_by_chance_is_what_true_draws_show():
    rng, p = np.random.default_rng(0), normal(0.5)
    shown = [density.total_variation(np.sqrt(0.5) * rng.normal(size=(500, 2)), p, GRID) for _ in range(40)]
    assert density.by_chance(p, GRID, 500) == pytest.approx(np.mean(shown), rel=0.1)


@pytest.mark.parametrize("eta", [-0.1, 1.5, float("nan"), "1", True])
def test_a_bad_eta_is_refused(eta):
    mixture = gaussian(0.5)
    score, index = density.exact_score(mixture, linear(), GRID), density.stops(mixture, linear(), GRID, 3)
    with pytest.raises(RequestError, match="eta"):
        density.reverse(score, linear(), index, GRID, eta)
