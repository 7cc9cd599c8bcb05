"""The page as it leaves the server: its icon, what a shared link shows, nothing asked for in vain, compressed."""

from __future__ import annotations

import asyncio
import gzip
import html
import re
from pathlib import Path
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.preview import tags
from dashboard.theme import INK, QUANTITY

DOTS = ((8, 9, 1.6), (14, 5, 1.2), (5, 17, 1.9), (11, 14, 2.2), (10, 22, 2.0), (16, 27, 1.5), (15, 10, 2.4))
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    f'<rect width="32" height="32" rx="7" fill="{INK["ground"][1]}"/>'
    + "".join(f'<circle cx="{x}" cy="{y}" r="{r}" fill="{QUANTITY["eps"]}"/>' for x, y, r in DOTS)
    + f'<circle cx="20" cy="18" r="7.5" fill="{QUANTITY["x0"]}"/></svg>'
)
SHARED = re.compile(rb'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>')
MANIFEST = b'href="/manifest.json"'
HEAD = Path(__file__).parent / "static/head"  # what must run before Gradio's own scripts, by which launch's are run
EARLY = b"".join((HEAD / name).read_bytes() for name in ("clock.js", "lean.js"))
ICON_LINK = f'<link rel="icon" href="data:image/svg+xml,{html.escape(quote(ICON))}" />'.encode()


class Head:
    """Writes the page's head anew and compresses the page; every other answer passes as it is."""

    def __init__(self, app: ASGIApp, root_path: str):
        self._app, self._root_path = app, root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != "/":
            return await self._app(scope, receive, send)
        start: Message = {}
        parts: list[bytes] = []

        async def held(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(parts)
            if "text/html" in Headers(raw=start["headers"]).get("content-type", ""):
                body = rewritten(body, tags(Request(scope), self._root_path))
                headers = MutableHeaders(scope=start)
                if "gzip" in Headers(scope=scope).get("accept-encoding", ""):
                    # of two megabytes a tenth is left; Gradio leaves the page as it is
                    body = await asyncio.to_thread(gzip.compress, body, 5)
                    headers["content-encoding"] = "gzip"
                headers.add_vary_header("Accept-Encoding")
                headers["content-length"] = str(len(body))
            await send(start)
            await send(message | {"body": body, "more_body": False})

        await self._app(scope, receive, held)


def rewritten(page: bytes, tags: bytes) -> bytes:
    """A browser looks for an icon and Gradio for its manifest at the root of the site, which may be somebody else's.

    tags: for those who show a link (dashboard/preview.py), instead of Gradio's own.
    """
    head, end, rest = page.partition(b"</head>")
    head = SHARED.sub(b"", head.replace(MANIFEST, MANIFEST.replace(b"/", b"./"), 1))
    return head + tags + ICON_LINK + b"<script>" + EARLY + b"</script>" + end + rest
