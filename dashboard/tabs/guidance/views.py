"""What the Guidance tab says and shows of the run in view. Whatever a visitor or a file wrote is escaped here."""

from __future__ import annotations

import base64
import html
import io

import numpy as np
import plotly.graph_objects as go
from markupsafe import Markup
from PIL import Image, ImageColor

from core.advice import alike, of_guidance, of_negative
from core.arrows import Arrows, arrows, pushes
from core.measure import pixels_apart
from core.types import RequestError, Trace
from dashboard import captions, judge, pictures, theme, wording
from dashboard.components.rail import Reel
from dashboard.figures.arrows import Arrow, plane, same_scale
from dashboard.figures.curves import Line, curves
from dashboard.layers import Layer
from dashboard.markup import advised, heading, note

RAIL = "guidance"
NOTES = {  # title, one plain sentence, the equation, and the paper it is from
    "arrows": (
        "Effect of the prompt",
        Markup(
            "Classifier-free guidance: the noise is predicted twice, without the prompt (ε<sub>u</sub>) and with it "
            "(ε<sub>c</sub>), and extrapolated from the first through the second by g. Notice how small their "
            "difference is beside them."
        ),
        "ε = ε<sub>u</sub> + <var>g</var> (ε<sub>c</sub> − ε<sub>u</sub>), drawn in the plane of ε<sub>u</sub> and "
        "ε<sub>c</sub>, where every length and angle is that of the full latent space",
        ("2207.12598", "Ho & Salimans 2022, equation 6"),
    ),
    "norms": (
        "Norms",
        Markup(
            "How long the predictions are. Notice how small ε<sub>c</sub> − ε<sub>u</sub> is beside them, until "
            "guidance magnifies it."
        ),
        "‖ε‖ / √<var>D</var>, which is 1 for pure noise; the difference is ε<sub>c</sub> − ε<sub>u</sub>",
        ("2207.12598", "Ho & Salimans 2022"),
    ),
    "cosines": (
        "Cosines",
        Markup(
            "The cosine of the angle between two predictions: near 1 they point the same way. Notice where "
            "ε<sub>c</sub> − ε<sub>u</sub> comes near 0: there it is at right angles to ε<sub>u</sub>, so guidance "
            "turns the prediction instead of lengthening it."
        ),
        "cos(a, b) = a·b / (‖a‖ ‖b‖), over all numbers of the latent",
        ("2207.12598", "Ho & Salimans 2022"),
    ),
    "pair": (
        "A negative prompt",
        "The same prompt and seed, without and with a negative prompt: guidance leads away from it instead of from the "
        "empty prompt. Notice how far its CLIP score falls. It works where the prompt leaves a choice.",
        "ε = ε<sub>n</sub> + <var>g</var> (ε<sub>c</sub> − ε<sub>n</sub>): ε<sub>n</sub>, the prediction for the "
        "negative prompt, takes the place of ε<sub>u</sub>",
        ("2206.01714", "negation of a concept: Liu et al. 2022"),
    ),
}
STAGE = """
<div class="ds-push">
  <figure><div class="ds-push-picture"><img data-frame="x0" alt="The predicted image">
    <img data-frame="push" class="ds-pixels" alt="Where the prompt changes the prediction"></div>
    <figcaption title="How much the prompt changes each patch of the prediction, beside the most in this step">
      bright: large ε<sub>c</sub> − ε<sub>u</sub></figcaption></figure>
  <label title="How strongly the patches with little of it are darkened">shade
    <input type="range" min="0" max="100" value="70" data-opacity aria-label="Opacity of the shade"></label>
</div>"""
STORY = (
    '<p class="ds-push-told" data-text="told" title="The length of the difference beside that of the prediction '
    'without the prompt, and angles to it, over all numbers of the latent"></p>'
    '<p class="ds-numbers" data-text="numbers"></p>'
)
PLANE = "The predictions as arrows in their plane"
HEIGHT, PAIR_HEIGHT, WIDTH = 230, 190, 440  # of the planes, in pixels; the tab gives them all the width there is
INTERVAL = heading(
    "Guidance interval",
    Markup(
        "Guidance works only between two ends, which you drag; elsewhere g is 1 and only ε<sub>c</sub> is predicted, "
        "which halves the work there. Notice at which end leaving guidance out changes the picture."
    ),
    "<var>g</var>(σ) = <var>g</var> where σ<sub>low</sub> ≤ σ ≤ σ<sub>high</sub>, else 1",
    ("2404.07724", "Kynkäänniemi et al. 2024"),
)


