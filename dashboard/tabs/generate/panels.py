"""The HTML of the Generate tab's panels. Whatever a visitor or a file wrote is escaped here."""

from __future__ import annotations

import html
import json

import numpy as np
from markupsafe import Markup

from dashboard import links, wording
from dashboard.layers import Layer

PICTURES = """
<div class="ds-pictures">
  <figure class="ds-big"><img data-frame="x0" alt="The image predicted from the noisy latent">
    <figcaption><i class="ds-q-x0"></i>predicted image <var>x̂<sub>0</sub></var>
      <small data-text="size"></small></figcaption></figure>
  <figure><img data-frame="x" alt="The noisy latent">
    <figcaption><i class="ds-q-x_t"></i>noisy latent <var>x<sub>t</sub></var></figcaption></figure>
  <figure><img data-frame="eps" class="ds-pixels" alt="The noise that the network predicts">
    <figcaption><i class="ds-q-eps"></i>predicted noise <var>ε</var></figcaption></figure>
</div>"""
STORY = """
<div class="ds-story">
  <p class="ds-caption" data-text="caption"></p>
  <p class="ds-quiet" data-text="sampler"></p>
  <p class="ds-numbers" data-text="numbers"></p>
</div>"""
FIRST = Markup('<p class="ds-quiet">A video: here its first frame, all {} of them in the tab Video.</p>')
MAX_COLUMNS = 31  # of the film strip: more would be too small to see
ROWS = (
    ("x", "x_t", "x<sub>t</sub>", "noisy", ""),
    ("x0", "x0", "x̂<sub>0</sub>", "image", ""),
    ("eps", "eps", "ε", "noise", "ds-pixels"),
)


def strip(count: int, total: int) -> str:
    """The film strip for a rail of `count` positions and a run of `total` steps; the rail fills it in."""
    columns = np.unique(np.linspace(0, count - 1, min(count, MAX_COLUMNS)).round().astype(int))
    rows = ""
    for frame, quantity, symbol, name, css in ROWS:
        cells = "".join(
            f'<td data-at="{p}"><img data-frame="{frame}" data-at="{p}" class="{css}" alt=""></td>' for p in columns
        )
        head = f'<i class="ds-q-{quantity}"></i><var>{symbol}</var> <small>{name}</small>'
        rows += f'<tr><th scope="row">{head}</th>{cells}</tr>'
    chosen = f"The rail stops at {count} of the run's {total + 1} states, the strip shows {len(columns)} of them"
    note = f'<p class="ds-quiet">{chosen}, evenly chosen.</p>' if len(columns) <= total else ""
    return f'<div class="ds-strip"><table>{rows}</table></div>{note}'


def named(layer: Layer) -> Markup:
    """The run that the pictures show and the buttons below it act on, with what they copy."""
    address, frames = json.dumps(links.of_run(layer.trace)), layer.trace.frames
    film = "" if frames is None else FIRST.format(len(frames))
    return Markup('<div class="ds-run" data-link="{}" data-settings="{}"><h2>{}</h2><p>{}</p>{}</div>').format(
        address, links.as_text(layer.trace), layer.title, settings(layer), film
    )


def settings(layer: Layer) -> Markup:
    """What it was made with; what is not as usual stands out."""
    looks = {True: Markup('<mark class="ds-changed">{}</mark>'), False: Markup("{}")}
    said = [looks[bool(one.changed)].format(one.words) for one in wording.said(layer.trace.request, usual=layer.usual)]
    return Markup(" · ").join([layer.model, *said])


def neighbours(rows: list[tuple[str, list[tuple[str, str, str]]]], verdict: str) -> str:
    """Rows of gallery pictures: (title, [(image URI, label, measure)]), and the sentence that sums them up."""
    out = ""
    for title, found in rows:
        figures = ""
        for uri, label, measure in found:
            caption = f"<figcaption>{html.escape(label)}<small>{measure}</small></figcaption>"
            figures += f'<figure><img src="{uri}" alt="">{caption}</figure>'
        out += f'<section><h3>{title}</h3><div class="ds-neighbours">{figures}</div></section>'
    return f'<p class="ds-verdict">{verdict}</p><div class="ds-near">{out}</div>'
