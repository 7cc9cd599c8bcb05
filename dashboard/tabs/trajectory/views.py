"""What the Trajectory tab says and shows beside its map. Whatever a visitor or a file wrote is escaped here."""

from __future__ import annotations

import html
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
from markupsafe import Markup

from core.types import Request, RequestError
from dashboard import controls, links, maps, pictures, wording
from dashboard.captions import positions_text
from dashboard.components.rail import Reel
from dashboard.figures.sketch import sketch
from dashboard.figures.trajectory import control, latent_map
from dashboard.layers import Layer, Layers
from dashboard.markup import heading, paragraphs
from dashboard.onefile import Sheet, leads_back, panel
from dashboard.service import Service

HEADS = {  # view -> its sentence, equation and paper
    "run": (
        "This run's latents, along the directions in which they vary most (PCA). Notice the arc that α² + σ² = 1 "
        "makes; then compare the random-walk baseline, which bends in PCA too.",
        "y = (x<sub>t</sub> − x̄) B<sup>T</sup>, B the directions of largest variance of the states x<sub>t</sub>",
        ("2506.10177", "Chen et al. 2025"),
    ),
    "gallery": (
        "PCA of the gallery. Notice how late the run enters the cloud, and from which side.",
        "y = (x − x̄) B<sup>T</sup>, B the directions of largest variance of the gallery's latents x<sub>0</sub>",
        ("2112.10752", "latents: Rombach et al. 2022"),
    ),
    "plane": (
        "The plane of the first noise, the result and the origin. Notice how close the path is to a rotation.",
        "x<sub>t</sub> = α<sub>t</sub> x<sub>0</sub> + σ<sub>t</sub> ε "
        "with ε = (x<sub>T</sub> − α<sub>T</sub> x<sub>0</sub>) / σ<sub>T</sub>: the dotted curve",
        ("2303.02490", "Wang & Vastola 2023"),
    ),
    "umap": (
        "UMAP keeps neighbours together and bends the rest. Notice which pictures a run passes; distances say little.",
        "Σ w log(w / v) + (1 − w) log((1 − w) / (1 − v)) → min, w neighbourhood in latent space, v on the map",
        ("1802.03426", "McInnes et al. 2018"),
    ),
}
CHANCE = heading(
    "Random-walk baseline",
    "A random walk (discrete Brownian motion) from the same noise, its steps as long as the run's, in its own PCA. "
    "Notice that it bends into an arc as well: only what differs from it says something of the run.",
    "y<sub>k+1</sub> = y<sub>k</sub> + |x<sub>k+1</sub> − x<sub>k</sub>| u, u uniform on the sphere",
    ("1806.08805", "Antognini & Sohl-Dickstein 2018"),
)  # fmt: skip
STATE = '<i class="ds-q-run"></i>noisy latent <var>x<sub>t</sub></var>'
GUESS = '<i class="ds-q-x0"></i>predicted image <var>x̂<sub>0</sub></var>'
EMPTY = '<p class="ds-quiet">Generate a picture, and its path appears here.</p>'


def head(view: str) -> str:
    return heading("The path through latent space", *HEADS[view])


def together(service: Service, layers: Layers) -> tuple[Layer | None, list[Layer]]:
    """The run in view, and the pinned ones that live in the same latent space."""
    shown = layers.shown
    if shown is None:
        return None, []
    others = [layer for layer in layers.compared if layer.id != shown.id]
    return shown, [layer for layer in others if _one_space(service, layer, shown)]


def _one_space(service: Service, layer: Layer, shown: Layer) -> bool:
    """Whether two runs' latents mean the same: those of one model, or of models with one gallery, and of one size."""
    if layer.trace.x.shape[1:] != shown.trace.x.shape[1:]:
        return False
    galleries = [service.engine(one.model).gallery for one in (layer, shown)]
    same = None not in galleries and np.array_equal(*(gallery.latents for gallery in galleries))
    return layer.model == shown.model or same


def colour(layers: Layers, layer: Layer) -> str:
    """A run keeps its colour while others come and go after it."""
    return maps.colours(len(layers.compared))[layers.compared.index(layer)]


def reel(shown: Layer, others: list[Layer]) -> Reel:
    """What every run shows at each position of the rail, which is that of the run in view."""
    frames, texts = {}, {"step": positions_text(shown.trace, shown.film.positions)["step"]}
    for layer in (shown, *others):
        near = maps.alongside(layer, shown)
        steps = layer.film.positions[near]
        frames[f"x:{layer.id}"] = [pictures.uri(one) for one in layer.film.x[near]]
        frames[f"x0:{layer.id}"] = [pictures.uri(one) for one in layer.film.x0[near]]
        told = positions_text(layer.trace, steps)
        texts[f"at:{layer.id}"], texts[f"numbers:{layer.id}"] = told["step"], told["numbers"]
        texts[f"branch:{layer.id}"] = [offer(layer.trace.request, int(k)) for k in steps]
        texts[f"can:{layer.id}"] = ["" if k >= layer.trace.request.steps else "yes" for k in steps]
    return Reel(shown.film.positions.tolist(), frames, texts)


def offer(request: Request, step: int) -> str:
    """The words on the button."""
    if step >= request.steps:
        return "Step back to branch off"
    return "Continue from here with new noise" if step else "Start again with other noise"


