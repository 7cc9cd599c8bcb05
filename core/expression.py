"""Arithmetic in the shared space of texts and pictures: `"a cat with a crown" - "a cat"`, `king - man + woman`.

An expression is a sum of terms. A term is text, in quotes or without, or the [name] of a picture; a weight may
stand before it: 0.5 * "a cat". A minus between letters belongs to the word: t-shirt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import RequestError
from core.text import plain

MAX_LENGTH = 400  # characters
MAX_TERMS = 12
MAX_WEIGHT = 10.0
FIELD = "expression"
GRAMMAR = 'words, "quoted words" or [pictures] joined by + and -'
QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "−": "-", "–": "-", "·": "*", "×": "*"})
SIGN = re.compile(r"\s*([+-])\s*")
WEIGHT = re.compile(r"(\d{1,4}(?:\.\d{1,6})?)\s*\*\s*")
TERM = re.compile(r'"([^"]*)"|\[([^\]]*)\]|((?:[^\s"\[\]+*-]|(?<=\w)-(?=\w)|\s(?!\s*(?:[+*"\[-]|$)))+)')


@dataclass(frozen=True)
class Term:
    weight: float
    name: str
    picture: bool = False  # the name of a picture, not a text

    def __str__(self) -> str:
        size = "" if abs(self.weight) == 1 else f"{abs(self.weight):g} * "
        return f"{'-' if self.weight < 0 else '+'} {size}" + (f"[{self.name}]" if self.picture else f'"{self.name}"')


def parse(text: object) -> tuple[Term, ...]:
    """The terms of an expression that anybody may have written; RequestError where it is none."""
    if not isinstance(text, str) or len(text) > MAX_LENGTH:
        raise RequestError(FIELD, text, f"text of at most {MAX_LENGTH} characters")
    left, at, terms = plain(text).translate(QUOTES).strip(), 0, []
    while at < len(left) or not terms:
        sign = SIGN.match(left, at)
        if sign is None and terms:
            raise RequestError(FIELD, left[at:].strip(), f"{GRAMMAR}; here a + or - is missing")
        at = sign.end() if sign else at
        weight = WEIGHT.match(left, at)
        at = weight.end() if weight else at
        term = TERM.match(left, at)
        quoted, picture, words = term.groups() if term else (None, None, None)
        name = " ".join((quoted or picture or words or "").split())
        if not name:
            raise RequestError(FIELD, left[at:] or text, f"{GRAMMAR}; here a word is missing")
        size = float(weight[1]) if weight else 1.0
        if not 0 < size <= MAX_WEIGHT:
            raise RequestError(f"{FIELD}, weight", size, f"above 0 and at most {MAX_WEIGHT:g}")
        at = re.compile(r"\s*").match(left, term.end()).end()
        terms.append(Term(-size if sign and sign[1] == "-" else size, name, picture is not None))
        if len(terms) > MAX_TERMS:
            raise RequestError(FIELD, f"{len(terms)} terms and more", f"of at most {MAX_TERMS} terms")
    return tuple(terms)


def total(terms: tuple[Term, ...], vectors: Mapping[Term, np.ndarray]) -> np.ndarray:
    """The weighted sum of the terms' unit vectors (D,), made a unit vector; RequestError where nothing is left."""
    found = sum(term.weight * vectors[term] for term in terms)
    length = np.linalg.norm(found)
    if not length > 1e-6:
        raise RequestError(FIELD, " ".join(map(str, terms)), "more than what cancels out to nothing")
    return found / length
