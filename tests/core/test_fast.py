"""OpenVINO computes what PyTorch computes: every sampler's whole trace, prompts of any length, batches of any size."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from PIL import Image

import core
from core.engine import Engine
from core.networks import fast
from core.types import Request
from core.updates import SAMPLERS

pytest.importorskip("openvino", reason="optional: pip install openvino")
SIDE = tuple(np.eye(256)[3])  # an embedding
LONG = "a red apple to the left of a very big yellow taxi"


@pytest.fixture(scope="module")
def pair() -> tuple[Engine, Engine]:
    """starter by PyTorch and by OpenVINO."""
    slow = core.load("starter")
    assert slow.model.computed is None
    quick = slow.hastened(convert=True)
    assert set(quick.model.computed) == {"denoise", "decode", "preview", "text", "look"}
    return slow, quick


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_trace_is_the_same_at_every_step(pair, sampler):
    slow, quick = (engine.trace(Request("a red apple", "green", sampler=sampler, steps=12, eta=0.5)) for engine in pair)
    for name in ("x", "x0", "eps", "eps_cond", "eps_uncond"):
        a, b = getattr(slow, name), getattr(quick, name)
        size = np.sqrt((a**2).mean((1, 2, 3)))
        apart = np.sqrt(((a - b) ** 2).mean((1, 2, 3)))
        assert (apart <= 1e-4 * size).all(), f"{name}: {(apart / size).max()}"
    assert np.abs(np.asarray(slow.image, float) - np.asarray(quick.image)).max() <= 1


def test_batches_and_prompts_of_any_size_and_embeddings(pair):
    requests = [Request("x"), Request(LONG, seed=1, embedding=SIDE), Request("", seed=2, embedding=SIDE)]
    for batch in (requests[:1], requests[1:], requests):
        slow, quick = (list(engine.run_many(list(batch)))[-1].x for engine in pair)
        assert (slow - quick).square().mean().sqrt() <= 1e-4 * slow.square().mean().sqrt()


def test_clip_and_decoder(pair):
    slow, quick = pair
    pictures = [Image.fromarray(p) for p in slow.gallery.thumbs[:5]]
    for texts in ([""], ["a cat", LONG]):
        assert np.abs(slow.clip.text(texts) - quick.clip.text(texts)).max() < 1e-5
    assert np.abs(slow.clip.image(pictures) - quick.clip.image(pictures)).max() < 1e-5
    latents = slow.gallery.latents[:70]
    assert np.abs(slow.decode(latents).astype(int) - quick.decode(latents)).max() <= 1
    noise = np.random.default_rng(0).standard_normal(latents.shape, np.float32)
    for shown in (latents, 0.7 * latents + 0.7 * noise):  # in bfloat16, where the machine computes in it
        apart = np.abs(slow.decode(shown).astype(int) - quick.preview(shown))
        assert (apart.mean((1, 2, 3)) < 1).all()
        assert apart.max() <= 10


def test_exact_draws_by_it_too(pair):
    exact = core.load("exact")
    assert exact.model.of.name == pair[0].name
    assert exact.model.of.computed is not None
    assert exact.clip is exact.model.of.clip
    assert exact.trace(Request("a red apple", steps=3)).finished


def test_one_request_gives_one_trace_in_threads_too(pair):
    _, quick = pair
    wanted, found = quick.trace(Request("a fox", seed=4, steps=5)).x, []
    threads = [
        threading.Thread(target=lambda: found.append(quick.trace(Request("a fox", seed=4, steps=5)).x))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for x in found:
        np.testing.assert_array_equal(x, wanted)


def test_what_was_made_is_taken_up_again_and_belongs_to_its_weights(pair):
    _, quick = pair
    again = core.load("starter")
    assert again.model.computed is not None
    request = Request("a fox", steps=3)
    np.testing.assert_array_equal(again.trace(request).x, quick.trace(request).x)
    assert fast.graphs(dict, "other weights", convert=False) is None


def test_without_the_package_or_where_it_refuses_pytorch_computes(pair, monkeypatch, caplog):
    def refuse():
        raise RuntimeError("no such operation")

    assert fast.graphs(refuse, "weights that do not convert", convert=True) is None
    assert "no such operation" in caplog.text
    assert not any("." in path.name for path in fast.CACHE.iterdir())  # nothing half made stays
    monkeypatch.setitem(sys.modules, "openvino", None)
    engine = core.load("starter").hastened(convert=True)
    assert engine.model.computed is None
    assert engine.trace(Request("a fox", steps=2)).finished


AT_ONCE = """
import sys, threading
from pathlib import Path
import torch
from core.networks import fast

sys.setswitchinterval(1e-6)
fast.CACHE = Path(sys.argv[1])
alone = torch.nn.Linear(4, 4)
graph = fast.graphs(lambda: {"one": (alone, (torch.ones(2, 4),))}, "any", convert=sys.argv[2] == "make")["one"]
start = threading.Barrier(8)
asked = [threading.Thread(target=lambda: (start.wait(), graph(torch.ones(3, 4))), daemon=True) for _ in range(8)]
if sys.argv[2] == "ask":
    for one in asked:
        one.start()
    for one in asked:
        one.join()
"""


def test_the_first_that_are_computed_may_be_many_at_once(tmp_path):
    """They waited for each other for ever, with the whole process, in more than half of all starts."""
    for act in ("make", "ask", "ask", "ask"):
        subprocess.run([sys.executable, "-c", AT_ONCE, str(tmp_path), act], check=True, timeout=60)


def test_attention_looks_with_pytorch_at_the_same_states(pair):
    slow, quick = pair
    trace = quick.trace(Request("a red apple", steps=4))
    x, t = torch.from_numpy(trace.x[:4]), torch.from_numpy(trace.t).long()
    from core.model import Asked

    for a, b in zip(*(e.model.attention(Asked("a red apple"), x, t).maps for e in (slow, quick)), strict=True):
        assert np.abs(a - b).max() < 1e-4
