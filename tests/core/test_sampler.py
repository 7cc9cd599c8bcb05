"""The loop's contract: what a Step says, noise and batches, branching, clipping, and what is refused."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch

from core.guidance import Prediction
from core.sampler import SAMPLERS, sample
from core.schedule import cosine, flow, linear
from core.types import RequestError
from core.updates import sampler_named

SHAPE = (3, 2, 4, 4)


def denoise(x, t):
    return 0.8 * x + 0.2 * torch.sin(x + t.to(x).view(-1, 1, 1, 1))


def noisy(seed=0, dtype=torch.float32):
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed)).to(dtype)


def generators(*seeds):
    return [torch.Generator().manual_seed(seed) for seed in seeds]


@pytest.mark.parametrize("schedule", [linear(), cosine(), flow()], ids=lambda s: s.name)
@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_tells_its_steps_and_ends_at_its_last_guess(name, schedule):
    calls = []

    def counted(x, t):
        calls.append((x, t))
        return Prediction(denoise(x, t), torch.tanh(x))

    x = noisy()
    steps = list(sample(counted, x, schedule, name, 12, generator=generators(1, 2, 3)))
    assert [step.index for step in steps] == list(range(13))
    assert steps[0].x is x
    assert {f.name for f in dataclasses.fields(steps[0]) if getattr(steps[0], f.name) is None} == {
        "t", "alpha", "sigma", "x0", "eps", "eps_cond", "eps_uncond", "noise"
    }  # fmt: skip
    assert len(calls) == 12 * SAMPLERS[name].calls - (SAMPLERS[name].calls - 1)
    assert {t.shape for _, t in calls} == {(3,)}
    between = schedule.flow or name == "dpm++sde"  # which asks between its stops
    assert torch.float32 not in {t.dtype for _, t in calls} or between
    assert torch.equal(steps[-1].x, steps[-1].x0)
    for before, step in itertools.pairwise(steps):
        alpha, sigma = schedule.at(torch.tensor(step.t, dtype=torch.float64 if schedule.flow else None))
        assert (step.alpha, step.sigma) == (alpha.item(), sigma.item())
        assert any(x is before.x for x, _ in calls)
        assert step.x.dtype == torch.float32
        assert torch.isfinite(step.x).all()
        assert (step.noise is not None) == (SAMPLERS[name].adds_noise and step.index < 12)


def test_eta_is_read_by_ddim_alone():
    for name, sampler in SAMPLERS.items():
        a, b = (
            list(sample(denoise, noisy(), linear(), name, 5, eta, noise=noisy, generator=generators(1, 2, 3)))[-1]
            for eta in (0.0, 0.7)
        )
        assert torch.equal(a.x, b.x) != sampler.reads_eta
    assert [name for name, sampler in SAMPLERS.items() if sampler.reads_eta] == ["ddim"]


@pytest.mark.parametrize("name", ["ddpm", "dpm++2m", "dpm++2m-sde", "unipc"])
def test_the_eta_of_its_own_is_how_much_noise_it_adds(name):
    """DDIM at that eta begins with the same step. Those that predict twice a step, or add all noise, are told apart."""
    eta = float(SAMPLERS[name].own_eta)
    same, other = (
        list(sample(denoise, noisy(), linear(), which, 5, eta, generator=generators(1, 2, 3)))
        for which in (name, "ddim")
    )
    for mine, theirs in zip(same, other, strict=True):
        assert (mine.noise is None) == (theirs.noise is None)
    torch.testing.assert_close(same[1].x, other[1].x, rtol=1e-5, atol=1e-5)


def test_what_adds_no_noise_has_an_eta_of_0():
    for sampler in SAMPLERS.values():
        assert (sampler.own_eta in ("0", "no noise")) != sampler.adds_noise


def test_names_of_other_programs():
    assert [sampler_named(name) for name in ("euler", "Euler a", "euler_ancestral", "DPM++ 2M")] == [
        "ddim", "ddpm", "ddpm", "dpm++2m"
    ]  # fmt: skip
    assert sampler_named("nope") == "nope"
    assert [row.title for row in SAMPLERS.values()][:2] == ["DDIM (Euler)", "DDPM (Euler ancestral, Euler a)"]


def test_every_row_of_the_table_describes_itself():
    assert list(SAMPLERS) == [
        "ddim", "ddpm", "ddpm-large", "ddpm-noiseless", "dpm++2m", "dpm++2m-sde", "dpm++sde", "unipc", "heun", "lcm"
    ]  # fmt: skip
    for name, sampler in SAMPLERS.items():
        assert sampler.label
        assert sampler.description.endswith(".")
        assert sampler.process in ("ddim", "ddpm", "noiseless", "faster")
        assert sampler.dash in ("solid", "dot", "dash")
        for first, eta in ((True, 0), (False, 0), (False, 0.5)):
            assert sampler.does(first, eta).endswith(".")
        assert ("0.25" in sampler.does(False, 0.25)) == sampler.reads_eta
        for known in (name, name.upper(), sampler.label, *sampler.aliases):
            assert sampler_named(known) == name
        with pytest.raises(dataclasses.FrozenInstanceError):
            sampler.label = "other"


@pytest.mark.parametrize("name", ["ddpm", "ddpm-large"])
def test_a_sample_is_the_same_alone_and_in_a_batch(name):
    x = torch.randn(4, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    together = list(sample(denoise, x, cosine(), name, 10, generator=generators(5, 6, 7, 8)))
    for row, seed in enumerate((5, 6, 7, 8)):
        alone = list(sample(denoise, x[row : row + 1], cosine(), name, 10, generator=generators(seed)))
        for a, b in zip(alone[1:], together[1:], strict=True):
            if b.noise is not None:
                assert torch.equal(a.noise[0], b.noise[row])
            assert torch.equal(a.x[0], b.x[row])


def test_noise_is_the_same_in_float32_and_float64():
    a, b = (
        list(sample(denoise, noisy(dtype=dtype), linear(), "ddpm", 4, generator=generators(1, 2, 3)))[1].noise
        for dtype in (torch.float32, torch.float64)
    )
    assert a.dtype == torch.float32
    assert b.dtype == torch.float64
    assert torch.equal(a.double(), b)


def test_given_noise_is_asked_for_by_update():
    asked = []

    def noise(i):
        asked.append(i)
        return noisy(i)

    steps = list(sample(denoise, noisy(), linear(), "ddpm", 5, noise=noise))
    assert asked == [0, 1, 2, 3]  # the last update ends clean
    assert torch.equal(steps[2].noise, noisy(1))
    list(sample(denoise, noisy(), linear(), "ddpm", 5, noise=noise, start=2))
    assert asked[4:] == [2, 3]


def test_one_generator_a_sample_or_none():
    with pytest.raises(ValueError, match="zip"):
        list(sample(denoise, noisy(), linear(), "ddpm", 5, generator=generators(1, 2)))
    torch.manual_seed(3)
    a = list(sample(denoise, noisy(), linear(), "ddpm", 5))[-1].x
    torch.manual_seed(3)
    assert torch.equal(a, list(sample(denoise, noisy(), linear(), "ddpm", 5))[-1].x)


@pytest.mark.parametrize("name", ["ddim", "ddpm", "ddpm-large", "ddpm-noiseless", "heun"])
def test_a_path_can_be_taken_up_anywhere(name):
    whole = list(sample(denoise, noisy(), cosine(), name, 9, noise=noisy))
    for k in (0, 4, 8):
        rest = list(sample(denoise, whole[k].x, cosine(), name, 9, noise=noisy, start=k))
        assert [step.index for step in rest] == list(range(k, 10))
        assert all(torch.equal(a.x, b.x) for a, b in zip(rest, whole[k:], strict=True))


def test_a_multistep_path_taken_up_again_starts_with_a_ddim_step():
    x = noisy()
    first = list(sample(denoise, x, cosine(), "dpm++2m", 9, start=4))[1].x
    assert torch.equal(first, list(sample(denoise, x, cosine(), "ddim", 9, start=4))[1].x)


@pytest.mark.parametrize("name", SAMPLERS)
def test_clipping_bounds_the_guess_and_keeps_eps_consistent(name):
    bound = torch.tensor([0.5, 1.0]).view(1, 2, 1, 1)  # one a channel
    x = noisy(dtype=torch.float64)
    steps = list(sample(denoise, x, linear(), name, 10, noise=noisy, clip=(-bound, bound)))
    assert (steps[1].x0.abs().amax((0, 2, 3)) == bound.flatten()).all()
    for before, step in itertools.pairwise(steps):
        assert (step.x0.abs() <= bound).all()
        assert (step.alpha * step.x0 + step.sigma * step.eps - before.x).abs().max() < 1e-12


def test_the_loop_keeps_no_graph_and_stops_when_closed():
    weight = torch.ones(1, requires_grad=True)
    calls = []

    def learned(x, t):
        calls.append(t)
        return weight * denoise(x, t)

    walk = sample(learned, noisy(), linear(), "heun", 50)
    next(walk)
    assert not next(walk).x.requires_grad
    assert torch.is_grad_enabled()
    walk.close()
    assert len(calls) == 2
    assert list(walk) == []


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"sampler": "euler"}, "sampler"),
        ({"sampler": ""}, "sampler"),
        ({"steps": 0}, "steps"),
        ({"steps": 1001}, "steps"),
        ({"steps": 2.5}, "steps"),
        ({"eta": -0.1}, "eta"),
        ({"eta": 1.1}, "eta"),
        ({"eta": float("nan")}, "eta"),
        ({"spacing": "even"}, "spacing"),
        ({"start": -1}, "start"),
        ({"start": 25}, "start"),
    ],
)
def test_bad_values_are_refused_by_name(options, field):
    with pytest.raises(RequestError) as error:
        next(sample(denoise, noisy(), linear(), **options))
    assert error.value.field == field
    assert str(error.value).startswith(field)


def test_predictions_are_counted_one_by_one_where_guidance_asks_twice():
    alpha, every, none = np.array([5e-5, 0.5, 0.9]), np.ones(3, bool), np.zeros(3, bool)
    part = np.array([False, True, False])
    for name, plain in (("ddim", 3), ("heun", 4)):  # Heun looks ahead at its middle step alone
        assert SAMPLERS[name].predictions(alpha, none) == SAMPLERS[name].evaluations(alpha) == plain
        assert SAMPLERS[name].predictions(alpha, every) == 2 * plain
        assert SAMPLERS[name].predictions(alpha, part) == plain + 1
    assert SAMPLERS["heun"].predictions(alpha, every, finished=False) == 10
