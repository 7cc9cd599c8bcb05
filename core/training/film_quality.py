"""`python -m core evaluate <video model>`: whether the right thing moves as asked, beside the same of real clips.

Every combination of a thing and a motion that is asked for was held out of training.
"""

from __future__ import annotations

import json
import platform
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core import threads
from core.frames import consistency
from core.meaning import phrase
from core.measure import frechet_distance
from core.networks import store
from core.networks.video import each_frame
from core.training.animations import with_animations
from core.training.film_card import write_film_card
from core.training.films import PROMPTS
from core.training.judge import Judge, verdicts
from core.training.motion_quality import recognise
from core.training.motions import MOTIONS, Clip, Clips, held_back
from core.training.own import OwnEngine
from core.training.scenes import Thing
from core.training.sheets import contact_sheet
from core.training.sprites import named
from core.types import Request

SETTINGS: dict[str, Any] = {"sampler": "ddim", "steps": 25, "guidance": 4.0}
SCALES = (1.0, 2.0, 4.0, 7.0)
SHARES = (0.0, 0.5, 1.0)  # of the noise that the frames share
BATCH = 8
DIRECTIONS = ("right", "left", "up", "down")
LOOPS = [name for name, row in MOTIONS.items() if row.loops and name != "still"]


def evaluate_film(model: str | Path, each: int = 12) -> Path:
    """Measure a video model and write eval.json, README.md and samples into its folder; returns eval.json.

    each: clips a motion; the scales of guidance and the negative prompt are measured on the four directions alone.
    """
    engine = OwnEngine.load(model, "cpu")
    began = time.perf_counter()
    frames = engine.latent_shape[1]
    motions = tuple(motion for motion in engine.manifest["motions"] if not MOTIONS[motion].recorded)
    clips = Clips(named(engine.manifest["concepts"]), engine.clip.side, frames=frames, motions=motions)
    judge = store.weights(Judge(len(clips.concepts)), engine.model.folder / "judge.safetensors")
    asked = combinations(clips, motions, each)
    drawn = _films(engine, clips.side, [_request(engine, clip.caption, seed) for seed, clip in enumerate(asked)])
    real = clips.render(asked)
    some = combinations(clips, DIRECTIONS, each)

    right = {"model": _right(drawn, asked, motions), "real": _right(real, asked, motions)}
    motion = np.array([clip.motion for clip in asked])

    def films(**changes: float) -> Tensor:
        requests = [_request(engine, clip.caption, seed, **changes) for seed, clip in enumerate(some)]
        return _films(engine, clips.side, requests)

    results = {
        "settings": SETTINGS | {"clips": len(asked), "frames": frames, "shared_noise": engine.defaults.shared_noise},
        "concept": _both(lambda films: _named(judge, films, asked), drawn, real),
        "motion": {of: float(told.mean()) for of, told in right.items()},
        "motions": {m: {of: float(told[motion == m].mean()) for of, told in right.items()} for m in motions},
        "consistency": _both(lambda films: _consistency(engine, films), drawn, real),
        "moving": _both(_moving, drawn, real),
        "closure": _both(lambda films: _closure(films[np.isin(motion, LOOPS)]), drawn, real),
        "frechet": _frechet(engine, drawn, real),
        "guidance": {f"{scale:g}": float(_right(films(guidance=scale), some, motions).mean()) for scale in SCALES},
        "shared": {f"{share:g}": _consistency(engine, films(shared_noise=share)) for share in SHARES},
        "negative": _negative(engine, clips, some),
        "no_prompt": _no_prompt(engine, clips.side, each),
        "animated": _animated(engine, judge, 2 * each),
        "parameters": sum(p.numel() for p in engine.model.network.parameters()),
        "machine": f"{platform.machine()}, {threads.cores()} threads, torch {torch.__version__}",
    }
    results["seconds"] = round(time.perf_counter() - began)
    _samples(engine)
    path = engine.model.folder / "eval.json"
    path.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    write_film_card(engine.model.folder, engine.manifest, results)
    return path


def _samples(engine: OwnEngine) -> None:
    """Sixteen fixed prompts, seed 0, nothing picked: frame by frame as frames.webp, playing as samples.webp."""
    videos = _films(engine, engine.manifest["size"], [_request(engine, prompt, 0) for prompt in PROMPTS])
    frames = videos.transpose(1, 2)  # (N, F, 3, S, S)
    small = F.interpolate(frames.flatten(0, 1), size=engine.clip.side, mode="area")
    contact_sheet(small, 2 * frames.shape[1]).save(engine.model.folder / "frames.webp", quality=85)
    first, *rest = [contact_sheet(pictures, 4) for pictures in frames.unbind(1)]
    first.save(
        engine.model.folder / "samples.webp", save_all=True, append_images=rest, duration=125, loop=0, quality=80
    )


def combinations(clips: Clips, motions: tuple[str, ...], each: int) -> list[Clip]:
    """Clips of things and motions that training held apart, on white, `each` of every motion; always the same."""
    rng, found = np.random.default_rng([9, 0]), []
    for motion in (one for one in motions if one in clips.able):
        concepts = [i for i in clips.able[motion] if held_back(clips.concepts[i].name, motion)]
        for concept in rng.choice(concepts, each, replace=len(concepts) < each) if concepts else ():
            thing = Thing(int(rng.choice(clips.moving(concept, motion))), int(concept))
            caption = f"{phrase(clips.concepts[concept].name)} {MOTIONS[motion].phrases[0]}"
            found.append(clips.clip(thing, motion, "white", caption))
    return found


