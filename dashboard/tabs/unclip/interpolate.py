"""Interpolate: between two pictures, two captions or two noises, on the sphere and on a straight line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import gradio as gr
import numpy as np

from core import projection
from core.meaning import slerp
from core.measure import unit
from core.types import MAX_SEED, WAYS, Request, RequestError
from dashboard import theme
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.events import QUIET
from dashboard.figures.unclip import Way, ways
from dashboard.markup import heading, paragraphs
from dashboard.shell import guard
from dashboard.tabs.unclip import measures, views
from dashboard.tabs.unclip.drawn import Around, Found, Judged, Plot, Shot
from dashboard.tabs.unclip.panel import opens, prior_of, setting
from dashboard.tabs.unclip.source import Room, Source
from dashboard.tabs.unclip.stage import Stage

TITLE = "Interpolate"
NAME = "interpolate"
HEAD = (
    "Halfway between two pictures",
    "Every picture stands a quarter of the way further from one end to the other, drawn from the same noise. Notice "
    "where the thing itself changes, and that the straight line leaves the sphere on which the data lie.",
    "slerp: (sin((1 − <var>s</var>) ω) <var>a</var> + sin(<var>s</var> ω) <var>b</var>) / sin ω, ω the angle between "
    "<var>a</var> and <var>b</var>",
    ("2204.06125", "Ramesh et al. 2022, section 3.2"),
)
LENGTHS = heading("How long the vectors are", "The sphere keeps the length; a straight line cuts through it.")
LENGTH = "Length of the vectors between both ends"
PLANE = heading(
    "Both ways, seen truly",
    "The plane through the origin and both ends, and the gallery's pictures where they fall on it.",
)
IN_PLANE = "Both ways in the plane of their ends"
OTHER = 2  # the seed of the other noise; the run that greets has 1
KINDS = {"Two pictures": "pictures", "Two captions": "captions", "Two noises": "noises"}
CAPTIONS = "a red apple", "a green apple"
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
ROWS = views.Layout([("On the sphere", [0, 1, 2, 3, 4]), ("On a straight line", [0, 5, 6, 7, 4])])
COLOURS = {"spherical": theme.QUANTITY["x_t"], "straight": theme.QUANTITY["guided"]}
FINE = np.linspace(0, 1, 41)


@dataclass(frozen=True, eq=False)
class Ends:
    """What lies at both ends, in words and in numbers, (D,) each; noises are not of unit length."""

    names: tuple[str, str]
    a: np.ndarray
    b: np.ndarray


def build(room: Room) -> None:
    shell = room.shell
    gr.HTML(heading(*HEAD))
    with gr.Row(elem_classes=["ds-map-controls"]):
        kind = gr.Radio(list(KINDS.items()), value="pictures", label="Between", elem_id="unclip-kind",
                        elem_classes=["ds-segmented"], min_width=0)  # fmt: skip
    with gr.Row(elem_classes=["ds-clip-row"], elem_id="unclip-ends-pictures") as of_pictures:
        sources = []
        for end, label in (("a", "From"), ("b", "To")):
            with gr.Column(min_width=0):  # each with its own place for a file
                sources.append(Source(room, f"end-{end}", f"end-{end}", label))
    with gr.Row(elem_classes=["ds-clip-row"], visible=False) as of_captions:
        captions = [
            gr.Textbox(text, label=label, max_lines=2, elem_id=f"unclip-caption-{end}")
            for end, label, text in zip("ab", ("From", "To"), CAPTIONS, strict=True)
        ]
    with gr.Row(elem_classes=["ds-clip-row"], visible=False) as of_noises:
        seed = gr.Number(OTHER, label="From the sidebar's seed to this one", minimum=0, maximum=MAX_SEED,
                         elem_id="unclip-seed-b", min_width=0)  # fmt: skip
    rows = {"pictures": of_pictures, "captions": of_captions, "noises": of_noises}
    settings = [
        setting("between", kind, "pictures", tuple(KINDS.values())),
        *(one for source in sources for one in source.settings),
        *(setting(f"caption-{e}", c, t) for e, c, t in zip("ab", captions, CAPTIONS, strict=True)),
        setting("seed-b", seed, OTHER),
    ]  # fmt: skip
    stage = Stage(shell, NAME, TITLE, HEAD, "Draw what lies between", settings)
    with gr.Row(elem_classes=["ds-lane-detail"]):
        with gr.Column(min_width=0):
            gr.HTML(LENGTHS)
            lengths = PlotlyHTML(height=230, label=LENGTH, elem_id="unclip-lengths")
        with gr.Column(min_width=0):
            gr.HTML(PLANE)
            plane = PlotlyHTML(height=360, label=IN_PLANE, elem_id="unclip-plane")
    told = gr.HTML("", elem_id="unclip-interpolate-told", elem_classes=["ds-told"])
    stage.files()

    def ends(values: dict, engine, space, base: Request) -> Ends:
        if values[kind] == "pictures":
            a, b = (one.origin(space, engine, values[shell.layers], values[one.chosen], values[one.brought])
                    for one in sources)  # fmt: skip
            return Ends((a.name, b.name), a.embedding, b.embedding)
        if values[kind] == "captions":
            texts = [values[one] for one in captions]
            for text in texts:
                if not isinstance(text, str) or not text.strip():
                    raise RequestError("caption", text, "some words at both ends")
            return Ends(tuple(texts), *prior_of(engine).sample(texts, base.seed))
        other = replace(base, seed=values[seed])
        noises = [next(engine.run(one)).x.numpy().ravel() for one in (base, other)]
        return Ends((f"noise of seed {base.seed}", f"noise of seed {other.seed}"), *noises)

    @guard
    def work(values: dict, visit: gr.Request) -> Iterator[dict]:
        if values[kind] not in KINDS.values():
            raise RequestError("between", values[kind], f"one of {', '.join(KINDS.values())}")
        model, base = shell.asked(values)
        space = room.spaces.get(model)
        with shell.service.turn(model) as engine:
            both = ends(values, engine, space, base)
        if np.allclose(both.a, both.b):
            raise RequestError("ends", both.names[0], "two different ones")
        noises = values[kind] == "noises"
        cloud = engine.gallery.latents.reshape(len(space.labels), -1) if noises else space.pictures
        drawn = draw_lengths(both, noises), draw_plane(both, noises, cloud, space.labels)
        yield {lengths: drawn[0], plane: drawn[1]}
        shots = planned(both, base, noises, values[seed])

        def judge(engine, found: Found) -> Judged:
            names = measures.named(space, found.embeddings)
            ways_of = [WAYS[0]] * len(SHARES) + [WAYS[1]] * (len(SHARES) - 2)
            rows = [{"way": way, "share": share, "nearest_name": name}
                    for way, share, name in zip(ways_of, [*SHARES, *SHARES[1:-1]], names, strict=True)]  # fmt: skip
            return Judged(names, rows, {told: paragraphs(sentences(both, noises))})

        kept = {}
        if values[kind] == "pictures":
            for one, end in zip(sources, (both.a, both.b), strict=True):
                kept |= one.kept(values[one.chosen], end)
        plots = Plot(LENGTHS, drawn[0], LENGTH, 230), Plot(PLANE, drawn[1], IN_PLANE, 360)
        around = Around(" and ".join(both.names), plots=plots)
        yield from stage.draw(model, shots, base, values, visit, judge, around, ROWS, kept=kept)

    def turn(wanted: object) -> dict:
        return {row: gr.Row(visible=wanted == name) for name, row in rows.items()}

    def first(model: str, asked: dict) -> dict:
        shown = {}
        for place, one in enumerate(sources):
            shown |= one.first(model, asked, place)
        return shown | turn(asked.get(kind, "pictures"))

    inputs = {*shell.controls.inputs, shell.layers, kind, seed, *captions, *(i for one in sources for i in one.inputs)}
    outputs = [lengths, plane, told]
    events = [event for one in sources for event in one.connect(shell.controls.model)]
    stage.starts(
        [stage.run.click, kind.input, *events, *(c.submit for c in captions), seed.submit], work, inputs, outputs
    )
    kind.change(turn, kind, list(rows.values()), **QUIET)
    stage.connect()
    opens(shell, stage, first, work, inputs, outputs, more=list(rows.values()))


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
