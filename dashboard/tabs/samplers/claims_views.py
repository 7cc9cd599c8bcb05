"""What the lower half of Samplers says and shows. Whatever a visitor or a file wrote is escaped here."""

from __future__ import annotations

import html

import numpy as np

from core.types import Trace
from dashboard import pictures, wording
from dashboard.markup import heading, note
from dashboard.tabs.samplers import claims

ROWS_HEAD = heading(
    "Step 10 of 50 is not a 10-step run",
    "Above, one long run and the images it predicts on the way; below, separate runs of so many steps, from the same "
    "noise. Notice that early predictions are blurred means, while a short run is sharp and wrong in its details.",
    "above <var>x̂</var><sub>0</sub> predicted at step k, still among noise; below <var>x</var><sub>0</sub>, where k "
    "steps of their own length end",
    ("2010.02502", "Song et al. 2020, equation 9"),
)
QUALITY_HEAD = heading(
    "Quality against steps",
    "How many steps each sampler needs, measured on the model in use. Notice where a curve goes flat: more steps gain "
    "nothing there. Click a point to see its pictures.",
    "Fréchet distance: |m<sub>x</sub> − m<sub>y</sub>|² + tr(C<sub>x</sub> + C<sub>y</sub> − "
    "2 (C<sub>x</sub> C<sub>y</sub>)<sup>½</sup>), means and covariances of CLIP's embeddings",
    ("1706.08500", "Heusel et al. 2017"),
)
METRICS = {  # name -> title, its definition, one hover away
    "frechet": (
        "Fréchet distance, lower is better",
        "Squared Fréchet distance between Gaussians fitted to CLIP's embeddings of the pictures and of held-out "
        "renderings (as FID, arXiv 1706.08500)",
    ),
    "clip": (
        "CLIP score, higher fits the prompt",
        "Mean cosine of CLIP's embeddings of a picture and of its prompt, −1 to 1 (arXiv 2103.00020)",
    ),
    "diversity": (
        "Diversity, 0 for copies",
        "1 minus the mean cosine of CLIP's embeddings of two of the pictures, which have different prompts",
    ),
    "ms": (
        "Milliseconds a picture, lower is better",
        "Time in the network and the sampler, of a batch over its pictures, on the machine that measured it",
    ),
}
NO_CURVES = (
    "<p>This model carries no measurement of quality against steps: "
    "<code>python -m core evaluate MODEL --curves</code> makes one.</p>"
)
BAND = "95 %: 1.96 bootstrap standard errors each way, over the pictures of a point"


def metric(name: str) -> str:
    title, told = METRICS[name]
    return f'<h3 class="ds-metric" title="{html.escape(told)}">{title}</h3>'


def rows(engine, traces: list[Trace]) -> str:
    """Both rows of pictures; a run that was stopped shows how far it came."""
    long, *short = traces
    counts = [k for k in claims.SHORT if k <= len(long.x0)]
    above = engine.preview(np.stack([long.x0[k - 1] for k in counts]))
    below = engine.preview(np.stack([trace.result for trace in short]))
    first = _row(
        "One run of 50 steps: the predicted image at step …", above, [f"step {k} of {claims.LONG}" for k in counts]
    )
    names = [
        f"{k} step{'s' if k > 1 else ''}" if trace.finished else f"stopped at {len(trace.x0)} of {k}"
        for k, trace in zip(claims.SHORT, short, strict=True)
    ]
    base = long.request
    of = f"“{base.prompt.strip() or 'no prompt'}” · seed {base.seed} · {wording.settings(long.model, base)}"
    return f'<div class="ds-rows">{first}{_row("Separate runs of …", below, names)}</div>{note(of)}'


def _row(title: str, shown: np.ndarray, names: list[str]) -> str:
    figures = "".join(
        f'<figure><img src="{pictures.uri(one, 160)}" alt=""><figcaption>{name}</figcaption></figure>'
        for one, name in zip(shown, names, strict=True)
    )
    return f"<div><h3>{title}</h3>{figures}</div>"


def shipped(engine):
    """The curves in the model's folder; None where it has none, as a model made in memory has no folder."""
    from core import quality

    folder = engine.model.folder
    return quality.load(folder) if folder.is_dir() else None


def quality_told(curves, here: list[dict], model: str) -> str:
    settings = curves.results["settings"]
    more = f" Hollow points were measured here, with {claims.HERE_PICTURES} pictures each." if here else ""
    return (
        f"<p class='ds-quiet'>Model {html.escape(model)}, guidance {float(settings['guidance']):g}, "
        f"{int(settings['pictures'])} pictures a point, of the same prompts and noise. They are compared with "
        f"{int(settings['renderings'])} renderings that training never drew. The <abbr title='{BAND}'>bars</abbr> are "
        "95 % intervals; the dotted line is the distance of the same number of real renderings. With fewer pictures "
        f"the Fréchet distance is larger, so compare points of one count only.{more}</p>"
    )


def samples(shown: np.ndarray, title: str, prompts: list[str] | None = None) -> str:
    images = "".join(
        f'<img src="{pictures.uri(one, 128)}" alt="" title="{html.escape(prompts[i]) if prompts else ""}">'
        for i, one in enumerate(shown)
    )
    return f'<p class="ds-quiet">{html.escape(title)}</p><div class="ds-samples">{images}</div>'
