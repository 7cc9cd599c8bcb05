"""`python -m core evaluate <model>`: every number of the model card, from a command anyone can run."""

from __future__ import annotations

import json
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from core import threads
from core.meaning import phrase
from core.networks import store
from core.training import autoencoder, clip, clip_quality
from core.training.card import write_card, write_overview
from core.training.composition import composition
from core.training.judge import COLOUR_NAMES, Judge, verdicts
from core.training.loop import channels_last
from core.training.own import OwnEngine
from core.training.recolour import COLOURS
from core.training.scenes import RELATIONS, Scene, Scenes, held_out
from core.training.sheets import contact_sheet
from core.training.sprites import Concept
from core.training.styles import measured
from core.training.unclip import unclip
from core.training.variety import variety
from core.types import Request

SEEDS = (0, 1, 2)
BATCH = 64
GROUNDS = ("blue", "pink", "mint", "yellow", "black", "orange", "purple", "teal")
SETTINGS: dict[str, Any] = {"sampler": "ddim", "steps": 25, "guidance": 4.0}


def evaluate(model: str | Path) -> Path:
    """Measure the model and write eval.json, README.md and samples.webp into its folder; returns eval.json."""
    engine = OwnEngine.load(model, "cpu")
    began = time.perf_counter()
    scenes = measured(engine.manifest, engine.clip.side)  # of the side that the judge and CLIP were trained on
    judge = _judge(engine, len(scenes.concepts))
    results: dict[str, Any] = {
        "settings": SETTINGS | {"seeds": list(SEEDS)},
        "concepts": _concepts(engine, judge, scenes),
        "colours": _colours(engine, judge, scenes),
        "clip": clip.retrieval(engine.clip, scenes),
        "zero_shot": clip_quality.zero_shot(engine.clip, scenes),
        "outside": clip_quality.outside(engine.clip, engine.manifest["concepts"], engine.vocabulary.words),
        "localisation": clip_quality.localisation(engine.clip, scenes),
        "autoencoder": {"psnr_db": autoencoder.psnr(engine.model.autoencoder, scenes)},
        "parameters": _parameters(engine),
        "machine": f"{platform.machine()}, {threads.cores()} threads, torch {torch.__version__}",
    }
    if engine.manifest.get("pairs"):

        def draw(prompts: list[str]) -> torch.Tensor:
            return _judged(engine, [Request(prompt=prompt, **SETTINGS) for prompt in prompts])

        results["composition"] = composition(draw, judge, scenes)
    results["variety"] = variety(engine, judge, scenes, lambda requests: _judged(engine, requests))
    results["unclip"] = _unclip(engine, judge, scenes)
    results["seconds"] = round(time.perf_counter() - began)
    path = engine.model.folder / "eval.json"
    before = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    results |= {name: before[name] for name in ("curves",) if name in before}  # --curves measures those
    path.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    _sheet(engine).save(engine.model.folder / "samples.webp", quality=90)
    write_card(engine.model.folder, engine.manifest, results)
    if engine.model.folder.parent == store.MODELS:
        write_overview(store.MODELS)
    return path


def evaluate_unclip(model: str | Path) -> Path:
    """Measure the embeddings of pictures alone, and put that into eval.json and the card; returns eval.json."""
    engine = OwnEngine.load(model, "cpu")
    scenes = measured(engine.manifest, engine.clip.side)
    path = engine.model.folder / "eval.json"
    results = json.loads(path.read_text("utf-8"))
    results["unclip"] = _unclip(engine, _judge(engine, len(scenes.concepts)), scenes)
    path.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    write_card(engine.model.folder, engine.manifest, results)
    if engine.model.folder.parent == store.MODELS:
        write_overview(store.MODELS)
    return path


def _unclip(engine: OwnEngine, judge: Judge, scenes: Scenes) -> dict:
    return unclip(engine, judge, scenes, lambda requests: _judged(engine, requests))


def _judge(engine: OwnEngine, count: int) -> Judge:
    return channels_last(store.weights(Judge(count), engine.model.folder / "judge.safetensors"))


def _pictures(engine: OwnEngine, requests: list[Request]) -> torch.Tensor:
    """(N, 3, S, S) in [-1, 1]."""
    parts = []
    for start in range(0, len(requests), BATCH):
        *_, last = engine.run_many(requests[start : start + BATCH])
        parts.append(engine.decode(last.x))
        print(f"\r{start + len(parts[-1])}/{len(requests)} pictures", end="", flush=True)
    print()
    return torch.from_numpy(np.concatenate(parts)).permute(0, 3, 1, 2).float() / 127.5 - 1


