"""Raw calls to the page's own endpoints, without a browser: whatever comes, a message goes back."""

import json
import logging
import os
import uuid
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from core import settings
from core.types import ModelError
from dashboard.app import build
from dashboard.service import Service
from dashboard.serving import serve
from dashboard.welcome import Welcome

HUGE = 10**400


def find(site) -> tuple[int, dict]:
    """Where Generate listens: its number and, for each of its inputs, the sidebar's own value."""
    config = httpx.get(site.url + "config").json()
    components = {one["id"]: one for one in config["components"]}
    button = next(one["id"] for one in config["components"] if one["props"].get("elem_id") == "generate")
    call = next(one for one in config["dependencies"] if [button, "click"] in one["targets"])
    names = [components[id]["props"].get("elem_id") for id in call["inputs"]]
    values = dict(zip(names, (components[id]["props"].get("value") for id in call["inputs"]), strict=True))
    return call["id"], values | {"lock": True, "steps": 3}


@pytest.fixture(scope="module")
def endpoint(site):
    return find(site)


def call(site, endpoint, **changed) -> list[dict]:
    """Join the queue like a browser does and read the answers until the call is over."""
    number, values = endpoint
    session = uuid.uuid4().hex
    body = {"data": list((values | changed).values()), "fn_index": number, "session_hash": session}
    with httpx.Client(timeout=30) as client:
        content, kind = json.dumps(body), {"content-type": "application/json"}  # NaN and Infinity as Python writes them
        joined = client.post(site.url + "gradio_api/queue/join", content=content, headers=kind)
        if joined.status_code != 200:
            return [{"success": False, "output": {"error": joined.text}}]
        messages = []
        with client.stream("GET", site.url + f"gradio_api/queue/data?session_hash={session}") as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    messages.append(json.loads(line[5:]))
                    if messages[-1]["msg"] in ("process_completed", "close_stream"):
                        return messages
    return messages


@pytest.mark.parametrize(
    "changed",
    [
        {"seed": float("nan")}, {"seed": float("inf")}, {"seed": -1}, {"seed": HUGE}, {"seed": "1"}, {"seed": None},
        {"seed": True},
        {"steps": float("-inf")}, {"steps": 0}, {"steps": -5}, {"steps": 10**9}, {"steps": 2.5}, {"steps": [25]},
        {"steps": {}},
        {"guidance": float("nan")}, {"guidance": float("inf")}, {"guidance": -0.1}, {"guidance": 1e300},
        {"guidance": "4"},
        {"eta": float("nan")}, {"eta": 2}, {"sampler": "euler"}, {"sampler": None}, {"sampler": ["ddim"]},
        {"sampler": {}},
        {"spacing": 7}, {"prompt": None}, {"prompt": 7}, {"prompt": ["a", "b"]}, {"prompt": "x" * 10_000},
        {"prompt": "a\x00b"},
        {"negative": "y" * 10_000}, {"model": "nope"}, {"model": "../fake"}, {"model": ["fake"]}, {"model": {}},
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_value_is_a_message_and_never_a_traceback(site, endpoint, changed, capfd, caplog):
    caplog.set_level(logging.ERROR)
    last = call(site, endpoint, **changed)[-1]
    assert last["success"] is False
    told = last["output"]["error"]
    assert told
    name = {"negative": "negative_prompt"}.get(next(iter(changed)), next(iter(changed)))
    assert name in told
    assert "Traceback" not in capfd.readouterr().err + caplog.text
    assert site.engine.running == 0


def test_a_right_call_still_works(site, endpoint):
    messages = call(site, endpoint, prompt="a fox")
    assert messages[-1]["success"] is True


def test_a_model_that_cannot_be_loaded_is_named(tmp_path, capfd):
    def load(name):
        raise ModelError("starter/dit.safetensors is altered: download it again.")

    service = Service(load, lambda: ["starter"])
    demo = build(service, Welcome(service, tmp_path))
    url = serve(demo, "127.0.0.1")
    try:
        broken = SimpleNamespace(url=url)
        for _ in range(2):
            assert "dit.safetensors is altered" in call(broken, find(broken), prompt="a fox")[-1]["output"]["error"]
    finally:
        demo.close(verbose=False)
    assert "Traceback" not in capfd.readouterr().err


def test_the_queue_cannot_be_passed_by(site, endpoint):
    number, values = endpoint
    answer = httpx.post(site.url + "gradio_api/run/predict", json={"data": list(values.values()), "fn_index": number})
    assert answer.status_code in (404, 422)


def test_what_is_larger_than_any_reader_takes_is_refused_and_not_kept(site):
    most, folder = settings.MAX_FILE, Path(os.environ["GRADIO_TEMP_DIR"])
    before = set(folder.rglob("*"))
    refused = httpx.post(site.url + "gradio_api/upload", files={"files": ("a.exe", b"x" * (most + 1))}, timeout=60)
    assert refused.status_code == 413
    assert str(most) in refused.text
    assert {path for path in folder.rglob("*") if path.is_file() and path.stat().st_size > most // 2} <= before
    taken = httpx.post(site.url + "gradio_api/upload", files={"files": ("a.png", b"x" * 1000)}, timeout=60)
    assert taken.status_code == 200
