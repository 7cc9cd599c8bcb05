"""Kandinsky 2.2 (arXiv 2310.03502), an unCLIP (arXiv 2204.06125): a prior draws the CLIP embedding of a picture of the
prompt, and a U-Net draws that picture, of the embedding alone, in the latents of MoVQ.

Its folder holds both, or the decoder with the folder of its prior beside it, as the hub has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.errors import ModelError
from core.guidance import Conditioning
from core.model import Asked, Place
from core.networks.manifest import INDEX
from core.networks.prior import Prior
from core.pipelines import PRIORS
from core.pipelines.base import read_bounds, read_schedule
from core.pipelines.clip import joined
from core.pipelines.folder import Part, parts, read_index
from core.pipelines.pictures import UNetPictures

PREFIX = "prior_"  # of its parts, where they stand beside the decoder's
PROCESSOR = "image_processor"  # is read, not loaded: it says how pixels are scaled


class Transformer:
    """diffusers' PriorTransformer as a Prior asks its network, in float32 but for the network itself."""

    def __init__(self, network: Any):
        self.network = network
        self.mean, self.std = network.clip_mean[0].float(), network.clip_std[0].float()  # (D,) each

    def denoise(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        """Noisy embeddings (B, D) and timesteps (B,) -> the clean ones, as x."""
        out = self.network(
            x.to(self.network.dtype),
            timestep=t,
            proj_embedding=cond["caption"],
            encoder_hidden_states=cond["states"],
            attention_mask=cond["mask"],
            return_dict=False,
        )[0]
        return out.float()

    def restore(self, x: Tensor) -> Tensor:
        """A state (…, D) as a point of CLIP's space."""
        return x * self.std + self.mean

    @property
    def length(self) -> Tensor:
        """Of an embedding, the root mean square over the pictures that mean and std are of."""
        return (self.mean**2 + self.std**2).sum().sqrt()


@dataclass(frozen=True, kw_only=True)
class KandinskyPrior(Prior):
    pipe: Any  # the prior's own pipeline of diffusers

    SAMPLER, SPACING = "ddpm", "linspace"  # what UnCLIPScheduler does

    def read(self, texts: list[str]) -> Conditioning:
        caption, states, mask = self.pipe._encode_prompt(texts, self.pipe.device, 1, False)
        return {"caption": caption, "states": states, "mask": mask}


@dataclass(frozen=True, kw_only=True)
class Kandinsky(UNetPictures):
    prior: KandinskyPrior

    STEPS, GUIDANCE = 100, 4.0
    AUTOENCODER, MADE = "movq", "KandinskyV22CombinedPipeline"
    READS = (
        "The prompt goes through a prior, a diffusion model of its own, which draws CLIP's embedding of a picture of "
        "it in 25 steps, from noise of the same seed, led away from the negative prompt. This one vector enters every "
        "block of the U-Net by cross-attention, and with the timestep. The embedding of a picture that is asked for "
        "takes the prompt's place. Without a negative prompt guidance leads away from the embedding of plain grey."
    )

    @classmethod
    def parts(cls, folder: Path, index: dict) -> list[Part]:
        found = parts(folder, index, [PREFIX + PROCESSOR])
        if any(part.name.startswith(PREFIX) for part in found):
            return found
        beside = prior_of(folder)
        of_prior = parts(beside, read_index(beside, PRIORS), [PROCESSOR])
        return [*found, *(part._replace(name=PREFIX + part.name) for part in of_prior)]

    @classmethod
    def own(cls, pipe: Any, loaded_from: list[Part], place: Place) -> dict:
        """The prior, and the CLIP whose two halves it brings."""
        scheduler = next(part for part in loaded_from if part.name == f"{PREFIX}scheduler").folder
        where = f"{scheduler.parent.name}/{scheduler.name}/scheduler_config.json"
        schedule, prediction = read_schedule(pipe.prior_scheduler, where)
        if prediction != "x0":
            raise ModelError(f"{where}: prediction_type must be sample: the prior predicts the embedding itself.")
        processor = scheduler.with_name(scheduler.name.replace("scheduler", PROCESSOR))
        clip = joined(pipe.prior_text_encoder, pipe.prior_image_encoder, pipe.prior_tokenizer, processor)
        network, bounds = Transformer(pipe.prior_prior), read_bounds(pipe.prior_scheduler.config)
        prior = KandinskyPrior(network=network, clip=clip, schedule=schedule, bounds=bounds, pipe=pipe.prior_pipe)
        return {"prior": prior, "clip": clip, "space": len(network.mean)}

    @property
    def sizes(self) -> dict[str, tuple[int, int]]:
        factor = self.pipe.decoder_pipe.movq_scale_factor
        return dict.fromkeys(("height", "width"), (factor**2, factor))

    def condition(self, asked: Sequence[Asked]) -> Conditioning:
        drawn = self._drawn([one for one in asked if _by_prior(one)])
        rows = [drawn.pop(0) if _by_prior(one) else self._given(one) for one in asked]
        return {"embedding": torch.stack(rows).to(self.place.dtype)}

    def predict(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        told = {"image_embeds": cond["embedding"]}
        out = self.network(x.to(self.place.dtype), t, None, added_cond_kwargs=told, return_dict=False)[0]
        return out[:, : x.shape[1]].float()  # the rest is the variance that it learned, which no sampler here asks for

    def encode(self, pictures: Tensor) -> Tensor:
        return self.pipe.movq.encode(pictures.to(self.place.device, self.place.dtype)).latents.float()

    def decode(self, latents: Tensor) -> np.ndarray:
        rows = latents.to(self.place.dtype).split(1)
        return self._pixels(torch.cat([self.pipe.movq.decode(row, force_not_quantize=True).sample for row in rows]))

    def _drawn(self, asked: Sequence[Asked]) -> list[Tensor]:
        """The prior's embeddings (D,), each away from its request's negative prompt, as diffusers draws both sides."""
        if not asked:
            return []
        seeds, away = ([getattr(one.request, name) for one in asked] for name in ("seed", "negative_prompt"))
        *_, last = self.prior.run([one.prompt for one in asked], seeds, away=away)
        return [*self.prior.network.restore(last.x)]

    def _given(self, one: Asked) -> Tensor:
        """An embedding (D,) that is asked for, as long as CLIP makes them, or that of plain grey."""
        if one.embedding is None:
            return self.pipe.prior_pipe.get_zero_embed()[0].float()
        network = self.prior.network
        return network.length * torch.tensor(one.embedding).to(network.mean)


def _by_prior(one: Asked) -> bool:
    return one.embedding is None and (one.wanted or bool(one.prompt))


def prior_of(folder: Path) -> Path:
    """The folder of a decoder's prior: named as the decoder's, beside it or in the same cache of the hub.

    Raises ModelError where there is none.
    """
    base = folder.resolve()
    snapshot = base.parent.name == "snapshots"  # of models--owner--name
    base = base.parent.parent if snapshot else base
    name = base.name.replace("decoder", "prior") if "decoder" in base.name else f"{base.name}-prior"
    beside = base.with_name(name)
    found = [one for one in (beside, *beside.glob("snapshots/*")) if (one / INDEX).is_file()]
    if not found:
        told = name.removeprefix("models--").replace("--", "/", 1)
        get = f"python -m core fetch {told}" if snapshot else f"put its folder, {told}, beside it"
        raise ModelError(f"{folder.name} is a decoder alone, which needs its prior: {get}.")
    return max(found, key=lambda one: one.stat().st_mtime)
