"""A run as one file: what stands in it, and that it asks nobody for anything."""

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

import core
from core.types import Request
from dashboard import links, onefile
from dashboard.components.rail import Reel
from dashboard.figures.curves import Line, curves
from dashboard.figures.sketch import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, sketch
from dashboard.onefile import Sheet, live_link, packed, page
from dashboard.service import Service
from dashboard.tabs.generate import views

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \" onload='x"
PAGE = "https://example.org/driftscope/?old=1#x"


@pytest.fixture
def file(service, layer) -> str:
    trace = replace(layer.trace, request=replace(layer.trace.request, prompt=HOSTILE, negative_prompt=HOSTILE))
    return page(views.sheet(service.engine("fake"), replace(layer, trace=trace), [HOSTILE], PAGE)).decode()


def test_it_holds_the_run_and_how_it_was_made(service, layer):
    file = page(views.sheet(service.engine("fake"), layer, [], PAGE)).decode()
    assert "<h1>a fox · seed 3</h1>" in file
    assert "fake · DDIM · 12 steps · guidance 4" in file
    assert len(re.findall('class="ds-sketch"', file)) == 4
    reel = json.loads(re.search('id="reel">(.*?)</script>', file)[1])
    assert len(reel["positions"]) == len(reel["frames"]["x0"]) == 13
    assert reel["pictures"][reel["frames"]["x0"][5]].startswith("data:image/jpeg;base64,")
    assert reel["texts"]["step"][-1] == "Step 12 of 12"


def test_its_link_restores_the_run(service, layer):
    link = views.sheet(service.engine("fake"), layer, [], PAGE).link
    base, _, query = link.partition("?")
    assert base == "https://example.org/driftscope/"
    asked = dict(pair.split("=") for pair in query.split("&"))
    assert links.from_query({name: text.replace("+", " ") for name, text in asked.items()}) == (
        "fake", layer.trace.request,
    )  # fmt: skip


@pytest.mark.parametrize(
    "address", ["", "javascript:alert(1)//", "data:text/html,x", "file:///etc/passwd", "//host/x", "http://[", "https://",
                "https://host/" + "x" * 600],
)  # fmt: skip
def test_an_address_that_is_none_of_a_page_gives_no_link(address):
    assert live_link(address, {"seed": "1"}) == ""
    assert 'ds-live"' not in page(Sheet("t", "s", Reel([0]), "", link=live_link(address, {}))).decode()


def test_nothing_in_it_is_asked_of_another_host_and_no_prompt_is_markup(file):
    assert "default-src 'none'" in file
    body = re.sub(r"<style>.*?</style>", "", file, flags=re.S)
    for attribute in re.findall(r'(?:src|srcset|data|action)="([^"]*)"', body):
        assert attribute.startswith("data:") or attribute == ""
    assert not re.search(r"@import|url\((?!'?data:)", file)
    assert file.count("<script") == file.count("</script>") == 2
    assert "<img src=x" not in file
    assert "onload=" not in re.sub(r'id="reel">.*?</script>', "", file, flags=re.S).replace("onload=&#39;", "")


def test_each_picture_stands_in_it_once():
    told = json.loads(packed(Reel([0, 1, 2], {"a": ["x", "y", "x"], "b": ["y", None, "x"]})))
    assert told["pictures"] == ["x", "y", None]
    assert told["frames"] == {"a": [0, 1, 0], "b": [1, 2, 0]}


def test_a_curve_is_drawn_where_its_numbers_are():
    lines = [Line("one & <two>", np.array([0.0, 1.0, np.nan, 0.5, 0.25]), "#123456", "dash"),
             Line("flat", np.full(5, 0.5), "#abcdef")]  # fmt: skip
    drawn = sketch(curves(np.array([0, 5, 10, 15, 20]), lines, "", range=[0, 1]), "a label")
    assert "one &amp; &lt;two&gt;" in drawn
    svg = ET.fromstring(str(drawn[drawn.index('<svg class="ds-sketch"') :]))
    first, second = svg.findall("path")
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    middle = (LEFT + right) / 2
    quarter = LEFT + (right - LEFT) / 4
    height = bottom - TOP
    assert first.get("d") == (
        f"M{LEFT:.1f} {bottom:.1f}L{quarter:.1f} {TOP:.1f}M{2 * middle - quarter:.1f} {bottom - height / 2:.1f}"
        f"L{right:.1f} {bottom - height / 4:.1f}"
    )
    assert (first.get("stroke"), first.get("stroke-dasharray"), second.get("stroke-dasharray")) == (
        "#123456",
        "6 4",
        "",
    )
    assert json.loads(svg.find("circle").get("data-y"))[2] is None
    assert json.loads(svg.find("line[@class='rule']").get("data-x"))[2] == middle


def test_a_curve_of_nothing_known_and_a_flat_one_are_drawn_too():
    for values in (np.full(3, np.nan), np.zeros(3), np.full(3, 1e-7)):
        assert "ds-sketch" in sketch(curves(np.arange(3), [Line("x", values, "#000000")], ""), "x")


def test_25_steps_of_the_default_model_are_under_3_mb():
    service = Service(core.load, core.models)
    *_, layer = service.stream(service.default, Request("a red apple", seed=1))
    assert len(page(views.sheet(service.engine(layer.model), layer, [], PAGE))) < 3e6


def test_its_parts_are_there():
    for name in (*onefile.STYLES, *onefile.SCRIPTS):
        assert (onefile.STATIC / name).is_file()
