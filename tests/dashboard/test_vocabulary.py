from types import SimpleNamespace

import numpy as np
import pytest

from core.concepts import listed
from core.types import Request, RequestError
from core.vocabulary import Vocabulary
from dashboard import advising
from dashboard.tabs.generate import vocabulary


@pytest.fixture
def learned():
    """A model of three things, whose CLIP holds a kitten for a cat."""
    clip = SimpleNamespace(text=lambda texts: np.array([[0.0, 1.0, 0.0]]), length=77, unread=lambda text: "")
    gallery = SimpleNamespace(
        labels=["dog", "cat", "polar bear"], thumbs=np.zeros((3, 8, 8, 3), np.uint8), clip=np.eye(3)
    )
    words = Vocabulary(["a", "two", "dog", "cat", "polar", "bear"], ["dog", "cat", "polar bear"], pairs=True)
    return SimpleNamespace(vocabulary=words, gallery=gallery, clip=clip, name="few")


def test_every_thing_has_a_category_and_a_name_of_its_own():
    names = [one.name for one in listed(more=True)]
    assert len(set(names)) == len(names) == 1093
    assert len(listed(more=False)) == 312
    assert {one.category for one in listed(more=False)} <= set(vocabulary.CATEGORIES)
    assert next(one for one in listed(more=True) if one.name == "sheep").sprites == ("ewe",)


def test_a_category_shows_what_this_model_has_learned_of_it(learned):
    assert "animals: 3 of 3 things" in vocabulary.of_category(learned, "animals")
    assert "food and drink: 0 of 3" in vocabulary.of_category(learned, "food and drink")
    with pytest.raises(RequestError, match="category is 'x'"):
        vocabulary.of_category(learned, "x")


def test_a_search_finds_by_name_and_by_meaning(learned):
    named, near = vocabulary.found(learned, " Bear ").split("By meaning")
    assert 'data-id="polar bear"' in named
    assert 'data-id="polar bear"' not in near, "it is there already"
    assert near.index('data-id="cat"') < near.index('data-id="dog"')


def test_a_search_tells_what_was_never_learned(learned):
    out = vocabulary.found(learned, "two <b>kats")
    assert "how many things there are (“two”)" in out
    assert "“kats” " in out
    assert "<b>" not in out


def test_a_prompt_with_an_unknown_word_is_mended_at_a_click(engine):
    assert "Did you mean " not in advising.told(engine, Request("a fox"))
    assert 'data-event="mended">Did you mean “a fox, A Rocket &amp; a tree”?' in advising.told(
        engine, Request("a foxes, A Rocket & a trees")
    )
