"""Sprites that move by themselves: Microsoft's animated Fluent emoji, a few frames of each loop.

`python -m core.training.animations` packs them from their npm packages into .cache/animations (needs npm, and fetches
700 MB). They are not committed: only a training of videos reads them.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from core import paths
from core.training.packages import npm_package
from core.training.sprites import Concept, Sprite, atlas, fitted, index, normal

CACHE = paths.CACHE / "animations"
PACKAGES = tuple(f"@lobehub/fluent-emoji-anim-{part}@1.0.0" for part in (1, 2, 3, 4))
DATA = [
    {
        "what": "animated emoji",
        "package": PACKAGES[0].replace("-1@", "-1 to -4 "),
        "licence": "MIT, Microsoft Corporation and LobeHub",
    }
]
FRAMES = 16  # packed of every loop; a clip of eight takes every other one
STILL = 0.02  # root mean square of the change about the mean frame, of the range, below which nothing is seen to move


def with_animations(concepts: list[Concept], frames: int, folder: Path = CACHE) -> list[Concept]:
    """The same concepts, each with its animations' frames beside its sprites, in their order; packs them if need be.

    frames: of a clip, a divisor of FRAMES.
    """
    if not (folder / f"{len(PACKAGES)}.json").exists():
        build(folder)
    known = {sprite.code: sprite for sprite in index().values()}
    found: dict[str, list[Sprite]] = {}
    for part in range(1, len(PACKAGES) + 1):
        for row, code in enumerate(json.loads((folder / f"{part}.json").read_text("utf-8"))):
            places = range(row * FRAMES, (row + 1) * FRAMES, FRAMES // frames)
            shown = replace(known[code], atlas=folder / f"{part}.webp")
            found.setdefault(code, []).extend(replace(shown, place=p, frame=i) for i, p in enumerate(places))
    return [
        replace(
            concept, sprites=(*concept.sprites, *(frame for s in concept.sprites for frame in found.get(s.code, ())))
        )
        for concept in concepts
    ]


def build(folder: Path = CACHE) -> int:
    """Fetch the packages and pack what moves; returns how many animations that are."""
    codes, count = {sprite.code for sprite in index().values()}, 0
    folder.mkdir(parents=True, exist_ok=True)
    for part, package in enumerate(PACKAGES, 1):
        rows, cells = [], []
        with tempfile.TemporaryDirectory() as temp:
            for path in sorted((npm_package(package, Path(temp) / "package") / "assets").glob("*.webp")):
                if normal(path.stem) in codes and (frames := _frames(path)):
                    rows.append(normal(path.stem))
                    cells += frames
        atlas(cells).save(folder / f"{part}.webp", quality=88, method=2)
        (folder / f"{part}.json").write_text(json.dumps(rows), "utf-8")
        count += len(rows)
    return count


def _frames(path: Path) -> list[Image.Image]:
    """FRAMES pictures, evenly over the loop and all cut alike; none of what does not move."""
    with Image.open(path, formats=["WEBP"]) as film:
        count = getattr(film, "n_frames", 1)
        if count == 1:
            return []
        shown = []
        for frame in range(FRAMES):
            film.seek(frame * count // FRAMES)
            shown.append(film.convert("RGBA"))
    values = np.stack([np.asarray(one.convert("RGBa").resize((64, 64)), np.float32) for one in shown]) / 255
    if np.sqrt(np.square(values - values.mean(0)).mean()) < STILL:
        return []
    whole = np.maximum.reduce([np.asarray(one) for one in shown])
    box = Image.fromarray(whole).getbbox()
    return [fitted(one, box) for one in shown]


if __name__ == "__main__":
    print(f"{build()} animations packed into {CACHE}")
