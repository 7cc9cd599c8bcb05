"""Whose request it is, where proxies stand between a visitor and the server."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

CLAIMS = b"x-forwarded-", b"forwarded"  # headers that only a proxy is to be believed


class Forwarded:
    """Of so many proxies each adds the address that it was asked from at the end of X-Forwarded-For.

    The visitor's is what the first of these proxies added. Without a proxy nobody's word is taken: it is dropped.
    """

    def __init__(self, app: ASGIApp, proxies: int):
        self._app, self._proxies = app, proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if not self._proxies:
                scope["headers"] = [pair for pair in scope["headers"] if not pair[0].startswith(CLAIMS)]
            else:
                told = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
                if len(told) >= self._proxies and (host := told[-self._proxies].strip()):
                    scope["client"] = (host, 0)
        await self._app(scope, receive, send)
