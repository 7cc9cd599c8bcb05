"""A run as one HTML file: pictures, rail, words and curves, which plays by a double click and asks nobody for anything.

It is made of the page's own pieces: the panels that follow a rail, static/rail.js, the style sheet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import plotly.graph_objects as go
from markupsafe import Markup

from core.version import VERSION
from dashboard import theme
from dashboard.components.rail import PLAYER, Reel
from dashboard.figures.sketch import sketch
from dashboard.markup import heading

STATIC = Path(__file__).parent / "static"
STYLES = ("page.css", "glossary.css", "samplers.css", "onefile/sheet.css")
SCRIPTS = ("rail.js", "glossary.js", "samplers.js", "onefile/sheet.js")
MAX_ADDRESS = 500  # characters of the page's address, without its query


@dataclass(frozen=True)
class Sheet:
    """What such a page shows. title and settings may be anybody's text."""

    title: str
    settings: str
    reel: Reel
    body: str  # HTML above the rail, follows it
    below: str = ""  # HTML under the rail, follows it
    curves: list[tuple[tuple, go.Figure]] = field(default_factory=list)  # each with what heading() takes
    link: str = ""  # where the run can be had live, '' for nowhere


def page(sheet: Sheet) -> bytes:
    """The file."""
    plots = Markup("").join(
        Markup('<div class="ds-panel">{}{}</div>').format(heading(*head), sketch(figure, head[1]))
        for head, figure in sheet.curves
    )
    live = Markup('<a class="ds-live" href="{}">Open it live</a>').format(sheet.link) if sheet.link else ""
    return (
        Markup((STATIC / "onefile" / "page.html").read_text("utf-8"))
        .format(
            version=VERSION, title=sheet.title, settings=sheet.settings, live=live, plots=plots,
            reel=Markup(packed(sheet.reel)),
            rail=Markup(PLAYER), body=_follows(sheet.body), below=_follows(sheet.below) if sheet.below else "",
            css=Markup(theme.css_variables() + _texts(STYLES)), js=Markup(_texts(SCRIPTS)),
        )
        .encode()
    )  # fmt: skip


def packed(reel: Reel) -> str:
    """The reel as JSON, each picture once and then by its number; whatever a prompt says, it ends no script."""
    pictures = list(dict.fromkeys(uri for frames in reel.frames.values() for uri in frames))
    number = {uri: n for n, uri in enumerate(pictures)}
    frames = {name: [number[uri] for uri in uris] for name, uris in reel.frames.items()}
    return json.dumps({**asdict(reel), "frames": frames, "pictures": pictures}).replace("<", "\\u003c")


def live_link(page_address: str, settings: Mapping[str, str | None]) -> str:
    """The address that restores a run on the page it was made on; '' where that address is none of a page."""
    try:
        asked = urlsplit(page_address)
    except ValueError:
        return ""
    base = f"{asked.scheme}://{asked.netloc}{asked.path}"
    if asked.scheme not in ("http", "https") or not asked.netloc or len(base) > MAX_ADDRESS:
        return ""
    return f"{base}?{urlencode({name: text for name, text in settings.items() if text})}"


def _follows(inside: str) -> Markup:
    return Markup('<div class="ds-follows">{}</div>').format(Markup(inside))


def _texts(names: tuple[str, ...]) -> str:
    return "\n".join((STATIC / name).read_text("utf-8") for name in names)
