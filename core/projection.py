"""Flat views of latent space: PCA, UMAP and the plane of x_T and x_0, in 2 or 3 dimensions.

A fitted projection turns points (N, …) into coordinates with `transform`, and `explained` says what share of
the points' variance each of its axes carries. Latents are flattened, one row of D numbers each.
"""

from __future__ import annotations

import hashlib
import os
import threading
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import RequestError
from core.measure import as_rows, step_lengths

CACHE_VERSION = 1  # raise it when a fit changes: older files are then never read again
CACHE_FILES = 200  # of a few kB each; the oldest make room
NEIGHBOURS = 15  # UMAP's neighbourhood, and the one trustworthiness looks at
UMAP_A, UMAP_B = 1.5769, 0.8951  # 1 / (1 + a r^2b) is nearness on the map, for min_dist 0.1 and spread 1
UMAP_PUSHES = 5  # for each pull: UMAP's negative_sample_rate
UMAP_LOCK = threading.Lock()  # fitting runs on numba's thread pool: one a process, for one caller at a time


@dataclass(frozen=True)
class Linear:
    """Coordinates (x - mean) · basis^T along d orthonormal axes."""

    mean: np.ndarray  # (D,)
    basis: np.ndarray  # (d, D)

    def transform(self, points: np.ndarray) -> np.ndarray:
        """(N, …) -> (N, d)"""
        return (as_rows("points", points) - self.mean) @ self.basis.T

    def explained(self, points: np.ndarray) -> np.ndarray:
        """The share of the points' variance along each axis, (d,); all d = D axes together carry 1."""
        centred = as_rows("points", points)
        centred = centred - centred.mean(0)
        total = np.sum(centred**2)
        return np.sum((centred @ self.basis.T) ** 2, 0) / total if total > 0 else np.zeros(len(self.basis))


def pca(points: np.ndarray, dims: int = 2) -> Linear:
    """The axes of largest variance of the points (N, …), widest first (Pearson 1901).

    Each axis points from the first point towards the last, so that a run's noise lies on one side.
    """
    rows = as_rows("points", points)
    mean = rows.mean(0)
    basis = _orthonormal(_principal(rows - mean), dims)
    return Linear(mean, np.where(basis @ (rows[-1] - rows[0]) < 0, -1.0, 1.0)[:, None] * basis)


def plane(path: np.ndarray, dims: int = 2) -> Linear:
    """The plane through the origin that holds x_0 (first axis) and x_T, by Gram-Schmidt, for a path (S+1, …).

    There the path without added noise turns from x_T to x_0 nearly as a rotation (arXiv 2303.02490).
    A third axis shows what the plane leaves out: the widest direction of the rest.
    """
    rows = as_rows("path", path)
    flat = _orthonormal(rows[[-1, 0]], 2)
    centred = rows - rows.mean(0)
    rest = _principal(centred - centred @ flat.T @ flat)
    return Linear(np.zeros(rows.shape[1]), _orthonormal(np.vstack([flat, rest]), dims))


