import numpy as np
import pytest
import torch

from core import measure
from core.schedule import cosine, flow, linear
from core.toy import data
from core.toy.exact import ANY, WIDTH, Mixture
from core.toy.experiment import (
    Levels,
    World,
    arrows,
    back,
    energy_distances,
    labels,
    noise,
    probe,
    timeless_arrows,
    walk,
)  # fmt: skip

SCHEDULES = pytest.mark.parametrize("schedule", [linear(), cosine(), flow()], ids=lambda s: s.name)
SPIRALS = data.make("spirals", 200)


@SCHEDULES
def test_the_walk_has_the_schedules_mean_and_variance_at_every_stop(schedule):
    world, levels = World.of(SPIRALS, schedule), Levels.of(schedule, 21)
    x, source = walk(world, levels, 4000, seed=1)
    assert x.shape == (21, 4000, 2)
    assert (levels.alpha[0], levels.sigma[0]) == (1, 0)
    clean = SPIRALS.x[source]
    for k in range(1, 21):
        z = (x[k] - levels.alpha[k] * clean) / np.hypot(levels.sigma[k], levels.alpha[k] * WIDTH)
        assert np.abs(z.mean(0)).max() < 0.06
        assert np.abs(z.var(0) - 1).max() < 0.1
    a = levels.alpha[1:] / levels.alpha[:-1]
    steps = x[1:] - a[:, None, None] * x[:-1]
    assert abs(np.corrcoef(steps[5, :, 0], steps[6, :, 0])[0, 1]) < 0.06  # a walk: no step knows of the last one


@SCHEDULES
def test_without_its_noise_the_variance_falls_as_computed_for_a_gaussian(schedule):
    """E[x_s | x_t] = (alpha_t / alpha_s)(v_s / v_t) x_t with v = alpha^2 h^2 + sigma^2: a product that telescopes."""
    h = 0.8
    one = torch.ones(1, dtype=torch.float64)
    mixture = Mixture(torch.zeros(1, 2, dtype=torch.float64), h * one, one, torch.zeros(1, dtype=torch.int64))
    world = World(data.make("spiral", 3), schedule, mixture)
    lane = back(world, world.exact, "ddpm-noiseless", 40, count=500, seed=3)
    levels = Levels.at(schedule, lane.index)
    v = (levels.alpha * h) ** 2 + levels.sigma**2
    alpha = np.where(levels.alpha > 0, levels.alpha, 1e-8)  # flow begins a hair below t = 1
    predicted = lane.variance[0] * (alpha[0] / alpha * v / v[0]) ** 2
    np.testing.assert_allclose(lane.variance, predicted, rtol=1e-6, atol=1e-12)
    assert lane.variance[-1] < 1e-3
    full = back(world, world.exact, "ddpm", 200, count=500, seed=3)
    assert full.variance[-1] == pytest.approx(h**2, rel=0.15)


def test_the_lanes_share_their_start_and_only_the_noiseless_one_collapses():
    world = World.of(SPIRALS, linear())
    lanes = {name: back(world, world.exact, name, 60) for name in ("ddpm", "ddim", "ddpm-noiseless")}
    for lane in lanes.values():
        assert lane.x.shape == (61, 300, 2)
        np.testing.assert_array_equal(lane.x[0], noise(300, 0).numpy())
        assert lane.index[-1] == -1
    end = {name: energy_distances(lane.x[-1:], SPIRALS.x)[0] for name, lane in lanes.items()}
    assert lanes["ddpm-noiseless"].variance[-1] < 0.25
    assert lanes["ddpm"].variance[-1] == pytest.approx(1, abs=0.15)
    assert lanes["ddim"].variance[-1] == pytest.approx(1, abs=0.15)
    assert end["ddpm-noiseless"] > 10 * max(end["ddpm"], end["ddim"], 0.005)


def test_energy_distances_are_those_of_measure():
    rng = np.random.default_rng(0)
    path, y = rng.normal(size=(3, 40, 2)), rng.normal(size=(50, 2)) + 0.5
    np.testing.assert_allclose(
        energy_distances(path, y), [measure.energy_distance(x, y) for x in path], rtol=1e-9, atol=1e-12
    )


def test_guided_particles_go_to_their_class():
    world = World.of(SPIRALS, linear())
    reached = []
    for scale in (0.0, 1.0, 3.0):
        lane = back(world, world.exact, "ddim", 30, cond=labels(300, 1), uncond=labels(300, ANY), scale=scale)
        nearest = np.linalg.norm(lane.x[-1][:, None] - SPIRALS.x, axis=-1).argmin(1)
        reached.append(np.mean(SPIRALS.label[nearest] == 1))
    assert reached[0] < 0.5
    assert min(reached[1:]) > 0.97


def test_a_probe_sees_what_the_arrows_show():
    world, levels = World.of(SPIRALS, linear()), Levels.of(linear(), 6)
    path = np.repeat([[0.5, -0.2]], 6, 0)
    found = probe(world, path, levels, learned=world.exact, label=2, negative=0)
    np.testing.assert_allclose(found.weight.sum(1), 1)
    np.testing.assert_allclose(found.eps, arrows(world, world.exact, levels, np.array([[0.5, -0.2]]))[:, 0])
    np.testing.assert_allclose(found.eps, found.learned)
    assert np.abs(found.cond - found.uncond).max() > 0.1
    assert probe(world, path, levels).cond is None


def test_the_timeless_field_is_the_same_at_every_stop():
    world, levels = World.of(SPIRALS, linear()), Levels.of(linear(), 4)
    field = timeless_arrows(world, levels, np.array([[0.5, 0.5], [3.0, 0.0]]))
    assert field.shape == (4, 2, 2)
    np.testing.assert_array_equal(field[0], field[-1])
    assert field[0, 1] @ [1, 0] > 0.5  # far out, the noise points outwards
