import os
import time

from core import settings
from core.toy import data
from dashboard import leftovers, skin
from dashboard.limits import PUBLIC, USUAL
from dashboard.tabs.clip import uploads


def file(folder, name: str, size: int, age: float):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_old_files_go_and_new_ones_stay(tmp_path):
    old, partial = file(tmp_path, "a/one.png", 9, 4000), file(tmp_path, "tmp123", 9, 3700)
    new = file(tmp_path, "b/two.png", 9, 10)
    leftovers.clear(tmp_path, age=3600)
    assert (old.exists(), partial.exists(), new.exists()) == (False, False, True)


def test_beyond_the_most_the_oldest_go_first(tmp_path):
    files = [file(tmp_path, f"{k}/a.png", 100, 100 - k) for k in range(6)]
    leftovers.clear(tmp_path, most=250)
    assert [path.exists() for path in files] == [False] * 4 + [True] * 2


def test_beyond_so_many_files_too_and_their_empty_folders_follow(tmp_path):
    files = [file(tmp_path, f"{k}/a.png", 1, 100 - k) for k in range(6)]
    leftovers.clear(tmp_path, many=2)
    assert [path.exists() for path in files] == [False] * 4 + [True] * 2
    for path in files:
        os.utime(path.parent, (time.time() - 2 * leftovers.PAUSE,) * 2)
    (tmp_path / "about to be filled").mkdir()
    leftovers.clear(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"4", "5", "about to be filled"}


def test_a_folder_that_is_not_there_is_no_fault(tmp_path):
    leftovers.clear(tmp_path / "nothing")


def test_what_is_outside_is_left_alone(tmp_path):
    outside, inside = file(tmp_path, "outside.txt", 9, 9999), tmp_path / "in"
    inside.mkdir()
    (inside / "link").symlink_to(outside)
    leftovers.clear(inside, age=-1)
    assert outside.exists()
    assert not list(inside.iterdir())


def test_uploads_end_at_what_any_reader_takes():
    largest = max(uploads.MAX_BYTES, settings.MAX_FILE, data.MAX_FILE)
    assert skin.launch_options(USUAL)["max_file_size"] == largest


def test_files_lie_in_a_folder_of_their_own(monkeypatch):
    from dashboard import app  # noqa: F401  it names the folder to Gradio, unless somebody has named another

    assert os.environ["GRADIO_TEMP_DIR"] == str(leftovers.FOLDER)
    assert skin.launch_options(PUBLIC)["max_file_size"] == uploads.MAX_BYTES
