"""What is said of DDIM and DDPM: they end in one law, and DDPM without its noise collapses."""

import numpy as np
import pytest
import torch

import core
from core.measure import energy_test
from core.sampler import sample
from core.schedule import cosine
from core.types import Request
from tests.core.test_sampler_truth import exact, true_samples

N = 300  # points in the plane
PICTURES, STEPS = 32, 50


def drawn(sampler, steps, seed, eta=0.0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(N, 2, generator=generator, dtype=torch.float64)
    noise = {"noise": lambda i: torch.randn(N, 2, generator=generator, dtype=torch.float64)}
    for step in sample(exact(cosine()), x, cosine(), sampler, steps, eta, "trailing", **noise):
        x = step.x
    return x.numpy()


@pytest.fixture(scope="module")
def ddpm():
    return drawn("ddpm", 1000, seed=1)


@pytest.mark.parametrize("eta", [0.0, 0.5])
def test_ddim_ends_in_the_law_of_ddpm(ddpm, eta):
    """On the mixture, whose denoiser is exact: no energy test tells DDIM's samples from DDPM's."""
    assert energy_test(drawn("ddim", 500, seed=2, eta=eta), ddpm)[2] > 0.05


def test_the_test_can_fail(ddpm):
    for sampler, steps in (("ddpm-noiseless", 1000), ("ddim", 3)):
        assert energy_test(drawn(sampler, steps, seed=2), ddpm)[2] < 0.01


def test_without_its_noise_the_variance_falls_below_a_hundredth_of_the_data(ddpm):
    truth = true_samples(torch.Generator().manual_seed(3)).numpy()
    collapsed = drawn("ddpm-noiseless", 1000, seed=2)
    assert collapsed.var(0).sum() < 0.01 * truth.var(0).sum()
    assert ddpm.var(0).sum() > 0.8 * truth.var(0).sum()


def latents(engine, sampler, steps, first):
    """No guidance and no prompt: what is sampled is the law the network has learned."""
    requests = [Request(seed=first + n, sampler=sampler, steps=steps, guidance=0.0) for n in range(PICTURES)]
    *_, last = engine.run_many(requests)
    return last.x.numpy().reshape(PICTURES, -1), engine.decode(last.x)


def test_a_trained_network_sends_both_to_one_law(trained):
    from PIL import Image

    engine = core.load(trained)
    embedded = []
    for sampler, first in (("ddim", 0), ("ddpm", 1000), ("ddpm", 2000), ("ddpm-noiseless", 0)):
        x, pixels = latents(engine, sampler, STEPS, first)
        embedded.append((x, engine.clip.image([Image.fromarray(picture) for picture in pixels])))
    (_, ddim), (x, ddpm), (_, again), (collapsed, blurred) = embedded
    distance, null, p = energy_test(ddim, ddpm)
    assert p > 0.01
    assert energy_test(ddpm, again)[2] > 0.01
    assert energy_test(blurred, ddpm)[2] < 0.01, "the test has the power to see a difference"
    assert (
        collapsed.var(0).mean() < 0.02 * engine.gallery.latents.reshape(len(engine.gallery.latents), -1).var(0).mean()
    )
    assert collapsed.var(0).mean() < 0.05 * x.var(0).mean()
    assert distance < null.max()
    assert np.isfinite(null).all()
