"""Pipelines of diffusers: a folder as diffusers saves it, run by our schedule, our loop and our guidance.

A family is a row of FAMILIES and a module with one class, which calls the pipeline's own parts: its tokenizers and
text encoders, its network and its autoencoder. diffusers is imported when the first such folder is loaded.
"""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

from core.before import SPARE, About, licence
from core.errors import ModelError
from core.model import Model, Place
from core.networks.manifest import defaults
from core.pipelines.assembling import assembled
from core.pipelines.base import Pipeline
from core.pipelines.folder import Part, check, numbers, parts, read_index

FAMILIES = {  # class in model_index.json -> module and class of its adapter
    "StableDiffusionPipeline": ("core.pipelines.stable_diffusion", "StableDiffusion"),
    "StableDiffusionXLPipeline": ("core.pipelines.stable_diffusion", "StableDiffusionXL"),
    "StableDiffusion3Pipeline": ("core.pipelines.stable_diffusion_3", "StableDiffusion3"),
    "FluxPipeline": ("core.pipelines.flux", "Flux"),
    "PixArtAlphaPipeline": ("core.pipelines.pixart", "PixArt"),
    "PixArtSigmaPipeline": ("core.pipelines.pixart", "PixArt"),
    "WanPipeline": ("core.pipelines.wan", "Wan"),
    "KandinskyV22CombinedPipeline": ("core.pipelines.kandinsky", "Kandinsky"),
    "KandinskyV22Pipeline": ("core.pipelines.kandinsky", "Kandinsky"),
}
REFUSED = {  # classes that are not known here -> why
    "UnCLIPPipeline": "Karlo's DALL·E 2, whose sampler adds noise by a variance that its network has learned, and "
    "whose picture of 64 pixels two more networks enlarge: neither is known here",
}
PRIORS = ("KandinskyV22PriorPipeline",)  # classes of folders that are a part of another pipeline


def load(folder: Path, manifest: dict, place: Place) -> Model:
    """Check the folder, which must be whole and hold safetensors only, then load it; ModelError says what is wrong."""
    checked(folder)
    adapter, index, found = _parts(folder)
    told, free = about(folder, manifest, place), place.free
    if free is not None and told.need > free:
        lacking = f"{told.need / 2**30:.1f} GiB of memory, and {free / 2**30:.1f} GiB are free on {place.device.type}"
        raise ModelError(f"{folder.name} needs about {lacking}: close other programs, or take --dtype bfloat16.")
    if importlib.util.find_spec("diffusers") is None:
        raise ModelError(f"{folder.name} is a pipeline of diffusers: pip install diffusers accelerate to load it.")
    pipe = assembled(adapter.MADE or index["_class_name"], index, found, place)
    pipe.set_progress_bar_config(disable=True)
    return adapter.of(pipe, found, folder, manifest, place)


def about(folder: Path, manifest: dict, place: Place) -> About:
    """By the folder's JSON and the headers of its weights alone: diffusers is not needed for it."""
    adapter, _, found = _parts(folder)
    settings = defaults(manifest | {"defaults": adapter.usual(folder)})
    count = sum(numbers(file) for part in found for file in part.files)
    need, disk = int(SPARE * count * place.dtype.itemsize), sum(part.disk for part in found)
    return About(settings, adapter.left_open(folder), disk, need, licence(folder), place)


def read(folder: Path) -> dict:
    """model_index.json of a pipeline, or of a prior, that is known here; else ModelError says why not."""
    index = read_index(folder, (*FAMILIES, *PRIORS, *REFUSED))
    if why := REFUSED.get(index["_class_name"]):
        raise ModelError(f"{folder.name} is {why}. Take a folder of one of {', '.join(FAMILIES)}.")
    return index


def checked(folder: Path) -> None:
    """ModelError, which says what to do, where a pipeline's folder, or a prior's, is not whole."""
    index = read(folder)
    for part in parts(folder, index) if index["_class_name"] in PRIORS else _parts(folder)[2]:
        check(part)


def _parts(folder: Path) -> tuple[type[Pipeline], dict, list[Part]]:
    """The adapter of a folder's class, its index, and what it is loaded from."""
    index = read(folder)
    if index["_class_name"] in PRIORS:
        raise ModelError(f"{folder.name} is the prior of a pipeline: load the decoder that it belongs to.")
    module, name = FAMILIES[index["_class_name"]]
    adapter = getattr(importlib.import_module(module), name)
    return adapter, index, adapter.parts(folder, index)
