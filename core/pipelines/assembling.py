"""A pipeline out of its parts, each loaded by its own class, so that loading can be watched and ended between two."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Sequence
from typing import Any

from core.errors import ModelError
from core.loading import Loading, tell
from core.model import Place
from core.pipelines.folder import Part

SAFETY = {"safety_checker": None, "requires_safety_checker": False}  # never loaded


def assembled(kind: str, index: dict, parts: Sequence[Part], place: Place) -> Any:
    """The pipeline of diffusers whose class is kind, with these parts and whatever else its index says.

    Raises ModelError naming the part that cannot be loaded.
    """
    import diffusers

    total, done, loaded = sum(part.disk for part in parts), 0, {}
    for part in parts:
        tell(Loading(part.name, done, total))
        loaded[part.name] = _load(part, place)
        done += part.disk
    made = getattr(diffusers, kind)
    known = inspect.signature(made).parameters
    absent = {name: None for name, one in known.items() if one.default is one.empty}
    told = {name: value for name, value in index.items() if not isinstance(value, list)}
    wanted = absent | told | SAFETY | loaded
    return made(**{name: value for name, value in wanted.items() if name in known}).to(place.device)


def _load(part: Part, place: Place) -> Any:
    """One part, without a network and without running code of its folder."""
    made: Any = getattr(importlib.import_module(part.library), part.kind, None)
    options: dict[str, Any] = {"local_files_only": True}
    try:
        if not issubclass(made, _kinds()):  # TypeError where it is no class at all
            raise TypeError("it is no network, tokenizer or scheduler")
        if hasattr(made, "parameters"):
            dtype = "torch_dtype" if part.library == "diffusers" else "dtype"
            options |= {"use_safetensors": True, dtype: place.dtype}
        loaded = made.from_pretrained(part.folder, **options)
    except Exception as error:  # whatever diffusers, transformers and safetensors make of a folder that is not right
        where = f"{part.folder.parent.name}/{part.folder.name}"
        raise ModelError(f"{where} cannot be loaded as a {part.kind}: {str(error)[:300]}") from error
    return loaded.eval().requires_grad_(False) if hasattr(made, "parameters") else loaded


def _kinds() -> tuple[type, ...]:
    """Of classes that read their own files and nothing else: those named Auto would look for code to run."""
    from diffusers import ModelMixin, SchedulerMixin
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    return ModelMixin, SchedulerMixin, PreTrainedModel, PreTrainedTokenizerBase
