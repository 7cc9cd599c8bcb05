"""Every sampler against diffusers' own, on the same noise and a nonlinear denoiser, state by state."""

import diffusers
import numpy as np
import pytest
import torch

from core.guidance import as_denoiser
from core.sampler import sample
from core.schedule import cosine, flow, linear, scaled_linear

SHAPE = (2, 3, 4, 4)
STEPS = (10, 30, 50, 1000)


def start(dtype=torch.float64):
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(7), dtype=torch.float64).to(dtype)


def noise(i):
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(1000 + i), dtype=torch.float64)


def denoise(x, t):
    """No network, but as curved as one: depends on x, on its neighbours and on t."""
    phase = t.to(x).view(-1, 1, 1, 1) / 130
    return 0.7 * x + 0.5 * torch.sin(2 * x + phase) * torch.cos(x.roll(1, -1) - phase)


def ours(*args, **options):
    steps = list(sample(*args, **options))
    return torch.stack([step.x for step in steps]), torch.stack([step.x0 for step in steps[1:]])


def in_float64(scheduler, schedule):
    """diffusers keeps its tables in float32; give it the exact ones, so that only the sampling differs."""
    scheduler.alphas_cumprod = schedule.alpha**2
    scheduler.final_alpha_cumprod = scheduler.one = torch.tensor(1.0, dtype=torch.float64)
    return scheduler


def theirs(scheduler, steps, **options):
    """Their loop; options(i) are the keywords of step i."""
    scheduler.set_timesteps(steps)
    x, states, clean = start(), [start()], []
    for i, t in enumerate(scheduler.timesteps):
        out = scheduler.step(denoise(x, t.expand(len(x))), t, x, **{k: f(i) for k, f in options.items()})
        x = out.prev_sample
        states.append(x)
        clean.append(out.pred_original_sample)
    return torch.stack(states), torch.stack(clean)


def gap(a, b):
    return (a - b).abs().max().item()


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_ddim(steps, eta):
    scheduler = in_float64(diffusers.DDIMScheduler(clip_sample=False), linear())
    states, clean = theirs(scheduler, steps, eta=lambda i: eta, variance_noise=noise)
    x, x0 = ours(denoise, start(), linear(), "ddim", steps, eta, noise=noise)
    assert x.dtype == torch.float64
    assert gap(x, states) < 1e-9
    assert gap(x0, clean) < 1e-9


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("spacing", ["leading", "linspace"])
@pytest.mark.parametrize(("sampler", "variance"), [("ddpm", "fixed_small"), ("ddpm-large", "fixed_large")])
def test_ddpm(steps, sampler, variance, spacing):
    config = {"clip_sample": False, "variance_type": variance, "timestep_spacing": spacing}
    scheduler = in_float64(diffusers.DDPMScheduler(**config), linear())

    def generator(i):  # the one that noise(i) draws from
        return torch.Generator().manual_seed(1000 + i)

    states, clean = theirs(scheduler, steps, generator=generator)
    x, x0 = ours(denoise, start(), linear(), sampler, steps, spacing=spacing, noise=noise)
    assert gap(x, states) < 1e-9
    assert gap(x0, clean) < 1e-9


def test_ddpm_trailing_up_to_the_last_step_where_diffusers_adds_noise_to_a_clean_picture():
    config = {"clip_sample": False, "variance_type": "fixed_large", "timestep_spacing": "trailing"}
    scheduler = in_float64(diffusers.DDPMScheduler(**config), linear())
    states, clean = theirs(scheduler, 30, generator=lambda i: torch.Generator().manual_seed(1000 + i))
    x, _ = ours(denoise, start(), linear(), "ddpm-large", 30, spacing="trailing", noise=noise)
    assert gap(x[:-1], states[:-1]) < 1e-9
    assert gap(x[-1], clean[-1]) < 1e-9
    assert gap(x[-1], states[-1]) > 1e-2


@pytest.mark.parametrize("schedule", [scaled_linear(), cosine()], ids=lambda s: s.name)
def test_ddim_and_ddpm_on_other_schedules(schedule):
    scheduler = in_float64(diffusers.DDIMScheduler(clip_sample=False), schedule)
    states, _ = theirs(scheduler, 50, eta=lambda i: 0.5, variance_noise=noise)
    assert gap(ours(denoise, start(), schedule, "ddim", 50, 0.5, noise=noise)[0], states) < 1e-9
    scheduler = in_float64(diffusers.DDPMScheduler(clip_sample=False), schedule)
    states, _ = theirs(scheduler, 50, generator=lambda i: torch.Generator().manual_seed(1000 + i))
    assert gap(ours(denoise, start(), schedule, "ddpm", 50, noise=noise)[0], states) < 1e-9


def test_ddpm_is_ddim_with_eta_1():
    a, _ = ours(denoise, start(), linear(), "ddpm", 50, noise=noise)
    b, _ = ours(denoise, start(), linear(), "ddim", 50, eta=1.0, noise=noise)
    assert torch.equal(a, b)


def test_ddpm_noiseless_is_ddpm_given_no_noise():
    a, _ = ours(denoise, start(), linear(), "ddpm-noiseless", 50, noise=noise)
    b, _ = ours(denoise, start(), linear(), "ddpm", 50, noise=lambda i: torch.zeros(SHAPE))
    assert torch.equal(a, b)


