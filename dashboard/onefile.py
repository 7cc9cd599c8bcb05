"""A result as one HTML file: pictures, rail, words and plots, which plays by a double click and asks nobody anything.

It is made of the page's own pieces: the panels that follow a rail, static/rail.js, the style sheets. What it shows at
first stands in its HTML, so that it can be looked at without scripts too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import plotly.graph_objects as go
from markupsafe import Markup

from core.version import VERSION
from dashboard import links, theme
from dashboard.components.rail import PLAYER, Reel
from dashboard.figures.sketch import HEIGHT, sketch
from dashboard.markup import heading, note
from dashboard.pictures import BLANK

KIND = {"html": "Web page"}  # of a file, and the words on its button
STATIC = Path(__file__).parent / "static"
STYLES = (
    "page.css", "glossary.css", "samplers.css", "guidance.css", "trajectory.css", "clip.css", "unclip.css", "video.css",
    "onefile/sheet.css",
)  # fmt: skip
SCRIPTS = ("rail.js", "full.js", "glossary.js", "samplers.js", "guidance.js", "video.js", "onefile/sheet.js")
MAX_ADDRESS = 500  # characters of the page's address, without its query
TOO_LONG = f"The settings are too long for a link to the live page: it may have {links.LONGEST:,} characters at most."
FRAME = re.compile(r'<img\b[^>]*\bdata-frame="([^"]*)"[^>]*>')
PINNED = re.compile(r'\bdata-at="(\d+)"')
TEXT = re.compile(r'(<(\w+)\b[^>]*\bdata-text="([^"]*)"[^>]*>)(</\2>)')


@dataclass(frozen=True)
class Sheet:
    """What such a page shows. title and settings may be anybody's text."""

    title: str
    settings: str
    reel: Reel | None  # None where nothing goes step by step
    body: str  # HTML above the rail, follows it
    below: str = ""  # HTML under the rail, follows it
    curves: list[tuple[tuple, go.Figure]] = field(default_factory=list)  # each with what heading() takes
    live: Markup | str = ""  # HTML that leads to where it can be had live (leads_back)
    about: str = "a diffusion model at work, step by step"


def page(sheet: Sheet) -> bytes:
    """The file."""
    plots = Markup("").join(panel(heading(*head), figure, head[1]) for head, figure in sheet.curves)
    reel = sheet.reel or Reel([])
    pictures, standing = numbered(reel), set()
    body, below, rail = (shown(part, reel, pictures, standing) for part in (sheet.body, sheet.below, PLAYER))
    return (
        Markup((STATIC / "onefile" / "page.html").read_text("utf-8"))
        .format(
            version=VERSION, about=sheet.about, title=sheet.title, settings=sheet.settings, live=sheet.live,
            body=_follows(body), rail=RAIL.format(Markup(rail)) if sheet.reel else "", below=_follows(below),
            plots=GRID.format(plots) if plots else "", keys=KEYS if sheet.reel else "",
            reel=Markup(packed(reel, pictures, standing)),
            css=Markup(theme.css_variables(by_itself=True) + _texts(STYLES)), js=Markup(_texts(SCRIPTS)),
        )
        .encode()
    )  # fmt: skip


def panel(head: Markup, figure: go.Figure | None, label: str, told: str = "", height: float = HEIGHT) -> Markup:
    """A panel of a page: its head, its figure if there is one, for who does not see it the label, and what is said."""
    drawn = "" if figure is None else sketch(figure, label, height)
    return Markup('<div class="ds-panel">{}{}{}</div>').format(head, drawn, Markup(told))


def numbered(reel: Reel) -> dict[str | None, int]:
    """Every picture of a reel and its number, each once."""
    return {uri: n for n, uri in enumerate(dict.fromkeys(uri for frames in reel.frames.values() for uri in frames))}


def shown(inside: str, reel: Reel, pictures: Mapping[str | None, int], standing: set[int]) -> str:
    """HTML with what the rail shows at its last position, and the pictures that are pinned to another one.

    The first img of a picture has its number as id, from where the page's script reads it; standing takes the number.
    """

    def image(found: re.Match) -> str:
        frames, pinned = reel.frames.get(found[1]), PINNED.search(found[0])
        uri = frames[int(pinned[1]) if pinned else -1] if frames else None
        number = pictures.get(uri)
        name = ""
        if uri is not None and number not in standing:
            standing.add(number)
            name = f' id="picture-{number}"'
        return f'<img{name} src="{uri or BLANK}"{found[0][4:]}'

    def text(found: re.Match) -> str:
        texts = reel.texts.get(found[3])
        return f"{found[1]}{Markup.escape(texts[-1]) if texts else ''}{found[4]}"

    return TEXT.sub(text, FRAME.sub(image, inside))


def packed(reel: Reel, pictures: Mapping[str | None, int], standing: set[int]) -> str:
    """The reel as JSON, each picture once and then by its number; whatever a prompt says, it ends no script.

    standing: numbers of the pictures that the page holds already.
    """
    frames = {name: [pictures[uri] for uri in uris] for name, uris in reel.frames.items()}
    rest = [None if number in standing else uri for uri, number in pictures.items()]
    return json.dumps({**asdict(reel), "frames": frames, "pictures": rest}).replace("<", "\\u003c")


def live_link(page_address: str, settings: Mapping[str, str | None]) -> str:
    """The address that restores a run on the page it was made on; '' where that is too long, or none of a page."""
    base = page_of(page_address)
    return links.address(base, {name: text for name, text in settings.items() if text}) if base else ""


def leads_back(page_address: str, settings: Mapping[str, str | None]) -> Markup:
    """A link to the live page with these settings, or why there is none; nothing where that address is no page's."""
    if not page_of(page_address):
        return Markup("")
    found = live_link(page_address, settings)
    return Markup('<a class="ds-live" href="{}">Open it live</a>').format(found) if found else note(TOO_LONG)


def page_of(address: str) -> str:
    """An address without what is asked of it; '' where it is none of a page."""
    try:
        asked = urlsplit(address)
    except ValueError:
        return ""
    base = f"{asked.scheme}://{asked.netloc}{asked.path}"
    return base if asked.scheme in ("http", "https") and asked.netloc and len(base) <= MAX_ADDRESS else ""


def _follows(inside: str) -> Markup:
    return Markup('<div class="ds-follows">{}</div>').format(Markup(inside)) if inside else Markup("")


def _texts(names: tuple[str, ...]) -> str:
    return "\n".join((STATIC / name).read_text("utf-8") for name in names)


GRID = Markup('<div class="ds-grid">{}</div>')
RAIL = Markup(
    '<div class="ds-rail-block block">{}</div><noscript><p class="ds-quiet">Scripts are off in this browser: you see '
    "the end of it. With them, the rail goes through every step.</p></noscript>"
)
KEYS = " The arrow keys step through the run, Space plays it."
