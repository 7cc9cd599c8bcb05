"""What the adapters of all families share: sizes, schedule and defaults, as the pipeline's own configurations say."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from core.errors import ModelError, RequestError
from core.model import Model, Place
from core.pipelines import colours
from core.pipelines.folder import Part, digests, parts, read_part
from core.sampler import Bounds
from core.schedule import Schedule, flow
from core.types import Request


class Scheduler(NamedTuple):
    """sampler: the row of core.updates.SAMPLERS that does the same; spacing: of a configuration that names none.

    linspace: what is called so there, in our words: some leave the last point out.
    """

    sampler: str
    spacing: str = "linspace"
    linspace: str = "linspace"


SCHEDULERS = {  # by the class
    "DDIMScheduler": Scheduler("ddim", "leading"),
    "PNDMScheduler": Scheduler("ddim", "leading"),
    "LMSDiscreteScheduler": Scheduler("ddim"),
    "EulerDiscreteScheduler": Scheduler("ddim"),
    "EulerAncestralDiscreteScheduler": Scheduler("ddpm"),
    "FlowMatchEulerDiscreteScheduler": Scheduler("ddim"),
    "DDPMScheduler": Scheduler("ddpm", "leading"),
    "DPMSolverMultistepScheduler": Scheduler("dpm++2m", linspace="trailing"),
    "UniPCMultistepScheduler": Scheduler("unipc", linspace="trailing"),
    "HeunDiscreteScheduler": Scheduler("heun"),
    "LCMScheduler": Scheduler("lcm", "leading"),
    "UnCLIPScheduler": Scheduler("ddpm"),
}
SCHEDULER = "scheduler/scheduler_config.json"
PREDICTIONS = {"epsilon": "eps", "v_prediction": "v", "sample": "x0", "flow_prediction": "flow"}


@dataclass(frozen=True, kw_only=True)
class Pipeline(Model):
    """A family's adapter adds STEPS, GUIDANCE, READS, OPEN, SHIFTS, latents_of, and what Model leaves open."""

    pipe: Any  # of diffusers, which declares no types for its parts
    loaded_from: list[Part]

    STEPS, GUIDANCE, READS = 50, 7.5, ""
    OPEN: ClassVar[tuple[str, ...]] = ("width", "height")
    SHIFTS: ClassVar[bool] = False  # whether `scheduled` shifts the schedule by the size of the picture
    MADE: ClassVar[str] = ""  # the class of diffusers that its parts make up, where it is not that of the index
    AUTOENCODER: ClassVar[str] = "vae"  # what the pipeline calls it

    @classmethod
    def of(cls, pipe: Any, loaded_from: list[Part], folder: Path, manifest: dict, place: Place) -> Pipeline:
        schedule, prediction = read_schedule(pipe.scheduler, f"{folder.name}/{SCHEDULER}", cls.SHIFTS)
        return cls(
            manifest=manifest | {"defaults": cls.usual(folder)},
            folder=folder,
            latent_shape=cls.latents_of(pipe),
            schedule=schedule,
            prediction=prediction,
            place=place,
            bounds=read_bounds(pipe.scheduler.config),
            reads=cls.READS,
            pipe=pipe,
            loaded_from=loaded_from,
            **cls.own(pipe, loaded_from, place),
        )

    @classmethod
    def own(cls, pipe: Any, loaded_from: list[Part], place: Place) -> dict:
        """Fields of its own, which an adapter adds or sets."""
        return {}

    @classmethod
    def parts(cls, folder: Path, index: dict) -> list[Part]:
        """What it is loaded from; ModelError where the index names anything else, or something is not there at all."""
        return parts(folder, index)

    @classmethod
    def latents_of(cls, pipe: Any) -> tuple[int, ...]:
        """The shape of a latent at the size that the pipeline was made for."""
        raise NotImplementedError

    @classmethod
    def usual(cls, folder: Path) -> dict:
        """The settings that the pipeline is meant to be run with, by its scheduler's class and configuration."""
        config = read_part(folder, SCHEDULER)
        row = SCHEDULERS[_known(config.get("_class_name"), f"{folder.name}/{SCHEDULER}")]
        spacing = config.get("timestep_spacing", row.spacing)
        if config.get("use_karras_sigmas"):
            spacing = "karras"
        elif config.get("use_flow_sigmas"):  # whatever else it says
            spacing = "trailing"
        elif spacing == "linspace":
            spacing = row.linspace
        return {"sampler": row.sampler, "spacing": spacing, "steps": cls.STEPS, "guidance": cls.GUIDANCE}

    @classmethod
    def left_open(cls, folder: Path) -> tuple[str, ...]:
        return cls.OPEN

    @cached_property
    def open(self) -> tuple[str, ...]:
        return self.left_open(self.folder)

    @cached_property
    def fingerprint(self) -> str:
        return hashlib.sha256(json.dumps(self._digests, sort_keys=True).encode()).hexdigest()

    @cached_property
    def _digests(self) -> dict[str, str]:
        return digests(self.loaded_from)

    @cached_property
    def _colours(self) -> np.ndarray:
        own = {name: digest for name, digest in self._digests.items() if name.startswith(f"{self.AUTOENCODER}/")}
        return colours.kept(own, lambda: colours.fitted(self.encode, self.preview))

    def encode(self, pictures: Tensor) -> Tensor:
        """Pictures (N, 3, H, W) in [-1, 1] -> latents, of a video with one frame, by the autoencoder's mean."""
        raise NotImplementedError

    def glance(self, latents: Tensor) -> np.ndarray:
        return colours.coloured(latents, self._colours, self.sizes["height"][1])

    @cached_property
    def parameters(self) -> int:
        return sum(tensor.numel() for tensor in self.network.parameters())

    @property
    def network(self) -> torch.nn.Module:
        return self.pipe.transformer

    @property
    def sizes(self) -> dict[str, tuple[int, int]]:
        """The fields that a request may set: what each must be a multiple of (frames: and 1 more), pixels a latent."""
        raise NotImplementedError

    def shape(self, request: Request) -> tuple[int, ...]:
        sides = []
        for side, (name, (step, pixels)) in zip(self.latent_shape[1:], self.sizes.items(), strict=True):
            value, first = getattr(request, name), int(name == "frames")
            if value and (value - first) % step:
                raise RequestError(name, value, f"a multiple of {step}{' and 1 more' * first}, or 0")
            sides.append((value - first) // pixels + first if value else side)
        return self.latent_shape[0], *sides

    def _pixels(self, pictures: Tensor) -> np.ndarray:
        """(N, 3, …) in [-1, 1] -> (N, …, 3) uint8, rounded as diffusers rounds."""
        shown = (pictures.float() / 2 + 0.5).clamp(0, 1).movedim(1, -1).cpu().numpy()
        return (shown * 255).round().astype(np.uint8)


def read_schedule(scheduler: Any, where: str, shifts: bool = False) -> tuple[Schedule, str]:
    """Our schedule with the scheduler's own numbers, and what the network predicts; ModelError for another kind.

    where: its file, for the message.
    """
    kind, config = _known(type(scheduler).__name__, where), scheduler.config
    if kind.startswith("FlowMatch") or config.get("use_flow_sigmas"):
        beyond = ["invert_sigmas", "shift_terminal", *([] if shifts else ["use_dynamic_shifting"])]
        if any(config.get(name) for name in beyond):
            raise ModelError(f"{where}: dynamic shifting, inverted and stretched noise levels are not known here.")
        shift = config.get("shift", config.get("flow_shift", 1.0))
        if not isinstance(shift, (int, float)) or not 0 < shift <= 100:
            raise ModelError(f"{where}: shift is {str(shift)[:40]}: it must be a number above 0, at most 100.")
        return flow(config["num_train_timesteps"], float(shift)), "flow"
    prediction = PREDICTIONS.get(config.get("prediction_type", "epsilon"))
    if prediction is None:
        raise ModelError(f"{where}: prediction_type must be one of {', '.join(PREDICTIONS)}.")
    signal = scheduler.alphas_cumprod.double()
    if prediction == "eps" and signal[-1] == 0:
        raise ModelError(f"{where}: a network that predicts eps cannot start where there is no signal at all.")
    alpha, sigma = signal.sqrt(), (1 - signal).sqrt()
    end = (1.0, 0.0) if config.get("set_alpha_to_one", True) else (alpha[0].item(), sigma[0].item())
    offset = config.get("steps_offset", 0)
    return Schedule(str(config.get("beta_schedule")), alpha, sigma, offset=int(offset), end=end), prediction


def _known(kind: object, where: str) -> str:
    """The class of a scheduler, where it is one that is known here."""
    if not isinstance(kind, str) or kind not in SCHEDULERS:
        wrong = f"_class_name is {str(kind)[:60]!r}: it must be one of {', '.join(SCHEDULERS)}"
        raise ModelError(f"{where}: {wrong}.")
    return kind


def read_bounds(config: dict) -> Bounds | None:
    """How the scheduler bounds x̂_0."""
    if config.get("thresholding", False):
        ratio, most = float(config["dynamic_thresholding_ratio"]), float(config["sample_max_value"])
        return lambda x0: _thresholded(x0, ratio, most)
    if not config.get("clip_sample", False):
        return None
    limit = torch.tensor(float(config.get("clip_sample_range", 1.0)))
    return -limit, limit


def _thresholded(x0: Tensor, ratio: float, most: float) -> Tensor:
    """Dynamic thresholding (arXiv 2205.11487, section 2.3): what lies beyond a quantile of a sample is cut off, and the
    rest is scaled into [-1, 1] where that quantile, at most `most`, is more.
    """
    limit = x0.flatten(1).abs().quantile(ratio, 1).clamp(1, most).view(-1, *[1] * (x0.ndim - 1))
    return x0.clamp(-limit, limit) / limit
