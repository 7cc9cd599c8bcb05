"""Pipelines of the hub: which lie in its local cache, in what state, and how to get another one there.

Only what a pipeline is loaded from is downloaded: JSON, tokenizers' texts and safetensors, nothing pickled, no code.
"""

from __future__ import annotations

import fnmatch
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.before import about, sized
from core.errors import ModelError, RequestError
from core.networks import store
from core.networks.manifest import INDEX
from core.pipelines import checked, read

WANTED = (INDEX, "README.md", "LICEN[CS]E*", "*/*.json", "*/*.txt", "*/*.model", "*/*.safetensors")
LEFT_OUT = ("*.fp16.*", "*.bf16.*", "*.non_ema.*", "safety_checker/*")  # other precisions, and what is never loaded


def cached() -> Iterator[tuple[str, Path]]:
    """The hub ids of the pipelines in the local cache, and their folders."""
    from huggingface_hub.constants import HF_HUB_CACHE

    for folder in sorted(Path(HF_HUB_CACHE).glob("models--*--*")):
        name = folder.name.removeprefix("models--").replace("--", "/", 1)
        if (snapshot := store.cached(name)) and (snapshot / INDEX).is_file():
            yield name, snapshot


def state(folder: Path) -> str:
    """One sentence: that a pipeline's folder is whole, and what it takes, or what is wrong with it."""
    try:
        checked(folder)
        return f"ready: {about(folder).told}."
    except ModelError as error:
        return str(error)


def fetch(name: str, endpoint: str | None = None) -> Path:
    """Download a pipeline into the hub's local cache, going on where an earlier try stopped; the folder it lies in.

    Raises RequestError for what is no hub id, and ModelError where it cannot be had or is none that is known here.
    """
    if not re.fullmatch(store.HUB_ID, name):
        raise RequestError("hub id", name, "an owner and a name, as stabilityai/stable-diffusion-2-1")
    try:
        from huggingface_hub import HfApi, snapshot_download
        from huggingface_hub.constants import HF_HUB_CACHE
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError
    except ImportError as error:
        raise ModelError("To download a pipeline, pip install huggingface_hub.") from error
    try:
        found = HfApi(endpoint=endpoint).model_info(name, files_metadata=True, timeout=20)
        sizes = {file.rfilename: file.size or 0 for file in found.siblings or [] if _wanted(file.rfilename)}
        _check(name, sizes, Path(HF_HUB_CACHE))
        options: dict[str, Any] = {"revision": found.sha, "endpoint": endpoint}
        first = snapshot_download(name, allow_patterns=[INDEX], **options)
        read(Path(first))  # before gigabytes of something else are on their way
        folder = Path(snapshot_download(name, allow_patterns=sorted(sizes), **options))
    except ModelError:
        raise
    except GatedRepoError as error:
        raise ModelError(f"{name} wants its licence accepted: do so on its page, then `hf auth login`.") from error
    except RepositoryNotFoundError as error:
        raise ModelError(f"The hub has no {name}, or shows it only to who has logged in: `hf auth login`.") from error
    except Exception as error:  # whatever a network, a proxy or a disk makes of it
        why = str(error).split("\n")[0][:200]
        raise ModelError(f"{name} could not be downloaded to its end; run it again to go on. {why}") from error
    checked(folder)
    return folder


def _wanted(file: str) -> bool:
    return any(fnmatch.fnmatch(file, pattern) for pattern in WANTED) and not any(
        fnmatch.fnmatch(file, pattern) for pattern in LEFT_OUT
    )


def _check(name: str, sizes: dict[str, int], cache: Path) -> None:
    """ModelError where there is no pipeline to download, or no room for it."""
    if INDEX not in sizes:
        raise ModelError(f"{name} is no pipeline of diffusers: it has no {INDEX}.")
    if not any(file.endswith(".safetensors") for file in sizes):
        raise ModelError(f"{name} has no .safetensors files: pickled weights are never opened, so none are downloaded.")
    here = next(folder for folder in (cache, *cache.parents) if folder.is_dir())
    need, free = sum(sizes.values()), shutil.disk_usage(here).free
    if need > free:
        raise ModelError(f"{name} is {sized(need)}, and {sized(free)} are free on the disk of the hub's cache.")
    print(f"{name}: {len(sizes)} files, {sized(need)}", flush=True)
