"""Lists of numbers as people type them: `1, 2, 4`, `1-10`, `1-10 (+2)`, `1-10 [5]`."""

from __future__ import annotations

import re

import numpy as np

from core.text import one_line
from core.types import MAX_PROMPT, RequestError

GRAMMAR = "numbers such as 1, 2, 4 or ranges such as 1-10, 1-10 (+2) for a step and 1-10 [5] for a count"
NUMBER = r"(\d{1,12}(?:\.\d{0,9})?|\.\d{1,9})"
DASHES = str.maketrans(dict.fromkeys("‒–—−﹣", "-"))
DECIMALS = re.compile(r"\s*\d+,\d+\s*", re.ASCII)  # one number with a decimal comma, or two numbers
LOOSE = re.compile(r"\s*,\s+|\s+,")  # a comma beside a blank, which only a list has
READABLE = 60  # characters of a list that is shown whole in a message
RANGE = re.compile(r"\d,\d+\s*-\s*\d+,\d", re.ASCII)  # a range between two of them
PART = re.compile(rf"{NUMBER}(?:\s*-\s*{NUMBER}(?:\s*(?:\(\s*\+?\s*{NUMBER}\s*\)|\[\s*(\d{{1,6}})\s*\]))?)?", re.ASCII)


def numbers(field: str, text: object, limit: int, whole: bool = False) -> list[float]:
    """The numbers that text names, in its order, each once; as int where whole.

    A range includes its end where a step lands there; without a step it counts by 1. Between semicolons a comma is a
    decimal one; where it may be one, as in 1,5 and in 0, 1,5, 3, both readings are offered. Raises RequestError(field)
    then and for anything else, for a range that runs backwards, and for none or more than limit numbers.
    """
    if not isinstance(text, str) or len(text) > MAX_PROMPT:
        raise RequestError(field, text, GRAMMAR)
    found: dict[float, None] = {}
    for part in _parts(field, one_line(text).translate(DASHES), whole):
        for value in _part(field, part, limit):
            if whole and value != int(value):
                raise RequestError(field, part, "whole numbers")
            found[int(value) if whole else value] = None
        if len(found) > limit:
            raise RequestError(field, text, f"at most {limit} numbers")
    if not found:
        raise RequestError(field, text, GRAMMAR)
    return list(found)


def _parts(field: str, text: str, whole: bool) -> list[str]:
    """The parts of a list; RequestError where a comma may part two numbers or one from its decimals: 1,5."""
    if ";" in text:
        parts = [re.sub(r"(?<=\d),(?=\d)", ".", part) for part in text.split(";")]
        return [part.strip() for part in parts if part.strip()]
    pieces = LOOSE.split(text)
    unclear = [piece for piece in pieces if DECIMALS.fullmatch(piece) or RANGE.search(piece)]
    parted = any(piece.count(",") > 1 and piece not in unclear for piece in pieces)  # 1,2,4: what else but a list
    if unclear and not whole and not parted:
        raise RequestError(field, text, _readings(pieces if len(text) <= READABLE else unclear[:1]))
    return [part.strip() for part in text.split(",") if part.strip()]


def _readings(pieces: list[str]) -> str:
    """Both things that the commas of a list may mean, to choose from."""
    listed = ", ".join(piece.replace(",", ", ") for piece in pieces)
    decimal = ", ".join(piece.replace(",", ".") for piece in pieces)
    meant = "decimals" if len(pieces) > 1 or "-" in decimal else "one number"
    return f"clear: {decimal} for {meant}, or {listed} for a list"


def _part(field: str, part: str, limit: int) -> list[float]:
    match = PART.fullmatch(part)
    if not match:
        raise RequestError(field, part, GRAMMAR)
    first, last, step, count = match.groups()
    if last is None:
        return [float(first)]
    low, high = float(first), float(last)
    if high < low:
        raise RequestError(field, part, f"from the smaller to the larger number: {last}-{first}")
    if count is not None:
        if not 2 <= int(count) <= limit:
            raise RequestError(field, part, f"a range of 2 to {limit} numbers")
        return np.linspace(low, high, int(count)).round(9).tolist()
    stride = 1.0 if step is None else float(step)
    if stride <= 0:
        raise RequestError(field, part, "a range whose step is above 0")
    many = int((high - low) / stride + 1e-9) + 1
    if many > limit:
        raise RequestError(field, part, f"a range of at most {limit} numbers, not {many}")
    return (low + stride * np.arange(many)).round(9).tolist()
