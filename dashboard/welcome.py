"""The run that greets a visitor: there before the first click, and the reason the model is loaded at once."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from pathlib import Path

from core.errors import ModelError, RequestError
from core.networks import manifest
from core.settings import WELCOME
from core.types import Trace
from dashboard.layers import Layer
from dashboard.service import Service

FILE = "welcome.npz"
ID = "welcome"  # of its layer


class Welcome:
    """folder: of the models, each in a folder of its name; the default one may ship a welcome.npz there.

    Without one, a fixed request is run. Both trace and layer are made once and shared by all visitors.
    """

    def __init__(self, service: Service, folder: Path):
        self._service, self._folder = service, folder
        self._lock = threading.RLock()
        self._trace: Trace | None = None
        self._layer: Layer | None = None
        self._failed = False

    @property
    def status(self) -> str:
        """Whether the model has drawn the run that greets: "ready", "loading" until then, or "failed"."""
        if self._layer is not None:
            return "ready"
        return "failed" if self._failed else "loading"

    def start(self) -> None:
        """Load the model and make the layer in the background, so that the page need not wait."""
        threading.Thread(target=self._prepare, name="welcome", daemon=True).start()

    def trace(self) -> Trace:
        with self._lock:
            if self._trace is None:
                model = self._service.default
                self._trace = self._shipped(model)
                if self._trace is None:
                    with self._service.turn(model) as engine:
                        drawn = {"prompt": WELCOME.prompt, "seed": WELCOME.seed}
                        self._trace = engine.trace(replace(engine.defaults, **drawn))
            return self._trace

    def _shipped(self, model: str) -> Trace | None:
        """The trace in the model's folder; None where there is none, or not the one that its manifest names."""
        folder = self._folder / model
        if not (folder / FILE).is_file():
            return None
        try:
            path = manifest.extra(folder, FILE)
            return path and Trace.load(path)
        except (ModelError, RequestError) as error:
            print(f"Another run greets visitors. {error}", file=sys.stderr)
            return None

    def layer(self) -> Layer:
        with self._lock:
            if self._layer is None:
                self._layer = self._service.layer(self.trace(), ID)
            return self._layer

    def _prepare(self) -> None:
        try:
            self._service.engine(self._service.default)
            self.layer()
        except (ModelError, RequestError) as error:
            self._failed = True
            print(f"The default model cannot be used. {error}", file=sys.stderr)