def steps_at(layer: Layer) -> np.ndarray:
    """The step (0 … S-1) whose prediction each position of the rail shows; the result shows the last one again."""
    return np.minimum(layer.film.positions, len(layer.trace.eps) - 1)


def reel(layer: Layer, arrows: Arrows, pair: tuple[Layer, ...] = ()) -> Reel:
    """The guess and the shade over it at each position; of a pair, both guesses."""
    trace, at = layer.trace, steps_at(layer)
    frames = {"x0": [pictures.uri(one, 320) for one in layer.film.x0]}
    frames["push"] = [_veil(one) for one in pushes(trace)[at]]
    for i, one in enumerate(pair):
        frames[f"pair{i}"] = [pictures.uri(picture, 240) for picture in _padded(one.film.x0, len(at))]
    texts = captions.positions_text(trace, layer.film.positions)
    told = {"step": texts["step"], "numbers": texts["numbers"], "told": [_told(trace, arrows, k) for k in at]}
    return Reel(layer.film.positions.tolist(), frames, told)


def _padded(frames: np.ndarray, count: int) -> np.ndarray:
    """As many frames as the rail has positions: where a run was stopped, its last one stays."""
    return frames[np.minimum(np.arange(count), len(frames) - 1)]


def _veil(push: np.ndarray) -> str | None:
    """A see-through picture that darkens each patch (h, w) the more, the weaker its push; None where none is known."""
    if np.isnan(push).any() or push.max() == 0:
        return None
    shade = np.empty((*push.shape, 4), np.uint8)
    shade[..., :3] = ImageColor.getrgb(theme.INK["ink"][0])
    shade[..., 3] = np.round(255 * (1 - push / push.max()))
    buffer = io.BytesIO()
    Image.fromarray(shade).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _told(trace: Trace, arrows: Arrows, k: int) -> str:
    """What guidance does at step k, in plain English."""
    request = trace.request
    if np.isnan(arrows.vectors["difference"][k]).any():
        if request.guidance == 0 and request.negative_prompt.strip():
            return "Guidance 0 ignores the prompt: the network is asked once, with the negative prompt, and draws that."
        if request.guidance == 0:
            return "Guidance 0 ignores the prompt: one prediction a step, without it, and no difference."
        if arrows.g[k] == 1 and request.guidance != 1:
            return "Outside the interval g is 1: one prediction, with the prompt."
        return "Guidance 1 is conditional only: one prediction a step. Choose another scale to see arrows."
    norms, u, c = arrows.norms(), arrows.vectors["uncond"][k], arrows.vectors["cond"][k]
    share, turned = norms["difference"][k] / norms["uncond"][k], _degrees(arrows.vectors["guided"][k], u)
    negative = request.negative_prompt.strip()
    if share == 0 and alike(negative, request.prompt):
        both = "The prompt and the negative prompt are the same" if negative else "There is no prompt"
        return f"{both}, so both predictions are the same: guidance changes nothing."
    if share < 1e-3:
        if trace.sigma[k] < trace.alpha[k]:
            return "With the prompt or without, the predicted noise is nearly the same here."
        ratio = trace.sigma[k] / trace.alpha[k]
        return (
            "xₜ is all but pure noise, so both predict the same noise: xₜ itself. The predicted images differ "
            f"all the same: in x̂₀ a difference of ε counts σ / α = {ratio:,.0f} times, which makes "
            f"{ratio * norms['difference'][k]:.2f} of it, where an image has about 1."
        )
    text = (
        f"The prompt moves the predicted noise by {share:.1%} of its length and turns it by {_degrees(c, u):.1f}°; "
        f"guidance {request.guidance:g} makes that {turned:.1f}°."
    )
    if negative and 0 < arrows.g[k] < 1:
        text += " Below 1 that is between the two predictions: it leads towards both prompts."
    if arrows.clamped[k] > 0.2 * norms["difference"][k]:
        why = "The guided prediction is rescaled" if request.guidance_rescale else "x̂₀ is clamped to the data range"
        text += f" {why}, which removes part of this."
    return text


