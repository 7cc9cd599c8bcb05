import io
import json
import zipfile
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from core.measure import unit
from core.types import Request, RequestError, Trace
from dashboard import links
from tests.strategies import requests

REQUESTS = [
    Request("a red apple", seed=4),
    Request("œuf & «fish»? 50 % #1\n🦊 עברית", "blurry=yes&seed=1", 2**32 - 1, "heun", 7, 1.5, 0.25, "leading"),
    Request("a fox", guidance_low=0.25, guidance_high=0.9),
    Request("", branches=((3, 9), (7, 2**32 - 1))),
    Request("a fox", variation_seed=7, variation_strength=0.25, variation_way="straight"),
    Request("a fox", embedding=tuple(unit(np.random.default_rng(0).standard_normal((1, 256)))[0])),
]


@pytest.mark.parametrize("request_", REQUESTS)
def test_an_address_gives_back_the_run(request_):
    query = dict(parse_qsl(links.to_query("starter", request_), keep_blank_values=True))
    assert links.from_query(query) == ("starter", request_)


def test_an_embedding_travels_in_half_precision():
    request = Request(embedding=(0.6, -0.8))
    assert request.embedding == (float(np.float16(0.6)), float(np.float16(-0.8)))
    assert parse_qs(links.to_query("m", request))["embedding"] == ["zThmug"]
    assert len(links.from_embedding(tuple([1 / 16] * 256))) == 683


def test_an_address_tells_only_what_differs_from_the_default():
    assert links.to_query("m", Request("a fox")) == "model=m&prompt=a+fox&seed=0"


@pytest.mark.parametrize("query", [{}, {"tab": "trajectory"}, {"__theme": "dark", "utm": "x"}])
def test_an_address_without_settings_asks_for_nothing(query):
    assert links.from_query(query) is None


@pytest.mark.parametrize(
    "query",
    [
        {"seed": "minus one"},
        {"seed": "-1"},
        {"seed": "1e3"},
        {"seed": "9" * 30},
        {"seed": "9" * 5000},
        {"steps": "0"},
        {"steps": "1e9"},
        {"guidance": "nan"},
        {"guidance": "inf"},
        {"guidance": "-inf"},
        {"guidance": ""},
        {"eta": "2"},
        {"guidance_low": "2"},
        {"guidance_high": "low"},
        {"sampler": "__class__"},
        {"spacing": "../../etc/passwd"},
        {"prompt": "x" * 10_000},
        {"prompt": "a\x00b"},
        {"branches": "26"},
        {"branches": "4:x"},
        {"branches": ","},
        {"branches": ":" * 5000},
        {"embedding": ""},
        {"embedding": "AAAA"},
        {"embedding": "ADxh"},
        {"embedding": "<script>"},
        {"embedding": "1,0,0"},
        {"embedding": "A" * 100_000},
        {"embedding": "AH4"},  # NaN
        {"embedding": "AHw"},  # infinity
    ],
)
def test_rubbish_in_an_address_is_named(query):
    with pytest.raises(RequestError) as caught:
        links.from_query(query)
    assert caught.value.field == next(iter(query))


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_png_gives_back_its_settings(request_, engine, tmp_path):
    trace = engine.trace(Request("a fox", steps=4))
    trace = Trace(request_, "starter", *(getattr(trace, name) for name in Trace.ARRAYS), trace.image, 0.1)
    (tmp_path / "a.png").write_bytes(links.to_png(trace))
    assert links.from_png(tmp_path / "a.png") == ("starter", request_)
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (512, 512)
        assert json.loads(image.text[links.PNG_KEY])["request"]["prompt"] == request_.prompt


def test_both_sizes_of_a_picture_say_what_they_are_and_restore_the_run(layer, tmp_path):
    trace, said = layer.trace, {}
    for kind in ("png", "native"):
        name, data = links.file(layer, kind)
        (tmp_path / name).write_bytes(data)
        assert links.from_png(tmp_path / name) == ("fake", trace.request)
        with Image.open(tmp_path / name) as image:
            *settings, said[kind] = image.text[links.DESCRIPTION].splitlines()
            assert settings == links.as_text(trace).splitlines()
            if kind == "native":
                np.testing.assert_array_equal(np.asarray(image), np.asarray(trace.image))
    assert said == {
        "png": "size: 512 × 512 pixels, enlarged smoothly from 8 × 8 pixels",
        "native": "size: 8 × 8 pixels, as the model drew them",
    }
    assert links.enlarged((768, 512), links.PNG_SIDE) == (768, 512), "none is made smaller"


def png(text: str | None, key: str = links.PNG_KEY, compressed: bool = False) -> bytes:
    info = PngImagePlugin.PngInfo()
    if text is not None:
        info.add_text(key, text, zip=compressed)
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG")
    return buffer.getvalue()


