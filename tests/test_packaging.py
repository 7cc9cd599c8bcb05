"""What a wheel is built from. To build one needs a package index, so its parts are looked at instead."""

import re
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import core
from core import paths
from core.settings import png_info, read_png
from core.types import Request, Trace

ROOT = Path(__file__).parents[1]
BOUND = re.compile(r"[a-z0-9-]+(?:\[[a-z]+\])?(==[0-9.]+|(>=[0-9.]+,)?<[0-9.]+)")
pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib reads pyproject.toml from Python 3.11 on")


@pytest.fixture
def project():
    import tomllib

    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def files(project) -> list[str]:
    told = project["tool"]["hatch"]["metadata"]["hooks"]["requirements_txt"]
    return [*told["files"], *(name for extra in told["optional-dependencies"].values() for name in extra)]


def test_every_dependency_has_an_upper_bound_and_stands_in_one_file(project):
    found = {}
    for name in set(files(project)):
        for whole in (ROOT / name).read_text("utf-8").splitlines():
            line = whole.partition("#")[0].strip()
            assert BOUND.fullmatch(line), (name, line)
            found.setdefault(re.split(r"[\[=<>]", line)[0], []).append(name)
    assert all(len(places) == 1 for places in found.values()), found


def test_the_makefile_installs_the_same_files_for_the_tests(project):
    dev = project["tool"]["hatch"]["metadata"]["hooks"]["requirements_txt"]["optional-dependencies"]["dev"]
    line = re.search(r"^DEV := (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.M)[1]
    assert set(line.split()) == {"requirements.txt", *dev}


def test_the_version_is_the_one_that_the_wheel_is_named_by(project):
    told = project["tool"]["hatch"]["version"]
    assert re.search(told["pattern"], (ROOT / told["path"]).read_text("utf-8"))["version"] == core.__version__


def test_the_command_is_there(project):
    module, name = project["project"]["scripts"]["driftscope"].split(":")
    assert callable(getattr(import_module(module), name))


def test_models_and_gallery_go_where_the_code_looks_for_them(project):
    inside = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert {target: (ROOT / source).is_dir() for source, target in inside.items()} == {
        "core/assets/models": True,
        "core/assets/gallery": True,
    }
    assert ROOT / "assets" == paths.ASSETS  # of a clone; core/assets in a wheel


def test_pictures_and_traces_carry_the_version(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png", pnginfo=png_info("m", Request("a fox")))
    assert read_png(tmp_path / "a.png")["version"] == core.__version__
    arrays = {name: np.zeros((1 + (name == "x"), 1, 2, 2), np.float32) for name in ("x", "x0", "eps")}
    arrays |= {
        "eps_cond": arrays["eps"],
        "eps_uncond": arrays["eps"],
        **dict.fromkeys(("t", "alpha", "sigma"), np.ones(1)),
    }
    Trace(Request("a fox", steps=1), "m", **arrays, image=Image.new("RGB", (8, 8)), seconds=0.1).save(
        tmp_path / "a.npz"
    )
    with np.load(tmp_path / "a.npz") as file:
        assert f'"version": "{core.__version__}"' in str(file["meta"])
    assert Trace.load(tmp_path / "a.npz").request == Request("a fox", steps=1)
