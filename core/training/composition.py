"""Two things in one picture: are both there, has each its own colour, does each stand where it was asked to?

The questions are GenEval's (arXiv 2310.11513); here the scenes' grammar gives the truth, so the judge looks where a
thing must be instead of searching for it. All pairs asked for were held out of training.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from core.meaning import phrase
from core.training.judge import Judge, colour_index, verdicts
from core.training.recolour import COLOURS
from core.training.scenes import POSITIONS, RELATIONS, SMALL, Scene, Scenes, Thing, held_apart

COUNT = 200  # prompts a question


def composition(draw: Callable[[list[str]], torch.Tensor], judge: Judge, scenes: Scenes) -> dict[str, dict]:
    """Shares of pictures that are right, and of real renderings of the same scenes that the judge calls right.

    draw(prompts) gives pictures (N, 3, S, S) in [-1, 1].
    two objects: both named concepts are there, side by side, in either order.
    binding: "a red fox and a blue cup": both are there, and each has its own colour.
    position: "a fox above a cup": each is there where it was asked to be.
    Of each there is, too, in how many pictures the first thing and the second are right where a reader expects them.
    """
    rng = np.random.default_rng([12, 0])
    found = {}
    for question in ("two objects", "binding", "position"):
        asked = ask(scenes, rng, question, COUNT)
        pictures = draw([scene.caption for scene in asked])
        real = scenes.render(asked)
        found[question] = {
            "count": COUNT,
            "right": float(right(judge, pictures, asked, question).mean()),
            "ceiling": float(right(judge, real, asked, question).mean()),
            "things": [
                {aspect: float(hits.mean()) for aspect, hits in thing.items()}
                for thing in _as_asked(judge, pictures, asked, question)
            ],
        }
    return found


def ask(scenes: Scenes, rng: np.random.Generator, question: str, count: int) -> list[Scene]:
    """Scenes of two things of which training never drew the pair; their captions are the prompts."""
    return [_pair(scenes, rng, question) for _ in range(count)]


def _pair(scenes: Scenes, rng: np.random.Generator, question: str) -> Scene:
    names = [concept.name for concept in scenes.concepts]
    first = second = 0
    while first == second or not held_apart(names[first], names[second]):
        first, second = (int(c) for c in rng.integers(len(names), size=2))
    joint, places = "and", ("left", "right")
    if question == "position":
        joint = str(rng.choice(list(RELATIONS)))
        places = RELATIONS[joint]
    colours = rng.choice(list(COLOURS), size=2, replace=False).tolist() if question == "binding" else (None, None)
    things, words = [], []
    for concept, colour, place in zip((first, second), colours, places, strict=True):
        sprite = int(rng.choice(scenes.sprites_of[concept]))
        things.append(Thing(sprite, concept, colour, POSITIONS[place], SMALL))
        words.append(phrase(" ".join(filter(None, (colour, names[concept])))))
    return Scene(tuple(things), f" {joint} ".join(words))


def right(judge: Judge, pictures: torch.Tensor, asked: list[Scene], question: str) -> np.ndarray:
    """Which pictures show what was asked, (N,) bool."""
    shown = _whole(_as_asked(judge, pictures, asked, question))
    if question != "position":
        shown |= _whole(_as_asked(judge, pictures.flip(-1), asked, question))  # the second thing on the left
    return shown


def _whole(things: list[dict[str, np.ndarray]]) -> np.ndarray:
    """In which pictures both things are right in every aspect, (N,) bool."""
    return np.logical_and.reduce([hits for thing in things for hits in thing.values()])


def _as_asked(judge: Judge, pictures: torch.Tensor, asked: list[Scene], question: str) -> list[dict[str, np.ndarray]]:
    """Of the first thing and of the second: in which pictures the judge sees its concept, and its colour, (N,) bool."""
    found = []
    for number in range(2):
        things = [scene.things[number] for scene in asked]
        order, colours = verdicts(judge, _cut(pictures, [thing.place for thing in things]))
        hits = {"concept": order[:, 0] == np.array([thing.concept for thing in things])}
        if question == "binding":
            hits["colour"] = colours == np.array([colour_index(thing.colour) for thing in things])
        found.append(hits)
    return found


def _cut(pictures: torch.Tensor, places: list[tuple[float, float]]) -> torch.Tensor:
    """The half-size squares around these places, enlarged to the pictures' size."""
    side = pictures.shape[-1]
    half, cuts = side // 2, []
    for picture, place in zip(pictures, places, strict=True):
        x, y = (min(max(round(p * side) - half // 2, 0), side - half) for p in place)
        cuts.append(picture[:, y : y + half, x : x + half])
    return F.interpolate(torch.stack(cuts), size=side, mode="bicubic", align_corners=False).clamp(-1, 1)
