"""What moves in a video, told from its frames alone: numbers for a screen, of any model's videos."""

from __future__ import annotations

import numpy as np

EDGE = 2  # pixels along the borders that are taken for background
FAINT = 0.06  # of the range: what differs less from the background is background


def centroids(frames: np.ndarray) -> np.ndarray:
    """Where the thing stands in each of the frames (F, H, W, 3) uint8: (F, 2), x to the right and y down, 0 to 1.

    The thing is whatever differs from the median colour along the borders. Where nothing does it is NaN.
    """
    pixels = frames / 255
    height, width = pixels.shape[1:3]
    border = np.zeros((height, width), bool)
    border[[*range(EDGE), *range(-EDGE, 0)]] = border[:, [*range(EDGE), *range(-EDGE, 0)]] = True
    apart = np.abs(pixels - np.median(pixels[:, border], axis=(0, 1))).mean(-1)  # (F, H, W)
    weight = np.where(apart > FAINT, apart, 0)
    total = weight.sum((1, 2))
    x = weight.sum(1) @ ((np.arange(width) + 0.5) / width)
    y = weight.sum(2) @ ((np.arange(height) + 0.5) / height)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([x, y], 1) / np.where(total > 0, total, np.nan)[:, None]


def moving(frames: np.ndarray) -> float:
    """Root mean square change from each frame (F, H, W, 3) uint8 to the next, as a share of the range; 0 of one."""
    if len(frames) < 2:
        return 0.0
    return float(np.sqrt(np.mean(np.diff(frames / 255, axis=0) ** 2)))


def consistency(embeddings: np.ndarray) -> float:
    """Mean cosine of the CLIP embeddings (…, F, D), unit vectors, of neighbouring frames; 1 where nothing changes."""
    before, after = embeddings[..., :-1, :], embeddings[..., 1:, :]
    return float((before * after).sum(-1).mean()) if before.size else 1.0


def slice_through(frames: np.ndarray) -> tuple[str, int]:
    """The line of pixels along which most changes over the frames (F, H, W, 3): "row" or "column", and its number."""
    change = np.var(frames / 255, axis=0).sum(-1)  # (H, W)
    rows, columns = change.mean(1), change.mean(0)
    along_x = np.abs(np.diff(frames.mean((1, 3)), axis=0)).mean()  # what moves sideways changes the columns' means
    along_y = np.abs(np.diff(frames.mean((2, 3)), axis=0)).mean()
    return ("row", int(rows.argmax())) if along_x >= along_y else ("column", int(columns.argmax()))
