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
    """The stops of a view's frames, without running it."""
    if settings.view == "density":
        return Levels.at(here.schedule, experiment.gathering(here, GRID, DENSITIES))
    if settings.view in STOPS:
        return Levels.of(here.schedule, STOPS[settings.view])
    at = np.unique(np.linspace(0, settings.steps, FRAMES).round().astype(int))
    return Levels.at(here.schedule, np.append(experiment.visited(here.schedule, settings.steps), -1)[at])


def reel(levels: Levels, at: np.ndarray | None = None, play: bool = False) -> Reel:
    """The words beside the rail: how much of a point is noise."""
    share = levels.sigma**2 / (levels.alpha**2 + levels.sigma**2)
    texts = [f"{one:.0%} noise" if k >= 0 else "data" for k, one in zip(levels.index, share, strict=True)]
    positions = np.arange(len(texts)) if at is None else at
    return Reel(positions.tolist(), texts={"step": texts}, play=play)


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
    """A curve that begins at the rail's second position: the data themselves have no error."""
    for move in figure.layout.meta["moves"]:
        for name in ("x", "y"):
            if name in move:
                move[name].insert(0, move[name][0])
    return figure
