"""What a server tells whoever watches over it, over HTTP: whether it is ready, and how much is asked of it."""

import json
import logging
from types import SimpleNamespace

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from core.types import ModelError, Request
from dashboard import watching
from dashboard.app import build
from dashboard.limits import Limits
from dashboard.runqueue import BusyError
from dashboard.service import Service
from dashboard.serving import serve
from dashboard.welcome import Welcome
from tests.fake_engine import FakeEngine

PROMPT = "a very private fox"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    service = Service(lambda name: FakeEngine(name, delay=0.001), lambda: ["fake"])
    welcome = Welcome(service, tmp_path_factory.mktemp("models"))
    demo = build(service, welcome)
    url = serve(demo, "127.0.0.1", routes=watching.routes(service, welcome))
    yield SimpleNamespace(url=url, service=service, welcome=welcome)
    demo.close(verbose=False)


@pytest.fixture(autouse=True)
def _no_token(monkeypatch):
    monkeypatch.delenv(watching.TOKEN, raising=False)


def read(site) -> dict[str, float]:
    answer = httpx.get(site.url + "metrics")
    assert answer.status_code == 200
    assert PROMPT not in answer.text
    found = {}
    for family in text_string_to_metric_families(answer.text):
        found |= {one.name + "".join(one.labels.values()): one.value for one in family.samples}
    return found


def test_a_server_is_ready_once_its_model_has_drawn(site):
    early = httpx.get(site.url + "health")
    assert (early.status_code, early.json()) == (503, {"status": "loading"})
    assert read(site)["driftscope_ready"] == 0
    site.welcome.layer()
    ready = httpx.get(site.url + "health")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert ready.headers["x-content-type-options"] == "nosniff"
    assert read(site)["driftscope_ready"] == 1


def test_a_model_that_cannot_be_loaded_is_never_ready(tmp_path):
    def load(name):
        raise ModelError("starter/dit.safetensors is altered.")

    welcome = Welcome(Service(load, lambda: ["starter"]), tmp_path)
    welcome._prepare()
    assert welcome.status == "failed"


def test_every_run_is_counted_by_its_end(site):
    before = read(site)
    service, short, long = site.service, Request(PROMPT, steps=5), Request(PROMPT, steps=200)
    list(service.stream("fake", short, "a"))
    left, stopped = service.stream("fake", long, "b"), service.stream("fake", long, "c")
    next(left), next(stopped)
    now = read(site)
    assert now["driftscope_runs_running"] == 2
    left.close()
    service.stop("c")
    list(stopped)
    after = read(site)
    gained = {end: after[f"driftscope_runs_total{end}"] - before[f"driftscope_runs_total{end}"]
              for end in ("finished", "stopped", "left", "replaced", "refused")}  # fmt: skip
    assert gained == {"finished": 1, "stopped": 1, "left": 1, "replaced": 0, "refused": 0}
    assert after["driftscope_steps_total"] - before["driftscope_steps_total"] >= 6
    assert after["driftscope_running_seconds_count"] - before["driftscope_running_seconds_count"] == 3
    assert after["driftscope_running_seconds_sum"] > before["driftscope_running_seconds_sum"]
    assert after["driftscope_runs_running"] == 0
    assert after["process_resident_memory_bytes"] > 1e6


def test_waiting_and_refused_runs_are_counted(site):
    runs = [site.service.stream("fake", Request(steps=200), f"w {n}") for n in range(Limits.running + Limits.waiting)]
    for run in runs:
        next(run)
    before = read(site)
    assert (before["driftscope_runs_running"], before["driftscope_runs_waiting"]) == (Limits.running, Limits.waiting)
    with pytest.raises(BusyError):
        next(site.service.stream("fake", Request(), "one too many"))
    assert read(site)["driftscope_runs_totalrefused"] == before["driftscope_runs_totalrefused"] + 1
    for run in runs:
        run.close()
    assert read(site)["driftscope_runs_waiting"] == 0


def test_a_token_closes_the_metrics(site, monkeypatch):
    monkeypatch.setenv(watching.TOKEN, "sesame-1")
    url = site.url + "metrics"
    for shown in ("", "Bearer", "Bearer sesame", "sesame-1"):
        assert httpx.get(url, headers={"authorization": shown.encode()}).status_code == 403
    monkeypatch.setenv(watching.TOKEN, "sesame")
    assert httpx.get(url, headers={"authorization": "Bearer sesame"}).status_code == 200


def test_without_a_token_a_public_page_shows_none(service, tmp_path):
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    app = Starlette(routes=watching.routes(service, Welcome(service, tmp_path), closed=True))
    assert TestClient(app).get("/metrics").status_code == 403
    assert TestClient(app).get("/health").status_code == 503


def test_the_log_has_a_line_for_each_run_and_no_prompt(service, caplog):
    caplog.set_level(logging.INFO, "driftscope")
    list(service.stream("fake", Request(PROMPT, steps=3), "me"))
    (record,) = [one for one in caplog.records if one.name == "driftscope"]
    line = watching.Lines().format(record)
    told = json.loads(line)
    assert (told["event"], told["end"], told["steps"], told["work"]) == ("run", "finished", 3, 3)
    assert "fox" not in line
