"""How much is in an embedding: what many noises make of one, and what is left of it with fewer numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import gradio as gr
import numpy as np
from markupsafe import Markup

from core.errors import RequestError
from core.measure import unit
from dashboard import pictures, theme
from dashboard.markup import heading, paragraphs
from dashboard.tabs.unclip import measures, views
from dashboard.tabs.unclip.drawn import SIDE, Around, Found, Judged, Shot
from dashboard.tabs.unclip.panel import opens, setting
from dashboard.tabs.unclip.source import Room, Source, world
from dashboard.tabs.unclip.stage import Stage
from dashboard.tabs.unclip.variations import COUNT, seeds

TITLE = "How much is in it"
NAME = "numbers"
HEAD = (
    "How much is in an embedding?",
    "A picture has thousands of numbers, its embedding a few hundred, and pictures are drawn from all of these or from "
    "fewer. Notice where they agree: there the embedding held the answer; where they differ, the noise decided.",
    "<var>z</var><sub>k</sub> = <var>z̄</var> + <var>P<sub>k</sub></var> (<var>z</var> − <var>z̄</var>), "
    "<var>P<sub>k</sub></var> onto the first <var>k</var> principal components of the gallery's embeddings",
    ("2204.06125", "Ramesh et al. 2022, section 5 and figure 7"),
)
FIGURE = Markup('<figure class="ds-shot"><img src="{}" alt="{}"><figcaption>{}<small>{}</small></figcaption></figure>')
KINDS = {"Many noises": "noises", "Fewer numbers": "fewer"}


def build(room: Room) -> None:
    shell = room.shell
    gr.HTML(heading(*HEAD))
    with gr.Row(elem_classes=["ds-map-controls"]):
        kind = gr.Radio(list(KINDS.items()), value="noises", label="One embedding", elem_id="unclip-numbers-kind",
                        elem_classes=["ds-segmented"], min_width=0)  # fmt: skip
    with gr.Row(elem_classes=["ds-clip-row"]):
        source = Source(room, "numbers", "held")
    settings = [
        *source.settings,
        setting("by", kind, "noises", tuple(KINDS.values())),
    ]  # fmt: skip
    with gr.Row(elem_classes=["ds-unclip"]):
        portrait = gr.HTML("", elem_id="unclip-numbers-source")
        with gr.Column(min_width=0):
            stage = Stage(shell, NAME, TITLE, HEAD, "Draw them", settings)
    agreed = gr.HTML("", elem_id="unclip-agreed")
    told = gr.HTML("", elem_id="unclip-numbers-told", elem_classes=["ds-told"])
    stage.files()

    def work(values: dict, visit: gr.Request) -> Iterator[dict]:
        if values[kind] not in KINDS.values():
            raise RequestError("by", values[kind], f"one of {', '.join(KINDS.values())}")
        model, base = shell.asked(values)
        space = room.spaces.get(model)
        with shell.service.turn(model) as engine:
            origin = source.origin(space, engine, values[shell.layers], values[source.chosen], values[source.brought])
        above = views.portrait(origin.name, origin.picture, world(space, origin))
        yield {portrait: above, agreed: ""}
        plain = replace(base, prompt="")
        if values[kind] == "noises":
            shots = [
                Shot(f"seed {seed}", replace(plain, embedding=origin.numbers, seed=seed)) for seed in seeds(base.seed)
            ]
            shares = counts = None
        else:
            counts = components(len(origin.embedding))
            rows, shares = reduced(space.pictures, origin.embedding, counts)
            shots = [
                Shot(f"{count} of {counts[-1]}", replace(plain, embedding=tuple(row.tolist())))
                for count, row in zip(counts, rows, strict=True)
            ]

        def judge(engine, found: Found) -> Judged:
            names, kept = measures.named(space, found.embeddings), found.embeddings @ origin.embedding
            if counts is None:
                table = [{"seed": shot.request.seed, "nearest_name": name, "cosine_to_source": cosine}
                         for shot, name, cosine in zip(found.shots, names, kept, strict=True)]  # fmt: skip
                mean, spread = agreement(found.pictures)
                shown = {agreed: both(mean, spread), told: paragraphs(by_noise(space, origin, found, spread))}
                return Judged([f"{name}, cosine {c:.2f}" for name, c in zip(names, kept, strict=True)], table, shown)
            table = [{"components": count, "variance_kept": share, "nearest_name": name, "cosine_to_source": cosine}
                     for count, share, name, cosine in zip(counts, shares, names, kept, strict=True)]  # fmt: skip
            notes = [f"{share:.1%} of the variance, {name}" for share, name in zip(shares, names, strict=True)]
            return Judged(notes, table, {agreed: "", told: paragraphs(by_count(space, counts, kept))})

        yield from stage.draw(
            model, shots, base, values, visit, judge, Around(origin.name, above),
            kept=source.kept(values[source.chosen], origin.embedding),
        )  # fmt: skip

    inputs = {*shell.controls.inputs, shell.layers, *source.inputs, kind}
    outputs = [portrait, agreed, told]
    stage.starts([stage.run.click, kind.input, *source.connect(shell.controls.model)], work, inputs, outputs)
    stage.connect()
    opens(shell, stage, source.first, work, inputs, outputs)


def components(space: int) -> list[int]:
    """How many of an embedding's numbers are kept, from few to all, by doubling."""
    found = [space]
    while len(found) < COUNT and found[0] > 1:
        found.insert(0, found[0] // 2)
    return found


def principal(gallery: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean (D,), directions of largest variance (D, D) and the share that the first k hold (D,) of rows (N, D)."""
    mean = gallery.mean(0)
    variances, vectors = np.linalg.eigh(np.cov((gallery - mean).T))
    order = np.argsort(-variances)
    return mean, vectors[:, order].T, np.cumsum(variances[order]) / variances.sum()


def reduced(gallery: np.ndarray, embedding: np.ndarray, counts: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """The embedding with so many principal components of the gallery's (N, D), and the share of variance they hold."""
    mean, basis, shares = principal(gallery)
    along = basis @ (embedding - mean)
    rows = np.stack([mean + along[:count] @ basis[:count] for count in counts])
    return unit(rows), shares[np.array(counts) - 1]


def agreement(drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean of pictures (N, h, w, 3) uint8, and how far they differ at each place, in [0, 1], (h, w)."""
    values = drawn.astype(np.float32) / 255
    return (255 * values.mean(0)).round().astype(np.uint8), values.std(0).mean(-1)


def both(mean: np.ndarray, spread: np.ndarray) -> Markup:
    """The mean picture, and the spread in one colour on a scale of its own."""
    ink = np.array([int(theme.QUANTITY["guided"][i : i + 2], 16) for i in (1, 3, 5)])
    share = (spread / max(float(spread.max()), 1e-6))[..., None]
    heat = (255 + share * (ink - 255)).round().astype(np.uint8)
    shown = (
        (mean, "Their mean", "sharp where they agree"),
        (heat, "Where they differ", f"standard deviation, white 0 to orange {spread.max():.2f}"),
    )
    figures = Markup("").join(FIGURE.format(pictures.uri(one, SIDE), title, title, note) for one, title, note in shown)
    return Markup('<div class="ds-shots" style="--count: 4">{}</div>').format(figures)


def by_noise(space, origin, found: Found, spread: np.ndarray) -> list[str]:
    """What share of the pixels' variance an embedding leaves open."""
    gallery = space.thumbs.astype(np.float32) / 255
    open_share = float((spread**2).mean() / gallery.var(0).mean())
    size = found.pictures[0].size
    return [
        f"The embedding has {len(origin.embedding)} numbers, the picture {size:,}. Given the embedding, "
        f"{open_share:.0%} of the variance that pictures of the gallery have, pixel by pixel, is still open: the noise "
        "decides it.",
        "CLIP was trained to tell captions apart, and its embedding holds what that takes; look at what it left open.",
    ]


def by_count(space, counts: list[int], kept: np.ndarray) -> list[str]:
    shares = principal(space.pictures)[2]
    need = int(np.searchsorted(shares, 0.99)) + 1
    return [
        f"{need} of the {len(shares)} principal components hold 99 % of the variance of the gallery's embeddings; in "
        "DALL·E 2 it was 319 of 1,024. The first of them tell the most of what sets pictures apart for CLIP.",
        f"CLIP's cosine of the picture to the original rises from {kept[0]:.2f} to {kept[-1]:.2f}.",
    ]
