"""What is known of a model before it is loaded, and the command line that takes its settings from there."""

from __future__ import annotations

import json
import shutil
import sys

import diffusers
import pytest

import core
from core.__main__ import main
from core.model import Place
from core.networks import store
from core.pipelines.base import SCHEDULERS
from core.schedule import linear
from core.settings import read_png
from tests import tiny_pipelines


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    return tiny_pipelines.stable_diffusion(tmp_path_factory.mktemp("tiny") / "sd")


def test_a_pipeline_is_told_by_its_files_alone(pipeline, monkeypatch):
    monkeypatch.setitem(sys.modules, "diffusers", None)  # whoever has not installed it is told too
    told = core.about(pipeline, "cpu")
    assert (told.defaults.steps, told.defaults.guidance, told.defaults.spacing) == (50, 7.5, "leading")
    assert told.open == ("width", "height")
    assert told.disk == sum(file.stat().st_size for file in pipeline.rglob("*.safetensors"))
    assert told.need == pytest.approx(1.2 * told.disk, rel=0.1), "float32 there and here"
    assert core.about(pipeline, "cpu", "bfloat16").need == told.need // 2
    assert told.licence == ""


def test_what_is_told_before_is_what_holds_after(pipeline):
    engine = core.load(pipeline, "cpu")
    told = core.about(pipeline, "cpu")
    assert (told.defaults, told.open) == (engine.defaults, engine.model.open)


def test_a_model_of_ours_is_told_by_its_manifest(tmp_path, monkeypatch):
    told = core.about("broad", "cpu")
    assert told.defaults == core.Request()
    assert told.open == ()
    assert told.licence == "README.md"
    assert told.disk > 10 << 20
    copy = shutil.copytree(store.MODELS / "exact", tmp_path / "film")
    (copy / "LICENSE").touch()
    path = copy / "manifest.json"
    manifest = json.loads(path.read_text("utf-8")) | {"name": "film", "latent_shape": [16, 8, 8, 8]}
    path.write_text(json.dumps(manifest | {"defaults": {"shared_noise": 0.5}}), "utf-8")
    told = core.about(copy, "cpu")
    assert told.defaults == core.Request(shared_noise=0.5)
    assert (told.open, told.licence) == (("shared_noise",), "LICENSE")
    path.write_text(json.dumps(manifest | {"defaults": {"shared_noise": 2}}), "utf-8")
    with pytest.raises(core.ModelError, match="shared_noise is 2"):
        core.about(copy)


@pytest.mark.parametrize("name", [name for name in SCHEDULERS if not name.startswith("FlowMatch")])
def test_the_spacing_of_a_scheduler_that_names_none_is_its_classs(name):
    scheduler, spacing = getattr(diffusers, name)(), SCHEDULERS[name].spacing
    if "timestep_spacing" in scheduler.config:
        assert spacing == scheduler.config.timestep_spacing
    else:  # unCLIP's knows one alone
        scheduler.set_timesteps(10)
        assert (scheduler.timesteps - linear().timesteps(10, spacing)).abs().max() <= 1


@pytest.mark.parametrize("name", [name for name, row in SCHEDULERS.items() if row.linspace == "trailing"])
@pytest.mark.parametrize("steps", [4, 10, 30])
def test_what_some_call_linspace_is_our_trailing(name, steps):
    scheduler = getattr(diffusers, name)(timestep_spacing="linspace")
    scheduler.set_timesteps(steps)
    ours = linear().timesteps(steps, "trailing")
    assert (scheduler.timesteps - ours).abs().max() <= 1


def test_the_command_line_takes_the_models_settings_where_none_are_given(pipeline, tmp_path, capsys):
    out = tmp_path / "apple.png"
    words = ["generate", "a red apple", "--model", str(pipeline), "--device", "cpu", "--out", str(out)]
    assert main([*words, "--steps", "3", "--width", "24", "--height", "16"]) == 0
    request = read_png(out)["request"]
    assert (request.guidance, request.spacing, request.steps) == (7.5, "leading", 3)
    assert (request.width, request.height) == (24, 16)
    assert main([*words, "--steps", "2", "--guidance", "4", "--spacing", "trailing", "--negative", "a fox"]) == 0
    request = read_png(out)["request"]
    assert (request.guidance, request.spacing, request.negative_prompt) == (4, "trailing", "a fox")
    assert main([*words, "--frames", "9"]) == 2
    assert "frames is 9: it must be 0: sd draws single pictures" in capsys.readouterr().err


def test_free_memory_is_told_where_the_system_tells_it():
    free = Place().free
    assert free is None or free > 1 << 20
