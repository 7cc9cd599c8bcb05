"""A pipeline's folder, looked through before anything of it is loaded: whole, of known classes, and never unpickled.

Everything that its JSON says is untrusted.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from core.errors import ModelError
from core.networks.manifest import INDEX, sha256

LIBRARIES = ("diffusers", "transformers")
SETTINGS = ("scheduler_config.json", "tokenizer_config.json", "preprocessor_config.json")  # parts without weights
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
MAX_JSON = 32 << 20
NEVER = ("safety_checker", "feature_extractor", "image_encoder")  # parts that nothing here asks for
SIZES = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2}  # bytes of a number; of any other 1


class Part(NamedTuple):
    """A network, tokenizer or scheduler that a pipeline is loaded from."""

    name: str  # as the pipeline's class calls it
    folder: Path
    library: str
    kind: str

    @property
    def files(self) -> list[Path]:
        """Its weights, those of other precisions left out."""
        found = sorted(self.folder.glob("*.safetensors"))
        return [file for file in found if not re.search(r"\.fp16|\.bf16", file.name)]

    @property
    def disk(self) -> int:
        """Bytes of its weights."""
        return sum(file.stat().st_size for file in self.files)


def read_index(folder: Path, known: Collection[str]) -> dict:
    """model_index.json, of one of the known classes; ModelError where it is none."""
    index = _json(folder / INDEX)
    kind = index.get("_class_name")
    if not isinstance(kind, str) or kind not in known:
        raise ModelError(
            f"{folder.name}/{INDEX}: _class_name is {str(kind)[:60]!r}: it must be one of {', '.join(known)}."
        )
    return index


def read_part(folder: Path, name: str) -> dict:
    """A JSON file of one of the parts; ModelError where it is none."""
    _check_inside(folder, folder / name)
    return _json(folder / name)


def parts(folder: Path, index: dict, never: Collection[str] = NEVER) -> list[Part]:
    """What a pipeline is loaded from, as its index names it; ModelError where that is anything but a part.

    never: parts that are not.
    """
    found, where = [], f"{folder.name}/{INDEX}"
    for name, told in index.items():
        if not isinstance(told, list) or name.startswith("_") or name in never or told == [None, None]:
            continue
        if len(told) != 2 or told[0] not in LIBRARIES or not re.fullmatch(r"[A-Za-z0-9_]+", str(told[1])):
            allowed = f"a class of {' or '.join(LIBRARIES)}: code of other places is never run"
            raise ModelError(f"{where}: {name[:40]} is {str(told)[:80]}: it must be {allowed}.")
        if not re.fullmatch(r"[a-z0-9_]+", name):
            raise ModelError(f"{where}: {name[:40]!r} is no name of a part.")
        found.append(Part(name, folder / name, *told))
    return found


def digests(parts: Iterable[Part]) -> dict[str, str]:
    """The SHA-256 of every file of weights, by part/name. A file of the hub's cache is named by its own."""
    found = {}
    for part in parts:
        for file in part.files:
            real = file.resolve()
            known = re.fullmatch(r"[0-9a-f]{64}", real.name)
            found[f"{part.name}/{file.name}"] = real.name if known else sha256(real)
    return found


def check(part: Part) -> None:
    """ModelError, which says what to do, where a part is not whole."""
    folder, name = part.folder, f"{part.folder.parent.name}/{part.folder.name}"
    if not folder.is_dir():
        raise ModelError(f"{name} is missing: {INDEX} names it. Download the folder again.")
    for file in folder.iterdir():
        _check_inside(folder.parent, file)
    if any((folder / file).is_file() for file in SETTINGS) or "tokenizer" in part.name:
        return
    if not (folder / "config.json").is_file():
        raise ModelError(f"{name}/config.json is missing. Download the folder again.")
    _json(folder / "config.json")
    shards = {shard for file in folder.glob("*.safetensors.index.json") for shard in _shards(file)}
    for shard in shards:
        if not (folder / shard).is_file():
            raise ModelError(f"{name}/{shard} is missing: the download stopped halfway. Go on with it.")
    found = list(folder.glob("*.safetensors"))
    if not found:
        pickled = any(file.suffix in PICKLED for file in folder.iterdir())
        wrong = "its weights are pickled, which is never opened" if pickled else "it has no weights"
        raise ModelError(f"{name}: {wrong}. Take a folder with .safetensors files.")
    for file in found:
        numbers(file)


def _check_inside(folder: Path, file: Path) -> None:
    """Links may lead to the blobs of the hub's cache that the folder lies in, and nowhere else out of it."""
    real, base = file.resolve(), folder.resolve()
    blobs = base.parent.parent / "blobs"  # models--owner--name/snapshots/<revision>
    if not (real.is_relative_to(base) or (base.parent.name == "snapshots" and real.is_relative_to(blobs))):
        raise ModelError(f"{folder.name}/{file.parent.name}/{file.name} is a link out of the folder.")


def numbers(file: Path) -> int:
    """How many numbers a safetensors file holds, by its header alone; ModelError where its length is another."""
    where = "/".join(file.parts[-3:])
    try:
        size = file.stat().st_size
        with open(file, "rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if not 2 <= length <= min(size, MAX_JSON):
                raise ValueError("its header")
            header = json.loads(stream.read(length))
        parts = [(*entry["data_offsets"], entry["dtype"]) for name, entry in header.items() if name != "__metadata__"]
        if size != 8 + length + max((end for _, end, _ in parts), default=0):
            raise ValueError("its length")
        return sum((end - begin) // SIZES.get(dtype, 1) for begin, end, dtype in parts)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, struct.error) as error:
        raise ModelError(f"{where} is damaged or was not downloaded to its end. Download it again.") from error


def _shards(file: Path) -> list[str]:
    told = _json(file).get("weight_map")
    if not isinstance(told, dict) or not all(re.fullmatch(r"[\w.-]+", str(shard)) for shard in told.values()):
        raise ModelError(f"{file.parent.name}/{file.name}: weight_map must map names of weights to files beside it.")
    return sorted(set(told.values()))


def _json(path: Path) -> dict:
    where = f"{path.parent.name}/{path.name}"
    try:
        if path.stat().st_size > MAX_JSON:
            raise ModelError(f"{where} is too large to be what it should be.")
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{where} is missing, or not JSON. Download the folder again.") from error
    if not isinstance(told, dict):
        raise ModelError(f"{where} must be a mapping of fields to values.")
    return told
