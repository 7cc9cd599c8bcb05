"""A button's file, made through the handler that Gradio is given."""

from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

from dashboard.components.downloads import PAGE, Downloads


@pytest.fixture
def handlers():
    with gr.Blocks() as demo:
        files = Downloads("x", {"csv": "CSV", "json": "JSON"})
        first, second = gr.State(), gr.Textbox()
        files.offer(
            lambda kind, one, page, two: (f"a.{kind}", f"{kind} {one} {page} {two}".encode()), first, PAGE, second
        )
    return [fn.fn for fn in demo.fns.values() if fn.fn is not None]


def test_each_button_writes_its_own_kind_of_all_its_sources(handlers):
    for handler, kind in zip(handlers, ("csv", "json"), strict=True):
        made = handler(SimpleNamespace(headers={"referer": "here"}), "one", "two")
        path = Path(next(made))
        assert (path.name, path.read_bytes()) == (f"a.{kind}", f"{kind} one here two".encode())
        made.close()
        assert not path.exists()  # Gradio has its copy by then
