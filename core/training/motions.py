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
    """

    phrases: tuple[str, ...]
    loops: bool
    at: Callable[[Thing, float, float], Thing]
    size: float = SMALL


def _slide(dx: float, dy: float, turns: float = 0.0) -> Callable[[Thing, float, float], Thing]:
    def at(thing: Thing, u: float, reach: float) -> Thing:
        frame = round(7 * u)
        far = CELL * (frame - 4 if reach > FAST else frame // 2 - 2)
        x, y = thing.place
        return replace(thing, place=(x + dx * far, y + dy * far), turn=thing.turn + 360 * turns * u)

    return at


def _turn(turns: float) -> Callable[[Thing, float, float], Thing]:
    return lambda thing, u, reach: replace(thing, turn=thing.turn + 360 * turns * u)


def _swing(thing: Thing, u: float, reach: float) -> Thing:
    return replace(thing, turn=thing.turn + 45 * round(math.sin(2 * math.pi * u)))


def _bounce(thing: Thing, u: float, reach: float) -> Thing:
    x, y = thing.place
    up = round((3 if reach > FAST else 2) * abs(math.sin(math.pi * u)))
    return replace(thing, place=(x, y + (1 - up) * CELL))


def _shake(thing: Thing, u: float, reach: float) -> Thing:
    x, y = thing.place
    return replace(thing, place=(x + (2 if reach > FAST else 1) * CELL * round(math.sin(4 * math.pi * u)), y))


def _scale(first: float, last: float) -> Callable[[Thing, float, float], Thing]:
    return lambda thing, u, reach: replace(thing, size=first + (last - first) * u)


MOTIONS = {
    "right": Motion(
        ("moving to the right", "sliding right", "going right", "driving to the right"), False, _slide(1, 0)
    ),
    "left": Motion(("moving to the left", "sliding left", "going left", "driving to the left"), False, _slide(-1, 0)),
    "up": Motion(("moving up", "rising", "going up", "flying up"), False, _slide(0, -1)),
    "down": Motion(("moving down", "falling", "going down", "sinking"), False, _slide(0, 1)),
    "clockwise": Motion(("spinning clockwise", "turning clockwise", "spinning"), True, _turn(1), WHOLE),
    "counterclockwise": Motion(("spinning counterclockwise", "turning counterclockwise"), True, _turn(-1), WHOLE),
    "rolling right": Motion(("rolling to the right", "rolling right"), False, _slide(1, 0, 7 / 8)),
    "rolling left": Motion(("rolling to the left", "rolling left"), False, _slide(-1, 0, -7 / 8)),
    "bouncing": Motion(("bouncing", "jumping", "hopping"), True, _bounce),
    "growing": Motion(("growing", "getting bigger", "coming closer"), False, _scale(0.3, WHOLE)),
    "shrinking": Motion(("shrinking", "getting smaller", "going away"), False, _scale(WHOLE, 0.3)),
    "shaking": Motion(("shaking", "trembling"), True, _shake),
    "swinging": Motion(("swinging", "rocking"), True, _swing, WHOLE),
    "still": Motion(("standing still", "at rest"), True, lambda thing, u, reach: thing, WHOLE),
}
SILENT = 0.1  # share of captions that do not say how the thing moves


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
        super().__init__(*scenes, **options)
        self.frames, self.motions = frames, motions

    def draw(self, rng: np.random.Generator, count: int, hold_out: bool = True) -> list[Clip]:  # type: ignore[override]
        """Random clips; with hold_out none of a combination that is held out of training."""
        return [self._draw_clip(rng, hold_out) for _ in range(count)]

    def _draw_clip(self, rng: np.random.Generator, hold_out: bool) -> Clip:
        style = self._draw_style(rng)
        thing = self._draw_thing(rng, hold_out, style, self.mix.painted)
        name = self.concepts[thing.concept].name
        allowed = [motion for motion in self.motions if not (hold_out and held_back(name, motion))]
        motion, background = str(rng.choice(allowed)), self._draw_background(rng)
        said = style if style and rng.random() < self.mix.named else None
        words = self._phrase(rng, thing, said)
        if rng.random() >= SILENT:
            words += f" {rng.choice(MOTIONS[motion].phrases)}"
        return self.clip(thing, motion, background, words + self._on(rng, background), rng.random())

    def clip(self, thing: Thing, motion: str, background: str, caption: str, reach: float = 0.5) -> Clip:
        """The thing moving so about the middle, from the first frame to the last."""
        thing = replace(thing, place=(0.5, 0.5), size=MOTIONS[motion].size)
        row, last = MOTIONS[motion], self.frames if MOTIONS[motion].loops else self.frames - 1
        moved = (row.at(thing, frame / last, reach) for frame in range(self.frames))
        return Clip(tuple(Scene((one,), caption, background) for one in moved), caption, motion)

    def render(self, clips: list[Clip]) -> torch.Tensor:  # type: ignore[override]
        """(B, 3, F, side, side) in [-1, 1]."""
        flat = super().render([scene for clip in clips for scene in clip.frames])
        return flat.unflatten(0, (len(clips), self.frames)).transpose(1, 2)
