"""What one request may bring: Gradio bounds each file of an upload, not how many there are, nor an event's body."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard import leftovers

BODY = 96 << 20  # bytes: eight of the largest pictures
ADDRESS = 60_000  # characters: Gradio fails on more than 65,536
CLEARED = 256 << 20  # received bytes after which old files are looked for at once


class Receiving:
    """Refuses addresses and bodies that are too long, and bodies of no told length or for which the disk is full."""

    def __init__(self, app: ASGIApp, folder: Path = leftovers.FOLDER):
        self._app, self._folder, self._received = app, folder, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and len(scope.get("raw_path") or b"") + len(scope["query_string"]) > ADDRESS:
            told = f"The address is too long: at most {ADDRESS:,} characters."
            return await PlainTextResponse(told, 414)(scope, receive, send)
        if scope["type"] != "http" or scope["method"] != "POST":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        chunked = "transfer-encoding" in headers
        length = None if chunked else int(headers.get("content-length", 0))  # the server holds a body to it
        if refusal := self._refusal(length):
            return await PlainTextResponse(refusal[1], refusal[0])(scope, receive, send)
        self._received += length
        if self._received > CLEARED:
            self._received = 0
            threading.Thread(target=leftovers.clear, args=(self._folder,), daemon=True).start()
        await self._app(scope, receive, send)

    def _refusal(self, length: int | None) -> tuple[int, str] | None:
        if length is None:
            return 411, "A request must say how long it is."
        if length > BODY:
            return 413, f"{length >> 20} MB at once are too much: at most {BODY >> 20} MB, of all files together."
        beside = self._folder if self._folder.is_dir() else self._folder.parent
        if length > 1 << 20 and shutil.disk_usage(beside).free < 2 * length:
            return 507, "The server's disk is full: try again later."
        return None