def _degrees(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b / np.sqrt((a @ a) * (b @ b)), -1, 1))))


def arrow_plot(layer: Layer, arrows: Arrows, rail: str, count: int | None = None) -> go.Figure | None:
    """The arrows of a run over count positions of the rail, its own by default; None where it has none."""
    at = steps_at(layer)
    at = at[np.minimum(np.arange(count or len(at)), len(at) - 1)]
    flat = {name: points[at] for name, points in arrows.flat().items()}
    if np.isnan(flat["guided"]).all():
        return None
    negative = bool(layer.trace.request.negative_prompt.strip())
    ink, g = theme.QUANTITY, f"{layer.trace.request.guidance:g}"
    away, way = "negative" if negative else "uncond", "towards" if layer.trace.request.guidance < 1 else "away from"
    uncond = f"{way} this" if negative else "without the prompt"
    return plane([
        Arrow(uncond, ink[away], flat["uncond"], place="bottom left"),
        Arrow("with the prompt", ink["cond"], flat["cond"], place="middle right"),
        Arrow("", ink["guided"], flat["guided"], flat["uncond"], dash="dot"),
        Arrow(f"guided, g = {g}", ink["guided"], flat["guided"], place="top center"),
    ], rail)  # fmt: skip


def rows(layer: Layer, arrows: Arrows) -> list[dict]:
    """Every number of the curves, a row a step."""
    trace = layer.trace
    columns = {"step": np.arange(len(trace.eps)), "t": trace.t, "sigma": trace.sigma, "guidance": arrows.g}
    columns |= {f"norm of {name}": values for name, values in arrows.norms().items()}
    columns |= {f"cosine of {name}": values for name, values in arrows.cosines().items()}
    columns["moved by clamping or rescaling"] = arrows.clamped
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def plots(layer: Layer, arrows: Arrows, rail: str) -> dict[str, go.Figure]:
    positions, at, ink = layer.film.positions, steps_at(layer), theme.QUANTITY
    norms, cosines = arrows.norms(), arrows.cosines()
    negative = bool(layer.trace.request.negative_prompt.strip())
    without, away = ("negative", "negative") if negative else ("without", "uncond")
    lengths = [(without, ink[away], "uncond"), ("with", ink["cond"], "cond"), ("guided", ink["guided"], "guided"),
               ("difference", ink["eps"], "difference")]  # fmt: skip
    angles = [(f"with · {without}", ink["cond"], "cond, uncond"), ("guided · with", ink["guided"], "guided, cond"),
              (f"diff. · {without}", ink["eps"], "difference, uncond")]  # fmt: skip
    return {
        "norms": curves(positions, [Line(label, norms[name][at], colour) for label, colour, name in lengths], rail,
                        rangemode="tozero"),
        "cosines": curves(positions, [Line(label, cosines[name][at], colour) for label, colour, name in angles], rail),
    }  # fmt: skip


EXAMPLE_GUIDANCE = 2.0  # stronger, the prompt gets lost too
EXAMPLES = (  # prompt, negative prompt: a colour that the prompt leaves open is ruled out, and the thing stays whole
    ("an apple", "a red apple"),
    ("a leaf", "a green leaf"),
    ("a snake", "a green snake"),
)


