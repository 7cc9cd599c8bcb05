"""Model folders: a manifest, and files whose SHA-256 it names. Nothing here is ever unpickled.

manifest.json   name, kind, rank, size, latent_shape, schedule, architecture, bounds, data, files
autoencoder.safetensors  dit.safetensors  clip/   weights, float16     judge.safetensors   scores pictures
prior.safetensors   draws picture embeddings for captions; a model may do without
words.txt       words that captions held     gallery.npz   latents and embeddings of every sprite
eval.json       measured quality             README.md     the model card
welcome.npz     a Trace to show before the first click             curves.npz    quality against steps
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from core import schedule as schedules
from core.errors import ModelError
from core.networks.autoencoder import Autoencoder
from core.networks.clip import Clip
from core.networks.dit import DiT
from core.networks.exact import Exact
from core.networks.manifest import FILE, check
from core.networks.manifest import read as read_manifest
from core.networks.prior import Prior, PriorNetwork

MODELS = Path(__file__).parents[2] / "assets" / "models"


@dataclass(frozen=True)
class Gallery:
    """Every sprite of the model's concepts, as the model sees it."""

    latents: np.ndarray  # (N, C, H, W) float32
    clip: np.ndarray  # (N, D) float32, unit length
    thumbs: np.ndarray  # (N, 64, 64, 3) uint8
    labels: list[str]
    umap2: np.ndarray  # (N, 2) UMAP of the latents
    umap3: np.ndarray  # (N, 3)
    clip_sha256: str | None = None  # of the CLIP weights that made clip; None in galleries that do not say
    clip_umap2: np.ndarray | None = None  # (2, N + M, 2) UMAP of clip and of the M concepts' names in its space: as
    clip_umap3: np.ndarray | None = None  # (2, N + M, 3) it is, and with the modality gap closed


@dataclass(frozen=True)
class Network:
    """The denoising network with what it reads of a prompt."""

    model: DiT
    prediction = "v"
    reads = (
        "The prompt goes through CLIP's text encoder; the states of its tokens enter every block of the network by "
        "cross-attention. The network is told the timestep t as well (time conditioning)."
    )

    @property
    def space(self) -> int:
        """Numbers of the CLIP embedding it reads."""
        return self.model.image.in_features

    def condition(
        self, clip: Clip, prompts: list[str], embeddings: Sequence[tuple[float, ...] | None] | None = None
    ) -> dict[str, torch.Tensor]:
        """embeddings: of pictures, unit vectors, one or None a prompt; an empty prompt stands for none."""
        text = clip.states(prompts)
        image, has_image = rows_of(embeddings or [None] * len(prompts), self.space)
        image, has_image = image.to(text.states), has_image.to(text.mask.device)
        cond = {"states": text.states, "mask": text.mask, "image": image, "has_image": has_image}
        return self.model.read(cond)

    def weights(self) -> Iterator[torch.Tensor]:
        return self.model.parameters()

    def __call__(self, x: torch.Tensor, t: torch.Tensor, cond: dict[str, torch.Tensor]) -> torch.Tensor:
        return self.model.denoise(x, t, cond)


