"""What every kind of model gives, and the table of the kinds.

To add a kind, write a class that fulfils Model and a function load(folder, manifest, place), both in one module, and
give it a row in KINDS. The loop, guidance, traces, screens, links and export then work on it as on any other.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from core.errors import ModelError, RequestError
from core.guidance import Conditioning
from core.networks.manifest import defaults, left_open
from core.sampler import Bounds
from core.schedule import Schedule
from core.types import Request

if TYPE_CHECKING:
    from core.networks.clip import Clip
    from core.networks.gallery import Gallery
    from core.networks.prior import Prior
    from core.reading import Reading
    from core.vocabulary import Vocabulary

KINDS = {  # what a manifest calls its kind -> the module that loads it
    "latent diffusion": "core.networks.latent",
    "latent video": "core.networks.motion",
    "exact denoiser": "core.networks.exact",
    "diffusers": "core.pipelines",
}


class Asked(NamedTuple):
    """What one row of a batch is drawn for: one of the two sides that guidance tells apart."""

    prompt: str = ""
    embedding: tuple[float, ...] | None = None  # of a picture, a unit vector of the model's CLIP space
    request: Request = Request()  # that it comes from, for whatever else a network reads
    wanted: bool = True  # else it is the side that guidance leads away from

    @classmethod
    def towards(cls, request: Request) -> Asked:
        return cls(request.prompt, request.embedding, request)

    @classmethod
    def away(cls, request: Request) -> Asked:
        return cls(request.negative_prompt, None, request, False)


@dataclass(frozen=True)
class Place:
    """Where a model computes, and in which precision: noise and states are float32 whatever it is."""

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    dtype: torch.dtype = torch.float32

    @property
    def free(self) -> int | None:
        """Bytes of memory that are free there; None where nobody can tell."""
        if self.device.type == "cuda":
            return torch.cuda.mem_get_info()[0]
        try:
            told = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text("utf-8"))
        except OSError:
            return None
        return int(told[1]) << 10 if told else None


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model. Nothing in it changes while it runs, so threads may share it.

    What has a default here a model may lack; whoever needs it asks for it first and says so where it is None.
    """

    manifest: dict  # "name" at least
    folder: Path
    latent_shape: tuple[int, ...]  # (C, H, W), or (C, F, H, W) of a video
    schedule: Schedule
    prediction: str  # "eps", "x0", "v" or "flow": see core.guidance.as_denoiser
    place: Place = field(default_factory=Place)
    bounds: Bounds | None = None  # of x̂_0 where they are known, (C, 1, …) each, as core.sampler takes them
    clip: Clip | None = None  # judges pictures; need not be what the network reads
    gallery: Gallery | None = None  # the pictures it learned from, or some like them
    vocabulary: Vocabulary | None = None  # what its captions held
    prior: Prior | None = None  # draws CLIP embeddings of pictures for captions
    space: int | None = None  # numbers of a CLIP embedding that it can be asked for
    reads: str = ""  # how a prompt gets in, in plain text
    attends: bool = False  # whether `attention` can be asked
    frames_attend: bool = False  # whether `frame_attention` can

    @property
    def name(self) -> str:
        return self.manifest["name"]

    @property
    def parameters(self) -> int:
        """How many numbers the network is made of."""
        raise NotImplementedError

    @property
    def defaults(self) -> Request:
        """The request it is meant to be run with: its own steps, guidance, sampler and spacing."""
        return defaults(self.manifest)

    @property
    def open(self) -> tuple[str, ...]:
        """Those of core.types.OPEN that a request may set."""
        return left_open(self.latent_shape)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the files that decide what it draws: whoever has the same one gets the same pictures."""
        files = self.manifest.get("files", {})
        drawing = {name: digest for name, digest in files.items() if name.endswith(".safetensors")}
        drawing.pop("judge.safetensors", None)  # takes no part in drawing
        return hashlib.sha256(json.dumps([self.manifest.get("of"), drawing], sort_keys=True).encode()).hexdigest()

    def shape(self, request: Request) -> tuple[int, ...]:
        """Of the latents that a request is drawn in. RequestError for a size that the model cannot draw."""
        return self.latent_shape

    def scheduled(self, request: Request) -> Schedule:
        """The schedule that a request walks down, where a size has its own."""
        return self.schedule

    def condition(self, asked: Sequence[Asked]) -> Conditioning:
        """What the network reads for these rows, a tree of tensors with a row for each; made once a run."""
        raise NotImplementedError

    def predict(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        """The network, on x (B, *latent_shape) float32 at timesteps t (B,): its prediction, as x."""
        raise NotImplementedError

    def decode(self, latents: Tensor) -> np.ndarray:
        """Latents (N, *latent_shape) -> pictures (N, H, W, 3) or videos (N, F, H, W, 3), uint8."""
        raise NotImplementedError

    @property
    def hasty(self) -> bool:
        """Whether something faster than PyTorch computes it."""
        return False

    def hastened(self, convert: bool) -> Model:
        """The same model, computed by something faster than PyTorch where there is such a thing; else itself.

        convert: spend some seconds on what that needs and has not yet been made from these weights.
        """
        return self

    def preview(self, latents: Tensor) -> np.ndarray:
        """Latents -> a picture each, (N, H, W, 3) uint8; of a video its first frame. To look at, not to keep.

        It may cost less than decode, and differ from it by less than 1 of 255 on average.
        """
        pictures = self.decode(latents)
        return pictures[:, 0] if pictures.ndim == 5 else pictures

    def glance(self, latents: Tensor) -> np.ndarray:
        """What preview gives, or something like it where that costs much: for the eye, while a run goes on."""
        return self.preview(latents)

    def frames(self, latents: Tensor) -> np.ndarray:
        """Latents of videos -> as many of their frames as cost little, (N, F', H, W, 3) uint8: all, or the first."""
        return self.preview(latents)[:, None]

    def frame_attention(self, asked: Asked, x: Tensor, t: Tensor) -> np.ndarray:
        """How much each frame of the states x (P, *latent_shape) at timesteps t (P,) reads of each: (P, blocks, F, F).

        The mean over heads and places; each row sums to 1.
        """
        raise NotImplementedError

    def attention(self, asked: Asked, x: Tensor, t: Tensor) -> Reading:
        """How much of each token every place of the states x (P, *latent_shape) at timesteps t (P,) reads."""
        raise NotImplementedError


def load(folder: Path, manifest: dict, place: Place) -> Model:
    """The model of a folder by the loader of its kind; raises ModelError where the kind is unknown or the files bad."""
    kind = manifest.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        allowed = f"its manifest.json has the kind {str(kind)[:40]!r}, which must be one of {', '.join(KINDS)}"
        raise ModelError(f"The model {folder.name} cannot be loaded: {allowed}.")
    try:
        return importlib.import_module(KINDS[kind]).load(folder, manifest, place)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"The model {folder.name} cannot be loaded: {error}") from error


def place(device: str = "auto", dtype: str = "auto") -> Place:
    """Where to compute, by name: "auto" is the best device there is, and its usual precision.

    Raises RequestError for what there is not.
    """
    devices = ("cpu", *(["cuda"] if torch.cuda.is_available() else []), *(["mps"] if _mps() else []))
    if device not in ("auto", *devices):
        raise RequestError("device", device, f"one of auto, {', '.join(devices)} on this machine")
    if dtype not in ("auto", *DTYPES):
        raise RequestError("dtype", dtype, f"one of auto, {', '.join(DTYPES)}")
    device = devices[-1] if device == "auto" else device
    return Place(torch.device(device), DTYPES.get(dtype, torch.float32))


DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def _mps() -> bool:
    return torch.backends.mps.is_available()
