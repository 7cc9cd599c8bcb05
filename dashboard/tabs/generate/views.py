"""What the Generate tab says and draws about a finished run, below its pictures."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from markupsafe import Markup

from core.advice import unread
from core.measure import rms
from dashboard import captions, judge, lacks, links, pictures, reels, theme, wording
from dashboard.figures.curves import Line
from dashboard.figures.curves import curves as draw_curves
from dashboard.layers import Layer
from dashboard.markup import note, paragraphs
from dashboard.onefile import Sheet, leads_back
from dashboard.tabs.generate import panels

NOTES = {  # title, what one sees and what to notice, the equation, and the paper it is from
    "noise": (
        "Noise level",
        "How much of the noisy latent is picture (α) and how much is noise (σ), with α² + σ² = 1. Notice that steps "
        "count from noise (left) to picture (right), while t counts the other way, as in training.",
        "<var>x<sub>t</sub></var> = α<sub>t</sub> <var>x</var><sub>0</sub> + σ<sub>t</sub> ε",
        ("2006.11239", "Ho et al. 2020, equation 4"),
    ),
    "norm": (
        "Latent norm (RMS)",
        "The size of the noisy latent: 1 for pure noise. Notice that strong guidance inflates it at the end.",
        "‖<var>x<sub>t</sub></var>‖ / √<var>D</var>, which stays near 1 where "
        "‖<var>x</var><sub>0</sub>‖ = √<var>D</var> and α<sub>t</sub>² + σ<sub>t</sub>² = 1",
        ("2011.13456", "Song et al. 2021, section 3.4"),
    ),
    "change": (
        "Change of the predicted image",
        "How far x̂₀ moved since the step before. Notice where it is large: there the picture is being decided.",
        "‖Δ<var>x̂</var><sub>0</sub>‖ / √<var>D</var>, where <var>x̂</var><sub>0</sub> = "
        "(<var>x<sub>t</sub></var> − σ<sub>t</sub> ε) / α<sub>t</sub>",
        ("2010.02502", "Song et al. 2020, equation 9"),
    ),
    "clip": (
        "Prompt adherence (CLIP score)",
        "The CLIP score of the predicted image for the prompt and for similar texts. Notice whether a similar text "
        "scores as high: then CLIP cannot tell that the prompt was followed.",
        "cos(CLIP(<var>x̂</var><sub>0</sub>), CLIP(text))",
        ("2103.00020", "Radford et al. 2021"),
    ),
    "origin": (
        "From the prompt to the noise",
        "What the model in use reads and predicts: all that the other panels show comes from these predictions. Notice "
        "how many a run takes; guidance doubles them.",
        "ε = ε<sub>u</sub> + <var>g</var> (ε<sub>c</sub> − ε<sub>u</sub>): classifier-free guidance",
        ("2202.00512", "v: Salimans & Ho 2022"),
    ),
    "nearest": (
        "Has it memorised?",
        "The pictures of the training gallery most like the result. Notice the distance to the nearest one: a copy "
        "would be near 0.",
        "The cosine of two CLIP embeddings, and the root mean square difference of the pixels",
        ("2301.13188", "Carlini et al. 2023"),
    ),
}


def curves(layer: Layer, rail: str) -> dict[str, go.Figure]:
    """The curves that the trace alone gives."""
    at, (alpha, sigma, norm, change) = layer.film.positions, _measured(layer).values()
    return {
        "noise": draw_curves(at, [
            Line("α, picture", alpha, theme.QUANTITY["x0"]), Line("σ, noise", sigma, theme.QUANTITY["eps"]),
        ], rail, range=[-0.04, 1.08]),
        "norm": draw_curves(at, [Line("norm of xₜ", norm, theme.QUANTITY["x_t"])], rail, rangemode="tozero"),
        "change": draw_curves(at, [Line("change", change, theme.QUANTITY["x0"])], rail, rangemode="tozero"),
    }  # fmt: skip


def _measured(layer: Layer) -> dict[str, np.ndarray]:
    """What those curves show, each (P,): NaN where a stopped run has no level, and at the first guess no change."""
    trace, at = layer.trace, layer.film.positions
    last = ([1.0], [0.0]) if trace.finished else ([np.nan], [np.nan])
    return {
        "alpha": np.concatenate([trace.alpha, last[0]])[at],
        "sigma": np.concatenate([trace.sigma, last[1]])[at],
        "norm of x_t": rms(trace.x[at]),
        "change of x0": np.concatenate([[np.nan], captions.guess_change(trace, at)[1:]]),
    }


def rows(engine, layer: Layer, texts: list[str]) -> list[dict]:
    """Every curve as a table, a row for each position of the rail; texts: what the prompt is compared with."""
    texts = _compared(engine, layer, texts) if engine.clip else []
    scores = judge.scores(engine, layer.film.x0, texts).T if texts else []
    columns = {"step": layer.film.positions} | _measured(layer)
    columns |= {f"CLIP, {text.strip() or 'no prompt'}": row for text, row in zip(texts, scores, strict=True)}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _compared(engine, layer: Layer, texts: list[str]) -> list[str]:
    """The prompt, and the texts it is compared with: near ones where none are given."""
    prompt = layer.trace.request.prompt
    return [prompt, *(texts or judge.distractors(engine, prompt))]


def clip_curve(engine, layer: Layer, texts: list[str], rail: str) -> tuple[go.Figure | None, Markup]:
    """CLIP's score of each predicted image for the prompt and for other texts, near ones where none are given.

    And in words which of them is highest from when on, and how the parts of the prompt score one by one.
    """
    if engine.clip is None:
        return None, note(lacks.told(engine, "clip", "no score is shown"))
    prompt = layer.trace.request.prompt
    texts = _compared(engine, layer, texts)
    scores = judge.scores(engine, layer.film.x0, texts)
    words = judge.parts(engine, prompt, layer.film.x0[-1]) if engine.gallery else []
    looks = [(theme.QUANTITY["x0"], "solid"), *((theme.QUIET, dash) for dash in ("dash", "dot", "dashdot", "longdash"))]
    lines = [Line(_short(text), scores[:, i], *looks[i]) for i, text in enumerate(texts)]
    told = paragraphs(unread(engine.clip, texts[1:])) + _winner(layer, texts, scores) + _words(words, engine)
    return draw_curves(layer.film.positions, lines, rail), told


def sheet(engine, layer: Layer, texts: list[str], page: str) -> Sheet:
    """The run as a page of its own; page: the address of the one it was made on, which its link leads back to."""
    trace, figures = layer.trace, curves(layer, "")
    score, _ = clip_curve(engine, layer, texts, "")
    if score is not None:
        figures["clip"] = score
    return Sheet(
        title=layer.title,
        settings=wording.settings(trace.model, trace.request),
        reel=reels.film(layer),
        body=f'<div class="ds-hero">{panels.PICTURES}{panels.STORY}</div>',
        below=panels.strip(len(layer.film.positions), len(trace.x0)),
        curves=[(NOTES[name], figure) for name, figure in figures.items()],
        live=leads_back(page, {"tab": "generate", **links.of_run(trace)}),
    )


def _winner(layer: Layer, texts: list[str], scores: np.ndarray) -> Markup:
    """From when on the prompt scores highest of texts, by scores (P, M); else what scores higher at the end."""
    position, last = judge.wins_from(scores), int(np.argmax(scores[-1]))
    if len(texts) == 1:
        told = f"At the end the prompt scores {scores[-1, 0]:.2f}."
    elif position is None:
        told = (
            f"At the end “{texts[last]}” scores {scores[-1, last]:.2f}, the prompt {scores[-1, 0]:.2f}: by CLIP the "
            "prompt was not followed in every part."
        )
    else:
        step, total = layer.film.positions[position], layer.trace.request.steps
        lead = scores[-1, 0] - scores[-1, 1:].max()
        told = f"The prompt scores highest from step {step} of {total} on. At the end it leads by {lead:.2f}."
    return note(told)


def _words(found: list[judge.Part], engine) -> Markup | str:
    """The parts of the prompt one by one, with their places among the gallery's names."""
    if not found or engine.gallery is None:
        return ""
    count = len(set(engine.gallery.labels))
    told = " · ".join(
        f"“{one.text}” {one.score:.2f}" + (f", rank {one.rank} of {count:,} names" if one.rank else "") for one in found
    )
    return note(f"Each part of the prompt in the final image, by CLIP: {told}. One far down is not seen there.")


