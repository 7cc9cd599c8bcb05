from __future__ import annotations

import numpy as np
import pytest

import core
from core.expression import Term, parse, total


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ('"a cat with a crown" - "a cat"', [(1, "a cat with a crown"), (-1, "a cat")]),
        ("king - man + woman", [(1, "king"), (-1, "man"), (1, "woman")]),
        ("a t-shirt + 2.5 * red  hat", [(1, "a t-shirt"), (2.5, "red hat")]),
        ("“smart quotes” − 3 cats", [(1, "smart quotes"), (-1, "3 cats")]),
        ("-dog+cat", [(-1, "dog"), (1, "cat")]),
        ('"a+b"-"c-d"', [(1, "a+b"), (-1, "c-d")]),
        ("  x ", [(1, "x")]),
        ("(cat + dog) - bird", [(1, "cat"), (1, "dog"), (-1, "bird")]),
        ("cat - (dog - (bird + fish))", [(1, "cat"), (-1, "dog"), (1, "bird"), (1, "fish")]),
        ("-(-(a cat))", [(1, "a cat")]),
        ('0.5 * (cat + 2*"dog") - 0,5*(bird)', [(0.5, "cat"), (1, "dog"), (-0.5, "bird")]),
        ("king−man + woman", [(1, "king"), (-1, "man"), (1, "woman")]),
        ("king‒man ＋ woman", [(1, "king"), (-1, "man"), (1, "woman")]),
        ("king－man + woman", [(1, "king"), (-1, "man"), (1, "woman")]),
        ("king–man — woman", [(1, "king"), (-1, "man"), (-1, "woman")]),
        ("king-man + woman", [(1, "king-man"), (1, "woman")]),
        ("«a cat» - 'a dog'", [(1, "a cat"), (-1, "a dog")]),
        (
            "»a cat« + ‹a dog› − 「a bird」 − ‘a fox’ + „an owl“",
            [(1, "a cat"), (1, "a dog"), (-1, "a bird"), (-1, "a fox"), (1, "an owl")],
        ),
        ("'a dog's tail' - the man's hat", [(1, "a dog's tail"), (-1, "the man's hat")]),
        ("'a - b' + ('c')", [(1, "a - b"), (1, "c")]),
        ('"(cat" + x', [(1, "(cat"), (1, "x")]),
        ("ｃａｔ ＋ ２＊dog", [(1, "cat"), (2, "dog")]),
    ],
)
def test_expressions(text, terms):
    assert [(term.weight, term.name) for term in parse(text)] == terms


def test_pictures_are_named_in_brackets():
    assert parse("[red apple] - apple") == (Term(1, "red apple", picture=True), Term(-1, "apple"))


@pytest.mark.parametrize(
    "text",
    ["", " ", "-", "a +", '"a" "b"', '"a', "[x", "a + * b", "11 * a", "0 * a", '""', "a[b]", "2 *", "a ]", "a" * 401,
     "(cat", "cat)", "(cat + dog", "()", "(cat) (dog)", "cat (dog)", "2 * 6 * (a)", "4 * (3 * a)", "(" * 400, "«cat",
     "(a + )", "0 * (a)", "a - - b",
     "a + " * 12 + "a", None, 5],
)  # fmt: skip
def test_what_is_no_expression_is_refused_in_words(text):
    with pytest.raises(core.RequestError, match="expression"):
        parse(text)


def test_the_sum_is_weighted_and_of_unit_length():
    vectors = {"a": np.array([1.0, 0, 0]), "b": np.array([0, 1.0, 0])}
    terms = parse("3 * a - 4 * b")
    found = total(terms, {term: vectors[term.name] for term in terms})
    assert found == pytest.approx([0.6, -0.8, 0])
    terms = parse("a - a")
    with pytest.raises(core.RequestError, match="cancels out"):
        total(terms, dict.fromkeys(terms, vectors["a"]))


def test_a_term_reads_as_it_was_meant():
    terms = parse("0.5 * [a fox] - red")
    assert " ".join(map(str, terms)) == '+ 0.5 * [a fox] - "red"'
    assert parse(" ".join(map(str, terms))) == terms
