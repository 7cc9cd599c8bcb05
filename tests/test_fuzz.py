"""Whatever comes from a browser or a stranger's file is read, or refused by a RequestError that is short and in words.

Of each kind 100 cases run with all tests (of events, which take longer, 10); `python -m pytest tests/test_fuzz.py
--hypothesis-profile=fuzz` draws nine times as many, more than 10,000 in all.
"""

from __future__ import annotations

import inspect
import io
import json
from contextlib import closing, suppress
from dataclasses import fields
from itertools import islice

import gradio
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from core import expression
from core.settings import PNG_KEY, png_info, read_png
from core.toy import data as toy
from core.types import Request, RequestError, Trace
from dashboard import links
from dashboard.app import build
from dashboard.limits import PUBLIC, USUAL
from dashboard.onefile import live_link
from dashboard.service import Service
from dashboard.sessions import Session
from dashboard.tabs.clip import uploads
from dashboard.tabs.guidance import sweep
from dashboard.tabs.lab import settings as lab
from dashboard.tabs.samplers import lanes
from dashboard.welcome import Welcome
from tests.fake_engine import FakeEngine
from tests.strategies import requests

LONGEST = 1000  # characters of a refusal

freely = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -(10**400), True, 1e308])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=12,
)
NAMES = [field.name for field in fields(Request)]
QUERY_NAMES = [
    *NAMES, "model", "stopped", "weights", "tab", "lanes", "lanes-guidance", "lanes-model",
    *(lab.PREFIX + name for name in lab.DEFAULTS),
]  # fmt: skip
PIECES = st.sampled_from([
    "ddim:25:0", "ddpm", ":", ",", "-", "1", "0.5", "1e9", "nan", "inf", "٣", "true", " ", "'", '"', "(", "[5]", "(+2)",
    "*", "9" * 40, "3:9", "\x00", "\ud800", "\u202e", "é", "<b>", "../..", "%00", "AAAA", "=", "=1+1", "\n", ";", "\t",
    "a cat", "+",
])  # fmt: skip
TEXTS = st.text(max_size=60) | st.lists(PIECES, max_size=12).map("".join)


def refused_in_words(error: RequestError) -> None:
    told = str(error)
    assert told.endswith(".")
    assert len(told) < LONGEST
    assert "Traceback" not in told


def read(reader, *asked):
    """What a reader makes of something; None where it refuses. Whatever else it raises is a weakness."""
    try:
        return reader(*asked)
    except RequestError as error:
        refused_in_words(error)
        return None


@st.composite
def damaged(draw, whole: bytes) -> bytes:
    """The bytes of a file, some of them changed, cut, doubled or put in between."""
    found = bytearray(whole)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(found)))
        length = draw(st.integers(0, 40))
        kind = draw(st.sampled_from(("flip", "cut", "end", "insert", "double", "swap")))
        if kind == "flip" and at < len(found):
            found[at] ^= draw(st.integers(1, 255))
        elif kind == "cut":
            del found[at : at + length]
        elif kind == "end":
            del found[at:]
        elif kind == "insert":
            found[at:at] = draw(st.binary(max_size=40))
        elif kind == "double":
            found[at:at] = found[at : at + length]
        else:
            other = draw(st.integers(0, len(found)))
            found[at : at + length] = found[other : other + length]
    return bytes(found)


@freely
@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), JSON, max_size=6) | JSON)
def test_request_records(values):
    if request := read(Request.from_dict, values):
        assert Request.from_dict(json.loads(json.dumps(request.to_dict()))) == request
        read(PUBLIC.check, [request])


@freely
@given(requests(), st.sampled_from(NAMES), JSON)
def test_requests_with_one_field_of_something_else(request, name, value):
    if changed := read(Request.from_dict, request.to_dict() | {name: value}):
        assert Request.from_dict(changed.to_dict()) == changed


@freely
@given(st.dictionaries(st.sampled_from(QUERY_NAMES), TEXTS, max_size=5))
def test_links(query):
    found = read(links.from_query, query)
    if found:
        model, request = found
        written = {name: text for name, text in links.written(model or "m", request).items() if text is not None}
        assert links.from_query(written)[1] == request
        read(links.stop_in, query, request)
    read(lab.from_query, query)
    read(lanes.from_link, query.get("lanes", ""))
    if own := read(lanes.Own.from_link, query):
        own.applied("m", Request())
    live_link(query.get("prompt", ""), query)


@freely
@given(JSON | TEXTS, JSON | TEXTS, JSON | TEXTS)
def test_sweeps_and_expressions(scales, prompts, seeds):
    found = read(sweep.plan, "m", Request(), scales, prompts, seeds)
    if found:
        assert 1 <= len(found.requests) <= sweep.MAX_TOGETHER
    read(expression.parse, prompts)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


PNG = io.BytesIO()
Image.effect_noise((24, 16), 60).save(PNG, "PNG", pnginfo=png_info("m", Request("a fox", steps=9), stopped=3))
PICTURES = {"PNG": PNG.getvalue()}
for kind in ("JPEG", "WEBP", "GIF", "TIFF"):
    Image.effect_noise((24, 16), 60).save(saved := io.BytesIO(), kind)
    PICTURES[kind] = saved.getvalue()


