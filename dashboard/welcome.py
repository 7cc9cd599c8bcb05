"""The run that greets a visitor: there before the first click, and the reason the model is loaded at once."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from core.types import ModelError, Request, RequestError, Trace
from dashboard.layers import Layer
from dashboard.service import Service

ID = "welcome"  # of its layer
REQUEST = {"prompt": "a red apple", "seed": 1}


class Welcome:
    """folder: of the models, each in a folder of its name; the default one may ship a welcome.npz there.

    Without one, a fixed request is run. Both trace and layer are made once and shared by all visitors.
    """

    def __init__(self, service: Service, folder: Path):
        self._service, self._folder = service, folder
        self._lock = threading.RLock()
        self._trace: Trace | None = None
        self._layer: Layer | None = None

    def start(self) -> None:
        """Load the model and make the layer in the background, so that the page need not wait."""
        threading.Thread(target=self._prepare, name="welcome", daemon=True).start()

    def trace(self) -> Trace:
        with self._lock:
            if self._trace is None:
                model = self._service.default
                shipped = self._folder / model / "welcome.npz"
                if shipped.exists():
                    self._trace = Trace.load(shipped)
                else:
                    with self._service.turn(model) as engine:
                        self._trace = engine.trace(Request(**REQUEST))
            return self._trace

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
            print(f"The default model cannot be used. {error}", file=sys.stderr)
