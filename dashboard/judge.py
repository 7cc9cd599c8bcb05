"""What CLIP and the gallery say about a run: how well each guess fits a text, and what it resembles most."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from core.measure import clip_score, nearest_by_clip, nearest_by_pixels
from core.text import plain
from core.types import MAX_PROMPT, RequestError

DISTRACTORS = 2  # chosen automatically
PARTS = 5  # of a prompt, scored one by one
SILENT = frozenset(["and", "with", "the", "next", "near", "beside", "above", "below", "left", "right", "two"])
TYPED = 4  # of a visitor, at most
NEIGHBOURS = 5
COPY = 0.5  # closer than this share of the gallery's usual distance counts as a copy


def distractors(engine, prompt: str) -> list[str]:
    """Two texts that a picture of the prompt must be told from: the prompt with a thing in it replaced by a near one.

    A thing is a label of the gallery that the prompt names; near are the labels whose pictures CLIP finds most alike.
    Where the prompt names none, they are the labels nearest to all of it. No label shares a word with the prompt.
    """
    if engine.gallery is None:
        return []
    things = named(engine.gallery.labels, prompt)
    said = _words(" ".join([prompt, *(thing["name"] for thing in things)]))
    if not things:
        return _near(engine, prompt, said, DISTRACTORS)
    each = -(-DISTRACTORS // len(things))
    pairs = [(thing, other) for thing in things for other in _near(engine, thing[0], said, each)]
    return [_replaced(prompt, *pair) for pair in pairs[:DISTRACTORS]]


def named(labels: list[str], text: str) -> list[re.Match]:
    """Where the text names labels, in its order, with article and plural; of those that overlap the longest."""
    found: list[re.Match] = []
    held = {label for label in labels if label.lower() in text.lower()}  # a pattern for each of 1,000 takes a while
    for label in sorted(held, key=len, reverse=True):
        pattern = rf"(?P<article>\ban? )?\b(?P<name>{re.escape(label)})(?P<plural>e?s)?\b"
        for match in re.finditer(pattern, text, re.IGNORECASE):
            if all(match.end() <= other.start() or other.end() <= match.start() for other in found):
                found.append(match)
    return sorted(found, key=lambda match: match.start())


def _near(engine, text: str, said: set[str], count: int) -> list[str]:
    """The labels of the gallery pictures most like the text, none of which shares a word with another or with said."""
    gallery, chosen = engine.gallery, []
    for index in np.argsort(-clip_score(gallery.clip, engine.clip.text([text]))[:, 0], kind="stable"):
        label = gallery.labels[index]
        if len(chosen) < count and not said & _words(label):
            chosen.append(label)
            said = said | _words(label)
    return chosen


def _replaced(text: str, thing: re.Match, other: str) -> str:
    article = "" if not thing["article"] else "an " if other[0].lower() in "aeiou" else "a "
    plural = "s" if thing["plural"] else ""
    return text[: thing.start()] + article + other + plural + text[thing.end() :]


@dataclass(frozen=True)
class Part:
    """A part of a prompt by itself, and how well a picture fits it."""

    text: str
    score: float  # the cosine
    rank: int | None  # among the names of the gallery's pictures, 1 fits best; None for a word that is none of them


def parts(engine, prompt: str, picture: np.ndarray) -> list[Part]:
    """What the prompt names, one by one, beside one picture (h, w, 3) uint8: the gallery's labels, then other words."""
    labels, vectors = _labels(engine)
    things = named(labels, prompt)
    names, rest = [thing["name"] for thing in things], prompt
    for thing in reversed(things):
        rest = f"{rest[: thing.start()]} {rest[thing.end() :]}"
    words = [word for word in re.findall(r"[^\W\d_]{3,}", rest.lower()) if word not in SILENT]
    texts = list(dict.fromkeys([*names, *words]))[:PARTS]
    if not texts:
        return []
    seen = engine.clip.image([Image.fromarray(picture)])
    own, others = clip_score(seen, engine.clip.text(texts))[0], clip_score(seen, vectors)[0]
    ranks = [
        1 + int(np.sum(others > score + 1e-5)) if text in names else None
        for text, score in zip(texts, own, strict=True)
    ]
    return [Part(text, float(score), rank) for text, score, rank in zip(texts, own, ranks, strict=True)]


@lru_cache(maxsize=4)
def _labels(engine) -> tuple[list[str], np.ndarray]:
    """The names of the gallery's pictures and CLIP's embeddings of them, once a model: a second for a thousand."""
    labels = list(dict.fromkeys(engine.gallery.labels))
    return labels, engine.clip.text(labels)


def typed(text: str) -> list[str]:
    """The texts a visitor wants to compare with, separated by commas; empty for the automatic choice."""
    if not isinstance(text, str) or len(text) > MAX_PROMPT:
        raise RequestError("Compare with", text, f"at most {MAX_PROMPT} characters of text")
    return [part.strip() for part in plain(text).split(",") if part.strip()][:TYPED]


def scores(engine, frames: np.ndarray, texts: list[str]) -> np.ndarray:
    """Cosine of each frame (P, h, w, 3) uint8 with each of M texts, (P, M)."""
    return clip_score(engine.clip.image([Image.fromarray(frame) for frame in frames]), engine.clip.text(texts))


def wins_from(scores: np.ndarray) -> int | None:
    """The position from which the first of M texts is ahead of all others to the end, of scores (P, M); None: never."""
    behind = np.flatnonzero(scores[:, 0] <= scores[:, 1:].max(1, initial=-np.inf))
    first = int(behind[-1]) + 1 if len(behind) else 0
    return first if first < len(scores) else None


@dataclass(frozen=True)
class Neighbours:
    """The gallery pictures nearest to one picture, and how near gallery pictures are to one another."""

    by_clip: np.ndarray  # (k,) indices
    cosines: np.ndarray  # (k,)
    by_pixels: np.ndarray  # (k,) indices
    distances: np.ndarray  # (k,) root mean square, 0 … 1
    usual: float  # the median distance of a gallery picture to its own nearest one

    @property
    def copied(self) -> bool:
        return bool(self.distances[0] < COPY * self.usual)


def neighbours(engine, picture: np.ndarray) -> Neighbours:
    """picture (h, w, 3) uint8, compared with every picture of the gallery."""
    gallery = engine.gallery
    image = Image.fromarray(picture)
    small = np.asarray(image.resize(gallery.thumbs.shape[2:0:-1], Image.Resampling.LANCZOS))
    by_clip, cosines = nearest_by_clip(engine.clip.image([image])[0], gallery.clip, NEIGHBOURS)
    by_pixels, distances = nearest_by_pixels(small, gallery.thumbs, NEIGHBOURS)
    return Neighbours(by_clip, cosines, by_pixels, distances, gallery.usual_distance)


def _words(text: str) -> set[str]:
    """The words that carry meaning, nearly: those of three letters and more."""
    return {word for word in text.lower().split() if len(word) > 2}
