"""What is known of a model before anything of it is loaded: its settings, its size, its licence."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import ModelError
from core.model import KINDS, Place
from core.networks import store
from core.networks.manifest import defaults, left_open
from core.types import Request

HALF = 2  # bytes of a number in our own models' files; they compute in float32
SPARE = 1.2  # of the weights' size in memory: what a run needs beside them


@dataclass(frozen=True)
class About:
    """open: those of core.types.OPEN that a request may set.

    licence: the name of the file that tells it, empty where there is none.
    """

    defaults: Request
    open: tuple[str, ...] = ()
    disk: int = 0  # bytes of its weights
    need: int = 0  # bytes of memory that a run takes, about
    licence: str = ""
    place: Place = field(default_factory=Place)

    @property
    def free(self) -> int | None:
        """Bytes of memory that are free where it computes; None where nobody can tell."""
        return self.place.free

    @property
    def told(self) -> str:
        """What it takes, in words."""
        free = "" if self.free is None else f" ({sized(self.free)} free)"
        licence = f"; licence: {self.licence}" if self.licence else ""
        return f"{sized(self.disk)} on disk, about {sized(self.need)} of memory{free}{licence}"

    @property
    def video(self) -> bool:
        return "shared_noise" in self.open


def about(name: str | Path | None = None, place: Place | None = None) -> About:
    """Of a model's name or folder, or of the best there is; ModelError where it cannot be read."""
    folder = store.find(name)
    manifest = store.read_manifest(folder)
    kind = importlib.import_module(KINDS[manifest["kind"]]) if manifest["kind"] in KINDS else None
    return getattr(kind, "about", of_manifest)(folder, manifest, place or Place())


def videos() -> list[str]:
    """Those of the models that can be loaded that draw videos, best first."""
    return [name for name in store.names() if _draws_videos(name)]


def _draws_videos(name: str) -> bool:
    try:
        return about(name).video
    except ModelError:  # whoever chooses it is told why
        return False


def of_manifest(folder: Path, manifest: dict, place: Place) -> About:
    """Of a model whose manifest tells all of it."""
    disk = sum(file.stat().st_size for file in store.source(folder, manifest).rglob("*.safetensors"))
    need = int(SPARE * disk * place.dtype.itemsize / HALF)
    return About(defaults(manifest), left_open(manifest.get("latent_shape", ())), disk, need, licence(folder), place)


def sized(count: int) -> str:
    """Bytes, in words."""
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{max(1, round(count / 2**20))} MiB"


def licence(folder: Path) -> str:
    """The name of the file in a model's folder that tells its licence."""
    found = [file.name for pattern in ("LICEN[CS]E*", "README.md") for file in sorted(folder.glob(pattern))]
    return found[0] if found else ""
