"""The one way by which pictures, traces and curves leave the page: a button for each kind of file."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import gradio as gr
from gradio.data_classes import FileData
from markupsafe import Markup

from core.types import RequestError
from dashboard.events import QUIET
from dashboard.shell import guard, sent

PAGE = object()  # among the sources of a file: the address of the page that asks for it, as its browser says
BUTTON = Markup('<button type="button" id="{name}-{kind}" data-kind="{kind}">{label}</button>')


class Downloads(gr.HTML):
    """Buttons for the kinds of one thing, each with the id NAME-KIND. Event write (kind): one was pressed.

    Value: the path of a file, which the browser saves, or None.
    """

    def __init__(self, value: str | None = None, *, name: str, kinds: dict[str, str], **kwargs):
        self._kinds = tuple(kinds)
        buttons = (BUTTON.format(name=name, kind=kind, label=label) for kind, label in kinds.items())
        super().__init__(
            value,
            html_template=Markup("").join(buttons),
            js_on_load="driftscope.downloads(element, props, watch, (kind) => trigger('write', { kind }))",
            elem_classes=["ds-downloads"],
            **kwargs,
        )

    def postprocess(self, value: str | None) -> dict | None:
        """The time is for the same file saved twice: the browser hears of nothing that stays as it is."""
        if value is None:
            return None
        return {"file": FileData(path=value, orig_name=Path(value).name).model_dump(), "at": time.time_ns()}

    def offer(self, make: Callable[..., tuple[str, bytes]], *sources: gr.components.Component | object) -> None:
        """make(kind, a value of each source) gives a file's name and bytes; a RequestError says why there is none."""
        components = [source for source in sources if source is not PAGE]

        @guard
        def write(visit: gr.Request, event: gr.EventData, *values):
            """The file lives until Gradio has copied it; its copies are cleared by delete_cache."""
            if (kind := sent(event).get("kind")) not in self._kinds:
                raise RequestError("file", kind, f"one of {', '.join(self._kinds)}")
            given = iter(values)
            asked = [visit.headers.get("referer", "") if source is PAGE else next(given) for source in sources]
            name, data = make(kind, *asked)
            with tempfile.TemporaryDirectory() as folder:
                if shutil.disk_usage(folder).free < 2 * len(data):  # Gradio's copy fails without a word
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                (path := Path(folder) / name).write_bytes(data)
                yield str(path)

        self.write(write, components, self, trigger_mode="multiple", **QUIET)