def step_at(layer: Layer, shown: Layer, at: object) -> int:
    """The step of layer at a position of the rail, which the browser named."""
    last = len(shown.film.positions) - 1
    if not isinstance(at, int) or not 0 <= at <= last:
        raise RequestError("position", at, f"a whole number from 0 to {last}")
    return int(layer.film.positions[maps.alongside(layer, shown)[at]])


def branched(request: Request, step: int) -> Request:
    """The request that leaves request's path after this step: new noise there, or all new at step 0."""
    if step >= request.steps:
        raise RequestError("step", step, f"below {request.steps}: the finished picture holds no noise to draw anew")
    if step == 0:
        return replace(request, seed=controls.new_seed(), branches=())
    before = tuple(pair for pair in request.branches if pair[0] < step)
    return replace(request, branches=(*before, (step, controls.new_seed())))


def cards(layers: Layers, shown: Layer, others: list[Layer], front: str | None, still: bool = False) -> str:
    """The run in front with both its pictures and the button, the others as a row each.

    still: there is nothing to press.
    """
    order = sorted((shown, *others), key=lambda layer: layer.id != (front or shown.id))
    first, rest = order[0], order[1:]
    rows = "".join(_row(one, colour(layers, one), still) for one in rest)
    can = f'data-branch="{first.id}" data-text="branch:{first.id}" data-enabled="can:{first.id}"'
    branch = "" if still else f'<button type="button" class="ds-map-branch" {can}></button>'
    made = html.escape(wording.settings(first.model, first.trace.request))
    return (
        f'<section class="ds-map-run" style="--run: {colour(layers, first)}"><h3>{html.escape(first.title)}</h3>'
        f'<p class="ds-quiet">{made}</p>'
        f'<div class="ds-map-pair">{_figure(first, "x", STATE)}{_figure(first, "x0", GUESS)}</div>'
        f'<p class="ds-map-at" data-text="at:{first.id}"></p><p class="ds-numbers" data-text="numbers:{first.id}"></p>'
        f"{branch}</section>{rows}"
    )


def _row(layer: Layer, ink: str, still: bool) -> str:
    tag, press = ("div", "") if still else ("button", f' type="button" data-choose="{layer.id}"')
    return (
        f'<{tag}{press} class="ds-map-row" style="--run: {ink}"><img data-frame="x0:{layer.id}" alt="">'
        f"<span>{html.escape(layer.title)}</span></{tag}>"
    )


def _figure(layer: Layer, frame: str, caption: str) -> str:
    return f'<figure><img data-frame="{frame}:{layer.id}" alt=""><figcaption>{caption}</figcaption></figure>'


def gallery_card(gallery, index: object) -> str:
    if not isinstance(index, int) or not 0 <= index < len(gallery.labels):
        raise RequestError("picture", index, f"a whole number from 0 to {len(gallery.labels) - 1}")
    label = html.escape(gallery.labels[index])
    return (
        f'<figure class="ds-map-picked"><img src="{pictures.uri(gallery.thumbs[index])}" alt="">'
        f"<figcaption><small>From the gallery</small>{label}</figcaption></figure>"
    )


def sheet(service: Service, layers: Layers, view: object, chance: bool, page: str) -> Sheet:
    """The map as a page of its own, flat; page: the address of the one it was on, which its link leads back to.

    chance: with a random walk beside it. RequestError where there is no run, or no such view.
    """
    shown, others = together(service, layers)
    if shown is None:
        raise RequestError("run", "none", "there before its map can be saved")
    runs, below = [shown, *others], Markup("")
    colours = [colour(layers, layer) for layer in runs]
    chart, sentences = maps.draw(runs, colours, service.engine(shown.model).gallery, view, 2)
    if chance and len(shown.trace.x0) > 1:
        figure, told = against_chance(shown, colours[0], "")
        below = panel(CHANCE, figure, WALK, paragraphs([told]), WALK_HEIGHT)
    return Sheet(
        title=shown.title,
        settings=wording.settings(shown.model, shown.trace.request),
        reel=reel(shown, others),
        body=head(view)
        + MAP_ROW.format(
            sketch(latent_map(chart, ""), MAP, MAP_HEIGHT), Markup(cards(layers, shown, others, None, still=True))
        ),
        below=Markup('<div class="ds-told">{}</div>{}').format(paragraphs(sentences), below),
        live=leads_back(page, {"tab": "trajectory", **links.of_run(shown.trace), "view": str(view)}),
    )


MAP_ROW = Markup('<div class="ds-map"><div>{}</div><div class="ds-map-side">{}</div></div>')
MAP, MAP_HEIGHT = "The path of the run through latent space", 400
WALK, WALK_HEIGHT = "The run and a random walk, side by side", 260


def against_chance(shown: Layer, ink: str, rail: str) -> tuple[go.Figure, str]:
    """The run and a random walk beside it, and what can be said of both."""
    found = maps.control(shown)
    titles = (f"This run · {maps.percent(found.run_share)}", f"Random walk · {maps.percent(found.chance_share)}")
    return control(found.run, found.chance, titles, ink, rail), verdict(found)


def verdict(found: maps.Control) -> str:
    run, chance = maps.percent(found.run_share), maps.percent(found.chance_share)
    if found.run_share - found.chance_share < 0.05:
        return f"A random walk puts {chance} into two axes, the run {run}: that share says nothing about this run."
    return f"A random walk bends into an arc too, with {chance} in two axes. The run's {run} is more than that."
