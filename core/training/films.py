"""`python -m core train motion`: teach a model of pictures to draw videos, and the model folder that this makes."""

from __future__ import annotations

import math
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import torch
from PIL import Image
from torch import Tensor, nn

from core.networks import store
from core.networks.dit import DiT
from core.networks.manifest import read, sha256
from core.networks.video import VideoDiT
from core.training import dit, own
from core.training.animations import DATA, with_animations
from core.training.build import RUNS, channel_bounds, save, write_manifest
from core.training.loop import Recipe
from core.training.motions import MOTIONS, Clips
from core.training.preview import Preview
from core.training.scenes import Mix
from core.training.sheets import contact_sheet
from core.training.sprites import named

JUDGE, WORDS = "judge.safetensors", "words.txt"
# A network that two cores can train did not learn these in 7,000 steps: asked to turn, a thing stays as it is
TURNING = ("clockwise", "counterclockwise", "rolling right", "rolling left")
PROMPTS = (
    "a red apple moving to the right", "a yellow taxi driving to the left", "a balloon rising", "a leaf falling",
    "a basketball bouncing", "a fish moving to the left", "a soccer ball moving to the right", "a fox growing",
    "a rocket flying up", "a blue car driving to the right", "a star falling", "a cat getting bigger",
    "a ghost shrinking", "a robot shaking", "a penguin standing still", "a butterfly moving up on a blue background",
)  # fmt: skip


@dataclass(frozen=True)
class Film:
    """What a video model is made of: the model of pictures that it begins as, and how long it learns.

    things: the model whose concepts it learns to move, with their judge and words; animations: whether it sees real
    ones too; motions: rows of MOTIONS.
    """

    name: str
    rank: int
    parent: str
    things: str
    frames: int
    mix: Mix
    pool: int  # clips encoded for the network
    recipe: Recipe
    animations: bool = False
    motions: tuple[str, ...] = tuple(MOTIONS)
    again: ClassVar[frozenset[str]] = frozenset()  # no stage but the network's is trained

    def ending(self, **changes: Any) -> Film:
        """The same with another recipe: steps, batch, lr."""
        return replace(self, recipe=replace(self.recipe, **changes))

    def scaled(self, share: float) -> Film:
        """A rehearsal: the same network, this share of its training."""
        steps, batch, pool = (max(8, round(share * n)) for n in (self.recipe.steps, self.recipe.batch, self.pool))
        recipe = replace(self.recipe, steps=steps, batch=batch)
        return replace(self, name=f"{self.name}-rehearsal", pool=pool, recipe=recipe)


FILMS = {
    "motion": Film(
        name="motion", rank=4, parent="broad", things="starter", frames=8, mix=Mix(painted=0.3), pool=16_000,
        recipe=Recipe(steps=20_000, batch=8, lr=5e-4, ema=0.998, warmup=300, compiled=True), animations=True,
        motions=tuple(motion for motion in MOTIONS if motion not in TURNING),
    ),
    "motion-base": Film(
        name="motion-base", rank=4, parent="base", things="base", frames=16, mix=Mix(painted=0.3), pool=100_000,
        recipe=Recipe(steps=20_000, batch=64, lr=6e-4, ema=0.9995, warmup=500, compiled=True), animations=True,
    ),
}  # fmt: skip


class FilmPreview(Preview):
    """A row of frames for every other one of PROMPTS."""

    STEPS = 10

    def __call__(self, model: DiT) -> Image.Image:
        films = self.draw(model, list(PROMPTS[::2])).transpose(1, 2)  # (N, F, 3, S, S)
        return contact_sheet(films.flatten(0, 1), 2 * films.shape[1])


def timesteps(count: int, luck: float) -> Tensor:
    """As dit.timesteps; every other one is uniform in the noisiest fifth, where it is settled how a thing moves."""
    half = count // 2
    early = 0.8 + 0.2 * (torch.arange(half) + luck) / max(1, half)
    return torch.cat([dit.timesteps(count - half, luck), early.clamp(max=1 - 1e-6)]).sort().values


def train(film: Film, out: Path | None = None, runs: Path = RUNS, minutes: float = math.inf) -> Path:
    """Train and write the model's folder; returns it. Raises Paused after so many minutes, with all of it kept.

    Where the folder holds the model already and runs/ no checkpoint, it is trained on, on other clips.
    """
    recipe = replace(film.recipe, ends=time.monotonic() + 60 * minutes)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    out, folder = out or store.MODELS / film.name, runs / film.name / "dit"
    again = (out / "manifest.json").exists()
    origin, things = out if again else store.MODELS / film.parent, store.MODELS / film.things
    parts, concepts = own.load(origin), read(things)["concepts"]
    auto, language = parts.autoencoder.to(device), parts.clip
    language.model.to(device)
    drawn = with_animations(named(concepts), film.frames) if film.animations else named(concepts)
    side = parts.manifest["size"] // auto.enlarges
    clips = Clips(drawn, side, device, film.mix, frames=film.frames, motions=film.motions)
    seed = int(sha256(origin / "dit.safetensors")[:8], 16)
    pool = dit.fill(clips, auto, language, film.pool, seed)
    shape = parts.manifest["architecture"]["dit"] | {"frames": film.frames, "vocabulary": len(language.tokenizer)}
    sample = FilmPreview(clips, auto, language, parts.schedule)
    begin = parts.network.state_dict()
    network = dit.train(pool, parts.schedule, shape, recipe, folder, sample, begin, times=timesteps, network=VideoDiT)
    out.mkdir(parents=True, exist_ok=True)
    if not again:
        shutil.copy(origin / "autoencoder.safetensors", out)
        shutil.copytree(origin / "clip", out / "clip", dirs_exist_ok=True)
    for name in (JUDGE, WORDS):
        shutil.copy(things / name, out)
    data = [one for one in parts.manifest["data"] if one not in DATA] + (DATA if film.animations else [])
    _export(film, out, parts.manifest | {"concepts": concepts, "data": data}, network, pool, shape)
    return out


def _export(film: Film, out: Path, parent: dict, network: nn.Module, pool: dit.Pool, shape: dict) -> None:
    """Add what is new to a folder that holds the rest already. parent: the manifest of the model it began as."""
    words = {*(out / WORDS).read_text("utf-8").split()}
    shown = (name for name in film.motions if film.animations or not MOTIONS[name].recorded)
    motions = {name: list(MOTIONS[name].phrases) for name in shown}
    words |= {word for phrases in motions.values() for phrase in phrases for word in phrase.split()}
    (out / WORDS).write_text("\n".join(sorted(words)) + "\n", "utf-8")
    save(network, out / "dit.safetensors")
    files = [
        "autoencoder.safetensors",
        "dit.safetensors",
        JUDGE,
        WORDS,
        *(f"clip/{p.name}" for p in sorted((out / "clip").iterdir())),
    ]
    kept = ("size", "schedule", "prediction", "concepts", "data")
    manifest = {
        "name": film.name,
        "kind": "latent video",
        "summary": f"{film.frames} frames of {parent['size']} px, {len(parent['concepts'])} concepts that move",
        "rank": film.rank,
        "latent_shape": list(pool.latents.shape[1:]),
        **{name: parent[name] for name in kept},
        "motions": motions,
        "architecture": {name: parent["architecture"][name] for name in ("autoencoder", "clip")} | {"dit": shape},
        "bounds": channel_bounds(pool.latents),
        "defaults": {"shared_noise": 0.5},
        "parent": film.parent,
        "files": {name: sha256(out / name) for name in files},
    }
    write_manifest(manifest, out)
