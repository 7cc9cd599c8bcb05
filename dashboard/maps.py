"""Maps of latent space: which projection, where runs and gallery lie on it, and what it tells truly, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from core import measure, projection
from core.types import RequestError, Trace
from dashboard import captions, pictures, theme
from dashboard.figures.placement import Route, thin
from dashboard.figures.trajectory import Chart
from dashboard.layers import Layer

if TYPE_CHECKING:
    from core.networks.gallery import Gallery

VIEWS = {"run": "This run", "gallery": "Gallery", "plane": "Rotation", "umap": "UMAP"}
LINE = 241  # points of a path that are drawn, about one every three pixels
THUMB = 48  # pixels a side of a picture on the map
X_T, X_0 = Markup("<var>x<sub>T</sub></var>"), Markup("<var>x<sub>0</sub></var>")
PROMPT = 18  # characters of a prompt at the end of a path


def draw(layers: list[Layer], colours: list[str], gallery, view: str, dims: int) -> tuple[Chart, list[str]]:
    """The map of layers (the run in view first) over the gallery, and what it shows truly and what it does not.

    A sentence with markup in it is a Markup. Raises RequestError for an unknown view or number of dimensions.
    """
    shown, true = layers[0].trace, view != "umap"
    if gallery is None:
        if view in ("gallery", "umap"):
            raise RequestError("view", VIEWS[view], f"another one: {layers[0].model} brings no gallery to lay out")
        gallery = _none(shown.x.shape[1:])
    fitted = fit(shown, gallery, view, dims)
    routes = [_route(layer, layers[0], colour, fitted) for layer, colour in zip(layers, colours, strict=True)]
    if not len(gallery.latents):
        cloud = np.zeros((0, dims))
    else:
        cloud = fitted.transform(gallery.latents) if true else fitted.coordinates
    seen = thin(cloud, routes, true) if dims == 2 and len(cloud) else []
    thumbs = {index: pictures.uri(gallery.thumbs[index], THUMB) for index in seen}
    sentences, guide = [_shares(fitted, view, shown, gallery)], None
    if view == "plane" and shown.finished:
        turned = rotation(shown)
        guide = fitted.transform(turned)
        sentences.append(_strays(shown, turned))
    if len(cloud):
        sentences.append(_trust(projection.trustworthiness(gallery.latents, cloud)))
    sentences.append(shape(shown))
    return Chart(
        routes, cloud, gallery.labels, thumbs, _axes(fitted, view, shown, gallery, dims), true, guide
    ), sentences


def fit(shown: Trace, gallery, view: str, dims: int) -> projection.Linear | projection.Umap:
    if dims not in (2, 3):
        raise RequestError("dimensions", dims, "2 or 3")
    if view == "run":
        return _fit_once(projection.pca, shown.x, dims)
    if view == "gallery":
        return _fit_once(projection.pca, gallery.latents, dims)
    if view == "plane":
        return _fit_once(projection.plane, shown.x, dims)
    if view == "umap":
        return projection.Umap(gallery.latents, gallery.umap2 if dims == 2 else gallery.umap3)
    raise RequestError("view", view, f"one of {', '.join(VIEWS)}")


def _fit_once(method: Callable[..., projection.Linear], points: np.ndarray, dims: int) -> projection.Linear:
    """method(points, dims), kept on disk: a thousand states take most of a second."""

    def rows() -> np.ndarray:
        fitted = method(points, dims)
        return np.vstack([fitted.mean, fitted.basis])

    mean, *basis = projection.cached(projection.cache_folder(), [method.__name__, dims, points], rows)
    return projection.Linear(mean, np.stack(basis))


def rotation(trace: Trace) -> np.ndarray:
    """The path to x_0 were it the only picture, at the noise levels of the run, (S+1, D)."""
    return projection.rotation(trace.x, np.append(trace.alpha, 1.0), np.append(trace.sigma, 0.0))


@dataclass(frozen=True)
class Control:
    """The run and a random walk of the same steps, each in its own PCA, at the rail's positions."""

    run: np.ndarray  # (P, 2)
    chance: np.ndarray  # (P, 2)
    run_share: float
    chance_share: float


def control(layer: Layer) -> Control:
    path = layer.trace.x
    walk = projection.random_walk(path, layer.trace.request.seed)
    run, chance = projection.pca(path), projection.pca(walk)
    at = layer.film.positions
    shares = run.explained(path).sum(), chance.explained(walk).sum()
    return Control(run.transform(path[at]), chance.transform(walk[at]), *shares)


def shape(trace: Trace) -> str:
    """The path measured in all dimensions of the latent, none of them projected away."""
    path = trace.x.reshape(len(trace.x), -1)
    ends = np.linalg.norm(path[-1] - path[0])
    ratio = measure.path_length(path) / ends if ends > 0 else float("nan")
    turns = measure.turning_angles(path)
    turn = f", turning by {np.nanmean(turns):.0f}° a step on average" if np.isfinite(turns).any() else ""
    times = f"the path is {ratio:.3g} times as long as the straight line between its ends"
    return f"In all {path.shape[1]:,} dimensions {times}{turn}."


