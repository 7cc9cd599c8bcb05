"""CLIP spaces for the page: the gallery's pictures and the concepts' names as one CLIP sees them.

The model's own CLIP has its embeddings beside it; those of another CLIP, or of weights that have changed since, are
made in the background, one small piece of work at a time, so that runs go on meanwhile. UMAP likewise.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core import projection
from core.meaning import phrase, without_gap
from core.measure import unit
from core.types import ModelError, RequestError
from dashboard import lacks
from dashboard.service import Service
from dashboard.tabs.clip import sources

if TYPE_CHECKING:
    from core.networks.clip import Clip

PIECE = 16  # pictures or texts between two looks at who else waits
POLL = 0.2  # seconds
MAX_SOURCE = 300  # characters of a folder or hub id
MAX_OTHERS = 2  # CLIPs of visitors held at once


@dataclass(frozen=True, eq=False)
class Space:
    """N pictures of the gallery and M names of concepts in the space of one CLIP, unit vectors."""

    clip: Clip
    own: bool  # the model's own CLIP
    pictures: np.ndarray  # (N, D)
    texts: np.ndarray  # (M, D)
    thumbs: np.ndarray  # (N, h, w, 3) uint8
    labels: list[str]  # (N,)
    names: list[str]  # (M,)
    laid: dict[int, np.ndarray]  # UMAPs that came with the model, dimensions -> (2, N + M, dimensions); see Gallery
    measured: dict  # what the model's eval.json says of its CLIP; {} of another one

    def points(self, closed: bool) -> np.ndarray:
        """Pictures, then texts, (N + M, D); closed: without the modality gap."""
        return np.concatenate(without_gap(self.pictures, self.texts) if closed else (self.pictures, self.texts))

    def place(self, texts: np.ndarray, closed: bool) -> np.ndarray:
        """Other texts (K, D) among the points."""
        if not closed or not len(texts):
            return texts
        half = (self.pictures.mean(0) - self.texts.mean(0)) / 2
        return unit(texts + half)


class Job:
    """Work on a thread of its own: share done, then a result or an error."""

    def __init__(self, work: Callable[[Callable[[float], None]], object]):
        self.share, self.result, self.error = 0.0, None, None
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def _run(self, work) -> None:
        try:
            self.result = work(self._tell)
        except (ModelError, RequestError) as error:
            self.error = error
        except Exception as error:  # a thread's error would be seen by nobody
            self.error = ModelError("This CLIP cannot be used here.")
            self.error.__cause__ = error  # what it says may name the server's own files

    def _tell(self, share: float) -> None:
        self.share = share

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()


class Spaces:
    """One for the page; makes each space once, and lets visitors wait for it without holding a turn."""

    def __init__(self, service: Service):
        self._service = service
        self._jobs: dict[tuple, Job] = {}
        self._lock = threading.Lock()

    def wait(self, model: object, source: object = "") -> Iterator[float | Space]:
        """Shares of the work that is done, at last the Space. source: a folder or hub id, '' for the model's own."""
        if not isinstance(source, str) or len(source) > MAX_SOURCE:
            raise RequestError("CLIP", source, f"a folder or a hub id, at most {MAX_SOURCE} characters")
        name = self._service.check(model or self._service.default)
        source = sources.checked(source, bool(self._service.limits.sources))
        job = self._job(("space", name, source), lambda tell: self._make(name, source, tell))
        while not job.done:
            yield job.share
            time.sleep(POLL if job.share else POLL / 10)
        yield self._result(job)

    def get(self, model: object, source: object = "") -> Space:
        """The Space, waited for."""
        *_, space = self.wait(model, source)
        return space

    def umap(self, space: Space, dims: int, closed: bool) -> np.ndarray | None:
        """Coordinates (N + M, dims) of the points, None while they are being laid out."""
        if dims in space.laid:
            return space.laid[dims][int(closed)]
        job = self._job(("umap", id(space), dims, closed), lambda tell: umap(space, dims, closed))
        return self._result(job) if job.done else None

    def _job(self, key: tuple, work: Callable) -> Job:
        with self._lock:
            failed = key in self._jobs and self._jobs[key].done and self._jobs[key].error
            if failed or key not in self._jobs:
                others = [old for old in self._jobs if old[0] == "space" and old[2]]
                if key[0] == "space" and key[2] and len(others) >= MAX_OTHERS:
                    gone = self._jobs.pop(others[0])
                    for old in [o for o in self._jobs if o[0] == "umap" and o[1] == id(gone.result)]:
                        del self._jobs[old]
                self._jobs[key] = Job(work)
            return self._jobs[key]

    def _result(self, job: Job):
        if job.error:
            raise job.error
        return job.result

    def _make(self, model: str, source: str, tell: Callable[[float], None]) -> Space:
        from core.networks.clip import load_clip  # here, since torch takes seconds to import

        engine = self._service.engine(model)
        lacks.need(engine, "gallery", "there is nothing to lay out")
        if not source:
            lacks.need(engine, "clip", "there is no space to show: open another CLIP's folder")
        gallery, clip = engine.gallery, load_clip(source) if source else engine.clip
        names = list(engine.manifest.get("concepts") or dict.fromkeys(gallery.labels))
        known = not source and current(engine)
        total = len(names) + (0 if known else len(gallery.thumbs))

        def embed(work: Callable, items: list, before: int) -> np.ndarray:
            rows = []
            for start in range(0, len(items), PIECE):
                with self._service.turn(model):
                    rows.append(work(items[start : start + PIECE]))
                tell((before + start) / total)
            return np.concatenate(rows)

        texts = embed(clip.text, [phrase(name) for name in names], 0)
        pictures = gallery.clip
        if not known:
            pictures = embed(clip.image, [Image.fromarray(thumb) for thumb in gallery.thumbs], len(names))
        laid = shipped(gallery, len(pictures) + len(texts)) if known else {}
        told = {} if source else measured(engine)
        return Space(clip, not source, pictures, texts, gallery.thumbs, gallery.labels, names, laid, told)


def current(engine) -> bool:
    """Whether the gallery's embeddings are those of the model's CLIP as it is: they carry the hash of its weights."""
    made_by = getattr(engine.gallery, "clip_sha256", None)
    return made_by is None or made_by == engine.manifest.get("files", {}).get("clip/model.safetensors")


def measured(engine) -> dict:
    """How well the model's CLIP does, as `python -m core evaluate` measured it; {} where nobody has."""
    try:
        found = json.loads((engine.model.folder / "eval.json").read_text("utf-8"))
        return {name: found[name] for name in ("localisation", "zero_shot")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def shipped(gallery, count: int) -> dict[int, np.ndarray]:
    """The UMAPs of CLIP's space that a gallery brings, of count points; laying them out takes a minute at first."""
    found = {dims: getattr(gallery, f"clip_umap{dims}", None) for dims in (2, 3)}
    return {dims: laid for dims, laid in found.items() if laid is not None and laid.shape == (2, count, dims)}


def umap(space: Space, dims: int, closed: bool) -> np.ndarray:
    """A minute of work at first, seconds later on; kept on disk by content."""
    points = space.points(closed).astype(np.float32)

    def fit() -> np.ndarray:
        return projection.fit_umap(points, dims).coordinates

    return projection.cached(projection.cache_folder(), ["clip umap", dims, points], fit)
