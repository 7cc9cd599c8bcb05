"""What a place for files hands on."""

import pytest
from gradio.data_classes import FileData, ListFiles

from dashboard.components.uploaded import File, UploadButton


@pytest.mark.parametrize("kind", [File, UploadButton])
def test_a_path_is_handed_on_and_no_file_is_made_beside_it(kind, tmp_path, monkeypatch):
    place = kind()
    again = place.__class__(**place.constructor_args)  # as Gradio does where a handler changes how it looks
    assert place.get_block_name() == kind.__base__.__name__.lower()
    for one in (place, again):
        monkeypatch.setattr(one, "GRADIO_CACHE", str(tmp_path))
        first, second = FileData(path="/a/b.png"), FileData(path="/c/d.png")
        assert one.preprocess(first) == "/a/b.png"
        assert one.preprocess(ListFiles(root=[first, second])) == ["/a/b.png", "/c/d.png"]
        assert one.preprocess(None) is None
    assert list(tmp_path.iterdir()) == []
