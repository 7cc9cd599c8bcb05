"""Every sampler against the truth: a Gaussian mixture in the plane, whose best denoiser is known exactly.

A right sampler gives samples that cannot be told from true ones: their energy distance to true samples stays
within what two sets of true samples show between them.
"""

import pytest
import torch

from core.sampler import sample
from core.schedule import cosine, flow, linear

N = 1000
MEANS = torch.tensor([[2.0, 0.0], [-1.0, 1.5], [-1.0, -1.5], [0.3, 0.2]], dtype=torch.float64)
SPREADS = torch.tensor([0.20, 0.30, 0.25, 0.15], dtype=torch.float64)
WEIGHTS = torch.tensor([0.3, 0.3, 0.3, 0.1], dtype=torch.float64)


def true_samples(generator):
    k = torch.multinomial(WEIGHTS, N, replacement=True, generator=generator)
    z = torch.randn(N, 2, generator=generator, dtype=torch.float64)
    return MEANS[k] + SPREADS[k, None] * z


def exact(schedule):
    """E[eps | x_t]: x_t is a mixture as well, of N(alpha mean, alpha^2 spread^2 + sigma^2)."""

    def denoise(x, t):
        alpha, sigma = schedule.at(t, like=x)  # (N, 1)
        variance = (alpha * SPREADS) ** 2 + sigma**2  # (N, 4)
        away = x[:, None] - alpha[:, None] * MEANS  # (N, 4, 2)
        log_weights = WEIGHTS.log() - variance.log() - away.square().sum(-1) / (2 * variance)
        pull = log_weights.softmax(-1) / variance  # (N, 4)
        return sigma * (pull[..., None] * away).sum(1)

    return denoise


def energy_distance(a, b):
    """Székely and Rizzo's: 0 where the distributions are equal."""
    return (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()


@pytest.fixture(scope="module")
def chance():
    """The energy distance that 95 of 100 pairs of sets of true samples stay below."""
    generator = torch.Generator().manual_seed(1)
    return sorted(energy_distance(true_samples(generator), true_samples(generator)) for _ in range(100))[95]


def drawn(schedule, sampler, steps, **options):
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(N, 2, generator=generator, dtype=torch.float64)
    options["noise"] = lambda i: torch.randn(N, 2, generator=generator, dtype=torch.float64)
    for step in sample(exact(schedule), x, schedule, sampler, steps, **options):
        x = step.x
    return x, true_samples(generator)


@pytest.mark.parametrize(
    ("schedule", "sampler", "steps", "options"),
    [
        (linear(), "ddim", 500, {}),
        (linear(), "ddim", 500, {"eta": 0.5}),
        (linear(), "ddpm", 1000, {}),
        (linear(), "ddpm-large", 1000, {}),
        (linear(), "dpm++2m", 100, {}),
        (linear(), "heun", 50, {}),
        (cosine(), "ddim", 500, {"spacing": "trailing"}),
        (cosine(), "ddpm", 1000, {"spacing": "trailing"}),
        (cosine(), "dpm++2m", 100, {"spacing": "trailing"}),
        (cosine(), "heun", 25, {"spacing": "trailing"}),
        (flow(), "ddim", 500, {"spacing": "trailing"}),
        (flow(), "ddim", 500, {"spacing": "trailing", "eta": 0.5}),
        (flow(), "ddpm", 1000, {"spacing": "trailing"}),
        (flow(), "dpm++2m", 25, {"spacing": "trailing"}),
        (flow(), "heun", 25, {"spacing": "trailing"}),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_samplers_reach_the_mixture(schedule, sampler, steps, options, chance):
    samples, truth = drawn(schedule, sampler, steps, **options)
    assert energy_distance(samples, truth) < chance
    assert abs(samples.var(0).sum() / truth.var(0).sum() - 1) < 0.1


@pytest.mark.parametrize("schedule", [linear(), cosine(), flow()], ids=lambda s: s.name)
def test_without_its_noise_ddpm_collapses(schedule, chance):
    samples, truth = drawn(schedule, "ddpm-noiseless", 1000, spacing="trailing")
    assert energy_distance(samples, truth) > 50 * chance
    assert samples.var(0).sum() < 0.01 * truth.var(0).sum()


def test_too_few_steps_are_noticed(chance):
    """The test above has the power to fail: ten steps of DDPM are not enough."""
    samples, truth = drawn(linear(), "ddpm", 10)
    assert energy_distance(samples, truth) > chance


@pytest.mark.parametrize("schedule", [cosine(), flow()], ids=lambda s: s.name)
@pytest.mark.parametrize("faster", ["dpm++2m", "heun"])
def test_the_faster_solvers_end_nearer_to_where_ddim_is_going(faster, schedule):
    goal, _ = drawn(schedule, "ddim", 1000, spacing="trailing")
    ddim, ours = (drawn(schedule, name, 25, spacing="trailing")[0] - goal for name in ("ddim", faster))
    assert ours.norm(dim=1).median() < 0.5 * ddim.norm(dim=1).median()
