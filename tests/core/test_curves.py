"""`python -m core evaluate --curves`: it goes on where it stopped and leaves what else was measured alone."""

import json
import shutil

import pytest

import core
from core import quality
from core.__main__ import main
from core.training import curves


def test_curves_are_measured_kept_and_gone_on_with(trained, tmp_path, monkeypatch):
    model = shutil.copytree(trained, tmp_path / "test")
    (model / "eval.json").write_text(json.dumps({"mine": 1}), "utf-8")
    monkeypatch.setattr(curves, "REFERENCE", 24)
    monkeypatch.setattr(quality, "RESAMPLES", 3)
    monkeypatch.setattr(quality, "POINTS", (("ddim", 2), ("heun", 2)))
    measured, once = [], curves._measure
    monkeypatch.setattr(curves, "_measure", lambda *a: measured.append(a[2:4]) or once(*a))
    command = ["evaluate", str(model), "--curves", "--pictures", "8"]
    assert main(command) == 0
    assert measured == [("ddim", 2), ("heun", 2)]

    monkeypatch.setattr(quality, "POINTS", (("ddim", 2), ("heun", 2), ("ddpm", 3)))
    assert main(command) == 0
    assert measured[2:] == [("ddpm", 3)], "what was there is not measured again"

    results = json.loads((model / "eval.json").read_text("utf-8"))
    assert results["mine"] == 1
    found = quality.load(model)
    assert [(p["sampler"], p["steps"]) for p in found.results["points"]] == [("ddim", 2), ("heun", 2), ("ddpm", 3)]
    for point in found.results["points"]:
        assert point["ms"][0] > 0
        assert found.pictures(point["sampler"], point["steps"]).shape == (8, 64, 64, 3)
    assert (model / quality.FILE).stat().st_size < 1 << 20

    assert main(["evaluate", str(model), "--curves", "--pictures", "9"]) == 0
    assert len(measured) == 6, "another number of pictures is another measurement"


def test_a_wrong_count_is_refused(trained):
    for count in (7, 257):
        with pytest.raises(core.RequestError, match="pictures"):
            curves.evaluate_curves(trained, count)
