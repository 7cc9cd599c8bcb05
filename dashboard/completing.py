"""What the prompt's suggestions are made of (static/complete.js): the names of all that a model can draw."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from dashboard.service import Service


def route(service: Service) -> Route:
    async def names(asked: Request) -> JSONResponse:
        """Nothing where the model is not loaded, since none is for this; nor is there anything to keep then."""
        model = asked.query_params.get("model", "")
        vocabulary = service.engine(model).vocabulary if service.ready(model) else None
        if vocabulary is None:
            return JSONResponse([])
        return JSONResponse([*vocabulary.concepts, *vocabulary.motions], headers={"Cache-Control": "max-age=3600"})

    return Route("/names", names)
