from __future__ import annotations

import numpy as np
import pytest
import torch

import core
from core.model import Asked
from core.probe import attention
from core.reading import END, NO_PICTURE, START, enlarge

REQUEST = core.Request("a cat", seed=3, steps=6)


@pytest.fixture(scope="module")
def engine(trained):
    return core.load(trained)


def test_looking_changes_no_number_of_a_run(engine):
    before = engine.trace(REQUEST)
    attention(engine, before, np.arange(6))
    after = engine.trace(REQUEST)
    for name in core.Trace.ARRAYS:
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))
    cond = engine.model.condition([Asked("a cat")])
    x, t = torch.from_numpy(before.x[2:3]), torch.tensor([int(before.t[2])])
    with torch.inference_mode():
        seen = []
        again = engine.model.network.denoise(x, engine.model.times[t], cond, seen)
        assert torch.equal(again, engine.model.predict(x, t, cond))
    assert len(seen) == len(attention(engine, before, np.array([2])).maps)


def test_the_shares_are_the_networks_own(engine):
    """Of one block, worked out from its queries and keys."""
    trace = engine.trace(REQUEST)
    block = engine.model.network.inner[0].cross_attention
    given = {}
    hook = block.register_forward_pre_hook(lambda module, args: given.update(args=args))
    try:
        reading = attention(engine, trace, np.array([1, 4]))
    finally:
        hook.remove()
    x, kv, bias, _ = given["args"]
    q = block.q(x).unflatten(-1, (block.heads, -1)).transpose(1, 2)
    k = kv[:, : block.heads]
    weights = torch.nn.functional.scaled_dot_product_attention(
        q, k, torch.eye(k.shape[2]).expand(*k.shape[:3], -1), bias
    )
    wanted = weights.mean(1).transpose(1, 2).detach().numpy()  # (2, M, places)
    found = reading.maps[len(engine.model.network.first)].reshape(2, len(reading.tokens), -1)
    assert np.abs(found[:, :-1] - wanted[:, :-4]).max() < 1e-5
    assert np.abs(found[:, -1] - wanted[:, -4:].sum(1)).max() < 1e-5


def test_every_token_has_a_map_and_the_shares_of_a_place_sum_to_one(engine):
    reading = attention(engine, engine.trace(REQUEST), np.arange(6))
    first, *pieces, end, picture = reading.tokens
    assert (first, "".join(pieces), end, picture) == (START, "acat", END, NO_PICTURE)
    side = engine.latent_shape[1]
    assert {block.shape for block in reading.maps} == {(6, len(pieces) + 3, n, n) for n in (side, side // 2)}
    for block in reading.maps:
        assert np.abs(block.sum(1) - 1).max() < 1e-5
    assert np.abs(reading.mean(side).sum(1) - 1).max() < 1e-5
    assert np.abs(reading.mean(side).mean((2, 3)) - reading.shares()).max() < 1e-6


def test_it_says_what_cannot_be_looked_at(engine):
    trace = engine.trace(REQUEST)
    with pytest.raises(core.RequestError, match="steps"):
        attention(engine, trace, np.array([6]))
    exact = core.load("exact")
    with pytest.raises(core.RequestError, match="cross-attention"):
        attention(exact, exact.trace(REQUEST), np.arange(2))


def test_maps_are_enlarged_by_repeating_their_places():
    assert enlarge(np.array([[1, 2], [3, 4]]), 4).tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]
