"""The arrows of guidance against their definitions, on a trace made of known vectors."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from core.arrows import arrows, pushes
from core.types import Request, Trace

S, SHAPE = 6, (4, 3, 3)
G = 3.5


def make(**settings) -> Trace:
    """A run as the engine would keep it, with random predictions."""
    rng = np.random.default_rng(5)
    x, c, u = rng.standard_normal((3, S + 1, *SHAPE)).astype(np.float32)
    c, u = c[:S], u[:S] + 2 * c[:S]
    sigma = np.linspace(0.95, 0.1, S)
    request = Request("a fox", steps=S, **{"guidance": G} | settings)
    on = (request.guidance_low <= sigma) & (sigma <= request.guidance_high)
    g = np.where(on, request.guidance, 1.0).astype(np.float32)[:, None, None, None]
    eps = u + g * (c - u)
    u[(g == 1).ravel()] = np.nan
    eps = np.where(g == 1, c, eps)
    return Trace(request, "m", x, x[:S], eps, c, u, 1000 * sigma, np.sqrt(1 - sigma**2), sigma,
                 Image.new("RGB", (8, 8)), 0.1)  # fmt: skip


def test_the_arrows_add_up():
    found = arrows(make())
    u, c, d, guided = (found.vectors[name] for name in ("uncond", "cond", "difference", "guided"))
    assert np.abs(u + d - c).max() < 1e-12
    assert np.abs(u + G * d - guided).max() < 1e-12
    assert np.abs(c + (G - 1) * d - guided).max() < 1e-12  # the same, as a push away from u
    assert found.clamped.max() < 1e-5


def test_the_plane_keeps_every_length_and_angle():
    found = arrows(make())
    flat = found.flat()
    for name, size in found.norms().items():
        assert np.abs(np.linalg.norm(flat[name], axis=1) - size).max() < 1e-12
    inner = np.sum(flat["guided"] * flat["cond"], 1)
    truth = np.mean(found.vectors["guided"] * found.vectors["cond"], 1)
    assert np.abs(inner - truth).max() < 1e-12
    assert np.abs(flat["uncond"][:, 1]).max() < 1e-12
    assert (flat["difference"][:, 1] > 0).all()
    assert np.abs(flat["uncond"] + G * flat["difference"] - flat["guided"]).max() < 1e-12


def test_cosines_are_those_of_the_definition():
    trace = make()
    cosines = arrows(trace).cosines()
    c, u = trace.eps_cond[2].ravel().astype(float), trace.eps_uncond[2].ravel().astype(float)
    assert cosines["cond, uncond"][2] == pytest.approx(c @ u / np.sqrt((c @ c) * (u @ u)), abs=1e-12)
    assert all((np.abs(values) <= 1).all() for values in cosines.values())


def test_where_the_network_was_asked_once_there_are_no_arrows():
    trace = make(guidance_low=0.3, guidance_high=0.8)
    off = (trace.sigma < 0.3) | (trace.sigma > 0.8)
    assert 0 < off.sum() < S
    found = arrows(trace)
    assert (found.g == np.where(off, 1, G)).all()
    for values in [*found.norms().values(), *found.cosines().values(), pushes(trace).mean((1, 2))]:
        if values is not found.norms()["cond"]:
            assert np.isfinite(values[~off]).all()
    assert np.isnan(found.norms()["difference"][off]).all()
    assert np.isfinite(found.norms()["cond"]).all()
    assert np.isnan(found.flat()["guided"][off]).all()


def test_the_push_of_a_patch_is_the_size_of_the_difference_there():
    trace = make()
    where = pushes(trace)
    assert where.shape == (S, *SHAPE[1:])
    one = (trace.eps_cond - trace.eps_uncond)[3, :, 1, 2].astype(float)
    assert where[3, 1, 2] == pytest.approx(np.sqrt(np.mean(one**2)), rel=1e-6)
    whole = arrows(trace).norms()["difference"]
    assert np.abs(np.sqrt(np.mean(where**2, (1, 2))) - whole).max() < 1e-6


def test_equal_predictions_make_no_arrow():
    trace = make()
    same = dataclasses.replace(trace, eps_uncond=trace.eps_cond, eps=trace.eps_cond)
    found = arrows(same)
    assert (found.norms()["difference"] == 0).all()
    assert np.isnan(found.cosines()["difference, uncond"]).all()
    assert np.isfinite(found.flat()["guided"]).all()


def test_what_clamping_moved_is_told():
    trace = make()
    moved = dataclasses.replace(trace, eps=trace.eps + np.float32(0.25))
    assert np.abs(arrows(moved).clamped - 0.25).max() < 1e-5