def _request(engine: OwnEngine, prompt: str, seed: int, **settings: Any) -> Request:
    """As the model is meant to be run, with SETTINGS and these."""
    return replace(engine.defaults, prompt=prompt, seed=seed, **SETTINGS | settings)


def _films(engine: OwnEngine, side: int, requests: list[Request]) -> Tensor:
    """(N, 3, F, side, side) in [-1, 1]."""
    parts = []
    for start in range(0, len(requests), BATCH):
        *_, last = engine.run_many(requests[start : start + BATCH])
        films = torch.from_numpy(engine.decode(last.x)).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
        parts.append(each_frame(lambda frames: F.interpolate(frames, size=side, mode="area"), films))
        print(f"\r{start + len(films)}/{len(requests)} clips", end="", flush=True)
    print()
    return torch.cat(parts)


def _both(measure, drawn: Tensor, real: Tensor) -> dict[str, float]:
    return {"model": measure(drawn), "real": measure(real)}


def _named(judge: Judge, films: Tensor, asked: list[Clip]) -> float:
    """Share of frames whose thing the judge names first."""
    order, _ = verdicts(judge, films.transpose(1, 2).flatten(0, 1))
    wanted = np.repeat([clip.frames[0].thing.concept for clip in asked], films.shape[2])
    return float((order[:, 0] == wanted).mean())


def _right(films: Tensor, asked: list[Clip], motions: tuple[str, ...]) -> np.ndarray:
    """Of each film whether it moves as it was asked to, told among these motions."""
    return np.array([recognise(film, motions) == clip.motion for film, clip in zip(films, asked, strict=True)])


@torch.no_grad()
def _embedded(engine: OwnEngine, films: Tensor) -> Tensor:
    """CLIP's embedding of every frame, unit vectors, (N, F, D)."""
    flat = films.transpose(1, 2).flatten(0, 1)
    rows = torch.cat([engine.clip.pixels(part) for part in flat.split(64)])
    return F.normalize(rows.float(), dim=-1).unflatten(0, (len(films), -1))


def _consistency(engine: OwnEngine, films: Tensor) -> float:
    """Mean cosine of the CLIP embeddings of neighbouring frames: 1 where nothing changes, so see "moving" beside it."""
    return consistency(_embedded(engine, films).numpy())


def _moving(films: Tensor) -> float:
    """Root mean square of the change from frame to frame, of the range."""
    return float(films.diff(dim=2).square().mean().sqrt() / 2)


def _closure(films: Tensor) -> float:
    """The change from the last frame to the first over that from frame to frame: 1 where a loop closes unseen."""
    return float((films[:, :, -1] - films[:, :, 0]).square().mean().sqrt() / 2) / _moving(films)


def _animated(engine: OwnEngine, judge: Judge, count: int) -> dict[str, Any] | None:
    """Things asked to move by themselves whose animation training never showed, beside it; None where none was shown.

    "still" is how much the same things move that are asked to stand still.
    """
    recorded = [motion for motion in engine.manifest["motions"] if MOTIONS[motion].recorded]
    if not recorded:
        return None
    concepts = with_animations(named(engine.manifest["concepts"]), engine.latent_shape[1])
    clips = Clips(concepts, engine.clip.side, frames=engine.latent_shape[1], motions=recorded)
    asked = combinations(clips, tuple(recorded), count)
    still = [replace(clip, caption=f"{_thing(clips, clip)} {MOTIONS['still'].phrases[0]}") for clip in asked]
    drawn, resting = (
        _films(engine, clips.side, [_request(engine, clip.caption, seed) for seed, clip in enumerate(those)])
        for those in (asked, still)
    )
    real = clips.render(asked)
    return {
        "clips": len(asked),
        "concept": _both(lambda films: _named(judge, films, asked), drawn, real),
        "consistency": _both(lambda films: _consistency(engine, films), drawn, real),
        "moving": _both(_moving, drawn, real) | {"still": _moving(resting)},
    }


def _thing(clips: Clips, clip: Clip) -> str:
    return phrase(clips.concepts[clip.frames[0].thing.concept].name)


def _frechet(engine: OwnEngine, drawn: Tensor, real: Tensor) -> dict[str, float]:
    """Fréchet distance to the real clips' of the frames' CLIP embeddings, and of their changes from frame to frame."""
    ours, theirs = (_embedded(engine, films) for films in (drawn, real))
    pairs = {"frames": (ours, theirs), "changes": (ours.diff(dim=1), theirs.diff(dim=1))}
    return {name: frechet_distance(*(rows.flatten(0, 1).numpy() for rows in pair)) for name, pair in pairs.items()}


def _negative(engine: OwnEngine, clips: Clips, some: list[Clip]) -> dict[str, float]:
    """How many things rise that are to fly, which says not where to, and with "moving up" as the negative prompt."""
    prompts = [f"{_thing(clips, clip)} flying" for clip in some]

    def up(negative: str) -> float:
        asked = [_request(engine, prompt, seed, negative_prompt=negative) for seed, prompt in enumerate(prompts)]
        return float(np.mean([recognise(film, clips.motions) == "up" for film in _films(engine, clips.side, asked)]))

    return {"without": up(""), "with": up("moving up")}


def _no_prompt(engine: OwnEngine, side: int, count: int) -> dict[str, float]:
    """Consistency of clips of no prompt, and of frames that were taken from different ones."""
    films = _films(engine, side, [_request(engine, "", seed) for seed in range(count)])
    mixed = torch.stack([films.roll(frame, 0)[:, :, frame] for frame in range(films.shape[2])], 2)
    return {"clips": _consistency(engine, films), "frames_drawn_apart": _consistency(engine, mixed)}
