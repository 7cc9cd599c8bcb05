"""What is known of a model before anything of it is loaded: its settings, its size, its licence."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path

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
    open: tuple[str, ...]
    disk: int  # bytes of its weights
    need: int  # bytes of memory that a run takes, about
    licence: str


def about(name: str | Path | None = None, place: Place | None = None) -> About:
    """Of a model's name or folder, or of the best there is; ModelError where it cannot be read."""
    folder = store.find(name)
    manifest = store.read_manifest(folder)
    kind = importlib.import_module(KINDS[manifest["kind"]]) if manifest["kind"] in KINDS else None
    return getattr(kind, "about", of_manifest)(folder, manifest, place or Place())


def of_manifest(folder: Path, manifest: dict, place: Place) -> About:
    """Of a model whose manifest tells all of it."""
    disk = sum(file.stat().st_size for file in store.source(folder, manifest).rglob("*.safetensors"))
    need = int(SPARE * disk * place.dtype.itemsize / HALF)
    return About(defaults(manifest), left_open(manifest.get("latent_shape", ())), disk, need, licence(folder))


def licence(folder: Path) -> str:
    """The name of the file in a model's folder that tells its licence."""
    found = [file.name for pattern in ("LICEN[CS]E*", "README.md") for file in sorted(folder.glob(pattern))]
    return found[0] if found else ""
