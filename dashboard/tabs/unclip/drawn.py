"""The pictures of a panel with all that stands around them, and the page of their own that can be made of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import plotly.graph_objects as go
from markupsafe import Markup

from core.types import Request, Trace
from dashboard import links, pictures, wording
from dashboard.markup import heading
from dashboard.onefile import GRID, Sheet, leads_back, live_link, panel
from dashboard.service import Service
from dashboard.tabs.unclip import views

INNER = "unclip"  # the setting in the address that names a panel
POSITIONS = 13  # of the rail, the noise among them: every picture of each is decoded
SIDE = 224  # of a picture on the page, in pixels


@dataclass(frozen=True)
class Shot:
    """A picture to draw, and what it is called: plain text."""

    title: str
    request: Request


@dataclass(frozen=True, eq=False)
class Found:
    """N pictures that were drawn, and CLIP's embeddings of them."""

    shots: list[Shot]
    traces: list[Trace]
    pictures: np.ndarray  # (N, size, size, 3) uint8
    embeddings: np.ndarray  # (N, D)


@dataclass(frozen=True)
class Judged:
    """What a panel says of its pictures: a note below each, rows for a file, and what its own components show."""

    notes: list[str]
    rows: list[dict]
    shown: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """What pictures were asked for by: a panel, the sidebar's request, and the panel's settings by name."""

    panel: str
    base: Request
    settings: dict[str, str | None]


@dataclass(frozen=True)
class Plot:
    """A plot that stands beside the pictures: its head, the figure, what it shows for who does not see it."""

    head: Markup
    figure: go.Figure
    label: str
    height: int


@dataclass(frozen=True)
class Around:
    """What stands around the pictures of a panel: plain text that names them, HTML above them, plots below."""

    name: str
    above: Markup | str = ""
    plots: tuple[Plot, ...] = ()


@dataclass(frozen=True, eq=False)
class Drawn:
    """All that a panel shows, for its files; title and head are the panel's, head as heading() takes it."""

    title: str
    head: tuple
    found: Found
    judged: Judged
    row: Row
    layout: views.Layout
    walk: list[str]
    around: Around


def film(service, model: str, traces: list[Trace]) -> tuple[np.ndarray, list[list[str]]]:
    """The rail's steps but the last (P - 1,), and the guess x̂_0 of each picture there, decoded, a picture a turn."""
    count = min(len(trace.x0) for trace in traces)
    at = np.unique(np.linspace(0, count, min(count + 1, POSITIONS)).round().astype(int))[:-1]
    frames = []
    for trace in traces:
        with service.turn(model) as engine:
            frames.append([pictures.uri(one, SIDE) for one in engine.preview(trace.x0[at])])
    return at, frames


def titled(drawn: Drawn) -> str:
    """What its files are called; plain text."""
    return f"{drawn.title}: {drawn.around.name} · seed {drawn.row.base.seed}"


def sheet(service: Service, drawn: Drawn, page: str, stopped: str) -> Sheet:
    """All of it as a page of its own.

    page: the address of this one, which its links lead back to; stopped: what it calls where the pictures were stopped.
    """
    found, base, around = drawn.found, drawn.row.base, drawn.around
    traces, model = found.traces, found.traces[0].model
    at, frames = film(service, model, traces)
    ends = [pictures.uri(one, SIDE) for one in found.pictures]
    live = [live_link(page, {"tab": "generate", **links.of_run(trace)}) for trace in traces]
    shots = drawn.layout.html(found.shots, drawn.judged.notes, live)
    plots = Markup("").join(panel(one.head, one.figure, one.label, "", one.height) for one in around.plots)
    run = links.written(model, base, weights=traces[0].weights)
    asked = {"tab": INNER, INNER: views.slug(drawn.title), **run, **drawn.row.settings}
    return Sheet(
        title=titled(drawn),
        settings=wording.settings(model, base),
        reel=views.reel(at, frames, ends, drawn.walk, base.steps),
        body=heading(*drawn.head) + (BESIDE.format(around.above, shots) if around.above else shots),
        below=TOLD.format(Markup("").join(drawn.judged.shown.values()))
        + (GRID.format(plots) if len(around.plots) > 1 else plots),
        live=leads_back(page, asked | links.stop_told(links.stopped_at(*traces), stopped)),
        about="pictures of an embedding, step by step",
    )


BESIDE = Markup('<div class="ds-unclip">{}<div>{}</div></div>')
TOLD = Markup('<div class="ds-told">{}</div>')
