"""Guidance, and what networks predict, against their definitions."""

import pytest
import torch

from core.guidance import Prediction, as_denoiser, guide, predicted, rescaling, within
from core.sampler import sample
from core.schedule import cosine, flow, linear
from core.types import RequestError

B = 3


class Network:
    """Depends on x, t and every tensor of the conditioning; remembers how it was called."""

    def __init__(self, with_x0=False):
        self.calls = []
        self.with_x0 = with_x0

    def __call__(self, x, t, cond):
        assert len(x) == len(t) == len(cond["text"]) == len(cond["image"])
        self.calls.append(len(x))
        told = (cond["text"].mean((1, 2)) + cond["image"].sum(1)).view(-1, 1, 1, 1)
        eps = torch.tanh(x * told + t.to(x).view(-1, 1, 1, 1) / 500)
        return Prediction(eps, torch.sin(eps)) if self.with_x0 else eps


def conditioning(seed):
    generator = torch.Generator().manual_seed(seed)
    return {
        "text": torch.randn(B, 5, 6, generator=generator),
        "image": torch.randn(B, 4, generator=generator),
    }


@pytest.fixture
def batch():
    x = torch.randn(B, 2, 4, 4, generator=torch.Generator().manual_seed(9))
    return x, torch.tensor([10, 500, 999])


PROMPT, EMPTY, NEGATIVE = conditioning(1), conditioning(2), conditioning(3)


def test_scale_1_is_the_conditional_branch_alone(batch):
    network = Network()
    p = guide(network, PROMPT, EMPTY, 1.0)(*batch)
    assert network.calls == [B]
    assert torch.equal(p.eps, network(*batch, PROMPT))
    assert p.eps_cond is p.eps
    assert p.eps_uncond is None


def test_scale_0_is_the_unconditional_branch_alone(batch):
    network = Network()
    p = guide(network, PROMPT, EMPTY, 0.0)(*batch)
    assert network.calls == [B]
    assert torch.equal(p.eps, network(*batch, EMPTY))
    assert p.eps_uncond is p.eps
    assert p.eps_cond is None


@pytest.mark.parametrize("g", [0.5, 4, 7.5, 30.0])
def test_any_other_scale_is_on_the_line_through_both_in_one_call(batch, g):
    network = Network()
    p = guide(network, PROMPT, EMPTY, g)(*batch)
    assert network.calls == [2 * B]
    cond, uncond = network(*batch, PROMPT), network(*batch, EMPTY)
    assert torch.equal(p.eps_cond, cond)
    assert torch.equal(p.eps_uncond, uncond)
    assert (p.eps - (uncond + g * (cond - uncond))).abs().max() < 1e-6 * g


def test_guidance_is_linear_in_its_scale(batch):
    x, t = batch[0].double(), batch[1]
    prompt, empty = ({k: v.double() for k, v in c.items()} for c in (PROMPT, EMPTY))
    at = {g: guide(Network(), prompt, empty, g)(x, t).eps for g in (0, 1, 2, 3, 8)}
    assert (at[2] - at[1] - (at[1] - at[0])).abs().max() < 1e-12
    assert (at[3] - at[2] - (at[1] - at[0])).abs().max() < 1e-12
    assert (at[8] - at[0] - 8 * (at[1] - at[0])).abs().max() < 1e-12


def test_a_negative_prompt_takes_the_unconditional_place(batch):
    network = Network()
    p = guide(network, PROMPT, NEGATIVE, 5.0)(*batch)
    assert torch.equal(p.eps_uncond, network(*batch, NEGATIVE))
    cond, negative = network(*batch, PROMPT), network(*batch, NEGATIVE)
    assert (p.eps - (cond + 4 * (cond - negative))).abs().max() < 1e-5
    assert not torch.allclose(p.eps, guide(network, PROMPT, EMPTY, 5.0)(*batch).eps)


