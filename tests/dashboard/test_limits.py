"""What a server for strangers takes and refuses, and who counts as one of them."""

import json
import re
import uuid
from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from core.types import Request, RequestError
from dashboard.app import build
from dashboard.forwarded import Forwarded
from dashboard.hosting import Hosting
from dashboard.limits import PUBLIC, USUAL, Limits, Visitors
from dashboard.runqueue import BusyError
from dashboard.service import Service
from dashboard.serving import serve
from dashboard.tabs.clip.spaces import Spaces
from dashboard.welcome import Welcome
from tests.fake_engine import FakeEngine


def test_limits_are_read_from_a_line():
    assert USUAL.changed("") == USUAL
    assert PUBLIC.changed(" steps=50, waiting = 9,visitor_runs=0") == replace(
        PUBLIC, steps=50, waiting=9, visitor_runs=0
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("speed=3", "no limit 'speed': the limits are running, "), ("steps", "steps is ''"), ("steps=0", "from 1 to"),
        ("steps=-1", "'-1'"), ("steps=1e3", "'1e3'"), ("waiting=٣", "waiting is"), ("work=9999999", "to 1000000"),
        ("steps=" + "9" * 5000, "whole number"), ("visitor_runs=x", "from 0 to"),
    ],
)  # fmt: skip
def test_what_is_no_limit_is_told(text, told):
    with pytest.raises(ValueError, match=told):
        USUAL.changed(text)


def test_a_run_is_no_larger_than_the_server_takes(engine):
    service = Service(lambda name: engine, lambda: ["fake"], limits=Limits(steps=10, work=25))
    assert len(list(service.stream("fake", Request(steps=10)))) == 12
    for run, told in (
        (service.stream("fake", Request(steps=11)), "steps is 11: it must be from 1 to 10 on this server"),
        (service.stream_many("fake", [Request(steps=9)] * 3), "together is 27: it must be at most 25 on this server"),
        (service.draw("fake", [Request(steps=9)] * 3), "together is 27"),
    ):
        with pytest.raises(RequestError, match=told):
            next(run)
    assert service.queue.empty


def test_a_stranger_names_no_folder_and_no_hub_id(engine):
    rooms = Spaces(Service(lambda name: engine, lambda: ["fake"], limits=PUBLIC))
    assert rooms.get("fake", " ").own
    for source in ("/", "openai/clip", "~", "."):
        with pytest.raises(RequestError, match="this server opens no other"):
            rooms.get("fake", source)


@pytest.mark.parametrize(
    ("host", "visitor"),
    [
        ("8.8.8.8", "8.8.8.8"), ("::ffff:8.8.8.8", "8.8.8.8"), ("2a00:1450:4001:81b::200e", "2a00:1450:4001:81b::/64"),
        ("192.168.1.7", "tab"), ("127.0.0.1", "tab"), ("::1", "tab"), ("fe80::1%eth0", "tab"), ("unknown", "tab"),
        ("", "tab"), ("8.8.8.8, 9.9.9.9", "tab"), ("x" * 5000, "tab"),
    ],
)  # fmt: skip
def test_a_visitor_is_an_address_of_the_internet_or_else_a_tab(host, visitor):
    visitors = Visitors()
    visitors.seen("tab", host)
    assert visitors.of("tab") == visitors.of("tab unclip") == visitor
    assert visitors.of("other") == "other"


def test_only_so_many_tabs_are_remembered(monkeypatch):
    monkeypatch.setattr(Visitors, "MOST", 2)
    visitors = Visitors()
    for tab in ("a", "b", "a", "c"):
        visitors.seen(tab, "8.8.8.8")
    assert [visitors.of(tab) for tab in "abc"] == ["8.8.8.8", "b", "8.8.8.8"]


