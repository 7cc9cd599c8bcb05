"""The closed forms against automatic differentiation, brute force, and each other."""

import math

import numpy as np
import pytest
import torch

from core.guidance import guide
from core.schedule import cosine, flow, linear
from core.toy import data
from core.toy.exact import ANY, Mixture, collapse, speciation, timeless

POINTS = data.make("spirals", 90)
MIXTURE = Mixture.of(POINTS)
UNEVEN = Mixture(  # of different widths and weights
    torch.tensor([[1.0, 0.5], [-1.0, 0.2], [0.2, -1.5]], dtype=torch.float64),
    torch.tensor([0.1, 0.4, 0.8], dtype=torch.float64),
    torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64),
    torch.tensor([0, 0, 1]),
)
LEVELS = [5, 100, 400, 900]


def level(k):
    schedule = linear()
    return schedule.alpha[k].view(1, 1), schedule.sigma[k].view(1, 1)


def places(count=40):
    return 1.5 * torch.randn(count, 2, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


@pytest.mark.parametrize("mixture", [MIXTURE, UNEVEN], ids=["points", "uneven"])
@pytest.mark.parametrize("k", LEVELS)
@pytest.mark.parametrize("label", [ANY, 1])
def test_the_score_is_the_gradient_of_the_log_density(mixture, k, label):
    x, labels = places().requires_grad_(), torch.full((40,), label)
    mixture.log_density(x, *level(k), labels).sum().backward()
    score = mixture.score(x.detach(), *level(k), labels)
    assert (score - x.grad).abs().max() <= 1e-8 * max(1.0, x.grad.abs().max().item())


@pytest.mark.parametrize("k", LEVELS)
def test_the_denoiser_is_the_posterior_mean_by_brute_force(k):
    """E[x_0 | x] as an integral over x_0 on a fine grid, with Bayes' rule at every grid point."""
    alpha, sigma = level(k)
    axis = torch.linspace(-8, 8, 1601, dtype=torch.float64)
    x0 = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), -1).view(-1, 2)
    prior = sum(
        w * torch.exp(-(x0 - m).square().sum(1) / (2 * h**2)) / h**2
        for w, m, h in zip(UNEVEN.weight, UNEVEN.mean, UNEVEN.width, strict=True)
    )
    for x in places(4):
        posterior = prior * torch.exp(-(x - alpha * x0).square().sum(1) / (2 * sigma.squeeze() ** 2))
        truth = (posterior[:, None] * x0).sum(0) / posterior.sum()
        found = UNEVEN.posterior_mean(x[None], alpha, sigma)[0]
        assert (found - truth).abs().max() < 1e-8


@pytest.mark.parametrize("schedule", [linear(), cosine(), flow()], ids=lambda s: s.name)
def test_the_denoiser_speaks_the_samplers_language(schedule):
    x, k = places(), 300
    t = torch.full((40,), (k + 1) / 1000, dtype=torch.float64) if schedule.flow else torch.full((40,), k)
    alpha, sigma = schedule.alpha[k].view(1, 1), schedule.sigma[k].view(1, 1)
    p = MIXTURE.denoiser(schedule)(x, t, {})
    assert (p.eps + sigma * MIXTURE.score(x, alpha, sigma)).abs().max() < 1e-9
    assert (alpha * p.x0 + sigma * p.eps - x).abs().max() < 1e-12


def test_rows_at_different_times_are_those_of_each_time_alone():
    schedule, x = linear(), places(4)
    denoise = MIXTURE.denoiser(schedule)
    t = torch.tensor([10, 200, 500, 999])
    together = denoise(x, t, {}).eps
    for k in range(4):
        assert (denoise(x[k : k + 1], t[k : k + 1], {}).eps - together[k]).abs().max() < 1e-12


def test_weights_sum_to_one_and_stay_in_their_class():
    weights = MIXTURE.weights(places(), *level(300), torch.full((40,), 2))
    assert (weights.sum(1) - 1).abs().max() < 1e-12
    assert (weights[:, POINTS.label != 2] == 0).all()
    assert MIXTURE.weights(places(), *level(0)).max() > 0.999  # nearly clean: one point has it all


