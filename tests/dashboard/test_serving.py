import errno
import inspect
import itertools
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import gradio
import httpx
import pytest

from dashboard.app import build
from dashboard.layers import Layers
from dashboard.service import Service
from dashboard.serving import serve
from dashboard.sessions import Sessions
from dashboard.welcome import Welcome
from tests.apart import run_apart
from tests.fake_engine import FakeEngine

ROOT = Path(__file__).parents[2]
CONFIG = """
import json
from dashboard import app
service = app.Service(None, lambda: ["fake"])
print(json.dumps(app.build(service, app.Welcome(service, None)).get_config_file(), default=str))
"""


def test_the_page_is_the_same_in_every_process():
    """A page loaded from one process is answered by another: after a restart, or with several workers."""
    run = [sys.executable, "-c", CONFIG]
    seeds = [os.environ | {"PYTHONHASHSEED": seed} for seed in ("1", "2")]
    open_ones = [subprocess.Popen(run, cwd=ROOT, env=env, stdout=subprocess.PIPE, encoding="utf-8") for env in seeds]
    first, second = (json.loads(one.communicate(timeout=600)[0]) for one in open_ones)
    assert len(first["dependencies"]) > 50
    for mine, theirs in zip(first["dependencies"], second["dependencies"], strict=True):
        assert mine == theirs
    assert first == second


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page that is served to no browser, over a fake engine."""
    service = Service(lambda name: FakeEngine(name), lambda: ["fake"])
    demo = build(service, Welcome(service, tmp_path_factory.mktemp("models")))
    url = serve(demo, "127.0.0.1")
    yield SimpleNamespace(url=url, demo=demo, service=service, sessions=demo.app.state_holder)
    demo.close(verbose=False)


@pytest.mark.parametrize("path", ["", "config", "gradio_api/app_id", "theme.css", "nowhere"])
def test_every_answer_says_how_a_browser_may_use_it(page, path):
    headers = httpx.get(page.url + path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    rules = dict(rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";"))
    assert rules["default-src"] == "'self'"
    assert rules["object-src"] == "'none'"
    assert "https://huggingface.co" in rules["frame-ancestors"]
    assert not any(source.startswith("http") for source in rules["script-src"].split())
    assert "x-frame-options" not in headers  # it knows no list, and a Space is shown in a frame


def test_the_page_asks_for_nothing_at_the_root_of_its_site(page):
    """It may be served below a path: what lies at the root is then somebody else's."""
    answer = httpx.get(page.url)
    assert answer.headers["content-encoding"] == "gzip"
    plain = httpx.get(page.url, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == answer.text
    assert int(plain.headers["content-length"]) == len(plain.content)
    assert '="/' not in answer.text.partition("<body")[0]
    assert 'rel="icon" href="data:image/svg+xml,' in answer.text


@pytest.mark.parametrize("path", ["monitoring", "monitoring/summary", "monitoring/anything"])
def test_what_visitors_do_is_not_shown_to_others(page, path):
    assert httpx.get(page.url + path).status_code == 403


def test_no_event_hands_its_statuses_to_its_outputs(page):
    """The page looks up each output that any event ever had, at each status of each event: once, seconds of work."""
    events = [event for event in page.demo.get_config_file()["dependencies"] if event["backend_fn"]]
    assert len(events) > 100
    assert [event["api_name"] for event in events if event["show_progress_on"] != []] == []


def test_the_queue_of_events_rests_while_nobody_asks(page, monkeypatch):
    """Looks for work are counted by their naps: 10 a second, and often for a while after an event."""
    queue, naps, now = page.demo._queue, [], [1000.0]

    async def nap(seconds):
        naps.append(seconds)
        queue.stopped = len(naps) >= 4

    def looks():
        naps.clear()
        queue.stopped = False
        run_apart(queue.start_processing())
        return naps

    monkeypatch.setattr(gradio.queueing.asyncio, "sleep", nap)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(queue, "_seen", queue.events_recorded)
    assert looks() == [queue.RARELY] * 4
    queue.events_recorded += 1
    assert looks() == [queue.OFTEN] * 4
    now[0] += queue.WHILE
    assert looks() == [queue.RARELY] * 4
    naps.clear()
    queue.stopped = False
    run_apart(queue.start_progress_updates())
    assert min(naps) >= 1.0
    queue.stopped = False


def test_trivial_calls_throw_nobodys_runs_away(page, layer, monkeypatch):
    holder = Sessions()
    holder.blocks = page.demo
    holder.capacity = 6
    states = [number for number, block in page.demo.blocks.items() if isinstance(block, gradio.State)]
    layers = states[0]

    def arrive(name, runs=None):
        holder[name][layers] = Layers() if runs is None else Layers((runs,), runs.id)

    greeting = replace(layer, id="welcome")
    for number in range(4):
        arrive(f"full {number}", layer)
    arrive("only greeted", greeting)
    for number in range(50):
        arrive(f"stranger {number}")
    assert [name for name in holder.session_data if name.startswith("full")] == [f"full {n}" for n in range(4)]
    assert len(holder.session_data) == 6
    holder.session_data["full 2"].is_closed = True
    for number in range(3):
        arrive(f"maker {number}", layer)
    full = ["full 0", "full 1", "full 3", "maker 0", "maker 1", "maker 2"]  # the closed one went, then the empty ones
    assert list(holder.session_data) == full
    for number in range(50, 60):
        arrive(f"stranger {number}")
    assert list(holder.session_data) == [*full, "stranger 59"]  # one too many, rather than anybody's runs
    for number in range(3, 5):
        arrive(f"maker {number}", layer)
    holder["maker 4"]
    assert list(holder.session_data) == [*full[2:], "maker 3", "maker 4"]  # too many runs: the longest unused go


def test_a_session_keeps_no_copy_of_what_its_page_showed(page):
    session = page.sessions["watched"]
    shown = next(number for number, block in page.demo.blocks.items() if isinstance(block, gradio.HTML))
    session._update_value_in_config(shown, "a reel of a megabyte")  # as Gradio does with each output
    session._update_config(shown)
    assert list(session.components) == []


def test_the_runs_of_all_pages_together_are_bounded(page, layer):
    holder = Sessions()
    holder.blocks, holder.most = page.demo, 2 * layer.size
    layers = next(number for number, block in page.demo.blocks.items() if isinstance(block, gradio.State))
    for number in range(3):
        run = replace(layer, id=f"run {number}")
        holder[f"page {number}"][layers] = Layers((run,), run.id)
    assert len(holder.session_data) == 3  # what a session makes is seen when the next one asks
    holder["page 1"]
    assert list(holder.session_data) == ["page 2", "page 1"], "the longest unused goes"
    holder.most = 0
    holder["page 2"]
    assert list(holder.session_data) == ["page 2"], "but never the one that asks"


def test_runs_that_a_page_took_over_count_once(page, layer):
    holder = Sessions()
    holder.blocks, holder.most = page.demo, 2 * layer.size
    layers = next(number for number, block in page.demo.blocks.items() if isinstance(block, gradio.State))
    for number in range(5):  # a page that is loaded anew: the same run in each of its sessions
        holder[f"load {number}"][layers] = Layers((layer,), layer.id)
    deleted = replace(layer, id="deleted")
    holder["other"][layers] = Layers((layer,), layer.id, deleted=(0, deleted))
    holder["load 0"]
    assert len(holder.session_data) == 6
    holder["full"][layers] = Layers((replace(layer, id="third"),), "third")
    holder["full"]
    assert len(holder.session_data) < 7, "what can be brought back takes its room as well"


def test_a_tab_that_asks_for_nothing_holds_its_pinned_runs_alone_in_the_end(page, layer):
    holder = Sessions(hours=2)
    holder.blocks = page.demo
    layers, other = [number for number, block in page.demo.blocks.items() if isinstance(block, gradio.State)][:2]
    old, pinned = replace(layer, id="old"), replace(layer, id="pinned", kept=True)
    for name, runs in (("keeper", (pinned, old)), ("leaver", (old,)), ("guest", (old,))):
        holder[name][layers] = Layers(runs, "old")
        holder[name][other] = old
    for name in ("keeper", "leaver"):
        holder.time_last_used[name] -= timedelta(hours=3)
    holder.delete_all_expired_state()
    assert set(holder.session_data) == {"keeper", "guest"}
    assert holder["guest"][layers].find("old")
    assert holder["keeper"][layers] == Layers((pinned,), "pinned", gone=1)
    assert holder["keeper"][other] is not old
    assert Sessions()._age > timedelta(days=10_000)


def test_the_page_holds_its_sessions_so(page):
    assert isinstance(page.sessions, Sessions)
    assert page.sessions.capacity == 200


@pytest.mark.parametrize("data", [None, "id", ["id"], 7, {}, {"id": None, "index": "x", "ends": {}, "cell": -1}])
def test_an_event_without_its_data_is_refused_or_left_alone(page, data):
    """No handler may meet it with anything but a message, whatever state the page is in."""
    called, refused = 0, []
    for fn in page.demo.fns.values():
        if not fn.collects_event_data:
            continue
        session = page.sessions["rubbish"]
        values = [session[block._id] if block.stateful else block.value for block in fn.inputs]
        given = [dict(zip(fn.inputs, values, strict=True))] if fn.inputs_as_dict else values
        event = gradio.EventData(page.demo.blocks[fn.targets[0][0]], data)
        request = gradio.Request(session_hash="rubbish", query_params={})
        arguments, *_ = gradio.helpers.special_args(fn.fn, given, request, event)
        try:
            found = fn.fn(*arguments)
            if inspect.isgenerator(found):
                list(itertools.islice(found, 3))
                found.close()
        except gradio.Error as error:
            refused.append(str(error))
        called += 1
    assert called > 10
    assert all(refused)


def test_every_place_for_files_hands_on_their_paths_alone(page):
    places = [one for one in page.demo.blocks.values() if isinstance(one, (gradio.File, gradio.UploadButton))]
    assert len(places) > 5
    handed = [place.preprocess(gradio.FileData(path="/a/b.png")) for place in places]
    assert [type(path) for path in handed] == [str] * len(places)  # Gradio's own is one that made a file


def test_no_two_listeners_of_one_event_are_put_off(page):
    """They would call each other for ever on a busy machine (dashboard/events.py); a State tells each by itself."""
    put_off = Counter(
        (number, event)
        for fn in page.demo.fns.values()
        for number, event in fn.targets
        if fn.trigger_mode == "always_last" and fn.fn and number is not None
        if not isinstance(page.demo.blocks[number], gradio.State)
    )
    assert len(put_off) > 10
    assert [target for target, count in put_off.items() if count > 1] == []


@pytest.fixture
def write(page):
    """The handler behind Save picture."""
    [files] = [
        block for block in page.demo.blocks.values() if 'id="save-png"' in str(getattr(block, "html_template", ""))
    ]
    [fn] = [fn for fn in page.demo.fns.values() if (files._id, "write") in fn.targets]
    return lambda *values: fn.fn(ASKED, gradio.EventData(files, {"kind": "png"}), *values)


ASKED = SimpleNamespace(headers={"referer": "http://localhost:7860/"})


def test_a_full_disk_is_told_in_a_sentence(write, layer, monkeypatch):
    layers = Layers((layer,), layer.id)
    assert next(write(layers, "")).endswith(".png")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "/a/folder/of/the/server")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(gradio.Error, match=r"^['\"]The server's disk is full") as error:
            next(write(layers, ""))
        assert "/a/folder" not in str(error.value)
    nearly = SimpleNamespace(free=1000)  # room for less than the file and Gradio's copy of it
    monkeypatch.setattr("shutil.disk_usage", lambda folder: nearly)
    with pytest.raises(gradio.Error, match="The server's disk is full"):
        next(write(layers, ""))
