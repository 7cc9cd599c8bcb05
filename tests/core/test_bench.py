"""The benchmark measures what it says, on a network whose work is known."""

from __future__ import annotations

import re

import torch

import core
from core import bench


def test_bench_prints_every_figure(trained, monkeypatch, capsys):
    monkeypatch.setattr(bench, "REPEATS", 1)
    bench.bench(core.load(trained))
    printed = capsys.readouterr().out
    speeds = ("25-step DDIM", "reading the prompts", "outside both", "GFLOP/s", "first picture", "1000-step DDPM")
    for row in (*speeds, "beside 1 busy process ", "eager PyTorch", "recorded", "bf16", "diffusers"):
        assert row in printed
    assert re.search(r"ours takes \d\.\d\d of it", printed)


def test_flops_are_counted_from_the_matrix_products(trained):
    engine = core.load(trained)
    one, two = (bench._flops(engine, core.Request("x", steps=steps)) for steps in (1, 2))
    text = 2 * one - two  # the prompt is encoded once, whatever the steps
    assert text > 0
    network = engine.model.network
    layer = 2 * 2 * 64 * network.into.in_features * network.into.out_features  # both branches, 64 tokens
    assert one - text > layer


def test_the_diffusers_loop_makes_the_same_picture(trained):
    """The comparison is fair only if both do the same work."""
    from diffusers import DDIMScheduler

    engine, request = core.load(trained), core.Request("a cat", steps=20)
    theirs = DDIMScheduler(
        trained_betas=bench._betas(engine), clip_sample=False, set_alpha_to_one=True, timestep_spacing="trailing"
    )
    theirs.set_timesteps(request.steps)
    denoise = engine.denoiser([request])
    x = torch.randn(1, *engine.latent_shape, generator=torch.Generator().manual_seed(request.seed))
    with torch.inference_mode():
        for t in theirs.timesteps:
            x = theirs.step(denoise(x, t[None]).eps, t, x).prev_sample
    *_, ours = engine.run(request)
    assert (x - ours.x).abs().mean() < 0.1  # ours clamps x̂_0 to the latents' range, theirs does not
