"""A run that was interrupted goes on from any of its steps, elsewhere, as if nothing had happened."""

from __future__ import annotations

import pytest
import torch

from core.types import Request
from core.updates import SAMPLERS
from tests.fake_engine import FakeEngine


@pytest.mark.parametrize("spacing", ["trailing", "karras"])
@pytest.mark.parametrize("branches", [(), ((3, 7), (4, 8))])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_another_engine_has_the_same_steps_after_any_step(sampler, branches, spacing):
    one, other = FakeEngine(delay=0), FakeEngine(delay=0)
    pair = [Request("a fox", seed=seed, sampler=sampler, steps=7, eta=0.5, spacing=spacing, branches=branches,
                    variation_seed=9, variation_strength=0.2 * seed) for seed in (1, 2)]  # fmt: skip
    whole = list(one.run_many(pair))
    assert [step.index for step in whole] == list(range(8))
    for step in whole:
        rest = list(other.run_many(pair, after=step))
        assert [later.index for later in rest] == list(range(step.index + 1, 8))
        for mine, theirs in zip(rest, whole[step.index + 1 :], strict=True):
            for name in ("x", "x0", "eps", "eps_cond", "eps_uncond", "noise"):
                a, b = getattr(mine, name), getattr(theirs, name)
                assert (a is None and b is None) or torch.equal(a, b), (step.index, mine.index, name)


def test_noise_that_frames_share_is_drawn_as_it_was():
    film = FakeEngine.of_videos(delay=0)
    request = Request("a fox", seed=5, sampler="ddpm", steps=4, shared_noise=0.5)
    whole = list(film.run(request))
    *_, last = film.run_many([request], after=whole[2])
    assert torch.equal(last.x, whole[-1].x)
