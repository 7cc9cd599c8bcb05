"""Pipelines of diffusers: a folder as diffusers saves it, run by our schedule, our loop and our guidance.

A family is a row of FAMILIES and a module with one class, which calls the pipeline's own parts: its tokenizers and
text encoders, its network and its autoencoder. diffusers is imported when the first such folder is loaded.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from core.before import SPARE, About, licence
from core.errors import ModelError
from core.model import Model, Place
from core.networks.manifest import defaults
from core.pipelines.base import Pipeline
from core.pipelines.folder import check, numbers, read_index, weights

FAMILIES = {  # class in model_index.json -> module and class of its adapter
    "StableDiffusionPipeline": ("core.pipelines.stable_diffusion", "StableDiffusion"),
    "StableDiffusionXLPipeline": ("core.pipelines.stable_diffusion", "StableDiffusionXL"),
    "StableDiffusion3Pipeline": ("core.pipelines.stable_diffusion_3", "StableDiffusion3"),
    "FluxPipeline": ("core.pipelines.flux", "Flux"),
    "PixArtAlphaPipeline": ("core.pipelines.pixart", "PixArt"),
    "PixArtSigmaPipeline": ("core.pipelines.pixart", "PixArt"),
    "WanPipeline": ("core.pipelines.wan", "Wan"),
}


def load(folder: Path, manifest: dict, place: Place) -> Model:
    """Check the folder, which must be whole and hold safetensors only, then load it; ModelError says what is wrong."""
    index = check(folder, FAMILIES)
    told, free = about(folder, manifest, place), place.free
    if free is not None and told.need > free:
        lacking = f"{told.need / 2**30:.1f} GiB of memory, and {free / 2**30:.1f} GiB are free on {place.device.type}"
        raise ModelError(f"{folder.name} needs about {lacking}: close other programs, or take --dtype bfloat16.")
    try:
        import diffusers
    except ImportError as error:
        raise ModelError(
            f"{folder.name} is a pipeline of diffusers: pip install diffusers accelerate to load it."
        ) from error
    kind = index["_class_name"]
    try:
        pipe = getattr(diffusers, kind).from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=place.dtype, **_absent(index)
        )
    except Exception as error:  # whatever diffusers, transformers and safetensors make of a folder that is not right
        raise ModelError(f"{folder.name} cannot be loaded as a {kind}: {str(error)[:300]}") from error
    pipe.set_progress_bar_config(disable=True)
    for part in pipe.components.values():
        if hasattr(part, "requires_grad_"):
            part.eval().requires_grad_(False)
    return _adapter(kind).of(pipe.to(place.device), folder, manifest, place)


def about(folder: Path, manifest: dict, place: Place) -> About:
    """By the folder's JSON and the headers of its weights alone: diffusers is not needed for it."""
    adapter = _adapter(read_index(folder, FAMILIES)["_class_name"])
    settings = defaults(manifest | {"defaults": adapter.usual(folder)})
    files = weights(folder)
    disk, count = sum(file.stat().st_size for file in files), sum(numbers(folder, file) for file in files)
    need = int(SPARE * count * place.dtype.itemsize)
    return About(settings, adapter.left_open(folder), disk, need, licence(folder), place)


def _adapter(kind: str) -> type[Pipeline]:
    module, name = FAMILIES[kind]
    return getattr(importlib.import_module(module), name)


def _absent(index: dict) -> dict[str, bool | None]:
    """Parts that the folder was saved without: diffusers wants to be told so. A safety checker is never loaded."""
    absent = {name: None for name, part in index.items() if isinstance(part, list) and part[0] is None}
    optional = {name: None for name in ("safety_checker", "feature_extractor", "image_encoder") if name in index}
    return absent | optional | ({"requires_safety_checker": False} if "requires_safety_checker" in index else {})
