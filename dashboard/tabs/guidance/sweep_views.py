"""What the sweep of the Guidance tab says and shows. Whatever a visitor or a file wrote is escaped here."""

from __future__ import annotations

import html

import numpy as np
import plotly.graph_objects as go
from markupsafe import Markup

from core import advice
from dashboard import links, pictures, theme
from dashboard.figures.arrows import tradeoff as draw_tradeoff
from dashboard.markup import advised
from dashboard.onefile import live_link
from dashboard.tabs.guidance.sweep import Sweep, Swept, thumbnails, tradeoff
from dashboard.wording import about, duration

SWEEP = (
    "A sweep of guidance scales",
    "The same prompts from the same noise under each scale; every other setting is the sidebar's. Notice when strong "
    "guidance burns colours and makes all seeds alike. A click opens a picture in Generate.",
    "ε = ε<sub>u</sub> + <var>g</var> (ε<sub>c</sub> − ε<sub>u</sub>) for each <var>g</var>: 0 is unconditional, "
    "1 is conditional, above 1 is guided",
    ("2207.12598", "Ho & Salimans 2022"),
)
TRADEOFF = (
    "Adherence-diversity trade-off",
    "Prompt adherence, and diversity between seeds, at each guidance scale. Notice where adherence stops rising while "
    "diversity still falls. What the sweep costs in predictions stands above.",
    "fit: mean cos(CLIP(picture), CLIP(prompt)); diversity: mean of 1 − cos(CLIP(a), CLIP(b)) over pairs of seeds of "
    "one prompt; bands: ± a standard error, by leaving out one seed at a time",
    ("2207.12598", "the trade-off: Ho & Salimans 2022, section 4"),
)
SIDE = 128  # pixels of a finished picture
CURVES, HEIGHT = "CLIP score and diversity against guidance", 380
STOPPED = "sweep-stopped"  # in an address: after how many steps of all its pictures together a sweep was stopped


def planned(sweep: Sweep, seconds: float | None) -> str:
    """How many pictures, and how long they take."""
    count = len(sweep.requests)
    prompts = f" × {len(sweep.prompts)} prompts" if len(sweep.prompts) > 1 else ""
    of = f"{many(len(sweep.scales), 'scale')}{prompts} × {many(len(sweep.seeds), 'seed')}"
    time = "" if seconds is None else f", {about(seconds)} on this machine"
    return f"{many(count, 'picture')}: {of}{time}. {sweep.evaluations:,} predictions by {sweep.model}."


def warned(engine, sweep: Sweep) -> Markup:
    """What is to be known of any of its pictures, each thing once."""
    told = (said for request in sweep.requests for said in advice.advice(engine, request))
    return advised(list(dict.fromkeys(told)))


def grid(sweep: Sweep, swept: Swept | None = None, page: str | None = None) -> str:
    """The table of cells; each is a link that carries its own settings.

    page: of a grid that stands elsewhere, the address of the page that its links are to lead to.
    """
    uris = [pictures.BLANK] * len(sweep.requests)
    if swept:
        uris = [pictures.uri(one) for one in thumbnails(swept.pictures, SIDE)]
    requests = sweep.requests
    head = "".join(f'<th scope="col">{scale:g}</th>' for scale in sweep.scales)
    body = ""
    for row, (prompt, seed) in enumerate(sweep.rows):
        cells = ""
        for column, scale in enumerate(sweep.scales):
            number = sweep.number(row, column)
            told = f"guidance {scale:g} · seed {seed} · {prompt or 'no prompt'}"
            if swept:
                told += f" · CLIP score {swept.scores[number]:.3f}, the cosine of picture and prompt"
            where = swept.stopped(number) if swept else ""
            label = f'<small title="Stopped there: this is the predicted image so far">{where}</small>' if where else ""
            asked = {"tab": "generate", **links.written(sweep.model, requests[number])}
            address = links.address("", asked) if page is None else live_link(page, asked)
            href = f'href="{html.escape(address)}" ' if address else ""
            cells += (
                f'<td><a {href}data-cell="{number}" title="{html.escape(told)}">'
                f'<img src="{uris[number]}" alt="{html.escape(told)}">{label}</a></td>'
            )
        name = f"<span>{html.escape(prompt or 'no prompt')}</span>" if len(sweep.prompts) > 1 else ""
        body += f'<tr><th scope="row">{name}<small>seed {seed}</small></th>{cells}</tr>'
    columns = len(sweep.scales)
    return (
        f'<div class="ds-sweep{" is-done" if swept else ""}" tabindex="0" role="region" aria-label="The sweep">'
        f'<table style="--columns: {columns}">'
        f"<tr><th>guidance</th>{head}</tr>{body}</table></div>"
    )


def done(swept: Swept, seconds: float) -> str:
    sweep = swept.sweep
    if swept.finished:
        return f"{many(len(sweep.requests), 'picture')} in {duration(seconds)}."
    return f"Stopped after step {min(swept.steps)} of {sweep.base.steps}: these are the predicted images so far."


def tradeoff_plot(swept: Swept) -> tuple[go.Figure | None, str]:
    """The two curves over the scales, and what they say in a sentence."""
    sweep = swept.sweep
    if not sweep.measurable:
        return None, "Sweep over two scales and two seeds or more, and fit and diversity are measured here."
    found = tradeoff(swept)
    figure = draw_tradeoff(found.scales, [
        ("Prompt adherence: CLIP score", found.score, found.score_error, theme.QUANTITY["cond"]),
        ("Diversity: mean CLIP distance between seeds", found.diversity, found.diversity_error, theme.QUANTITY["x_t"]),
    ])  # fmt: skip
    best, varied = (found.scales[int(np.argmax(values))] for values in (found.score, found.diversity))
    told = f"Adherence is best at guidance {best:g}, diversity at {varied:g}, over {len(sweep.seeds)} seeds."
    if len(sweep.seeds) < 8:
        told += " Few seeds make wide bands: 8 or more tell more."
    if not swept.finished:
        told = f"Measured of predicted images, since the sweep was stopped. {told}"
    return figure, told


def many(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"