def nearest(engine, picture: np.ndarray) -> str:
    """The gallery pictures nearest to the result, and whether one of them is a copy."""
    for part, value in (("gallery", engine.gallery), ("clip", engine.clip)):
        if value is None:
            return note(lacks.told(engine, part, "nobody can tell what the picture resembles"))
    found, gallery = judge.neighbours(engine, picture), engine.gallery

    def row(indices: np.ndarray, measures: list[str]) -> list[tuple[str, str, str]]:
        return [
            (pictures.uri(gallery.thumbs[i], 128), gallery.labels[i], text)
            for i, text in zip(indices, measures, strict=True)
        ]

    ratio = found.distances[0] / found.usual
    verdict = (
        f"This picture is {found.distances[0]:.3f} from the nearest one of the gallery. Gallery pictures are typically "
        f"{found.usual:.3f} from theirs, so the ratio is {ratio:.2f}. Below {judge.COPY:g} we call it a copy: "
        + ("this picture counts as a copy." if found.copied else "this picture is none.")
    )
    return panels.neighbours([
        ("Nearest in meaning, by CLIP", row(found.by_clip, [f"similarity {cosine:.2f}" for cosine in found.cosines])),
        ("Nearest in pixels", row(found.by_pixels, [f"distance {distance:.3f}" for distance in found.distances])),
    ], verdict)  # fmt: skip


