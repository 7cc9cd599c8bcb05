"""What a place for files hands to its events."""

from __future__ import annotations

from typing import TypeVar

import gradio as gr
from gradio.data_classes import FileData, ListFiles

Place = TypeVar("Place", gr.File, gr.UploadButton)


def as_paths(place: Place) -> Place:
    """The same; it hands on the path of an uploaded file, of several a list, or None.

    So does Gradio, which makes an empty file beside each of them, every time, and leaves it there.
    """
    place.preprocess = _paths
    return place


def _paths(uploaded: FileData | ListFiles | None) -> str | list[str] | None:
    if isinstance(uploaded, ListFiles):
        return [one.path for one in uploaded.root]
    return uploaded and uploaded.path