@pytest.mark.parametrize(
    ("proxies", "chain", "host"),
    [
        (0, ["1.1.1.1"], "testclient"), (1, [], "testclient"), (1, ["1.1.1.1"], "1.1.1.1"),
        (1, ["6.6.6.6, 1.1.1.1"], "1.1.1.1"), (1, ["6.6.6.6", "1.1.1.1"], "1.1.1.1"),
        (2, ["6.6.6.6, 1.1.1.1, 2.2.2.2"], "1.1.1.1"), (2, ["1.1.1.1"], "testclient"), (1, [""], "testclient"),
    ],
)  # fmt: skip
def test_a_forwarded_address_is_believed_only_of_as_many_proxies_as_there_are(proxies, chain, host):
    async def who(request):
        claims = [name for name in request.headers if "forwarded" in name]
        return JSONResponse([request.client.host, claims])

    app = Forwarded(Starlette(routes=[Route("/", who)]), proxies)
    headers = [("x-forwarded-for", value) for value in chain] + [("x-forwarded-host", "evil"), ("forwarded", "for=x")]
    seen, claims = TestClient(app).get("/", headers=headers).json()
    assert seen == host
    assert bool(claims) == bool(proxies)


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """A page for strangers, behind one proxy."""
    limits = PUBLIC.changed("steps=20,visitor_runs=1,upload=1")
    service = Service(lambda name: FakeEngine(name, delay=0.02), lambda: ["fake"], limits=limits)
    demo = build(service, Welcome(service, tmp_path_factory.mktemp("models")))
    url = serve(demo, "127.0.0.1", hosting=Hosting(public=True, proxies=1, limits=limits))
    yield SimpleNamespace(url=url, service=service, config=demo.config)
    demo.close(verbose=False)


def generate(public, address: str, **changed) -> dict:
    """Press Generate as a new tab at this address; how it ends."""
    components = {one["id"]: one["props"] for one in public.config["components"]}
    button = next(id for id, props in components.items() if props.get("elem_id") == "generate")
    event = next(one for one in public.config["dependencies"] if (button, "click") in one["targets"])
    values = {components[id].get("elem_id"): components[id].get("value") for id in event["inputs"]}
    session, asked = uuid.uuid4().hex, {**values, "lock": True, "steps": 5, **changed}
    body = {"data": list(asked.values()), "fn_index": event["id"], "session_hash": session}
    with httpx.Client(timeout=60, headers={"x-forwarded-for": f"6.6.6.6, {address}"}) as client:
        assert client.post(public.url + "gradio_api/queue/join", json=body).status_code == 200
        with client.stream("GET", public.url + f"gradio_api/queue/data?session_hash={session}") as stream:
            for line in stream.iter_lines():
                if line.startswith("data:") and '"process_completed"' in line:
                    return json.loads(line[5:])
    raise AssertionError("no end")


def test_a_public_page_counts_by_forwarded_addresses(public):
    public.service.queue.visitors.seen("elsewhere", "8.8.8.8")
    other = public.service.stream("fake", Request(steps=20), "elsewhere")
    next(other)
    refused = generate(public, "8.8.8.8")
    assert refused["success"] is False
    assert "1 of your runs are under way or wait, as many as one visitor may have" in refused["output"]["error"]
    assert generate(public, "9.9.9.9")["success"] is True
    other.close()
    assert generate(public, "8.8.8.8")["success"] is True


def test_a_public_page_says_what_it_does_not_take(public):
    told = generate(public, "1.0.0.1", steps=21)["output"]["error"]
    assert re.sub("<.*?>", "", told) == "steps is 21: it must be from 1 to 20 on this server."
    files = {"files": ("a.png", b"x" * ((1 << 20) + 1))}
    assert httpx.post(public.url + "gradio_api/upload", files=files).status_code == 413
    other = next(one for one in public.config["components"] if one["props"].get("elem_id") == "clip-other")
    assert other["props"]["visible"] is False


def test_a_full_server_refuses_before_anything_begins(engine):
    service = Service(lambda name: engine, lambda: ["fake"], limits=Limits(running=1, waiting=1))
    runs = [service.stream("fake", Request(steps=5), name) for name in ("a", "b")]
    for run in runs:
        next(run)
    with pytest.raises(BusyError, match="1 run is waiting, as many as this server takes"):
        next(service.stream("fake", Request(steps=5), "c"))
    for run in runs:
        run.close()