def test_every_sample_may_have_its_own_scale(batch):
    scales = torch.tensor([0.0, 1.0, 6.0])
    p = guide(Network(), PROMPT, EMPTY, scales)(*batch)
    for row, g in enumerate(scales.tolist()):
        assert torch.allclose(p.eps[row], guide(Network(), PROMPT, EMPTY, g)(*batch).eps[row], atol=1e-5)
    assert torch.equal(p.eps[0], p.eps_uncond[0])  # exactly so at 0 and at 1
    assert torch.equal(p.eps[1], p.eps_cond[1])


def test_scales_that_are_all_1_cost_one_branch(batch):
    network = Network()
    assert guide(network, PROMPT, EMPTY, torch.ones(B))(*batch).eps_uncond is None
    assert network.calls == [B]


def test_a_given_x0_is_guided_like_eps(batch):
    network = Network(with_x0=True)
    p = guide(network, PROMPT, EMPTY, 3.0)(*batch)
    cond, uncond = network(*batch, PROMPT).x0, network(*batch, EMPTY).x0
    assert (p.x0 - (uncond + 3 * (cond - uncond))).abs().max() < 1e-5
    assert guide(network, PROMPT, EMPTY, 1.0)(*batch).x0 is not None


def test_both_branches_reach_the_steps():
    x = torch.randn(B, 2, 4, 4, generator=torch.Generator().manual_seed(9))
    _, *steps = sample(guide(Network(), PROMPT, EMPTY, 4.0), x, linear(), "heun", 5)
    for step in steps:
        assert (step.eps - (step.eps_uncond + 4 * (step.eps_cond - step.eps_uncond))).abs().max() < 1e-4
    _, *steps = sample(guide(Network(), PROMPT, EMPTY, 1.0), x, linear(), "ddim", 5)
    assert all(step.eps_uncond is None and torch.equal(step.eps, step.eps_cond) for step in steps)


@pytest.mark.parametrize("g", [0.0, 1.0, 4.0])
def test_the_whole_interval_is_plain_guidance(batch, g):
    ours, plain = Network(), Network()
    p = guide(ours, PROMPT, EMPTY, within(linear(), g, 0, 1))(*batch)
    assert torch.equal(p.eps, guide(plain, PROMPT, EMPTY, g)(*batch).eps)
    assert ours.calls == plain.calls


@pytest.mark.parametrize("schedule", [linear(), flow()], ids=lambda s: s.name)
def test_outside_its_interval_guidance_is_the_conditional_branch_alone_at_half_the_cost(schedule):
    network, x = Network(), torch.randn(B, 2, 4, 4, generator=torch.Generator().manual_seed(9))
    _, *steps = sample(guide(network, PROMPT, EMPTY, within(schedule, 5.0, 0.3, 0.8)), x, schedule, "ddim", 12)
    inside = [0.3 <= step.sigma <= 0.8 for step in steps]
    assert any(inside)
    assert not inside[0]
    assert not inside[-1]
    assert network.calls == [2 * B if on else B for on in inside]
    for on, step in zip(inside, steps, strict=True):
        if on:
            assert (step.eps - (step.eps_uncond + 5 * (step.eps_cond - step.eps_uncond))).abs().max() < 1e-4
        else:
            assert step.eps_uncond is None
            assert torch.equal(step.eps, step.eps_cond)


def test_every_sample_may_have_its_own_interval(batch):
    x, t = batch
    schedule, low, high = linear(), torch.tensor([0.0, 0.5, 0.0]), torch.tensor([1.0, 1.0, 0.5])
    sigma = schedule.at(t)[1]  # sigma rises from the first sample to the last
    assert sigma[0] < 0.5 < sigma[1]
    p = guide(Network(), PROMPT, EMPTY, within(schedule, 6.0, low, high))(x, t)
    everywhere = guide(Network(), PROMPT, EMPTY, 6.0)(x, t)
    assert torch.equal(p.eps[:2], everywhere.eps[:2])
    assert torch.equal(p.eps[2], everywhere.eps_cond[2])


