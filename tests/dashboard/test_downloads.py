"""A button's file, made through the handler that Gradio is given."""

from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

from dashboard.components.downloads import PAGE, Downloads


@pytest.fixture
def files():
    with gr.Blocks():
        files = Downloads(name="x", kinds={"csv": "CSV", "json": "JSON"})
        first, second = gr.State(), gr.Textbox()
        files.offer(
            lambda kind, one, page, two: (f"a.{kind}", f"{kind} {one} {page} {two}".encode()), first, PAGE, second
        )
    return files


@pytest.fixture
def write(files):
    """The handler behind the buttons."""
    [fn] = [fn for fn in files.parent.fns.values() if fn.fn is not None]
    return lambda data: fn.fn(SimpleNamespace(headers={"referer": "here"}), gr.EventData(files, data), "one", "two")


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_each_button_writes_its_own_kind_of_all_its_sources(write, kind):
    made = write({"kind": kind})
    path = Path(next(made))
    assert (path.name, path.read_bytes()) == (f"a.{kind}", f"{kind} one here two".encode())
    made.close()
    assert not path.exists()  # Gradio has its copy by then


@pytest.mark.parametrize("data", [None, {}, {"kind": "exe"}, {"kind": None}, {"kind": ["csv"]}])
def test_a_kind_that_has_no_button_is_refused(write, data):
    with pytest.raises(gr.Error, match="one of csv, json"):
        list(write(data))


def test_the_same_file_is_handed_over_each_time(files):
    first, second = files.postprocess("/a/b.csv"), files.postprocess("/a/b.csv")
    assert first["file"] == second["file"]
    assert first != second  # a browser hears of changes alone