@freely
@given(damaged(PICTURES["PNG"]))
def test_damaged_pngs(place, content):
    (path := place / "a.png").write_bytes(content)
    if found := read(read_png, path):
        assert isinstance(found["request"], Request)


@freely
@given(JSON)
def test_pngs_that_carry_anything(place, carried):
    info = PngImagePlugin.PngInfo()
    with suppress(ValueError, UnicodeEncodeError):  # a lone surrogate cannot be written
        info.add_text(PNG_KEY, json.dumps(carried))
    Image.new("L", (2, 2)).save(path := place / "b.png", pnginfo=info)
    read(read_png, path)


@freely
@given(st.sampled_from(list(PICTURES)).flatmap(lambda kind: damaged(PICTURES[kind])) | st.binary(max_size=200))
def test_pictures(place, content):
    (path := place / "c.png").write_bytes(content)
    if picture := read(uploads.open_picture, path):
        assert max(picture.size) <= 512
        picture.load()


TRACE = io.BytesIO()
FakeEngine("fake", delay=0).trace(Request("a fox", steps=3)).save(TRACE)
WHOLE = dict(np.load(io.BytesIO(TRACE.getvalue())))
SHAPES = st.lists(st.integers(0, 5), max_size=4).map(tuple)
KINDS = st.sampled_from(["f4", "f8", "i8", "u1", "?", "c8", "U3", "M8[s]"])


@freely
@given(damaged(TRACE.getvalue()))
def test_damaged_traces(content):
    read(Trace.load, io.BytesIO(content))


@freely
@given(
    st.dictionaries(st.sampled_from([*WHOLE, "frames", "more"]), st.tuples(SHAPES, KINDS), max_size=3),
    JSON,
    st.booleans(),
)
def test_traces_of_other_arrays(changed, meta, other):
    arrays = WHOLE | {name: np.zeros(shape, kind) for name, (shape, kind) in changed.items()}
    if other:
        arrays["meta"] = np.array(json.dumps(meta))
    np.savez(file := io.BytesIO(), **arrays)
    file.seek(0)
    if trace := read(Trace.load, file):
        trace.save(again := io.BytesIO())
        again.seek(0)
        assert Trace.load(again).request == trace.request


CELLS = st.floats().map(str) | st.integers().map(str) | TEXTS
ROWS = st.lists(st.lists(CELLS, max_size=4), max_size=30)


@freely
@given(
    st.tuples(ROWS, st.sampled_from(",;\t| "), st.sampled_from(["\n", "\r\n", "\r"])),
    st.sampled_from(["utf-8", "utf-16", "cp1252"]),
)
def test_csv_tables(table, coding):
    rows, separator, end = table
    content = end.join(separator.join(cells) for cells in rows).encode(coding, "replace")
    if points := read(toy.from_csv, content):
        assert np.isfinite(points.x).all()
        assert len(points.x) == len(points.label)


@freely
@given(st.binary(max_size=400) | damaged("\n".join(f"{k / 7:.3f},{k % 5},{'ab'[k % 2]}" for k in range(40)).encode()))
@example(b"\xff\xfe")
def test_csv_bytes(content):
    read(toy.from_csv, content)


@freely
@given(JSON, JSON)
def test_drawings(points, classes):
    assume(points is not None)
    read(toy.own, points, classes)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page that nobody serves, and the events that call the server."""
    engine = FakeEngine("fake", delay=0)
    service = Service(lambda name: engine, lambda: ["fake"], limits=USUAL.changed("steps=20,work=200"))
    demo = build(service, Welcome(service, tmp_path_factory.mktemp("models")))
    return demo, [fn for fn in demo.fns.values() if fn.fn], service


RUBBISH = (
    JSON | TEXTS | st.sampled_from(["fake", "../fake", "ddim", "1-10 (+2)", "a - b", "x" * 5000, [[1, 2], [3, 4]]])
)


@settings(freely, max_examples=settings().max_examples // 10, phases=[Phase.generate])  # one takes long to shrink
@given(st.data())
def test_events(page, data):
    """Any event, with what its controls hold or with anything else, in a tab that has seen nothing yet."""
    demo, events, service = page
    fn = events[data.draw(st.integers(0, len(events) - 1))]
    session = Session(demo)
    values = [
        session[block._id] if block.stateful else data.draw(RUBBISH) if data.draw(st.booleans()) else block.value
        for block in fn.inputs
    ]
    given_ = [dict(zip(fn.inputs, values, strict=True))] if fn.inputs_as_dict else values
    event = gradio.EventData(demo.blocks.get(fn.targets[0][0]), data.draw(RUBBISH))
    visit = gradio.Request(
        session_hash="fuzz", headers={"referer": data.draw(TEXTS)},
        query_params=data.draw(st.dictionaries(st.sampled_from(QUERY_NAMES), TEXTS)),
    )  # fmt: skip
    arguments, *_ = gradio.helpers.special_args(fn.fn, given_, visit, event)
    with suppress(gradio.Error):  # a message on the page, and no traceback
        found = fn.fn(*arguments)
        if inspect.isgenerator(found):
            with closing(found):
                list(islice(found, 40))
    assert service.queue.empty
