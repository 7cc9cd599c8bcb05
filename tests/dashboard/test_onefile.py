"""A run as one file: what stands in it, and that it asks nobody for anything."""

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html import unescape
from urllib.parse import urlencode

import numpy as np
import pytest

import core
from core.types import Request
from dashboard import links, onefile
from dashboard.components.rail import Reel
from dashboard.figures.arrows import Arrow, plane
from dashboard.figures.curves import Line, curves
from dashboard.figures.sketch import HEIGHT, WIDTH, sketch, written
from dashboard.markup import note
from dashboard.onefile import Sheet, leads_back, live_link, numbered, packed, page, shown
from dashboard.pictures import BLANK
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
    number = reel["frames"]["x0"][5]
    assert reel["pictures"][number] is None  # for it stands in the strip
    assert f'id="picture-{number}" src="data:image/jpeg;base64,' in file
    assert reel["texts"]["step"][-1] == "Step 12 of 12"


def test_its_link_restores_the_run(service, layer):
    live = views.sheet(service.engine("fake"), layer, [], PAGE).live
    link = unescape(re.search('href="([^"]*)"', live)[1])
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
    assert live_link(address, {"seed": "1"}) == leads_back(address, {"seed": "1"}) == ""
    assert 'ds-live"' not in page(Sheet("t", "s", Reel([0]), "", live=leads_back(address, {}))).decode()


def test_a_link_that_servers_refuse_is_left_out_and_told():
    prompts = {"sweep-prompts": "\n".join(["一个红色的苹果放在蓝色的桌子上"] * 60)}
    assert len(urlencode(prompts)) > links.LONGEST
    found = page(Sheet("t", "s", Reel([0]), "", live=leads_back(PAGE, prompts))).decode()
    assert "too long for a link to the live page" in found
    assert 'class="ds-live"' not in found
    assert live_link(PAGE, prompts) == links.address("", prompts) == ""
    fits = {"prompt": "x" * (links.LONGEST - len("https://example.org/driftscope/?prompt="))}
    assert len(live_link(PAGE, fits)) == links.LONGEST
    assert 'class="ds-live"' in leads_back(PAGE, fits)
    assert leads_back(PAGE, {"prompt": f"{fits['prompt']}x"}) == note(onefile.TOO_LONG)


def test_the_page_and_its_scripts_know_the_same_longest_address():
    script = (onefile.STATIC / "address.js").read_text("utf-8")
    assert f"const MOST = {links.LONGEST};" in script
    assert f"{links.LONGEST:,}" in onefile.TOO_LONG


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
    reel = Reel([0, 1, 2], {"a": ["x", "y", "x"], "b": ["y", None, "z"]})
    told = json.loads(packed(reel, numbered(reel), {1}))
    assert told["pictures"] == ["x", None, None, "z"]
    assert told["frames"] == {"a": [0, 1, 0], "b": [1, 2, 3]}


def test_what_is_seen_at_first_stands_in_it():
    reel, standing = Reel([0, 1], {"a": ["x", "y"], "b": ["y", None]}, {"told": ["", "<b>"]}), set()
    inside = '<img class="c" data-frame="a" alt="&gt;"><img data-frame="a" data-at="0"><img data-frame="b">'
    inside += '<p data-text="told"></p><img data-frame="a"><img data-frame="none">'
    assert shown(inside, reel, numbered(reel), standing) == (
        '<img id="picture-1" src="y" class="c" data-frame="a" alt="&gt;">'
        '<img id="picture-0" src="x" data-frame="a" data-at="0">'
        f'<img src="{BLANK}" data-frame="b"><p data-text="told">&lt;b&gt;</p>'
        f'<img src="y" data-frame="a"><img src="{BLANK}" data-frame="none">'
    )
    assert standing == {0, 1}


def drawn(figure, **size) -> ET.Element:
    """The figure's SVG."""
    out = sketch(figure, "a label", **size)
    return ET.fromstring(str(out[out.index('<svg class="ds-sketch"') :]))


def test_a_curve_is_drawn_where_its_numbers_are():
    lines = [Line("one & <two>", np.array([0.0, 1.0, np.nan, 0.5, 0.25]), "#123456", "dash"),
             Line("flat", np.full(5, 0.5), "#abcdef")]  # fmt: skip
    figure = curves(np.array([0, 5, 10, 15, 20]), lines, "", range=[0, 1])
    assert "one &amp; &lt;two&gt;" in sketch(figure, "a label")
    svg = drawn(figure)
    left, right, top, bottom = 40, WIDTH - 10, 12, HEIGHT - 34  # the figure's margins, its legend out of the way
    x = [left + (right - left) * (step + 0.4) / 20.8 for step in (0, 5, 10, 15, 20)]  # 2 % of the way on both sides
    first, second = (line for line in svg.iterfind("path"))
    middle, quarter = (bottom + top) / 2, bottom - (bottom - top) / 4
    assert (
        first.get("d")
        == f"M{x[0]:.1f} {bottom:.1f}L{x[1]:.1f} {top:.1f}M{x[3]:.1f} {middle:.1f}L{x[4]:.1f} {quarter:.1f}"
    )
    assert [line.get("stroke") for line in (first, second)] == ["#123456", "#abcdef"]
    assert [line.get("stroke-dasharray") for line in (first, second)] == ["6 4", ""]
    moved = [json.loads(one.get("data-moves")) for one in svg.iterfind("g[@data-moves]")]
    assert moved[0]["y"][2] == [None]
    assert moved[0]["x"][1] == [pytest.approx(x[1], abs=0.05)]
    rule = moved[-1]
    assert rule["x"][2] == [pytest.approx(x[2], abs=0.05)] * 2
    assert rule["y"] == [[bottom, top]]


def test_a_plane_has_one_scale_for_both_axes_and_arrows_that_point_where_they_end():
    right, up = np.array([[4.0, 0.0], [2.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 1.0]])
    svg = drawn(plane([Arrow("across", "#000001", right), Arrow("up", "#000002", up, dash="dot")], ""), width=400)
    paths = [group.find("path").get("d") for group in svg.iterfind("g[@data-moves]") if group.find("path") is not None]
    across, upright = ([float(one) for one in re.findall(r"[\d.]+", path)] for path in paths)
    assert across[2] - across[0] == pytest.approx(2 * (upright[1] - upright[3]), abs=0.3)  # at the last position
    heads = [
        group.find("path").get("marker-end")
        for group in svg.iterfind("g[@data-moves]")
        if group.find("path") is not None
    ]
    assert heads == ["url(#arrow-000001)", "url(#arrow-000002)"]
    assert [text.text for text in svg.iter("text")] == ["across", "up"]
    sides = json.loads(svg.findall("g[@data-moves]")[-1].get("data-moves"))["side"]
    assert [(text.get("dx"), text.get("text-anchor")) for text in svg.iter("text")] == [
        (str(dx), anchor) for dx, _, anchor in sides[-1]
    ]


def test_a_text_of_a_plot_is_read_as_plotly_reads_it_and_no_markup_gets_through():
    assert written("<i>x</i><sub>T</sub> &lt;b&gt;") == (
        '<tspan font-style="italic">x</tspan><tspan font-size="75%" baseline-shift="sub">T</tspan> &lt;b&gt;'
    )
    assert "<script" not in written("<script>alert(1)</script><img src=x>")


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
