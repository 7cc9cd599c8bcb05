"""The laboratory's stage: a canvas that draws one scene, moved by the rail, without the server (static/lab.js).

A scene is one JSON text, arrays in base64: coordinates as int16, densities and weights as bytes.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np

from dashboard import theme

if TYPE_CHECKING:  # it imports torch, and the page stands before that
    from core.toy.experiment import Levels, Probe, World

MAX_BYTES = 400_000  # of a scene
REACH = 8.0  # the largest coordinate that travels
HALF = 3.2  # of the square in view; the data's variance is 1


def coordinates(values: np.ndarray) -> str:
    return _text(np.round(np.clip(values, -REACH, REACH) * (32767 / REACH)).astype("<i2"))


def shares(values: np.ndarray) -> str:
    """Numbers from 0 to 1."""
    return _text(np.round(255 * np.clip(values, 0, 1)).astype(np.uint8))


def _text(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


@dataclass
class Lane:
    """One square of the stage; P frames."""

    title: str
    colour: str
    x: np.ndarray | None = None  # (P, N, 2), or (1, N, 2) for particles that stand still
    label: np.ndarray | None = None  # (N,) their classes, where they have one
    density: np.ndarray | None = None  # (P, G, G)
    half: float = 0.0  # of the density's grid
    arrows: list[tuple[str, np.ndarray]] = field(default_factory=list)  # colour, (P, A * A, 2)
    heat: np.ndarray | None = None  # (P, A * A) from 0 to 1

    def packed(self) -> dict:
        out = {"title": self.title, "colour": self.colour}
        if self.x is not None:
            out |= {"x": coordinates(self.x), "count": self.x.shape[1], "still": len(self.x) == 1}
        if self.label is not None:
            out["label"] = self.label.tolist()
        if self.density is not None:
            peak = self.density.max((1, 2), keepdims=True)
            out |= {"density": shares(np.sqrt(self.density / peak)), "cells": self.density.shape[1], "half": self.half}
        out["arrows"] = [{"colour": colour, "v": coordinates(v)} for colour, v in self.arrows]
        if self.heat is not None:
            out["heat"] = shares(self.heat)
        return out


@dataclass
class Scene:
    view: str
    world: World
    levels: Levels
    lanes: list[Lane]
    places: np.ndarray | None = None  # (A * A, 2) of the arrows
    marks: list[dict] = field(default_factory=list)  # {at, name, title} beside the rail
    start: int | None = None  # the frame to begin at; None plays
    afresh: bool = False  # begin there even where this view was in sight
    picks: str = "place"  # what a click chooses: a "particle", or a "place" in the plane
    scale: float | None = None  # of guidance

    def packed(self) -> str:
        points = self.world.points
        scene = {
            "view": self.view, "half": HALF, "reach": REACH, "frames": len(self.levels.index),
            "alpha": self.levels.alpha.round(5).tolist(), "sigma": self.levels.sigma.round(5).tolist(),
            "data": {"x": coordinates(points.x), "label": points.label.tolist()},
            "classes": list(theme.RUNS), "colours": theme.QUANTITY | {"quiet": theme.QUIET},
            "places": None if self.places is None else coordinates(self.places),
            "lanes": [lane.packed() for lane in self.lanes], "mean": points.x.mean(0).round(4).tolist(),
            "marks": self.marks, "start": self.start, "afresh": self.afresh, "picks": self.picks, "scale": self.scale,
        }  # fmt: skip
        return json.dumps(scene, separators=(",", ":"))


def packed_probe(found: Probe, path: np.ndarray, seed: int, negative: bool) -> str:
    """A probe at path (P, 2), one place a frame, and a dozen points of the data drawn by their weights."""
    rng = np.random.default_rng(seed)
    drawn = [rng.choice(len(weight), 12, p=weight / weight.sum()).tolist() for weight in found.weight]
    peak = found.weight.max(1, keepdims=True)
    arrows = {"exact": found.eps, "learned": found.learned} if found.cond is None else {
        "cond": found.cond, "negative" if negative else "uncond": found.uncond,
    }  # fmt: skip
    return json.dumps({
        "path": coordinates(path), "weight": shares(np.sqrt(found.weight / peak)), "drawn": drawn,
        "effective": (1 / (found.weight**2).sum(1)).round(1).tolist(),
        "arrows": {name: v.round(4).tolist() for name, v in arrows.items() if v is not None},
    })  # fmt: skip


class Stage(gr.HTML):
    """Value: a scene, packed. Events: open (query), probe (x and y, or particle), drawn (points).

    about: what each mark over its rail means, by its name.
    """

    def __init__(self, *, rail: str, about: dict[str, str], **kwargs):
        super().__init__(
            None,
            html_template=(
                '<div class="lab-stage"><canvas role="img" tabindex="0" '
                'aria-label="Particles between data and noise"></canvas>'
                '<div class="lab-titles"></div><p class="lab-hint"></p>'
                '<div class="lab-pens" hidden><button type="button" data-pen="use">Use this drawing</button>'
                '<button type="button" data-pen="clear">Clear</button>'
                '<button type="button" data-pen="leave">Cancel</button></div></div>'
                '<div class="lab-marks"></div>'
            ),
            js_on_load=(
                f"driftscope.lab(element, {json.dumps(rail)}, {json.dumps(about)}, props, watch,"
                " { open: (data) => trigger('open', data),"
                " probe: (data) => trigger('probe', data), drawn: (data) => trigger('drawn', data) })"
            ),
            **kwargs,
        )


class Probed(gr.HTML):
    """Value: a probe, packed; what the stage draws at the place that was clicked, and its numbers in words."""

    def __init__(self, **kwargs):
        super().__init__(
            None,
            html_template='<div class="lab-probe"></div>',
            js_on_load="driftscope.labProbe(element, props, watch)",
            **kwargs,
        )