def test_guidance_arrows_add_up():
    schedule, x, t = linear(), places(), torch.full((40,), 300)
    cond, uncond = ({"label": torch.full((40,), label)} for label in (1, ANY))
    p = guide(MIXTURE.denoiser(schedule), cond, uncond, 3.5)(x, t)
    alone = MIXTURE.denoiser(schedule)(x, t, cond).eps
    assert (p.eps_cond - alone).abs().max() < 1e-12
    assert (p.eps - (p.eps_uncond + 3.5 * (p.eps_cond - p.eps_uncond))).abs().max() < 1e-12
    assert (p.eps_cond - p.eps_uncond).norm(dim=1).min() > 1e-3


@pytest.mark.parametrize("k", LEVELS)
def test_the_grid_agrees_with_the_points(k):
    axis = torch.linspace(-2, 2, 9, dtype=torch.float64)
    alpha, sigma = level(k)
    p, score = UNEVEN.on_grid(axis, float(alpha), float(sigma))
    x = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), -1).view(-1, 2)
    assert (p.flatten() - UNEVEN.log_density(x, alpha, sigma).exp()).abs().max() < 1e-12
    assert (score.flatten(1).T - UNEVEN.score(x, alpha, sigma)).abs().max() < 1e-9


def test_the_best_guess_without_the_time_is_a_regression_over_all_times():
    """Against the mean of eps over draws of time, data and noise that land in a small square."""
    schedule, rng = linear(), np.random.default_rng(0)
    place, side = np.array([0.4, -0.3]), 0.1
    n = 2_000_000
    k = rng.choice(3, n, p=UNEVEN.weight.numpy())
    x0 = UNEVEN.mean.numpy()[k] + UNEVEN.width.numpy()[k, None] * rng.normal(size=(n, 2))
    t, eps = rng.integers(0, 1000, n), rng.normal(size=(n, 2))
    x = schedule.alpha.numpy()[t, None] * x0 + schedule.sigma.numpy()[t, None] * eps
    near = np.abs(x - place).max(1) < side
    found = timeless(UNEVEN, schedule, torch.from_numpy(place[None]), torch.arange(1000))[0].numpy()
    assert near.sum() > 5000
    np.testing.assert_allclose(found, eps[near].mean(0), atol=4 * math.sqrt(1 / near.sum()) + 0.02)


def test_speciation_is_where_signal_and_noise_weigh_the_same():
    wide = Mixture.of(data.own([[-9, 0], [9, 0], [-9, 1], [9, 1]]))
    schedule = linear()
    k = int(speciation(wide, schedule))
    largest = np.linalg.eigvalsh(np.cov(wide.mean.T.numpy(), bias=True))[-1]
    snr = (schedule.alpha / schedule.sigma) ** 2 * largest
    assert snr[k - 2] > 1 > snr[k + 2]
    # a larger spread commits earlier on the way back, that is at a later time
    assert speciation(Mixture.of(data.make("gaussians", 100)), schedule) < k


@pytest.mark.parametrize("schedule", [linear(), cosine()], ids=lambda s: s.name)
def test_below_the_collapse_time_one_point_has_nearly_all_the_weight(schedule):
    few, many = (Mixture.of(data.make("gaussians", n)) for n in (20, 400))
    k = int(collapse(few, schedule))
    assert k > collapse(many, schedule)  # the more points, the closer to the end
    for at, most in ((k // 4, True), (min(4 * k, 900), False)):
        alpha, sigma = schedule.alpha[at].view(1, 1), schedule.sigma[at].view(1, 1)
        x = alpha * few.mean + sigma * torch.randn(20, 2, generator=torch.Generator().manual_seed(0))
        largest = few.weights(x, alpha, sigma).max(1).values.median()
        assert (largest > 0.9) == most
