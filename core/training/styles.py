"""The sprites in other styles, and with skin tones: what models too large for two cores learn beside the 3-D ones.

`python -m core.training.styles` packs them from their npm packages into .cache/styles (needs npm, and resvg-py for
those that are drawings). They are not committed: only a training that asks for them reads them.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PIL import Image

from core import paths
from core.training.packages import npm_package
from core.training.scenes import Scenes
from core.training.sprites import PACKAGES, Concept, Sprite, atlas, fitted, index, named, normal

CACHE = paths.CACHE / "styles"
PACKS = {  # file: its style's word in captions, and the package
    "fluent-3d-skins": ("3-D", PACKAGES["pictures"]),
    "fluent-flat": ("flat", "@iconify-json/fluent-emoji-flat@1.2.6"),
    "twemoji": ("cartoon", "@iconify-json/twemoji@1.2.5"),
    "noto": ("cartoon", "@iconify-json/noto@1.2.9"),
}
DATA = [
    {"what": "flat emoji", "package": PACKS["fluent-flat"][1], "licence": "MIT, Microsoft Corporation"},
    {"what": "cartoon emoji", "package": PACKS["twemoji"][1], "licence": "CC-BY 4.0, Twitter and contributors"},
    {"what": "cartoon emoji", "package": PACKS["noto"][1], "licence": "Apache-2.0, Google Inc"},
]
TONES = {"1f3fb": "light", "1f3fc": "medium-light", "1f3fd": "medium", "1f3fe": "medium-dark", "1f3ff": "dark"}
DRAWN = 256  # pixels a side that a drawing is rasterised at, before it is fitted


def with_styles(concepts: list[Concept], folder: Path = CACHE) -> list[Concept]:
    """The same concepts, each with its sprites in every other style and skin tone too; packs them where need be."""
    found: dict[str, list[Sprite]] = {}
    known = {sprite.code: sprite for sprite in index().values()}
    for pack, (style, package) in PACKS.items():
        path = folder / f"{pack}.json"
        if not path.exists():
            build(pack, package, folder)
        for place, (code, tone) in enumerate(json.loads(path.read_text("utf-8"))):
            sprite = replace(known[code], place=place, style=style, tone=tone, atlas=folder / f"{pack}.webp")
            found.setdefault(code, []).append(sprite)
    return [
        replace(concept, sprites=(*concept.sprites, *(more for s in concept.sprites for more in found.get(s.code, ()))))
        for concept in concepts
    ]


def measured(manifest: dict, side: int) -> Scenes:
    """Scenes of what a model has learned, in the mix that models are measured on."""
    concepts = named(manifest["concepts"])
    return Scenes(with_styles(concepts) if len(manifest.get("styles", ())) > 1 else concepts, side)


def build(pack: str, package: str, folder: Path = CACHE) -> int:
    """Fetch a package and pack what it shows of the sprites; returns how many pictures that are."""
    codes = {sprite.code for sprite in index().values()}
    rows, cells = [], []
    with tempfile.TemporaryDirectory() as temp:
        source = npm_package(package, Path(temp) / pack)
        for code, picture in _pictures(source) if (source / "assets").exists() else _drawings(source):
            plain, tone = without_tone(code)
            if plain in codes and (tone or (source / "icons.json").exists()):  # 3-D ones without a tone are committed
                rows.append((plain, tone))
                cells.append(fitted(picture()))
    folder.mkdir(parents=True, exist_ok=True)
    atlas(cells).save(folder / f"{pack}.webp", quality=88, method=4)
    (folder / f"{pack}.json").write_text(json.dumps(rows), "utf-8")
    return len(rows)


def without_tone(code: str) -> tuple[str, str | None]:
    """A code point sequence without its skin tones, and the tone's name; None where it has none, or several."""
    parts = normal(code).split("-")
    tones = {part for part in parts if part in TONES}
    plain = "-".join(part for part in parts if part not in TONES)
    return (plain, TONES[tones.pop()]) if len(tones) == 1 else ("" if tones else plain, None)


def _pictures(source: Path) -> Iterator[tuple]:
    for path in sorted((source / "assets").glob("*.webp")):
        yield path.stem, lambda path=path: Image.open(path).convert("RGBA")


def _drawings(source: Path) -> Iterator[tuple]:
    """The icons of an Iconify package by code point; one that cannot be drawn is left out."""
    icons = json.loads((source / "icons.json").read_text("utf-8"))
    for code, name in sorted(json.loads((source / "chars.json").read_text("utf-8")).items()):
        name = icons.get("aliases", {}).get(name, {}).get("parent", name)
        if icon := icons["icons"].get(name):
            width, height = (icon.get(side, icons[side]) for side in ("width", "height"))
            yield code, lambda icon=icon, width=width, height=height: draw(icon["body"], width, height)


def draw(body: str, width: float, height: float) -> Image.Image:
    """What stands inside of an SVG, as a picture."""
    try:
        import resvg_py
    except ImportError as error:
        raise ImportError("Packing flat and cartoon sprites needs resvg-py: pip install resvg-py==0.5.0") from error
    head = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    svg = f'{head} viewBox="0 0 {width} {height}">{body}</svg>'
    png = resvg_py.svg_to_bytes(svg_string=svg, width=DRAWN, skip_system_fonts=True)
    return Image.open(io.BytesIO(png), formats=["PNG"]).convert("RGBA")


if __name__ == "__main__":
    for pack, (_, package) in PACKS.items():
        print(f"{build(pack, package)} sprites of {package} packed into {CACHE}", flush=True)
