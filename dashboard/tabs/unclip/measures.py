"""What pictures of an embedding share, and where they differ."""

from __future__ import annotations

import numpy as np

from core.measure import pixels_apart
from dashboard.tabs.clip.spaces import Space


def named(space: Space, embeddings: np.ndarray) -> list[str]:
    """The concept whose name is nearest to each embedding (N, D): CLIP's zero-shot answer."""
    return [space.names[i] for i in (embeddings @ space.texts.T).argmax(1)]


def pairs(pictures: np.ndarray) -> float:
    """How far two of the pictures (N, h, w, 3) uint8 are apart, on average."""
    found = [pixels_apart(a, b) for i, a in enumerate(pictures) for b in pictures[:i]]
    return float(np.mean(found)) if found else 0.0


def unrelated(thumbs: np.ndarray, count: int = 64) -> float:
    """The same of pictures of a gallery (N, h, w, 3) uint8 that lie far apart in its list."""
    some = thumbs[np.linspace(0, len(thumbs) - 1, min(count, len(thumbs))).astype(int)]
    return float(np.mean([pixels_apart(a, b) for a, b in zip(some, np.roll(some, 1, 0), strict=True)]))


def unrelated_cosine(embeddings: np.ndarray) -> float:
    """The mean cosine of two pictures of a gallery, whose embeddings (N, D) are given."""
    total, count = embeddings.sum(0), len(embeddings)
    return float((total @ total - count) / (count * (count - 1)))