def pair_told(pair: tuple[Layer, Layer], engine) -> str:
    """What CLIP says of both results, for the prompt and for the negative one, and how far apart they are."""
    request = pair[1].trace.request
    ends = np.stack([layer.film.x0[-1] for layer in pair])
    apart = pixels_apart(*ends)
    scores = judge.scores(engine, ends, [request.prompt, request.negative_prompt])
    (prompt, negative), (led_prompt, led_negative) = scores
    told = f"CLIP's score for “{request.negative_prompt.strip()}” goes from {negative:.2f} to {led_negative:.2f}"
    if request.prompt.strip():
        told += f", for the prompt from {prompt:.2f} to {led_prompt:.2f}"
    if led_negative > negative - 0.05:
        told += ". The negative prompt did little: this picture has nothing of it, or the prompt asks for it"
    named = f"“{request.prompt.strip() or 'no prompt'}” · seed {request.seed} · {pair[1].model}"
    told = f"{told}; pixels differ by {apart:.3f} (RMS). {named} · {wording.guidance(request)}."
    return note(told) + advised([*of_negative(engine, request), *of_guidance(request)])


def pair_figure(number: int, negative: str, guidance: float) -> str:
    way = "away from" if guidance > 1 else "towards"
    name = f"{way} “{html.escape(negative.strip())}”" if negative.strip() else f"{way} the empty prompt “”"
    css = "negative" if negative.strip() else "uncond"
    return (
        f'<figure class="ds-pair"><img data-frame="pair{number}" alt=""><figcaption><i class="ds-q-{css}"></i>{name}'
        "</figcaption></figure>"
    )


def pair_plots(layer: Layer, pair: tuple[Layer, Layer], rail: str) -> list[go.Figure | None]:
    """The arrows of both, at one scale, over the rail of the run in view."""
    found = [arrow_plot(one, arrows(one.trace), rail, len(layer.film.positions)) for one in pair]
    if all(figure is not None for figure in found):
        same_scale(found)
    return found


def pair_label(number: int) -> str:
    return f"Arrows of run {number + 1}"


def interval(trace: Trace, positions: np.ndarray, ends: object) -> tuple[float, float]:
    """The noise levels between two positions of the rail, the second one left out, as the browser named them.

    The bounds lie halfway between neighbouring steps, so that the same interval serves any number of steps.
    """
    last = len(positions) - 1
    whole = isinstance(ends, list) and len(ends) == 2 and all(type(end) is int for end in ends)
    if not whole or not 0 <= ends[0] <= ends[1] <= last:
        raise RequestError("interval", ends, f"two whole numbers from 0 to {last}, rising")
    sigma = np.concatenate([[1.0], trace.sigma, [0.0]])  # of the steps 0 … S-1, between the ends of the scale
    first, after = (int(positions[end]) for end in ends)
    if first >= after:
        return 0.0, 0.0
    high = 1.0 if first == 0 else (sigma[first] + sigma[first + 1]) / 2
    low = 0.0 if after >= len(trace.sigma) else (sigma[after] + sigma[after + 1]) / 2
    return round(float(low), 6), round(float(high), 6)


def handles(layer: Layer) -> dict:
    """Where the two handles of a run stand, and the noise level at each position."""
    trace, at, request = layer.trace, layer.film.positions, layer.trace.request
    on = (request.guidance_low <= trace.sigma) & (trace.sigma <= request.guidance_high)
    inside = np.flatnonzero(on)
    first, after = (inside[0], inside[-1] + 1) if len(inside) else (0, 0)
    return {
        "sigma": np.round(np.concatenate([trace.sigma, [0.0]])[at], 3).tolist(),
        "ends": [int(np.searchsorted(at, first)), int(np.searchsorted(at, after))],
    }
