"""unCLIP with the default model: an embedding keeps what a picture means, and not its pixels (arXiv 2204.06125)."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import core
from core.training.unclip import agreement

COUNT = 24


@pytest.fixture(scope="module")
def drawn():
    """Gallery pictures spread over all that the default knows, and two drawn from the embedding of each."""
    engine = core.load()
    rows = np.linspace(0, len(engine.gallery.labels) - 1, COUNT).astype(int)
    embeddings = engine.gallery.clip[rows]
    ends = []
    for seed in (0, 1):
        asked = [core.Request(embedding=tuple(row.tolist()), seed=seed, steps=12) for row in embeddings]
        *_, last = engine.run_many(asked)
        ends.append(engine.decode(last.x))
    size = ends[0].shape[2:0:-1]
    own = np.stack([np.asarray(Image.fromarray(engine.gallery.thumbs[row]).resize(size)) for row in rows])
    seen = [engine.clip.image([Image.fromarray(one) for one in pictures]) for pictures in ends]
    return embeddings, own, ends, seen


def far(a: np.ndarray, b: np.ndarray) -> float:
    """The root mean square difference of pixels in [0, 1], over all pictures."""
    return float(np.sqrt(np.mean((a.astype(float) - b) ** 2)) / 255)


def test_meaning_is_kept(drawn):
    embeddings, _, _, seen = drawn
    for part in seen:
        found = agreement(part, embeddings)
        assert found["R@1"] >= 0.75
        assert found["cosine"] > np.sum(embeddings * np.roll(embeddings, 1, 0), 1).mean() + 0.2


def test_pixels_are_not(drawn):
    _, own, (first, second), _ = drawn
    unrelated = far(own, np.roll(own, 1, 0))
    assert far(first, own) > 0.25 * unrelated, "no copy of the picture"
    assert far(first, second) > 0.2 * unrelated, "the noise decides the rest"


def test_agreement_of_a_picture_with_itself_is_whole():
    rows = np.eye(3)
    assert agreement(rows, rows) == {"cosine": 1.0, "R@1": 1.0}
    assert agreement(rows, np.roll(rows, 1, 0)) == {"cosine": 0.0, "R@1": 0.0}
