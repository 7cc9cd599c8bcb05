"""The sprites: Microsoft's Fluent 3-D emoji, packed into one atlas picture and one index.

`python -m core.training.sprites` rebuilds both from the npm packages named below; they are committed, so that
nothing is downloaded to train or to run. Licences stand beside them in assets/gallery.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from core.concepts import listed
from core.paths import ASSETS
from core.training.packages import npm_package

GALLERY = ASSETS / "gallery"
PACKAGES = {
    "pictures": "@lobehub/fluent-emoji-3d@1.1.0",
    "labels": "emojibase-data@17.0.0",
    "keywords": "emojilib@4.0.3",
}
SIZE = 128  # pixels a side in the atlas
COLUMNS = 36
PEOPLE, FLAGS = 1, 9  # emojibase groups
NEUTRAL = "1f9d1-200d-"  # person plus a role; the same roles by gender, couples and families are left out


@dataclass(frozen=True)
class Sprite:
    """One picture of an atlas: its place in it, code point, emojibase label and tags, style, skin tone.

    frame: its number in an animation; None of a sprite that stands still.
    """

    place: int
    code: str
    label: str
    tags: tuple[str, ...]
    style: str = "3-D"
    tone: str | None = None
    atlas: Path = GALLERY / "fluent-3d.webp"
    frame: int | None = None


@dataclass(frozen=True)
class Concept:
    """Something that can be drawn: its name in captions and the sprites that show it."""

    name: str
    sprites: tuple[Sprite, ...]


@lru_cache(maxsize=1)
def index() -> dict[str, Sprite]:
    """Sprites of the atlas by label."""
    rows = json.loads((GALLERY / "fluent-3d.json").read_text("utf-8"))
    return {r["label"]: Sprite(i, r["code"], r["label"], tuple(r["tags"])) for i, r in enumerate(rows)}


def concepts(limit: int | None = None, more: bool = False) -> list[Concept]:
    """The concepts of core.concepts with their sprites.

    limit takes that many, spread evenly over the list.
    """
    sprites = index()
    found = [Concept(one.name, tuple(sprites[label] for label in one.sprites)) for one in listed(more)]
    if limit is None or limit >= len(found):
        return found
    return [found[i] for i in np.linspace(0, len(found) - 1, limit).astype(int)]


def named(names: list[str]) -> list[Concept]:
    """The concepts of these names; KeyError for one that no list has."""
    known = {concept.name: concept for concept in concepts(more=True)}
    return [known[name] for name in names]


def pictures(sprites: list[Sprite]) -> np.ndarray:
    """Their pictures, (N, 128, 128, 4) uint8 RGBA, cut from their atlases; the content fills each square."""
    found = np.empty((len(sprites), SIZE, SIZE, 4), np.uint8)
    for path in {s.atlas for s in sprites}:
        whole = np.asarray(Image.open(path).convert("RGBA"))
        for i, (r, c) in ((i, divmod(s.place, COLUMNS)) for i, s in enumerate(sprites) if s.atlas == path):
            found[i] = whole[r * SIZE : (r + 1) * SIZE, c * SIZE : (c + 1) * SIZE]
    return found


def build(folder: Path = GALLERY) -> int:
    """Pack the atlas and its index from the npm packages (needs npm); returns the number of sprites."""
    with tempfile.TemporaryDirectory() as temp:
        parts = {name: npm_package(package, Path(temp) / name) for name, package in PACKAGES.items()}
        entries = json.loads((parts["labels"] / "en" / "data.json").read_text("utf-8"))
        keywords = json.loads((parts["keywords"] / "dist" / "emoji-en-US.json").read_text("utf-8"))
        files = {normal(f.stem): f for f in (parts["pictures"] / "assets").glob("*.webp")}
        rows, cells = [], []
        for entry in sorted(entries, key=lambda e: e.get("order", 0)):
            code = normal(entry["hexcode"])
            country = entry.get("group") == FLAGS and entry["label"].startswith("flag:")
            variant = entry.get("group") == PEOPLE and "-200d-" in code and not code.startswith(NEUTRAL)
            if code not in files or entry.get("group") is None or country or variant:
                continue
            tags = {t.replace("_", " ").lower() for t in entry.get("tags", []) + keywords.get(entry["emoji"], [])}
            rows.append({"code": code, "label": entry["label"], "tags": sorted(tags - {entry["label"].lower()})})
            cells.append(fitted(Image.open(files[code]).convert("RGBA")))
    folder.mkdir(parents=True, exist_ok=True)
    atlas(cells).save(folder / "fluent-3d.webp", quality=88, method=6)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "fluent-3d.json").write_text(f"[\n{lines}\n]\n", "utf-8")
    return len(rows)


def atlas(cells: list[Image.Image]) -> Image.Image:
    """Cells in rows, one picture."""
    whole = Image.new("RGBA", (COLUMNS * SIZE, -(-len(cells) // COLUMNS) * SIZE))
    for i, cell in enumerate(cells):
        whole.paste(cell, (i % COLUMNS * SIZE, i // COLUMNS * SIZE))
    return whole


def normal(code: str) -> str:
    """A code point sequence without the sign that asks for a coloured picture."""
    return code.lower().replace("-fe0f", "")


def fitted(picture: Image.Image, box: tuple[int, int, int, int] | None = None) -> Image.Image:
    """Crop to a box's square, the content's if none is given, one pixel of margin, with premultiplied alpha."""
    box = box or picture.getbbox()
    if box is None:
        raise ValueError("a sprite shows nothing")
    left, top, right, bottom = box
    side = max(right - left, bottom - top)
    x, y = (left + right - side) // 2, (top + bottom - side) // 2
    cut = picture.crop((x, y, x + side, y + side)).convert("RGBa")
    cut = cut.resize((SIZE - 2, SIZE - 2), Image.Resampling.LANCZOS)
    cell = Image.new("RGBA", (SIZE, SIZE))
    cell.paste(cut.convert("RGBA"), (1, 1))
    return cell


if __name__ == "__main__":
    print(f"{build()} sprites packed into {GALLERY}")
