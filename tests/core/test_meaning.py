from __future__ import annotations

import numpy as np
import pytest

import core
from core.meaning import (
    contrast,
    direction,
    edited,
    modality_gap,
    phrase,
    prototypes,
    shared_by,
    slerp,
    softmax,
    unit,
    without_gap,
)  # fmt: skip


class Letters:
    """A CLIP of two dimensions: how often a text says a, and how often b."""

    def text(self, texts):
        return unit(np.array([[text.count("a"), text.count("b")] for text in texts], float))


def test_labels_get_an_article_unless_they_have_one():
    assert [phrase(label) for label in ("cat", "apple", "the moon", "an owl")] == [
        "a cat", "an apple", "the moon", "an owl",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wanted",
    [
        "an hourglass",
        "a unicorn",
        "a ufo",
        "an FBI agent",
        "an x-ray",
        "a European",
        "a one-piece swimsuit",
        "an honest man",
        "a bus",
        "an octopus",
        "a glass",
        "an iris",
        "a rhinoceros",
        "a canvas",
        "a lens",
        "a sheep",
        "a series",
        "a cactus",
        "a skull and crossbones",
        "a smiling face with hearts",
        "a woman and man holding hands",
        "a glass of olives",
        "an umbrella",
        "a red apple",
        "a Christmas tree",
        "a mouse",
        "a 🍎",
    ],
)
def test_singular_labels_get_the_article_that_english_has(wanted):
    assert phrase(wanted.partition(" ")[2]) == wanted
    assert phrase(wanted) == wanted


def test_an_article_goes_by_how_a_label_is_spoken():
    said = ("an 8-bit game", "an 18-wheeler", "a 3-D cat", "an école", 'an "hour"', "a woman dancing")
    assert [phrase(label.partition(" ")[2]) for label in said] == list(said)
    assert [phrase(label) for label in ("dogs playing", "3 dogs")] == ["dogs playing", "3 dogs"]


@pytest.mark.parametrize(
    "label",
    ["A dog", "The dog", "AN owl", "dogs", "red dogs", "Dogs", "children", "mice", "men holding hands", "scissors",
     "glasses of milk", "cherries", "skis", "cacti", "people with bunny ears", "two cats", "3 dogs", "my dog",
     "some fish", "yoga pants", "photos", ""],
)  # fmt: skip
def test_plurals_and_labels_with_an_article_get_none(label):
    assert phrase(label) == label


def test_prototypes_are_the_mean_over_templates():
    found = prototypes(Letters(), ["the b"], ("{}", "{} a"))
    assert found == pytest.approx(unit(np.array([[0, 1.0]]) + unit(np.array([[1.0, 1.0]]))))


def test_contrast_is_zero_for_a_perfect_diagonal_and_log_n_for_chance():
    assert contrast(np.eye(4), 1000) == pytest.approx(0)
    assert contrast(np.full((4, 4), 0.3), 50) == pytest.approx(np.log(4))
    cosines, wanted = np.array([[0.2, 0.1], [0.4, 0.3]]), 0.0
    for table in (cosines, cosines.T):
        wanted += -np.mean([np.log(softmax(10 * row)[i]) for i, row in enumerate(table)]) / 2
    assert contrast(cosines, 10) == pytest.approx(wanted)
    with pytest.raises(core.RequestError, match="as many texts as pictures"):
        contrast(np.ones((2, 3)), 1)


def test_the_gap_is_found_and_removed_exactly():
    rng = np.random.default_rng(0)
    meant = 0.1 * rng.standard_normal((200, 8))
    gap = np.zeros(8)
    gap[0] = 1.0
    pictures, texts = meant + gap / 2 + np.eye(8)[1], meant - gap / 2 + np.eye(8)[1]
    assert modality_gap(pictures, texts) == pytest.approx(gap)
    closed = without_gap(pictures, texts)
    assert closed[0] == pytest.approx(closed[1])
    assert np.linalg.norm(closed[0], axis=1) == pytest.approx(1)


def test_directions_point_from_one_to_the_other():
    assert direction(np.array([1.0, 0]), np.array([1.0, 3])) == pytest.approx([0, 1])
    with pytest.raises(core.RequestError, match="two things that differ"):
        direction(np.ones(3), np.ones(3))


def test_what_a_group_shares_is_where_it_differs_from_the_rest():
    everything = np.array([[1.0, 1, 0], [1, -1, 0], [1, 1, 1], [1, -1, 1]])
    assert shared_by(everything[2:], everything) == pytest.approx([0, 0, 1])


def test_slerp_turns_evenly_and_keeps_the_length():
    a, b = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
    assert slerp(a, b, 0.5) == pytest.approx([2**-0.5, 2**-0.5, 0])
    assert slerp(a, b, 1 / 3) == pytest.approx([np.cos(np.pi / 6), 0.5, 0])
    way = slerp(a, b, np.linspace(0, 1, 7))
    assert way.shape == (7, 3)
    assert np.linalg.norm(way, axis=1) == pytest.approx(np.ones(7))
    assert np.sum(way[1:] * way[:-1], 1) == pytest.approx(np.full(6, np.cos(np.pi / 12)))
    assert way[[0, -1]] == pytest.approx(np.stack([a, b]))


def test_slerp_between_vectors_alike_stays_and_between_opposite_ones_is_refused():
    a = unit(np.array([0.3, -0.4, 0.5]))
    assert slerp(a, a, 0.7) == pytest.approx(a)
    with pytest.raises(core.RequestError, match="opposite"):
        slerp(a, -a, 0.5)


def test_an_edit_turns_a_picture_towards_the_difference_of_two_texts():
    cat, blue_cat, picture = np.array([1.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])
    assert edited(picture, cat, blue_cat, 0) == pytest.approx(picture)
    assert edited(picture, cat, blue_cat, 1) == pytest.approx([0, 1, 0])
    assert edited(picture, cat, blue_cat, 0.25) == pytest.approx([0, np.sin(np.pi / 8), np.cos(np.pi / 8)])
    with pytest.raises(core.RequestError, match="two things that differ"):
        edited(picture, cat, cat, 0.5)