@pytest.mark.parametrize("schedule", [linear(), scaled_linear()], ids=lambda s: s.name)
@pytest.mark.parametrize("spacing", ["leading", "trailing", "linspace"])
@pytest.mark.parametrize("steps", [10, 30, 50])
def test_dpmpp_2m(schedule, spacing, steps):
    betas = {"linear": (1e-4, 0.02), "scaled_linear": (0.00085, 0.012)}[schedule.name]
    config = {"beta_schedule": schedule.name, "beta_start": betas[0], "beta_end": betas[1]}
    scheduler = diffusers.DPMSolverMultistepScheduler(**config)
    # Its own leading and linspace divide the range by steps + 1, so it is given our timesteps.
    scheduler.set_timesteps(timesteps=schedule.timesteps(steps, spacing).tolist())
    x, states = start(torch.float32), [start(torch.float32)]
    for t in scheduler.timesteps:
        x = scheduler.step(denoise(x, t.expand(len(x))), t, x).prev_sample
        states.append(x)
    states = torch.stack(states)
    mine, _ = ours(denoise, start(torch.float32), schedule, "dpm++2m", steps, spacing=spacing)
    assert mine.dtype == torch.float32
    assert gap(mine, states) < 1e-4 * states.abs().max()
    assert gap(mine[-1], states[-1]) < 1e-4 * states[-1].abs().max()


@pytest.mark.parametrize("schedule", [linear(), scaled_linear()], ids=lambda s: s.name)
@pytest.mark.parametrize("spacing", ["leading", "trailing"])
@pytest.mark.parametrize("steps", [10, 30, 50])
def test_heun(schedule, spacing, steps):
    betas = {"linear": (1e-4, 0.02), "scaled_linear": (0.00085, 0.012)}[schedule.name]
    config = {"beta_schedule": schedule.name, "beta_start": betas[0], "beta_end": betas[1]}
    scheduler = diffusers.HeunDiscreteScheduler(timestep_spacing=spacing, **config)
    scheduler.set_timesteps(steps)
    alpha = [*schedule.at(schedule.timesteps(steps, spacing))[0].tolist(), 1.0]
    x = start(torch.float32) / alpha[0]  # their state is x / alpha
    states = [x]
    for i, t in enumerate(scheduler.timesteps):
        scaled = scheduler.scale_model_input(x, t)
        x = scheduler.step(denoise(scaled, t.long().expand(len(x))), t, x).prev_sample
        if i % 2 or i == len(scheduler.timesteps) - 1:  # after each corrector; the last step has none
            states.append(x)
    states = torch.stack([a * x for a, x in zip(alpha, states, strict=True)])
    mine, _ = ours(denoise, start(torch.float32), schedule, "heun", steps, spacing=spacing)
    assert gap(mine, states) < 1e-4 * states.abs().max()
    assert gap(mine[-1], states[-1]) < 1e-4 * states[-1].abs().max()


def velocity(x, t, cond=None):
    phase = 3 * t.to(x).view(-1, 1, 1, 1)
    return x + 0.5 * torch.sin(2 * x + phase) * torch.cos(x.roll(1, -1) - phase)


def flow_euler(steps, **options):
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(steps, **options)
    x, states = start(torch.float32), [start(torch.float32)]
    for t in scheduler.timesteps:
        x = scheduler.step(velocity(x, t.expand(len(x)) / 1000), t, x).prev_sample
        states.append(x)
    return torch.stack(states)


@pytest.mark.parametrize("steps", [10, 30, 50])
def test_ddim_on_a_flow_schedule_is_flow_matching_euler(steps):
    schedule = flow()

    def eps(x, t):  # a plain tensor, as any denoiser may give
        return x + (1 - t.view(-1, 1, 1, 1)) * velocity(x, t)

    full = as_denoiser(velocity, "flow", schedule)
    for spacing, options in (("linspace", {}), ("trailing", {"sigmas": np.linspace(1, 1 / steps, steps)})):
        states = flow_euler(steps, **options)
        assert gap(ours(eps, start(), schedule, "ddim", steps, spacing=spacing)[0], states) < 1e-6
        for dtype, bound in ((torch.float64, 1e-6), (torch.float32, 2e-6)):  # 2: then both sides round
            x, _ = ours(lambda x, t: full(x, t, None), start(dtype), schedule, "ddim", steps, spacing=spacing)
            assert x.dtype == dtype
            assert gap(x, states) < bound


@pytest.mark.parametrize("steps", [10, 30, 50])
def test_dpmpp_2m_on_a_flow_schedule(steps):
    schedule = flow()
    sigmas = schedule.timesteps(steps, "leading").float()
    scheduler = diffusers.DPMSolverMultistepScheduler(use_flow_sigmas=True, prediction_type="flow_prediction")
    scheduler.set_timesteps(steps)
    scheduler.timesteps, scheduler.sigmas = sigmas * 1000, torch.cat([sigmas, torch.zeros(1)])
    x = start(torch.float32)
    for t in scheduler.timesteps:
        x = scheduler.step(velocity(x, t.expand(len(x)) / 1000), t, x).prev_sample
    full = as_denoiser(velocity, "flow", schedule)
    mine, _ = ours(lambda x, t: full(x, t, None), start(torch.float32), schedule, "dpm++2m", steps)
    assert gap(mine[-1], x) < 1e-4 * x.abs().max()