def rows_of(embeddings: Sequence[tuple[float, ...] | None], space: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Embeddings as (B, space), zeros where there is none, and where there is one (B,) bool."""
    rows = torch.tensor([one or (0.0,) * space for one in embeddings])
    return rows, torch.tensor([one is not None for one in embeddings])


@dataclass(frozen=True)
class Parts:
    """Everything an engine runs on."""

    manifest: dict
    folder: Path
    schedule: schedules.Schedule
    autoencoder: Autoencoder
    clip: Clip
    network: Network | Exact
    gallery: Gallery
    words: frozenset[str]
    prior: Prior | None = None  # draws embeddings of pictures for captions


def names() -> list[str]:
    """Models in assets/models, best first; those whose manifest is broken are left out."""
    return survey()[0]


def survey() -> tuple[list[str], list[ModelError]]:
    """The models that can be loaded, best first, and what is wrong with the manifests of the others."""
    manifests, broken = [], []
    for path in sorted(MODELS.glob(f"*/{FILE}")):
        try:
            manifest = read_manifest(path.parent)
            if manifest["name"] != path.parent.name:
                wrong = f"name is {manifest['name']!r}: it must be that of its folder"
                raise ModelError(f"{path.parent.name}/{FILE}: {wrong}.")
            source(path.parent, manifest)
            manifests.append(manifest)
        except ModelError as error:
            broken.append(error)
    return [m["name"] for m in sorted(manifests, key=lambda m: (m["rank"], m["name"]))], broken


def find(name: str | Path | None) -> Path:
    """The folder of a model: a name, a folder, or the best there is."""
    if name is None:
        found = names()
        if not found:
            raise ModelError("assets/models holds no model: train one with `python -m core train starter`.")
        return MODELS / found[0]
    for folder in (MODELS / name, Path(name)):
        if _holds_model(folder):
            return folder
    known = ", ".join(names())
    raise ModelError(f"There is no model {str(name)[:80]!r}: it must be one of {known} or a model's folder.")


def source(folder: Path, manifest: dict) -> Path:
    """The folder whose weights a model runs on: its own, or that of the model beside it that it is made of."""
    if "of" not in manifest:
        return folder
    for place in (folder.parent, MODELS):
        other = place / manifest["of"]
        if _holds_model(other) and "of" not in read_manifest(other):
            return other
    wrong = f"of is {manifest['of']!r}: it must be the name of a model with weights of its own"
    raise ModelError(f"{folder.name}/{FILE}: {wrong}.")


def _holds_model(folder: Path) -> bool:
    try:
        return (folder / FILE).is_file()
    except OSError:  # a name that no file system takes
        return False


def load(name: str | Path | None = None) -> Parts:
    """Check and load a model; raises ModelError naming the file that is missing or altered, or the manifest's field."""
    folder = find(name)
    manifest = read_manifest(folder)
    if (weighted := source(folder, manifest)) != folder:
        return exact(load(weighted), manifest, folder)
    check(folder, manifest)
    try:
        return _read(folder, manifest)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise ModelError(f"The model {folder.name} cannot be loaded: {error}") from error


def _read(folder: Path, manifest: dict) -> Parts:
    from transformers import CLIPModel, CLIPTokenizer

    shapes = manifest["architecture"]
    autoencoder = weights(Autoencoder(**shapes["autoencoder"]), folder / "autoencoder.safetensors")
    network = Network(weights(DiT(**shapes["dit"]), folder / "dit.safetensors"))
    clip = CLIPModel.from_pretrained(folder / "clip", dtype=torch.float32, local_files_only=True)
    tokenizer = CLIPTokenizer.from_pretrained(folder / "clip", local_files_only=True)
    words = frozenset((folder / "words.txt").read_text("utf-8").split())
    schedule = getattr(schedules, manifest["schedule"])()
    gallery = read_gallery(folder / "gallery.npz")
    language, prior = Clip(clip, tokenizer), None
    if "prior" in shapes:
        prior = Prior(weights(PriorNetwork(**shapes["prior"]), folder / "prior.safetensors"), language, schedule)
    return Parts(manifest, folder, schedule, autoencoder, language, network, gallery, words, prior)


def exact(of: Parts, manifest: dict, folder: Path) -> Parts:
    """The optimal denoiser for the gallery of another model. Its bounds hold all of it, that model's not the rarest."""
    latents, embeddings = torch.from_numpy(of.gallery.latents), torch.from_numpy(of.gallery.clip)
    network = Exact(latents, embeddings, of.schedule)
    merged = {**of.manifest, **manifest, "bounds": [latents.amin((0, 2, 3)).tolist(), latents.amax((0, 2, 3)).tolist()]}
    return Parts(merged, folder, of.schedule, of.autoencoder, of.clip, network, of.gallery, of.words, of.prior)


def weights(module: torch.nn.Module, path: Path) -> torch.nn.Module:
    """The module with the weights of a safetensors file, in float32, ready to run."""
    module.load_state_dict({k: v.float() for k, v in load_file(path).items()})
    return module.eval().requires_grad_(False)


def read_gallery(path: Path) -> Gallery:
    with np.load(path, allow_pickle=False) as file:
        latents, clip = file["latents"].astype(np.float32), file["clip"].astype(np.float32)
        made_by = str(file["clip_sha256"]) if "clip_sha256" in file else None
        laid = {name: file[name] for name in ("umap2", "umap3", "clip_umap2", "clip_umap3") if name in file}
        return Gallery(latents, clip, file["thumbs"], file["labels"].tolist(), clip_sha256=made_by, **laid)
