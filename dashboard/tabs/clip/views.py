"""What the panels of the CLIP tab share. Whatever a visitor or a file wrote is escaped here."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import gradio as gr
import numpy as np
import plotly.graph_objects as go
from markupsafe import Markup
from PIL import Image

from core.text import lines as plain_lines
from core.types import MAX_PROMPT, RequestError
from dashboard import links, onefile, pictures
from dashboard.address import Setting, written
from dashboard.components.downloads import PAGE, Downloads
from dashboard.components.uploaded import File
from dashboard.events import at_last
from dashboard.figures.sketch import WIDTH, sketch
from dashboard.layers import Layer, Layers
from dashboard.markup import without_folders
from dashboard.onefile import Sheet, leads_back
from dashboard.shell import Shell
from dashboard.tabs.clip import uploads
from dashboard.tabs.clip.spaces import Space, Spaces

MAX_TEXTS = 24
MAX_PICTURES = 24
NEAREST = 5
THUMB = 48
RUN = "The run in view"
PREFIX = "clip-"  # of the names in the address, where other tabs have names of their own


@dataclass(frozen=True)
class Room:
    """What every panel of the tab is given."""

    shell: Shell
    spaces: Spaces
    source: gr.Textbox

    @property
    def inputs(self) -> list:
        """What names the space: the sidebar's model, and another CLIP or none."""
        return [self.shell.controls.model, self.source]

    @property
    def another(self) -> Setting:
        """Another CLIP, which a link may name: each panel takes it over with its own settings."""
        return setting("source", self.source, "")

    def sheet(
        self, panel: str, name: str, body: str, layers: Layers, set_to: Iterable[tuple[Setting, object]], values: tuple
    ) -> Sheet:
        """What a panel shows as a page of its own.

        panel: its title; name: of what it shows, plain text or ''; set_to: its settings and what they are set to.
        values: of `inputs`, and last the address of the page that the link leads back to.
        """
        chosen, source, page = values
        shown, model = layers.shown, chosen or self.shell.service.default
        run = {"model": model} if shown is None else links.of_run(shown.trace)
        if shown is not None and shown.model != model:
            run = links.written(model, shown.trace.request)
        panels = {one.name: written(value) or " " for one, value in set_to}
        return Sheet(
            title=f"CLIP · {panel}" + (f": {name}" if name else ""),
            settings=f"another CLIP: {without_folders(source)}" if source else f"the CLIP of {model}",
            reel=None,
            body=body,
            live=leads_back(page, {"tab": "clip", "clip": panel.lower(), **run, self.another.name: source, **panels}),
            about="the space that words and pictures share",
        )

    def offer(self, files: Downloads, name: str, make: Callable[..., Sheet], *sources: object) -> None:
        """Let the button of these files save what make(a value of each source, the page's address) gives."""

        def file(kind: str, *values: object) -> tuple[str, bytes]:
            return f"clip-{name}.{kind}", onefile.page(make(*values))

        files.offer(file, *sources, PAGE)

    def follow(self, draw: Callable, inputs: list, outputs: list) -> None:
        """Another run is in view: draw(a value of each input) again; a panel that is first seen draws by itself."""
        at_last([self.shell.layers.change], draw, inputs, outputs, earlier=False)


def files(name: str) -> Downloads:
    """The button that saves a panel as a page of its own; it stands where it is made."""
    with gr.Row(elem_classes=["ds-files"]):
        return Downloads(name=name, kinds=onefile.KIND)


def wide(figure: go.Figure, label: str, height: float, width: float = WIDTH) -> Markup:
    """A plot full of words, on a page of its own: a narrow screen shows a part of it at a time."""
    return Markup('<div class="ds-scroll-x" tabindex="0" role="region" aria-label="{}">{}</div>').format(
        label, sketch(figure, label, height, width)
    )


def told(lines: str) -> Markup:
    """What is said below a panel, on a page of its own."""
    return Markup('<div class="ds-told">{}</div>').format(Markup(lines))


@dataclass(frozen=True)
class Picture:
    name: str
    image: Image.Image
    said: str = ""  # its label, or the prompt it was drawn from, where there is one

    def uri(self, side: int) -> str:
        return pictures.uri(np.asarray(self.image.convert("RGB")), side)


def setting(name: str, control: gr.components.Component, first: object, allowed: tuple = ()) -> Setting:
    """What a control of this tab is set to, carried by the address."""
    return Setting(PREFIX + name, control, first, allowed)


def lines(text: object, field: str = "texts", most: int = MAX_TEXTS) -> list[str]:
    """The texts a visitor typed, one a line."""
    if not isinstance(text, str) or len(text) > most * MAX_PROMPT:
        raise RequestError(field, text, f"at most {most} lines of text")
    found = plain_lines(text)
    if len(found) > most:
        raise RequestError(field, f"{len(found)} lines", f"at most {most}")
    for line in found:
        if len(line) > MAX_PROMPT:
            raise RequestError(field, line, f"at most {MAX_PROMPT} characters a line")
    return found


