"""The HTML of the Samplers tab's lanes, and what its rail plays. Labels come from tables; visitor text is escaped."""

from __future__ import annotations

import html

import numpy as np
import plotly.graph_objects as go
from markupsafe import Markup

from core.types import Request
from core.updates import SAMPLERS
from dashboard import links, pictures, wording
from dashboard.components.rail import Reel
from dashboard.figures.claims import mark
from dashboard.figures.curves import Line
from dashboard.figures.curves import curves as draw_curves
from dashboard.figures.trajectory import latent_map
from dashboard.markup import heading
from dashboard.onefile import Sheet, leads_back, panel
from dashboard.service import Progress
from dashboard.split import split
from dashboard.tabs.samplers import lanes
from dashboard.tabs.samplers.lanes import Comparison, Own, Shown

SIDE = 256  # of the enlarged pictures in pixels
GONE = "progress to σ = 0, %"
HEAD = heading(
    "Samplers, side by side",
    "Up to four samplers go from one noise to a picture of the same prompt, aligned by noise level. Notice which of "
    "them agree at the end, and what each costs in predictions.",
    "<var>x<sub>s</sub></var> = α<sub>s</sub> <var>x̂</var><sub>0</sub> + √(σ<sub>s</sub>² − τ²) ε + τ <var>z</var>: "
    "τ is the fresh noise, eta times that of DDPM",
    ("2010.02502", "Song et al. 2020, equations 12 and 16"),
)
AB_HEAD = heading(
    "One over the other", "Two results on one another: drag the line. Notice which details the samplers agree on."
)
MAP, MAP_HEIGHT = "The paths of all samplers through latent space", 430
MAP_HEAD = heading(
    "Their paths",
    "PCA of the states of all samplers. Notice that DDIM goes smoothly where DDPM jitters, and how much of the "
    "variance the two axes hold.",
    "y = (x<sub>t</sub> − x̄) B<sup>T</sup>, B the directions of largest variance of the states of all samplers at the "
    "rail's noise levels",
    ("2506.10177", "Chen et al. 2025"),
)
NOTES = {  # curve -> title, sentence, equation, paper
    "norm": (
        "Latent norm (RMS)",
        "The size of xₜ: near 1 where signal and noise are as they should be. Notice that too little noise shows "
        "here first, as a curve that falls below 1.",
        "‖<var>x<sub>t</sub></var>‖ / √<var>D</var>",
        ("2011.13456", "Song et al. 2021, section 3.4"),
    ),
    "distance": (
        "Distance to the end",
        "How far each sampler still is from its own result. Notice where the curves part.",
        "‖<var>x<sub>t</sub></var> − <var>x</var><sub>0</sub>‖ / √<var>D</var>, <var>x</var><sub>0</sub> the sampler's "
        "own result",
        ("2303.02490", "Wang & Vastola 2023"),
    ),
    "clip": (
        "Prompt adherence (CLIP score)",
        "How well each sampler's predicted image fits the prompt at each noise level. Notice how early it is decided.",
        "cos(CLIP(<var>x̂</var><sub>0</sub>), CLIP(prompt))",
        ("2103.00020", "Radford et al. 2021"),
    ),
    "mean": (
        "Distance to the data's mean",
        "How far each sampler's predicted image is from the mean of the data. Notice that the first one is nearest.",
        "‖<var>x̂</var><sub>0</sub> − <var>x̄</var>‖ / √<var>D</var>, <var>x̄</var> the mean shown beside them; "
        "in pure noise the best prediction is <var>x̄</var> = E[<var>x</var><sub>0</sub>]",
        ("2206.00364", "Karras et al. 2022, equation 57"),
    ),
}
LEVEL = (
    '<p class="ds-quiet ds-lane-level" title="The angle arctan(σ/α) falls from about 90° in pure noise to 0° in the '
    "picture; the percentage is how much of that way is done. Each sampler shows the last step it took before that "
    'level, so that 10 and 1000 steps line up.">The rail runs from noise to picture: all samplers are shown at '
    "one noise level σ.</p>"
)
INVITATION = (
    "<p>Here are two ways from one noise: DDIM glides, DDPM jitters. Change a sampler and run them again, or take "
    "one of the comparisons above.</p>"
)
MEASURES = {  # name -> its definition, one hover away
    "predictions": "How often the network predicted the noise, counted from the run. Where guidance is neither 0 nor 1 "
    "every evaluation is two predictions, with the prompt and without it: that double work is the cost of guidance.",
    "seconds": "Time in the network and the update for this sampler, its share where several ran in one batch; "
    "decoding pictures is left out. Measured on this machine, just now.",
    "path": "Length of the path over the straight line between its ends, in all dimensions of the latent.",
    "CLIP score": "Cosine of CLIP's embeddings of the result and of the prompt, −1 to 1 (arXiv 2103.00020).",
    "first x̂₀ to mean": "Root mean square distance of the first predicted image's latent from the mean shown beside.",
    "result to mean": "Root mean square distance of the result's latent from the mean shown beside.",
    "nearest picture": "Root mean square distance of the result's latent from the nearest picture of the "
    "gallery; 0 is a copy.",
}