def _short(text: str) -> str:
    text = " ".join(text.split()) or "no prompt"
    return text if len(text) <= 24 else text[:23] + "…"


def origin(engine, layer: Layer) -> Markup:
    """How the run came about, from prompt to noise: what the model reads, what it predicts, how often."""
    trace, request = layer.trace, layer.trace.request
    steps = len(trace.x0)
    cost = f"{steps} step{'s' if steps > 1 else ''} took {trace.predictions} predictions"
    if trace.predictions > steps and request.guidance not in (0, 1):
        without = "with the negative prompt" if request.negative_prompt.strip() else "without it"
        cost += (
            f". Classifier-free guidance needs two at a step, with the prompt and {without}: double work is what "
            "guidance costs"
        )
    return paragraphs(
        [f"{engine.name}: {engine.manifest['summary']}. {engine.reads}", PREDICTS[engine.prediction], f"{cost}."]
    )


PREDICTS = {  # by the kind of prediction (core.guidance.as_denoiser)
    "eps": "The network predicts the noise ε; the predicted image is x̂₀ = (xₜ − σε) / α. In pure noise α is 0 but "
    "for a trace, so there x̂₀ is uncertain and kept within the range of images.",
    "v": "The network predicts v = αε − σx₀. With α² + σ² = 1 both follow: ε = αv + σxₜ and x̂₀ = αxₜ − σv. "
    "Nothing is divided by α, so x̂₀ is there in pure noise too, where α = 0 and v is simply −x₀.",
    "x0": "It predicts the image x̂₀ itself; the noise is ε = (xₜ − αx̂₀) / σ. Nothing is divided by α, so x̂₀ is "
    "there in pure noise too, where α = 0.",
    "flow": "The network predicts the velocity ε − x₀. From it follow x̂₀ = xₜ − σ(ε − x₀) and "
    "ε = xₜ + α(ε − x₀), without dividing by α, so x̂₀ is there in pure noise too, where α = 0.",
}
