import numpy as np
import pytest
from PIL import Image

from core.measure import clip_score
from core.types import Request, RequestError
from dashboard import advising, judge, pictures
from dashboard.tabs.generate import views


def test_a_copy_is_found_and_named(engine):
    found = judge.neighbours(engine, engine.gallery.thumbs[7])
    assert found.by_pixels[0] == 7
    assert found.by_clip[0] == 7
    assert found.distances[0] == 0
    assert found.copied
    assert "counts as a copy" in views.nearest(engine, engine.gallery.thumbs[7])


def test_a_new_picture_is_no_copy(engine):
    picture = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    assert not judge.neighbours(engine, picture).copied
    told = views.nearest(engine, picture)
    assert "is none" in told
    assert f"Below {judge.COPY:g} we call it a copy" in told


def test_distractors_replace_a_thing_by_its_nearest_that_shares_no_word(engine):
    labels = engine.gallery.labels
    assert judge.distractors(engine, "A fox in the snow")[0].endswith(" in the snow")
    seen = clip_score(engine.gallery.clip, engine.clip.text(["a fox"]))[:, 0]
    allowed = [i for i in np.argsort(-seen) if labels[i] != "a fox"]
    assert labels[allowed[0]] in judge.distractors(engine, "beside a fox now")[0]
    chosen = judge.distractors(engine, "nothing that the gallery holds")
    assert len(set(chosen)) == 2
    assert set(chosen) <= set(labels)
    assert judge.distractors(engine, " ".join(labels)) == []


def test_a_prompt_names_the_longest_labels_with_article_and_plural():
    found = judge.named(["apple", "red apple", "fox", "ox"], "An OX, two foxes and a red apple")
    assert [(one["article"], one["name"], one["plural"]) for one in found] == [
        ("An ", "OX", None), (None, "fox", "es"), ("a ", "red apple", None),
    ]  # fmt: skip
    assert judge._replaced(
        "a red apple in an oven", judge.named(["red apple"], "a red apple in an oven")[0], "orange"
    ) == ("an orange in an oven")


def test_the_parts_of_a_prompt_are_scored_one_by_one(engine):
    picture = engine.gallery.thumbs[1]
    found = judge.parts(engine, "a fox and a purple fox with a rocket", picture)
    assert [one.text for one in found] == ["a fox", "a rocket", "purple", "fox"]
    assert [one.rank is None for one in found] == [False, False, True, True]
    every = clip_score(
        engine.clip.image([Image.fromarray(picture)]), engine.clip.text(sorted(set(engine.gallery.labels)))
    )
    assert found[0].rank == 1 + int((every > found[0].score + 1e-9).sum())
    assert judge.parts(engine, " ", picture) == []


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


def test_a_visitors_words_are_escaped(engine):
    told = advising.told(engine, Request("<script>alert(1)</script>", "(<b>x</b>)", steps=1, spacing="leading"))
    assert "<script>" not in told
    assert "<b>" not in told
    assert "&lt;b&gt;" in told
    assert 'class="ds-chip"' in told
    assert advising.told(engine, Request("a fox")) == ""
    assert "3 more" in advising.told(engine, Request("aa bb cc dd ee ff gg hh ii jj kk"))