def _judged(engine: OwnEngine, requests: list[Request]) -> torch.Tensor:
    """Pictures of the size that the judge was trained on."""
    return F.interpolate(_pictures(engine, requests), size=engine.clip.side, mode="area")


def _topk(order: np.ndarray, wanted: np.ndarray, k: int) -> float:
    return float((order[:, :k] == wanted[:, None]).any(1).mean())


def _concepts(engine: OwnEngine, judge: Judge, scenes: Scenes) -> dict:
    """A phrase ("an hourglass") for every concept and seed; beside it the judge on real renderings it never saw."""
    names = [concept.name for concept in scenes.concepts]
    requests = [Request(prompt=phrase(name), seed=seed, **SETTINGS) for seed in SEEDS for name in names]
    wanted = np.tile(np.arange(len(names)), len(SEEDS))
    order, _ = verdicts(judge, _judged(engine, requests))
    rng = np.random.default_rng([8, 0])
    real = [scenes.plain(int(rng.choice(scenes.sprites_of[c]))) for c in wanted]
    truth, _ = verdicts(judge, scenes.render(real))
    right = (order[:, 0] == wanted).reshape(len(SEEDS), -1)
    drawn = scenes.draw(np.random.default_rng([8, 1]), 1000, alone=True)
    varied, _ = verdicts(judge, scenes.render(drawn))
    return {
        "count": len(names),
        "top1": _topk(order, wanted, 1),
        "top5": _topk(order, wanted, 5),
        "ceiling_top1": _topk(truth, wanted, 1),
        "ceiling_top5": _topk(truth, wanted, 5),
        "judge_on_any_scene_top1": _topk(varied, np.array([s.thing.concept for s in drawn]), 1),
        "never_right": [names[i] for i in np.flatnonzero(~right.any(0))],
    }


def _colours(engine: OwnEngine, judge: Judge, scenes: Scenes) -> dict:
    """A phrase ("an orange cat") for every combination that training never drew, one seed each."""
    pairs = [(colour, i) for i, c in enumerate(scenes.concepts) for colour in COLOURS if _unseen(scenes, colour, i)]
    requests = [Request(prompt=phrase(f"{colour} {scenes.concepts[i].name}"), **SETTINGS) for colour, i in pairs]
    wanted = np.array([COLOUR_NAMES.index(colour) for colour, _ in pairs])
    things = np.array([i for _, i in pairs])
    order, colours = verdicts(judge, _judged(engine, requests))
    real: list[Scene] = [scenes.plain(scenes.sprites_of[i][0], colour) for colour, i in pairs]
    truth, truth_colours = verdicts(judge, scenes.render(real))
    return {
        "count": len(pairs),
        "colour_right": float((colours == wanted).mean()),
        "concept_top1": _topk(order, things, 1),
        "ceiling_colour_right": float((truth_colours == wanted).mean()),
        "ceiling_concept_top1": _topk(truth, things, 1),
    }


def _unseen(scenes: Scenes, colour: str, concept: int) -> bool:
    natural = {scenes.natural[s] for s in scenes.sprites_of[concept]}
    thing: Concept = scenes.concepts[concept]
    return held_out(colour, thing.name) and colour not in natural


def _parameters(engine: OwnEngine) -> dict[str, int]:
    modules = {
        "dit": engine.model.network,
        "clip": engine.clip.model,
        "autoencoder": engine.model.autoencoder,
    }
    return {name: sum(p.numel() for p in module.parameters()) for name, module in modules.items()}


def _sheet(engine: OwnEngine) -> Image.Image:
    """64 fixed prompts, seed 0, nothing picked: concepts spread over the list, colours, backgrounds, and pairs."""
    names, pairs = engine.manifest["concepts"], engine.manifest.get("pairs")
    spread = [names[i] for i in np.linspace(0, len(names) - 1, 48).astype(int)]
    prompts = [phrase(name) for name in spread[: 40 if pairs else 48]]
    if pairs:
        joints = 2 * ("and", *(name for name in RELATIONS if name != "right of"))
        both = zip(spread[40:], joints, spread[4::5], strict=False)
        prompts += [f"{phrase(first)} {joint} {phrase(second)}" for first, joint, second in both]
    prompts += [phrase(f"{colour} {name}") for colour, name in zip(COLOURS, spread[::6], strict=False)]
    prompts += [
        f"{phrase(name)} on {phrase(ground)} background" for ground, name in zip(GROUNDS, spread[3::6], strict=True)
    ]
    return contact_sheet(_pictures(engine, [Request(prompt=prompt, **SETTINGS) for prompt in prompts]), 16)
