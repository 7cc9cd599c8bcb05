"""Places for files that hand on the path of an uploaded file, of several a list, or None.

So do Gradio's own, which make an empty file beside each of them, every time, and leave it there.
"""

from __future__ import annotations

import gradio as gr
from gradio.data_classes import FileData, ListFiles


def _paths(self, payload: FileData | ListFiles | None) -> str | list[str] | None:
    if isinstance(payload, ListFiles):
        return [one.path for one in payload.root]
    return payload and payload.path


class File(gr.File):
    is_template = True  # Gradio's own on the page; a handler that changes how it looks has it made anew, of its class
    preprocess = _paths


class UploadButton(gr.UploadButton):
    is_template = True
    preprocess = _paths
