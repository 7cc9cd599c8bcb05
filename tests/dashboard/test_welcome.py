"""The run that greets: the shipped one, or the fixed request where that is missing or broken."""

import json

import pytest

from core.networks import manifest
from core.settings import WELCOME
from core.types import Request
from dashboard.welcome import Welcome


@pytest.fixture
def folder(tmp_path, engine):
    (model := tmp_path / "fake").mkdir()
    fields = {"name": "fake", "kind": "a fake", "summary": "of a test", "of": "nothing"}
    (model / "manifest.json").write_text(json.dumps(fields), "utf-8")
    engine.trace(Request("a fox", steps=6, seed=9)).save(model / "welcome.npz")
    manifest.record(model, "welcome.npz")
    return tmp_path


def test_the_shipped_run_greets(service, folder):
    assert Welcome(service, folder).layer().trace.request.prompt == "a fox"


@pytest.mark.parametrize("damage", ["empty", "half", "flipped", "missing", "unnamed"])
def test_a_broken_one_is_replaced_by_the_fixed_request(service, folder, damage, capsys):
    path = folder / "fake" / "welcome.npz"
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "unnamed":
        fields = json.loads((folder / "fake" / "manifest.json").read_text("utf-8")) | {"files": {}}
        (folder / "fake" / "manifest.json").write_text(json.dumps(fields), "utf-8")
    else:
        path.write_bytes({"empty": b"", "half": whole[: len(whole) // 2], "flipped": b"\0" + whole[1:]}[damage])
    layer = Welcome(service, folder).layer()
    assert layer.trace.request == WELCOME
    assert ("welcome.npz is damaged or altered" in capsys.readouterr().err) == (damage not in ("missing", "unnamed"))
