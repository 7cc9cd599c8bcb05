"""UniPC, DPM-Solver++ 2M SDE, LCM, the Karras spacing and Euler's two names, against diffusers on shared noise."""

import importlib
import itertools
import sys
from types import ModuleType

import diffusers
import numpy as np
import pytest
import torch

from core.guidance import as_denoiser
from core.sampler import sample
from core.schedule import cosine, flow, linear, scaled_linear
from core.updates import sampler_named
from tests.core.test_sampler_parity import SHAPE, denoise, gap, noise, ours, start, velocity

CONFIG = {
    "linear": {"beta_schedule": "linear", "beta_start": 1e-4, "beta_end": 0.02},
    "scaled_linear": {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012},
    "cosine": {"beta_schedule": "squaredcos_cap_v2"},
}
BETAS = [linear(), scaled_linear()]


def theirs(scheduler, network=denoise, scale=1, **options):
    """Their states; options(i) are the keywords of step i."""
    x = start(torch.float32)
    states = [x]
    for i, t in enumerate(scheduler.timesteps):
        out = network(x, (t / scale).expand(len(x)) if scale > 1 else t.expand(len(x)))
        x = scheduler.step(out, t, x, **{name: f(i) for name, f in options.items()}).prev_sample
        states.append(x)
    return torch.stack(states)


def in_k(scheduler, alpha, **options):
    """The states of a scheduler that keeps x / alpha, as ours."""
    x = start(torch.float32) / alpha[0]
    states = [x]
    for t in scheduler.timesteps:
        x = scheduler.step(denoise(scheduler.scale_model_input(x, t), t.expand(len(x))), t, x, **options).prev_sample
        states.append(x)
    return torch.stack([a * x for a, x in zip(alpha, states, strict=True)])


def close(mine, states, bound=1e-4):
    assert len(mine) == len(states)
    assert gap(mine, states) < bound * states.abs().max()
    assert gap(mine[-1], states[-1]) < bound * states[-1].abs().max()


@pytest.mark.parametrize("schedule", [*BETAS, cosine()], ids=lambda s: s.name)
@pytest.mark.parametrize("steps", [2, 10, 30])
def test_unipc(schedule, steps):
    scheduler = diffusers.UniPCMultistepScheduler(timestep_spacing="trailing", **CONFIG[schedule.name])
    scheduler.set_timesteps(steps)
    close(ours(denoise, start(torch.float32), schedule, "unipc", steps, spacing="trailing")[0], theirs(scheduler))


@pytest.mark.parametrize("steps", [10, 30])
def test_unipc_on_a_flow_schedule(steps):
    sigmas = flow().timesteps(steps, "trailing").float()
    scheduler = diffusers.UniPCMultistepScheduler(use_flow_sigmas=True, prediction_type="flow_prediction")
    scheduler.set_timesteps(sigmas=sigmas.numpy())
    scheduler.timesteps, scheduler.sigmas = sigmas * 1000, torch.cat([sigmas.clamp(max=1 - 1e-6), torch.zeros(1)])
    full = as_denoiser(velocity, "flow", flow())
    mine, _ = ours(lambda x, t: full(x, t, None), start(torch.float32), flow(), "unipc", steps, spacing="trailing")
    close(mine, theirs(scheduler, velocity, 1000), 1e-3)


@pytest.mark.parametrize("schedule", BETAS, ids=lambda s: s.name)
@pytest.mark.parametrize("steps", [10, 30])
def test_dpmpp_2m_sde(schedule, steps):
    options = {"algorithm_type": "sde-dpmsolver++", "timestep_spacing": "trailing"}
    scheduler = diffusers.DPMSolverMultistepScheduler(**options, **CONFIG[schedule.name])
    scheduler.set_timesteps(steps)
    states = theirs(scheduler, variance_noise=lambda i: noise(i).float())
    args = denoise, start(torch.float32), schedule, "dpm++2m-sde", steps
    close(ours(*args, spacing="trailing", noise=noise)[0], states)


@pytest.mark.parametrize("steps", [1, 4, 8])
def test_lcm(steps, monkeypatch):
    schedule = scaled_linear()
    config = CONFIG["scaled_linear"] | {"clip_sample": False, "timestep_scaling": 1e8}  # its boundary factors at 1, 0
    scheduler = diffusers.LCMScheduler(original_inference_steps=1000, **config)
    scheduler.set_timesteps(timesteps=schedule.timesteps(steps, "trailing").tolist())
    drawn = iter(range(steps))
    monkeypatch.setattr(
        diffusers.schedulers.scheduling_lcm, "randn_tensor", lambda *args, **options: noise(next(drawn)).float()
    )
    states = theirs(scheduler)
    mine, _ = ours(denoise, start(torch.float32), schedule, "lcm", steps, spacing="trailing", noise=noise)
    close(mine, states)


