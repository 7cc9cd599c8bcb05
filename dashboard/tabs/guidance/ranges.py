"""Lists of numbers as people type them: `1, 2, 4`, `1-10`, `1-10 (+2)`, `1-10 [5]`."""

from __future__ import annotations

import re

import numpy as np

from core.text import plain
from core.types import MAX_PROMPT, RequestError

GRAMMAR = "numbers such as 1, 2, 4 or ranges such as 1-10, 1-10 (+2) for a step and 1-10 [5] for a count"
NUMBER = r"(\d{1,12}(?:\.\d{0,9})?|\.\d{1,9})"
DASHES = str.maketrans(dict.fromkeys("‒–—−﹣", "-"))
DECIMALS = re.compile(r"\s*\d+,\d+\s*", re.ASCII)  # one number with a decimal comma, or two numbers
RANGE = re.compile(r"\d,\d+\s*-\s*\d+,\d", re.ASCII)  # a range between two of them
PART = re.compile(rf"{NUMBER}(?:\s*-\s*{NUMBER}(?:\s*(?:\(\s*\+?\s*{NUMBER}\s*\)|\[\s*(\d{{1,6}})\s*\]))?)?", re.ASCII)


def numbers(field: str, text: object, limit: int, whole: bool = False) -> list[float]:
    """The numbers that text names, in its order, each once; as int where whole.

    A range includes its end where a step lands there; without a step it counts by 1. Between semicolons a comma is a
    decimal one. Raises RequestError(field) for anything else, for a range that runs backwards, and for none or more
    than limit numbers.
    """
    if not isinstance(text, str) or len(text) > MAX_PROMPT:
        raise RequestError(field, text, GRAMMAR)
    found: dict[float, None] = {}
    for part in _parts(field, plain(text).translate(DASHES), whole):
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
    elif not whole and (all(map(DECIMALS.fullmatch, re.split(r",\s+", text.strip()))) or RANGE.search(text)):
        first, _, second = text.strip().partition(",")
        clear = f"{text.strip().replace(',', '.')} for one number" if second.isdigit() else "points for decimals"
        raise RequestError(field, text, f"clear: {clear}, or {first}, {second.strip()} for a list")
    else:
        parts = text.split(",")
    return [part.strip() for part in parts if part.strip()]


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
