"""Train CLIP: captions against scenes, and words against a sentence encoder.

The contrastive loss is CLIP's (arXiv 2103.00020); the text half is also distilled, in the shared space and
through a linear head, so that words outside the captions land near their neighbours.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import pre_tokenizers, trainers
from torch import nn
from transformers import CLIPModel, CLIPTokenizer

from core.meaning import phrase
from core.networks.clip import Clip, small_clip
from core.training.loop import Recipe, fit
from core.training.scenes import Scene, Scenes
from core.training.words import Words

BOS, EOS = "<|startoftext|>", "<|endoftext|>"


def train_tokenizer(texts: list[str], size: int) -> CLIPTokenizer:
    """Byte-level BPE with CLIP's rules; any text has tokens. Ids follow from the merges alone."""
    blank = CLIPTokenizer()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        show_progress=False,
        end_of_word_suffix="</w>",
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    backend = blank.backend_tokenizer
    backend.train_from_iterator(texts, trainer)
    merges = [tuple(m) for m in json.loads(backend.to_str())["model"]["merges"]]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    names = [*letters, *(c + "</w>" for c in letters), *("".join(m) for m in merges), BOS, EOS]
    vocab = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return CLIPTokenizer(vocab=vocab, merges=merges)


class Distilled(nn.Module):
    """CLIP with the linear head that reads the teacher's vector from the text half's."""

    def __init__(self, clip: CLIPModel, space: int, teacher: int):
        super().__init__()
        self.clip = clip
        self.head = nn.Linear(space, teacher)


def train(
    scenes: Scenes,
    words: Words | None,
    config: dict,
    recipe: Recipe,
    folder: Path,
    distil: int = 128,
    begin: Clip | None = None,
    hold: bool = False,
) -> Clip:
    """words may be None: then nothing is distilled. distil is the number of words a step.

    begin: one to go on from where the folder holds no checkpoint; its tokenizer stays. hold: keep the states of
    captions near what they are in begin, for a network that has learned to read those.
    """
    torch.manual_seed(0)
    if begin is None:
        captions = [s.caption for s in scenes.draw(np.random.default_rng(0), 20_000)]
        tokenizer = train_tokenizer(captions + (words.texts if words else []), config["vocabulary"])
        shape = {k: config[k] for k in ("width", "depth", "patch", "space")}
        clip = small_clip(tokenizer, side=scenes.side, **shape)
    else:
        clip, tokenizer = begin.model, begin.tokenizer
    model = Distilled(clip, config["space"], 384).to(scenes.device)
    before = Clip(copy.deepcopy(clip).requires_grad_(False), tokenizer) if hold else None
    names = _rows(words, [concept.name for concept in scenes.concepts]) if words else np.empty(0, int)

    def loss(model: Distilled, step: int) -> dict[str, torch.Tensor]:
        clip, rng = Clip(model.clip, tokenizer), np.random.default_rng([4, step])
        drawn = _distinct(scenes, rng, recipe.batch)
        image = F.normalize(clip.pixels(scenes.render(drawn)).float(), dim=-1)
        states, text = clip._features([s.caption for s in drawn])
        text = text.float()
        logits = model.clip.logit_scale.exp().clamp(max=100) * F.normalize(text, dim=-1) @ image.T
        match = torch.arange(len(drawn), device=logits.device)
        contrast = (F.cross_entropy(logits, match) + F.cross_entropy(logits.T, match)) / 2
        terms = {"loss": contrast, "accuracy": (logits.argmax(1) == match).float().mean()}
        if words:
            rows = np.concatenate([rng.integers(len(words.texts), size=distil - distil // 4),
                                   rng.choice(names, distil // 4)])  # fmt: skip
            target = torch.from_numpy(words.vectors[rows]).to(logits.device)
            mine = clip._features([_said(rng, words.texts[i]) for i in rows])[1].float()
            cosine = 1 - F.cosine_similarity(model.head(mine), target).mean()
            unit = F.normalize(mine, dim=-1)
            pairs = F.smooth_l1_loss(unit @ unit.T, target @ target.T, beta=0.1)
            terms |= {"loss": contrast + 2 * cosine + 4 * pairs, "cosine": cosine, "pairs": pairs}
        if before:
            old = before.states([s.caption for s in drawn]).states[states.mask].float()
            drift = (states.states[states.mask].float() - old).square().mean() / old.square().mean()
            terms |= {"loss": terms["loss"] + 10 * drift, "drift": drift}
        return terms

    average = fit("clip", model, loss, recipe, folder)
    return Clip(average.clip, tokenizer)


def _rows(words: Words, names: list[str]) -> np.ndarray:
    """Where the names stand among the words that are distilled."""
    places = {text: i for i, text in enumerate(words.texts)}
    return np.array([places[name] for name in names if name in places])


def _said(rng: np.random.Generator, text: str) -> str:
    """A word with its article, half of the time, as prompts have it; a gloss as it is."""
    return phrase(text) if text.count(" ") < 2 and rng.random() < 0.5 else text


def _distinct(scenes: Scenes, rng: np.random.Generator, count: int) -> list[Scene]:
    """Draws whose captions differ: equal captions would be each other's false negatives."""
    found: dict[str, Scene] = {}
    for _ in range(4):
        found |= {s.caption: s for s in scenes.draw(rng, count - len(found))}
        if len(found) == count:
            break
    return list(found.values())


def retrieval(clip: Clip, scenes: Scenes, rounds: int = 4) -> dict[str, float]:
    """Text to image, on renderings that training never saw: recall at 1 and 5, mean over rounds.

    R@k: a phrase ("a fox") among one large rendering of each concept on white, its size and place drawn anew.
    scenes R@k: a whole caption (colour, place, background) among one scene of each concept.
    """
    found: dict[str, list[float]] = {}
    for seed in range(rounds):
        rng = np.random.default_rng([5, seed])
        plain = one_each(scenes, rng, bare)
        mixed = one_each(scenes, rng, lambda s: True)
        names = [phrase(concept.name) for concept in scenes.concepts]
        for kind, drawn, texts in (("", plain, names), ("scenes ", mixed, [s.caption for s in mixed])):
            order = np.argsort(-clip.text(texts) @ _embed(clip, scenes, drawn).T, axis=1)
            for k in (1, 5):
                hits = (order[:, :k] == np.arange(len(drawn))[:, None]).any(1)
                found.setdefault(f"{kind}R@{k}", []).append(hits.mean())
    return {name: float(np.mean(rows)) for name, rows in found.items()}


def bare(scene: Scene) -> bool:
    return (
        len(scene.things) == 1 and scene.background == "white" and scene.thing.colour is None and scene.position is None
    )


def one_each(scenes: Scenes, rng: np.random.Generator, fits: Callable[[Scene], bool]) -> list[Scene]:
    """A random scene of every concept, in order."""
    found: dict[int, Scene] = {}
    while len(found) < len(scenes.concepts):
        found |= {s.thing.concept: s for s in scenes.draw(rng, 256) if fits(s)}
    return [found[i] for i in range(len(scenes.concepts))]


@torch.no_grad()
def _embed(clip: Clip, scenes: Scenes, drawn: list[Scene]) -> np.ndarray:
    parts = [clip.pixels(part) for part in scenes.render(drawn).split(64)]
    return F.normalize(torch.cat(parts), dim=-1).cpu().numpy()
