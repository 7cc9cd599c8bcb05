"""How well CLIP reads pictures it never saw: zero-shot accuracy, and whether it knows where things are."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from core.meaning import TEMPLATES, phrase, prototypes
from core.networks.clip import STRIDE, WINDOW, Clip
from core.training.scenes import POSITIONS, SMALL, Scene, Scenes, Thing

ROUNDS = 4  # scenes for every concept, on average
PAIRS = 312  # scenes of two objects
PLACES = POSITIONS["left"], POSITIONS["right"]  # of the two objects in one picture

OUTSIDE = {  # concept: words for it, or for a kind of it, that captions seldom or never hold
    "dog": "hound poodle terrier", "cat": "feline kitten", "rabbit": "hare bunny", "horse": "stallion mare foal pony",
    "cow": "calf", "pig": "piglet", "bird": "crow sparrow", "dove": "pigeon", "whale": "orca", "car": "sedan coupe",
    "airplane": "airliner", "house": "cottage mansion", "hut": "cabin", "church": "cathedral", "rose": "rosebud",
    "orange": "grapefruit", "coffee": "cappuccino espresso", "wine": "goblet chalice", "beer": "lager",
    "feather": "quill", "chair": "armchair stool", "violin": "fiddle", "coat": "parka", "shirt": "t-shirt",
    "glasses": "spectacles", "astronaut": "cosmonaut", "snowflake": "blizzard", "comet": "asteroid meteor",
    "rocket": "spaceship spacecraft", "robot": "android", "ghost": "phantom",
}  # fmt: skip


def outside(clip: Clip, concepts: list[str], met: frozenset[str]) -> dict[str, float] | None:
    """Words that no caption held, against all concepts: how often theirs is the nearest text, or one of five.

    met: the words of captions; OUTSIDE has the questions. None where it has none for these concepts.
    """
    asked = [(word, concepts.index(name)) for name, words in OUTSIDE.items() if name in concepts
             for word in words.split() if word not in met]  # fmt: skip
    if not asked:
        return None
    texts = clip.text([phrase(name) for name in concepts])
    near = np.argsort(-clip.text([phrase(word) for word, _ in asked]) @ texts.T, axis=1)
    hits = near == np.array([concept for _, concept in asked])[:, None]
    return {"count": len(asked), "top1": float(hits[:, :1].any(1).mean()), "top5": float(hits[:, :5].any(1).mean())}


def zero_shot(clip: Clip, scenes: Scenes) -> dict[str, dict[str, float]]:
    """Accuracy over all concepts on scenes drawn for this alone: of the plain ones, and of all.

    A plain one has its own colour, on white, large; the others may be red cats on blue or small in a corner.
    name: the bare name; phrase: with its article, as in captions; templates: averaged over TEMPLATES.
    """
    drawn = scenes.draw(np.random.default_rng([11, 0]), ROUNDS * len(scenes.concepts), alone=True)
    wanted = np.array([scene.thing.concept for scene in drawn])
    plain = np.array([s.background == "white" and s.thing.colour is None and s.position is None for s in drawn])
    images = clip.image(_pictures(scenes.render(drawn)))
    names = [concept.name for concept in scenes.concepts]
    texts = {
        "name": clip.text(names),
        "phrase": clip.text([phrase(name) for name in names]),
        "templates": prototypes(clip, names, TEMPLATES),
    }
    right = {kind: (images @ rows.T).argmax(1) == wanted for kind, rows in texts.items()}
    return {
        "plain": {"count": int(plain.sum())} | {kind: float(hits[plain].mean()) for kind, hits in right.items()},
        "any scene": {"count": len(drawn)} | {kind: float(hits.mean()) for kind, hits in right.items()},
    }


def localisation(clip: Clip, scenes: Scenes, pairs: int = PAIRS) -> dict[str, float]:
    """How often the peak of a map lies inside the box of the object that is named, two objects side by side.

    The peak is the centre of the best patch or window; chance is the share of such centres that lie in the box.
    """
    rng = np.random.default_rng([11, 1])
    left = rng.integers(len(scenes.concepts), size=pairs)
    right = (left + rng.integers(1, len(scenes.concepts), size=pairs)) % len(scenes.concepts)
    pictures = _pictures(two_objects(scenes, rng, left, right))
    texts = clip.text([phrase(concept.name) for concept in scenes.concepts])
    found: dict[str, float] = {"count": 2 * pairs}
    for name, read in (("patches", clip.patches), ("windows", clip.windows)):
        features = np.concatenate([read(pictures[i : i + 32]) for i in range(0, pairs, 32)])  # (pairs, n, n, D)
        centres = centres_of(name, features.shape[1])
        hits, chance = [], []
        for place, concepts in zip(PLACES, (left, right), strict=True):
            inside = np.abs(centres - place).max(-1) < SMALL / 2  # (n, n)
            maps = np.einsum("bhwd,bd->bhw", features, texts[concepts]).reshape(pairs, -1)
            hits.append(inside.ravel()[maps.argmax(1)])
            chance.append(inside)
        found |= {name: float(np.mean(hits)), f"{name}_chance": float(np.mean(chance))}
    return found


def two_objects(scenes: Scenes, rng: np.random.Generator, left: np.ndarray, right: np.ndarray) -> torch.Tensor:
    """Pictures of a concept in the left half and another in the right, on white, (B, 3, S, S) in [-1, 1]."""
    sides = [
        [Thing(int(rng.choice(scenes.sprites_of[c])), int(c), place=place, size=SMALL) for c in concepts]
        for place, concepts in zip(PLACES, (left, right), strict=True)
    ]
    return scenes.render([Scene(things, "") for things in zip(*sides, strict=True)])


def centres_of(kind: str, count: int) -> np.ndarray:
    """Where the patches or windows of a map have their centres, (count, count, 2) of (x, y) in shares of a side."""
    line = (np.arange(count) + 0.5) / count if kind == "patches" else WINDOW / 2 + STRIDE * np.arange(count)
    return np.stack(np.meshgrid(line, line), -1)


def _pictures(pixels: torch.Tensor) -> list[Image.Image]:
    bytes_ = ((pixels + 1) * 127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    return [Image.fromarray(one) for one in bytes_]
