"""What is shown of a link where it is shared."""

import html
import io
import re
from types import SimpleNamespace

import httpx
import numpy as np
import pytest
from PIL import Image

from core.types import Request
from dashboard.app import build
from dashboard.hosting import Hosting
from dashboard.layers import Film
from dashboard.limits import Limits
from dashboard.preview import KEPT, MAX_STEPS, SIZE, Previews, jpeg
from dashboard.service import Service
from dashboard.serving import serve
from dashboard.welcome import Welcome
from tests.fake_engine import FakeEngine

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    engine = FakeEngine("fake", delay=0.001)
    service = Service(lambda name: engine, lambda: ["fake"])
    welcome = Welcome(service, tmp_path_factory.mktemp("models"))
    demo = build(service, welcome)
    url = serve(
        demo, "127.0.0.1", routes=[Previews(service, welcome).route()], hosting=Hosting("/driftscope", proxies=1)
    )
    yield SimpleNamespace(url=url, service=service, welcome=welcome, engine=engine)
    demo.close(verbose=False)


def shown(site, **query) -> dict[str, str]:
    proxy = {"x-forwarded-host": "example.org", "x-forwarded-proto": "https"}
    head = httpx.get(site.url, params=query, headers=proxy).text.partition("</head>")[0]
    found = re.findall(r'<meta property="((?:og|twitter):[^"]*)" content="([^"]*)">', head)
    assert len(found) == len(dict(found)), "a tag is there twice"
    return {name: html.unescape(value) for name, value in found}


def test_a_link_shows_its_prompt_and_the_picture_of_its_run(site):
    told = shown(site, prompt="a red fox & a dog", seed=7, steps=12)
    assert told["og:title"] == "a red fox & a dog · Driftscope"
    assert told["og:description"] == "the default model · DDIM · 12 steps · guidance 4"
    assert shown(site, model="fake", seed=7)["og:description"].startswith("fake · DDIM")
    assert told["og:url"].startswith("https://example.org/driftscope/?prompt=")
    assert told["og:image"].startswith("https://example.org/driftscope/preview.jpg?")
    site.welcome.layer()
    inner = site.url + told["og:image"].removeprefix("https://example.org/driftscope/")
    first, again = httpx.get(inner), httpx.get(inner)
    assert first.headers["content-type"] == "image/jpeg"
    assert "max-age" in first.headers["cache-control"]
    assert Image.open(io.BytesIO(first.content)).size == SIZE
    assert first.content == again.content
    *_, layer = site.service.stream("fake", Request("a red fox & a dog", seed=7, steps=12))
    assert first.content == jpeg(layer.film)


@pytest.mark.parametrize("query", [{}, {"tab": "lab"}, {"seed": "-1"}, {"prompt": "x" * 5000}, {"steps": "many"}])
def test_what_names_no_run_shows_the_page_and_the_run_that_greets(site, query):
    told = shown(site, **query)
    assert told["og:title"] == "Driftscope"
    assert told["og:image"] == "https://example.org/driftscope/preview.jpg"
    expected = jpeg(site.welcome.layer().film)  # once it is there: before that there is no picture to show
    greeting = httpx.get(site.url + "preview.jpg", params=query)
    assert greeting.content == expected
    assert greeting.headers["cache-control"] == "no-store"


def test_a_prompt_stays_text(site):
    page = httpx.get(site.url, params={"prompt": HOSTILE}).text
    assert HOSTILE not in page
    assert shown(site, prompt=HOSTILE)["og:title"] == f"{HOSTILE} · Driftscope"


def test_gradios_own_tags_are_gone(site):
    head = httpx.get(site.url).text.partition("</head>")[0]
    assert "gradio.app" not in head
    assert "@teamGradio" not in head


def test_a_preview_takes_no_place_from_a_visitor(site, engine):
    service = Service(lambda name: engine, lambda: ["fake"], limits=Limits(running=1))
    previews = Previews(service, Welcome(service, None))
    other = service.stream("fake", Request(steps=50), "visitor")
    next(other)
    assert previews.picture("fake", Request(steps=5)) is None
    assert service.queue.load == (1, 0)
    other.close()
    assert previews.picture("fake", Request(steps=5))
    for model, request in (("fake", Request(steps=MAX_STEPS + 1)), ("../x", Request(steps=5)),
                           ("fake", Request("forbidden", steps=5))):  # fmt: skip
        assert previews.picture(model, request) is None
    assert previews._free.acquire(blocking=False)
    assert previews.picture("fake", Request(steps=6)) is None  # one is drawn at a time
    assert previews.picture("fake", Request(steps=5))  # and what has been drawn is there
    assert service.queue.empty


def test_only_so_many_are_kept(service, tmp_path):
    previews = Previews(service, Welcome(service, tmp_path))
    for seed in range(KEPT + 3):
        assert previews.picture("fake", Request(seed=seed, steps=1))
    assert len(previews._drawn) == KEPT


def test_the_result_stands_large_beside_four_states():
    flat = np.arange(0, 250, 50, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    sheet = np.asarray(Image.open(io.BytesIO(jpeg(Film(np.arange(5), flat, flat, flat[:-1])))))
    assert abs(int(sheet[315, 315, 0]) - 200) < 4
    assert [round(int(sheet[y, x, 0]) / 50) for y in (170, 460) for x in (770, 1060)] == [0, 1, 2, 3]
