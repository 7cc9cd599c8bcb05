"""unCLIP with the default model: an embedding keeps what a picture means, and not its pixels (arXiv 2204.06125)."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import core
from core.meaning import edited, phrase
from core.training.unclip import agreement
from dashboard.tabs.unclip.edit import STRENGTH, TEXTS

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


def test_the_edit_that_the_page_begins_with_changes_the_background_and_keeps_the_thing():
    engine = core.load()
    fox = engine.gallery.clip[engine.gallery.labels.index("fox")]
    ends = engine.clip.text(list(TEXTS))
    pictures = []
    for strength in (0, STRENGTH):
        row = tuple(edited(fox, *ends, strength).tolist())
        *_, last = engine.run_many([core.Request(embedding=row, seed=seed, steps=12) for seed in range(4)])
        pictures.append(engine.decode(last.x))
    edges = [np.concatenate([part[:, :6], part[:, -6:]], 1).mean((1, 2)) / 255 for part in pictures]  # (4, 3)
    assert (edges[0].min(1) > 0.8).all(), "white"
    assert np.sum(edges[1][:, 2] - edges[1][:, :2].max(1) > 0.1) >= 3, "blue, but where a seed goes astray"
    names = list(dict.fromkeys(engine.gallery.labels))
    seen = engine.clip.image([Image.fromarray(one) for one in pictures[1]])
    ranks = np.argsort(-seen @ engine.clip.text([phrase(name) for name in names]).T, 1)
    assert np.mean([names.index("fox") in rank[:10] for rank in ranks]) >= 0.5
