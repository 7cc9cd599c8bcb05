"""Places for files that hand on the path of an uploaded file, of several a list, or None.

So do Gradio's own, which make an empty file beside each of them, every time, and leave it there.
"""

from __future__ import annotations

import gradio as gr
from gradio.data_classes import FileData, ListFiles


class File(gr.File):
    is_template = True  # Gradio's own on the page; a handler that leaves it alone has it made anew, of its class

    def preprocess(self, payload: FileData | ListFiles | None) -> str | list[str] | None:
        return _paths(payload)


class UploadButton(gr.UploadButton):
    is_template = True

    def preprocess(self, payload: FileData | ListFiles | None) -> str | list[str] | None:
        return _paths(payload)


def _paths(uploaded: FileData | ListFiles | None) -> str | list[str] | None:
    if isinstance(uploaded, ListFiles):
        return [one.path for one in uploaded.root]
    return uploaded and uploaded.path
