"""What one request may bring, asked of a small app behind the bounds."""

import shutil
import time
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard import leftovers, receiving


async def size(request):
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
def client(tmp_path, monkeypatch):
    monkeypatch.setattr(receiving, "BODY", 4 << 20)
    app = Starlette(routes=[Route("/upload", size, methods=["GET", "POST"])])
    return TestClient(receiving.Receiving(app, tmp_path))


def test_what_fits_passes(client):
    assert client.post("/upload", content=b"x" * (4 << 20)).text == str(4 << 20)
    assert client.post("/upload").text == "0"
    assert client.get("/upload").text == "0"


def test_an_address_that_the_page_could_not_read_is_refused(client, monkeypatch):
    monkeypatch.setattr(receiving, "ADDRESS", 100)
    assert client.get("/upload?" + "a" * 90).status_code == 200
    answer = client.get("/upload?" + "a" * 100)
    assert (answer.status_code, answer.text) == (414, "The address is too long: at most 100 characters.")


def test_many_files_at_once_are_too_much_though_each_is_small(client):
    files = [("files", (f"{k}.png", b"x" * (1 << 20))) for k in range(6)]
    answer = client.post("/upload", files=files)
    assert answer.status_code == 413
    assert "at most 4 MB" in answer.text


def test_a_body_that_does_not_say_how_long_it_is_is_not_read(client):
    assert client.post("/upload", content=(b"x" for _ in range(9))).status_code == 411


def test_nothing_is_written_to_a_full_disk(client, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=5 << 20))
    assert client.post("/upload", content=b"x" * (3 << 20)).status_code == 507
    assert client.post("/upload", content=b"an event").status_code == 200


def test_after_much_has_come_the_files_are_looked_through_at_once(client, monkeypatch):
    cleared = []
    monkeypatch.setattr(receiving, "CLEARED", 5 << 20)
    monkeypatch.setattr(leftovers, "clear", cleared.append)
    for _ in range(4):
        client.post("/upload", content=b"x" * (2 << 20))
    deadline = time.monotonic() + 30
    while not cleared and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(cleared) == 1
