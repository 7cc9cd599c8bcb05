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

    def offer(self, make: Callable[..., tuple[str, bytes]], *sources: gr.components.Component) -> None:
        """make(kind, a value of each source) gives a file's name and bytes; a RequestError says why there is none."""
        for kind, button in self._buttons.items():

            @guard
            def write(*values, kind=kind):
                """The file lives until Gradio has copied it; its copies are cleared by delete_cache."""
                name, data = make(kind, *values)
                with tempfile.TemporaryDirectory() as folder:
                    if shutil.disk_usage(folder).free < 2 * len(data):  # Gradio's copy fails without a word
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                    (path := Path(folder) / name).write_bytes(data)
                    yield str(path)

            button.click(write, list(sources), self._saved, **QUIET).success(
                None, None, None, js=f"() => driftscope.save('#{self._saved.elem_id}')"
            )
