"""What a link shows where it is shared: a title, a sentence, and the picture of its run (Open Graph, ogp.me)."""

from __future__ import annotations

import io
import threading
import uuid
from collections.abc import Mapping
from contextlib import closing

import numpy as np
from gradio.route_utils import get_root_url
from markupsafe import Markup
from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import core
from core.errors import ModelError, RequestError
from dashboard import links, wording
from dashboard.latest import Latest
from dashboard.layers import Film, Layer
from dashboard.runqueue import BusyError, Notice
from dashboard.service import Service
from dashboard.theme import INK
from dashboard.welcome import Welcome

PATH = "/preview.jpg"
SIZE = 1200, 630  # what ogp.me's readers show whole
CELL, GAP = 280, 10  # of the four states beside the picture
MAX_STEPS = 60  # longer runs are not drawn for a preview
KEPT = 100  # pictures
TITLE = "Driftscope"
ABOUT = "Watch a diffusion model work: any prompt, every step from noise to picture."
DAY = "public, max-age=86400"


def tags(asked: Request, root_path: str) -> bytes:
    """The head's tags for the address that is asked for; whatever is no run there gets those of the page."""
    root, query = get_root_url(asked, "/", root_path or None), asked.url.query
    title, about, picture = TITLE, ABOUT, f"{root}{PATH}"
    if found := _run(asked.query_params):
        model, request = found
        title = f"{request.prompt.strip() or 'no prompt'} · {TITLE}"
        about = wording.settings(model or "the default model", request)
        picture += f"?{links.to_query(model, request)}"
    told = {
        "og:type": "website", "og:site_name": TITLE, "og:title": title, "og:description": about,
        "og:url": f"{root}/{'?' * bool(query)}{query}", "og:image": picture,
        "og:image:width": SIZE[0], "og:image:height": SIZE[1], "twitter:card": "summary_large_image",
    }  # fmt: skip
    return Markup("").join(Markup('<meta property="{}" content="{}">').format(*pair) for pair in told.items()).encode()


class Previews:
    """The pictures of shared links, one drawn at a time, by a run like any visitor's; the last ones are kept."""

    def __init__(self, service: Service, welcome: Welcome):
        self._service, self._welcome = service, welcome
        self._drawn: Latest[tuple, bytes] = Latest(KEPT)
        self._free = threading.Lock()

    def route(self) -> Route:
        async def preview(asked: Request) -> Response:
            if self._welcome.status != "ready":
                return Response(status_code=503)
            run = _run(asked.query_params)
            picture = run and await run_in_threadpool(self.picture, *run)
            if picture:
                return Response(picture, media_type="image/jpeg", headers={"cache-control": DAY})
            greeting = await run_in_threadpool(jpeg, self._welcome.layer().film)
            return Response(greeting, media_type="image/jpeg", headers={"cache-control": "no-store"})

        return Route(PATH, preview)

    def picture(self, model: str | None, request: core.Request) -> bytes | None:
        """None where it is too long a run, where another one is drawn, or where the server has no place now."""
        key = model, request
        if drawn := self._drawn.get(key):
            return drawn
        if request.steps > MAX_STEPS or not self._free.acquire(blocking=False):
            return None
        try:
            layer = self._layer(model or self._service.default, request)
            if layer is None:
                return None
            self._drawn.put(key, drawn := jpeg(layer.film))
            return drawn
        except (RequestError, ModelError, BusyError):
            return None
        finally:
            self._free.release()

    def _layer(self, model: str, request: core.Request) -> Layer | None:
        self._service.engine(model)  # is loaded before visitors would wait for it
        with closing(self._service.stream(model, request, f"preview {uuid.uuid4().hex}")) as run:
            for item in run:
                if isinstance(item, Layer):
                    return item
                if isinstance(item, Notice):  # visitors come first
                    return None
        return None


def jpeg(film: Film) -> bytes:
    """The result, and beside it four states on the way there."""
    sheet = Image.new("RGB", SIZE, INK["ground"][0])
    sheet.paste(_square(film.x0[-1], SIZE[1]), (0, 0))
    margin = (SIZE[1] - 2 * CELL - GAP) // 2
    for n, position in enumerate(np.linspace(0, 0.85 * (len(film.x) - 1), 4).round().astype(int)):
        corner = SIZE[1] + (n % 2) * (CELL + GAP), margin + (n // 2) * (CELL + GAP)
        sheet.paste(_square(film.x[position], CELL), corner)
    sheet.save(buffer := io.BytesIO(), "JPEG", quality=88)
    return buffer.getvalue()


def _square(picture: np.ndarray, side: int) -> Image.Image:
    return Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS)


def _run(query: Mapping[str, str]) -> tuple[str | None, core.Request] | None:
    """The model and the request of an address; None where it names no run."""
    try:
        return links.from_query(query)
    except RequestError:
        return None