def rotation(path: np.ndarray, alpha: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """The path from x_T were x_0 the only picture in the world: x_t = alpha_t x_0 + sigma_t eps, (S+1, D).

    eps = (x_T - alpha_T x_0) / sigma_T stays the same all the way, so DDIM follows this path exactly, in any
    number of steps; where alpha^2 + sigma^2 = 1 it turns by the angle arccos alpha (arXiv 2303.02490).

    path: (S+1, …), of which the ends are used; alpha, sigma: (S+1,), of every state, the last one included.
    """
    rows = as_rows("path", path)
    alpha, sigma = np.asarray(alpha, float), np.asarray(sigma, float)
    if alpha.shape != (len(rows),) or sigma.shape != (len(rows),) or not sigma[0] > 0:
        raise RequestError(
            "alpha, sigma", (alpha.shape, sigma.shape), f"one of each for {len(rows)} states, sigma_T > 0"
        )
    eps = (rows[0] - alpha[0] * rows[-1]) / sigma[0]
    return alpha[:, None] * rows[-1] + sigma[:, None] * eps


def random_walk(path: np.ndarray, seed: int = 0) -> np.ndarray:
    """Pure chance to compare with: the same start, steps as long, in random directions, (S+1, D).

    PCA draws even this as a smooth arc (Lissajous curves, arXiv 1806.08805), so an arc alone proves nothing.
    """
    rows = as_rows("path", path)
    steps = np.random.default_rng(seed).standard_normal((len(rows) - 1, rows.shape[1]))
    steps *= step_lengths(rows)[:, None] / np.linalg.norm(steps, axis=1, keepdims=True)
    return np.concatenate([rows[:1], rows[0] + np.cumsum(steps, 0)])


@dataclass(frozen=True)
class Umap:
    """A UMAP (arXiv 1802.03426) of known latents, which new points are placed into.

    A new point feels what UMAP's stochastic updates do to it on average: its nearest latents pull, all of them
    push. So it lands in milliseconds, always at the same place, whatever else is placed with it.
    """

    latents: np.ndarray  # (N, …)
    coordinates: np.ndarray  # (N, d)

    def explained(self, points: np.ndarray) -> None:
        """None: UMAP bends space, so its axes carry no share of the variance."""

    def transform(self, points: np.ndarray) -> np.ndarray:
        """(N, …) -> (N, d)"""
        distances = np.sqrt(_squared_distances(as_rows("points", points), as_rows("latents", self.latents)))
        near = np.argsort(distances, axis=1)[:, : min(NEIGHBOURS, len(self.latents) - 1)]  # (N, k)
        pull = _memberships(np.take_along_axis(distances, near, 1))
        known = np.asarray(self.coordinates, np.float64)
        place = np.einsum("nk,nkd->nd", pull / pull.sum(1, keepdims=True), known[near])
        pull = pull / pull.max(1, keepdims=True)  # of each point by itself: UMAP takes the largest of the batch
        push = UMAP_PUSHES / len(known) * pull.sum(1, keepdims=True)
        for rate in np.linspace(0.25, 0, 100, endpoint=False):
            r = np.maximum(_squared_distances(place, known), 1e-12)  # (N, known)
            nearness = 1 / (1 + UMAP_A * r**UMAP_B)
            force = push * _capped(2 * UMAP_B / (0.001 + r) * nearness, r)
            r, nearness = np.take_along_axis(r, near, 1), np.take_along_axis(nearness, near, 1)
            drawn = pull * _capped(2 * UMAP_A * UMAP_B * r ** (UMAP_B - 1) * nearness, r)
            np.put_along_axis(force, near, np.take_along_axis(force, near, 1) - drawn, 1)
            place = place + rate * (force.sum(1, keepdims=True) * place - force @ known)
        return place


def _capped(force: np.ndarray, squared: np.ndarray) -> np.ndarray:
    """No update moves a point by more than 4: UMAP's own bound."""
    return np.minimum(force, 4 / np.sqrt(squared))


def _memberships(distances: np.ndarray) -> np.ndarray:
    """How much each of the k nearest is a neighbour: exp(-distance / s), s such that a row sums to log2 k."""
    low, high = np.zeros((len(distances), 1)), np.full((len(distances), 1), 1e3 * distances.max() + 1e-12)
    for _ in range(64):
        s = (low + high) / 2
        few = np.exp(-distances / s).sum(1, keepdims=True) < np.log2(distances.shape[1])
        low, high = np.where(few, s, low), np.where(few, high, s)
    return np.exp(-distances / np.maximum(s, 1e-3 * distances.mean(1, keepdims=True) + 1e-12))


def fit_umap(latents: np.ndarray, dims: int = 2) -> Umap:
    """Lay the latents (N, …) out; it takes seconds, so a model's gallery carries the coordinates with it."""
    from umap import UMAP

    rows = as_rows("latents", latents, least=8)  # its spectral start needs a few more points than axes
    mapper = UMAP(
        n_neighbors=min(NEIGHBOURS, len(rows) - 1),
        n_components=_check_dims(dims, rows.shape[1]),
        min_dist=0.1,
        spread=1.0,
        random_state=0,
        n_jobs=1,
    )
    with UMAP_LOCK:
        return Umap(latents, mapper.fit_transform(rows))


def trustworthiness(points: np.ndarray, coordinates: np.ndarray, k: int = NEIGHBOURS) -> float:
    """How far neighbours in the view are neighbours in truth: 1 all of them, about 0.5 by chance.

    1 - 2 / (N k (2N - 3k - 1)) sum_i sum_j max(0, r(i, j) - k), j being the k nearest of i in the view and
    r(i, j) the rank of j among the neighbours of i in truth (Venna & Kaski 2001).

    points (N, …), coordinates (N, d). k is at most (N - 1) / 2; NaN where N < 3.
    """
    count = len(points)
    k = min(k, (count - 1) // 2)
    if k < 1:
        return float("nan")
    rank = np.empty((count, count), int)
    np.put_along_axis(rank, _neighbours(points), np.arange(1, count + 1)[None], 1)
    in_view = np.take_along_axis(rank, _neighbours(coordinates)[:, :k], 1)
    return float(1 - 2 / (count * k * (2 * count - 3 * k - 1)) * np.maximum(in_view - k, 0).sum())


def _neighbours(points: np.ndarray) -> np.ndarray:
    """Of each row, all rows by distance, (N, N), itself at the very end."""
    squared = _squared_distances(as_rows("points", points), as_rows("points", points))
    np.fill_diagonal(squared, np.inf)
    return np.argsort(squared, axis=1, kind="stable")


def _squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(N, D), (M, D) -> (N, M)"""
    return np.maximum(np.sum(a**2, 1)[:, None] + np.sum(b**2, 1) - 2 * a @ b.T, 0)


def cache_folder() -> Path:
    """Where fits are kept between sessions, by the XDG convention."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "driftscope" / "projections"


def cached(folder: Path, parts: Iterable[object], compute: Callable[[], np.ndarray]) -> np.ndarray:
    """compute(), kept in folder under a key made of the content of parts (arrays, texts, numbers).

    A file that cannot be read is computed anew; a folder that cannot be written is done without. Nothing is
    unpickled.
    """
    path = Path(folder) / f"{content_key(*parts)}.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            return file["value"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        value = compute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
        with draft.open("wb") as file:
            np.savez(file, value=value)
        draft.replace(path)  # in one move: a reader never sees half a file
        by_age = sorted(path.parent.glob("*.npz"), key=lambda file: file.stat().st_mtime_ns)
        for old in by_age[:-CACHE_FILES]:
            old.unlink()
    except OSError:
        pass
    return value


def content_key(*parts: object) -> str:
    """A name for what parts hold: SHA-256 over the version, and each part's type, shape and content."""
    digest = hashlib.sha256(f"projection {CACHE_VERSION}".encode())
    for part in parts:
        array = np.ascontiguousarray(part) if isinstance(part, np.ndarray) else None
        digest.update(repr((array.dtype.str, array.shape) if array is not None else part).encode() + b"\0")
        digest.update(array.tobytes() if array is not None else b"")
    return digest.hexdigest()


def _principal(centred: np.ndarray) -> np.ndarray:
    """Principal directions of centred rows (N, D), widest first, each as long as its spread.

    From the N x N products rather than a singular value decomposition: N is far below D for a path.
    """
    _, vectors = np.linalg.eigh(centred @ centred.T)
    return vectors[:, ::-1].T[:3] @ centred


def _orthonormal(candidates: np.ndarray, dims: int) -> np.ndarray:
    """The first dims independent directions of candidates (N, D), made orthonormal (Gram-Schmidt): (dims, D).

    Coordinate axes fill up where there are too few, so that even a path of one point has a view.
    """
    _check_dims(dims, candidates.shape[1])
    longest = np.linalg.norm(candidates, axis=1).max(initial=0) or 1.0
    basis = np.empty((0, candidates.shape[1]))
    for vector in [*candidates, *longest * np.eye(dims, candidates.shape[1])]:
        for _ in range(2):  # the second pass removes what rounding left of the first
            vector = vector - vector @ basis.T @ basis
        length = np.linalg.norm(vector)
        if len(basis) < dims and length > 1e-7 * longest:
            basis = np.vstack([basis, vector / length])
    return basis


def _check_dims(dims: int, available: int) -> int:
    if dims not in (2, 3) or dims > available:
        raise RequestError("dimensions", dims, f"2 or 3, and at most the {available} that there are")
    return dims
