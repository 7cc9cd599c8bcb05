"""Many requests at once: in one batch where they match, at one noise level, each as if it were alone."""

from itertools import pairwise
from math import inf

import numpy as np
import pytest

import core
from core.lanes import MAX_BATCH, batches, together
from core.types import Request, RequestError
from tests.fake_engine import FakeEngine


@pytest.fixture
def fake():
    return FakeEngine(delay=0)


def test_requests_that_match_share_a_batch_of_bounded_size():
    ddim = [Request("a", seed=seed, guidance=seed / 10) for seed in range(2 * MAX_BATCH + 1)]
    requests = [Request(steps=10), *ddim, Request(sampler="ddpm"), Request(steps=10, branches=((3, 1),))]
    sizes = [len(batch) for batch in batches(requests)]
    assert sizes == [1, MAX_BATCH, MAX_BATCH, 1, 1, 1]
    assert sorted(number for batch in batches(requests) for number in batch) == list(range(len(requests)))


def test_kinds_that_are_asked_for_in_turns_are_run_in_turns():
    requests = [
        Request("a", seed=seed, sampler=sampler) for seed in range(4 * MAX_BATCH) for sampler in ("ddim", "ddpm")
    ]
    kinds = [requests[batch[0]].sampler for batch in batches(requests)]
    assert kinds == ["ddim", "ddpm"] * 4


def test_short_and_long_runs_are_at_one_noise_level(fake):
    requests = [Request("a fox", steps=10), Request("a fox", steps=200)]
    level, seen = {0: inf, 1: inf}, []
    for numbers, step in together(fake, requests):
        behind = max(level.values())
        for number in numbers:
            assert level[number] == behind, "the batch with the most noise goes first"
            done = step.index == requests[number].steps
            level[number] = -inf if done else inf if step.sigma is None else step.sigma
            seen.append((number, step.index))
    assert [index for number, index in seen if number == 0] == list(range(11))
    assert [index for number, index in seen if number == 1] == list(range(201))
    tens = [place for place, (number, _) in enumerate(seen) if number == 0]
    assert max(b - a for a, b in pairwise(tens)) <= 22, "twenty steps of 200 for one of 10, not all of them at once"


def test_closing_ends_every_run(fake):
    run = together(fake, [Request(steps=10), Request(steps=20), Request(steps=30)])
    for _ in range(5):
        next(run)
    assert fake.running == 3
    run.close()
    assert fake.running == 0


def test_too_much_to_keep_is_refused(fake, monkeypatch):
    monkeypatch.setattr(core.Trace, "MAX_BYTES", 1 << 20)
    few = [Request(steps=100)] * 8
    next(together(fake, few))
    with pytest.raises(RequestError, match=r"requests is 9: it must be fewer"):
        next(together(fake, [*few, Request(steps=100)]))


def test_each_ends_as_if_it_were_alone(trained):
    engine = core.load(trained)
    requests = [
        Request("a red apple", seed=1, steps=4),
        Request("a fox", seed=2, steps=6, sampler="ddpm"),
        Request("a fox", seed=2, steps=4, guidance=1.0),
        Request("a tree", seed=3, steps=6, sampler="ddpm", guidance=2.0),
    ]
    steps = {number: [] for number in range(4)}
    for numbers, step in together(engine, requests):
        for row, number in enumerate(numbers):
            steps[number].append((row, step))
    for number, request in enumerate(requests):
        row = steps[number][0][0]
        ours = engine.collect(request, [step for _, step in steps[number]], 0.0, row=row)
        alone = engine.trace(request)
        assert np.abs(ours.x - alone.x).max() < 1e-3
        np.testing.assert_array_equal(ours.x[0], alone.x[0])
