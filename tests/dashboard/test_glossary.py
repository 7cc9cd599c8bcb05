"""Terms are explained once a text, and nothing else of it changes."""

from __future__ import annotations

import re

from markupsafe import Markup

from dashboard.glossary import GERMAN, TERMS, explained
from dashboard.markup import heading
from dashboard.tabs.tour import views
from dashboard.tabs.tour.language import language_of


def words(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html)


def test_the_first_use_of_a_term_explains_it():
    text = explained("A sampler draws Samples; two samples need two seeds.")
    assert text.count("<abbr") == 3
    assert words(text) == "A sampler draws Samples; two samples need two seeds."
    assert TERMS["sample"] in Markup(text).unescape()


def test_a_term_that_was_explained_before_is_left_alone():
    seen = set()
    assert "<abbr" in explained("the score", seen)
    assert "<abbr" not in explained("the score again", seen)


def test_the_longest_term_is_meant_and_parts_of_words_are_none():
    assert TERMS["CLIP score"] in Markup(explained("a CLIP score of 0.6")).unescape()
    assert "<abbr" not in explained("resampled, scored, pre-latent and underscore")


def test_plain_text_is_escaped_and_tags_are_left_alone():
    nasty = explained('<img alt="guidance"> & the latent')
    assert "<img" not in nasty
    assert nasty.count("<abbr") == 2
    marked = explained(Markup('<a title="the score">x</a> and the latent'))
    assert '<a title="the score">' in marked
    assert marked.count("<abbr") == 1


def test_every_explanation_is_one_sentence():
    for told in [*TERMS.values(), *GERMAN.values()]:
        assert told.endswith(".")
        assert len(told) <= 120
        assert "." not in re.sub(r"\d\.\d", "", told[:-1])


def test_heads_and_the_tour_explain_their_terms():
    assert 'class="ds-term"' in heading("title", "What guidance does.")
    page = str(views.page(language_of("en")))
    for term in ("latent", "timestep", "score", "embedding", "guidance", "distribution", "schedule", "seed"):
        assert str(Markup("{}").format(TERMS[term])) in page


def test_german_terms_are_found_with_their_endings():
    text = explained("Die Embeddings und die Verteilungen bei jedem Rauschpegel", None, GERMAN)
    assert text.count("<abbr") == 3
