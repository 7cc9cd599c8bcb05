"""Models of our own kind, with their weights: what a training begins from, and what a measurement takes apart."""

from __future__ import annotations

from pathlib import Path

from core.engine import Engine
from core.errors import ModelError
from core.model import Model
from core.networks import store
from core.networks.clip import Clip
from core.networks.latent import LatentDiffusion
from core.vocabulary import Vocabulary


class OwnEngine(Engine):
    """The engine of such a model; raises ModelError for any other."""

    model: LatentDiffusion
    clip: Clip
    vocabulary: Vocabulary

    def __init__(self, model: Model):
        super().__init__(_own(model))


def load(folder: Path) -> LatentDiffusion:
    """Such a model; raises ModelError where the folder holds another one."""
    return _own(store.load(folder))


def _own(model: Model) -> LatentDiffusion:
    if not isinstance(model, LatentDiffusion):
        raise ModelError(f"{model.name} has no weights of its own to measure or to train on: take one that has.")
    return model
