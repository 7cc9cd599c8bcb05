"""Arithmetic in the shared space of texts and pictures: `"a cat with a crown" - "a cat"`, `king - man + woman`.

An expression is a sum of terms. A term is text, in quotes of any kind or without, or the [name] of a picture, or a
sum in round brackets; a weight may stand before it: 0.5 * (cat + dog). A hyphen between letters belongs to the word
(t-shirt); a minus sign or a dash never does (king−man).
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
GRAMMAR = 'words, "quoted words", [pictures] or (brackets) joined by + and -'
DASHES = str.maketrans(dict.fromkeys("‒–—﹣－➖⁻", "−") | dict.fromkeys("＋➕", "+"))  # before they are made plain
SIGNS = str.maketrans({"·": "*", "×": "*", "∙": "*", "⋅": "*"})
SIGN = re.compile(r"\s*([+−-])\s*")
WEIGHT = re.compile(r"(\d{1,4}(?:[.,]\d{1,6})?)\s*\*\s*")
ENDS = r"\s*(?:[+−)-]|$)"  # what may follow a term
QUOTED = (
    rf"""\"([^"]*)\"|'((?:[^']|'(?!{ENDS}))*)'(?={ENDS})"""  # within single quotes an apostrophe ends nothing
    "|[«»]([^«»]*)[«»]|[‹›]([^‹›]*)[‹›]|[「『]([^」』]*)[」』]"
)
WORDS = r"""((?:[^\s"«»\[\](){}=`+*−-]|(?<=\w)-(?=\w)|\s(?!\s*(?:[+*"«»\[()−-]|$)))+)"""
TERM = re.compile(rf"{QUOTED}|\[([^\]]*)\]|{WORDS}")


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
    left, at, terms = plain(text.translate(DASHES)).translate(SIGNS).strip(), 0, []
    factors, begins = [1.0], True  # of the brackets that are open; begins: where a sign may be left out
    while at < len(left) or begins:
        if left[at : at + 1] == ")" and not begins:
            if len(factors) == 1:
                raise RequestError(FIELD, left[at:], f"{GRAMMAR}; here a bracket ends that never began")
            factors.pop()
            at = _past_blanks(left, at + 1)
            continue
        sign = SIGN.match(left, at)
        if sign is None and not begins:
            raise RequestError(FIELD, left[at:].strip(), f"{GRAMMAR}; here a + or - is missing")
        at = sign.end() if sign else at
        weight = WEIGHT.match(left, at)
        at = weight.end() if weight else at
        size = factors[-1] * (float(weight[1].replace(",", ".")) if weight else 1.0)
        size = -size if sign and sign[1] != "+" else size
        if not 0 < abs(size) <= MAX_WEIGHT:
            raise RequestError(f"{FIELD}, weight", abs(size), f"above 0 and at most {MAX_WEIGHT:g}")
        begins = left[at : at + 1] == "("
        if begins:
            factors.append(size)
            at = _past_blanks(left, at + 1)
            continue
        term = TERM.match(left, at)
        *texts, picture, words = term.groups() if term else (None, None)
        found = next((one for one in (*texts, picture, words) if one is not None), "")
        name = " ".join(found.split())
        if term is None or not name:
            raise RequestError(FIELD, left[at:] or text, f"{GRAMMAR}; here a word is missing")
        terms.append(Term(size, name, picture is not None))
        if len(terms) > MAX_TERMS:
            raise RequestError(FIELD, f"{len(terms)} terms and more", f"of at most {MAX_TERMS} terms")
        at = _past_blanks(left, term.end())
    if len(factors) > 1:
        raise RequestError(FIELD, text, f"{GRAMMAR}; a bracket is not closed")
    return tuple(terms)


def _past_blanks(text: str, at: int) -> int:
    return len(text) - len(text[at:].lstrip())


def total(terms: tuple[Term, ...], vectors: Mapping[Term, np.ndarray]) -> np.ndarray:
    """The weighted sum of the terms' unit vectors (D,), made a unit vector; RequestError where nothing is left."""
    found = sum(term.weight * vectors[term] for term in terms)
    length = np.linalg.norm(found)
    if not length > 1e-6:
        raise RequestError(FIELD, " ".join(map(str, terms)), "more than what cancels out to nothing")
    return found / length
