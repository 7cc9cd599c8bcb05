"""A CLIP out of the two halves that a pipeline brings apart, sharing their weights."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from transformers import CLIPConfig, CLIPModel

from core.errors import ModelError
from core.networks.clip import Clip, Colour
from core.pipelines.folder import read_part

PREPARED = "preprocessor_config.json"
TEMPERATURE = 100.0  # the halves do not tell theirs: that at which CLIP's training stops it (arXiv 2103.00020, 2.5)


def joined(text: Any, vision: Any, tokenizer: Any, processor: Path) -> Clip:
    """text, vision: transformers' CLIP models with projection; processor: the folder that tells how pixels are scaled.

    Raises ModelError where that cannot be read.
    """
    told = read_part(processor.parent, f"{processor.name}/{PREPARED}")
    halves = {"text_config": text.config.to_dict(), "vision_config": vision.config.to_dict()}
    config = CLIPConfig(**halves, projection_dim=text.config.projection_dim)
    with torch.device("meta"):  # nothing is made of its own
        model = CLIPModel(config)
    model.text_model, model.text_projection = text.text_model, text.text_projection
    model.vision_model, model.visual_projection = vision.vision_model, vision.visual_projection
    scale = torch.tensor(math.log(TEMPERATURE), dtype=text.dtype, device=text.device)
    model.logit_scale = torch.nn.Parameter(scale, requires_grad=False)
    where = f"{processor.parent.name}/{processor.name}/{PREPARED}"
    return Clip(model, tokenizer, _colour(told, "image_mean", where), _colour(told, "image_std", where))


def _colour(told: dict, name: str, where: str) -> Colour:
    value = told.get(name)
    if not isinstance(value, list) or len(value) != 3 or {type(one) for one in value} - {float, int}:
        raise ModelError(f"{where}: {name} is {str(value)[:60]}: it must be three numbers.")
    return value[0], value[1], value[2]
