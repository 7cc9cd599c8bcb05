import json
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

import core
from core.__main__ import main
from core.settings import PNG_KEY, branches, flag, number, number_told, parsed, png_info, read_png, told
from core.types import Request, RequestError
from core.writing import writable, writable_folder
from tests.strategies import requests


@given(requests())
def test_every_field_is_read_back_as_it_was(request):
    for name, value in request.to_dict().items():
        if value not in (None, ()):  # which stand in no address
            assert parsed(name, told(name, value)) == value


@given(requests(), st.integers(1, 1000))
def test_a_png_gives_back_its_settings(tmp_path_factory, request, stopped):
    more = {"stopped": stopped} if stopped < request.steps else {}
    Image.new("RGB", (2, 2)).save(
        path := tmp_path_factory.getbasetemp() / "round.png", pnginfo=png_info("m", request, **more)
    )
    found = read_png(path)
    assert (found["model"], found["request"], found["stopped"]) == ("m", request, more.get("stopped"))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_told_exactly(value):
    assert number("x", number_told(value), whole=False) == value


@pytest.mark.parametrize(("text", "value"), [("25", 25), ("25.0", 25), (" 7 ", 7), ("0.", 0), ("-3", -3)])
def test_whole_numbers_may_have_a_point(text, value):
    assert number("steps", text, whole=True) == value


@pytest.mark.parametrize("text", ["1e3", "2.5", "", "1_0", "٣", "x", "1,0"])
def test_other_numbers_are_told_to_be_whole(text):
    with pytest.raises(RequestError, match="a whole number"):
        number("seed", text, whole=True)


def test_a_decimal_comma_is_told():
    with pytest.raises(RequestError, match="a point for its decimals"):
        number("guidance", "4,5", whole=False)


@pytest.mark.parametrize(
    ("text", "value"), [("false", False), ("False", False), ("0", False), ("TRUE", True), ("1", True)]
)
def test_yes_and_no_as_people_write_them(text, value):
    assert flag("told", text) is value


@pytest.mark.parametrize("text", ["", "3", "3:", "a:b", "3:9,", "3:9;4:1", "3:-1", "1:2," * 5000])
def test_branches_that_are_none_are_refused(text):
    with pytest.raises(RequestError, match="branches"):
        branches(text)


def chunk_behind(text: str, size: int = 8) -> bytes:
    """A PNG whose text stands behind its pixels, as other programs write it."""
    image, buffer = BytesIO(), BytesIO()
    Image.new("RGB", (size, size)).save(image, "PNG")
    data = image.getvalue()
    PngImagePlugin.putchunk(buffer, b"tEXt", PNG_KEY.encode() + b"\0" + text.encode("latin-1"))
    return data[:-12] + buffer.getvalue() + data[-12:]


def test_settings_behind_the_pixels_are_read(tmp_path):
    text = json.dumps({"model": "m", "request": {"prompt": "a fox", "steps": 25.0}})
    (tmp_path / "late.png").write_bytes(chunk_behind(text))
    assert read_png(tmp_path / "late.png")["request"] == Request("a fox", steps=25)


def test_many_pixels_are_not_unpacked_to_look_behind_them(tmp_path, monkeypatch):
    monkeypatch.setattr("core.settings.MAX_PIXELS", 63)
    (tmp_path / "late.png").write_bytes(chunk_behind("{}"))
    with pytest.raises(RequestError, match="a PNG that was saved here"):
        read_png(tmp_path / "late.png")


@pytest.mark.parametrize("stopped", [0, 26, -1, 2.5, "3", True, [3]])
def test_a_stop_that_is_none_is_refused(tmp_path, stopped):
    Image.new("RGB", (2, 2)).save(tmp_path / "a.png", pnginfo=png_info("m", Request(), stopped=stopped))
    with pytest.raises(RequestError, match="stopped"):
        read_png(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("out", "named"),
    [
        ("picture", "a file whose name ends in .png"),
        ("a.xyz", "a file whose name ends in .png"),
        ("folder", "this is a folder"),
        ("folder/", "this is a folder"),
        ("nowhere/a.png", "in a folder that exists"),
    ],
)
def test_where_to_write_is_checked_before_the_run(tmp_path, monkeypatch, capsys, out, named):
    (tmp_path / "folder").mkdir()
    monkeypatch.setattr(core, "about", lambda name: pytest.fail("torch was imported"))
    assert main(["generate", "a fox", "--out", f"{tmp_path}/{out}"]) == 2
    told_of = capsys.readouterr().err
    assert named in told_of
    assert told_of.count("\n") == 1


def test_a_trace_is_checked_before_the_run_too(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(core, "about", lambda name: pytest.fail("torch was imported"))
    words = ["generate", "a fox", "--out", f"{tmp_path}/a.png", "--trace"]
    assert main([*words, f"{tmp_path}"]) == main([*words, f"{tmp_path}/no/a.npz"]) == 2
    assert main([*words, f"{tmp_path}/a.png"]) == 2
    assert "another file than the picture's" in capsys.readouterr().err
    writable("trace", tmp_path / "run2.trace")


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (["generate", "a fox", "--out", "a.png"], "out is"),
        (["train", "test"], "runs is"),
        (["train", "test", "--out", "model"], "out is"),
        (["train", "motion", "--out", "model"], "out is"),
        (["train", "test", "--out", "model", "--prior"], "out is"),
        (["evaluate", "starter"], "model is"),
        (["evaluate", "starter", "--curves"], "model is"),
        (["evaluate", "motion"], "model is"),
        (["sweep"], "models is"),
        (["prepare"], "cache is"),
    ],
)
def test_every_command_that_writes_looks_first_whether_it_may(tmp_path, monkeypatch, capsys, command, named):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("core.writing.os.access", lambda path, mode: False)  # as root one may write everywhere
    assert main(command) == 2
    told_of = capsys.readouterr().err
    assert told_of.startswith(f"error: {named}")
    assert told_of.endswith("it must be where files may be written.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_for_a_model_may_be_new_but_not_a_file(tmp_path):
    writable_folder("out", tmp_path / "runs" / "new")
    (tmp_path / "file").write_text("", "utf-8")
    for path in (tmp_path / "file", tmp_path / "file" / "model"):
        with pytest.raises(RequestError, match="a folder, and a file is in its way"):
            writable_folder("out", path)
