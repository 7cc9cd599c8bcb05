"""The frames of a scene: which times they show, what the rail says at each, and the marks over it."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core.toy import experiment
from core.toy.density import Grid
from core.toy.exact import collapse, speciation
from core.toy.experiment import Levels, World
from dashboard.components.rail import Reel
from dashboard.tabs.lab.settings import Settings

FRAMES = 41  # of a way back, at most
STOPS = {"noise": 51, "field": 31, "train": 16}  # frames of the other views
DENSITIES = 21
GRID = Grid()


def frames(settings: Settings, here: World) -> Levels:
    """The stops of a view's frames, from noise to data as on every rail, without running it."""
    if settings.view == "density":
        return Levels.at(here.schedule, experiment.gathering(here, GRID, DENSITIES))
    if settings.view in STOPS:
        return Levels.of(here.schedule, STOPS[settings.view]).backwards
    at = np.unique(np.linspace(0, settings.steps, FRAMES).round().astype(int))
    return Levels.at(here.schedule, np.append(experiment.visited(here.schedule, settings.steps), -1)[at])


def reel(levels: Levels, at: np.ndarray | None = None, play: bool = False, backwards: bool = False) -> Reel:
    """The words beside the rail: the noise level."""
    texts = [f"σ {one:.2f}" if k >= 0 else "σ 0 · data" for k, one in zip(levels.index, levels.sigma, strict=True)]
    positions = np.arange(len(texts)) if at is None else at
    return Reel(positions.tolist(), texts={"step": texts}, play=play, backwards=backwards)


def marks(here: World, levels: Levels) -> list[dict]:
    """Speciation and collapse, as fractions of the rail."""
    index = levels.index.astype(float)
    order = np.argsort(index)
    frames = np.arange(len(index))[order] / (len(index) - 1)
    out = []
    for name, when in (("speciation", speciation), ("collapse", collapse)):
        t = when(here.mixture, here.schedule)
        entry = t * len(here.schedule) - 1 if here.schedule.flow else t
        out.append({"at": round(float(np.interp(entry, index[order], frames)), 4), "name": name, "t": round(t, 3)})
    return out


def aligned(figure: go.Figure) -> go.Figure:
    """A curve that ends at the rail's last position but one: the data themselves have no error."""
    for move in figure.layout.meta["moves"]:
        for name in ("x", "y"):
            if name in move:
                move[name].append(move[name][-1])
    return figure
