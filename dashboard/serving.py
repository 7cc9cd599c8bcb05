"""What Gradio leaves to whoever serves its page to strangers."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Sequence

import gradio as gr
from gradio.data_classes import PredictBodyInternal
from gradio.queueing import Queue
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.forwarded import Forwarded
from dashboard.head import Head
from dashboard.hosting import HERE, Hosting
from dashboard.limits import Visitors
from dashboard.receiving import Receiving
from dashboard.sessions import Sessions
from dashboard.skin import launch_options

EMBEDDERS = "'self' https://huggingface.co https://*.hf.space"  # a Space is shown in a frame there
CONTENT = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",  # Gradio's page has scripts in it and compiles templates
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": EMBEDDERS,
}
HEADERS = {
    "content-security-policy": "; ".join(f"{name} {sources}" for name, sources in CONTENT.items()),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
STARTED = "x-driftscope-start"  # another value after a restart: static/restart.js then says so


class Headers:
    """Adds this server's headers to every answer, streams included."""

    def __init__(self, app: ASGIApp):
        self._app, self._added = app, HEADERS | {STARTED: secrets.token_hex(4)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._added)
            await send(message)

        await self._app(scope, receive, with_headers)


def alike_everywhere(demo: gr.Blocks) -> None:
    """Let the page of every process be the same, to the byte, as long as its code is.

    So a page that was loaded from one process works with another: after a restart, or where several serve one address.
    """
    for block in demo.blocks.values():
        if isinstance(block, gr.State):
            block.delete_callback = bool  # as idle as Gradio's own, whose address in memory stands in /config
    config = json.dumps(demo.default_config.get_config(), default=str)
    demo.app_id = int.from_bytes(hashlib.sha256(config.encode()).digest()[:6], "big")  # else drawn by chance


class RestingQueue(Queue):
    """Gradio's queue of events, which looks for one 1000 times a second: 5 % of a core with nobody there.

    Here it looks rarely until one has come, and then often for a while.
    """

    RARELY, OFTEN, WHILE = 0.1, 0.005, 5.0  # seconds
    progress_update_sleep_when_free = 1.0  # nothing here uses gr.Progress
    _seen, _awake_until = 0, 0.0
    _visitors: Visitors

    async def push(self, body: PredictBodyInternal, request: Request, username: str | None):
        """Every event comes in here, and who sends it is known here alone."""
        if body.session_hash and request.client:
            self._visitors.seen(body.session_hash, request.client.host)
        return await super().push(body, request, username)

    @property
    def sleep_when_free(self) -> float:
        if self._seen != self.events_recorded:
            self._seen, self._awake_until = self.events_recorded, time.monotonic() + self.WHILE
        return self.OFTEN if time.monotonic() < self._awake_until else self.RARELY

    def compute_analytics_summary(self, records: object) -> dict:
        """Nothing: /monitoring is closed, and Gradio would sum up every event so far, with pandas, after each one."""
        return self.cached_event_analytics_summary

    @classmethod
    def take_over(cls, queue: Queue, visitors: Visitors) -> None:
        """Gradio makes its queue itself; from now on it rests, and tells visitors who asks."""
        del queue.sleep_when_free, queue.progress_update_sleep_when_free
        queue.__class__ = cls
        queue._visitors = visitors


def serve(
    demo: gr.Blocks,
    host: str | None = None,
    port: int | None = None,
    routes: Sequence[Route] = (),
    hosting: Hosting = HERE,
) -> str:
    """Serve the page, and routes before its own, beside this thread; returns its address."""
    layers = [
        Middleware(Headers),
        Middleware(Forwarded, proxies=hosting.proxies),
        Middleware(Receiving),
        Middleware(Head, root_path=hosting.root_path),
    ]
    around = {"middleware": layers, "routes": list(routes)}
    options = launch_options(hosting.limits) | {"enable_monitoring": False, "app_kwargs": around}
    _, url, _ = demo.launch(
        server_name=host,
        server_port=port,
        root_path=hosting.root_path or None,
        quiet=True,
        prevent_thread_lock=True,
        **options,
    )
    demo.app.state_holder = Sessions(hosting.limits.age)
    demo.app.state_holder.set_blocks(demo)
    return url
