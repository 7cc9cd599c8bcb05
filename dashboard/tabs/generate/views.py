"""What the Generate tab says and draws about a finished run, below its pictures."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from dashboard import captions, judge, pictures, theme
from dashboard.figures.curves import Line
from dashboard.figures.curves import curves as draw_curves
from dashboard.layers import Layer
from dashboard.tabs.generate import panels

NOTES = {  # title, one plain sentence, the equation, and the paper it is from
    "noise": (
        "Noise level",
        "How much of the state is picture (α) and how much is noise (σ).",
        "<var>x<sub>t</sub></var> = α<sub>t</sub> <var>x</var><sub>0</sub> + σ<sub>t</sub> ε",
        ("2006.11239", "Ho et al. 2020, equation 4"),
    ),
    "norm": (
        "Size of the state",
        "Pure noise has size 1; the finished picture has a size of its own, larger where guidance is strong.",
        "‖<var>x<sub>t</sub></var>‖ / √<var>D</var>, which stays near 1 where "
        "‖<var>x</var><sub>0</sub>‖ = √<var>D</var> and α<sub>t</sub>² + σ<sub>t</sub>² = 1",
        ("2011.13456", "Song et al. 2021, section 3.4"),
    ),
    "change": (
        "Change of the guess",
        "How far the guessed picture moved since the column before: large where it is being decided.",
        "‖Δ<var>x̂</var><sub>0</sub>‖ / √<var>D</var>, where <var>x̂</var><sub>0</sub> = "
        "(<var>x<sub>t</sub></var> − σ<sub>t</sub> ε) / α<sub>t</sub>",
        ("2010.02502", "Song et al. 2020, equation 9"),
    ),
    "clip": (
        "What CLIP sees",
        "How well the guess at each step fits the prompt, and other texts for comparison.",
        "cos(CLIP(<var>x̂</var><sub>0</sub>), CLIP(text))",
        ("2103.00020", "Radford et al. 2021"),
    ),
    "nearest": (
        "Has it memorised?",
        "The pictures of the training gallery most like the result: a copy would show here.",
        "The cosine of two CLIP embeddings, and the root mean square difference of the pixels",
        ("2301.13188", "Carlini et al. 2023"),
    ),
}


def curves(layer: Layer, rail: str) -> dict[str, go.Figure]:
    """The curves that the trace alone gives."""
    trace, at = layer.trace, layer.film.positions
    last = ([1.0], [0.0]) if trace.finished else ([np.nan], [np.nan])
    alpha = np.concatenate([trace.alpha, last[0]])[at]
    sigma = np.concatenate([trace.sigma, last[1]])[at]
    norm = np.sqrt(np.mean(trace.x[at].reshape(len(at), -1) ** 2, 1))
    change = np.concatenate([[np.nan], captions.guess_change(trace, at)[1:]])
    return {
        "noise": draw_curves(at, [
            Line("α, picture", alpha, theme.QUANTITY["x0"]), Line("σ, noise", sigma, theme.QUANTITY["eps"]),
        ], rail, range=[-0.04, 1.08]),
        "norm": draw_curves(at, [Line("size of the state", norm, theme.QUANTITY["x_t"])], rail, rangemode="tozero"),
        "change": draw_curves(at, [Line("change", change, theme.QUANTITY["x0"])], rail, rangemode="tozero"),
    }  # fmt: skip


def clip_curve(engine, layer: Layer, texts: list[str], rail: str) -> tuple[go.Figure, str]:
    """CLIP's score of each guess for the prompt and for other texts, two where none are given; and who wins when."""
    prompt = layer.trace.request.prompt
    texts = [prompt, *(texts or judge.distractors(engine, prompt))]
    scores = judge.scores(engine, layer.film.x0, texts)
    looks = [(theme.QUANTITY["x0"], "solid"), *((theme.QUIET, dash) for dash in ("dash", "dot", "dashdot", "longdash"))]
    lines = [Line(_short(text), scores[:, i], *looks[i]) for i, text in enumerate(texts)]
    return draw_curves(layer.film.positions, lines, rail), _winner(layer, judge.wins_from(scores))


def _winner(layer: Layer, position: int | None) -> str:
    """When along the path the prompt wins for good."""
    if position is None:
        told = "At the end another text fits better than the prompt."
    elif position == 0:
        told = "The prompt is ahead from the first guess on."
    else:
        step, total = layer.film.positions[position], layer.trace.request.steps
        told = f"From step {step} of {total} on the prompt is ahead of the others, for good."
    return f'<p class="ds-quiet">{told}</p>'


def nearest(engine, picture: np.ndarray) -> str:
    """The gallery pictures nearest to the result, and whether one of them is a copy."""
    found, gallery = judge.neighbours(engine, picture), engine.gallery

    def row(indices: np.ndarray, measures: list[str]) -> list[tuple[str, str, str]]:
        return [
            (pictures.uri(gallery.thumbs[i], 128), gallery.labels[i], text)
            for i, text in zip(indices, measures, strict=True)
        ]

    ratio = found.distances[0] / found.usual
    verdict = (
        f"It is {ratio:.1f} times as far from the nearest gallery picture, pixel by pixel, as gallery pictures usually "
        "are from their own nearest neighbour: "
        + ("this is very close to a copy." if found.copied else "it has not copied one of these.")
    )
    return panels.neighbours([
        ("Nearest in meaning, by CLIP", row(found.by_clip, [f"similarity {cosine:.2f}" for cosine in found.cosines])),
        ("Nearest in pixels", row(found.by_pixels, [f"distance {distance:.3f}" for distance in found.distances])),
    ], verdict)  # fmt: skip


def _short(text: str) -> str:
    text = " ".join(text.split()) or "no prompt"
    return text if len(text) <= 24 else text[:23] + "…"