@pytest.mark.parametrize("schedule", [linear(), cosine(), flow()], ids=lambda s: s.name)
@pytest.mark.parametrize("kind", ["eps", "x0", "v", "flow"])
def test_any_kind_of_prediction_gives_back_eps_and_x0(kind, schedule):
    generator = torch.Generator().manual_seed(4)
    x0, eps = torch.randn(2, B, 2, 4, 4, generator=generator, dtype=torch.float64)
    t = torch.tensor([0.1, 0.5, 0.999], dtype=torch.float64) if schedule.flow else torch.tensor([0, 500, 999])
    alpha, sigma = schedule.at(t, like=x0)
    x = alpha * x0 + sigma * eps
    truth = {"eps": eps, "x0": x0, "v": alpha * eps - sigma * x0, "flow": eps - x0}[kind]

    def network(at_x, at_t, cond):
        assert at_x is x
        assert at_t is t
        assert cond is PROMPT
        return truth

    p = as_denoiser(network, kind, schedule)(x, t, PROMPT)
    if kind == "eps":
        assert p is eps  # an eps network is a denoiser already
        return
    assert (p.eps - eps).abs().max() < 1e-10
    assert (p.x0 - x0).abs().max() < 1e-10


@pytest.mark.parametrize("kind", ["x0", "v", "flow"])
def test_x0_survives_float32_where_alpha_is_zero(kind):
    x0, eps = torch.randn(2, B, 2, 4, 4, generator=torch.Generator().manual_seed(4))
    truth = {"x0": x0, "v": -x0, "flow": eps - x0}[kind]
    p = as_denoiser(lambda x, t, cond: truth, kind, flow())(eps, torch.ones(B), None)
    assert (p.x0 - x0).abs().max() < 1e-6
    assert (p.eps - eps).abs().max() < 1e-6


def test_an_unknown_kind_of_prediction_is_refused():
    with pytest.raises(RequestError, match=r"prediction kind is 'score'.*eps, x0, v, flow"):
        as_denoiser(Network(), "score", linear())


@pytest.mark.parametrize("kind", ["eps", "x0", "v", "flow"])
def test_rescaled_guidance_is_that_of_diffusers_in_whatever_the_network_predicts(batch, kind):
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg

    schedule, (x, t) = (flow() if kind == "flow" else linear()), batch
    t = t / 1000 if kind == "flow" else t
    g, share = torch.tensor([0.0, 4.0, 9.0]), torch.tensor([0.7, 0.3, 1.0])
    network = Network()
    denoise = as_denoiser(network, kind, schedule)
    p = guide(denoise, PROMPT, EMPTY, g, rescaling(kind, schedule, share))(x, t)
    cond, uncond = network(x, t, PROMPT), network(x, t, EMPTY)
    for row in (1, 2):
        guided = uncond[row : row + 1] + g[row] * (cond - uncond)[row : row + 1]
        wanted = rescale_noise_cfg(guided, cond[row : row + 1], share[row].item())
        wanted = predicted(as_denoiser(lambda *_, wanted=wanted: wanted, kind, schedule)(x[[row]], t[[row]], None))
        assert (p.eps[row] - wanted.eps[0]).abs().max() < 1e-4 * wanted.eps.abs().max()
        if p.x0 is not None:
            assert (p.x0[row] - wanted.x0[0]).abs().max() < 1e-4 * wanted.x0.abs().max()
    plain = guide(denoise, PROMPT, EMPTY, g)(x, t)
    assert (p.eps[0] - plain.eps[0]).abs().max() < 1e-5, "one branch alone is what it is, whoever shares its batch"
    assert torch.equal(p.eps_cond, plain.eps_cond)
    assert torch.equal(p.eps_uncond, plain.eps_uncond)
