"""Scenes whose truth is known: one or two sprites on a background, and the caption written from the same draw.

Concepts, colours, places and background are drawn first; picture and caption are both made from them, so that
captions are right and compositional, and combinations can be held out of training.
"""

from __future__ import annotations

import copy
import re
import zlib
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F

from core.meaning import phrase
from core.training.recolour import COLOURS, natural_colour, recolour
from core.training.sprites import SIZE, Concept, pictures

BACKGROUNDS = {
    "white": (255, 255, 255), "black": (24, 24, 28), "gray": (150, 152, 158), "red": (224, 64, 64),
    "orange": (246, 150, 56), "yellow": (250, 218, 80), "green": (84, 176, 92), "teal": (44, 152, 152),
    "blue": (66, 120, 220), "sky blue": (150, 208, 246), "purple": (134, 84, 200), "pink": (248, 164, 196),
    "brown": (134, 92, 60), "beige": (238, 222, 190), "mint": (176, 232, 204),
}  # fmt: skip
POSITIONS = {
    "top left": (0.25, 0.25), "top": (0.5, 0.25), "top right": (0.75, 0.25),
    "left": (0.25, 0.5), "center": (0.5, 0.5), "right": (0.75, 0.5),
    "bottom left": (0.25, 0.75), "bottom": (0.5, 0.75), "bottom right": (0.75, 0.75),
}  # fmt: skip
# Small things have one size and stand exactly there: on the grid of the latents a thing then looks alike wherever it
# stands, and a small network learns a thousand of them; with every offset it drew blobs
SMALL = 0.44

# A thing that is alone varies in size, place and turn, so that one sprite gives many pictures
SIZES, STRAY, TURN = (0.66, 0.92), 0.07, 15.0  # shares of a side, and degrees
# What a mirror would make another thing of
HANDED = re.compile(
    r"\b(left|right|waxing|waning|quarter|increasing|decreasing|departure|arrival|map|earth|calendar|musical|clock|watch)"
)


@dataclass(frozen=True)
class Mix:
    """Shares of what scenes are drawn of."""

    pairs: float = 0.0  # scenes of two things
    painted: float = 0.4  # things that are given a colour, where one is alone
    painted_in_pairs: float = 0.8  # more, since whose colour is which is learnt where both have one
    named: float = 0.5  # captions that name the style, where there are several, and the tone of a skin


MEASURED = Mix()  # what CLIP and the autoencoder are measured on; it stays, so that figures compare over the years

RELATIONS = {  # where the first thing stands, and the second
    "left of": ("left", "right"), "right of": ("right", "left"),
    "above": ("top", "bottom"), "below": ("bottom", "top"),
}  # fmt: skip
# Side by side in the order of reading: were either order right, a network that is told nothing of it would first guess
# both things mixed on both sides, and a small one stays there
SIDE_BY_SIDE = dict.fromkeys(("and", "next to"), ("left", "right"))


@dataclass(frozen=True)
class Thing:
    """A sprite and how it is shown: colour None is its own; place and size are shares of the picture's side."""

    sprite: int
    concept: int
    colour: str | None = None
    place: tuple[float, float] = (0.5, 0.5)
    size: float = 0.85
    turn: float = 0.0  # degrees, clockwise
    mirrored: bool = False


@dataclass(frozen=True)
class Scene:
    """One draw: one thing, at a named position or in the middle, or two in a relation, the nearest last."""

    things: tuple[Thing, ...]
    caption: str
    background: str = "white"
    position: str | None = None

    @property
    def thing(self) -> Thing:
        """The one that is named first."""
        return self.things[0]


def held_out(colour: str, concept: str) -> bool:
    """One in ten combinations of a colour and a concept is never drawn in training."""
    return zlib.crc32(f"{colour} {concept}".encode()) % 10 == 0


def held_apart(first: str, second: str) -> bool:
    """One in ten pairs of concepts is never drawn together in training, whichever comes first."""
    return zlib.crc32(" and ".join(sorted((first, second))).encode()) % 10 == 0


