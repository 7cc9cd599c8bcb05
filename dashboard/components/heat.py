"""Heat maps over pictures, one tile a word. The browser draws and blends them (static/heat.js), also along a rail."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, field

import gradio as gr
import numpy as np
from markupsafe import Markup

from dashboard import pictures, theme


@dataclass(frozen=True)
class Group:
    """Tiles over the same picture. Names and title may be anybody's text: the browser writes them as text.

    frames: data URIs, one a position; None for the frame "x0" of the rail. maps: base64 of uint8 (layers, P, tiles,
    side, side); notes: (tiles,), each "…"; hints: (tiles,), what a tile says when it is pointed at.
    """

    title: str
    names: list[str]
    notes: list[str]
    frames: list[str] | None
    maps: str
    side: int
    positions: int
    hints: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Heat:
    groups: list[Group]
    layers: list[str]  # what the maps of a tile can be chosen from, the first one first
    rail: str = ""  # whose position the maps follow, and whose frames they cover; '' for none


class HeatMaps(gr.HTML):
    """Value: a Heat or None."""

    def __init__(self, value: Heat | None = None, **kwargs):
        super().__init__(
            value,
            html_template='<div class="ds-heat"></div>',
            js_on_load="driftscope.heat(element.querySelector('.ds-heat'), props, watch)",
            **kwargs,
        )

    def postprocess(self, value: Heat | None) -> str | None:
        return None if value is None else json.dumps(asdict(value))


def still(heat: Heat) -> Markup:
    """The same as HTML that needs no script: the first layer at the last position."""
    out = Markup("")
    for group in heat.groups:
        shape = (len(heat.layers), group.positions, len(group.names), group.side, group.side)
        shares = np.frombuffer(base64.b64decode(group.maps), np.uint8).reshape(shape)[0, -1]
        colour = np.array([int(theme.QUANTITY["guided"][at : at + 2], 16) for at in (1, 3, 5)], np.uint8)
        maps = np.concatenate([np.broadcast_to(colour, (*shares.shape, 3)), shares[..., None]], -1)
        tiles = Markup("").join(
            TILE.format((group.frames or [""])[-1], pictures.mosaic_uri(one), name, name, note)
            for one, name, note in zip(maps, group.names, group.notes, strict=True)
        )
        out += Markup("{}<div class='ds-heat-tiles'>{}</div>").format(
            Markup("<h3>{}</h3>").format(group.title) if group.title else "", tiles
        )
    return Markup('<div class="ds-heat">{}{}</div>').format(STRENGTH, out)


STRENGTH = Markup(
    '<div class="ds-heat-controls"><label>Strength <input type="range" min="0" max="100" value="75" '
    'data-sets="--heat" aria-label="Strength of the heat map"></label></div>'
)
TILE = Markup(
    '<figure><div class="ds-heat-stack"><img src="{}" alt=""><img src="{}" alt="Where “{}” is strong"></div>'
    "<figcaption>{}<small>{}</small></figcaption></figure>"
)


def pack(maps: np.ndarray) -> str:
    """Shares 0 … 1, (layers, P, tiles, side, side), for the browser."""
    return base64.b64encode((255 * np.clip(maps, 0, 1)).round().astype(np.uint8).tobytes()).decode()


def stretched(maps: np.ndarray, axes: tuple[int, ...], zero: bool) -> np.ndarray:
    """maps scaled to 0 … 1 over the axes; zero: 0 stays 0, else the smallest value becomes 0."""
    low = 0.0 if zero else maps.min(axes, keepdims=True)
    span = maps.max(axes, keepdims=True) - low
    return (maps - low) / np.where(span > 0, span, 1)