DRESS = re.compile(r"^(?:[-*•–]\s+|[\s\[\"'])+|[\s\]\"']+$")  # of a label: bullets, quotes, the brackets of a list


def listed(text: object, field: str, most: int) -> list[str]:
    """Labels as people list them: one a line, or with commas or semicolons between them, each once.

    A comma parts labels where all stand on one line or a line ends with one; elsewhere it belongs to its label.
    """
    found = lines(text, field, most)
    if len(found) == 1 or any(line.endswith((",", ";")) for line in found):
        found = [part.strip() for line in found for part in re.split(r"[,;、|\t،؛]", line) if part.strip()]
    found = [label for one in found if (label := DRESS.sub("", one))]
    if len(found) > most:
        raise RequestError(field, f"{len(found)} of them", f"at most {most}")
    return list(dict.fromkeys(found))


def from_gallery(space: Space, chosen: object) -> list[Picture]:
    """The gallery's pictures of these labels, which the browser named."""
    found = []
    for label in chosen if isinstance(chosen, list) else [chosen]:
        if label not in space.labels:
            raise RequestError("picture", label, "the label of a picture in the gallery")
        found.append(Picture(label, Image.fromarray(space.thumbs[space.labels.index(label)]), label))
    return found


def of_run(layer: Layer) -> Picture:
    return Picture(layer.title, layer.trace.image, layer.trace.request.prompt)


def from_runs(layers: Layers) -> list[Picture]:
    return [of_run(layer) for layer in layers.compared]


def from_files(files: object) -> list[Picture]:
    """Uploaded pictures, checked; files: paths in Gradio's own folder."""
    paths = [] if not files else files if isinstance(files, list) else [files]
    if len(paths) > MAX_PICTURES:
        raise RequestError("pictures", f"{len(paths)} files", f"at most {MAX_PICTURES}")
    return [Picture(str(path).rpartition("/")[2][:40], opened(path)) for path in paths]


def opened(path: str) -> Image.Image:
    """An uploaded picture; what of it cannot be shown as it is, is told."""
    picture = uploads.open_picture(path)
    if told := picture.info[uploads.TOLD]:
        gr.Info(told)
    return picture


def one_picture(space: Space, layers: Layers, chosen: object, file: object) -> Picture:
    """The uploaded picture, else the one chosen from the gallery, else the run in view."""
    if found := from_files(file):
        return found[0]
    if chosen and chosen != RUN:
        return from_gallery(space, chosen)[0]
    if layers.shown is None:
        return from_gallery(space, space.labels[0])[0]
    return of_run(layers.shown)


def picker(elem_id: str) -> tuple[gr.Dropdown, File]:
    """One picture: from a list, or a file. The list is filled when the panel is first seen."""
    chosen = gr.Dropdown([RUN], value=RUN, label="Picture", allow_custom_value=True, elem_id=f"{elem_id}-picture")
    file = File(label="Or your own picture", height=64, elem_id=f"{elem_id}-file", elem_classes=["ds-drop"])
    return chosen, file


def choices(space: Space) -> list[str]:
    return [RUN, *dict.fromkeys(space.labels)]


def known(space: Space, label: object) -> str:
    """A label that a link named for a list, where it stands in it; else the run in view."""
    return label if label in space.labels else RUN


def nearest(space: Space, point: np.ndarray, without: Iterable[tuple[str, int]] = ()) -> str:
    """The gallery's pictures and the concepts' names nearest to a unit vector (D,), as bars."""
    skip = set(without)
    out = ""
    for kind, title, rows, names in (
        ("pictures", "Nearest pictures", space.pictures, space.labels),
        ("words", "Nearest words", space.texts, space.names),
    ):
        cosines = rows @ point
        order = [int(i) for i in np.argsort(-cosines, kind="stable") if (kind, int(i)) not in skip][:NEAREST]
        images = [pictures.uri(space.thumbs[i], THUMB) if kind == "pictures" else "" for i in order]
        out += bars(title, [names[i] for i in order], cosines[order], images)
    return f'<div class="ds-two">{out}</div>'


def bars(title: str, names: list[str], values: np.ndarray, images: list[str], share: bool = False) -> str:
    """Rows of a name, a value and its bar, from 0 to 1; images: data URIs, or '' for a row of text."""
    rows, colour = "", "var(--ds-quiet)" if any(images) else "var(--ds-q-cond)"
    for name, value, uri in zip(names, values, images, strict=True):
        width = f"{100 * float(np.clip(value, 0, 1)):.1f}%"
        told = f"{value:.1%}" if share else f"{value:.2f}"
        picture = f'<img src="{uri}" alt="">' if uri else ""
        rows += (
            f'<div class="ds-bar{"" if uri else " is-text"}" style="--share: {width}; --bar: {colour}">{picture}'
            f'<span title="{html.escape(name)}">{html.escape(name)}</span>'
            f"<b>{told}</b><i></i></div>"
        )
    meaning = "Share of 1 by the softmax" if share else "Cosine of the two embeddings, 1 for the same direction"
    return f'<div class="ds-bars" title="{meaning}"><h3>{html.escape(title)}</h3>{rows}</div>'
