"""The one way by which pictures, traces and curves leave the page: a button for each kind of file."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import gradio as gr

from dashboard.events import QUIET
from dashboard.shell import guard

PAGE = object()  # among the sources of a file: the address of the page that asks for it, as its browser says


class Downloads:
    """Buttons for the kinds of one thing, and the hidden one through which its files go; they stand where it is made.

    Each has the id NAME-KIND.
    """

    def __init__(self, name: str, kinds: dict[str, str], **look):
        self._buttons = {
            kind: gr.Button(label, elem_id=f"{name}-{kind}", size="sm", min_width=0, **look)
            for kind, label in kinds.items()
        }
        self._saved = gr.DownloadButton("", elem_id=f"{name}-saved", elem_classes=["ds-out-of-sight"])

    def offer(self, make: Callable[..., tuple[str, bytes]], *sources: gr.components.Component | object) -> None:
        """make(kind, a value of each source) gives a file's name and bytes; a RequestError says why there is none."""
        components = [source for source in sources if source is not PAGE]
        for kind, button in self._buttons.items():

            @guard
            def write(visit: gr.Request, *values, kind=kind):
                """The file lives until Gradio has copied it; its copies are cleared by delete_cache."""
                given = iter(values)
                asked = [visit.headers.get("referer", "") if source is PAGE else next(given) for source in sources]
                name, data = make(kind, *asked)
                with tempfile.TemporaryDirectory() as folder:
                    if shutil.disk_usage(folder).free < 2 * len(data):  # Gradio's copy fails without a word
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                    (path := Path(folder) / name).write_bytes(data)
                    yield str(path)

            button.click(write, components, self._saved, **QUIET).success(
                None, None, None, js=f"() => driftscope.save('#{self._saved.elem_id}')"
            )
