"""Interpolate: between two pictures, two captions or two noises, on the sphere and on a straight line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import gradio as gr
import numpy as np

from core import projection
from core.meaning import slerp
from core.measure import unit
from core.types import WAYS, Request, RequestError
from dashboard import theme
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.figures.unclip import Way, ways
from dashboard.markup import heading, paragraphs
from dashboard.tabs.unclip import measures, views
from dashboard.tabs.unclip.drawn import Around, Found, Judged, Plot, Shot
from dashboard.tabs.unclip.ends import Ends, Form
from dashboard.tabs.unclip.panel import opens
from dashboard.tabs.unclip.source import Room
from dashboard.tabs.unclip.stage import Stage

TITLE = "Interpolate"
NAME = "interpolate"
HEAD = (
    "Halfway between two pictures",
    "Pictures at 0, 25, 50, 75 and 100 % of the way between two ends, all from the same noise. Notice where the thing "
    "itself changes. Embeddings have length 1, so they lie on a sphere: the straight line cuts through its inside.",
    "slerp: (sin((1 − <var>s</var>) ω) <var>a</var> + sin(<var>s</var> ω) <var>b</var>) / sin ω, ω the angle between "
    "<var>a</var> and <var>b</var>",
    ("2204.06125", "Ramesh et al. 2022, section 3.2"),
)
LENGTHS = heading(
    "Norms along both paths",
    "The length of the embedding from one end to the other. Notice that on the sphere it stays, and that the straight "
    "line cuts through the inside, where the decoder never saw an embedding.",
)
LENGTH = "Length of the vectors between both ends"
PLANE = heading(
    "Both paths in their own plane",
    "The plane through the origin and both ends, and the gallery's pictures where they fall on it. Notice how far "
    "inside the circle they fall: most of what they hold lies outside this plane.",
)
IN_PLANE = "Both ways in the plane of their ends"
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
ROWS = views.Layout([("On the sphere", [0, 1, 2, 3, 4]), ("On a straight line", [0, 5, 6, 7, 4])])
COLOURS = {"spherical": theme.QUANTITY["x_t"], "straight": theme.QUANTITY["guided"]}
FINE = np.linspace(0, 1, 41)


def build(room: Room) -> None:
    shell = room.shell
    gr.HTML(heading(*HEAD))
    form = Form(room)
    stage = Stage(shell, NAME, TITLE, HEAD, "Draw what lies between", form.settings)
    with gr.Row(elem_classes=["ds-lane-detail"]):
        with gr.Column(min_width=0):
            gr.HTML(LENGTHS)
            lengths = PlotlyHTML(height=230, label=LENGTH, elem_id="unclip-lengths")
        with gr.Column(min_width=0):
            gr.HTML(PLANE)
            plane = PlotlyHTML(height=360, label=IN_PLANE, elem_id="unclip-plane")
    told = gr.HTML("", elem_id="unclip-interpolate-told", elem_classes=["ds-told"])
    stage.files()

    def work(values: dict, visit: gr.Request) -> Iterator[dict]:
        noises = form.chosen(values) == "noises"
        model, base = shell.asked(values)
        space = room.spaces.get(model)
        with shell.service.turn(model) as engine:
            both = form.read(values, engine, space, base)
        if np.allclose(both.a, both.b):
            raise RequestError("ends", both.names[0], "two different ones")
        cloud = engine.gallery.latents.reshape(len(space.labels), -1) if noises else space.pictures
        drawn = draw_lengths(both, noises), draw_plane(both, noises, cloud, space.labels)
        yield {lengths: drawn[0], plane: drawn[1]}
        shots = planned(both, base, noises, values[form.seed])

        def judge(engine, found: Found) -> Judged:
            names = measures.named(space, found.embeddings)
            ways_of = [WAYS[0]] * len(SHARES) + [WAYS[1]] * (len(SHARES) - 2)
            rows = [{"way": way, "share": share, "nearest_name": name}
                    for way, share, name in zip(ways_of, [*SHARES, *SHARES[1:-1]], names, strict=True)]  # fmt: skip
            return Judged(names, rows, {told: paragraphs(sentences(both, noises))})

        plots = Plot(LENGTHS, drawn[0], LENGTH, 230), Plot(PLANE, drawn[1], IN_PLANE, 360)
        around = Around(" and ".join(both.names), plots=plots)
        yield from stage.draw(model, shots, base, values, visit, judge, around, ROWS,
                              kept=form.kept(values, both))  # fmt: skip

    inputs = {*shell.controls.inputs, shell.layers, *form.inputs}
    outputs = [lengths, plane, told]
    stage.starts([stage.run.click, *form.connect(shell.controls.model)], work, inputs, outputs)
    stage.connect()
    opens(shell, stage, form.first, work, inputs, outputs, more=form.rows)


def between(both: Ends, noises: bool, shares: np.ndarray, way: str) -> np.ndarray:
    """The vectors (N, D) at these shares of the way."""
    shares = np.asarray(shares)[:, None]
    if way == "straight":
        return (1 - shares) * both.a + shares * both.b
    if noises:  # as Request.variation_strength has it: they are at right angles, nearly
        return np.cos(shares * np.pi / 2) * both.a + np.sin(shares * np.pi / 2) * both.b
    return slerp(both.a, both.b, shares[:, 0])


def planned(both: Ends, base: Request, noises: bool, other: int) -> list[Shot]:
    """The pictures of both rows, those at the ends once."""
    shots = []
    for way, shares in (("spherical", SHARES), ("straight", SHARES[1:-1])):
        points = between(both, noises, shares, way)
        for share, point in zip(shares, points, strict=True):
            if noises:
                request = replace(base, variation_seed=other, variation_strength=share, variation_way=way)
            else:  # the network has read unit vectors alone
                request = replace(base, prompt="", embedding=tuple(unit(point).tolist()))
            title = both.names[0] if share == 0 else both.names[1] if share == 1 else f"{share:.0%} of the way"
            shots.append(Shot(title, request))
    return shots


def draw_lengths(both: Ends, noises: bool):
    """The length of every vector between, that of the ends being about 1."""
    size = np.sqrt(len(both.a)) if noises else 1.0
    found = [
        Way(way, COLOURS[way], FINE, np.linalg.norm(between(both, noises, FINE, way), axis=1) / size) for way in WAYS
    ]
    return ways(found, ("share of the way", "length" if not noises else "length / √D"))


def draw_plane(both: Ends, noises: bool, cloud: np.ndarray, labels: list[str]):
    """Both ways in the plane through the origin that holds both ends."""
    size = np.sqrt(len(both.a)) if noises else 1.0
    fitted = projection.plane(np.stack([both.b, both.a]))
    drawn = [Way(way, COLOURS[way], *(fitted.transform(between(both, noises, FINE, way)) / size).T) for way in WAYS]
    marks = [Way(way, COLOURS[way], *(fitted.transform(between(both, noises, SHARES, way)) / size).T) for way in WAYS]
    return ways(drawn, ("towards the first", "towards the second, at right angles"), marks,
                fitted.transform(cloud) / size, labels)  # fmt: skip


def sentences(both: Ends, noises: bool) -> list[str]:
    half = np.linalg.norm(between(both, noises, np.array([0.5]), "straight")) / (np.sqrt(len(both.a)) if noises else 1)
    cosine = float(unit(both.a) @ unit(both.b))
    angle = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    if noises:
        return [
            f"Two noises of {len(both.a):,} numbers are nearly at right angles ({angle:.0f}°). Halfway, the straight "
            f"line has a length of {half:.2f} instead of about 1: noise that is too weak for its timestep. The network "
            "never met that in training. On the sphere every point is noise as good as any.",
        ]
    return [
        f"The two embeddings are {angle:.0f}° apart. Halfway, the straight line is {half:.2f} long. The network has "
        "only read vectors of length 1, so its points were made as long again before they were drawn: the same "
        "directions, at an uneven pace. The nearer the ends, the less that matters.",
    ]