def cards(asked: list[Request]) -> str:
    """Every lane's picture, its name and the place for its numbers; the rail fills them in."""
    out = ""
    for lane, (request, colour) in enumerate(zip(asked, lanes.colours(asked), strict=True)):
        name = html.escape(lanes.title(request))
        out += (
            f'<figure class="ds-lane" style="--run: {colour}"><h3>{name}</h3>'
            f'<img data-frame="x0:{lane}" alt="x̂₀ of {name}"><p class="ds-numbers" data-text="at:{lane}"></p>'
            "</figure>"
        )
    return f'<div class="ds-lanes">{out}</div>{LEVEL}'


def finished(shown: Shown) -> str:
    """The same, with what was measured, a button that opens a lane in Generate, and the data's mean if it is asked."""
    found, mean, scores = shown.found, shown.mean, shown.curves["clip"]
    asked, out = [trace.request for trace in found.traces], ""
    for lane, (trace, colour) in enumerate(zip(found.traces, lanes.colours(asked), strict=True)):
        name = html.escape(lanes.title(trace.request))
        short = "" if trace.finished else f" · stopped after {len(trace.x0)}"
        numbers = {
            "predictions": f"{trace.predictions}",
            "seconds": f"{trace.seconds:.2f}",
            "path": f"{lanes.path_ratio(trace):.2f} × straight",
        }
        if np.isfinite(scores[lane, -1]):
            numbers["CLIP score"] = f"{scores[lane, -1]:.3f}"
        if mean:
            numbers["first x̂₀ to mean"] = f"{mean.distances[lane, 0]:.2f}"
            numbers["result to mean"] = f"{mean.distances[lane, -1]:.2f}"
            numbers["nearest picture"] = f"{mean.nearest[lane]:.2f}"
        out += (
            f'<figure class="ds-lane" style="--run: {colour}"><h3>{name}{short}</h3>'
            f'<img data-frame="x0:{lane}" alt="x̂₀ of {name}"><p class="ds-numbers" data-text="at:{lane}"></p>'
            f"{_measures(numbers)}"
            f'<button type="button" class="ds-lane-open" data-open="{lane}">Open in Generate</button></figure>'
        )
    if mean:
        out += (
            '<figure class="ds-lane ds-lane-mean"><h3>Mean of the data</h3>'
            f'<img src="{pictures.uri(mean.picture, SIDE)}" alt="The mean of the data">'
            f'<p class="ds-quiet">The mean of the latents of {html.escape(mean.of)}, decoded. They lie '
            f"{mean.usual:.2f} from it themselves.</p></figure>"
        )
    return f'<div class="ds-lanes">{out}</div>{LEVEL}'


def own_eta(sampler: object) -> Markup:
    """What stands in the place of a lane's eta where the sampler reads none; what has none at all hides its fields."""
    row = SAMPLERS.get(sampler) if isinstance(sampler, str) else None
    if row is None:
        return Markup('<i class="is-none"></i>')
    if row.reads_eta:
        return Markup("")
    told = f"{row.label} reads no eta: how much fresh noise it adds is part of it. 0 is none, 1 as much as DDPM."
    return Markup('<span>Eta</span><p title="{}">{}</p>').format(told, row.own_eta)


def _measures(numbers: dict[str, str]) -> str:
    rows = "".join(
        f'<dt title="{html.escape(MEASURES[name])}">{html.escape(name)}</dt><dd>{value}</dd>'
        for name, value in numbers.items()
    )
    return f'<dl class="ds-measures">{rows}</dl>'


def slider(asked: list[Request]) -> Markup:
    """Two lanes laid over each other."""
    return split([lanes.title(one) for one in asked], [f"x0:{lane}" for lane in range(len(asked))], "data-frame")


def live(asked: list[Request], latest: dict[int, Progress], shown: dict[int, str], live: bool = True) -> Reel:
    """Where every lane is while they run: the picture of each that was drawn last."""
    sigma = min((one.sigma for one in latest.values() if one.sigma is not None), default=None)
    step = "starting" if sigma is None else f"σ {sigma:.2f}"
    told = {lane: f"step {one.index} of {one.total}" for lane, one in latest.items()}
    return Reel(
        [0],
        {f"x0:{lane}": [shown.get(lane)] for lane in range(len(asked))},
        {"step": [step], **{f"at:{lane}": [told.get(lane, "")] for lane in range(len(asked))}},
        live=live,
    )


