"""The schedules and the spacings, against diffusers' tables."""

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler

from core.schedule import cosine, flow, linear, scaled_linear
from core.types import RequestError

VP = {
    "linear": (linear(), {"beta_schedule": "linear"}),
    "scaled_linear": (
        scaled_linear(),
        {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012},
    ),
    "cosine": (cosine(), {"beta_schedule": "squaredcos_cap_v2"}),
}


@pytest.mark.parametrize("name", VP)
def test_variance_preserving_tables_are_those_of_diffusers(name):
    schedule, config = VP[name]
    theirs = DDPMScheduler(**config).alphas_cumprod.double()  # a float32 product of 1000 factors
    assert schedule.name == name
    assert len(schedule) == 1000
    assert schedule.alpha.dtype == schedule.sigma.dtype == torch.float64
    assert (schedule.alpha**2 - theirs).abs().max() < 2e-6
    assert (schedule.alpha**2 / theirs - 1).abs().max() < 1e-4
    assert (schedule.alpha**2 + schedule.sigma**2 - 1).abs().max() < 1e-15
    assert (schedule.alpha.diff() < 0).all()
    assert (schedule.sigma.diff() > 0).all()


def test_linear_in_float64_is_the_product_of_its_betas():
    product = np.cumprod(1 - np.linspace(1e-4, 0.02, 1000))
    np.testing.assert_allclose(linear().alpha.numpy() ** 2, product, rtol=1e-12)


def test_flow_is_a_straight_line_at_any_time():
    schedule = flow()
    t = torch.tensor([1e-4, 0.25, 0.5, 1.0])
    alpha, sigma = schedule.at(t)
    assert schedule.flow
    assert torch.equal(sigma, t.double())
    assert torch.equal(alpha, 1 - t.double())
    np.testing.assert_allclose(schedule.sigma.numpy(), np.arange(1, 1001) / 1000)


def test_at_broadcasts_over_a_batch_in_its_dtype():
    t, x = torch.tensor([0, 500, 999]), torch.zeros(3, 4, 2, 2)
    alpha, sigma = linear().at(t, like=x)
    assert alpha.shape == sigma.shape == (3, 1, 1, 1)
    assert alpha.dtype == torch.float32
    assert torch.equal(alpha.flatten(), linear().alpha[t].float())


@pytest.mark.parametrize("spacing", ["leading", "trailing", "linspace"])
def test_spacings_are_those_of_diffusers_for_every_number_of_steps(spacing):
    ours, theirs = linear(), DDIMScheduler(timestep_spacing=spacing)
    for steps in range(1, 1001):
        t = ours.timesteps(steps, spacing)
        theirs.set_timesteps(steps)
        assert torch.equal(t, theirs.timesteps[:steps]), steps  # at 976, their trailing has a 977th, -1
        assert t.dtype == torch.int64
        assert (t.diff() < 0).all()


@pytest.mark.parametrize("steps", [1, 7, 25, 1000])
@pytest.mark.parametrize("spacing", ["leading", "trailing", "linspace"])
def test_flow_times_fall_and_leave_some_signal_and_some_noise(spacing, steps):
    t = flow().timesteps(steps, spacing)
    alpha, sigma = flow().at(t)
    assert t.shape == (steps,)
    assert t.dtype == torch.float64
    assert (t.diff() < 0).all()
    assert (alpha > 0).all()
    assert (sigma > 0).all()
    if spacing == "trailing":
        np.testing.assert_allclose(t.numpy(), np.linspace(1, 1 / steps, steps), atol=2e-8)


@pytest.mark.parametrize("steps", [0, -1, 1001, 2.0, True, float("nan"), "ten", None])
def test_impossible_numbers_of_steps_are_refused(steps):
    for schedule in (linear(), flow()):
        with pytest.raises(RequestError, match=r"steps is .*1 to 1000"):
            schedule.timesteps(steps, "leading")


def test_an_unknown_spacing_is_refused():
    with pytest.raises(RequestError, match=r"spacing is 'sideways'.*leading, trailing, linspace"):
        linear().timesteps(10, "sideways")


def test_other_lengths_than_a_thousand():
    for schedule in (linear(50), scaled_linear(50), cosine(50), flow(50)):
        assert len(schedule) == 50
        assert len(schedule.timesteps(50, "trailing")) == 50
