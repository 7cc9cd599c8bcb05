"""What CLIP and the gallery say about a run: how well each guess fits a text, and what it resembles most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.measure import clip_score, nearest_by_clip, nearest_by_pixels
from core.text import plain
from core.types import MAX_PROMPT, RequestError

DISTRACTORS = 2  # chosen automatically
TYPED = 4  # of a visitor, at most
NEIGHBOURS = 5
COPY = 0.5  # closer than this share of the gallery's usual distance counts as a copy


def distractors(engine, prompt: str) -> list[str]:
    """Labels of two gallery pictures that show something else: least like the prompt, and unlike each other.

    A label that shares a word with the prompt is never one of them.
    """
    vectors, labels = engine.gallery.clip, engine.gallery.labels
    taken, said, chosen = engine.clip.text([prompt]), _words(prompt), []
    for _ in range(DISTRACTORS):
        others = [i for i, label in enumerate(labels) if not said & _words(label)]
        if not others:
            break
        found = others[int(np.argmin(clip_score(vectors[others], taken).max(1)))]
        chosen.append(labels[found])
        taken, said = np.concatenate([taken, vectors[[found]]]), said | _words(labels[found])
    return chosen


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
    return Neighbours(by_clip, cosines, by_pixels, distances, usual_distance(gallery.thumbs))


def usual_distance(thumbs: np.ndarray) -> float:
    """The median, over the pictures (N, H, W, 3) uint8, of the distance to the nearest other one, 0 … 1."""
    rows = thumbs.reshape(len(thumbs), -1).astype(np.float32) / 255
    squared = np.sum(rows**2, 1)[:, None] + np.sum(rows**2, 1) - 2 * rows @ rows.T
    np.fill_diagonal(squared, np.inf)
    return float(np.median(np.sqrt(np.maximum(squared.min(1), 0) / rows.shape[1])))


def _words(text: str) -> set[str]:
    """The words that carry meaning, nearly: those of three letters and more."""
    return {word for word in text.lower().split() if len(word) > 2}
