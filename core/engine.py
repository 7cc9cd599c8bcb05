"""The engine: a model's parts behind run(request) and trace(request)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from PIL import Image

from core import threads
from core.batching import Batches
from core.before import About
from core.errors import RequestError
from core.guidance import Conditioning, as_denoiser, guide, rescaling, split, within
from core.model import Asked, Model, place
from core.networks import store
from core.sampler import sample
from core.types import OPEN, Request, Step, Trace
from core.updates import Prediction


def alike(request: Request) -> dict[str, object]:
    """What requests of one batch share: the fields, and the steps at which they branch."""
    shared = {
        name: getattr(request, name) for name in ("sampler", "steps", "eta", "spacing", "width", "height", "frames")
    }
    return shared | {"branches": tuple(step for step, _ in request.branches)}


Same = TypeVar("Same", bound="Engine")  # typing.Self, from Python 3.11 on


class Engine:
    """One model, ready to run. Nothing in it changes while it runs, so threads may share it."""

    def __init__(self, model: Model):
        self.model = model
        self.manifest = model.manifest
        self.name: str = model.name
        self.latent_shape = model.latent_shape
        self.schedule, self.prediction, self.reads = model.schedule, model.prediction, model.reads
        self.clip, self.gallery, self.prior, self.vocabulary = model.clip, model.gallery, model.prior, model.vocabulary
        self.defaults, self.space, self._parameters = model.defaults, model.space, model.parameters
        self._batches = Batches(self._network, threads.cores())
        threads.use(1)  # for reading prompts and decoding; the network is given more where it has much to do

    @classmethod
    def load(
        cls: type[Same], name: str | Path | None = None, device: str = "auto", dtype: str = "auto", judge: str = ""
    ) -> Same:
        """device: auto, cpu, cuda or mps; dtype: auto, float32, bfloat16 or float16.

        judge: a CLIP that scores pictures where the model brings none: a folder, or a hub id in the local cache.
        """
        model = store.load(name, place(device, dtype))
        if judge and model.clip is None:
            from core.networks.clip import load_clip  # transformers takes seconds to import

            model = replace(model, clip=load_clip(judge))
        return cls(model).hastened()

    @property
    def about(self) -> About:
        """What is known of it before it is loaded, of a model that has no files."""
        return About(self.defaults, self.model.open)

    def hastened(self: Same, convert: bool = False) -> Same:
        """The same engine on the fastest backend that is ready, or, with convert, that can be made ready in seconds."""
        model = self.model.hastened(convert)
        return self if model is self.model else type(self)(model)

    @property
    def hasty(self) -> bool:
        """Whether something faster than PyTorch computes it."""
        return self.model.hasty

    def run(self, request: Request) -> Generator[Step, None, None]:
        """Stream the steps of one request, tensors (1, *latent_shape); closing the generator ends the run."""
        return self.run_many([request])

    def run_many(self, requests: list[Request], after: Step | None = None) -> Generator[Step, None, None]:
        """Stream requests through the network together, tensors (B, *latent_shape).

        They may differ in prompts, seeds and guidance; a picture does not depend on its batch, up to rounding.
        after: a Step of these requests, from this engine or another of the same model: the steps that follow it alone.
        Raises RequestError where they differ in more, or where a trace would be too large to keep.
        """
        first = requests[0]
        wanted = alike(first)
        for name, value in (pair for request in requests for pair in alike(request).items()):
            if value != wanted[name]:
                raise RequestError(name, value, f"{wanted[name]!r}, as in the first of the batch")
        for request in requests:
            self._check(request)
        need = Trace.size(first.steps, self.model.shape(first)) * len(requests)
        if need > Trace.MAX_BYTES:
            allowed = f"fewer, since {need >> 20} MiB of states are more than {Trace.MAX_BYTES >> 20}"
            raise RequestError("steps", first.steps, allowed)
        return self._steps(requests, after)

    @torch.inference_mode()
    def _steps(self, requests: list[Request], after: Step | None = None) -> Generator[Step, None, None]:
        first = requests[0]
        denoise = self.denoiser(requests)
        options: dict[str, Any] = {name: getattr(first, name) for name in ("sampler", "steps", "eta", "spacing")}
        options["clip"] = self.model.bounds
        shape = self.model.shape(first)
        seeds = [[r.seed, *(seed for _, seed in r.branches)] for r in requests]
        ends = [*(k for k, _ in first.branches), first.steps]
        schedule = self.model.scheduled(first)
        levels = schedule.timesteps(first.steps, first.spacing)
        start, parent = 0, None
        for end, drawn in zip(ends, zip(*seeds, strict=True), strict=True):
            if after and after.index >= end:
                start = end
                continue
            draws = [torch.Generator().manual_seed(seed) for seed in drawn]
            x = self._noise(draws, shape) if start else self._start(requests, draws, shape)
            at, given = Step(start, x), -1
            if after:  # its noises are drawn once more, so that the generators stand as they stood there
                for _ in range(after.drawn):
                    self._noise(draws, shape)
                at, given, after = self._here(after), after.index, None
            elif parent and parent.x0 is not None:  # a branch: this noise is put on what its parent guessed
                alpha, sigma = schedule.at(levels[start : start + 1], like=x)
                yield (at := replace(parent, x=alpha * parent.x0 + sigma * x, past=(), drawn=0))
                given = start
            on: dict[str, Any] = {"start": at.index, "past": at.past, "drawn": at.drawn} | options
            for step in sample(denoise, at.x, schedule, generator=draws, **on):
                if step.index == end < first.steps:
                    parent = step
                    break
                if step.index > given:
                    yield step
            start = end

    def _here(self, step: Step) -> Step:
        """What a walk goes on from, where this model computes."""
        device = self.model.place.device
        past = tuple(replace(stop, x0=stop.x0.to(device), x=stop.x.to(device)) for stop in step.past)
        return replace(step, x=step.x.to(device), past=past)

    def trace(self, request: Request) -> Trace:
        """Run to the end and keep everything."""
        began = time.perf_counter()
        steps = list(self.run(request))
        return self.collect(request, steps, time.perf_counter() - began)

    def collect(self, request: Request, steps: list[Step], seconds: float, row: int = 0) -> Trace:
        """A Trace of the steps seen so far, of one row of their batch; needs at least one update."""
        if len(steps) < 2:
            raise RequestError("steps", len(steps) - 1, "at least 1 before there is something to keep")
        updates = steps[1:]

        def stack(name: str) -> np.ndarray:
            rows = [getattr(step, name) for step in updates]
            blank = np.full(steps[0].x.shape[1:], np.nan, np.float32)
            return np.stack([blank if r is None else r[row].float().cpu().numpy() for r in rows])

        def levels(name: str) -> np.ndarray:
            return np.array([getattr(step, name) for step in updates], np.float64)

        x = np.stack([step.x[row].float().cpu().numpy() for step in steps])
        (drawn,) = self.decode(x[-1:] if len(updates) == request.steps else stack("x0")[-1:])
        frames = drawn if drawn.ndim == 4 else None
        image = Image.fromarray(drawn if frames is None else frames[0])
        branches = {name: stack(name) for name in ("x0", "eps", "eps_cond", "eps_uncond")}
        return Trace(request, self.name, x, **branches, t=levels("t"), alpha=levels("alpha"), sigma=levels("sigma"),
                     image=image, seconds=seconds, frames=frames, weights=self.model.fingerprint)  # fmt: skip

    def preview(self, latents: torch.Tensor | np.ndarray) -> np.ndarray:
        """Latents -> a picture each, (N, H, W, 3) uint8, that differs from decode's by less than 1 of 255 on average;
        of a video its first frame."""
        return self._shown("preview", latents)

    def glance(self, latents: torch.Tensor | np.ndarray) -> np.ndarray:
        """The same, or nearly, of a model whose pictures take long to decode."""
        return self._shown("glance", latents)

    def frames(self, latents: torch.Tensor | np.ndarray) -> np.ndarray:
        """Latents of videos -> as many of their frames as cost little, (N, F', H, W, 3) uint8."""
        return self._shown("frames", latents)

    def decode(self, latents: torch.Tensor | np.ndarray) -> np.ndarray:
        """Latents (N, *latent_shape) -> pictures (N, H, W, 3) or videos (N, F, H, W, 3), uint8."""
        return self._shown("decode", latents)

    @torch.inference_mode()
    def _shown(self, how: str, latents: torch.Tensor | np.ndarray) -> np.ndarray:
        """What the model's method of this name makes of latents."""
        return getattr(self.model, how)(torch.as_tensor(latents, dtype=torch.float32).to(self.model.place.device))

    def denoiser(self, requests: list[Request]) -> Callable[[torch.Tensor, torch.Tensor], Prediction]:
        """What the sampler asks: denoise(x, t) for the prompts, the embeddings and the guidance of these requests."""
        asked = [*map(Asked.towards, requests), *map(Asked.away, requests)]
        cond, uncond = split(self.model.condition(asked))
        denoise = as_denoiser(self._batches, self.prediction, self.schedule)
        names = ("guidance", "guidance_low", "guidance_high")
        scale, low, high = torch.tensor([[getattr(r, name) for r in requests] for name in names], dtype=torch.float64)
        share = torch.tensor([r.guidance_rescale for r in requests], dtype=torch.float64)
        rescale = rescaling(self.prediction, self.schedule, share) if share.any() else None
        return guide(denoise, cond, uncond, within(self.schedule, scale, low, high), rescale)

    def _check(self, request: Request) -> None:
        """RequestError where the request asks for what this model cannot do."""
        for name, why in OPEN.items():
            if getattr(request, name) and name not in self.model.open:
                raise RequestError(name, getattr(request, name), f"0: {self.name} {why}")
        if request.embedding is None:
            return
        if self.model.space is None:
            raise RequestError("embedding", "given", f"left out: {self.name} reads none")
        if len(request.embedding) != self.model.space:
            allowed = f"{self.model.space} numbers, as CLIP's space of {self.name} has"
            raise RequestError("embedding", f"{len(request.embedding)} numbers", allowed)

    def _start(self, requests: list[Request], draws: list[torch.Generator], shape: tuple[int, ...]) -> torch.Tensor:
        """The noise of each request's seed, shared by frames and turned towards that of another one as it asks."""
        x = self._noise(draws, shape)
        for row, request in enumerate(requests):
            if share := request.shared_noise:
                (common,) = self._noise([draws[row]], (shape[0], 1, *shape[2:]))
                x[row] = share**0.5 * common + (1 - share) ** 0.5 * x[row]
            if share := request.variation_strength:
                (other,) = self._noise([torch.Generator().manual_seed(request.variation_seed)], shape)
                angle, straight = share * math.pi / 2, request.variation_way == "straight"
                mine, its = (1 - share, share) if straight else (math.cos(angle), math.sin(angle))
                x[row] = mine * x[row] + its * other
        return x

    def _network(self, x: torch.Tensor, t: torch.Tensor, cond: Conditioning) -> torch.Tensor:
        positions = len(x) * int(np.prod(x.shape[2:]))
        threads.use(threads.of_run(self._parameters, positions))
        return self.model.predict(x, t, cond)

    def _noise(self, generators: list[torch.Generator], shape: tuple[int, ...]) -> torch.Tensor:
        """One N(0, I) latent a generator, drawn on the CPU in float32 and then moved: (B, *latent_shape)."""
        drawn = [torch.randn(shape, generator=g) for g in generators]
        return torch.stack(drawn).to(self.model.place.device)
