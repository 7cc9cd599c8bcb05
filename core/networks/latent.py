"""Our own kind of model: a diffusion transformer in the latents of our autoencoder, that reads prompts by our CLIP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.guidance import Conditioning
from core.model import Asked, Model, Place
from core.networks import fast, store
from core.networks.autoencoder import Autoencoder
from core.networks.clip import Clip
from core.networks.dit import IMAGE_TOKENS, DiT
from core.networks.gallery import read_gallery
from core.networks.graphs import examples
from core.networks.prior import Prior, PriorNetwork
from core.reading import END, NO_PICTURE, PICTURE, START, Reading
from core.schedule import named
from core.threads import cores, use
from core.vocabulary import Vocabulary

DECODED = 16  # latents at once: PyTorch takes 12 ms each on a CPU, of 64 at once 19
CORES = cores()
DRAWING = ThreadPoolExecutor(CORES, "drawing", use, (1,))  # many pictures, on all cores, each part on one
LENGTH = 16  # tokens
READS = (
    "The prompt goes through CLIP's text encoder; the states of its tokens enter every block of the network by "
    "cross-attention. The network is told the timestep t as well (time conditioning)."
)


@dataclass(frozen=True, kw_only=True)
class LatentDiffusion(Model):
    autoencoder: Autoencoder
    network: DiT
    clip: Clip
    vocabulary: Vocabulary
    times: Tensor | None = None  # (T, P): what DiT.times says of every timestep, made once; None of a flow schedule
    computed: Mapping[str, Callable] | None = None  # the graphs of graphs.py, where not PyTorch itself computes them

    @property
    def parameters(self) -> int:
        return sum(tensor.numel() for tensor in self.network.parameters())

    def condition(self, asked: Sequence[Asked]) -> Conditioning:
        """Padded to whole LENGTHs of tokens, so that most prompts fit into one batch."""
        cond = read(self.network, self.clip, asked)
        more = -cond["bias"].shape[-1] % LENGTH
        cond["bias"] = F.pad(cond["bias"], (0, more), value=-torch.inf)  # what is padded is never attended to
        return {name: F.pad(rows, (0, 0, 0, more)) if name.startswith("kv") else rows for name, rows in cond.items()}

    def predict(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        with self._precision(x):
            if self.computed:
                return self.computed["denoise"](x, self._times(t), *cond.values())
            return self.network.denoise(x, self._times(t), cond)

    def decode(self, latents: Tensor) -> np.ndarray:
        return self._drawn(latents, "decode")

    def preview(self, latents: Tensor) -> np.ndarray:
        return self._drawn(latents, "preview")

    def _drawn(self, latents: Tensor, how: str) -> np.ndarray:
        if self.computed:
            parts = latents.split(max(1, min(DECODED, -(-len(latents) // CORES))))
            each = DRAWING.map if len(parts) > 1 else map
            pixels = torch.cat([*each(self.computed[how], parts)])
        else:
            with self._precision(latents):
                pixels = torch.cat([self.autoencoder.decode(part) for part in latents.split(DECODED)]).float()
        return ((pixels.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).contiguous().cpu().numpy()

    def attention(self, asked: Asked, x: Tensor, t: Tensor) -> Reading:
        cond = self._repeated(asked, len(x))
        seen: list[Tensor] = []
        self.network.denoise(x, self._times(t), cond, seen)
        tokens = self.clip.tokens([asked.prompt])["input_ids"][0, 1:-1].tolist()
        pieces = [self.clip.tokenizer.decode([token]).strip() for token in tokens]
        picture = NO_PICTURE if asked.embedding is None else PICTURE
        return Reading([START, *pieces, END, picture], [_places(weights) for weights in seen])

    def _repeated(self, asked: Asked, count: int) -> dict[str, Tensor]:
        """What one request says, read, for so many states."""
        once = read(self.network, self.clip, [asked])
        return {name: rows.expand(count, *rows.shape[1:]) for name, rows in once.items()}

    @property
    def hasty(self) -> bool:
        return self.computed is not None

    def hastened(self, convert: bool) -> LatentDiffusion:
        if self.computed or self.place != Place():
            return self
        parts = self.network, self.autoencoder, self.clip.model
        with torch.no_grad():
            computed = fast.graphs(lambda: examples(*parts), self.fingerprint, convert)
        if computed is None:
            return self
        clip = Clip(self.clip.model, self.clip.tokenizer, computed=computed)
        return replace(self, computed=computed, clip=clip, prior=self.prior and replace(self.prior, clip=clip))

    def _times(self, t: Tensor) -> Tensor:
        if self.times is None or t.is_floating_point():  # Karras' timesteps lie between whole ones
            return self.network.times(t)
        return self.times[t]

    def _precision(self, x: Tensor) -> torch.autocast:
        dtype = self.place.dtype
        return torch.autocast(x.device.type, dtype, enabled=dtype != torch.float32)


def load(
    folder: Path,
    manifest: dict,
    place: Place,
    made: type[LatentDiffusion] = LatentDiffusion,
    network_of: type[DiT] = DiT,
) -> LatentDiffusion:
    from transformers import CLIPModel, CLIPTokenizer

    shapes = manifest["architecture"]
    autoencoder = store.weights(Autoencoder(**shapes["autoencoder"]), folder / "autoencoder.safetensors")
    network = store.weights(network_of(**shapes["dit"]), folder / "dit.safetensors").to(place.device)
    clip = CLIPModel.from_pretrained(folder / "clip", dtype=torch.float32, local_files_only=True).to(place.device)
    language, schedule = (
        Clip(clip, CLIPTokenizer.from_pretrained(folder / "clip", local_files_only=True)),
        named(manifest["schedule"]),
    )
    words = (folder / "words.txt").read_text("utf-8").split()
    motions = [phrase for phrases in manifest.get("motions", {}).values() for phrase in phrases]
    prior = None
    if "prior" in shapes:
        prior = Prior(
            store.weights(PriorNetwork(**shapes["prior"]), folder / "prior.safetensors").to(place.device),
            language,
            schedule,
        )
    with torch.no_grad():
        times = None if schedule.flow else network.times(torch.arange(len(schedule), device=place.device))
    low, high = (bound(end, len(manifest["latent_shape"])).to(place.device) for end in manifest["bounds"])
    return made(
        manifest=manifest,
        folder=folder,
        latent_shape=tuple(manifest["latent_shape"]),
        schedule=schedule,
        prediction=manifest["prediction"],
        place=place,
        bounds=(low, high),
        clip=language,
        prior=prior,
        gallery=read_gallery(folder / "gallery.npz") if "gallery.npz" in manifest["files"] else None,
        vocabulary=Vocabulary(words, manifest.get("concepts", ()), bool(manifest.get("pairs")), motions),
        reads=READS,
        space=network.image.in_features,
        attends=True,
        autoencoder=autoencoder.to(place.device),
        network=network,
        times=times,
    )


def bound(values: list[float], dims: int) -> Tensor:
    """One number a channel, in the shape of latents of so many dimensions without their rows."""
    return torch.tensor(values).view(-1, *[1] * (dims - 1))


def read(network: DiT, clip: Clip, asked: Sequence[Asked]) -> dict[str, Tensor]:
    """What the network reads: the prompts' states, and the embeddings of pictures where there are any."""
    text = clip.states([one.prompt for one in asked])
    image, has_image = rows_of([one.embedding for one in asked], network.image.in_features)
    image, has_image = image.to(text.states), has_image.to(text.mask.device)
    told = {"states": text.states, "tokens": text.tokens, "mask": text.mask}
    return network.read(told | {"image": image, "has_image": has_image})


def rows_of(embeddings: Sequence[tuple[float, ...] | None], space: int) -> tuple[Tensor, Tensor]:
    """Embeddings as (B, space), zeros where there is none, and where there is one (B,) bool."""
    rows = torch.tensor([one or (0.0,) * space for one in embeddings])
    return rows, torch.tensor([one is not None for one in embeddings])


def _places(weights: Tensor) -> np.ndarray:
    """(P, heads, n n, words + IMAGE_TOKENS) -> (P, words + 1, n, n)"""
    shares = weights.mean(1).transpose(1, 2)
    shares = torch.cat([shares[:, :-IMAGE_TOKENS], shares[:, -IMAGE_TOKENS:].sum(1, keepdim=True)], 1)
    n = round(shares.shape[-1] ** 0.5)
    return shares.unflatten(-1, (n, n)).float().cpu().numpy()
