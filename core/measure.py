"""Numbers for what a run or a set of pictures shows: likeness, distance between distributions, shape of a path.

Plain functions of arrays. Embeddings are (N, D), paths are (S+1, …) with the starting noise first; everything
is computed in float64 over the full latent space, never over a projection.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.errors import RequestError

PART = 512  # pictures that are held as floats at once


def as_rows(name: str, values: np.ndarray, least: int = 1) -> np.ndarray:
    """values (N, …) as finite float64 rows (N, D), N >= least; RequestError(name) where they are not."""
    values = np.asarray(values, np.float64)
    if values.ndim < 2 or len(values) < least:
        raise RequestError(name, values.shape, f"at least {least} row(s) of numbers")
    if not np.isfinite(values).all():
        raise RequestError(name, "NaN or infinity", "finite numbers")
    return values.reshape(len(values), -1)


def clip_score(images: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """Cosine of each image embedding with each text embedding, -1 … 1 (arXiv 2103.00020, section 2.3).

    images (N, D), texts (M, D) -> (N, M). The rows need not have unit length; a row of zeros scores 0.
    """
    return unit(as_rows("images", images)) @ unit(as_rows("texts", texts)).T


def nearest_by_clip(image: np.ndarray, gallery: np.ndarray, k: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """The k gallery images closest in meaning to image (D,): indices (k,) and cosines (k,), best first."""
    scores = clip_score(np.asarray(image)[None], gallery)[0]
    order = np.argsort(-scores, kind="stable")[:k]
    return order, scores[order]


def nearest_by_pixels(image: np.ndarray, thumbs: np.ndarray, k: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """The k thumbnails closest to image pixel by pixel: indices (k,) and distances (k,), closest first.

    image (H, W, 3) and thumbs (N, H, W, 3) are uint8 of one size. The distance is the root mean square
    difference of the values in [0, 1]: 0 for a copy, 1 for black against white.
    """
    if np.shape(image) != np.shape(thumbs)[1:]:
        raise RequestError("image", np.shape(image), f"of the thumbnails' shape {np.shape(thumbs)[1:]}")
    image = np.asarray(image, np.float32)
    distances = np.concatenate([rms(np.asarray(part, np.float32) - image) for part in _parts(thumbs)]) / 255
    order = np.argsort(distances, kind="stable")[:k]
    return order, distances[order]


def usual_distance(thumbs: np.ndarray) -> float:
    """The median, over the pictures (N, H, W, 3) uint8, of the distance to the nearest other one, 0 … 1."""
    nearest, columns = [], [part.reshape(len(part), -1) for part in _parts(thumbs)]
    for i, mine in enumerate(columns):
        rows = mine.astype(np.float32) / 255
        found = np.full(len(rows), np.inf, np.float32)
        for j, its in enumerate(columns):
            others = its.astype(np.float32) / 255
            squared = np.sum(rows**2, 1)[:, None] + np.sum(others**2, 1) - 2 * rows @ others.T
            if i == j:
                np.fill_diagonal(squared, np.inf)
            found = np.minimum(found, squared.min(1))
        nearest.append(found)
    return float(np.median(np.sqrt(np.maximum(np.concatenate(nearest), 0) / columns[0].shape[1])))


def _parts(pictures: np.ndarray) -> list[np.ndarray]:
    """Pictures in parts that take little memory as floats."""
    return [pictures[start : start + PART] for start in range(0, len(pictures), PART)]


def frechet_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Squared Fréchet distance between Gaussians fitted to the samples x (N, D) and y (M, D).

    With CLIP embeddings it judges a set of pictures as FID does with Inception's (arXiv 1706.08500).
    """
    x, y = as_rows("x", x, least=2), as_rows("y", y, least=2)
    return frechet_gaussians(x.mean(0), np.cov(x.T), y.mean(0), np.cov(y.T))


def frechet_gaussians(mean_x: np.ndarray, cov_x: np.ndarray, mean_y: np.ndarray, cov_y: np.ndarray) -> float:
    """|m_x - m_y|^2 + tr(C_x + C_y - 2 (C_x C_y)^(1/2))  (Dowson & Landau 1982).

    C_x C_y has the eigenvalues of the symmetric C_x^(1/2) C_y C_x^(1/2), so the trace of its root is the sum
    of their roots: no root of a matrix that is not symmetric is ever taken.
    """
    cov_x, cov_y = np.atleast_2d(cov_x), np.atleast_2d(cov_y)
    root = sqrt_psd(cov_x)
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ cov_y @ root), 0, None)).sum()
    gap = np.sum((np.asarray(mean_x, float) - mean_y) ** 2)
    return float(max(gap + np.trace(cov_x) + np.trace(cov_y) - 2 * cross, 0.0))


def sqrt_psd(matrix: np.ndarray) -> np.ndarray:
    """The symmetric root R of a positive semi-definite matrix, R R = matrix; rounding below 0 counts as 0."""
    values, vectors = np.linalg.eigh(np.asarray(matrix, float))
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T