def alongside(layer: Layer, shown: Layer) -> np.ndarray:
    """For each rail position of the run in view, the position in layer's film that is as far along, (P,)."""
    own = layer.film.positions / layer.trace.request.steps
    rail = shown.film.positions / shown.trace.request.steps
    return np.abs(own[None] - rail[:, None]).argmin(1)


def _route(layer: Layer, shown: Layer, colour: str, fitted: projection.Linear | projection.Umap) -> Route:
    trace, at, near = layer.trace, layer.film.positions, alongside(layer, shown)
    # a bent view has no fine shape to show
    fine = 0 if isinstance(fitted, projection.Umap) else min(at[-1] + 1, LINE)
    drawn = np.union1d(at, np.linspace(0, at[-1], fine).round().astype(int))
    steps = captions.positions_text(trace, at[near])["step"]
    walked = np.searchsorted(drawn, at)[near] + 1
    line, x0 = fitted.transform(trace.x[drawn]), fitted.transform(trace.guesses[at])[near]
    return Route(layer.id, label(layer), colour, line, walked, x0, steps)


def label(layer: Layer) -> str:
    """The run's title with a long prompt cut short, so that seed and branch stay readable."""
    length = len(layer.trace.request.prompt.strip() or "no prompt")
    prompt, tail = layer.title[:length], layer.title[length:]
    return (prompt if length <= PROMPT else prompt[: PROMPT - 1].rstrip() + "…") + tail


def _none(shape: tuple[int, ...]) -> Gallery:
    """The gallery of a model that brings none."""
    from core.networks.gallery import Gallery  # here, since torch takes seconds to import

    nothing = np.zeros((0, 3), np.float32)
    return Gallery(np.zeros((0, *shape), np.float32), nothing, np.zeros((0, 1, 1, 3), np.uint8), [], nothing, nothing)


def _axes(fitted, view: str, shown: Trace, gallery, dims: int) -> list[str]:
    if view == "umap":
        return [f"UMAP {i + 1}" for i in range(dims)]
    shares = fitted.explained(gallery.latents if view == "gallery" else shown.x)
    plane = "along <i>x</i><sub>0</sub>", "the rest of <i>x</i><sub>T</sub>", "widest remaining"
    names = plane if view == "plane" else [f"PC {i + 1}" for i in range(dims)]
    return [f"{name} · {percent(share)}" for name, share in zip(names, shares, strict=False)]


def _shares(fitted, view: str, shown: Trace, gallery) -> str:
    if view == "umap":
        return (
            "UMAP bends space to keep neighbours together: near means alike, but lengths, angles and gaps mean little, "
            "and no share of the variance can be told. It was made from finished pictures, so noise lands wherever the "
            "nearest of them are."
        )
    count = "Two" if len(fitted.basis) == 2 else "Three"
    path = fitted.explained(shown.x).sum()
    if not len(gallery.latents):
        return (
            f"{count} axes hold {percent(path)} of this path's variance. The model brings no gallery to show with it."
        )
    cloud = fitted.explained(gallery.latents).sum()
    if view == "gallery":
        return (
            f"{count} axes hold {percent(cloud)} of the gallery's variance, the most that so many can, "
            f"and {percent(path)} of this path's."
        )
    rest = (
        f"{percent(path)} of this path's variance and {percent(cloud)} of the gallery's: "
        f"they show {_how(path)} of the path's shape, and {_how(cloud)} of how the pictures lie."
    )
    if view == "plane":
        more = " and one more axis hold" if count == "Three" else " holds"
        return Markup("The plane of {} and {}{} {}").format(X_T, X_0, more, rest)
    return f"{count} axes hold {rest}"


def _how(share: float) -> str:
    return "nearly all" if share > 0.9 else "the main lines" if share > 0.4 else "little"


def _strays(shown: Trace, turned: np.ndarray) -> str:
    path = shown.x.reshape(turned.shape)
    ends = np.linalg.norm(path[-1] - path[0])
    far = np.sqrt(np.mean(np.sum((path - turned) ** 2, 1))) / ends if ends > 0 else 0.0
    turns = np.allclose(shown.alpha**2 + shown.sigma**2, 1, atol=1e-3)
    dotted = "the dotted curve, a rotation" if turns else "the dotted line, straight"
    return Markup(
        "Were {} the only picture there is, the path would be {} from noise to picture. "
        "This one strays from it by {:.0%} of the distance between its ends."
    ).format(X_0, dotted, far)


def _trust(value: float) -> str:
    return f"Trustworthiness {value:.2f}: which neighbours on the map are so in latent space too (1 all, 0.5 chance)."


def percent(share: float) -> str:
    """Whole percent, but with a decimal where a whole number would claim all or nothing."""
    if share > 0.9995:
        return "over 99.9%"
    return f"{share:.1%}" if share > 0.99 or share < 0.01 else f"{share:.0%}"


def colours(count: int) -> list[str]:
    return [theme.RUNS[i % len(theme.RUNS)] for i in range(count)]