@pytest.mark.parametrize("schedule", BETAS, ids=lambda s: s.name)
@pytest.mark.parametrize("steps", [5, 12])
def test_the_karras_spacing(schedule, steps):
    scheduler = diffusers.EulerDiscreteScheduler(use_karras_sigmas=True, **CONFIG[schedule.name])
    scheduler.set_timesteps(steps)
    t = schedule.timesteps(steps, "karras")
    alpha, sigma = schedule.at(t)
    np.testing.assert_allclose(sigma / alpha, scheduler.sigmas[:-1], rtol=2e-4)
    np.testing.assert_allclose(t, scheduler.timesteps, atol=0.05)  # theirs are float32
    states = in_k(scheduler, [*alpha.tolist(), 1.0])
    close(ours(denoise, start(torch.float32), schedule, "ddim", steps, spacing="karras")[0], states, 2e-4)


@pytest.mark.parametrize("schedule", [linear(), cosine(), flow()], ids=lambda s: s.name)
def test_karras_levels_fall_from_noise_to_nearly_clean(schedule):
    alpha, sigma = schedule.at(schedule.timesteps(10, "karras"))
    assert (torch.diff(sigma / alpha) < 0).all()
    assert alpha[0] < 0.02
    assert sigma[-1] < 0.05


@pytest.mark.parametrize("schedule", BETAS, ids=lambda s: s.name)
@pytest.mark.parametrize("steps", [10, 30])
def test_euler_is_ddim_and_euler_ancestral_is_ddpm(schedule, steps, monkeypatch):
    names = {"Euler": diffusers.EulerDiscreteScheduler, "Euler a": diffusers.EulerAncestralDiscreteScheduler}
    for name, kind in names.items():
        drawn = iter(range(steps))
        module = f"diffusers.schedulers.{kind.__module__.rsplit('.', 1)[-1]}.randn_tensor"
        monkeypatch.setattr(module, lambda *args, drawn=drawn, **options: noise(next(drawn)).float())
        scheduler = kind(timestep_spacing="trailing", **CONFIG[schedule.name])
        scheduler.set_timesteps(steps)
        t = schedule.timesteps(steps, "trailing")
        assert scheduler.timesteps.tolist() == t.tolist()
        states = in_k(scheduler, [*schedule.at(t)[0].tolist(), 1.0])
        args = denoise, start(torch.float32), schedule, sampler_named(name), steps
        close(ours(*args, spacing="trailing", noise=noise)[0], states)


@pytest.fixture
def sde(monkeypatch):
    """Their DPM-Solver++ SDE, whose noise is given here: the package that would draw it is not needed."""
    monkeypatch.setitem(sys.modules, "torchsde", ModuleType("torchsde"))
    module = importlib.import_module("diffusers.schedulers.scheduling_dpmsolver_sde")
    yield module.DPMSolverSDEScheduler
    monkeypatch.delitem(sys.modules, module.__name__)


def along_one_path(generator):
    """Their noise of half a step, and of the whole of it, as ours: of one Brownian motion over 1 / sigma^2."""
    half, step = {}, itertools.count()

    def draw(start, end):
        start, end = float(start), float(end)
        if start not in half:
            half[start] = end, torch.randn(SHAPE, generator=generator)
            return half[start][1]
        middle, z = half[start]
        share = (middle**-2 - start**-2) / (end**-2 - start**-2)
        return share**0.5 * z + (1 - share) ** 0.5 * noise(next(step)).float()

    return draw


@pytest.mark.parametrize("schedule", BETAS, ids=lambda s: s.name)
@pytest.mark.parametrize("steps", [2, 10, 30])
def test_dpmpp_sde(schedule, steps, sde):
    scheduler = sde(timestep_spacing="trailing", **CONFIG[schedule.name])
    scheduler.set_timesteps(steps)
    scheduler.noise_sampler = along_one_path(torch.Generator().manual_seed(5))
    alpha, _ = schedule.at(schedule.timesteps(steps, "trailing"))
    x = start(torch.float32) / alpha[0]
    states = [x * alpha[0]]
    for i, t in enumerate(scheduler.timesteps):
        out = denoise(scheduler.scale_model_input(x, t), t.expand(len(x)).float())
        x = scheduler.step(out, t, x).prev_sample
        if i % 2 or i == len(scheduler.timesteps) - 1:  # every second call ends a step
            states.append(x * [*alpha, 1.0][len(states)])
    args = denoise, start(torch.float32), schedule, "dpm++sde", steps
    rows = [torch.Generator().manual_seed(5)] * len(x)  # one, which draws row after row
    mine, _ = ours(*args, spacing="trailing", noise=noise, generator=rows)
    close(mine, torch.stack(states).float(), 2e-4)


def test_dpmpp_sde_is_exact_where_the_prediction_stays():
    """Of a single point every sampler arrives there, and on the way has the noise of its level."""
    schedule, point = cosine(), torch.full((4096, 1), 0.5)
    x = torch.randn(4096, 1, generator=torch.Generator().manual_seed(0))

    def exact(x, t):
        alpha, sigma = schedule.at(t, like=x)
        return (x - alpha * point) / sigma

    rows = [torch.Generator().manual_seed(n) for n in range(len(x))]
    for step in list(sample(exact, x, schedule, "dpm++sde", 8, generator=rows))[1:-1]:
        alpha, sigma = schedule.at(schedule.timesteps(8, "leading"))
        wanted = [*zip(alpha.tolist(), sigma.tolist(), strict=True)][step.index]
        assert abs((step.x - wanted[0] * point).std().item() / wanted[1] - 1) < 0.05
