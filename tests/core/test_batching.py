"""Runs share batches, and none notices: not in its numbers, not when others come, leave or fail."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

import core
from core.batching import MAX_ROWS, Batches
from core.types import Request
from core.updates import SAMPLERS


class Slow:
    """x + t + cond, and what it was asked at a time; while the gate is closed it computes on."""

    def __init__(self):
        self.rows, self.gate, self.asked = [], threading.Event(), threading.Event()

    def __call__(self, x, t, cond):
        self.rows.append(len(x))
        self.asked.set()
        self.gate.wait(20)
        if (t == 13).any():
            raise ValueError("thirteen")
        return x + t[:, None] + cond["c"]


def ask(batches, n, t, out, rows=1, width=1):
    def work():
        try:
            out[n] = batches(
                torch.full((rows, 1), float(n)), torch.full((rows,), t), {"c": torch.full((rows, width), 0.5)}
            )
        except ValueError as error:
            out[n] = error

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def gathered(batches, count):
    while len(batches._waiting) < count:
        pass


def test_those_who_wait_share_the_next_batch_and_get_their_own_rows():
    slow, out = Slow(), {}
    batches = Batches(slow)
    threads = [ask(batches, 0, 1, out)]
    slow.asked.wait(20)
    threads += [ask(batches, n, n, out, rows=n) for n in (1, 2, 3)]
    gathered(batches, 3)
    slow.gate.set()
    for thread in threads:
        thread.join(20)
    assert slow.rows == [1, 6]
    for n in (1, 2, 3):
        assert out[n].shape == (n, 1)
        assert (out[n] == 2 * n + 0.5).all()


def test_what_cannot_share_a_batch_has_its_own_and_none_is_too_large():
    slow, out = Slow(), {}
    batches = Batches(slow)
    threads = [ask(batches, 0, 1, out)]
    slow.asked.wait(20)
    sizes = {1: 4, 2: MAX_ROWS - 4, 3: 1, 4: MAX_ROWS + 9}
    for n, rows in sizes.items():
        threads.append(ask(batches, n, 1, out, rows))
        gathered(batches, n)
    threads.append(ask(batches, 5, 1, out, width=1000))
    gathered(batches, 5)
    slow.gate.set()
    for thread in threads:
        thread.join(20)
    assert {n: len(out[n]) for n in sizes} == sizes
    assert out[5].shape == (1, 1000)
    assert slow.rows[:2] == [1, MAX_ROWS]
    assert sorted(slow.rows[2:]) == [1, 1, MAX_ROWS + 9]


def test_a_failure_reaches_its_batch_and_nobody_after_it():
    slow, out = Slow(), {}
    batches = Batches(slow)
    slow.gate.set()
    ask(batches, 0, 13, out).join(20)
    assert str(out[0]) == "thirteen"
    ask(batches, 1, 1, out).join(20)
    assert (out[1] == 2.5).all()


def test_two_cores_compute_two_batches_at_a_time():
    slow, out = Slow(), {}
    batches = Batches(slow, cores=2)
    threads = [ask(batches, n, 1, out) for n in (0, 1)]
    while len(slow.rows) < 2:  # neither waits for the other
        pass
    slow.gate.set()
    for thread in threads:
        thread.join(20)
    assert slow.rows == [1, 1]


def test_a_picture_does_not_depend_on_its_company():
    engine = core.load("starter")
    company = [
        Request("a red apple", seed=n, sampler=sampler, steps=4 + 3 * n, guidance=1.0 + n, eta=0.3, branches=((2, 5),))
        for n, sampler in enumerate(SAMPLERS)
    ]
    company.append(Request("a very long prompt of a yellow taxi to the left of a big blue whale", "green", seed=9))
    alone = [engine.trace(request) for request in company]
    rows, predict = [], engine._batches._predict
    engine._batches._predict = lambda x, t, cond: (rows.append(len(x)), predict(x, t, cond))[1]
    together: dict[int, core.Trace] = {}
    threads = [
        threading.Thread(target=lambda n=n, request=request: together.update({n: engine.trace(request)}))
        for n, request in enumerate(company)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert max(rows) > 4, "no two runs shared a batch"
    for n, trace in enumerate(alone):
        size = np.sqrt((trace.x**2).mean((1, 2, 3)))
        apart = np.sqrt(((trace.x - together[n].x) ** 2).mean((1, 2, 3)))
        assert (apart <= 1e-3 * size).all(), company[n]
        assert np.abs(np.asarray(trace.image, float) - np.asarray(together[n].image)).max() <= 2


@pytest.mark.parametrize("prompt", ["", "x", "a very long prompt of a yellow taxi to the left of a big blue whale"])
def test_padding_changes_nothing_but_rounding(prompt):
    from core.model import Asked
    from core.networks.latent import read

    model = core.load("starter").model
    x, t = torch.randn(1, *model.latent_shape), torch.tensor([300])
    with torch.inference_mode():
        padded, plain = model.condition([Asked(prompt)]), read(model.network, model.clip, [Asked(prompt)])
        assert padded["bias"].shape[-1] % 16 == 0
        a, b = (model.predict(x, t, cond) for cond in (padded, plain))
    assert (a - b).abs().max() < 1e-4