def reel(found: Comparison) -> Reel:
    frames, texts = (
        {},
        {
            "step": [
                f"σ {np.sin(level):.2f} · {gone:.0f} % done"
                for level, gone in zip(found.levels, found.gone, strict=True)
            ]
        },
    )
    for lane, trace in enumerate(found.traces):
        uris: dict[int, str] = {}
        for k, frame in zip(found.at[lane].tolist(), found.frames[lane], strict=True):
            if k not in uris:
                uris[k] = pictures.uri(frame, SIDE)
        frames[f"x0:{lane}"] = [uris[k] for k in found.at[lane].tolist()]
        texts[f"at:{lane}"] = [f"step {k} of {trace.request.steps}" for k in found.at[lane]]
    return Reel(list(range(len(found.levels))), frames, texts)


def curves(shown: Shown, rail: str) -> dict[str, go.Figure]:
    """Each curve that was measured, by its name in NOTES."""
    axes = {"clip": {}}
    return {
        name: _curve(shown.found, values, rail, **axes.get(name, {"rangemode": "tozero"}))
        for name, values in shown.curves.items()
    }


def sheet(shown: Shown, gallery, page: str) -> Sheet:
    """The lanes as a page of their own; page: the address of the one they ran on, which its link leads back to."""
    found = shown.found
    trace, asked = found.traces[0], [one.request for one in found.traces]
    at = links.stopped_at(*found.traces)
    settings = {"tab": "samplers", **links.written(trace.model, trace.request, weights=trace.weights)}
    names = f"{', '.join(lanes.title(one) for one in asked)} · {trace.model} · {wording.guidance(trace.request)}"
    return Sheet(
        title=f"{trace.request.prompt.strip() or 'no prompt'} · seed {trace.request.seed}",
        settings=names,
        reel=reel(found),
        body=finished(shown),
        below=DETAIL.format(
            Markup("<div>{}{}</div>").format(AB_HEAD, slider(asked)) if len(asked) > 1 else "",
            panel(MAP_HEAD, lanes_map(shown, gallery, "", 2), MAP, height=MAP_HEIGHT),
        ),
        curves=[(NOTES[name], figure) for name, figure in curves(shown, "").items()],
        live=leads_back(page, settings | {"lanes": lanes.to_link(asked)} | links.stop_told(at, lanes.STOPPED)),
    )


DETAIL = Markup('<div class="ds-lane-detail">{}{}</div>')


def _curve(found: Comparison, values: np.ndarray, rail: str, **axis) -> go.Figure:
    asked = [trace.request for trace in found.traces]
    lines = [
        Line(lanes.title(one), row, colour, SAMPLERS[one.sampler].dash)
        for one, row, colour in zip(asked, values, lanes.colours(asked), strict=True)
    ]
    figure = draw_curves(found.gone, lines, rail, GONE, **axis)
    return figure.update_layout(showlegend=False)  # the colours are those of the lanes above


def caption(text: str, own: Own, exact: bool = False) -> str:
    """What to look at, and the settings that the lanes have of their own, with a button for the sidebar's.

    exact: with a button for the same with the exact denoiser.
    """
    told = f"<p>{html.escape(text)}</p>" if text else ""
    if exact:
        told += '<button type="button" id="lanes-exact" data-event="exact">See it with the exact denoiser</button>'
    if said := own.told():
        told += (
            f'<p class="ds-quiet">These samplers have their own {html.escape(said)}; the sidebar keeps its settings. '
            '<button type="button" id="lanes-back" data-event="back">Back to the sidebar\'s settings</button></p>'
        )
    return told


def summary(found: Comparison) -> str:
    """What all lanes share, and what they took, in plain text."""
    request, model = found.traces[0].request, found.traces[0].model
    of = f"“{request.prompt.strip()}”" if request.prompt.strip() else "No prompt"
    guidance = wording.guidance(request)
    seconds = sum(trace.seconds for trace in found.traces)
    return f"{of} · seed {request.seed} · {model} · {guidance} · all samplers in {seconds:.1f} s of work"


def stale(shown: Shown | None, model: str, base: Request) -> list[str]:
    """What to know of the lanes in view where another model, prompt or seed is chosen than they were made with."""
    if shown is None:
        return []
    now, made = wording.shared(model, base), shown.found.traces[0]
    others = [name for name, said in wording.shared(made.model, made.request).items() if said != now[name]]
    named = " and ".join(filter(None, (", ".join(others[:-1]), *others[-1:])))
    return [f"The pictures below were made with another {named}. Run makes them again."] if others else []


def lanes_map(shown: Shown, gallery, rail: str, dims: int):
    """The paths of all lanes over the gallery, and the data's mean among them where it is asked."""
    chart, mean = lanes.chart(shown, gallery, dims)
    figure = latent_map(chart, rail, fresh=f"{dims} {id(shown.found)}")
    return figure if mean is None else mark(figure, mean, "mean of the data")
