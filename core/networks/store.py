"""Model folders: a manifest, and files whose SHA-256 it names. Nothing here is ever unpickled.

manifest.json   name, kind, rank, size, latent_shape, schedule, architecture, bounds, data, files
autoencoder.safetensors  dit.safetensors  clip/   weights, float16     judge.safetensors   scores pictures
prior.safetensors   draws picture embeddings for captions; a model may do without
words.txt       words that captions held     gallery.npz   latents and embeddings of every sprite
eval.json       measured quality             README.md     the model card
welcome.npz     a Trace to show before the first click             curves.npz    quality against steps
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

import torch
from safetensors.torch import load_file

from core import model
from core.errors import ModelError
from core.networks.manifest import FILE, INDEX, check
from core.networks.manifest import read as read_manifest
from core.paths import ASSETS

MODELS = ASSETS / "models"
HUB_ID = r"\w[\w.-]{0,95}/\w[\w.-]{0,95}"
Network = TypeVar("Network", bound=torch.nn.Module)


def names() -> list[str]:
    """Models in assets/models, best first; those whose manifest is broken are left out."""
    return survey()[0]


def survey() -> tuple[list[str], list[ModelError]]:
    """The models that can be loaded, best first, and what is wrong with the manifests of the others."""
    manifests, broken = [], []
    for path in sorted({*MODELS.glob(f"*/{FILE}"), *MODELS.glob(f"*/{INDEX}")}):
        try:
            manifest = read_manifest(path.parent)
            if manifest["name"] != path.parent.name:
                wrong = f"name is {manifest['name']!r}: it must be that of its folder"
                raise ModelError(f"{path.parent.name}/{FILE}: {wrong}.")
            source(path.parent, manifest)
            manifests.append(manifest)
        except ModelError as error:
            broken.append(error)
    return [manifest["name"] for manifest in sorted(manifests, key=lambda m: (m["rank"], m["name"]))], broken


def find(name: str | Path | None) -> Path:
    """The folder of a model: a name, a folder, or the best there is."""
    if name is None:
        found = names()
        if not found:
            raise ModelError("assets/models holds no model: train one with `python -m core train starter`.")
        return MODELS / found[0]
    for folder in (MODELS / name, Path(name)):
        if _holds_model(folder):
            return folder
    if snapshot := cached(name):
        return snapshot
    allowed = f"one of {', '.join(names())}, a model's folder, or a hub id that is in the local cache"
    raise ModelError(f"There is no model {str(name)[:80]!r}: it must be {allowed}.")


def cached(name: str | Path) -> Path | None:
    """The newest snapshot of a hub id in the local cache; nothing is downloaded."""
    if not re.fullmatch(HUB_ID, str(name)):
        return None
    from huggingface_hub.constants import HF_HUB_CACHE

    snapshots = Path(HF_HUB_CACHE) / f"models--{str(name).replace('/', '--')}" / "snapshots"
    found = [folder for folder in snapshots.glob("*") if _holds_model(folder)]
    return max(found, key=lambda folder: folder.stat().st_mtime, default=None)


def source(folder: Path, manifest: dict) -> Path:
    """The folder whose weights a model runs on: its own, or that of the model beside it that it is made of."""
    if "of" not in manifest:
        return folder
    for place in (folder.parent, MODELS):
        other = place / manifest["of"]
        if _holds_model(other) and "of" not in read_manifest(other):
            return other
    wrong = f"of is {manifest['of']!r}: it must be the name of a model with weights of its own"
    raise ModelError(f"{folder.name}/{FILE}: {wrong}.")


def _holds_model(folder: Path) -> bool:
    try:
        return (folder / FILE).is_file() or (folder / INDEX).is_file()
    except OSError:  # a name that no file system takes
        return False


def load(name: str | Path | None = None, place: model.Place | None = None) -> model.Model:
    """Check and load a model; raises ModelError naming the file that is missing or altered, or the manifest's field."""
    folder = find(name)
    manifest = read_manifest(folder)
    if source(folder, manifest) == folder:
        check(folder, manifest)
    return model.load(folder, manifest, place or model.Place())


def weights(module: Network, path: Path) -> Network:
    """The module with the weights of a safetensors file, in float32, ready to run."""
    module.load_state_dict({k: v.float() for k, v in load_file(path).items()})
    return module.eval().requires_grad_(False)
