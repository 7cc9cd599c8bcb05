"""Downloading a pipeline, from a hub that stands in this process, and what lies in the local cache."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

import core
from core import hub
from core.__main__ import main
from tests import tiny_pipelines

SHA = "5a" * 20
NAME = "someone/tiny"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Of a pipeline as the hub has them: what it is loaded from, and much besides."""
    folder = tiny_pipelines.stable_diffusion(tmp_path_factory.mktemp("tiny") / "sd")
    found = {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    more = ["unet/diffusion_pytorch_model.bin", "unet/diffusion_pytorch_model.fp16.safetensors", "v2-1.ckpt", "run.py"]
    return found | dict.fromkeys([*more, "unet/code.py", "v2-1.safetensors"], b"no") | {"LICENSE": b"free"}


@pytest.fixture
def hubbed(files, tmp_path, monkeypatch):
    """A hub with these files under NAME, and a cache of its own; asked: the files that were downloaded."""
    asked, there = [], dict(files)

    class Hub(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            path = self.path.split("?")[0]
            if path.startswith(f"/api/models/{NAME}/tree/"):
                tree = [{"type": "file", "path": name, "size": len(there[name]), "oid": "0"} for name in there]
                self.answer(json.dumps(tree).encode(), {"Content-Type": "application/json"})
            elif path.startswith(f"/api/models/{NAME}"):
                siblings = [{"rfilename": name, "size": len(data)} for name, data in there.items()]
                told = {"id": NAME, "modelId": NAME, "sha": SHA, "private": False, "tags": [], "siblings": siblings}
                self.answer(json.dumps(told).encode(), {"Content-Type": "application/json"})
            elif path.startswith(f"/{NAME}/resolve/{SHA}/"):
                name = path.split(f"{SHA}/")[1]
                asked.append(name)
                digest = hashlib.sha256(there[name]).hexdigest()
                self.answer(there[name], {"ETag": f'"{digest}"', "X-Repo-Commit": SHA})
            else:
                self.answer(b"{}", {"X-Error-Code": "RepoNotFound"}, 404)

        do_HEAD = do_GET  # noqa: N815 — as the server looks for it

        def answer(self, data, headers, status=200):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for module in ("constants", "_snapshot_download", "file_download"):
        monkeypatch.setattr(f"huggingface_hub.{module}.HF_HUB_CACHE", str(tmp_path / "cache"), raising=False)
    yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}", asked=asked, files=there, cache=tmp_path)
    server.shutdown()
    server.server_close()


def test_a_pipeline_is_downloaded_whole_and_nothing_else(hubbed, files):
    folder = hub.fetch(NAME, hubbed.url)
    got = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert got == set(hubbed.asked)
    assert got == {name for name in files if files[name] != b"no" and not name.startswith("safety")}
    assert hub.state(folder).startswith("ready: 5 MiB on disk")
    assert "licence: LICENSE" in hub.state(folder)
    assert core.load(NAME, "cpu").defaults.guidance == 7.5
    assert [name for name, _ in hub.cached()] == [NAME]


def test_a_download_goes_on_where_it_stopped(hubbed):
    folder = hub.fetch(NAME, hubbed.url)
    (folder / "unet" / "config.json").unlink()
    assert "unet/config.json is missing" in hub.state(folder)
    hubbed.asked.clear()
    hub.fetch(NAME, hubbed.url)
    assert hub.state(folder).startswith("ready")
    assert "vae/diffusion_pytorch_model.safetensors" not in hubbed.asked


@pytest.mark.parametrize(
    ("gone", "changed", "told"),
    [
        (lambda name: name == "model_index.json", {}, "no pipeline of diffusers"),
        (lambda name: name.endswith(".safetensors"), {}, "pickled weights are never opened"),
        (lambda name: name == "vae/diffusion_pytorch_model.safetensors", {}, "vae: it has no weights"),
        (lambda name: False, {"model_index.json": b'{"_class_name": "LDMPipeline"}'}, "_class_name is 'LDMPipeline'"),
    ],
)
def test_what_is_no_pipeline_is_told(hubbed, gone, changed, told):
    for name in [name for name in hubbed.files if gone(name)]:
        del hubbed.files[name]
    hubbed.files.update(changed)
    with pytest.raises(core.ModelError, match=told):
        hub.fetch(NAME, hubbed.url)
    assert "unet/diffusion_pytorch_model.safetensors" not in hubbed.asked or "vae" in told


@pytest.mark.parametrize("name", ["nobody", "../../etc", "a/b/c", "", "a/../b"])
def test_what_is_no_hub_id_is_refused(name):
    with pytest.raises(core.RequestError, match="hub id"):
        hub.fetch(name, "http://127.0.0.1:9")


def test_a_hub_that_has_it_not_or_cannot_be_reached_is_told(hubbed, monkeypatch):
    with pytest.raises(core.ModelError, match="The hub has no someone/else"):
        hub.fetch("someone/else", hubbed.url)
    with pytest.raises(core.ModelError, match="could not be downloaded"):
        hub.fetch(NAME, "http://127.0.0.1:9")
    monkeypatch.setattr(hub.shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(core.ModelError, match="are free on the disk"):
        hub.fetch(NAME, hubbed.url)


def test_the_command_line_lists_what_is_there(hubbed, capsys):
    hub.fetch(NAME, hubbed.url)
    assert main(["models"]) == 0
    listed = capsys.readouterr().out
    assert "broad" in listed
    assert f"{NAME} in the hub's cache, ready: " in listed
    assert main(["fetch", "nobody"]) == 2
    assert "hub id is 'nobody'" in capsys.readouterr().err