def energy_distance(x: np.ndarray, y: np.ndarray) -> float:
    """2 E|X - Y| - E|X - X'| - E|Y - Y'|, 0 if and only if the distributions agree (Székely & Rizzo 2013).

    The unbiased estimator over the samples x (N, D), y (M, D): pairs of a point with itself are left out, so
    it scatters around 0, below it too, when both samples come from one distribution.
    """
    x, y = as_rows("x", x, least=2), as_rows("y", y, least=2)
    within_x = _distances(x, x).sum() / (len(x) * (len(x) - 1))
    within_y = _distances(y, y).sum() / (len(y) * (len(y) - 1))
    return float(2 * _distances(x, y).mean() - within_x - within_y)


def energy_test(x: np.ndarray, y: np.ndarray, draws: int = 999, seed: int = 0) -> tuple[float, np.ndarray, float]:
    """Do x (N, D) and y (M, D) come from one distribution? Their energy distance, its null (draws,), and the p-value.

    The distance is the V-statistic, which counts pairs of a point with itself: never below 0, and above it by chance,
    unlike the unbiased energy_distance, to which it adds E|X - X'| / N + E|Y - Y'| / M. The null is the distance after
    x and y were mixed and dealt out anew, N and M; p is the share of such deals at least as far apart, the true one
    counted among them (Székely & Rizzo 2013, section 6).
    """
    x, y = as_rows("x", x, least=2), as_rows("y", y, least=2)
    both, n = np.concatenate([x, y]), len(x)
    distances, m = _distances(both, both), len(y)
    rng = np.random.default_rng(seed)
    deals = np.stack([np.arange(n + m), *(rng.permutation(n + m) for _ in range(draws))]) < n  # (draws + 1, N + M)
    reach = deals @ distances  # of every point, to the first part of its deal
    within = np.sum(reach * deals, 1)
    across = reach.sum(1) - within
    rest = distances.sum() - within - 2 * across
    values = 2 * across / (n * m) - within / n**2 - rest / m**2
    return float(values[0]), values[1:], float(np.mean(values >= values[0] - 1e-12))


def diversity(x: np.ndarray) -> float:
    """How unlike one another embeddings (N, D) are: 1 minus the mean cosine of two of them, 0 for copies."""
    rows = unit(as_rows("x", x, least=2))
    total = rows.sum(0)
    return float(1 - (total @ total - len(rows)) / (len(rows) * (len(rows) - 1)))


def jackknife(statistic: Callable[[np.ndarray], float], count: int) -> float:
    """Standard error of statistic(indices), a number made of some of count samples (Quenouille-Tukey).

    sqrt((n - 1) / n sum_i (s_i - s̄)^2), s_i being the statistic with sample i left out.
    """
    without = np.array([statistic(np.delete(np.arange(count), i)) for i in range(count)])
    return float(np.sqrt((count - 1) / count * np.sum((without - without.mean()) ** 2)))


def step_lengths(path: np.ndarray) -> np.ndarray:
    """|x_{k+1} - x_k| for each of the S steps of a path (S+1, …) -> (S,)."""
    return np.linalg.norm(np.diff(as_rows("path", path), axis=0), axis=1)


def path_length(path: np.ndarray) -> float:
    """The sum of the step lengths."""
    return float(step_lengths(path).sum())


def turning_angles(path: np.ndarray) -> np.ndarray:
    """Degrees between each step and the next, (S-1,): 0 goes straight on, 180 turns back.

    NaN where one of the two steps has no length.
    """
    steps = unit(np.diff(as_rows("path", path), axis=0), zero=np.nan)
    u, v = steps[:-1], steps[1:]
    # 2 atan2(|u - v|, |u + v|): exact for small angles, where arccos loses half the digits
    return np.degrees(2 * np.arctan2(np.linalg.norm(u - v, axis=-1), np.linalg.norm(u + v, axis=-1)))


def rms(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Root mean square of floats (N, …) over all axes but the first, (N,), or over the one that is named."""
    over = tuple(range(1, values.ndim)) if axis is None else axis
    return np.sqrt(np.mean(np.square(values), over, dtype=np.float64))


def pixels_apart(a: np.ndarray, b: np.ndarray) -> float:
    """The root mean square difference of the values in [0, 1] of two pictures (H, W, 3) uint8."""
    return float(rms((np.asarray(a, np.float32) - b)[None])[0]) / 255


def unit(rows: np.ndarray, zero: float = 0.0) -> np.ndarray:
    """Each row (…, D) divided by its length; one without length becomes zero everywhere."""
    norm = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.where(norm > 0, rows / np.where(norm > 0, norm, 1), zero)


def _distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Euclidean distances (N, M). Differences, not |x|^2 + |y|^2 - 2xy: that cancels for close points."""
    return np.stack([np.linalg.norm(y - row, axis=1) for row in x])
