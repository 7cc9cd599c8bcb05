"""What goes to a Space: these files, which start by themselves."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import gradio
import pytest

from dashboard import publish


@pytest.fixture
def tree(tmp_path):
    """A small repository of the same parts."""
    root = tmp_path / "tree"
    for part in ("core/engine.py", "core/training/loop.py", "core/__pycache__/engine.pyc", "dashboard/app.py",
                 "dashboard/app.pyi", "assets/models/m/manifest.json", "tests/test_it.py", "assets/gallery/fluent.webp",
                 "assets/gallery/LICENSE.md", "LICENSE"):  # fmt: skip
        (root / part).parent.mkdir(parents=True, exist_ok=True)
        (root / part).write_text("x", "utf-8")
    for name in ("README.md", "requirements.txt"):
        shutil.copy(publish.ROOT / name, root / name)
    return root


def test_what_a_space_does_not_need_stays_here(tree):
    assert [path.as_posix() for path in publish.files(tree)] == [
        "LICENSE", "README.md", "assets/gallery/LICENSE.md", "assets/models/m/manifest.json", "core/engine.py",
        "dashboard/app.py", "requirements.txt",
    ]  # fmt: skip
    shutil.rmtree(tree / "assets" / "models")
    with pytest.raises(FileNotFoundError, match="models is missing"):
        publish.files(tree)


def test_this_repository_can_be_published():
    assert publish.problems() == []
    told = publish.front_matter()
    assert told["sdk_version"] == gradio.__version__
    planned = publish.files()
    assert Path("assets/models/broad/dit.safetensors") in planned
    sizes = [(publish.ROOT / path).stat().st_size for path in planned]
    assert max(sizes) < 95e6
    assert sum(sizes) < 250e6


@pytest.mark.parametrize(
    ("file", "before", "after", "problem"),
    [
        ("README.md", "sdk: gradio", "sdk: docker", "sdk is 'docker'"),
        ("README.md", "app_file: dashboard/app.py", "app_file: app.py", "app_file is app.py"),
        ("README.md", "colorTo: blue", "colorTo: teal", "colorTo is teal"),
        ("README.md", "emoji: 🍎\n", "", "lacks emoji"),
        ("requirements.txt", "gradio==", "gradio==9", "sdk_version"),
        ("requirements.txt", "numpy", "-r more.txt\nnumpy", "'-r more.txt'"),
    ],
)
def test_what_a_space_would_refuse_is_told(tree, file, before, after, problem):
    path = tree / file
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")
    assert any(problem in told for told in publish.problems(tree))


@pytest.mark.parametrize("name", ["me", "me/", "/space", "me/spa ce", "a/b/c", "me/-x", "https://me/space"])
def test_a_name_that_no_space_can_have(name):
    with pytest.raises(SystemExit, match="must be <user>/<name>"):
        publish.main([name, "--dry-run"])


def test_a_folder_that_cannot_be_written_is_told_before_anything_else(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(SystemExit, match="a folder, and a file is in its way"):
        publish.main(["me/space", "--folder", str(tmp_path / "file" / "space")])
    monkeypatch.setattr("core.writing.os.access", lambda path, mode: False)
    with pytest.raises(SystemExit, match="where files may be written"):
        publish.main(["me/space", "--folder", str(tmp_path / "space")])
    assert capsys.readouterr().out == ""


def test_a_dry_run_says_what_would_be_uploaded(capsys):
    publish.main(["me/space", "--dry-run"])
    said = capsys.readouterr().out
    assert said.startswith(f"{len(publish.files())} files, ")
    assert "safetensors" in said


def test_the_staged_files_start_by_themselves(tmp_path):
    publish.main(["me/space", "--folder", str(tmp_path / "space")])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port)}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | told
    app = publish.front_matter()["app_file"]
    server = subprocess.Popen([sys.executable, app], cwd=tmp_path / "space", env=environment)
    try:
        page, ends = "", time.monotonic() + 120
        while not page and time.monotonic() < ends and server.poll() is None:
            try:
                page = urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30).read().decode()
            except OSError:
                time.sleep(0.2)
        assert "Driftscope" in page
    finally:
        server.terminate()  # a test run in the background hears no SIGINT, nor does what it starts
        server.wait(120)
    with pytest.raises(SystemExit, match="is not empty"):
        publish.main(["me/space", "--folder", str(tmp_path / "space")])
