import numpy as np
import pytest

from core.types import RequestError
from dashboard import judge, pictures
from dashboard.tabs.generate import panels, views


def test_a_copy_is_found_and_named(engine):
    found = judge.neighbours(engine, engine.gallery.thumbs[7])
    assert found.by_pixels[0] == 7
    assert found.by_clip[0] == 7
    assert found.distances[0] == 0
    assert found.copied
    assert "very close to a copy" in views.nearest(engine, engine.gallery.thumbs[7])


def test_a_new_picture_is_no_copy(engine):
    picture = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    assert not judge.neighbours(engine, picture).copied
    assert "not copied" in views.nearest(engine, picture)


def test_the_usual_distance_is_the_median_distance_to_the_nearest_other():
    thumbs = np.zeros((3, 2, 2, 3), np.uint8)
    thumbs[1], thumbs[2] = 51, 153  # nearest distances: 0.2, 0.2, 0.4
    assert judge.usual_distance(thumbs) == pytest.approx(0.2, abs=1e-5)


def test_distractors_are_two_labels_that_share_no_word_with_the_prompt(engine):
    chosen = judge.distractors(engine, "Red fox")
    assert len(set(chosen)) == 2
    assert set(chosen) <= set(engine.gallery.labels)
    assert not {"red", "fox"} & set(" ".join(chosen).split())
    assert judge.distractors(engine, " ".join(engine.gallery.labels)) == []


def test_typed_texts():
    assert judge.typed(" a cat , , a dog, a cow") == ["a cat", "a dog", "a cow"]
    assert judge.typed("") == []
    for rubbish in (None, 3, "x" * 10_000):
        with pytest.raises(RequestError):
            judge.typed(rubbish)


def test_scores_are_cosines(engine, layer):
    scores = judge.scores(engine, layer.film.x0, ["a fox", "a tree", "a rocket"])
    assert scores.shape == (13, 3)
    assert np.abs(scores).max() <= 1


def test_false_colours_follow_the_gallery():
    rng = np.random.default_rng(0)
    latents = rng.standard_normal((30, 5, 4, 4)).astype(np.float32)
    red = np.clip(127 + 40 * latents[:, 2], 0, 255).astype(np.uint8)  # channel 2 is redness
    thumbs = np.stack([red, np.full_like(red, 9), np.full_like(red, 200)], -1).repeat(4, 1).repeat(4, 2)
    colour = pictures.tint(latents, thumbs)
    bright = np.zeros((1, 5, 4, 4), np.float32)
    bright[0, 2] = 1
    assert (colour(bright)[..., 0] > 160).all()
    assert (colour(-bright)[..., 0] < 95).all()


def test_a_visitors_words_are_escaped():
    assert "<script>" not in panels.unknown(["<script>alert(1)</script>"])
    assert panels.unknown([]) == ""
    assert "3 more" in panels.unknown(list("abcdefghijk"))