class Scenes:
    """Draws scenes of the given concepts and renders them, side pixels square, on any device.

    synonyms: other words for a concept, by its name.
    Where the concepts have sprites of several styles, a scene is drawn in one, which every other caption names, and
    a thing that is alone varies in size, place, turn and hand: a caption then has many pictures.
    """

    def __init__(
        self,
        concepts: list[Concept],
        side: int,
        device: str = "cpu",
        mix: Mix = MEASURED,
        synonyms: dict[str, list[str]] | None = None,
    ):
        self.concepts, self.side, self.device, self.mix = concepts, side, device, mix
        self.sprites = [sprite for concept in concepts for sprite in concept.sprites]
        self.concept_of = [i for i, concept in enumerate(concepts) for _ in concept.sprites]
        still = [(s, c) for s, c in enumerate(self.concept_of) if self.sprites[s].frame is None]
        self.sprites_of = [[s for s, c in still if c == i] for i in range(len(concepts))]
        self.styles = sorted({sprite.style for sprite in self.sprites})
        self.varied = len(self.styles) > 1
        self.mips = {size: mip.to(device) for size, mip in _mips(pictures(self.sprites)).items()}
        self.natural = [natural_colour(picture.float() / 255) for picture in self.mips[SIZE // 4].cpu()]
        names, synonyms = {concept.name for concept in concepts}, synonyms or {}
        self.called = [self._called(s) for s in range(len(self.sprites))]
        self.nouns = [
            sorted(
                {s.label.lower(), *(t for t in s.tags if len(t) > 2), *synonyms.get(concepts[c].name, ())}
                - (names - {concepts[c].name})
            )
            for s, c in zip(self.sprites, self.concept_of, strict=True)
        ]

    def _called(self, sprite: int) -> str:
        """The concept's name; a face beside a whole animal is "a cat face", so that "a cat" is not half of each."""
        concept, label = self.concept_of[sprite], self.sprites[sprite].label
        many = len({s.label for s in self.concepts[concept].sprites}) > 1
        return label if many and label.endswith(" face") else self.concepts[concept].name

    def at(self, side: int) -> Scenes:
        """The same, rendered side pixels square."""
        if side == self.side:
            return self
        other = copy.copy(self)
        other.side = side
        return other

    def draw(self, rng: np.random.Generator, count: int, hold_out: bool = True, alone: bool = False) -> list[Scene]:
        """Random scenes; with hold_out none that is held out of training, with alone none of two things."""
        pairs = 0.0 if alone else self.mix.pairs
        return [
            self._draw_pair(rng, hold_out) if pairs and rng.random() < pairs else self._draw_one(rng, hold_out)
            for _ in range(count)
        ]

    def plain(self, sprite: int, colour: str | None = None) -> Scene:
        """The sprite large and centred on white, as the gallery shows it."""
        name = self.concepts[self.concept_of[sprite]].name
        caption = " ".join(filter(None, ("a", colour, name)))
        return Scene((Thing(sprite, self.concept_of[sprite], colour),), caption)

    def bare(self, rng: np.random.Generator, concept: int, style: str | None = None) -> Scene:
        """What a phrase ("a fox") may show: of any style but where one is named, in its own colours, on white."""
        sprite = self._draw_sprite(rng, concept, style or self._draw_style(rng))
        thing = self._vary(rng, Thing(sprite, concept, mirrored=self._hand(rng, sprite)))
        return Scene((thing,), phrase(" ".join(filter(None, (style, self.concepts[concept].name)))))

    def _draw_one(self, rng: np.random.Generator, hold_out: bool) -> Scene:
        style = self._draw_style(rng)
        thing = self._draw_thing(rng, hold_out, style, self.mix.painted)
        background, position = self._draw_background(rng), None
        if rng.random() < 0.12:
            position = str(rng.choice(list(POSITIONS)))
            thing = replace(thing, place=POSITIONS[position], size=SMALL)
        else:
            thing = self._vary(rng, thing)
        said = style if style and rng.random() < self.mix.named else None
        first = said is not None and rng.random() < 0.6
        words = self._phrase(rng, thing, said if first else None)
        if position:
            words += f" in the {position}"
        words += self._on(rng, background) + self._in(None if first else said)
        return Scene((thing,), words, background, position)

    def _vary(self, rng: np.random.Generator, thing: Thing) -> Thing:
        """The thing large and in the middle, give or take."""
        if not self.varied:
            x, y = rng.uniform(0.46, 0.54, 2)
            return replace(thing, place=(x, y), size=rng.uniform(0.76, 0.9))
        x, y = rng.uniform(0.5 - STRAY, 0.5 + STRAY, 2)
        return replace(thing, place=(x, y), size=rng.uniform(*SIZES), turn=rng.uniform(-TURN, TURN))

    def _draw_pair(self, rng: np.random.Generator, hold_out: bool) -> Scene:
        style = self._draw_style(rng)
        first = second = self._draw_thing(rng, hold_out, style, self.mix.painted_in_pairs)
        while second.concept == first.concept or (hold_out and self._held_apart(first, second)):
            second = self._draw_thing(rng, hold_out, style, self.mix.painted_in_pairs)
        joints = SIDE_BY_SIDE if rng.random() < 0.5 else RELATIONS
        joint = str(rng.choice(list(joints)))
        background = self._draw_background(rng)
        things = tuple(
            replace(thing, place=POSITIONS[place], size=SMALL)
            for thing, place in zip((first, second), joints[joint], strict=True)
        )
        left, right = (self._phrase(rng, thing) for thing in things)
        said = style if style and rng.random() < self.mix.named else None
        words = f"{left} {joint} {right}{self._on(rng, background)}{self._in(said)}"
        return Scene(things, words, background)

    def _held_apart(self, first: Thing, second: Thing) -> bool:
        return held_apart(self.concepts[first.concept].name, self.concepts[second.concept].name)

    def _draw_style(self, rng: np.random.Generator) -> str | None:
        """A scene's style; None where there is but one."""
        return str(rng.choice(self.styles)) if len(self.styles) > 1 else None

    def _draw_sprite(self, rng: np.random.Generator, concept: int, style: str | None) -> int:
        """Of the style where the concept has it, and as often with a skin tone as without where there are both."""
        of = [s for s in self.sprites_of[concept] if style in (None, self.sprites[s].style)] or self.sprites_of[concept]
        toned = [s for s in of if self.sprites[s].tone]
        if toned and len(toned) < len(of):
            of = toned if rng.random() < 0.5 else [s for s in of if not self.sprites[s].tone]
        return int(rng.choice(of))

    def _draw_thing(
        self, rng: np.random.Generator, hold_out: bool, style: str | None, painted: float, concept: int | None = None
    ) -> Thing:
        """concept: any, where none is given."""
        concept = int(rng.integers(len(self.concepts))) if concept is None else concept
        sprite = self._draw_sprite(rng, concept, style)
        name, natural = self.concepts[concept].name, self.natural[sprite]
        colour = None
        if rng.random() < painted:
            colour = str(rng.choice(list(COLOURS)))
            if hold_out and colour != natural and held_out(colour, name):
                colour = None
        elif natural and rng.random() < 0.15:
            colour = natural  # the sprite as it is, its own colour named
        return Thing(sprite, concept, colour, mirrored=self._hand(rng, sprite))

    def _hand(self, rng: np.random.Generator, sprite: int) -> bool:
        """Whether it is mirrored: every other time, where that leaves it what it is."""
        return self.varied and not HANDED.search(self.sprites[sprite].label) and bool(rng.random() < 0.5)

    @staticmethod
    def _draw_background(rng: np.random.Generator) -> str:
        return "white" if rng.random() < 0.6 else str(rng.choice(list(BACKGROUNDS)))

    def _phrase(self, rng: np.random.Generator, thing: Thing, style: str | None = None) -> str:
        """ "a red fox", "a flat red fox": now and then a tag in place of the name, or no article."""
        noun = self.called[thing.sprite]
        if rng.random() < 0.1:
            noun = str(rng.choice(self.nouns[thing.sprite]))
        words = [word for word in (style, thing.colour, noun) if word]
        if rng.random() < 0.85:
            words = [phrase(" ".join(words))]
        if (tone := self.sprites[thing.sprite].tone) and rng.random() < self.mix.named:
            words.append(f"with {tone} skin")
        return " ".join(words)

    @staticmethod
    def _on(rng: np.random.Generator, background: str) -> str:
        return f" on {phrase(background)} background" if background != "white" or rng.random() < 0.1 else ""

    @staticmethod
    def _in(style: str | None) -> str:
        return f", {style} style" if style else ""

    def render(self, scenes: list[Scene]) -> torch.Tensor:
        """(B, 3, side, side) in [-1, 1]."""
        ground = torch.tensor([BACKGROUNDS[s.background] for s in scenes], device=self.device) / 255  # (B, 3)
        rgb = ground[:, :, None, None].repeat(1, 1, self.side, self.side)
        for layer in range(max(len(scene.things) for scene in scenes)):
            those = [i for i, scene in enumerate(scenes) if layer < len(scene.things)]
            rgba = self._layer([scenes[i].things[layer] for i in those])
            rows = torch.tensor(those, device=self.device)
            rgb[rows] = rgba[:, :3] + (1 - rgba[:, 3:]) * rgb[rows]
        return rgb.clamp(0, 1) * 2 - 1

    def _layer(self, things: list[Thing]) -> torch.Tensor:
        """Each thing at its place on nothing: premultiplied (B, 4, side, side) in [0, 1]."""
        out = torch.empty(len(things), 4, self.side, self.side, device=self.device)
        levels = np.array([self._level(thing.size) for thing in things])
        for level in np.unique(levels):
            rows = np.flatnonzero(levels == level)
            out[torch.from_numpy(rows).to(self.device)] = self._place([things[i] for i in rows], int(level))
        return out

    def _level(self, size: float) -> int:
        """The smallest mip that is not enlarged much."""
        return min((s for s in self.mips if s * 1.15 >= size * self.side), default=SIZE)

    def _place(self, things: list[Thing], level: int) -> torch.Tensor:
        rgba = self.mips[level][[t.sprite for t in things]].float() / 255  # (B, 4, level, level)
        painted = {i: t.colour for i, t in enumerate(things) if t.colour and t.colour != self.natural[t.sprite]}
        if painted:
            rows = [*painted]
            rgba[rows] = recolour(rgba[rows], [*painted.values()])
        size = torch.tensor([t.size for t in things], device=self.device)
        place = torch.tensor([t.place for t in things], device=self.device, dtype=torch.float32)
        angle = torch.tensor([t.turn for t in things], device=self.device).deg2rad()
        hand = torch.tensor([-1.0 if t.mirrored else 1.0 for t in things], device=self.device)
        across = torch.stack([hand * angle.cos(), hand * angle.sin()], 1)  # (B, 2)
        turned = torch.stack([across, torch.stack([-angle.sin(), angle.cos()], 1)], 1) / size[:, None, None]
        theta = torch.cat([turned, -turned @ (2 * place - 1)[:, :, None]], 2)  # (B, 2, 3), picture to sprite
        grid = F.affine_grid(theta, [len(things), 4, self.side, self.side], align_corners=False)
        return F.grid_sample(rgba, grid, align_corners=False)


def _mips(rgba: np.ndarray) -> dict[int, torch.Tensor]:
    """Pictures (N, 128, 128, 4) by their side at full, half and quarter size: (N, 4, side, side) uint8.

    Premultiplied, so that resampling does not pull in the colour of nothing.
    """
    found: dict[int, list[torch.Tensor]] = {SIZE: [], SIZE // 2: [], SIZE // 4: []}
    for part in torch.from_numpy(rgba).split(512):
        mip = part.permute(0, 3, 1, 2).float()
        mip[:, :3] *= mip[:, 3:] / 255
        for size, parts in found.items():
            mip = mip if size == SIZE else F.avg_pool2d(mip, 2)
            parts.append(mip.round().byte())
    return {size: torch.cat(parts) for size, parts in found.items()}
