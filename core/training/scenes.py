"""Scenes whose truth is known: a sprite on a background, and the caption written from the same draw.

Concept, colour, place and background are drawn first; picture and caption are both made from them, so that
captions are right and compositional, and combinations can be held out of training.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F

from core.training.recolour import COLOURS, natural_colour, recolour
from core.training.sprites import SIZE, Concept, pictures

BACKGROUNDS = {
    "white": (255, 255, 255), "black": (24, 24, 28), "gray": (150, 152, 158), "red": (224, 64, 64),
    "orange": (246, 150, 56), "yellow": (250, 218, 80), "green": (84, 176, 92), "teal": (44, 152, 152),
    "blue": (66, 120, 220), "sky blue": (150, 208, 246), "purple": (134, 84, 200), "pink": (248, 164, 196),
    "brown": (134, 92, 60), "beige": (238, 222, 190), "mint": (176, 232, 204),
}  # fmt: skip
POSITIONS = {
    "top left": (0.26, 0.26), "top": (0.5, 0.26), "top right": (0.74, 0.26),
    "left": (0.26, 0.5), "center": (0.5, 0.5), "right": (0.74, 0.5),
    "bottom left": (0.26, 0.74), "bottom": (0.5, 0.74), "bottom right": (0.74, 0.74),
}  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """One draw. place and size are shares of the picture's side; colour is None for the sprite's own."""

    sprite: int
    concept: int
    caption: str
    colour: str | None = None
    background: str = "white"
    position: str | None = None
    place: tuple[float, float] = (0.5, 0.5)
    size: float = 0.85


def held_out(colour: str, concept: str) -> bool:
    """One in ten combinations of a colour and a concept is never drawn in training."""
    return zlib.crc32(f"{colour} {concept}".encode()) % 10 == 0


class Scenes:
    """Draws scenes of the given concepts and renders them, side pixels square, on any device."""

    def __init__(self, concepts: list[Concept], side: int, device: str = "cpu"):
        self.concepts, self.side, self.device = concepts, side, device
        self.sprites = [sprite for concept in concepts for sprite in concept.sprites]
        self.concept_of = [i for i, concept in enumerate(concepts) for _ in concept.sprites]
        self.sprites_of = [[s for s, c in enumerate(self.concept_of) if c == i] for i in range(len(concepts))]
        rgba = torch.from_numpy(pictures(self.sprites)).permute(0, 3, 1, 2).float() / 255  # (N, 4, 128, 128)
        rgba[:, :3] *= rgba[:, 3:]  # premultiplied, so that resampling does not pull in the colour of nothing
        self.mips = {SIZE: rgba}
        for size in (SIZE // 2, SIZE // 4):
            self.mips[size] = F.avg_pool2d(self.mips[2 * size], 2)
        self.mips = {size: mip.to(device) for size, mip in self.mips.items()}
        self.natural = [natural_colour(picture) for picture in self.mips[SIZE // 4].cpu()]
        names = {concept.name for concept in concepts}
        self.nouns = [
            sorted({s.label.lower(), *(t for t in s.tags if len(t) > 2)} - (names - {concepts[c].name}))
            for s, c in zip(self.sprites, self.concept_of, strict=True)
        ]

    def draw(self, rng: np.random.Generator, count: int, hold_out: bool = True) -> list[Scene]:
        """Random scenes; with hold_out none has a colour held out of training."""
        return [self._draw(rng, hold_out) for _ in range(count)]

    def plain(self, sprite: int, colour: str | None = None) -> Scene:
        """The sprite large and centred on white, as the gallery shows it."""
        name = self.concepts[self.concept_of[sprite]].name
        return Scene(sprite, self.concept_of[sprite], " ".join(filter(None, ("a", colour, name))), colour)

    def _draw(self, rng: np.random.Generator, hold_out: bool) -> Scene:
        concept = int(rng.integers(len(self.concepts)))
        sprite = int(rng.choice(self.sprites_of[concept]))
        name, natural = self.concepts[concept].name, self.natural[sprite]
        colour = None
        if rng.random() < 0.25:
            colour = str(rng.choice(list(COLOURS)))
            if hold_out and colour != natural and held_out(colour, name):
                colour = None
        elif natural and rng.random() < 0.15:
            colour = natural  # the sprite as it is, its own colour named
        background = "white" if rng.random() < 0.6 else str(rng.choice(list(BACKGROUNDS)))
        scene = Scene(sprite, concept, "", colour, background)
        if rng.random() < 0.12:
            position = str(rng.choice(list(POSITIONS)))
            x, y = (p + rng.uniform(-0.04, 0.04) for p in POSITIONS[position])
            scene = replace(scene, position=position, place=(x, y), size=rng.uniform(0.36, 0.46))
        else:
            x, y = rng.uniform(0.46, 0.54, 2)
            scene = replace(scene, place=(x, y), size=rng.uniform(0.76, 0.9))
        return replace(scene, caption=self._caption(rng, scene))

    def _caption(self, rng: np.random.Generator, scene: Scene) -> str:
        noun = self.concepts[scene.concept].name
        if rng.random() < 0.1:
            noun = str(rng.choice(self.nouns[scene.sprite]))
        words = [scene.colour, noun] if scene.colour else [noun]
        if rng.random() < 0.85:
            words.insert(0, "an" if words[0][0] in "aeiou" else "a")
        if scene.position:
            words.append(f"in the {scene.position}")
        if scene.background != "white" or rng.random() < 0.1:
            words.append(f"on a {scene.background} background")
        return " ".join(words)

    def render(self, scenes: list[Scene]) -> torch.Tensor:
        """(B, 3, side, side) in [-1, 1]."""
        out = torch.empty(len(scenes), 3, self.side, self.side, device=self.device)
        levels = np.array([self._level(scene.size) for scene in scenes])
        for level in np.unique(levels):
            rows = np.flatnonzero(levels == level)
            out[torch.from_numpy(rows).to(self.device)] = self._render([scenes[i] for i in rows], int(level))
        return out

    def _level(self, size: float) -> int:
        """The smallest mip that is not enlarged much."""
        return min((s for s in self.mips if s * 1.15 >= size * self.side), default=SIZE)

    def _render(self, scenes: list[Scene], level: int) -> torch.Tensor:
        rgba = self.mips[level][[s.sprite for s in scenes]]  # (B, 4, level, level), a copy
        painted = [i for i, s in enumerate(scenes) if s.colour and s.colour != self.natural[s.sprite]]
        if painted:
            rgba[painted] = recolour(rgba[painted], [scenes[i].colour for i in painted])
        size = torch.tensor([s.size for s in scenes], device=self.device)
        place = torch.tensor([s.place for s in scenes], device=self.device, dtype=torch.float32)
        theta = torch.zeros(len(scenes), 2, 3, device=self.device)
        theta[:, 0, 0] = theta[:, 1, 1] = 1 / size
        theta[:, :, 2] = -(2 * place - 1) / size[:, None]
        grid = F.affine_grid(theta, [len(scenes), 4, self.side, self.side], align_corners=False)
        rgba = F.grid_sample(rgba, grid, align_corners=False)
        ground = torch.tensor([BACKGROUNDS[s.background] for s in scenes], device=self.device) / 255  # (B, 3)
        rgb = rgba[:, :3] + (1 - rgba[:, 3:]) * ground[:, :, None, None]
        return rgb.clamp(0, 1) * 2 - 1
