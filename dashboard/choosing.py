"""A model is chosen: what it is meant to be run with is set, what it leaves open can be set, and its size is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import gradio as gr
from markupsafe import Markup

from core.types import OPEN, ModelError, Request
from dashboard.events import QUIET
from dashboard.markup import note, without_folders
from dashboard.service import Service
from dashboard.shell import Shell, guard

DRAWN = ("prompt", "negative_prompt", "seed", "branches", "embedding", "variation_seed", "variation_strength")
SETTINGS = tuple(f.name for f in fields(Request) if f.name not in DRAWN)  # that a model may be meant for


def followed(settings: Mapping[str, object], old: Request, new: Request) -> dict[str, object]:
    """What to set when another model is chosen: all that the new one is meant for, and back to the usual what the old
    one was. Sizes and the like are each model's own; other settings are the visitor's, and stay.
    """
    usual = Request()
    wanted = {name: getattr(new, name) for name in SETTINGS if name in settings}
    return {
        name: value
        for name, value in wanted.items()
        if name in OPEN or value != getattr(usual, name) or settings[name] == getattr(old, name)
    }


def suited(service: Service, request: Request, old: str, new: str) -> Request:
    """The same request for another model."""
    if new == old:
        return request
    settings = request.to_dict()
    return Request(**settings | followed(settings, service.about(old).defaults, service.about(new).defaults))


def told(service: Service, model: str) -> Markup:
    """What a model takes, until it is loaded."""
    about = service.about(model)
    if service.ready(model) or not about.disk:
        return Markup("")
    return note(f"Not loaded yet: {about.told}.")


def connect(shell: Shell) -> None:
    service, controls = shell.service, shell.controls

    @guard
    def choose(values: dict) -> dict:
        model, settings = controls.read(values)
        new, old = service.check(model), values[controls.settled]
        before = service.about(old).defaults if old else Request()
        changes = followed(settings, before, service.about(new).defaults)
        return {controls.fields[name]: value for name, value in changes.items()} | {controls.settled: new}

    def fit(model: object) -> dict:
        """Show the fields that this model leaves open, and what it takes."""
        try:
            name = service.check(model)
            left, words = service.about(name).open, told(service, name)
        except ModelError as error:
            left, words = (), note(without_folders(str(error)), wrong=True)
        shown = {controls.fields[name]: gr.update(visible=name in left) for name in OPEN}
        return shown | {controls.about: words}

    # queued: what changes a State outside the queue tells nobody that it did
    controls.model.input(choose, {*controls.inputs}, [*controls.inputs], preprocess=False, **QUIET)
    opened = [*(controls.fields[name] for name in OPEN), controls.about]
    gr.on([controls.settled.change, shell.layers.change], fit, controls.settled, opened, queue=False, **QUIET)
