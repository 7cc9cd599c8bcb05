"""manifest.json: what a model is and the SHA-256 of its files, checked before anything is loaded by it.

python -m core.networks.manifest FOLDER FILE…    names files of a model's folder in its manifest, as they are now
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeGuard

from core.errors import ModelError, RequestError
from core.types import Request

FILE = "manifest.json"
INDEX = "model_index.json"  # instead, in the folder of a pipeline of diffusers: see core.pipelines.folder
EXTRAS = ("welcome.npz", "curves.npz")  # a model runs without them: they are checked when they are asked for
NEEDED = ("autoencoder.safetensors", "dit.safetensors", "words.txt", "clip/model.safetensors")
SURROGATE = re.compile("[\ud800-\udfff]")  # JSON can name half a sign, which nothing can print
PREDICTIONS = ("eps", "v", "x0", "flow")  # of core.guidance, which imports torch
SCHEDULES = ("linear", "scaled_linear", "cosine", "flow")


def read(folder: Path) -> dict:
    """The manifest of a model's folder, "rank" 9 where it states none.

    Raises ModelError naming the file, the field, its value and what is allowed.
    """
    where = f"{folder.name}/{FILE}"
    if (folder / INDEX).is_file() and not (folder / FILE).is_file():
        return {"name": folder.name, "kind": "diffusers", "rank": 9, "summary": "a pipeline of diffusers", "files": {}}
    try:
        manifest = json.loads((folder / FILE).read_text("utf-8"))
    except OSError as error:
        raise ModelError(f"{where} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{where} is not JSON: {error}.") from error
    if not isinstance(manifest, dict):
        raise ModelError(f"{where} holds a {type(manifest).__name__}: it must be a mapping of fields to values.")
    manifest.setdefault("rank", 9)
    for field, (right, allowed) in (EVERY | (DERIVED if "of" in manifest else OWN) | MAYBE).items():
        if field not in manifest and field in MAYBE:
            continue
        if field not in manifest:
            raise ModelError(f"{where} lacks the field {field}: it must be {allowed}.")
        if not right(manifest[field]):
            raise ModelError(f"{where}: {field} is {_shown(manifest[field])}: it must be {allowed}.")
    if "bounds" in manifest and not _bounds(manifest["bounds"], manifest["latent_shape"][0]):
        raise ModelError(f"{where}: bounds must be a lowest and a highest number for each channel.")
    defaults(manifest)
    return manifest


def defaults(manifest: dict) -> Request:
    """The request that a model is meant to be run with: its own steps, guidance, sampler and spacing."""
    try:
        return Request.from_dict(manifest.get("defaults", {}))
    except RequestError as error:
        raise ModelError(f"{manifest['name']}/{FILE}: a bad default: {error}") from error


def left_open(latent_shape: Sequence[int]) -> tuple[str, ...]:
    """Those of core.types.OPEN that a model of ours reads: frames have noise to share."""
    return ("shared_noise",) if len(latent_shape) == 4 else ()


def check(folder: Path, manifest: dict) -> None:
    """Raise ModelError where a file that the model needs to run is missing or not what the manifest names."""
    for file in manifest["files"]:
        if file not in EXTRAS:
            extra(folder, file, manifest)


def extra(folder: Path, file: str, manifest: dict | None = None) -> Path | None:
    """The path of a file that the manifest names, and that is as it says; None where it names none.

    Raises ModelError where it is missing or altered.
    """
    digest = (manifest or read(folder)).get("files", {}).get(file)
    path = folder / file
    if digest is None:
        return None
    if not path.is_file():
        raise ModelError(f"{folder.name}/{file} is missing: the model's manifest names it.")
    if sha256(path) != digest:
        raise ModelError(f"{folder.name}/{file} is damaged or altered: it is not what the model's manifest names.")
    return path


def record(folder: Path, *files: str) -> None:
    """Name these files of the folder in its manifest, as they are now."""
    manifest = json.loads((folder / FILE).read_text("utf-8"))
    manifest["files"] = manifest.get("files", {}) | {file: sha256(folder / file) for file in files}
    (folder / FILE).write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def _shown(value: object) -> str:
    shown = json.dumps(value)  # as it stands in the file
    return shown if len(shown) <= 60 else shown[:57] + "…"


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < math.inf  # which NaN is not


def _text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= 200 and not SURROGATE.search(value)


def _files(value: object) -> bool:
    if not isinstance(value, dict) or not all(file in value for file in NEEDED):
        return False
    return all(isinstance(digest, str) and len(digest) == 64 for digest in value.values())


def _parts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(part), dict) for part in ("autoencoder", "dit"))


def _sizes(value: object) -> bool:
    return isinstance(value, list) and len(value) in (3, 4) and all(type(size) is int and size > 0 for size in value)


def _bounds(value: object, channels: int) -> bool:
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(ends, list) for ends in value):
        return False
    if not all(len(ends) == channels and all(map(_number, ends)) for ends in value):
        return False
    return all(low <= high for low, high in zip(*value, strict=True))


Field = tuple[Callable[[object], bool], str]
TEXT: Field = (_text, "a text of up to 200 characters")
EVERY: dict[str, Field] = {"name": TEXT, "kind": TEXT, "summary": TEXT, "rank": (_number, "a number")}
DERIVED: dict[str, Field] = {"of": (lambda value: _text(value) and Path(value).name == value, "another model's name")}
OWN: dict[str, Field] = {
    "size": (lambda value: type(value) is int and value > 0, "a whole number of pixels"),
    "latent_shape": (_sizes, "whole numbers, [channels, height, width] or [channels, frames, height, width]"),
    "schedule": (lambda value: value in SCHEDULES, f"one of {', '.join(SCHEDULES)}"),
    "architecture": (_parts, "a mapping with autoencoder and dit, each a mapping"),
    "bounds": (lambda value: isinstance(value, list), "two lists of numbers"),
    "files": (_files, f"a mapping of file names to SHA-256 digests, of {', '.join(NEEDED)} at least"),
}

MAYBE: dict[str, Field] = {
    "prediction": (lambda value: value in PREDICTIONS, f"one of {', '.join(PREDICTIONS)}"),
    "concepts": (lambda value: isinstance(value, list) and all(map(_text, value)), "a list of texts"),
    "defaults": (lambda value: isinstance(value, dict), "a mapping of a request's fields"),
}


if __name__ == "__main__":
    record(Path(sys.argv[1]), *sys.argv[2:])
