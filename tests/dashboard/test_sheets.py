"""The pages that tabs make of what they show: what stands in them, where they lead, and that no prompt is markup."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest

import core
from core.types import Request
from dashboard import links
from dashboard.components.heat import Group, Heat, pack, still
from dashboard.layers import Layers
from dashboard.onefile import Sheet, page
from dashboard.service import Service
from dashboard.tabs.clip import views as clip_views
from dashboard.tabs.guidance import sheets as guidance
from dashboard.tabs.guidance import sweep
from dashboard.tabs.samplers import lanes
from dashboard.tabs.samplers import views as samplers
from dashboard.tabs.trajectory import views as trajectory
from dashboard.tabs.unclip import drawn as unclip
from dashboard.tabs.unclip import stage, variations
from dashboard.tabs.unclip import views as unclip_views
from dashboard.tabs.video import compare
from dashboard.tabs.video import sheets as video
from tests.fake_engine import FakeEngine

PAGE = "https://example.org/driftscope/?old=1#x"
HOSTILE = "</script><img src=x onerror=alert(1)> \" onload='x <i>"
SCALES = "1, 2, 4"


def traced(service: Service, *requests: Request) -> list:
    *_, traces = service.stream_many(service.default, list(requests))
    return traces


def run(service: Service, request: Request):
    *_, layer = service.stream(service.default, request)
    return layer


def of_guidance(service: Service, request: Request) -> Sheet:
    layer = run(service, request)
    pair = paired(service, request, HOSTILE)
    with service.turn(layer.model) as engine:
        return guidance.of_run(engine, layer, pair, PAGE)


def paired(service: Service, request: Request, negative: str) -> tuple:
    traces = traced(service, *(replace(request, negative_prompt=text) for text in ("", negative)))
    return tuple(map(service.layer, traces))


def of_sweep(service: Service, request: Request) -> Sheet:
    plan = sweep.plan(service.default, request, SCALES, request.prompt, "0-1")
    return guidance.of_sweep(swept(service, plan), PAGE)


def swept(service: Service, plan: sweep.Sweep) -> sweep.Swept:
    traces = traced(service, *plan.requests)
    with service.turn(plan.model) as engine:
        return sweep.judge(engine, plan, traces)


def of_lanes(service: Service, request: Request) -> Sheet:
    asked = lanes.requests(request, [("ddim", request.steps, 0.0), ("ddpm", 9, 0.0)])
    found = lanes.compare(service, traced(service, *asked))
    with service.turn(service.default) as engine:
        return samplers.sheet(lanes.measured(engine, found), engine.gallery, PAGE)


def of_path(service: Service, request: Request) -> Sheet:
    first, branch = (run(service, replace(request, branches=one)) for one in ((), ((3, 5),)))
    layers = Layers().add(first).toggle(first.id).add(branch)
    return trajectory.sheet(service, layers, "plane", True, PAGE)


def of_embedding(service: Service, request: Request) -> Sheet:
    engine = service.engine(service.default)
    z = tuple(engine.prior.sample([request.prompt], 1)[0].tolist())
    asked = [replace(request, prompt="", embedding=z, seed=seed) for seed in variations.seeds(request.seed)]
    shots, traces = [unclip.Shot(f"seed {one.seed}", one) for one in asked], traced(service, *asked)
    with service.turn(engine.name):
        found = stage.finish(engine, shots, traces)
    above = unclip_views.portrait(request.prompt, found.pictures[0], [request.prompt])
    drawn = unclip.Drawn(
        variations.TITLE, variations.HEAD, found, unclip.Judged([request.prompt] * len(shots), [], {}),
        unclip.Row("unclip-variations", request, {"unclip-of": "a fox", "unclip-of-e": None}),
        unclip_views.Layout([(request.prompt, list(range(len(shots))))]), [], unclip.Around(request.prompt, above),
    )  # fmt: skip
    return unclip.sheet(service, drawn, PAGE, "unclip-variations-stopped")


def of_video(service: Service, request: Request) -> Sheet:
    return video.of_video(service, run(service, request), PAGE)


def of_videos(service: Service, request: Request) -> Sheet:
    row = compare.COMPARISONS["negative"]
    titles, requests = zip(*row.variants(request, HOSTILE), strict=True)
    traces = tuple(traced(service, *requests))
    return video.of_comparison(compare.Compared("negative", row, traces[0], titles, traces, [HOSTILE] * 2), PAGE)


def of_clip(service: Service, request: Request) -> Sheet:
    layers = Layers().add(run(service, request))
    room = clip_views.Room(SimpleNamespace(service=service), None, None)
    maps = Heat(
        [Group(request.prompt, [request.prompt], ["0.1"], ["data:,"], pack(np.ones((1, 1, 1, 2, 2))), 2, 1)], [""]
    )
    typed = clip_views.setting("where", None, "")
    return room.sheet("Where", request.prompt, still(maps), layers, [(typed, request.prompt)], (None, "", PAGE))


MADE: dict[str, Callable[[Service, Request], Sheet]] = {
    "guidance": of_guidance, "sweep": of_sweep, "samplers": of_lanes, "trajectory": of_path, "unclip": of_embedding,
    "clip": of_clip, "video": of_video, "videos": of_videos,
}  # fmt: skip
TABS = {"sweep": "guidance", "videos": "video"}
ASKED = Request("a fox", seed=3, steps=6)


@pytest.fixture(params=MADE)
def name(request) -> str:
    return request.param


@pytest.fixture
def home(service, name) -> Service:
    film = FakeEngine.of_videos(delay=0.001)
    return Service(lambda name: film, lambda: ["film"]) if "video" in name else service


def link(sheet: Sheet) -> str:
    """Where it leads back to."""
    return unescape(re.fullmatch('<a class="ds-live" href="([^"]*)">Open it live</a>', sheet.live)[1])


def test_a_page_names_what_it_shows_and_leads_back_to_it(home, name):
    sheet = MADE[name](home, ASKED)
    file = page(sheet).decode()
    assert "a fox" in sheet.title
    assert home.default in sheet.settings
    base, asked = link(sheet).partition("?")[0], dict(parse_qsl(urlsplit(link(sheet)).query))
    assert base == "https://example.org/driftscope/"
    assert asked["tab"] == TABS.get(name, name)
    model, request = links.from_query(asked)
    assert (model, request.prompt, request.seed, request.steps) == (home.default, "a fox", 3, 6)
    assert sheet.live in file
    assert ('class="ds-rail"' in file) == (sheet.reel is not None)


class Elements(HTMLParser):
    """All elements of a page: their names and attributes."""

    def __init__(self, file: str):
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(file)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_no_prompt_is_markup_and_nothing_is_asked_of_another_host(home, name):
    file = page(MADE[name](home, replace(ASKED, prompt=HOSTILE))).decode()
    elements = Elements(file).found
    assert [tag for tag, _ in elements].count("script") == file.count("</script>") == 2
    for tag, attributes in elements:
        assert tag not in ("iframe", "object", "embed", "base", "form"), tag
        assert not [one for one in attributes if one.startswith("on")], attributes
        for one in ("src", "srcset", "data", "action", "poster"):
            assert attributes.get(one, "data:").startswith("data:"), attributes
        if tag in ("image", "use", "link"):
            assert attributes["href"].startswith("data:"), attributes
    assert not re.search(r"@import|url\((?!'?data:|#arrow-)", file)


def test_a_page_that_was_made_nowhere_leads_nowhere(service):
    found = swept(service, sweep.plan("fake", ASKED, SCALES, "a fox", "0"))
    file = page(guidance.of_sweep(found, "file:///run.html")).decode()
    assert "Open it live" not in file
    assert file.count("<a data-cell=") == 3
    assert not re.search(r"<a [^>]*href=\"\?", file)


def test_a_sweep_says_which_scales_and_each_picture_leads_to_its_own_run(service):
    sheet = of_sweep(service, replace(ASKED, guidance_low=0.2))
    assert sheet.settings == "fake · DDIM · 6 steps · guidance 1, 2, 4 for σ 0.2 to 1"
    asked = dict(parse_qsl(urlsplit(link(sheet)).query))
    assert (asked["scales"], asked["seeds"], asked["prompts"]) == (SCALES, "0, 1", "a fox")
    cells = [
        dict(parse_qsl(urlsplit(one.replace("&amp;", "&")).query))
        for one in re.findall(r'<a href="([^"]*)"', sheet.body)
    ]
    assert [(one.get("guidance", "4"), one["seed"]) for one in cells[1:]] == [
        (scale, seed) for seed in "01" for scale in SCALES.split(", ")
    ]


def test_a_sweep_of_many_long_prompts_says_that_no_link_holds_them(service):
    prompts = "\n".join(f"一个红色的苹果放在蓝色的桌子上 {n}" for n in range(60))
    found = swept(service, sweep.plan("fake", ASKED, "1", prompts, "0"))
    sheet = guidance.of_sweep(found, PAGE)
    assert "too long for a link" in page(sheet).decode()
    assert sheet.body.count('<a href="https://example.org/') == 60  # each picture has its one prompt alone


def test_a_pair_of_another_prompt_is_not_in_the_link(service):
    layer = run(service, ASKED)
    for prompt, kept in (("a fox", True), ("an apple", False)):
        pair = paired(service, replace(ASKED, prompt=prompt), "red")
        assert ("away=red" in link(guidance.of_run(service.engine("fake"), layer, pair, PAGE))) == kept


@pytest.fixture(scope="module")
def real() -> Service:
    return Service(core.load, core.models)


@pytest.mark.parametrize("name", ["guidance", "samplers", "unclip", "trajectory"])
def test_25_steps_of_the_default_model_are_under_3_mb(real, name):
    assert len(page(MADE[name](real, Request("a red apple", seed=1)))) < 3e6
