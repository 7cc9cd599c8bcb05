"""What a place for files hands on."""

import gradio as gr
import pytest
from gradio.data_classes import FileData, ListFiles

from dashboard.components.uploaded import as_paths


@pytest.mark.parametrize("kind", [gr.File, gr.UploadButton])
def test_a_path_is_handed_on_and_no_file_is_made_beside_it(kind, tmp_path, monkeypatch):
    place = as_paths(kind())
    monkeypatch.setattr(place, "GRADIO_CACHE", str(tmp_path))
    one, other = FileData(path="/a/b.png"), FileData(path="/c/d.png")
    assert place.preprocess(one) == "/a/b.png"
    assert place.preprocess(ListFiles(root=[one, other])) == ["/a/b.png", "/c/d.png"]
    assert place.preprocess(None) is None
    assert list(tmp_path.iterdir()) == []