GOOD = json.dumps({"model": "m", "request": {"prompt": "a fox"}})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        jpeg(),
        png(None),
        png("{"),
        png("[]"),
        png("null"),
        png("7"),
        png('"text"'),
        png("{}"),
        png(json.dumps({"model": 3, "request": {}})),
        png(json.dumps({"model": "m", "request": []})),
        png(json.dumps({"model": "m", "request": {"seed": "1"}})),
        png(json.dumps({"model": "m", "request": {"seed": True}})),
        png(json.dumps({"model": "m", "request": {"seed": -1}})),
        png(json.dumps({"model": "m", "request": {"guidance": float("nan")}})),
        png(json.dumps({"model": "m", "request": {"guidance": 1e400}})),
        png(json.dumps({"model": "m", "request": {"prompt": "x" * 10_000}})),
        png(json.dumps({"model": "m", "request": {"__class__": "x"}})),
        png("[" * 100_000),
        png("x" * 5_000_000, compressed=True),
        png(GOOD)[:40],
    ],
    ids=lambda data: f"{len(data)}-bytes",
)
def test_rubbish_in_a_png_is_a_message(data, tmp_path):
    path = tmp_path / "rubbish.png"
    path.write_bytes(data)
    with pytest.raises(RequestError):
        links.from_png(path)


def test_a_good_png_is_read(tmp_path):
    (tmp_path / "good.png").write_bytes(png(GOOD))
    assert links.from_png(tmp_path / "good.png") == ("m", Request("a fox"))


def test_the_files_of_a_run(layer):
    names = {kind: links.file(layer, kind) for kind in ("png", "native", "npz")}
    assert [name for name, _ in names.values()] == ["a-fox-3.png", "a-fox-3.native.png", "a-fox-3.npz"]
    trace = Trace.load(io.BytesIO(names["npz"][1]))
    np.testing.assert_array_equal(trace.x0, layer.trace.x0)
    assert zipfile.is_zipfile(io.BytesIO(names["npz"][1]))


@given(requests(), st.integers(1, 1000))
def test_every_run_is_read_back_from_its_address(request, stopped):
    stopped = stopped if stopped < request.steps else None
    query = dict(parse_qsl(links.to_query("m", request, stopped), keep_blank_values=True))
    assert links.from_query(query) == ("m", request)
    assert links.stop_in(query, request) == stopped


@given(st.lists(requests(), min_size=2, max_size=4), st.integers(0, 5000))
def test_several_runs_are_stopped_where_all_have_begun_and_not_all_ended(several, stopped):
    query, total = {"lanes-stopped": str(stopped)}, sum(request.steps for request in several)
    if len(several) <= stopped <= total:
        expected = stopped if stopped < total else None
        assert links.stop_in(query, *several, name="lanes-stopped") == expected
    else:
        with pytest.raises(RequestError, match="lanes-stopped"):
            links.stop_in(query, *several, name="lanes-stopped")


def test_a_run_that_was_stopped_says_where(engine, tmp_path):
    steps = list(engine.run(Request("a fox", steps=20)))
    trace = engine.collect(Request("a fox", steps=20), steps[:8], 0.1)
    (tmp_path / "a.png").write_bytes(links.to_png(trace))
    assert links.read_png(tmp_path / "a.png")["stopped"] == 7
    assert links.written("m", trace.request, links.stopped_at(trace))["stopped"] == "7"
    whole = engine.trace(Request("a fox", steps=20))
    (tmp_path / "b.png").write_bytes(links.to_png(whole))
    assert links.read_png(tmp_path / "b.png")["stopped"] is None
    assert links.written("m", whole.request, links.stopped_at(whole))["stopped"] is None


def test_other_weights_under_the_same_name_are_told(engine, tmp_path):
    trace = engine.trace(Request("a fox", steps=4))
    assert trace.weights == engine.model.fingerprint
    (tmp_path / "a.png").write_bytes(links.to_png(trace))
    told = links.read_png(tmp_path / "a.png")["weights"]
    link = links.written("m", trace.request, None, trace.weights)["weights"]
    assert links.other_weights(trace, told) == links.other_weights(trace, link) == ""
    assert links.other_weights(trace, None) == links.other_weights(trace, ["x"]) == ""
    assert "here " + link in links.other_weights(trace, "ab" * 32)


def test_a_picture_that_is_not_square_stays_so(engine):
    trace = replace(engine.trace(Request("a fox", steps=2)), image=Image.new("RGB", (12, 8)))
    with Image.open(io.BytesIO(links.to_png(trace))) as image:
        assert image.size == (512, 341)
