"""Clips whose motion is known: a sprite that moves as its caption says, drawn frame by frame.

What moves, how, how far and on what background is drawn first; frames and caption are both made from it. A motion
that ends where it began is a closed loop: the frame after the last would be the first.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from core.training.scenes import SMALL, Scene, Scenes, Thing

# Things move from cell to cell of the latents and turn by eighths, as SMALL tells of scenes: in between a small network
# drew blobs. Slow ones move on twos, as drawn animation does: each place is held for two frames
CELL = 1 / 8  # of the picture's side
FAST = 0.65  # a reach above it is a fast or wide one
WHOLE = 0.85  # size, in shares of the picture's side, of a thing that stays in the middle, as in scenes


@dataclass(frozen=True)
class Motion:
    """What captions call it, whether it closes into a loop, and the thing at u in [0, 1] of the way.

    at(thing, u, reach): reach is drawn once a clip, in [0, 1], and says how far or how much.
    size: the thing's, in shares of the picture's side, where the motion does not change it.
    round: whether only ROUND things move so. A thing in each of its turns is another one to learn, a ball is not.
    recorded: whether it is shown by an animation of the thing, frame by frame.
    often: how often it is drawn, beside 1 of the others.
    """

    phrases: tuple[str, ...]
    loops: bool
    at: Callable[[Thing, float, float], Thing]
    size: float = SMALL
    round: bool = False
    recorded: bool = False
    often: float = 1.0


def _slide(dx: float, dy: float, turns: float = 0.0) -> Callable[[Thing, float, float], Thing]:
    def at(thing: Thing, u: float, reach: float) -> Thing:
        frame = round(7 * u)
        far = CELL * (frame - 4 if reach > FAST else frame // 2 - 2)
        x, y = thing.place
        return replace(thing, place=(x + dx * far, y + dy * far), turn=thing.turn + 360 * turns * u)

    return at


def _turn(turns: float) -> Callable[[Thing, float, float], Thing]:
    return lambda thing, u, reach: replace(thing, turn=thing.turn + 360 * turns * u)


def _bounce(thing: Thing, u: float, reach: float) -> Thing:
    x, y = thing.place
    up = round((3 if reach > FAST else 2) * abs(math.sin(math.pi * u)))
    return replace(thing, place=(x, y + (1 - up) * CELL))


def _shake(thing: Thing, u: float, reach: float) -> Thing:
    x, y = thing.place
    return replace(thing, place=(x + (2 if reach > FAST else 1) * CELL * round(math.sin(4 * math.pi * u)), y))


def _scale(first: float, last: float) -> Callable[[Thing, float, float], Thing]:
    return lambda thing, u, reach: replace(thing, size=first + (last - first) * u)


def _rest(thing: Thing, u: float, reach: float) -> Thing:
    return thing


# The verbs' other words are WordNet's
MOTIONS = {
    "right": Motion(
        ("moving to the right", "moving right", "sliding right", "going right", "driving to the right",
         "gliding to the right", "travelling right"),
        False, _slide(1, 0),
    ),
    "left": Motion(
        ("moving to the left", "moving left", "sliding left", "going left", "driving to the left",
         "gliding to the left", "travelling left"),
        False, _slide(-1, 0),
    ),
    "up": Motion(
        ("moving up", "rising", "going up", "flying up", "ascending", "climbing", "lifting off", "rises"),
        False, _slide(0, -1),
    ),
    "down": Motion(
        ("moving down", "falling", "going down", "sinking", "descending", "dropping", "coming down", "falls"),
        False, _slide(0, 1),
    ),
    "clockwise": Motion(
        ("spinning", "spinning clockwise", "turning clockwise", "rotating", "revolving", "whirling", "spins"),
        True, _turn(1), WHOLE, round=True, often=0.4,
    ),
    "counterclockwise": Motion(
        ("spinning counterclockwise", "turning counterclockwise", "rotating counterclockwise"),
        True, _turn(-1), WHOLE, round=True, often=0.4,
    ),
    "rolling right": Motion(
        ("rolling to the right", "rolling right"), False, _slide(1, 0, 7 / 8), round=True, often=0.4
    ),
    "rolling left": Motion(
        ("rolling to the left", "rolling left"), False, _slide(-1, 0, -7 / 8), round=True, often=0.4
    ),
    "bouncing": Motion(
        ("bouncing", "jumping", "hopping", "leaping", "springing", "bounding", "jumps"), True, _bounce
    ),
    "growing": Motion(
        ("growing", "getting bigger", "coming closer", "enlarging", "expanding", "approaching", "grows"),
        False, _scale(0.3, WHOLE),
    ),
    "shrinking": Motion(
        ("shrinking", "getting smaller", "going away", "contracting", "dwindling", "receding", "shrinks"),
        False, _scale(WHOLE, 0.3),
    ),
    "shaking": Motion(("shaking", "trembling", "quivering", "vibrating", "shivering", "shakes"), True, _shake),
    "still": Motion(("standing still", "at rest", "motionless", "resting", "not moving"), True, _rest, WHOLE),
    "animated": Motion(("animated", "in motion", "coming to life"), True, _rest, WHOLE, recorded=True, often=1.5),
}  # fmt: skip
SILENT = 0.1  # share of captions that do not say how the thing moves
BEFORE = 0.3  # share in which a verb that is one word stands before the thing: "a falling leaf"
ROUND = {  # concepts that roll and spin
    "apple", "baseball", "basketball", "bullseye", "coconut", "coin", "compass", "cookie", "donut", "dvd", "earth",
    "egg", "ferris wheel", "flying disc", "gear", "kiwi", "melon", "mirror ball", "moon", "nazar amulet", "olive",
    "onion", "optical disk", "orange", "peach", "pizza", "planet", "pool 8 ball", "snowflake", "soccer ball",
    "softball", "star", "tennis ball", "tomato", "volleyball", "watermelon", "wheel", "wire globe", "yarn",
}  # fmt: skip


@dataclass(frozen=True)
class Clip:
    """One draw: the frames, each a scene of one thing, the caption, and how it moves."""

    frames: tuple[Scene, ...]
    caption: str
    motion: str


def held_back(concept: str, motion: str) -> bool:
    """One in ten combinations of a concept and a motion is never drawn in training."""
    return zlib.crc32(f"{concept} {motion}".encode()) % 10 == 0


class Clips(Scenes):
    """Draws clips of `frames` frames of the given concepts and renders them, on any device.

    Types are left unchecked in two places: whoever has a Scenes draw, and render what was drawn, may have one of these.
    """

    def __init__(self, *scenes, frames: int = 8, motions: Sequence[str] = tuple(MOTIONS), **options):
        """motions: rows of MOTIONS; recorded ones are drawn of concepts with_animations(…, frames)."""
        super().__init__(*scenes, **options)
        self.frames, self.motions = frames, motions
        self.animations: list[list[int]] = [[] for _ in self.concepts]  # the first frame of each, by concept
        for sprite, concept in enumerate(self.concept_of):
            if self.sprites[sprite].frame == 0:
                self.animations[concept].append(sprite)
        able = {motion: [i for i in range(len(self.concepts)) if self.moving(i, motion)] for motion in motions}
        self.able = {motion: concepts for motion, concepts in able.items() if concepts}
        often = np.array([MOTIONS[motion].often for motion in self.able])
        self.often = often / often.sum()

    def draw(self, rng: np.random.Generator, count: int, hold_out: bool = True) -> list[Clip]:  # type: ignore[override]
        """Random clips; with hold_out none of a combination that is held out of training."""
        return [self._draw_clip(rng, hold_out) for _ in range(count)]

    def moving(self, concept: int, motion: str) -> list[int]:
        """The sprites of a concept that can move so: of a recorded motion, the first frames of its animations."""
        row = MOTIONS[motion]
        if row.round and self.concepts[concept].name not in ROUND:
            return []
        return (self.animations if row.recorded else self.sprites_of)[concept]

    def _draw_clip(self, rng: np.random.Generator, hold_out: bool) -> Clip:
        style, (concept, motion) = self._draw_style(rng), self._draw_combination(rng, hold_out)
        thing = self._draw_thing(rng, hold_out, style, self.mix.painted, concept)
        if MOTIONS[motion].recorded:
            thing = replace(thing, sprite=int(rng.choice(self.animations[concept])))
        background = self._draw_background(rng)
        said = style if style and rng.random() < self.mix.named else None
        verb = str(rng.choice(MOTIONS[motion].phrases)) if rng.random() >= SILENT else ""
        if verb.endswith("ing") and " " not in verb and rng.random() < BEFORE:
            words = self._phrase(rng, thing, " ".join(filter(None, (said, verb))))
        else:
            words = f"{self._phrase(rng, thing, said)} {verb}".strip()
        return self.clip(thing, motion, background, words + self._on(rng, background), rng.random())

    def _draw_combination(self, rng: np.random.Generator, hold_out: bool) -> tuple[int, str]:
        while True:
            motion = str(rng.choice([*self.able], p=self.often))
            concept = int(rng.choice(self.able[motion]))
            if not (hold_out and held_back(self.concepts[concept].name, motion)):
                return concept, motion

    def clip(self, thing: Thing, motion: str, background: str, caption: str, reach: float = 0.5) -> Clip:
        """The thing moving so about the middle, from the first frame to the last."""
        row = MOTIONS[motion]
        thing, last = replace(thing, place=(0.5, 0.5), size=row.size), self.frames if row.loops else self.frames - 1
        moved = [row.at(thing, frame / last, reach) for frame in range(self.frames)]
        if row.recorded:
            moved = [replace(one, sprite=one.sprite + frame) for frame, one in enumerate(moved)]
        return Clip(tuple(Scene((one,), caption, background) for one in moved), caption, motion)

    def render(self, clips: list[Clip]) -> torch.Tensor:  # type: ignore[override]
        """(B, 3, F, side, side) in [-1, 1]."""
        flat = super().render([scene for clip in clips for scene in clip.frames])
        return flat.unflatten(0, (len(clips), self.frames)).transpose(1, 2)
